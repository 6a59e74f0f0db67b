//! Messages that are sent to several receivers.

use crate::contenders::{PORTABLE, PROVEN, STANDARD, TRIOMPHE};
use crate::{Program, Workload, loops};
use std::ops::Deref;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// The number of receivers of each message.
pub const RECEIVERS: usize = 8;
/// The length of a message.
pub const BYTES: usize = 256;

/// Sends `messages` messages to all receivers. [`threads`](loops::threads) threads read and drop
/// them, each those of its share of the receivers.
fn broadcast<P>(messages: u64, send: fn(P, &[Sender<P>])) -> impl Program
where
    P: Deref<Target = [u8]> + for<'a> From<&'a [u8]> + Send + 'static,
{
    move || {
        let mut senders = Vec::new();
        let mut shares: Vec<Vec<Receiver<P>>> = Vec::new();
        shares.resize_with(loops::threads().min(RECEIVERS), Vec::new);
        for place in 0..RECEIVERS {
            let (sender, receiver) = channel();
            senders.push(sender);
            let share = place % shares.len();
            shares[share].push(receiver);
        }
        thread::scope(|scope| {
            let readers: Vec<_> =
                shares.into_iter().map(|share| scope.spawn(move || read(&share))).collect();
            for n in 0..messages {
                send(P::from(&[n as u8; BYTES][..]), &senders);
            }
            drop(senders);
            readers.into_iter().map(|reader| reader.join().expect("no reader panics")).sum()
        })
    }
}

/// Reads from all receivers in turn. Each has as many messages as the others.
fn read<P: Deref<Target = [u8]>>(share: &[Receiver<P>]) -> u64 {
    let mut sum = 0;
    for receiver in share.iter().cycle() {
        let Ok(message) = receiver.recv() else { break };
        sum += message.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    sum
}

fn by_clone<P: Clone>(message: P, receivers: &[Sender<P>]) {
    for receiver in receivers {
        receiver.send(message.clone()).expect("the reader reads until we are gone");
    }
}

fn by_clone_many(message: proven_arc::Arc<[u8]>, receivers: &[Sender<proven_arc::Arc<[u8]>>]) {
    let messages = proven_arc::Arc::clone_many(&message, receivers.len());
    for (receiver, message) in receivers.iter().zip(messages) {
        receiver.send(message).expect("the reader reads until we are gone");
    }
}

/// The workloads with this many messages.
pub fn workloads(messages: u64) -> [Workload; 2] {
    macro_rules! on_each {
        ($name:literal, $($contender:ident: $Arc:ty, $send:ident;)+) => {
            Workload::new("broadcast", $name)
                $(.on($contender, move || broadcast::<$Arc>(messages, $send)))+
        };
    }
    [
        on_each!(
            "by clone",
            STANDARD: std::sync::Arc<[u8]>, by_clone;
            PROVEN: proven_arc::Arc<[u8]>, by_clone;
            TRIOMPHE: triomphe::Arc<[u8]>, by_clone;
            PORTABLE: portable_atomic_util::Arc<[u8]>, by_clone;
        ),
        on_each!(
            "by clone_many",
            STANDARD: std::sync::Arc<[u8]>, by_clone;
            PROVEN: proven_arc::Arc<[u8]>, by_clone_many;
        ),
    ]
}
