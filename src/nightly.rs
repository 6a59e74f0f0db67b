//! What a smart pointer outside std can have on a nightly compiler only: implicit unsizing,
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

/// Implements a trait that the compiler may not have, or not under that name or feature any more.
/// It is looked for in `$module`, and found here if it is not there.
#[allow_internal_unstable(cell_get_cloned, deref_pure_trait, pin_coerce_unsized_trait)]
macro_rules! if_there_is {
    ($module:path: $trait:ident for $($ty:ident)*) => {
        /// Takes its place.
        ///
        /// # Safety
        ///
        /// It promises nothing.
        #[allow(dead_code, reason = "it is used where the compiler has none")]
        unsafe trait $trait {}
        const _: () = {
            #[allow(unused_imports, reason = "there may be none of that name")]
            use $module::*;
            // SAFETY: said where the macro is used.
            $(unsafe impl<T: ?Sized> $trait for $ty<T> {})*
        };
    };
}

// SAFETY: dereferencing, also mutably, returns the value, at the same place each time, also after
// unsizing.
if_there_is!(core::pin: PinCoerceUnsized for Arc UniqueArc);
// SAFETY: dereferencing does nothing but return the value, the same each time.
if_there_is!(core::ops: DerefPure for Arc UniqueArc);
// SAFETY: cloning touches the count word alone, so no `Cell` that the handle could be in.
if_there_is!(core::cell: CloneFromCell for Arc Weak);

/// Whether two handles are known to be equal without a look at the value: because they point to
/// the same one, and it is equal to itself.
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
