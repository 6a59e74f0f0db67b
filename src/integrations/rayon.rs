//! `rayon`: collecting into an `Arc<[T]>`, as into std's.

use crate::{Arc, ThinArc};
use alloc::vec::Vec;
use rayon::iter::{FromParallelIterator, IntoParallelIterator};

/// Collects into a [`Vec`], and moves the elements into a new allocation. Requires the feature
/// `rayon`.
impl<T: Send> FromParallelIterator<T> for Arc<[T]> {
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(par_iter: I) -> Self {
        Vec::from_par_iter(par_iter).into()
    }
}

/// Like that of `Arc`. Requires the feature `rayon`.
impl<T: Send> FromParallelIterator<T> for ThinArc<[T]> {
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(par_iter: I) -> Self {
        Vec::from_par_iter(par_iter).into()
    }
}
