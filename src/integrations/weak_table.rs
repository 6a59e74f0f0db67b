//! `weak-table`: tables of [`Weak`]s, as for std's `Weak`.

use crate::{Arc, Weak};
use core::hash::Hash;
use weak_table::traits::{WeakElement, WeakKey};

/// Requires the feature `weak-table`.
impl<T: ?Sized> WeakElement for Weak<T> {
    type Strong = Arc<T>;

    fn new(view: &Arc<T>) -> Self {
        Arc::downgrade(view)
    }

    fn view(&self) -> Option<Arc<T>> {
        self.upgrade()
    }

    fn is_expired(&self) -> bool {
        self.strong_count() == 0
    }

    fn clone(view: &Arc<T>) -> Arc<T> {
        Arc::clone(view)
    }
}

/// Requires the feature `weak-table`.
impl<T: ?Sized + Eq + Hash> WeakKey for Weak<T> {
    type Key = T;

    fn with_key<F: FnOnce(&T) -> R, R>(view: &Arc<T>, f: F) -> R {
        f(view)
    }
}
