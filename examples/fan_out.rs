//! Sends one message to a thousand subscribers. [`Arc::clone_many`] counts all handles in one step.
//!
//! A `clone` for each subscriber would take one read-modify-write each. Dropping the iterator
//! releases the handles that are left, also in one step.

use proven_arc::{Arc, Counts};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

struct Message {
    subject: &'static str,
    body: Vec<u8>,
}

#[derive(Default)]
struct Topic {
    subscribers: Vec<Sender<Arc<Message>>>,
}

impl Topic {
    fn subscribe(&mut self) -> Receiver<Arc<Message>> {
        let (sender, receiver) = channel();
        self.subscribers.push(sender);
        receiver
    }

    /// Sends the message to all subscribers, and removes those whose receivers were dropped.
    fn publish(&mut self, message: &Arc<Message>) {
        let mut messages = Arc::clone_many(message, self.subscribers.len());
        self.subscribers.retain(|subscriber| {
            let message = messages.next().expect("one for each subscriber");
            subscriber.send(message).is_ok()
        });
    }
}

fn main() {
    let mut topic = Topic::default();
    let mut inboxes: Vec<_> = (0..1_000).map(|_| topic.subscribe()).collect();

    let message = Arc::new(Message { subject: "news", body: vec![7; 4096] });
    topic.publish(&message);
    assert_eq!(Arc::counts(&message), Counts { strong: 1_001, weak: 0 });

    let read: usize = thread::scope(|scope| {
        let threads: Vec<_> = inboxes
            .chunks_mut(250)
            .map(|inboxes| {
                scope.spawn(move || {
                    inboxes.iter().map(|inbox| inbox.recv().unwrap().body.len()).sum::<usize>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("{}: {read} bytes were read from one copy", message.subject);
    assert_eq!(read, 1_000 * 4096);

    // All other handles are gone, so the message can be taken out.
    drop(inboxes);
    topic.publish(&message);
    assert!(topic.subscribers.is_empty());
    assert_eq!(Arc::into_inner(message).unwrap().body.len(), 4096);
}
