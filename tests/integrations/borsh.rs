//! `borsh`.

use borsh::{from_slice, to_vec};
use proven_arc::{Arc, ArcBorrow, ThinArc, UniqueArc};

#[test]
fn there_and_back() {
    let shared = Arc::<str>::from("ab");
    let value = Arc::new((Arc::new(5_u8), [shared.clone(), shared]));
    let bytes = to_vec(&value).unwrap();
    assert_eq!(bytes, [5, 2, 0, 0, 0, b'a', b'b', 2, 0, 0, 0, b'a', b'b']);

    let back: Arc<(Arc<u8>, [Arc<str>; 2])> = from_slice(&bytes).unwrap();
    assert_eq!(back, value);
    // The copies are not shared.
    assert!(!Arc::ptr_eq(&back.1[0], &back.1[1]));
    assert!(from_slice::<Arc<[u8]>>(&bytes[1..4]).is_err());
}

#[test]
fn thin_arcs() {
    let words = ThinArc::<[ThinArc<str>]>::from(["a".into(), "bc".into()]);
    let bytes = to_vec(&words).unwrap();
    assert_eq!(bytes, to_vec(&["a", "bc"][..]).unwrap());
    assert_eq!(from_slice::<ThinArc<[ThinArc<str>]>>(&bytes).unwrap(), words);
    assert!(from_slice::<ThinArc<str>>(&bytes).is_err());
}

#[test]
fn other_handles() {
    let unique: UniqueArc<Vec<u8>> = from_slice(&[2, 0, 0, 0, 7, 8]).unwrap();
    assert_eq!(*unique, [7, 8]);
    assert_eq!(to_vec(&unique).unwrap(), [2, 0, 0, 0, 7, 8]);

    let arc = Arc::new((7_u8, 8_u8));
    assert_eq!(to_vec(&ArcBorrow::from(&arc)).unwrap(), [7, 8]);
    assert_eq!(to_vec(&Arc::project(arc, |pair| &pair.1)).unwrap(), [8]);
}
