//! Traits that are those of the value: [`Arc`] and [`UniqueArc`] have each that the value has.

use crate::{Arc, UniqueArc};
use core::borrow::{Borrow, BorrowMut};
use core::cmp::Ordering;
use core::error::Error;
use core::fmt;
use core::hash::{Hash, Hasher};

macro_rules! forward_to_the_value {
    ($($ty:ident)*) => {$(
        impl<T: ?Sized> AsRef<T> for $ty<T> {
            #[inline]
            fn as_ref(&self) -> &T {
                self
            }
        }

        impl<T: ?Sized> Borrow<T> for $ty<T> {
            #[inline]
            fn borrow(&self) -> &T {
                self
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $ty<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $ty<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized> fmt::Pointer for $ty<T> {
            /// The address of the value.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.value.fmt(f)
            }
        }

        impl<T: ?Sized + Eq> Eq for $ty<T> {}

        /// Compares the values.
        impl<T: ?Sized + PartialOrd> PartialOrd for $ty<T> {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                (**self).partial_cmp(other)
            }

            #[inline]
            fn lt(&self, other: &Self) -> bool {
                **self < **other
            }

            #[inline]
            fn le(&self, other: &Self) -> bool {
                **self <= **other
            }

            #[inline]
            fn gt(&self, other: &Self) -> bool {
                **self > **other
            }

            #[inline]
            fn ge(&self, other: &Self) -> bool {
                **self >= **other
            }
        }

        /// Compares the values.
        impl<T: ?Sized + Ord> Ord for $ty<T> {
            #[inline]
            fn cmp(&self, other: &Self) -> Ordering {
                (**self).cmp(other)
            }
        }

        /// Hashes the value.
        impl<T: ?Sized + Hash> Hash for $ty<T> {
            #[inline]
            fn hash<H: Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }

        impl<T: ?Sized + Error> Error for $ty<T> {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                (**self).source()
            }

            #[expect(deprecated, reason = "what the value answers is handed on")]
            fn cause(&self) -> Option<&dyn Error> {
                (**self).cause()
            }

            #[cfg(feature = "nightly")]
            fn provide<'a>(&'a self, request: &mut core::error::Request<'a>) {
                (**self).provide(request);
            }
        }
    )*};
}
forward_to_the_value!(Arc UniqueArc);

/// Compares the values.
///
/// std's `Arc` looks at the pointers first when `T: Eq`, and does not compare a value with itself.
/// That takes specialisation, which stable Rust does not have: there, `==` of two handles on one
/// value compares it with itself, which gives the same but takes its time. With the feature
/// `nightly` it is as in std. Where it matters, write `Arc::ptr_eq(&a, &b) || a == b`.
#[expect(clippy::partialeq_ne_impl, reason = "a `ne` of the value's own is called, as by std")]
impl<T: ?Sized + PartialEq> PartialEq for Arc<T> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        is_same(self, other) || **self == **other
    }

    #[inline]
    fn ne(&self, other: &Self) -> bool {
        !is_same(self, other) && **self != **other
    }
}

/// Whether two handles are known to be equal without a look at the value.
#[cfg(not(feature = "nightly"))]
#[inline]
fn is_same<T: ?Sized>(_: &Arc<T>, _: &Arc<T>) -> bool {
    false
}
#[cfg(feature = "nightly")]
use crate::nightly::is_same;

/// Compares the values.
#[expect(clippy::partialeq_ne_impl, reason = "a `ne` of the value's own is called, as by std")]
impl<T: ?Sized + PartialEq> PartialEq for UniqueArc<T> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }

    #[inline]
    fn ne(&self, other: &Self) -> bool {
        **self != **other
    }
}

impl<T: ?Sized> AsMut<T> for UniqueArc<T> {
    #[inline]
    fn as_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized> BorrowMut<T> for UniqueArc<T> {
    #[inline]
    fn borrow_mut(&mut self) -> &mut T {
        self
    }
}

impl<T> From<T> for UniqueArc<T> {
    /// As [`UniqueArc::new`].
    #[inline]
    fn from(value: T) -> Self {
        UniqueArc::new(value)
    }
}

impl<T: ?Sized> From<UniqueArc<T>> for Arc<T> {
    /// As [`UniqueArc::into_arc`].
    #[inline]
    fn from(unique: UniqueArc<T>) -> Self {
        UniqueArc::into_arc(unique)
    }
}

impl<T: Default> Default for UniqueArc<T> {
    /// A `UniqueArc` of the default value.
    fn default() -> Self {
        UniqueArc::new(T::default())
    }
}
