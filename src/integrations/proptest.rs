//! `proptest`: values and strategies in an [`Arc`], as for std's `Arc`.

use crate::{Arc, SliceLike, ThinArc};
use alloc::boxed::Box;
use core::fmt::Debug;
use proptest::arbitrary::Arbitrary;
use proptest::strategy::{MapInto, NewTree, Strategy};
use proptest::test_runner::TestRunner;

macro_rules! from_any_box {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        /// Makes a [`Box`], and moves the value into a new allocation. Requires the feature
        /// `proptest`.
        impl<$($generics)*> Arbitrary for $ty
        where
            T: Debug,
            Box<T>: Arbitrary,
        {
            type Parameters = <Box<T> as Arbitrary>::Parameters;
            type Strategy = MapInto<<Box<T> as Arbitrary>::Strategy, Self>;

            fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
                Box::arbitrary_with(parameters).prop_map_into()
            }
        }
    )*};
}
from_any_box! {
    [T: ?Sized] Arc<T>;
    [T: ?Sized + SliceLike] ThinArc<T>;
}

/// Forwards to the strategy in the `Arc`. Requires the feature `proptest`.
impl<S: ?Sized + Strategy> Strategy for Arc<S> {
    type Tree = S::Tree;
    type Value = S::Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        (**self).new_tree(runner)
    }
}
