//! `borsh`: the traits that borsh's own feature `rc` implements for std's `Arc`.

use crate::Arc;
use alloc::boxed::Box;
use borsh::io::{Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};

/// Serialises the value. A shared value is written once for each handle. Requires the feature
/// `borsh`.
impl<T: ?Sized + BorshSerialize> BorshSerialize for Arc<T> {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        (**self).serialize(writer)
    }
}

/// Reads a [`Box`], and moves the value into a new allocation. Requires the feature `borsh`.
impl<T: ?Sized> BorshDeserialize for Arc<T>
where
    Box<T>: BorshDeserialize,
{
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        Box::deserialize_reader(reader).map(Arc::from)
    }
}
