//! `arc-swap`: [`Arc`], `Pin<Arc>` and [`Weak`] in an `ArcSwapAny`. `arc-swap` itself implements
//! the trait for `Option`s of them.

use crate::inner::is_dangling;
use crate::{Arc, Weak};
use arc_swap::RefCnt;
use core::pin::Pin;
use core::ptr;

/// For `ArcSwapAny<Arc<T>>`. (`ArcSwap<T>` is `arc-swap`'s name for the same of std's `Arc`.)
/// Requires the feature `arc-swap`.
// SAFETY: the pointer is that of `into_raw`. Equal pointers are of one allocation: the word is in
// front of the value, also of one without a size. Nothing here panics.
unsafe impl<T> RefCnt for Arc<T> {
    type Base = T;

    #[inline]
    fn into_ptr(me: Arc<T>) -> *mut T {
        Arc::into_raw(me).cast_mut()
    }

    #[inline]
    fn as_ptr(me: &Arc<T>) -> *mut T {
        Arc::as_ptr(me).cast_mut()
    }

    #[inline]
    unsafe fn from_ptr(ptr: *const T) -> Arc<T> {
        // SAFETY: by the contract, from `into_ptr`.
        unsafe { Arc::from_raw(ptr) }
    }
}

/// As for `Arc`. Requires the feature `arc-swap`.
// SAFETY: it is the `Arc`, with its pointer and its count.
unsafe impl<T> RefCnt for Pin<Arc<T>> {
    type Base = T;

    #[inline]
    fn into_ptr(me: Pin<Arc<T>>) -> *mut T {
        // SAFETY: the value is not moved: the pointer becomes a pinned handle again.
        RefCnt::into_ptr(unsafe { Pin::into_inner_unchecked(me) })
    }

    #[inline]
    fn as_ptr(me: &Pin<Arc<T>>) -> *mut T {
        // SAFETY: a `Pin` is its pointer, and no more. It is the `Arc`'s own pointer that counts
        // are changed through: a reference to the value would not reach them.
        Arc::as_ptr(unsafe { &*ptr::from_ref(me).cast::<Arc<T>>() }).cast_mut()
    }

    #[inline]
    unsafe fn from_ptr(ptr: *const T) -> Pin<Arc<T>> {
        // SAFETY: by the contract, from `into_ptr`.
        let arc = unsafe { Arc::from_raw(ptr) };
        // SAFETY: it was pinned.
        unsafe { Pin::new_unchecked(arc) }
    }
}

/// A `Weak` without an allocation is null. So `Some` of it, stored as an `Option`, comes back as
/// `None`. Requires the feature `arc-swap`.
// SAFETY: as for `Arc`, which has the same address but another tag; and null owns nothing. The
// word in front of the value makes the pointer even.
unsafe impl<T> RefCnt for Weak<T> {
    type Base = T;
    const TAG: usize = 1;

    #[inline]
    fn into_ptr(me: Weak<T>) -> *mut T {
        if is_dangling(me.value) { ptr::null_mut() } else { me.into_raw().cast_mut() }
    }

    #[inline]
    fn as_ptr(me: &Weak<T>) -> *mut T {
        if is_dangling(me.value) { ptr::null_mut() } else { me.as_ptr().cast_mut() }
    }

    #[inline]
    unsafe fn from_ptr(ptr: *const T) -> Weak<T> {
        if ptr.is_null() {
            return Weak::new();
        }
        // SAFETY: by the contract, from `into_ptr`.
        unsafe { Weak::from_raw(ptr) }
    }
}
