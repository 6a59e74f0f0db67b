//! [`Wake`]: turns an [`Arc`] into a [`Waker`].

use crate::Arc;
use core::mem::ManuallyDrop;
use core::task::{RawWaker, RawWakerVTable, Waker};

/// Wakes a task through an [`Arc`]. A replacement for
/// [`std::task::Wake`](https://doc.rust-lang.org/std/task/trait.Wake.html), which requires std's
/// `Arc`.
///
/// If `T` implements `Wake`, `Waker::from` turns an `Arc<T>` into a [`Waker`], without an
/// allocation: the waker is the handle. Cloning or dropping the waker clones or drops the `Arc`.
///
/// The functions have no receiver, since stable Rust allows `self: Arc<Self>` only for std's `Arc`.
/// std's `fn wake(self: Arc<Self>)` becomes `fn wake(this: Arc<Self>)`. Call it as
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
    note = "a `proven_arc::Arc` becomes a `Waker` by `proven_arc::task::Wake`, not by \
            `std::task::Wake` or by futures' `ArcWake`",
    note = "write `fn wake(this: Arc<Self>)` instead of `fn wake(self: Arc<Self>)`"
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
    /// Turns the handle into a waker. Takes no allocation and no atomic operation.
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
        // SAFETY: the functions of `raw_waker` meet the contract of `RawWakerVTable`. They are
        // thread-safe, since an `Arc<W>` is `Send` and `Sync` if `W` is.
        unsafe { Waker::from_raw(raw_waker(waker)) }
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
    /// // SAFETY: made from an `Arc`, and used once.
    /// unsafe { Waker::from_raw(raw) }.wake();
    /// ```
    #[inline]
    fn from(waker: Arc<W>) -> RawWaker {
        raw_waker(waker)
    }
}

/// Turns the handle into a raw waker. Its data is the pointer of the `Arc<W>`, and owns the handle.
///
/// [`Waker::will_wake`] compares the addresses of the tables, and each codegen unit has its own
/// table. This function and `clone` are both `inline(always)`. So both are compiled into the same
/// unit, and a waker and its clones have the same table.
#[inline(always)]
fn raw_waker<W: Wake + Send + Sync + 'static>(waker: Arc<W>) -> RawWaker {
    // By the contract of `RawWakerVTable`, each function is called with the data of such a waker.

    #[inline(always)]
    unsafe fn clone<W: Wake + Send + Sync + 'static>(waker: *const ()) -> RawWaker {
        // SAFETY: `waker` owns a handle to a `W`. `ManuallyDrop` borrows the handle without
        // releasing it.
        let waker = ManuallyDrop::new(unsafe { Arc::from_raw(waker.cast::<W>()) });
        raw_waker(Arc::clone(&waker))
    }

    unsafe fn wake<W: Wake>(waker: *const ()) {
        // SAFETY: `waker` owns a handle to a `W`, and is not used after this call.
        W::wake(unsafe { Arc::from_raw(waker.cast::<W>()) });
    }

    unsafe fn wake_by_ref<W: Wake>(waker: *const ()) {
        // SAFETY: `waker` owns a handle to a `W`. `ManuallyDrop` borrows the handle without
        // releasing it.
        let waker = ManuallyDrop::new(unsafe { Arc::from_raw(waker.cast::<W>()) });
        W::wake_by_ref(&waker);
    }

    unsafe fn drop<W>(waker: *const ()) {
        // SAFETY: `waker` owns a handle to a `W`, and is not used after this call.
        unsafe { Arc::decrement_strong_count(waker.cast::<W>()) };
    }

    RawWaker::new(
        Arc::into_raw(waker).cast(),
        &RawWakerVTable::new(clone::<W>, wake::<W>, wake_by_ref::<W>, drop::<W>),
    )
}
