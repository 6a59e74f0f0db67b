//! `StaticArc`, `StaticStr` and `StaticThinStr`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests need std")]

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{catch, heap, leak_free};

use proven_arc::{Arc, Counts, StaticArc, StaticStr, StaticThinStr, ThinArc, ThinWeak};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

#[test]
fn no_handle_is_the_only_one() {
    static VALUE: StaticArc<u64> = StaticArc::new(5);
    let live = heap::live();
    let mut arc = VALUE.to_arc();
    assert_eq!(heap::live(), live, "no allocation");
    assert_eq!((*arc, Arc::counts(&arc)), (5, Counts { strong: 2, weak: 0 }));
    assert!(Arc::get_mut(&mut arc).is_none());
    assert_eq!(Arc::into_inner(arc), None);
    let arc = Arc::try_unwrap(VALUE.to_arc()).unwrap_err();
    let weak = Arc::downgrade(&arc);
    drop(arc);
    assert_eq!(weak.upgrade().as_deref(), Some(&5), "never dropped");

    leak_free(|| {
        let mut arc = VALUE.to_arc();
        *Arc::make_mut(&mut arc) += 1;
        assert_eq!((*arc, *VALUE.to_arc()), (6, 5));
        assert_eq!((Arc::strong_count(&arc), Arc::strong_count(&VALUE.to_arc())), (1, 2));
        assert!(Arc::into_unique(VALUE.to_arc()).is_none());
    });
}

#[test]
fn values_of_all_kinds() {
    static NOTHING: StaticArc<()> = StaticArc::new(());
    static BYTE: StaticArc<u8> = StaticArc::new(7);
    static TWO_STRINGS: StaticArc<[&str; 2]> = StaticArc::new(["a", "b"]);
    static STRINGS: &StaticArc<[&str]> = &TWO_STRINGS;
    static EMPTY: StaticStr<0> = StaticStr::new("");
    static CELL: StaticArc<OnceLock<String>> = StaticArc::new(OnceLock::new());

    assert_eq!((*NOTHING.to_arc(), *BYTE.to_arc()), ((), 7));
    assert_eq!(&*STRINGS.to_arc(), ["a", "b"]);
    assert_eq!(&*EMPTY.to_arc(), "");
    CELL.to_arc().set("once".to_owned()).unwrap();
    assert_eq!(CELL.to_arc().get().unwrap(), "once");
}

#[test]
fn read_without_a_handle() {
    static VALUE: StaticArc<[u16; 2]> = StaticArc::new([80, 443]);
    static PORTS: &StaticArc<[u16]> = &VALUE;
    static TEXT: StaticStr<6> = StaticStr::new("grüß");
    static THIN: StaticThinStr<6> = StaticThinStr::new("grüß");
    static EMPTY: StaticThinStr<0> = StaticThinStr::new("");

    assert_eq!((VALUE[0], &**PORTS), (80, &[80, 443][..]));
    assert_eq!((&*TEXT, THIN.chars().count(), EMPTY.len()), ("grüß", 4, 0));
    assert_eq!((TEXT.as_ptr(), THIN.as_ptr()), (TEXT.to_arc().as_ptr(), THIN.to_thin().as_ptr()));
    assert_eq!(Arc::strong_count(&VALUE.to_arc()), 2);
}

#[test]
fn never_dropped() {
    struct Noted;
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    impl Drop for Noted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    static NOTED: StaticArc<Noted> = StaticArc::new(Noted);

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| drop(NOTED.to_arc())));
        }
    });
    assert_eq!((DROPS.load(SeqCst), Arc::strong_count(&NOTED.to_arc())), (0, 2));
}

#[test]
fn a_wrong_length() {
    for text in ["abc", "abcde"] {
        let message = catch(|| StaticStr::<4>::new(text)).unwrap_err();
        assert!(message.starts_with("the length of a static string"));
        let message = catch(|| StaticThinStr::<4>::new(text)).unwrap_err();
        assert!(message.starts_with("the length of a static string"));
    }
}

#[test]
fn thin_strings() {
    static WORD: StaticThinStr<5> = StaticThinStr::new("wörd");
    static EMPTY: StaticThinStr<0> = StaticThinStr::new("");
    static NOT_SET: ThinWeak<str> = ThinWeak::new();

    let live = heap::live();
    let mut word = WORD.to_thin();
    let weak = ThinArc::downgrade(&word);
    assert_eq!(heap::live(), live, "no allocation");
    assert_eq!((&*word, &*EMPTY.to_thin()), ("wörd", ""));
    assert_eq!(ThinArc::counts(&word), Counts { strong: 2, weak: 1 });
    assert!(ThinArc::get_mut(&mut word).is_none());
    let weak = [weak, ThinArc::into_weak(word)];
    assert!(weak.iter().all(|weak| weak.upgrade().as_deref() == Some("wörd")), "never dropped");
    assert!(NOT_SET.upgrade().is_none());
    drop(weak);

    leak_free(|| {
        let mut word = WORD.to_thin();
        ThinArc::make_mut(&mut word).make_ascii_uppercase();
        assert_eq!((&*word, &*WORD.to_thin()), ("WöRD", "wörd"));
        assert_eq!(ThinArc::counts(&WORD.to_thin()), Counts { strong: 2, weak: 0 });
    });
}
