//! `rkyv`: like rkyv's own implementations for std's `Arc` and `Weak`. Shared values stay shared.

use crate::inner::Uninit;
use crate::{Arc, Weak};
use core::alloc::LayoutError;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use rkyv::de::{FromMetadata, Metadata, Pooling, PoolingExt, SharedPointer};
use rkyv::ptr_meta::{self, Pointee};
use rkyv::rancor::{Fallible, Source};
use rkyv::rc::{ArchivedRc, ArchivedRcWeak, Flavor, RcResolver, RcWeakResolver};
use rkyv::ser::{Sharing, Writer};
use rkyv::traits::{ArchivePointee, LayoutRaw};
use rkyv::{
    Archive, ArchiveUnsized, Deserialize, DeserializeUnsized, Place, Serialize, SerializeUnsized,
};

/// The flavor of archived [`Arc`]s: they are `rkyv::rc::ArchivedRc<_, ProvenArcFlavor>`. Requires
/// the feature `rkyv`.
///
/// ```
/// use proven_arc::Arc;
/// use rkyv::rancor::Error;
///
/// let word: Arc<str> = "shared".into();
/// let bytes = rkyv::to_bytes::<Error>(&[word.clone(), word]).unwrap();
/// let [one, two] = rkyv::from_bytes::<[Arc<str>; 2], Error>(&bytes).unwrap();
/// assert_eq!(&*one, "shared");
/// assert!(Arc::ptr_eq(&one, &two));
/// ```
#[derive(Debug)]
pub struct ProvenArcFlavor;

impl Flavor for ProvenArcFlavor {
    const ALLOW_CYCLES: bool = false;
}

/// Requires the feature `rkyv`.
impl<T: ?Sized + ArchiveUnsized> Archive for Arc<T> {
    type Archived = ArchivedRc<T::Archived, ProvenArcFlavor>;
    type Resolver = RcResolver;

    fn resolve(&self, resolver: RcResolver, out: Place<Self::Archived>) {
        ArchivedRc::resolve_from_ref(&**self, resolver, out);
    }
}

/// Writes the value once for all handles to it, if the serializer shares. Requires the feature
/// `rkyv`.
impl<T, S> Serialize<S> for Arc<T>
where
    T: ?Sized + SerializeUnsized<S> + 'static,
    S: ?Sized + Fallible<Error: Source> + Writer + Sharing,
{
    fn serialize(&self, serializer: &mut S) -> Result<RcResolver, S::Error> {
        ArchivedRc::<T::Archived, ProvenArcFlavor>::serialize_from_ref(&**self, serializer)
    }
}

/// Reads the value in place, into the allocation of the `Arc`. If reading fails, rkyv leaks that,
/// as it leaks std's. Requires the feature `rkyv`.
// SAFETY: `alloc` returns the place for the value in a new allocation, and `from_value` the same.
unsafe impl<T: ?Sized + LayoutRaw + Pointee> SharedPointer<T> for Arc<T> {
    fn alloc(metadata: T::Metadata) -> Result<*mut T, LayoutError> {
        let layout = T::layout_raw(metadata)?;
        let with_metadata = |place: NonNull<u8>| {
            let value = ptr_meta::from_raw_parts_mut(place.as_ptr().cast(), metadata);
            // SAFETY: the address is that of `place`, which is not null.
            unsafe { NonNull::new_unchecked(value) }
        };
        // SAFETY: `layout_raw` returns the layout of values with `metadata`, which `with_metadata`
        // adds to the pointer. (rkyv relies on that for std's `Arc` too.)
        let place = unsafe { Uninit::with_layout(layout, with_metadata) };
        Ok(ManuallyDrop::new(place).as_mut_ptr())
    }

    unsafe fn from_value(place: *mut T) -> *mut T {
        place
    }

    unsafe fn drop(value: *mut T) {
        // SAFETY: by the contract, the value was written into the place of `alloc`, whose word
        // counts one strong handle. It is not used again.
        drop(unsafe { Arc::from_raw(value) });
    }
}

/// Another handle to the value, if the deserializer pools values and has read it already. Requires
/// the feature `rkyv`.
impl<T, D> Deserialize<Arc<T>, D> for ArchivedRc<T::Archived, ProvenArcFlavor>
where
    T: ?Sized + ArchiveUnsized + LayoutRaw + Pointee + 'static,
    T::Archived: DeserializeUnsized<T, D>,
    T::Metadata: Into<Metadata> + FromMetadata,
    D: ?Sized + Fallible<Error: Source> + Pooling,
{
    fn deserialize(&self, deserializer: &mut D) -> Result<Arc<T>, D::Error> {
        let value = deserializer.deserialize_shared::<T, Arc<T>>(self.get())?;
        // SAFETY: the pointer is of `SharedPointer::from_value`. The deserializer owns its handle.
        unsafe { Arc::increment_strong_count(value) };
        // SAFETY: as above. The handle was added just now.
        Ok(unsafe { Arc::from_raw(value) })
    }
}

/// Compares the values. Requires the feature `rkyv`.
impl<T, U> PartialEq<Arc<U>> for ArchivedRc<T, ProvenArcFlavor>
where
    T: ?Sized + ArchivePointee + PartialEq<U>,
    U: ?Sized,
{
    fn eq(&self, other: &Arc<U>) -> bool {
        *self.get() == **other
    }
}

/// Archives the result of [`upgrade`](Weak::upgrade). Requires the feature `rkyv`.
impl<T: ?Sized + ArchiveUnsized> Archive for Weak<T> {
    type Archived = ArchivedRcWeak<T::Archived, ProvenArcFlavor>;
    type Resolver = RcWeakResolver;

    fn resolve(&self, resolver: RcWeakResolver, out: Place<Self::Archived>) {
        ArchivedRcWeak::resolve_from_ref(self.upgrade().as_deref(), resolver, out);
    }
}

/// Writes the value, if it is still there, once for all handles to it. Requires the feature `rkyv`.
impl<T, S> Serialize<S> for Weak<T>
where
    T: ?Sized + SerializeUnsized<S> + 'static,
    S: ?Sized + Fallible<Error: Source> + Writer + Sharing,
{
    fn serialize(&self, serializer: &mut S) -> Result<RcWeakResolver, S::Error> {
        let arc = self.upgrade();
        ArchivedRcWeak::<T::Archived, ProvenArcFlavor>::serialize_from_ref(
            arc.as_deref(),
            serializer,
        )
    }
}

/// A `Weak` on the value, which is gone after reading unless an [`Arc`] was read too. Requires the
/// feature `rkyv`.
impl<T, D> Deserialize<Weak<T>, D> for ArchivedRcWeak<T::Archived, ProvenArcFlavor>
where
    T: ArchiveUnsized + LayoutRaw + Pointee + 'static,
    T::Archived: DeserializeUnsized<T, D>,
    T::Metadata: Into<Metadata> + FromMetadata,
    D: ?Sized + Fallible<Error: Source> + Pooling,
{
    fn deserialize(&self, deserializer: &mut D) -> Result<Weak<T>, D::Error> {
        match self.upgrade() {
            Some(archived) => archived.deserialize(deserializer).map(Arc::into_weak),
            None => Ok(Weak::new()),
        }
    }
}
