//! Features that need a nightly compiler: `cargo +nightly test --features nightly`.
#![cfg(feature = "nightly")]
#![feature(cell_get_cloned)]

use proven_arc::{Arc, UniqueArc, Weak};
use std::cell::Cell;
use std::pin::Pin;

trait Number {
    fn shared(self: Arc<Self>) -> usize;
    fn pinned(self: Pin<Arc<Self>>) -> usize;
}
impl Number for u8 {
    fn shared(self: Arc<Self>) -> usize {
        usize::from(*self) + Arc::strong_count(&self)
    }
    fn pinned(self: Pin<Arc<Self>>) -> usize {
        usize::from(*self)
    }
}

#[test]
fn receivers_and_their_dispatch() {
    let sized = Arc::new(5_u8);
    let object: Arc<dyn Number> = sized.clone();
    assert_eq!(object.shared(), 5 + 2);
    assert_eq!(sized.shared(), 5 + 1);
    let pinned: Pin<Arc<dyn Number>> = Arc::pin(6_u8);
    assert_eq!(pinned.pinned(), 6);
}

#[test]
fn unsizing() {
    let weak: Weak<dyn Number> = Weak::<u8>::new();
    assert!(weak.upgrade().is_none());
    let slice: UniqueArc<[u8]> = UniqueArc::new([1, 2]);
    assert_eq!(*UniqueArc::into_arc(slice), [1, 2]);
}

#[test]
fn a_value_is_not_compared_with_itself() {
    thread_local!(static COMPARED: Cell<bool> = const { Cell::new(false) });
    struct Reflexive;
    impl PartialEq for Reflexive {
        fn eq(&self, _: &Self) -> bool {
            COMPARED.set(true);
            false
        }
    }
    impl Eq for Reflexive {}
    let (a, b) = (Arc::new(Reflexive), Arc::new(Reflexive));
    assert!(a == a.clone() && !(a != a.clone()));
    assert!(!COMPARED.get());
    assert!(a != b);
    assert!(COMPARED.get());
}

#[test]
fn dropped_after_what_it_borrows() {
    let (arc, unique, weak);
    let value = 5;
    arc = Arc::new(&value);
    unique = UniqueArc::new(&value);
    weak = Arc::downgrade(&arc);
    assert_eq!(**arc + **unique, 10);
    assert!(weak.upgrade().is_some());
}

#[test]
fn cloned_from_a_cell() {
    let cell = Cell::new(Arc::new(5));
    assert_eq!(*cell.get_cloned().into_inner(), 5);
}
