//! `arbitrary`: std's `Arc` and this crate's handles read the same bytes alike.

use arbitrary::{Arbitrary, MaxRecursionReached, Result, Unstructured};
use proven_arc::ThinArc;
use std::fmt::Debug;
use std::ops::Deref;

const BYTES: &[u8] = &[7, 1, b'a', 0, 200, 3, b'b', b'c', 1, 1, 0, 9, 4, 250, 2, b'd', 3];

fn same<S, P>()
where
    S: Arbitrary<'static> + Deref<Target: Debug + PartialEq>,
    P: Arbitrary<'static> + Deref<Target = S::Target>,
{
    for len in 0..=BYTES.len() {
        let bytes = &BYTES[..len];
        let standard = S::arbitrary(&mut Unstructured::new(bytes)).unwrap();
        assert_eq!(*P::arbitrary(&mut Unstructured::new(bytes)).unwrap(), *standard);
        let standard = S::arbitrary_take_rest(Unstructured::new(bytes)).unwrap();
        assert_eq!(*P::arbitrary_take_rest(Unstructured::new(bytes)).unwrap(), *standard);
    }
    assert_eq!(P::size_hint(0), S::size_hint(0));
    assert_eq!(P::try_size_hint(0).unwrap(), S::try_size_hint(0).unwrap());
}

#[test]
fn as_std() {
    same::<std::sync::Arc<(u16, Option<u8>)>, proven_arc::Arc<(u16, Option<u8>)>>();
    same::<std::sync::Arc<[u16]>, proven_arc::Arc<[u16]>>();
    same::<std::sync::Arc<str>, proven_arc::Arc<str>>();
    same::<std::sync::Arc<[u16]>, ThinArc<[u16]>>();
    same::<std::sync::Arc<str>, ThinArc<str>>();
}

/// A type that contains itself. The depth of the recursion is limited, as for std's `Arc`.
#[test]
fn a_recursive_type() {
    struct Node(proven_arc::Arc<Node>);

    impl<'a> Arbitrary<'a> for Node {
        fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
            u.arbitrary().map(Node)
        }

        fn try_size_hint(depth: usize) -> Result<(usize, Option<usize>), MaxRecursionReached> {
            <proven_arc::Arc<Node>>::try_size_hint(depth)
        }
    }

    assert!(Node::try_size_hint(0).is_err());
    assert_eq!(<proven_arc::Arc<Node>>::size_hint(0), (0, None));
    let _: fn(Node) -> proven_arc::Arc<Node> = |node| node.0;
}
