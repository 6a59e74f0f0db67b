//! The traits that an `Arc` has if its value has them. The first part runs on std's types and on
//! this crate's.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{leak_free, on_both};

use std::borrow::Borrow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::error::Error;
use std::hash::{Hash, Hasher};

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

thread_local! {
    static CALLED: Cell<&'static str> = const { Cell::new("") };
}

/// The name of the method that `f` called on the value.
fn called<R>(f: impl FnOnce() -> R) -> &'static str {
    CALLED.set("none");
    f();
    CALLED.get()
}

/// The results of every comparison of two values.
fn all_of<T: PartialOrd>(a: &T, b: &T) -> ([bool; 6], Option<Ordering>) {
    ([a == b, a != b, a < b, a <= b, a > b, a >= b], a.partial_cmp(b))
}

/// Records which of its methods is called. It is not `Eq`, so that the pointers are not compared
/// first.
struct Spy;

#[expect(clippy::partialeq_ne_impl, reason = "the test calls it")]
impl PartialEq for Spy {
    fn eq(&self, _: &Self) -> bool {
        CALLED.set("eq");
        true
    }
    fn ne(&self, _: &Self) -> bool {
        CALLED.set("ne");
        true
    }
}

impl PartialOrd for Spy {
    fn partial_cmp(&self, _: &Self) -> Option<Ordering> {
        CALLED.set("partial_cmp");
        None
    }
    fn lt(&self, _: &Self) -> bool {
        CALLED.set("lt");
        true
    }
    fn le(&self, _: &Self) -> bool {
        CALLED.set("le");
        true
    }
    fn gt(&self, _: &Self) -> bool {
        CALLED.set("gt");
        true
    }
    fn ge(&self, _: &Self) -> bool {
        CALLED.set("ge");
        true
    }
}

#[derive(Debug)]
struct Outer(Inner);
#[derive(Debug)]
struct Inner;

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad("outer")
    }
}
impl std::fmt::Display for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad("inner")
    }
}
impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
    fn cause(&self) -> Option<&dyn Error> {
        None
    }
}
impl Error for Inner {}

/// A file without a name, with this content.
#[cfg(feature = "std")]
fn file(text: &str) -> std::fs::File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    file
}

on_both! {
    fn borrowed() {
        let arc: Arc<str> = Arc::from("text");
        let (by_ref, borrowed): (&str, &str) = (arc.as_ref(), arc.borrow());
        assert_eq!((by_ref, borrowed), ("text", "text"));
        assert_eq!(by_ref.as_ptr(), borrowed.as_ptr());

        let map: HashMap<Arc<str>, i32> = [(arc.clone(), 1)].into();
        assert_eq!(map.get("text"), Some(&1));
        let set: BTreeSet<Arc<str>> = [Arc::from("b"), Arc::from("a"), arc].into();
        assert_eq!(set.iter().map(|key| &**key).collect::<Vec<_>>(), ["a", "b", "text"]);
        assert!(set.contains("b") && !set.contains("c"));
    }

    fn formatted() {
        let arc = Arc::new(7);
        let formatted = format!("{arc} {arc:?} {arc:03} {arc:03?} {arc:#x?} {arc:+}");
        assert_eq!(formatted, "7 7 007 007 0x7 +7");
        assert_eq!(format!("{arc:p}"), format!("{:p}", &*arc));
        let text: Arc<str> = Arc::from("a\"b");
        assert_eq!(format!("{text} {text:?} [{text:>5}]"), "a\"b \"a\\\"b\" [  a\"b]");
        assert_eq!(format!("{text:p}"), format!("{:p}", &*text));
        assert_eq!(format!("{:?}", Arc::downgrade(&arc)), "(Weak)");
    }

    fn compared() {
        let (one, two, nan) = (Arc::new(1.0), Arc::new(2.0), Arc::new(f64::NAN));
        assert_eq!(all_of(&one, &two), all_of(&1.0, &2.0));
        assert_eq!(all_of(&two, &one), all_of(&2.0, &1.0));
        assert_eq!(all_of(&one, &one.clone()), all_of(&1.0, &1.0));
        assert_eq!(all_of(&one, &nan), all_of(&1.0, &f64::NAN));
        assert_eq!(all_of(&nan, &nan.clone()), all_of(&f64::NAN, &f64::NAN));
        let (a, b): (Arc<[u8]>, Arc<[u8]>) = (Arc::from([1]), Arc::from([1, 0]));
        assert_eq!((a.cmp(&b), b.cmp(&a)), (Ordering::Less, Ordering::Greater));
        assert_eq!(a.cmp(&a), Ordering::Equal);
        assert_eq!(a.clone().max(b.clone()), b);
        assert_eq!(Arc::new(5), Arc::new(5));
    }

    fn compared_by_the_same_method_of_the_value() {
        let (a, b) = (Arc::new(Spy), Arc::new(Spy));
        assert_eq!(called(|| a == b), "eq");
        assert_eq!(called(|| a != b), "ne");
        assert_eq!(called(|| a == a), "eq");
        assert_eq!(called(|| a < b), "lt");
        assert_eq!(called(|| a <= b), "le");
        assert_eq!(called(|| a > b), "gt");
        assert_eq!(called(|| a >= b), "ge");
        assert_eq!(called(|| a.partial_cmp(&b)), "partial_cmp");
    }

    fn hashed() {
        assert_eq!(hash(&Arc::new(5_u8)), hash(&5_u8));
        assert_eq!(hash(&Arc::<str>::from("text")), hash("text"));
        assert_eq!(hash(&Arc::<[u8]>::from([1, 2])), hash(&[1_u8, 2][..]));
        let set: HashSet<Arc<i32>> = (0..10).chain(5..15).map(Arc::new).collect();
        assert_eq!(set.len(), 15);
    }

    fn derived() {
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        struct Holder(Arc<i32>);
        let holder = Holder::default();
        assert_eq!(holder.clone(), holder);
        assert!(holder < Holder(Arc::new(1)));
        assert_eq!(format!("{holder:?}"), "Holder(0)");
    }

    fn errors() {
        let arc = Arc::new(Outer(Inner));
        assert_eq!(format!("{arc} {arc:?}"), "outer Outer(Inner)");
        assert_eq!(arc.source().unwrap().to_string(), "inner");
        #[expect(deprecated, reason = "it is forwarded, too")]
        let cause = Error::cause(&arc);
        assert!(cause.is_none());
        let boxed: Box<dyn Error> = Box::new(Outer(Inner));
        let shared: Arc<dyn Error> = Arc::from(boxed);
        let boxed_again: Box<dyn Error> = Box::new(shared);
        assert_eq!(boxed_again.source().unwrap().to_string(), "inner");
    }

    #[cfg(feature = "std")]
    #[cfg_attr(miri, ignore = "a file without a name")]
    fn files() {
        use std::io::{IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
        let mut file = Arc::new(file("one two three"));
        let mut other = Arc::clone(&file);

        let mut word = [0; 3];
        file.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"one");
        assert_eq!(other.stream_position().unwrap(), 3);
        let (mut space, mut two) = ([0; 1], [0; 3]);
        let mut into = [IoSliceMut::new(&mut space), IoSliceMut::new(&mut two)];
        let read = other.read_vectored(&mut into);
        assert_eq!((read.unwrap(), space, two), (4, *b" ", *b"two"));
        let mut rest = String::new();
        assert_eq!(file.read_to_string(&mut rest).unwrap(), 6);
        assert_eq!(rest, " three");

        assert_eq!(other.seek(SeekFrom::End(-5)).unwrap(), 8);
        let written = file.write_vectored(&[IoSlice::new(b"TH"), IoSlice::new(b"RE")]);
        assert_eq!(written.unwrap(), 4);
        write!(file, "E").unwrap();
        file.flush().unwrap();
        other.rewind().unwrap();
        let mut all = Vec::new();
        assert_eq!(other.read_to_end(&mut all).unwrap(), 13);
        assert_eq!(all, b"one two THREE");
        assert_eq!(file.read(&mut [0]).unwrap(), 0);
    }

    #[cfg(all(unix, feature = "std"))]
    #[cfg_attr(miri, ignore = "a file without a name")]
    fn file_descriptors() {
        use std::os::fd::{AsFd, AsRawFd};
        let file = Arc::new(file(""));
        assert_eq!(file.as_raw_fd(), (*file).as_raw_fd());
        assert_eq!(file.as_fd().as_raw_fd(), (*file).as_raw_fd());
        let object: Box<dyn AsFd> = Box::new(Arc::clone(&file));
        let shared: Arc<dyn AsFd> = Arc::from(object);
        assert_eq!(shared.as_fd().as_raw_fd(), (*file).as_raw_fd());
    }
}

/// std compares the pointers first, which takes specialisation. Here the value decides.
#[cfg(not(feature = "nightly"))]
#[test]
fn a_value_is_compared_with_itself() {
    #[derive(Eq)]
    struct Spied;
    impl PartialEq for Spied {
        fn eq(&self, _: &Self) -> bool {
            CALLED.set("eq");
            true
        }
    }
    let (ours, stds) = (proven_arc::Arc::new(Spied), std::sync::Arc::new(Spied));
    assert_eq!(called(|| assert!(ours == ours.clone())), "eq");
    assert_eq!(called(|| assert!(stds == stds.clone())), "none");
}

/// `UniqueArc` has the same traits, and those of a mutable value.
mod unique {
    use super::*;
    use proven_arc::UniqueArc;
    use std::borrow::BorrowMut;

    #[test]
    fn written() {
        let mut unique: UniqueArc<String> = UniqueArc::from("a".to_owned());
        AsMut::<String>::as_mut(&mut unique).push('b');
        BorrowMut::<String>::borrow_mut(&mut unique).push('c');
        let (by_ref, borrowed): (&String, &String) = (unique.as_ref(), unique.borrow());
        assert_eq!((by_ref.as_str(), borrowed.as_str()), ("abc", "abc"));
    }

    #[test]
    fn as_its_value() {
        let (one, two) = (UniqueArc::new(1), UniqueArc::new(2));
        assert_eq!(all_of(&one, &two), all_of(&1, &2));
        assert_eq!(all_of(&two, &one), all_of(&2, &1));
        assert_eq!(all_of(&one, &one), all_of(&1, &1));
        assert_eq!(one.cmp(&two), Ordering::Less);
        assert_eq!(hash(&one), hash(&1));
        assert_eq!(format!("{one} {one:?} {one:02} {one:02?}"), "1 1 01 01");
        assert_eq!(format!("{one:p}"), format!("{:p}", &*one));
    }

    #[test]
    fn compared_by_the_same_method_of_the_value() {
        let (a, b) = (UniqueArc::new(Spy), UniqueArc::new(Spy));
        assert_eq!(called(|| a == b), "eq");
        assert_eq!(called(|| a != b), "ne");
        assert_eq!(called(|| a < b), "lt");
        assert_eq!(called(|| a <= b), "le");
        assert_eq!(called(|| a > b), "gt");
        assert_eq!(called(|| a >= b), "ge");
        assert_eq!(called(|| a.partial_cmp(&b)), "partial_cmp");
    }
}
