//! `unsize`: `CoerceUnsize` for [`Arc`].

use crate::Arc;
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
