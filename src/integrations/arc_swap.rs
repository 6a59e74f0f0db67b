//! `arc-swap`: [`Arc`], `Pin<Arc>`, [`Weak`], [`ThinArc`] and [`ThinWeak`] in an `ArcSwapAny`.
//! `arc-swap` itself implements the trait for `Option`s of them.

use crate::inner::is_dangling;
use crate::{Arc, SliceLike, ThinArc, ThinWeak, Weak};
use arc_swap::RefCnt;
use core::pin::Pin;
use core::ptr;

/// For `ArcSwapAny<Arc<T>>`. It corresponds to `ArcSwap<T>`, which is for std's `Arc`. Requires the
/// feature `arc-swap`.
// SAFETY: the pointers are those of `into_raw` and `from_raw`, which transfer one handle. Equal
// pointers point into the same allocation, even for zero-sized values, since a word stands in front
// of each value. Nothing here panics.
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
        // SAFETY: by the contract, the pointer came from `into_ptr` and owns its handle.
        unsafe { Arc::from_raw(ptr) }
    }
}

/// Like the implementation for `Arc`. Requires the feature `arc-swap`.
// SAFETY: a `Pin<Arc<T>>` has the pointer and the count of its `Arc`, for which the contract holds.
unsafe impl<T> RefCnt for Pin<Arc<T>> {
    type Base = T;

    #[inline]
    fn into_ptr(me: Pin<Arc<T>>) -> *mut T {
        // SAFETY: nothing moves the value, since only `from_ptr` makes a handle from the pointer,
        // and that handle is pinned.
        RefCnt::into_ptr(unsafe { Pin::into_inner_unchecked(me) })
    }

    #[inline]
    fn as_ptr(me: &Pin<Arc<T>>) -> *mut T {
        // SAFETY: `Pin` is `repr(transparent)`, so it has the layout of the `Arc`. A pointer made
        // from a reference to the value would not be valid for the word in front of the value.
        Arc::as_ptr(unsafe { &*ptr::from_ref(me).cast::<Arc<T>>() }).cast_mut()
    }

    #[inline]
    unsafe fn from_ptr(ptr: *const T) -> Pin<Arc<T>> {
        // SAFETY: by the contract, the pointer came from `into_ptr` and owns its handle.
        let arc = unsafe { Arc::from_raw(ptr) };
        // SAFETY: the value was pinned, and has not moved since.
        unsafe { Pin::new_unchecked(arc) }
    }
}

/// A `Weak` without an allocation is stored as null. So an `Option` with `Some` of such a `Weak` is
/// loaded as `None`. Requires the feature `arc-swap`.
// SAFETY: as for `Arc`. Null owns no handle. The tag distinguishes a `Weak` from an `Arc` with the
// same address. There is room for it: an address behind a word is even.
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
        // SAFETY: by the contract, the pointer came from `into_ptr` and owns its handle.
        unsafe { Weak::from_raw(ptr) }
    }
}

/// Like that of `Arc`, for strings and slices too: `ArcSwapAny<ThinArc<str>>`. Requires the feature
/// `arc-swap`.
// SAFETY: as for `Arc`: the pointers are those of `into_raw` and `from_raw`. An `Arc` and a
// `ThinArc` are never of the same allocation.
unsafe impl<T: ?Sized + SliceLike> RefCnt for ThinArc<T> {
    type Base = ();

    #[inline]
    fn into_ptr(me: ThinArc<T>) -> *mut () {
        ThinArc::into_raw(me).cast_mut()
    }

    #[inline]
    fn as_ptr(me: &ThinArc<T>) -> *mut () {
        ThinArc::as_ptr(me).cast_mut()
    }

    #[inline]
    unsafe fn from_ptr(ptr: *const ()) -> ThinArc<T> {
        // SAFETY: by the contract, the pointer came from `into_ptr` and owns its handle.
        unsafe { ThinArc::from_raw(ptr) }
    }
}

/// Like that of `Weak`. Requires the feature `arc-swap`.
// SAFETY: as for `Weak`, next to the `ThinArc` with the same address.
unsafe impl<T: ?Sized + SliceLike> RefCnt for ThinWeak<T> {
    type Base = ();
    const TAG: usize = 1;

    #[inline]
    fn into_ptr(me: ThinWeak<T>) -> *mut () {
        if is_dangling(me.length.value) { ptr::null_mut() } else { me.into_raw().cast_mut() }
    }

    #[inline]
    fn as_ptr(me: &ThinWeak<T>) -> *mut () {
        if is_dangling(me.length.value) { ptr::null_mut() } else { me.as_ptr().cast_mut() }
    }

    #[inline]
    unsafe fn from_ptr(ptr: *const ()) -> ThinWeak<T> {
        if ptr.is_null() {
            return ThinWeak::new();
        }
        // SAFETY: by the contract, the pointer came from `into_ptr` and owns its handle.
        unsafe { ThinWeak::from_raw(ptr) }
    }
}
