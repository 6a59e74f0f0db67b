//! An executor that polls futures on one thread. The thread sleeps while no future can make
//! progress.
//!
//! A task is its own waker. [`Wake`] turns an `Arc<Task>` into a `Waker` without an allocation, and
//! `wake` puts the handle back into the queue. When the last future is done, there is no waker and
//! so no sender left, and the queue ends.

use proven_arc::Arc;
use proven_arc::task::Wake;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Task {
    /// `None` once the task is done.
    work: Mutex<Option<Work>>,
    queue: Sender<Arc<Task>>,
}

impl Wake for Task {
    fn wake(task: Arc<Self>) {
        let queue = task.queue.clone();
        // The executor may have been dropped. Then it polls no task.
        let _ = queue.send(task);
    }
}

struct Executor {
    queue: Sender<Arc<Task>>,
    ready: Receiver<Arc<Task>>,
}

impl Executor {
    fn new() -> Self {
        let (queue, ready) = channel();
        Self { queue, ready }
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let work = Mutex::new(Some(Box::pin(work) as Work));
        Wake::wake(Arc::new(Task { work, queue: self.queue.clone() }));
    }

    /// Returns when all tasks are done.
    fn run(self) {
        drop(self.queue);
        for task in self.ready {
            let waker = Waker::from(Arc::clone(&task));
            let mut work = task.work.lock().unwrap();
            if let Some(future) = &mut *work {
                if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                    *work = None;
                }
            }
        }
    }
}

/// A future that is ready after a while. Another thread sleeps, and then wakes the task.
async fn sleep(time: Duration) {
    let end = Instant::now() + time;
    let mut sleeper = None;
    poll_fn(|context| {
        if Instant::now() >= end {
            return Poll::Ready(());
        }
        sleeper.get_or_insert_with(|| {
            let waker = context.waker().clone();
            thread::spawn(move || {
                thread::sleep(time);
                waker.wake();
            })
        });
        Poll::Pending
    })
    .await;
}

fn main() {
    let finished = Arc::new(Mutex::new(Vec::new()));
    let executor = Executor::new();
    for (name, milliseconds) in [("slow", 60), ("fast", 10), ("middling", 30)] {
        let finished = Arc::clone(&finished);
        executor.spawn(async move {
            sleep(Duration::from_millis(milliseconds)).await;
            println!("{name} is done");
            finished.lock().unwrap().push(name);
        });
    }
    executor.run();
    assert_eq!(*finished.lock().unwrap(), ["fast", "middling", "slow"]);
}
