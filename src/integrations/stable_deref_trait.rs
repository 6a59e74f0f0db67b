//! `stable_deref_trait`: the value stays where it is.

use crate::{Arc, UniqueArc};
use stable_deref_trait::{CloneStableDeref, StableDeref};

// SAFETY: the value is on the heap, and stays there as long as the handle: moving the handle does
// not move it, and `&self` functions do not either.
unsafe impl<T: ?Sized> StableDeref for Arc<T> {}

// SAFETY: a clone is another handle for the same value.
unsafe impl<T: ?Sized> CloneStableDeref for Arc<T> {}

// SAFETY: as for `Arc`, and `DerefMut` gives the same place: there is one handle that can reach it.
unsafe impl<T: ?Sized> StableDeref for UniqueArc<T> {}
