//! `serde`: like serde's feature `rc` for std's `Arc` and `Weak`, with the same caveat.

use crate::{Arc, SliceLike, ThinArc, UniqueArc, Weak};
use alloc::boxed::Box;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Serialises the value. Requires the feature `serde`.
///
/// A value that several handles share is written once for each handle. After reading, the values
/// are not shared.
impl<T: ?Sized + Serialize> Serialize for Arc<T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// Deserialises the value into a new allocation. Requires the feature `serde`.
///
/// Unsized values (`Arc<str>`, `Arc<[T]>`) are read as a [`Box`] first.
impl<'de, T: ?Sized> Deserialize<'de> for Arc<T>
where
    Box<T>: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(Arc::from)
    }
}

/// Serialises the value. Requires the feature `serde`.
impl<T: ?Sized + Serialize> Serialize for UniqueArc<T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// Reads the value into a new allocation. Requires the feature `serde`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueArc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(UniqueArc::new)
    }
}

/// Serialises the value. Requires the feature `serde`.
impl<T: ?Sized + SliceLike + Serialize> Serialize for ThinArc<T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// Reads a [`Box`], and moves the value into a new allocation. Requires the feature `serde`.
impl<'de, T: ?Sized + SliceLike> Deserialize<'de> for ThinArc<T>
where
    Box<T>: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(ThinArc::from)
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
