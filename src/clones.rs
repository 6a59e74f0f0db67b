//! [`Clones`]: an iterator over strong handles that were counted at once.

use crate::{Arc, inner};
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// An iterator over the handles that [`Arc::clone_many`] makes.
///
/// All handles are counted from the start. Dropping the iterator releases the handles that are
/// left, and `nth` releases those that it skips. Either takes one `Release` read-modify-write
/// ([release_strong](crate::proofs::release_strong)).
///
/// ```
/// use proven_arc::Arc;
///
/// let arc = Arc::new("news");
/// let mut clones = Arc::clone_many(&arc, 10);
/// assert_eq!(Arc::strong_count(&arc), 11);
///
/// let first = clones.next().unwrap();
/// drop(clones);
/// assert_eq!(Arc::strong_count(&arc), 2);
/// # drop(first);
/// ```
#[must_use = "an iterator that is not used releases its handles at once"]
pub struct Clones<T: ?Sized> {
    value: NonNull<T>,
    /// The number of strong handles that this iterator owns.
    left: usize,
    _owns: PhantomData<Arc<T>>,
}

// SAFETY: it owns `Arc`s, which are `Send` under these bounds.
unsafe impl<T: ?Sized + Sync + Send> Send for Clones<T> {}
// SAFETY: a `&Clones` only reads the number of handles.
unsafe impl<T: ?Sized + Sync + Send> Sync for Clones<T> {}

impl<T: ?Sized> Clones<T> {
    pub(crate) fn new(arc: &Arc<T>, n: usize) -> Self {
        if n > 0 {
            arc.word().add_many_strong(n as u64);
        }
        Self { value: arc.value, left: n, _owns: PhantomData }
    }

    /// Returns all handles as an array. There must be exactly `N`.
    pub(crate) fn into_array<const N: usize>(self) -> [Arc<T>; N] {
        let this = ManuallyDrop::new(self);
        assert!(this.left == N, "as many handles as the array has places");
        // SAFETY: the forgotten `self` owned `N` counted strong handles. Each becomes one element.
        core::array::from_fn(|_| unsafe { Arc::from_value(this.value) })
    }

    /// Releases `n` of the handles. There must be at least that many.
    #[inline]
    fn release(&mut self, n: usize) {
        if n == 0 {
            return;
        }
        self.left -= n;
        // SAFETY: `self` owned at least `n` counted strong handles. They keep the memory allocated
        // until the release.
        let word = unsafe { inner::word(self.value) };
        if let Some(last) = word.release_strong(n as u64) {
            // SAFETY: `last` is what the release of these handles returned.
            unsafe { Arc::drop_slow(self.value, last) }
        }
    }
}

impl<T: ?Sized> Iterator for Clones<T> {
    type Item = Arc<T>;

    #[inline]
    fn next(&mut self) -> Option<Arc<T>> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: `left` counted this strong handle until the line above.
        Some(unsafe { Arc::from_value(self.value) })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<Arc<T>> {
        self.release(n.min(self.left));
        self.next()
    }

    #[inline]
    fn count(self) -> usize {
        self.left
    }
}

impl<T: ?Sized> DoubleEndedIterator for Clones<T> {
    #[inline]
    fn next_back(&mut self) -> Option<Arc<T>> {
        self.next()
    }
}

impl<T: ?Sized> ExactSizeIterator for Clones<T> {}

impl<T: ?Sized> FusedIterator for Clones<T> {}

impl<T: ?Sized> Drop for Clones<T> {
    #[inline]
    fn drop(&mut self) {
        self.release(self.left);
    }
}

impl<T: ?Sized> fmt::Debug for Clones<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clones").field("left", &self.left).finish_non_exhaustive()
    }
}
