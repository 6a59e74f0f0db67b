//! `ArcBorrow` leaves the counts as they are, and reads the value.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests need std")]

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{World, leak_free};

use proven_arc::{Arc, ArcBorrow, Counts};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::cell::Cell;
use std::collections::HashMap;

assert_impl_all!(ArcBorrow<'static, str>: Send, Sync, Copy, Unpin, std::panic::UnwindSafe);
assert_not_impl_any!(ArcBorrow<'static, Cell<u8>>: Send, Sync, std::panic::UnwindSafe);
const _: () = assert!(size_of::<Option<ArcBorrow<'_, u8>>>() == size_of::<usize>());

#[test]
fn counts_stay() {
    leak_free(|| {
        let world = World::new();
        let arc = Arc::new(world.value());
        let borrow = ArcBorrow::from(&arc);
        let again = borrow;
        assert_eq!((borrow.id, again.id), (0, 0));
        assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
        assert!(Arc::ptr_eq(ArcBorrow::as_arc(&again), &arc));

        let cloned = ArcBorrow::clone_arc(&borrow);
        assert_eq!(Arc::counts(&arc), Counts { strong: 2, weak: 0 });
        let weak = Arc::downgrade(ArcBorrow::as_arc(&borrow));
        drop((arc, cloned));
        assert!(weak.upgrade().is_none());
        assert_eq!(world.dropped(), [0]);
        world.ends();
    });
}

#[test]
fn of_a_raw_pointer() {
    leak_free(|| {
        let raw = Arc::into_raw(Arc::<[String]>::from(["a".to_owned(), "b".to_owned()]));
        // SAFETY: `raw` owns a handle.
        let borrow = unsafe { ArcBorrow::from_raw(raw) };
        let cloned = ArcBorrow::clone_arc(&borrow);
        // SAFETY: from `into_raw`, and used once.
        drop(unsafe { Arc::from_raw(raw) });
        assert_eq!((&*cloned, Arc::strong_count(&cloned)), (&["a".into(), "b".into()][..], 1));
    });
}

#[test]
fn outlives_its_copies() {
    let arc = Arc::<str>::from("arc");
    let value: &str = {
        let borrow = ArcBorrow::from(&arc);
        ArcBorrow::get(borrow)
    };
    assert_eq!(value, "arc");
}

#[test]
fn traits_of_the_value() {
    let (one, two) = (Arc::<str>::from("one"), Arc::<str>::from("two"));
    let [a, b] = [&one, &two].map(ArcBorrow::from);
    assert!(a < b && a != b && a == ArcBorrow::from(&one) && a.max(b) == b);
    assert_eq!(format!("{a} {b:?} {a:p}"), format!("one \"two\" {:p}", &*one));
    // Thanks to `Borrow` and `Hash`, a map finds a key by the value.
    let map = HashMap::from([(a, 1), (b, 2)]);
    assert_eq!(map.get("two"), Some(&2));
    assert_eq!(AsRef::<str>::as_ref(&a), "one");
}
