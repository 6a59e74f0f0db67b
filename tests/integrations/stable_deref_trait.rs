//! `stable_deref_trait`, with `yoke`, which relies on it to borrow from an owner.

use proven_arc::{Arc, ArcBorrow, ThinArc, UniqueArc, Weak};
use stable_deref_trait::{CloneStableDeref, StableDeref};
use yoke::Yoke;

#[test]
fn a_yoke_borrows_from_its_cart() {
    let cart: Arc<str> = Arc::from("one word counts");
    let other = cart.clone();
    let yoke: Yoke<&'static str, Arc<str>> =
        Yoke::attach_to_cart(cart, |text| text.split_once(' ').unwrap().1);
    let moved = Box::new(yoke);
    assert_eq!(*moved.get(), "word counts");
    assert!(other.as_bytes().as_ptr_range().contains(&moved.get().as_ptr()));
    drop(other);
    let rest: Yoke<&'static str, _> =
        std::thread::spawn(move || moved.map_project(|text, _| &text[5..])).join().unwrap();
    assert_eq!(*rest.get(), "counts");
    let cart: Arc<str> = rest.into_backing_cart();
    assert_eq!((&*cart, Arc::strong_count(&cart)), ("one word counts", 1));
}

#[test]
fn a_yoke_on_a_thin_cart() {
    let cart: ThinArc<str> = "one word counts".into();
    let weak = ThinArc::downgrade(&cart);
    let yoke: Yoke<&'static str, ThinArc<str>> = Yoke::attach_to_cart(cart, |text| &text[4..8]);
    let moved = Box::new(yoke);
    assert_eq!((*moved.get(), weak.strong_count()), ("word", 1));
    drop(moved);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_yoke_on_a_unique_cart() {
    let cart = UniqueArc::new([1_u8, 2, 3]);
    let weak: Weak<[u8; 3]> = UniqueArc::downgrade(&cart);
    let yoke: Yoke<&'static [u8], UniqueArc<[u8; 3]>> = Yoke::attach_to_cart(cart, |all| &all[1..]);
    let moved = Box::new(yoke);
    assert_eq!(*moved.get(), [2, 3]);
    assert!(weak.upgrade().is_none());
}

fn stays<T: StableDeref<Target: Sized>>(handle: T) -> T {
    let place: *const T::Target = &*handle;
    let moved = Box::new([Some(handle)]);
    let [handle] = *moved;
    let handle = handle.unwrap();
    assert!(std::ptr::eq(place, &*handle));
    handle
}

#[test]
fn the_place_is_the_same() {
    fn clones<T: CloneStableDeref>(handle: &T) -> bool {
        std::ptr::addr_eq(&raw const **handle, &raw const **Box::new(handle.clone()))
    }
    assert!(clones(&stays(Arc::new(5))));
    assert!(clones(&Arc::<[u8]>::default()));
    assert!(clones(&Arc::<str>::from("text")));
    assert!(clones(&ThinArc::<str>::from("text")));
    let arc = Arc::new(5);
    assert!(clones(&stays(ArcBorrow::from(&arc))));
    let part = stays(Arc::project(Arc::new((1, 2)), |pair| &pair.1));
    assert!(clones(&part));
    assert_eq!(*stays(UniqueArc::new(6)), 6);
}
