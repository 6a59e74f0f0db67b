//! `ArcRef` and `WeakRef`: a handle to a part keeps the whole value.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests need std")]

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{catch, leak_free};

use proven_arc::{Arc, ArcRef, Counts, WeakRef};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{Mutex, OnceLock};
use std::thread;

assert_impl_all!(ArcRef<str>: Send, Sync, Unpin, std::panic::UnwindSafe);
assert_impl_all!(WeakRef<str>: Send, Sync, Unpin);
assert_not_impl_any!(ArcRef<Cell<u8>>: Send, Sync, std::panic::UnwindSafe);
assert_not_impl_any!(WeakRef<Cell<u8>>: Send, Sync);
const _: () = assert!(size_of::<Option<ArcRef<u8>>>() == 3 * size_of::<usize>());
const _: () = assert!(size_of::<Option<WeakRef<str>>>() == 4 * size_of::<usize>());

/// The part's type is covariant, as `Arc`'s is.
const _: for<'a> fn(ArcRef<&'static str>, &'a str) -> ArcRef<&'a str> = |long, _| long;

/// Notes its number when it is dropped.
#[derive(Clone)]
struct Noted(usize, Notes);

type Notes = std::sync::Arc<Mutex<Vec<usize>>>;

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

fn pair() -> (Arc<(Noted, Noted)>, Notes) {
    let notes = Notes::default();
    (Arc::new((Noted(0, notes.clone()), Noted(1, notes.clone()))), notes)
}

/// The numbers of the values dropped so far.
fn dropped(notes: &Notes) -> Vec<usize> {
    notes.lock().unwrap().clone()
}

#[test]
fn keeps_the_whole() {
    let (arc, notes) = pair();
    let second = Arc::project(arc.clone(), |pair| &pair.1);
    assert_eq!((second.0, Arc::counts(&arc)), (1, Counts { strong: 2, weak: 0 }));
    assert!(std::ptr::eq(&*second, &arc.1));
    let again = second.clone();
    assert!(ArcRef::ptr_eq(&second, &again));
    assert!(!ArcRef::ptr_eq(&second, &Arc::project(arc.clone(), |pair| &pair.0)));
    drop((arc, second));
    assert!(dropped(&notes).is_empty());
    drop(again);
    assert_eq!(dropped(&notes), [0, 1]);
}

/// Two wholes may have the same part outside of both.
#[test]
fn pointers_are_equal_in_one_whole() {
    static WORD: &str = "word";
    let [one, two] = [1, 2].map(|whole| Arc::project(Arc::new(whole), |_| WORD));
    assert!(std::ptr::eq(&*one, &*two));
    assert!(ArcRef::ptr_eq(&one, &one.clone()) && !ArcRef::ptr_eq(&one, &two));
}

#[test]
fn of_a_part_and_of_all() {
    leak_free(|| {
        let arc = Arc::new(vec!["one".to_owned(), "two".to_owned()]);
        let all: ArcRef<Vec<String>> = arc.clone().into();
        let second: ArcRef<str> = ArcRef::project(all, |words| words[1].as_str());
        drop(arc);
        assert_eq!(&*second, "two");
        // A projection may return a reference to something outside the value, if it lives long
        // enough.
        let other: ArcRef<str> = ArcRef::project(second, |_| "three");
        assert_eq!(&*other, "three");
    });
}

#[test]
fn weak() {
    let (mut arc, notes) = pair();
    let part = Arc::project(arc.clone(), |pair| &pair.0);
    let weak = ArcRef::downgrade(&part);
    assert_eq!(Arc::counts(&arc), Counts { strong: 2, weak: 1 });
    assert_eq!(weak.clone().upgrade().unwrap().0, 0);
    drop(part);
    assert!(Arc::get_mut(&mut arc).is_none(), "a part may upgrade");
    // The value moves away, and the part with it.
    Arc::make_mut(&mut arc);
    assert!(weak.upgrade().is_none() && dropped(&notes).is_empty());
    assert_eq!(format!("{weak:?}"), "(Weak)");
    drop(arc);
    assert_eq!(dropped(&notes), [0, 1]);
}

#[test]
fn a_panicking_projection_drops_the_handle() {
    let (arc, notes) = pair();
    let other = arc.clone();
    let result = catch(|| drop(Arc::project(other, |_| -> &u8 { panic!("f") })));
    assert_eq!((result, Arc::strong_count(&arc)), (Err("f".to_owned()), 1));
    let part = Arc::project(arc, |pair| &pair.0);
    let result = catch(|| drop(ArcRef::project(part, |_| -> &u8 { panic!("f") })));
    assert_eq!(result, Err("f".to_owned()));
    assert_eq!(dropped(&notes), [0, 1]);
}

#[test]
fn traits_of_the_part() {
    let [a, b] = ["a", "b"].map(|text| Arc::project(Arc::new(text.to_owned()), String::as_str));
    assert!(a < b && a != b && a == a.clone() && a.clone().max(b.clone()) == b);
    assert_eq!(format!("{a} {b:?} {a:p}"), format!("a \"b\" {:p}", &*a));
    assert!(HashSet::from([a, b]).contains("b"));
}

#[test]
fn on_another_thread() {
    let cell = Arc::new(OnceLock::<String>::new());
    let part = Arc::project(cell, |cell| cell.get_or_init(|| "late".to_owned()).as_str());
    assert_eq!(thread::spawn(move || part.len()).join().unwrap(), 4);
}
