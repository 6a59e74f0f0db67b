//! `archery`, with the persistent collections of `rpds`.

use archery::{SharedPointer, SharedPointerKind};
use proven_arc::ProvenArcK;
use rpds::{HashTrieMap, List, RedBlackTreeMap, Vector};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::collections::BTreeMap;
use std::rc::Rc;

type Pointer<T> = SharedPointer<T, ProvenArcK>;

assert_impl_all!(Pointer<u8>: Send, Sync);
assert_not_impl_any!(Pointer<Rc<u8>>: Send, Sync);
assert_not_impl_any!(Pointer<std::cell::Cell<u8>>: Send, Sync);

#[test]
fn every_function_of_a_pointer() {
    let value = Rc::new(());
    let mut pointer = Pointer::new((1, value.clone()));
    assert_eq!((pointer.0, SharedPointer::strong_count(&pointer)), (1, 1));
    SharedPointer::get_mut(&mut pointer).unwrap().0 = 2;
    let other = pointer.clone();
    assert!(SharedPointer::ptr_eq(&pointer, &other));
    assert!(std::ptr::eq(SharedPointer::as_ptr(&pointer), &*other));
    assert_eq!((SharedPointer::strong_count(&pointer), Rc::strong_count(&value)), (2, 2));
    assert!(SharedPointer::get_mut(&mut pointer).is_none());
    SharedPointer::make_mut(&mut pointer).0 = 3;
    assert_eq!((pointer.0, other.0, Rc::strong_count(&value)), (3, 2, 3));
    let third = other.clone();
    let other = SharedPointer::try_unwrap(other).unwrap_err();
    drop(third);
    assert_eq!(SharedPointer::try_unwrap(other).map(|value| value.0), Ok(2));
    assert_eq!(Rc::strong_count(&value), 2);
    drop(pointer);
    assert_eq!(Rc::strong_count(&value), 1);
    let boxed: Pointer<String> = SharedPointer::from(Box::new("boxed".to_owned()));
    assert_eq!(*boxed, "boxed");
    let mut kind = ProvenArcK::new(5);
    assert_eq!(format!("{kind:?}"), "ProvenArcK");
    // SAFETY: it was made from an `i32`, and is not used again.
    unsafe { kind.drop::<i32>() };
}

/// A persistent map next to a map of std: each old version stays as it was.
#[test]
fn persistent_maps() {
    let mut hashed: HashTrieMap<u32, String, ProvenArcK> =
        HashTrieMap::new_with_hasher_and_ptr_kind(Default::default());
    let mut sorted: RedBlackTreeMap<u32, String, ProvenArcK> = RedBlackTreeMap::new_with_ptr_kind();
    let mut expected = BTreeMap::new();
    let mut versions = Vec::new();
    for n in (0..500_u32).map(|n| n * 7919 % 211) {
        if n % 3 == 0 {
            hashed = hashed.remove(&n);
            sorted.remove_mut(&n);
            expected.remove(&n);
        } else {
            hashed.insert_mut(n, n.to_string());
            sorted = sorted.insert(n, n.to_string());
            expected.insert(n, n.to_string());
        }
        if n % 50 == 1 {
            versions.push((hashed.clone(), sorted.clone(), expected.clone()));
        }
    }
    assert!(versions.len() > 5);
    let readers = versions.into_iter().map(|(hashed, sorted, expected)| {
        std::thread::spawn(move || {
            assert!(sorted.iter().eq(expected.iter()));
            assert_eq!(hashed.size(), expected.len());
            assert!(expected.iter().all(|(key, value)| hashed.get(key) == Some(value)));
        })
    });
    readers.collect::<Vec<_>>().into_iter().for_each(|reader| reader.join().unwrap());
}

#[test]
fn persistent_sequences() {
    let vector: Vector<usize, ProvenArcK> = (0..1_000).collect();
    let shorter = vector.drop_last().unwrap().set(0, 7).unwrap();
    assert!(vector.iter().copied().eq(0..1_000));
    assert_eq!((shorter.len(), shorter.first()), (999, Some(&7)));

    // Dropped from the front, one link after the other.
    let value = Rc::new(());
    let list: List<Rc<()>, ProvenArcK> = (0..10_000).map(|_| value.clone()).collect();
    let tail = list.drop_first().unwrap();
    drop(list);
    assert_eq!(Rc::strong_count(&value), 10_000);
    drop(tail);
    assert_eq!(Rc::strong_count(&value), 1);
}
