//! `unsize`: its `CoerceUnsize`, for an [`Arc`].

use crate::Arc;
use core::mem::ManuallyDrop;
use unsize::CoerciblePtr;

/// For `arc.unsize(Coercion!(to dyn Trait))`. (With the feature `unsize`; without it, there is
/// [`coerce!`](crate::coerce).)
///
/// Not for a `Weak`, since the crate wants a pointer to what is there; and not for a `UniqueArc`,
/// which is invariant.
// SAFETY: `replace_ptr` hands the handle on to the new pointer, which by its contract is the old
// one with metadata.
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
        // SAFETY: the pointer of this handle, which is given up for it.
        unsafe { Arc::from_raw(new) }
    }
}
