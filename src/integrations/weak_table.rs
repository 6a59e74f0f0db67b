//! `weak-table`: tables of [`Weak`]s and [`ThinWeak`]s, as of std's `Weak`.

use crate::{Arc, SliceLike, ThinArc, ThinWeak, Weak};
use core::hash::Hash;
use weak_table::traits::{WeakElement, WeakKey};

macro_rules! by_weak_handles {
    ($([$($bounds:tt)*] $weak:ident $strong:ident;)*) => {$(
        /// Requires the feature `weak-table`.
        impl<T: $($bounds)*> WeakElement for $weak<T> {
            type Strong = $strong<T>;

            fn new(view: &$strong<T>) -> Self {
                $strong::downgrade(view)
            }

            fn view(&self) -> Option<$strong<T>> {
                self.upgrade()
            }

            fn is_expired(&self) -> bool {
                self.strong_count() == 0
            }

            fn clone(view: &$strong<T>) -> $strong<T> {
                $strong::clone(view)
            }
        }

        /// Requires the feature `weak-table`.
        impl<T: $($bounds)* + Eq + Hash> WeakKey for $weak<T> {
            type Key = T;

            fn with_key<F: FnOnce(&T) -> R, R>(view: &$strong<T>, f: F) -> R {
                f(view)
            }
        }
    )*};
}
by_weak_handles! {
    [?Sized] Weak Arc;
    [?Sized + SliceLike] ThinWeak ThinArc;
}
