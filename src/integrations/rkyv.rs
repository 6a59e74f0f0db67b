//! `rkyv`: like rkyv's own implementations for std's `Arc` and `Weak`. Shared values stay shared.

use crate::convert::is_shared_empty;
use crate::inner::Uninit;
use crate::{Arc, SliceLike, ThinArc, ThinWeak, Weak};
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

/// The flavor of archived [`Arc`]s and [`ThinArc`]s: they are
/// `rkyv::rc::ArchivedRc<_, ProvenArcFlavor>`. Requires the feature `rkyv`.
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

macro_rules! share_the_value {
    ($([$($bounds:tt)*] $strong:ident $weak:ident;)*) => {$(
        /// Requires the feature `rkyv`.
        impl<T: $($bounds)* + ArchiveUnsized> Archive for $strong<T> {
            type Archived = ArchivedRc<T::Archived, ProvenArcFlavor>;
            type Resolver = RcResolver;

            fn resolve(&self, resolver: RcResolver, out: Place<Self::Archived>) {
                ArchivedRc::resolve_from_ref(&**self, resolver, out);
            }
        }

        /// Writes the value once for all handles to it, if the serializer shares. An empty default
        /// is written for each handle. Requires the feature `rkyv`.
        impl<T, S> Serialize<S> for $strong<T>
        where
            T: $($bounds)* + SerializeUnsized<S> + 'static,
            S: ?Sized + Fallible<Error: Source> + Writer + Sharing,
        {
            fn serialize(&self, serializer: &mut S) -> Result<RcResolver, S::Error> {
                if is_shared_empty(&**self) {
                    return write_alone(&**self, serializer);
                }
                ArchivedRc::<T::Archived, ProvenArcFlavor>::serialize_from_ref(&**self, serializer)
            }
        }

        /// Compares the values. Requires the feature `rkyv`.
        impl<T, U> PartialEq<$strong<U>> for ArchivedRc<T, ProvenArcFlavor>
        where
            T: ?Sized + ArchivePointee + PartialEq<U>,
            U: $($bounds)*,
        {
            fn eq(&self, other: &$strong<U>) -> bool {
                *self.get() == **other
            }
        }

        /// Archives the result of [`upgrade`](Weak::upgrade). Requires the feature `rkyv`.
        impl<T: $($bounds)* + ArchiveUnsized> Archive for $weak<T> {
            type Archived = ArchivedRcWeak<T::Archived, ProvenArcFlavor>;
            type Resolver = RcWeakResolver;

            fn resolve(&self, resolver: RcWeakResolver, out: Place<Self::Archived>) {
                ArchivedRcWeak::resolve_from_ref(self.upgrade().as_deref(), resolver, out);
            }
        }

        /// Writes the value, if it is still there, once for all handles to it. Requires the feature
        /// `rkyv`.
        impl<T, S> Serialize<S> for $weak<T>
        where
            T: $($bounds)* + SerializeUnsized<S> + 'static,
            S: ?Sized + Fallible<Error: Source> + Writer + Sharing,
        {
            fn serialize(&self, serializer: &mut S) -> Result<RcWeakResolver, S::Error> {
                let strong = self.upgrade();
                ArchivedRcWeak::<T::Archived, ProvenArcFlavor>::serialize_from_ref(
                    strong.as_deref(),
                    serializer,
                )
            }
        }
    )*};
}
share_the_value! {
    [?Sized] Arc Weak;
    [?Sized + SliceLike] ThinArc ThinWeak;
}

/// Writes the value that the empty defaults share. Handles of different types have it, but reading
/// allows only one type at each position. So each handle gets a position that no other value has.
fn write_alone<T, S>(value: &T, serializer: &mut S) -> Result<RcResolver, S::Error>
where
    T: ?Sized + SerializeUnsized<S>,
    S: ?Sized + Fallible + Writer,
{
    let position = value.serialize_unsized(serializer)?;
    if serializer.pos() == position {
        serializer.pad(1)?;
    }
    Ok(RcResolver::from_pos(position))
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

/// A handle that the deserializer keeps, to clone it when it finds the same archived value again.
#[repr(C)]
struct Pooled<H> {
    /// The type of the handle. It stands first, so it can be read whatever `H` is.
    handle_type: TypeId,
    handle: H,
}

/// # Safety
///
/// `pooled` is from `Box::into_raw` of a `Box<Pooled<H>>`, and is not used again.
unsafe fn drop_pooled<H>(pooled: ErasedPtr) {
    // SAFETY: the caller's contract.
    drop(unsafe { Box::from_raw(pooled.data_address().cast::<Pooled<H>>()) });
}

/// Calls `read`, which makes a handle of the archived value. If the deserializer pools values and
/// has read this one already, returns another handle to it instead.
fn read_once<H, D>(
    archived: &ArchivedRc<impl ?Sized + ArchivePointee, ProvenArcFlavor>,
    deserializer: &mut D,
    read: impl FnOnce(&mut D) -> Result<H, D::Error>,
) -> Result<H, D::Error>
where
    H: Clone + 'static,
    D: ?Sized + Fallible<Error: Source> + Pooling,
{
    let address = ptr::from_ref(archived.get()).addr();
    match deserializer.start_pooling(address) {
        PoolingState::Started => {
            let handle = read(deserializer)?;
            let pooled = Pooled { handle_type: TypeId::of::<H>(), handle: handle.clone() };
            let pooled = ErasedPtr::new(Box::into_raw(Box::new(pooled)));
            // SAFETY: `pooled` is from `Box::into_raw` of a `Box<Pooled<H>>`, and the deserializer
            // calls `drop_pooled` once.
            unsafe { deserializer.finish_pooling(address, pooled, drop_pooled::<H>) }?;
            Ok(handle)
        }
        PoolingState::Pending => fail!(Unreadable::Cycle),
        PoolingState::Finished(pooled) => {
            let pooled = pooled.data_address();
            // SAFETY: rkyv's validation allows one type of `ArchivedRc` per address. For this
            // flavor, only the code above pools a pointer, to a `Pooled`, which starts with the
            // `TypeId`.
            if unsafe { *pooled.cast::<TypeId>() } != TypeId::of::<H>() {
                fail!(Unreadable::OtherType);
            }
            // SAFETY: as above. The handle is an `H`, and the deserializer keeps the `Pooled` while
            // it returns it.
            let pooled = unsafe { &*pooled.cast::<Pooled<H>>() };
            Ok(pooled.handle.clone())
        }
    }
}

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
        read_once(self, deserializer, |deserializer| {
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
            Ok(unsafe { place.assume_init() })
        })
    }
}

/// Like that of an `Arc`. What was archived as an `Arc` can be read as a `ThinArc`, and the other
/// way round. Requires the feature `rkyv`.
///
/// # Errors
///
/// As for an `Arc`. In addition, if one value is shared by an `Arc` and a `ThinArc`.
impl<T, D> Deserialize<ThinArc<T>, D> for ArchivedRc<T::Archived, ProvenArcFlavor>
where
    T: ?Sized + SliceLike + ArchiveUnsized + LayoutRaw + Pointee<Metadata = usize> + 'static,
    T::Archived: DeserializeUnsized<T, D>,
    D: ?Sized + Fallible<Error: Source> + Pooling,
{
    fn deserialize(&self, deserializer: &mut D) -> Result<ThinArc<T>, D::Error> {
        let archived = self.get();
        read_once(self, deserializer, |deserializer| {
            let len = archived.deserialize_metadata();
            T::layout_raw(len).into_error()?;
            let read = |place: *mut T| {
                // SAFETY: the place is for a value of this length. `T` is `str` or a slice, since
                // no `HeaderSlice` is `Pointee`. Its metadata is its length.
                unsafe { archived.deserialize_unsized(deserializer, place) }
            };
            // SAFETY: the place is for a value of this length. `deserialize_unsized` writes the
            // value, or returns an error.
            unsafe { ThinArc::try_write(ThinArc::place(len), len, read) }
        })
    }
}

macro_rules! read_a_weak {
    ($([$($bounds:tt)*] $strong:ident $weak:ident;)*) => {$(
        /// A handle to the value, which is gone after reading unless a strong handle was read too.
        /// Requires the feature `rkyv`.
        impl<T, D> Deserialize<$weak<T>, D> for ArchivedRcWeak<T::Archived, ProvenArcFlavor>
        where
            T: $($bounds)* + ArchiveUnsized,
            ArchivedRc<T::Archived, ProvenArcFlavor>: Deserialize<$strong<T>, D>,
            D: ?Sized + Fallible,
        {
            fn deserialize(&self, deserializer: &mut D) -> Result<$weak<T>, D::Error> {
                match self.upgrade() {
                    Some(archived) => archived.deserialize(deserializer).map($strong::into_weak),
                    None => Ok($weak::new()),
                }
            }
        }
    )*};
}
read_a_weak! {
    [Sized] Arc Weak;
    [?Sized + SliceLike] ThinArc ThinWeak;
}
