//! `borsh`.

use borsh::{from_slice, to_vec};
use proven_arc::Arc;

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
