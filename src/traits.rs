//! Traits of each strong handle that forward to the value.

use crate::{Arc, ArcBorrow, ArcRef, SliceLike, ThinArc, UniqueArc};
use core::borrow::{Borrow, BorrowMut};
use core::cmp::Ordering;
use core::error::Error;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ptr;

macro_rules! forward_to_the_value {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<$($generics)*> AsRef<T> for $ty {
            #[inline]
            fn as_ref(&self) -> &T {
                self
            }
        }

        impl<$($generics)*> Borrow<T> for $ty {
            #[inline]
            fn borrow(&self) -> &T {
                self
            }
        }

        impl<$($generics)*> fmt::Debug for $ty
        where
            T: fmt::Debug,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($generics)*> fmt::Display for $ty
        where
            T: fmt::Display,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($generics)*> fmt::Pointer for $ty {
            /// Prints the address of the value.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                ptr::from_ref(&**self).fmt(f)
            }
        }

        impl<$($generics)*> Eq for $ty
        where
            T: Eq,
        {}

        /// Compares the values.
        impl<$($generics)*> PartialOrd for $ty
        where
            T: PartialOrd,
        {
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
        impl<$($generics)*> Ord for $ty
        where
            T: Ord,
        {
            #[inline]
            fn cmp(&self, other: &Self) -> Ordering {
                (**self).cmp(other)
            }
        }

        /// Hashes the value.
        impl<$($generics)*> Hash for $ty
        where
            T: Hash,
        {
            #[inline]
            fn hash<H: Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }

        impl<$($generics)*> Error for $ty
        where
            T: Error,
        {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                (**self).source()
            }

            #[expect(deprecated, reason = "forwards to the value's own `cause`")]
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
forward_to_the_value! {
    [T: ?Sized] Arc<T>;
    [T: ?Sized] UniqueArc<T>;
    ['b, T: ?Sized] ArcBorrow<'b, T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
    [T: ?Sized] ArcRef<T>;
}

/// Compares the values.
///
/// std's `Arc` compares the pointers first if `T: Eq`, and does not compare a value with itself.
/// That needs specialisation, which stable Rust does not have. Here, `==` of two handles to one
/// value compares the value with itself. The result is the same, but it takes longer. With the
/// feature `nightly`, `==` is as std's. If speed matters, write `Arc::ptr_eq(&a, &b) || a == b`.
#[expect(clippy::partialeq_ne_impl, reason = "the value's own `ne` is called, as by std")]
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

/// Returns whether two handles are known to be equal without comparing the values.
#[cfg(not(feature = "nightly"))]
#[inline]
fn is_same<T: ?Sized>(_: &Arc<T>, _: &Arc<T>) -> bool {
    false
}
#[cfg(feature = "nightly")]
use crate::nightly::is_same;

macro_rules! compare_the_values {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        /// Compares the values.
        #[expect(clippy::partialeq_ne_impl, reason = "the value's own `ne` is called, as by std")]
        impl<$($generics)*> PartialEq for $ty
        where
            T: PartialEq,
        {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                **self == **other
            }

            #[inline]
            fn ne(&self, other: &Self) -> bool {
                **self != **other
            }
        }
    )*};
}
compare_the_values! {
    [T: ?Sized] UniqueArc<T>;
    ['b, T: ?Sized] ArcBorrow<'b, T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
    [T: ?Sized] ArcRef<T>;
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
    /// Like [`UniqueArc::new`].
    #[inline]
    fn from(value: T) -> Self {
        UniqueArc::new(value)
    }
}

impl<T: ?Sized> From<UniqueArc<T>> for Arc<T> {
    /// Like [`UniqueArc::into_arc`].
    #[inline]
    fn from(unique: UniqueArc<T>) -> Self {
        UniqueArc::into_arc(unique)
    }
}

impl<T: Default> Default for UniqueArc<T> {
    /// Returns a `UniqueArc` of the default value.
    fn default() -> Self {
        UniqueArc::new(T::default())
    }
}
