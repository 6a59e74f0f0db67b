//! [`proven_arc::task::Wake`]: wakers are handles, and other crates' executors and channels use
//! them.

use futures_channel::{mpsc, oneshot};
use futures_core::Stream;
use futures_executor::{ThreadPool, block_on, block_on_stream};
use proven_arc::{Arc, task::Wake};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, RawWaker, Waker};
use std::thread;

/// Counts the wake-ups, by value and by reference.
#[derive(Default)]
struct Count {
    by_value: AtomicUsize,
    by_ref: AtomicUsize,
}
impl Wake for Count {
    fn wake(this: Arc<Self>) {
        this.by_value.fetch_add(1, Ordering::Relaxed);
    }
    fn wake_by_ref(this: &Arc<Self>) {
        this.by_ref.fetch_add(1, Ordering::Relaxed);
    }
}
impl Count {
    fn woken(&self) -> (usize, usize) {
        (self.by_value.load(Ordering::Relaxed), self.by_ref.load(Ordering::Relaxed))
    }
}

#[test]
fn a_waker_is_a_handle() {
    let task = Arc::new(Count::default());
    let waker = Waker::from(task.clone());
    assert_eq!(waker.data(), Arc::as_ptr(&task).cast());
    assert_eq!(Arc::strong_count(&task), 2);

    let other = waker.clone();
    assert!(other.will_wake(&waker));
    assert!(!other.will_wake(&Waker::from(Arc::new(Count::default()))));
    assert_eq!((Arc::strong_count(&task), task.woken()), (3, (0, 0)));
    other.wake_by_ref();
    assert_eq!((Arc::strong_count(&task), task.woken()), (3, (0, 1)));
    other.wake();
    assert_eq!((Arc::strong_count(&task), task.woken()), (2, (1, 1)));
    drop(waker);
    assert_eq!((Arc::strong_count(&task), task.woken()), (1, (1, 1)));
    assert_eq!(Arc::weak_count(&task), 0);

    // SAFETY: from an `Arc`, and used once.
    let raw = unsafe { Waker::from_raw(RawWaker::from(task.clone())) };
    assert_eq!(Arc::strong_count(&task), 2);
    drop(raw);
    assert!(Arc::into_inner(task).is_some());
}

#[test]
fn by_reference_is_by_value_of_a_clone() {
    struct Handles(AtomicUsize);
    impl Wake for Handles {
        fn wake(this: Arc<Self>) {
            this.0.store(Arc::strong_count(&this), Ordering::Relaxed);
        }
    }
    let task = Arc::new(Handles(AtomicUsize::new(0)));
    let waker = Waker::from(task.clone());
    waker.wake_by_ref();
    assert_eq!((task.0.load(Ordering::Relaxed), Arc::strong_count(&task)), (3, 2));
    waker.wake();
    assert_eq!((task.0.load(Ordering::Relaxed), Arc::strong_count(&task)), (2, 1));
}

#[test]
fn a_panic_while_waking_loses_no_handle() {
    struct Panics;
    impl Wake for Panics {
        fn wake(_: Arc<Self>) {
            panic!("on purpose");
        }
    }
    let task = Arc::new(Panics);
    let waker = Waker::from(task.clone());
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake_by_ref()));
    assert!(caught.is_err());
    assert_eq!(Arc::strong_count(&task), 2);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake()));
    assert!(caught.is_err());
    assert_eq!(Arc::strong_count(&task), 1);
}

/// A waker that is the last handle drops the value, on whichever thread it is dropped.
#[test]
fn the_last_handle_on_another_thread() {
    let task = Arc::new(Count::default());
    let weak = Arc::downgrade(&task);
    let waker = Waker::from(task);
    thread::spawn(move || waker.wake()).join().unwrap();
    assert!(weak.upgrade().is_none());
}

/// A typical executor: `wake` puts the task into the queue.
struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    queue: std::sync::mpsc::Sender<Arc<Task>>,
    polls: Arc<AtomicUsize>,
}
impl Wake for Task {
    fn wake(this: Arc<Self>) {
        let queue = this.queue.clone();
        queue.send(this).expect("the queue is read until all tasks are gone");
    }
}
impl Task {
    fn run(this: Arc<Self>) {
        let mut place = this.future.lock().unwrap();
        let Some(mut future) = place.take() else { return };
        this.polls.fetch_add(1, Ordering::Relaxed);
        let waker = Waker::from(this.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            *place = Some(future);
        }
    }
}

/// A chain of tasks on the executor above, each of which passes every number on to the next one.
/// Other executors run both ends, on their own threads, and use the tasks' wakers.
#[test]
fn a_chain_of_tasks() {
    const TASKS: usize = 5;
    const NUMBERS: usize = if cfg!(miri) { 3 } else { 500 };
    let (queue, woken) = std::sync::mpsc::channel();
    let polls = Arc::new(AtomicUsize::new(0));
    let (mut first, mut last) = mpsc::channel::<usize>(1);
    let mut tasks = Vec::new();
    for _ in 0..TASKS {
        let (mut next, receiver) = mpsc::channel(1);
        let mut from = std::mem::replace(&mut last, receiver);
        let future = async move {
            while let Some(n) = receive(&mut from).await {
                poll_fn(|context| next.poll_ready(context)).await.unwrap();
                next.start_send(n + 1).unwrap();
            }
        };
        let task = Arc::new(Task {
            future: Mutex::new(Some(Box::pin(future))),
            queue: queue.clone(),
            polls: polls.clone(),
        });
        tasks.push(Arc::downgrade(&task));
        Wake::wake(task);
    }
    drop(queue);

    let sender = thread::spawn(move || {
        block_on(async move {
            for n in 0..NUMBERS {
                poll_fn(|context| first.poll_ready(context)).await.unwrap();
                first.start_send(n).unwrap();
            }
        });
    });
    let receiver = thread::spawn(move || block_on_stream(last).collect::<Vec<_>>());
    // It ends when the last handle to the last task is dropped, and its sender with it.
    woken.into_iter().for_each(Task::run);

    sender.join().unwrap();
    assert_eq!(receiver.join().unwrap(), Vec::from_iter(TASKS..NUMBERS + TASKS));
    assert!(polls.load(Ordering::Relaxed) > TASKS);
    assert!(tasks.iter().all(|task| task.strong_count() == 0), "a waker is left");
}

async fn receive(from: &mut mpsc::Receiver<usize>) -> Option<usize> {
    poll_fn(|context| Pin::new(&mut *from).poll_next(context)).await
}

/// Passes each wake-up on to the waker of the executor that runs it.
struct HandOn {
    to: Waker,
    times: AtomicUsize,
}
impl Wake for HandOn {
    fn wake(this: Arc<Self>) {
        this.times.fetch_add(1, Ordering::Relaxed);
        this.to.wake_by_ref();
    }
}

/// Runs on another crate's executor, and wraps its waker, as a `join` or a `select` does.
#[test]
fn inside_a_thread_pool() {
    const ROUNDS: usize = if cfg!(miri) { 3 } else { 100 };
    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    for _ in 0..ROUNDS {
        let (answer, question) = oneshot::channel::<u8>();
        let (waits, asked) = oneshot::channel();
        let (done, result) = oneshot::channel();
        pool.spawn_ok(async move {
            let mut question = pin!(question);
            let mut waits = Some(waits);
            let mut wakers: Vec<Arc<HandOn>> = Vec::new();
            let value = poll_fn(|context| {
                let waker = Arc::new(HandOn { to: context.waker().clone(), times: 0.into() });
                wakers.push(waker.clone());
                let poll = question.as_mut().poll(&mut Context::from_waker(&Waker::from(waker)));
                if let Some(waits) = waits.take() {
                    waits.send(poll.is_pending()).unwrap();
                }
                poll
            })
            .await;
            let times = |waker: &Arc<HandOn>| waker.times.load(Ordering::Relaxed);
            done.send((value, wakers.iter().map(times).collect::<Vec<_>>())).unwrap();
        });
        assert_eq!(block_on(asked), Ok(true));
        answer.send(42).unwrap();
        assert_eq!(block_on(result), Ok((Ok(42), vec![1, 0])));
    }
}
