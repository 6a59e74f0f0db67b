//! What a smart pointer outside std can have only on a nightly compiler: implicit unsizing,
//! `self: Arc<Self>`, and comparing pointers before values.

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

/// Implements an unstable trait, if the compiler still has it under this name. The glob import of
/// `$module` wins over the trait of the same name that this macro declares outside.
#[allow_internal_unstable(cell_get_cloned, deref_pure_trait, pin_coerce_unsized_trait)]
macro_rules! if_there_is {
    ($module:path: $trait:ident for $($ty:ident)*) => {
        /// Stands in for a trait that the compiler does not have.
        ///
        /// # Safety
        ///
        /// No condition: nothing uses this trait.
        #[allow(dead_code, reason = "it is used where the compiler has none")]
        unsafe trait $trait {}
        const _: () = {
            #[allow(unused_imports, reason = "there may be none of that name")]
            use $module::*;
            // SAFETY: see the comment at each use of the macro.
            $(unsafe impl<T: ?Sized> $trait for $ty<T> {})*
        };
    };
}

// SAFETY: `deref` and `deref_mut` return the place that the handle points at. Unsizing keeps that
// address.
if_there_is!(core::pin: PinCoerceUnsized for Arc UniqueArc);
// SAFETY: `deref` and `deref_mut` return the place that the handle points at, and have no side
// effect.
if_there_is!(core::ops: DerefPure for Arc UniqueArc);
// SAFETY: `clone` accesses only the word, which is in no `Cell` that the handle could be in.
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
