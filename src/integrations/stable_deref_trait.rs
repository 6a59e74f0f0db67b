//! `stable_deref_trait`: the value does not move.

use crate::{Arc, ArcBorrow, ArcRef, SliceLike, ThinArc, UniqueArc};
use stable_deref_trait::{CloneStableDeref, StableDeref};

// SAFETY: the handle points to the value, in an allocation or a static. So moving the handle does
// not move the value. No function that takes `&self` moves the value.
unsafe impl<T: ?Sized> StableDeref for Arc<T> {}

// SAFETY: a clone derefs to the same place, and also keeps the value alive.
unsafe impl<T: ?Sized> CloneStableDeref for Arc<T> {}

// SAFETY: as for `Arc`.
unsafe impl<T: ?Sized + SliceLike> StableDeref for ThinArc<T> {}

// SAFETY: as for `Arc`.
unsafe impl<T: ?Sized + SliceLike> CloneStableDeref for ThinArc<T> {}

// SAFETY: as for `Arc`. The borrowed handle keeps the value alive.
unsafe impl<T: ?Sized> StableDeref for ArcBorrow<'_, T> {}

// SAFETY: a clone is the same pointer, and borrows the same handle.
unsafe impl<T: ?Sized> CloneStableDeref for ArcBorrow<'_, T> {}

// SAFETY: the pointer to the part never changes, and the handle keeps the whole.
unsafe impl<U: ?Sized> StableDeref for ArcRef<U> {}

// SAFETY: a clone has the same pointer to the part, and its handle keeps the whole too.
unsafe impl<U: ?Sized> CloneStableDeref for ArcRef<U> {}

// SAFETY: as for `Arc`. `deref_mut` returns the same place as `deref`.
unsafe impl<T: ?Sized> StableDeref for UniqueArc<T> {}
