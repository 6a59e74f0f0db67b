//! `proptest`: values and strategies in an [`Arc`], as for std's `Arc`.

use crate::Arc;
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use proptest::arbitrary::{Arbitrary, StrategyFor};
use proptest::strategy::{MapInto, NewTree, Strategy};
use proptest::test_runner::TestRunner;
#[cfg(feature = "std")]
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// For an `Arc` of a value, the parameters and the strategy are those of another type, which
/// becomes the `Arc` by `into`.
macro_rules! arbitrary {
    ($($(#[$meta:meta])* [$($generics:tt)*] $value:ty, $from:ty;)*) => {$(
        $(#[$meta])*
        impl<$($generics)*> Arbitrary for Arc<$value> {
            type Parameters = <$from as Arbitrary>::Parameters;
            type Strategy = MapInto<StrategyFor<$from>, Self>;

            fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
                <$from>::arbitrary_with(parameters).prop_map_into()
            }
        }
    )*};
}
arbitrary! {
    /// For `any::<Arc<A>>()`. Requires the feature `proptest`.
    [A: Arbitrary] A, A;
    /// For `any::<Arc<[A]>>()`. Requires the feature `proptest`.
    [A: Arbitrary] [A], Vec<A>;
    /// For `any::<Arc<str>>()`. Requires the feature `proptest`.
    [] str, String;
    /// For `any::<Arc<CStr>>()`. Requires the feature `proptest`.
    [] CStr, CString;
    /// For `any::<Arc<OsStr>>()`. Requires the feature `proptest`.
    #[cfg(feature = "std")]
    [] OsStr, OsString;
    /// For `any::<Arc<Path>>()`. Requires the feature `proptest`.
    #[cfg(feature = "std")]
    [] Path, PathBuf;
}

/// Forwards to the strategy in the `Arc`. Requires the feature `proptest`.
impl<S: ?Sized + Strategy> Strategy for Arc<S> {
    type Tree = S::Tree;
    type Value = S::Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        (**self).new_tree(runner)
    }
}
