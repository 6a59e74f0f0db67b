//! The features that a smart pointer outside std can have only on a nightly compiler: implicit
//! unsizing, `self: Arc<Self>`, and comparing pointers before values.

use crate::{Arc, UniqueArc, Weak};
use core::marker::Unsize;
use core::ops::{CoerceUnsized, DispatchFromDyn, LegacyReceiver};

macro_rules! unsize {
    ($($ty:ident)*) => {$(
        impl<T: ?Sized + Unsize<U>, U: ?Sized> CoerceUnsized<$ty<U>> for $ty<T> {}
        impl<T: ?Sized + Unsize<U>, U: ?Sized> DispatchFromDyn<$ty<U>> for $ty<T> {}
    )*};
}
unsize!(Arc Weak UniqueArc);

impl<T: ?Sized> LegacyReceiver for Arc<T> {}

/// Implements an unstable trait, if the compiler still has a trait of this name. The glob import of
/// `$module` shadows the trait of the same name that this macro declares outside of the block.
#[allow_internal_unstable(cell_get_cloned, deref_pure_trait, pin_coerce_unsized_trait)]
macro_rules! if_there_is {
    ($module:path: $trait:ident for $($ty:ident)*) => {
        /// Stands in for a trait that the compiler does not have.
        ///
        /// # Safety
        ///
        /// No condition: nothing uses this trait.
        #[allow(dead_code, reason = "used only if the compiler has no such trait")]
        unsafe trait $trait {}
        const _: () = {
            #[allow(unused_imports, reason = "the module may have no such trait")]
            use $module::*;
            // SAFETY: see the comment at each use of the macro.
            $(unsafe impl<T: ?Sized> $trait for $ty<T> {})*
        };
    };
}

// SAFETY: `deref` and `deref_mut` return the place that the handle points to. Unsizing keeps the
// address of that place.
if_there_is!(core::pin: PinCoerceUnsized for Arc UniqueArc);
// The same trait from Rust 1.99 on, with more conditions.
// SAFETY: as above. Neither `deref_mut` nor the destructor moves the value, which is dropped in its
// place. `clone` of an `Arc` returns a handle to the same value. `make_mut` and what else moves a
// value takes no `Pin`.
if_there_is!(core::pin: PinSafePointer for Arc UniqueArc);
// SAFETY: `deref` and `deref_mut` return the place that the handle points to, and have no side
// effect.
if_there_is!(core::ops: DerefPure for Arc UniqueArc);
// SAFETY: `clone` accesses only the word, which is never inside a `Cell` that contains the handle.
if_there_is!(core::cell: CloneFromCell for Arc Weak);

/// Returns whether two handles are known to be equal without comparing the values: they point to
/// the same value, and `T: Eq` makes it equal to itself.
#[inline]
pub(crate) fn is_same<T: ?Sized>(one: &Arc<T>, other: &Arc<T>) -> bool {
    one.is_same(other)
}

trait IsSame {
    fn is_same(&self, other: &Self) -> bool;
}

impl<T: ?Sized> IsSame for Arc<T> {
    #[inline]
    default fn is_same(&self, _other: &Self) -> bool {
        false
    }
}

impl<T: ?Sized + Eq> IsSame for Arc<T> {
    #[inline]
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(self, other)
    }
}
