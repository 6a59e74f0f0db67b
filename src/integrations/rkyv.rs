//! `rkyv`: like rkyv's own implementations for std's `Arc` and `Weak`. Shared values stay shared.

use crate::convert::is_shared_empty;
use crate::inner::Uninit;
use crate::{Arc, Weak};
use alloc::boxed::Box;
use core::any::TypeId;
use core::error::Error;
use core::fmt;
use core::ptr::{self, NonNull};
use rkyv::de::{ErasedPtr, FromMetadata, Metadata, Pooling, PoolingState};
use rkyv::ptr_meta::{self, Pointee};
use rkyv::rancor::{Fallible, ResultExt, Source, fail};
use rkyv::rc::{ArchivedRc, ArchivedRcWeak, Flavor, RcResolver, RcWeakResolver};
use rkyv::ser::{Sharing, Writer, WriterExt};
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

/// Writes the value once for all handles to it, if the serializer shares. An empty default is
/// written for each handle. Requires the feature `rkyv`.
impl<T, S> Serialize<S> for Arc<T>
where
    T: ?Sized + SerializeUnsized<S> + 'static,
    S: ?Sized + Fallible<Error: Source> + Writer + Sharing,
{
    fn serialize(&self, serializer: &mut S) -> Result<RcResolver, S::Error> {
        if is_shared_empty(self) {
            // Handles of different types share this value, and reading allows one type for each
            // position. So it is written for each handle, at a position that no other value has.
            let position = (**self).serialize_unsized(serializer)?;
            if serializer.pos() == position {
                serializer.pad(1)?;
            }
            return Ok(RcResolver::from_pos(position));
        }
        ArchivedRc::<T::Archived, ProvenArcFlavor>::serialize_from_ref(&**self, serializer)
    }
}

/// A handle that the deserializer keeps, to clone it when it finds the same archived value again.
#[repr(C)]
struct Pooled<T: ?Sized> {
    /// The type of the value. It stands first, so it can be read whatever `T` is.
    value_type: TypeId,
    arc: Arc<T>,
}

/// # Safety
///
/// `pooled` is from `Box::into_raw` of a `Box<Pooled<T>>`, and is not used again.
unsafe fn drop_pooled<T: ?Sized>(pooled: ErasedPtr) {
    // SAFETY: the caller's contract.
    drop(unsafe { Box::from_raw(pooled.data_address().cast::<Pooled<T>>()) });
}

/// Why an archived [`Arc`] cannot be read, although its bytes are valid.
#[derive(Debug)]
enum Unreadable {
    Cycle,
    OtherType,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cycle => "an archived `Arc` is inside its own value",
            Self::OtherType => "one archived value is shared by `Arc`s of different types",
        })
    }
}

impl Error for Unreadable {}

/// Reads the value in place, into a new allocation. If the deserializer pools values and has read
/// this one already, makes another handle to it. Requires the feature `rkyv`.
///
/// The deserializer keeps a handle until it is dropped. `Unpool` leaks that handle, here as for
/// std's `Arc`.
///
/// # Errors
///
/// As rkyv, if the value contains this `Arc`. In addition, if the value was read as another type,
/// which has the same archived type: `usize` and `u32`, for example. Only bytes that were made for
/// that share such a value.
impl<T, D> Deserialize<Arc<T>, D> for ArchivedRc<T::Archived, ProvenArcFlavor>
where
    T: ?Sized + ArchiveUnsized + LayoutRaw + Pointee + 'static,
    T::Archived: DeserializeUnsized<T, D>,
    T::Metadata: Into<Metadata> + FromMetadata,
    D: ?Sized + Fallible<Error: Source> + Pooling,
{
    fn deserialize(&self, deserializer: &mut D) -> Result<Arc<T>, D::Error> {
        let archived = self.get();
        let address = ptr::from_ref(archived).addr();
        match deserializer.start_pooling(address) {
            PoolingState::Started => {
                let metadata = archived.deserialize_metadata();
                let layout = T::layout_raw(metadata).into_error()?;
                let with_metadata = |place: NonNull<u8>| {
                    let value = ptr_meta::from_raw_parts_mut(place.as_ptr().cast(), metadata);
                    // SAFETY: the address is that of `place`, which is not null.
                    unsafe { NonNull::new_unchecked(value) }
                };
                // SAFETY: `layout_raw` returns the layout of values with `metadata`, which
                // `with_metadata` adds to the pointer. (rkyv relies on that for std's `Arc` too.)
                let mut place = unsafe { Uninit::with_layout(layout, with_metadata) };
                // SAFETY: the place has the layout and the metadata of the value.
                unsafe { archived.deserialize_unsized(deserializer, place.as_mut_ptr()) }?;
                // SAFETY: the value was written just now.
                let arc = unsafe { place.assume_init() };
                let pooled = Pooled { value_type: TypeId::of::<T>(), arc: arc.clone() };
                let pooled = ErasedPtr::new(Box::into_raw(Box::new(pooled)));
                // SAFETY: `pooled` is from `Box::into_raw` of a `Box<Pooled<T>>`, and the
                // deserializer calls `drop_pooled` once.
                unsafe { deserializer.finish_pooling(address, pooled, drop_pooled::<T>) }?;
                Ok(arc)
            }
            PoolingState::Pending => fail!(Unreadable::Cycle),
            PoolingState::Finished(pooled) => {
                let pooled = pooled.data_address();
                // SAFETY: rkyv's validation allows one type of `ArchivedRc` per address. For this
                // flavor, only the code above pools a pointer, to a `Pooled`, which starts with
                // the `TypeId`.
                if unsafe { *pooled.cast::<TypeId>() } != TypeId::of::<T>() {
                    fail!(Unreadable::OtherType);
                }
                // SAFETY: as above. The value is a `T`, and the deserializer keeps the `Pooled`
                // while it returns it.
                let pooled = unsafe { &*pooled.cast::<Pooled<T>>() };
                Ok(pooled.arc.clone())
            }
        }
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
