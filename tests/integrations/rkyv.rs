//! `rkyv`: what is archived, and what is shared after reading.

use proven_arc::{Arc, Counts, ProvenArcFlavor, ThinArc, ThinWeak, Weak};
use rkyv::api::high::{HighDeserializer, HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::de::Pooling;
use rkyv::rancor::{Error, Failure, Fallible, Source};
use rkyv::rc::ArchivedRc;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Archived, Deserialize, Serialize, access, from_bytes, to_bytes};
use std::cell::RefCell;
use std::fmt::Debug;

#[derive(Archive, Serialize, Deserialize, Debug, PartialEq)]
struct Texture {
    name: String,
    pixels: Vec<u32>,
}

#[derive(Archive, Serialize, Deserialize)]
struct Scene {
    all: Vec<Arc<Texture>>,
    title: Arc<str>,
    sizes: Arc<[u16]>,
    strings: Arc<[String]>,
    same_title: Arc<str>,
    first: Weak<Texture>,
    gone: Weak<Texture>,
    never: Weak<Texture>,
}

fn texture(name: &str) -> Arc<Texture> {
    Arc::new(Texture { name: name.to_owned(), pixels: vec![1, 2, 3] })
}

fn scene() -> Scene {
    let (one, two) = (texture("one"), texture("two"));
    let title: Arc<str> = "a scene".into();
    Scene {
        first: Arc::downgrade(&one),
        gone: Arc::downgrade(&texture("gone")),
        never: Weak::new(),
        all: vec![one.clone(), two, one],
        same_title: title.clone(),
        title,
        sizes: [1, 2, 3].into(),
        strings: ["a".to_owned(), "b".to_owned()].into(),
    }
}

#[test]
fn what_is_shared_stays_shared() {
    let bytes = to_bytes::<Error>(&scene()).unwrap();
    let read = from_bytes::<Scene, Error>(&bytes).unwrap();
    let [one, two, again] = &read.all[..] else { panic!("{}", read.all.len()) };
    assert_eq!((&one.name[..], &two.name[..], &two.pixels[..]), ("one", "two", &[1, 2, 3][..]));
    assert!(Arc::ptr_eq(one, again) && !Arc::ptr_eq(one, two));
    assert!(Arc::ptr_eq(&read.title, &read.same_title));
    assert_eq!((&*read.title, &*read.sizes), ("a scene", &[1, 2, 3][..]));
    assert_eq!(*read.strings, ["a", "b"]);
    assert!(read.first.ptr_eq(&Arc::downgrade(one)));
    assert!(read.gone.ptr_eq(&Weak::new()) && read.never.ptr_eq(&Weak::new()));
    // The deserializer has given up its own handles.
    assert_eq!(Arc::counts(one), Counts { strong: 2, weak: 1 });
    assert_eq!(Arc::counts(two), Counts { strong: 1, weak: 0 });
    assert_eq!(Arc::counts(&read.title), Counts { strong: 2, weak: 0 });
}

#[test]
fn read_in_place() {
    let bytes = to_bytes::<Error>(&scene()).unwrap();
    let archived = access::<Archived<Scene>, Error>(&bytes).unwrap();
    let [one, two, again] = &archived.all[..] else { panic!("{}", archived.all.len()) };
    assert!(std::ptr::eq(one.get(), again.get()) && !std::ptr::eq(one.get(), two.get()));
    assert_eq!((&*archived.title, &two.name[..]), ("a scene", "two"));
    assert!(archived.title == Arc::<str>::from("a scene"));
    assert!(archived.title != Arc::<str>::from("another"));
    assert!(archived.first.upgrade().is_some_and(|first| std::ptr::eq(first.get(), one.get())));
    assert!(archived.gone.upgrade().is_none());
    let _: &ArchivedRc<Archived<Texture>, ProvenArcFlavor> = one;
}

/// Distinct allocations stay distinct, with values that take no space too.
#[test]
fn what_is_not_shared_stays_apart() {
    let unit = Arc::new(());
    let bytes = to_bytes::<Error>(&vec![unit.clone(), Arc::new(()), unit]).unwrap();
    let read = from_bytes::<Vec<Arc<()>>, Error>(&bytes).unwrap();
    assert!(Arc::ptr_eq(&read[0], &read[2]) && !Arc::ptr_eq(&read[0], &read[1]));
    assert_eq!(Arc::strong_count(&read[1]), 1);
}

/// The empty defaults of all types are one allocation. With std's `Arc`, such bytes cannot be read.
#[test]
fn empty_defaults_of_several_types() {
    #[derive(Archive, Serialize, Deserialize, Debug, Default, PartialEq)]
    struct Empty {
        bytes: Arc<[u8]>,
        wide: Arc<[u128]>,
        text: Arc<str>,
        strings: Arc<[String]>,
        again: Arc<[u8]>,
    }

    let empty = Empty::default();
    let bytes = to_bytes::<Error>(&empty).unwrap();
    let mut read = from_bytes::<Empty, Error>(&bytes).unwrap();
    assert_eq!(read, empty);
    assert!(Arc::get_mut(&mut read.bytes).is_some(), "not shared");
}

/// Only the `Weak` is archived: nothing keeps the value after reading.
#[test]
fn a_weak_alone() {
    let arc = texture("kept by the writer alone");
    let bytes = to_bytes::<Error>(&Arc::downgrade(&arc)).unwrap();
    let read = from_bytes::<Weak<Texture>, Error>(&bytes).unwrap();
    assert!(read.upgrade().is_none());
}

#[repr(C, align(64))]
#[derive(Archive, Serialize, Deserialize)]
struct Wide {
    byte: u8,
}

/// The place has the layout of the value that is read.
#[test]
fn layouts() {
    fn check<T: ?Sized + Debug + PartialEq>(arc: Arc<T>)
    where
        Arc<T>: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Error>>,
        Archived<Arc<T>>: Deserialize<Arc<T>, HighDeserializer<Error>>,
        Archived<Arc<T>>: for<'a> CheckBytes<HighValidator<'a, Error>>,
    {
        let bytes = to_bytes::<Error>(&arc).unwrap();
        let read = from_bytes::<Arc<T>, Error>(&bytes).unwrap();
        assert_eq!(read, arc);
        assert!(!Arc::ptr_eq(&read, &arc));
    }
    check(Arc::new(5_u8));
    check(Arc::new(7_u128));
    check(Arc::<str>::from(""));
    check(Arc::<[u128]>::from([1, 2]));
    check(Arc::<[String]>::from(["long ".repeat(100)]));
    check(Arc::new(Arc::<str>::from("nested")));

    let bytes = to_bytes::<Error>(&Arc::new(Wide { byte: 9 })).unwrap();
    let wide = from_bytes::<Arc<Wide>, Error>(&bytes).unwrap();
    assert_eq!((wide.byte, (&raw const *wide).addr() % 64), (9, 0));
}

/// Where something behind the handles cannot be read, they and what the deserializer kept are
/// dropped.
#[test]
fn an_error_while_reading() {
    #[derive(Archive, Serialize)]
    struct Unreadable(u8);

    impl<D: ?Sized + Fallible<Error: Source>> Deserialize<Unreadable, D> for ArchivedUnreadable {
        fn deserialize(&self, _: &mut D) -> Result<Unreadable, D::Error> {
            READ.with(|read| assert_eq!(read.borrow().as_ref().unwrap().strong_count(), 2));
            Err(D::Error::new(std::fmt::Error))
        }
    }

    /// What is read first, and noted.
    #[derive(Archive, Serialize)]
    struct Noted(Arc<Texture>);

    impl<D> Deserialize<Noted, D> for ArchivedNoted
    where
        D: ?Sized + Fallible<Error: Source> + Pooling,
        Archived<Texture>: Deserialize<Texture, D>,
    {
        fn deserialize(&self, deserializer: &mut D) -> Result<Noted, D::Error> {
            let arc = self.0.deserialize(deserializer)?;
            READ.set(Some(Arc::downgrade(&arc)));
            Ok(Noted(arc))
        }
    }
    thread_local!(static READ: RefCell<Option<Weak<Texture>>> = const { RefCell::new(None) });

    let bytes = to_bytes::<Error>(&(Noted(texture("good")), Unreadable(1))).unwrap();
    assert!(from_bytes::<(Noted, Unreadable), Error>(&bytes).is_err());
    assert!(READ.take().unwrap().upgrade().is_none());
}

/// Bytes that are of something else are refused, as they are for std's `Arc`.
#[test]
fn validation() {
    let mut bytes = to_bytes::<Error>(&texture("checked")).unwrap();
    assert!(access::<Archived<Arc<Texture>>, Failure>(&bytes).is_ok());
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&1_000_000_i32.to_le_bytes());
    assert!(access::<Archived<Arc<Texture>>, Failure>(&bytes).is_err());
}

/// `u32` and `usize` have the same archived type. So the validation accepts bytes in which an `Arc`
/// of each shares one value, and reading must not treat the value of one type as the other.
#[test]
fn one_value_is_not_read_as_two_types() {
    #[derive(Archive, Serialize)]
    struct Made {
        narrow: Arc<u32>,
        wide: Arc<u32>,
    }

    #[derive(Archive, Deserialize)]
    struct Expected {
        narrow: Arc<u32>,
        wide: Arc<usize>,
    }

    let apart = Made { narrow: Arc::new(1), wide: Arc::new(2) };
    let bytes = to_bytes::<Error>(&apart).unwrap();
    let read = from_bytes::<Expected, Error>(&bytes).unwrap();
    assert_eq!((*read.narrow, *read.wide), (1, 2));

    let wide = Arc::new(1);
    let bytes = to_bytes::<Error>(&Made { narrow: wide.clone(), wide }).unwrap();
    assert!(access::<ArchivedExpected, Error>(&bytes).is_ok());
    let error = from_bytes::<Expected, Error>(&bytes).map(drop).unwrap_err();
    assert!(error.to_string().contains("different types"), "{error}");
}

#[derive(Archive, Serialize, Deserialize)]
struct Lexicon {
    words: ThinArc<[ThinArc<str>]>,
    first: ThinArc<str>,
    weak: ThinWeak<str>,
    gone: ThinWeak<str>,
    empty: ThinArc<[u64]>,
}

#[test]
fn thin_handles_that_are_shared_stay_shared() {
    let first: ThinArc<str> = "one".into();
    let lexicon = Lexicon {
        words: [first.clone(), "two".into(), first.clone()].into(),
        weak: ThinArc::downgrade(&first),
        gone: ThinArc::downgrade(&"gone".into()),
        first,
        empty: ThinArc::default(),
    };
    let bytes = to_bytes::<Error>(&lexicon).unwrap();
    let archived = access::<Archived<Lexicon>, Error>(&bytes).unwrap();
    assert!(archived.first == lexicon.first && archived.words[1] != lexicon.first);

    let read = from_bytes::<Lexicon, Error>(&bytes).unwrap();
    assert_eq!(read.words, lexicon.words);
    assert!(ThinArc::ptr_eq(&read.words[0], &read.first));
    assert!(ThinArc::ptr_eq(&read.words[2], &read.first));
    assert_eq!(ThinArc::counts(&read.first), Counts { strong: 3, weak: 1 });
    assert_eq!(ThinArc::counts(&read.words), Counts { strong: 1, weak: 0 });
    assert!(ThinArc::ptr_eq(&read.weak.upgrade().unwrap(), &read.first));
    assert!(read.gone.upgrade().is_none());
    assert!(read.empty.is_empty());
}

/// The leak checkers see that the new allocation is freed.
#[test]
fn an_error_inside_of_a_thin_slice() {
    #[derive(Archive, Serialize)]
    struct Odd(u32);

    impl<D: ?Sized + Fallible<Error: Source>> Deserialize<Odd, D> for ArchivedOdd {
        fn deserialize(&self, _: &mut D) -> Result<Odd, D::Error> {
            let Self(n) = self;
            if *n % 2 == 1 { Ok(Odd(n.to_native())) } else { Err(D::Error::new(std::fmt::Error)) }
        }
    }

    let read = |numbers: [u32; 2]| {
        let bytes = to_bytes::<Error>(&ThinArc::<[Odd]>::from(numbers.map(Odd))).unwrap();
        from_bytes::<ThinArc<[Odd]>, Error>(&bytes)
    };
    assert!(read([1, 3]).unwrap().iter().map(|odd| odd.0).eq([1, 3]));
    assert!(read([5, 6]).is_err());
}

/// What was archived as an `Arc` can be read as a `ThinArc`, unless an `Arc` shares it.
#[test]
fn fat_and_thin() {
    let text: Arc<str> = "text".into();
    let bytes = to_bytes::<Error>(&text).unwrap();
    assert_eq!(&*from_bytes::<ThinArc<str>, Error>(&bytes).unwrap(), "text");

    let bytes = to_bytes::<Error>(&(text.clone(), text)).unwrap();
    let error = from_bytes::<(Arc<str>, ThinArc<str>), Error>(&bytes).map(drop).unwrap_err();
    assert!(error.to_string().contains("different types"), "{error}");
}
