//! `arbitrary`: arbitrary values in an [`Arc`], as for std's `Arc`.

use crate::Arc;
use arbitrary::{Arbitrary, MaxRecursionReached, Result, Unstructured, size_hint};

/// Requires the feature `arbitrary`.
impl<'a, A: Arbitrary<'a>> Arbitrary<'a> for Arc<A> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Arc::new)
    }

    fn size_hint(depth: usize) -> (usize, Option<usize>) {
        Self::try_size_hint(depth).unwrap_or_default()
    }

    fn try_size_hint(depth: usize) -> Result<(usize, Option<usize>), MaxRecursionReached> {
        size_hint::try_recursion_guard(depth, A::try_size_hint)
    }
}

/// Requires the feature `arbitrary`.
impl<'a, A: Arbitrary<'a>> Arbitrary<'a> for Arc<[A]> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary_iter()?.collect()
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> Result<Self> {
        u.arbitrary_take_rest_iter()?.collect()
    }
}

/// Requires the feature `arbitrary`.
impl<'a> Arbitrary<'a> for Arc<str> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        <&str>::arbitrary(u).map(Arc::from)
    }

    fn size_hint(depth: usize) -> (usize, Option<usize>) {
        <&str>::size_hint(depth)
    }
}
