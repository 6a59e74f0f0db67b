//! `serde`: as std's `Arc` and `Weak` under serde's own feature `rc`, with its caveat.

use crate::{Arc, SliceLike, ThinArc, UniqueArc, Weak};
use alloc::boxed::Box;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Serialises the value. (With the feature `serde`.)
///
/// A value that several handles share is written once for each of them, and what is read back
/// is not shared any more.
impl<T: ?Sized + Serialize> Serialize for Arc<T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// A new allocation for each. (With the feature `serde`.)
///
/// Also of unsized values, `Arc<str>`, `Arc<[T]>` and the like, by way of a [`Box`].
impl<'de, T: ?Sized> Deserialize<'de> for Arc<T>
where
    Box<T>: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(Arc::from)
    }
}

/// Serialises the value. (With the feature `serde`.)
impl<T: ?Sized + Serialize> Serialize for UniqueArc<T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// Reads the value into a new allocation. (With the feature `serde`.)
impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueArc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(UniqueArc::new)
    }
}

/// Serialises the value. (With the feature `serde`.)
impl<T: ?Sized + SliceLike + Serialize> Serialize for ThinArc<T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// A new allocation for each, by way of a [`Box`]. (With the feature `serde`.)
impl<'de, T: ?Sized + SliceLike> Deserialize<'de> for ThinArc<T>
where
    Box<T>: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(ThinArc::from)
    }
}

/// Serialises what [`upgrade`](Weak::upgrade) gives, an `Option<Arc<T>>`. (With the feature
/// `serde`.)
impl<T: ?Sized + Serialize> Serialize for Weak<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.upgrade().serialize(serializer)
    }
}

/// Reads an `Option<T>`, and gives a `Weak` without an allocation: there is no `Arc` that would
/// keep the value. (With the feature `serde`.)
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Weak<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer)?;
        Ok(Weak::new())
    }
}
