//! `proptest`: values and strategies in an [`Arc`], as for std's `Arc`.

use crate::Arc;
use proptest::arbitrary::Arbitrary;
use proptest::strategy::{MapInto, NewTree, Strategy};
use proptest::test_runner::TestRunner;

/// For `any::<Arc<A>>()`. Requires the feature `proptest`.
impl<A: Arbitrary> Arbitrary for Arc<A> {
    type Parameters = A::Parameters;
    type Strategy = MapInto<A::Strategy, Arc<A>>;

    fn arbitrary_with(parameters: A::Parameters) -> Self::Strategy {
        A::arbitrary_with(parameters).prop_map_into()
    }
}

/// Forwards to the strategy in the `Arc`. Requires the feature `proptest`.
impl<S: ?Sized + Strategy> Strategy for Arc<S> {
    type Tree = S::Tree;
    type Value = S::Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        (**self).new_tree(runner)
    }
}
