//! `unsize`: `CoerceUnsize` for [`Arc`] and [`ArcBorrow`].

use crate::{Arc, ArcBorrow};
use core::mem::ManuallyDrop;
use unsize::CoerciblePtr;

/// For `arc.unsize(Coercion!(to dyn Trait))`. Requires the feature `unsize`. Without it, use
/// [`coerce!`](crate::coerce).
///
/// `Weak` does not implement it, since `unsize` requires a pointer to an existing value. Neither
/// does `UniqueArc`, which is invariant.
// SAFETY: `replace_ptr` passes the handle to the new pointer. By its contract, that is the old
// pointer with other metadata.
unsafe impl<T, U: ?Sized> CoerciblePtr<U> for Arc<T> {
    type Pointee = T;
    type Output = Arc<U>;

    #[inline]
    fn as_sized_ptr(&mut self) -> *mut T {
        self.value.as_ptr()
    }

    #[inline]
    unsafe fn replace_ptr(self, new: *mut U) -> Arc<U> {
        let _this = ManuallyDrop::new(self);
        // SAFETY: by the contract, `new` is the pointer of this handle, unsized. `_this` does not
        // release the handle, which becomes the result.
        unsafe { Arc::from_raw(new) }
    }
}

/// Like that of `Arc`. Requires the feature `unsize`.
// SAFETY: as for `Arc`. The new pointer borrows the same handle.
unsafe impl<'a, T, U: ?Sized + 'a> CoerciblePtr<U> for ArcBorrow<'a, T> {
    type Pointee = T;
    type Output = ArcBorrow<'a, U>;

    #[inline]
    fn as_sized_ptr(&mut self) -> *mut T {
        ArcBorrow::as_arc(self).value.as_ptr()
    }

    #[inline]
    unsafe fn replace_ptr(self, new: *mut U) -> ArcBorrow<'a, U> {
        // SAFETY: by the contract, `new` is the pointer of the handle that is borrowed for `'a`,
        // unsized.
        unsafe { ArcBorrow::from_raw(new) }
    }
}
