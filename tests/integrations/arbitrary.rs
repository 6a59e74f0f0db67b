//! `arbitrary`: std's `Arc` and this crate's handles read the same bytes alike.

use arbitrary::{Arbitrary, Unstructured};
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
