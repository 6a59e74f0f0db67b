//! [`Wake`]: wakers made of an [`Arc`].

use crate::Arc;
use core::mem::ManuallyDrop;
use core::task::{RawWaker, RawWakerVTable, Waker};

/// Wakes a task through an [`Arc`]. For use in place of
/// [`std::task::Wake`](https://doc.rust-lang.org/std/task/trait.Wake.html), which requires std's.
///
/// `Waker::from` turns an `Arc` of a type that implements it into a [`Waker`], without an
/// allocation: the waker is the handle. To clone or drop the waker is to clone or drop the `Arc`.
///
/// The functions have no receiver, since stable Rust allows `self: Arc<Self>` only for std's `Arc`.
/// std's `fn wake(self: Arc<Self>)` is `fn wake(this: Arc<Self>)` here, and is called as
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
    /// Wakes the task, and consumes the handle.
    fn wake(this: Arc<Self>);

    /// Wakes the task, and keeps the handle. By default, it calls [`wake`](Wake::wake) with a
    /// clone.
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
        // SAFETY: the functions below do what `RawWakerVTable` requires. They are thread-safe,
        // since an `Arc<W>` is `Send` and `Sync` if `W` is.
        unsafe { Waker::from_raw(RawWaker::from(waker)) }
    }
}

impl<W: Wake + Send + Sync + 'static> From<Arc<W>> for RawWaker {
    /// Turns the handle into a raw waker, for [`Waker::from_raw`].
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

// The data of a raw waker is the pointer of an `Arc<W>`, and owns its handle. By the contract of
// `RawWakerVTable`, each function below is called with such data.

unsafe fn clone<W: Wake + Send + Sync + 'static>(waker: *const ()) -> RawWaker {
    // SAFETY: `waker` owns a handle on a `W`. `ManuallyDrop` borrows it without releasing it.
    let waker = ManuallyDrop::new(unsafe { Arc::from_raw(waker.cast::<W>()) });
    RawWaker::from(Arc::clone(&waker))
}

unsafe fn wake<W: Wake>(waker: *const ()) {
    // SAFETY: `waker` owns a handle on a `W`, and is not used after this call.
    W::wake(unsafe { Arc::from_raw(waker.cast::<W>()) });
}

unsafe fn wake_by_ref<W: Wake>(waker: *const ()) {
    // SAFETY: `waker` owns a handle on a `W`. `ManuallyDrop` borrows it without releasing it.
    let waker = ManuallyDrop::new(unsafe { Arc::from_raw(waker.cast::<W>()) });
    W::wake_by_ref(&waker);
}

unsafe fn drop<W>(waker: *const ()) {
    // SAFETY: `waker` owns a handle on a `W`, and is not used after this call.
    unsafe { Arc::decrement_strong_count(waker.cast::<W>()) };
}
