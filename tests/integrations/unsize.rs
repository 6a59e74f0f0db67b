//! `unsize`, used as `triomphe`'s users do.

use proven_arc::{Arc, ArcBorrow};
use std::fmt::Debug;
use unsize::{CoerceUnsize, Coercion};

#[test]
fn to_an_object_a_slice_and_a_closure() {
    let sized = Arc::new([1_u8, 2, 3]);
    let weak = Arc::downgrade(&sized);
    let object: Arc<dyn Debug> = sized.clone().unsize(Coercion!(to dyn Debug));
    let slice: Arc<[u8]> = sized.unsize(Coercion::to_slice());
    assert_eq!(format!("{object:?}"), "[1, 2, 3]");
    assert_eq!(*slice, [1, 2, 3]);
    assert!(Arc::as_ptr(&object).addr() == Arc::as_ptr(&slice).addr());
    assert_eq!((Arc::strong_count(&object), Arc::weak_count(&object)), (2, 1));
    drop((object, slice));
    assert!(weak.upgrade().is_none());

    let twice: Arc<dyn Fn(u8) -> u8> = Arc::new(|n| n * 2).unsize(Coercion!(to dyn Fn(u8) -> u8));
    assert_eq!(twice(4), 8);
}

#[test]
fn a_borrowed_handle() {
    let sized = Arc::new([1_u8, 2, 3]);
    let object: ArcBorrow<dyn Debug> = ArcBorrow::from(&sized).unsize(Coercion!(to dyn Debug));
    assert_eq!(Arc::strong_count(&sized), 1);
    let object: Arc<dyn Debug> = ArcBorrow::clone_arc(&object);
    assert_eq!(Arc::strong_count(&sized), 2);
    drop(sized);
    assert_eq!(format!("{object:?}"), "[1, 2, 3]");
}
