//! `stable_deref_trait`: the value does not move.

use crate::{Arc, UniqueArc};
use stable_deref_trait::{CloneStableDeref, StableDeref};

// SAFETY: the handle points to the value, in an allocation or a static. So moving the handle does
// not move the value. No function that takes `&self` moves the value.
unsafe impl<T: ?Sized> StableDeref for Arc<T> {}

// SAFETY: a clone derefs to the same place, and also keeps the value alive.
unsafe impl<T: ?Sized> CloneStableDeref for Arc<T> {}

// SAFETY: as for `Arc`. `deref_mut` returns the same place as `deref`.
unsafe impl<T: ?Sized> StableDeref for UniqueArc<T> {}
