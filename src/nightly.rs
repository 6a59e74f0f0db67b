//! What a smart pointer outside std can have on a nightly compiler only: implicit unsizing,
//! `self: Arc<Self>`, and comparing pointers before values.

use crate::{Arc, UniqueArc, Weak};
use core::cell::CloneFromCell;
use core::marker::Unsize;
use core::ops::{CoerceUnsized, DerefPure, DispatchFromDyn, LegacyReceiver};
use core::pin::PinCoerceUnsized;

macro_rules! unsize {
    ($($ty:ident)*) => {$(
        impl<T: ?Sized + Unsize<U>, U: ?Sized> CoerceUnsized<$ty<U>> for $ty<T> {}
        impl<T: ?Sized + Unsize<U>, U: ?Sized> DispatchFromDyn<$ty<U>> for $ty<T> {}
    )*};
}
unsize!(Arc Weak UniqueArc);

impl<T: ?Sized> LegacyReceiver for Arc<T> {}

// SAFETY: dereferencing gives the value, at the same place each time, also after unsizing.
unsafe impl<T: ?Sized> PinCoerceUnsized for Arc<T> {}
// SAFETY: as above, also through `DerefMut`.
unsafe impl<T: ?Sized> PinCoerceUnsized for UniqueArc<T> {}

// SAFETY: dereferencing does nothing but give the value, the same each time.
unsafe impl<T: ?Sized> DerefPure for Arc<T> {}
// SAFETY: as above, also through `DerefMut`.
unsafe impl<T: ?Sized> DerefPure for UniqueArc<T> {}

// SAFETY: cloning touches the count word alone, so no `Cell` that the handle could be in.
unsafe impl<T: ?Sized> CloneFromCell for Arc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized> CloneFromCell for Weak<T> {}

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
