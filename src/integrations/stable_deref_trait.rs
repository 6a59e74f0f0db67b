//! `stable_deref_trait`: the value does not move.

use crate::{Arc, UniqueArc};
use stable_deref_trait::{CloneStableDeref, StableDeref};

// SAFETY: the value is on the heap and stays there while the handle lives. Neither moving the
// handle nor a `&self` function moves it.
unsafe impl<T: ?Sized> StableDeref for Arc<T> {}

// SAFETY: a clone is another handle for the same value.
unsafe impl<T: ?Sized> CloneStableDeref for Arc<T> {}

// SAFETY: as for `Arc`; `DerefMut` returns the same place.
unsafe impl<T: ?Sized> StableDeref for UniqueArc<T> {}
