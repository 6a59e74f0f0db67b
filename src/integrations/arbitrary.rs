//! `arbitrary`: arbitrary values in a handle, as for std's `Arc`.

use crate::{Arc, SliceLike, ThinArc};
use alloc::boxed::Box;
use arbitrary::{Arbitrary, MaxRecursionReached, Result, Unstructured};

macro_rules! from_an_arbitrary_box {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        /// Makes a [`Box`], and moves the value into a new allocation. Requires the feature
        /// `arbitrary`.
        impl<'a, $($generics)*> Arbitrary<'a> for $ty
        where
            Box<T>: Arbitrary<'a>,
        {
            fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
                Box::arbitrary(u).map(Self::from)
            }

            fn arbitrary_take_rest(u: Unstructured<'a>) -> Result<Self> {
                Box::arbitrary_take_rest(u).map(Self::from)
            }

            fn size_hint(depth: usize) -> (usize, Option<usize>) {
                Box::<T>::size_hint(depth)
            }

            fn try_size_hint(depth: usize) -> Result<(usize, Option<usize>), MaxRecursionReached> {
                Box::<T>::try_size_hint(depth)
            }
        }
    )*};
}
from_an_arbitrary_box! {
    [T: ?Sized] Arc<T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
}
