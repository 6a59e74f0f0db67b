//! [`Wake`]: wakers made of an [`Arc`].

use crate::Arc;
use core::mem::ManuallyDrop;
use core::task::{RawWaker, RawWakerVTable, Waker};

/// Waking a task by way of an [`Arc`]: for use in place of
/// [`std::task::Wake`](https://doc.rust-lang.org/std/task/trait.Wake.html), which asks for std's.
///
/// An `Arc` of what implements it becomes a [`Waker`] by `From`, without an allocation: the waker
/// is the handle. A clone of it is one of the `Arc`, and so is its drop.
///
/// The functions have no receiver, since stable Rust allows `self: Arc<Self>` for std's only: what
/// is `fn wake(self: Arc<Self>)` there is `fn wake(this: Arc<Self>)` here, and it is called as
/// `Wake::wake(task)`.
///
/// ```
/// use proven_arc::{Arc, task::Wake};
/// use std::pin::pin;
/// use std::task::{Context, Poll, Waker};
/// use std::thread::{self, Thread};
///
/// struct Unpark(Thread);
///
/// impl Wake for Unpark {
///     fn wake(this: Arc<Self>) {
///         this.0.unpark();
///     }
/// }
///
/// fn block_on<F: Future>(future: F) -> F::Output {
///     let mut future = pin!(future);
///     let waker = Waker::from(Arc::new(Unpark(thread::current())));
///     loop {
///         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
///             Poll::Ready(output) => return output,
///             Poll::Pending => thread::park(),
///         }
///     }
/// }
/// assert_eq!(block_on(async { 5 }), 5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `proven_arc::task::Wake`",
    label = "needs `impl proven_arc::task::Wake for {Self}`",
    note = "a `Waker` is made of a `proven_arc::Arc` by `proven_arc::task::Wake`: neither \
            `std::task::Wake` nor futures' `ArcWake` is for it",
    note = "write `fn wake(this: Arc<Self>)` in the place of `fn wake(self: Arc<Self>)`"
)]
pub trait Wake {
    /// Wakes the task, and uses up the handle.
    fn wake(this: Arc<Self>);

    /// Wakes the task, and keeps the handle. Unless it is written, it wakes a clone.
    fn wake_by_ref(this: &Arc<Self>) {
        Self::wake(Arc::clone(this));
    }
}

impl<W: Wake + Send + Sync + 'static> From<Arc<W>> for Waker {
    /// Turns the handle into a waker. No allocation, no atomic operation.
    ///
    /// ```
    /// use proven_arc::{Arc, task::Wake};
    /// use std::task::Waker;
    ///
    /// struct Task;
    /// impl Wake for Task {
    ///     fn wake(_: Arc<Self>) {}
    /// }
    ///
    /// let task = Arc::new(Task);
    /// let waker = Waker::from(task.clone());
    /// assert_eq!(Arc::strong_count(&task), 2);
    /// waker.wake();
    /// assert_eq!(Arc::strong_count(&task), 1);
    /// ```
    #[inline]
    fn from(waker: Arc<W>) -> Waker {
        // SAFETY: the functions do what `RawWakerVTable` asks of them (below), on any thread, as
        // `W: Send + Sync` lets the handles go there.
        unsafe { Waker::from_raw(RawWaker::from(waker)) }
    }
}

impl<W: Wake + Send + Sync + 'static> From<Arc<W>> for RawWaker {
    /// Turns the handle into a raw waker, for a [`Waker::from_raw`] of one's own.
    ///
    /// ```
    /// use proven_arc::{Arc, task::Wake};
    /// use std::task::{RawWaker, Waker};
    ///
    /// struct Task;
    /// impl Wake for Task {
    ///     fn wake(_: Arc<Self>) {}
    /// }
    ///
    /// let raw = RawWaker::from(Arc::new(Task));
    /// // SAFETY: made of an `Arc`, and used once.
    /// unsafe { Waker::from_raw(raw) }.wake();
    /// ```
    #[inline]
    fn from(waker: Arc<W>) -> RawWaker {
        RawWaker::new(
            Arc::into_raw(waker).cast(),
            &RawWakerVTable::new(clone::<W>, wake::<W>, wake_by_ref::<W>, drop::<W>),
        )
    }
}

// The data of a raw waker is the pointer of an `Arc<W>`, whose handle is the waker's: what each
// function below is given, by the contract of `RawWakerVTable`.

unsafe fn clone<W: Wake + Send + Sync + 'static>(waker: *const ()) -> RawWaker {
    // SAFETY: of an `Arc<W>`, whose handle is borrowed.
    let waker = ManuallyDrop::new(unsafe { Arc::from_raw(waker.cast::<W>()) });
    RawWaker::from(Arc::clone(&waker))
}

unsafe fn wake<W: Wake>(waker: *const ()) {
    // SAFETY: of an `Arc<W>`, whose handle is given up.
    W::wake(unsafe { Arc::from_raw(waker.cast::<W>()) });
}

unsafe fn wake_by_ref<W: Wake>(waker: *const ()) {
    // SAFETY: of an `Arc<W>`, whose handle is borrowed.
    let waker = ManuallyDrop::new(unsafe { Arc::from_raw(waker.cast::<W>()) });
    W::wake_by_ref(&waker);
}

unsafe fn drop<W>(waker: *const ()) {
    // SAFETY: of an `Arc<W>`, whose handle is given up.
    unsafe { Arc::decrement_strong_count(waker.cast::<W>()) };
}
