//! `serde`: like serde's feature `rc` for std's `Arc` and `Weak`, with the same caveat.

use crate::{Arc, ArcBorrow, ArcRef, SliceLike, ThinArc, ThinWeak, UniqueArc, Weak};
use alloc::boxed::Box;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! serialize_the_value {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        /// Serialises the value. Requires the feature `serde`.
        ///
        /// A value that several handles share is written once for each handle. After reading, the
        /// values are not shared.
        impl<$($generics)*> Serialize for $ty
        where
            T: Serialize,
        {
            #[inline]
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                (**self).serialize(serializer)
            }
        }
    )*};
}
serialize_the_value! {
    [T: ?Sized] Arc<T>;
    [T: ?Sized] UniqueArc<T>;
    ['b, T: ?Sized] ArcBorrow<'b, T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
    [T: ?Sized] ArcRef<T>;
}

macro_rules! deserialize_a_box {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        /// Reads a [`Box`], and moves the value into a new allocation. Requires the feature
        /// `serde`.
        impl<'de, $($generics)*> Deserialize<'de> for $ty
        where
            Box<T>: Deserialize<'de>,
        {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Box::deserialize(deserializer).map(Self::from)
            }
        }
    )*};
}
deserialize_a_box! {
    [T: ?Sized] Arc<T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
}

/// Reads the value into a new allocation. Requires the feature `serde`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueArc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(UniqueArc::new)
    }
}

/// Serialises the result of [`upgrade`](Weak::upgrade), an `Option<Arc<T>>`. Requires the feature
/// `serde`.
impl<T: ?Sized + Serialize> Serialize for Weak<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.upgrade().serialize(serializer)
    }
}

/// Reads an `Option<T>`, and returns a `Weak` without an allocation, since there is no `Arc` to
/// keep the value. Requires the feature `serde`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Weak<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer)?;
        Ok(Weak::new())
    }
}

/// Like that of `Weak`. Requires the feature `serde`.
impl<T: ?Sized + SliceLike + Serialize> Serialize for ThinWeak<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.upgrade().serialize(serializer)
    }
}

/// Like that of `Weak`, for an `Option<Box<T>>`. Requires the feature `serde`.
impl<'de, T: ?Sized + SliceLike> Deserialize<'de> for ThinWeak<T>
where
    Box<T>: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Box<T>>::deserialize(deserializer)?;
        Ok(ThinWeak::new())
    }
}
