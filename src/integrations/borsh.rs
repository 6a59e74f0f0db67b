//! `borsh`: the traits that borsh's own feature `rc` implements for std's `Arc`.

use crate::{Arc, ArcBorrow, ArcRef, SliceLike, ThinArc, UniqueArc};
use alloc::boxed::Box;
use borsh::io::{Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};

macro_rules! serialize_the_value {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        /// Serialises the value. A shared value is written once for each handle. Requires the
        /// feature `borsh`.
        impl<$($generics)*> BorshSerialize for $ty
        where
            T: BorshSerialize,
        {
            fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
                (**self).serialize(writer)
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
        /// `borsh`.
        impl<$($generics)*> BorshDeserialize for $ty
        where
            Box<T>: BorshDeserialize,
        {
            fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
                Box::deserialize_reader(reader).map(Self::from)
            }
        }
    )*};
}
deserialize_a_box! {
    [T: ?Sized] Arc<T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
}

/// Reads the value into a new allocation. Requires the feature `borsh`.
impl<T: BorshDeserialize> BorshDeserialize for UniqueArc<T> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        T::deserialize_reader(reader).map(UniqueArc::new)
    }
}
