//! Conversions and defaults. The first part runs on std's types and on this crate's, the second
//! tests how the empty defaults are shared.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{EndsOnce, World, heap, leak_free, on_both};

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::pin::Pin;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
struct Aligned(u8);

on_both! {
    fn default_values() {
        assert_eq!(*Arc::<(i32, String)>::default(), (0, String::new()));
        assert_eq!(*Pin::<Arc<u8>>::default(), 0);
        assert_eq!(*Arc::<Aligned>::default(), Aligned(0));
    }

    fn empty_defaults() {
        for _ in 0..3 {
            assert_eq!(&*Arc::<str>::default(), "");
            assert_eq!(&*Arc::<CStr>::default(), c"");
            assert_eq!(Arc::<[u8]>::default().len(), 0);
            assert_eq!(Arc::<[String]>::default().len(), 0);
            assert_eq!(Arc::<[Aligned]>::default().len(), 0);
            assert_eq!(Arc::<[()]>::default().len(), 0);
            assert_eq!(&*Pin::<Arc<str>>::default(), "");
        }
    }

    fn empty_defaults_are_aligned() {
        fn is_aligned<T>(arc: &Arc<[T]>) -> bool {
            arc.as_ptr().is_aligned()
        }
        assert!(is_aligned(&Arc::<[u64]>::default()));
        assert!(is_aligned(&Arc::<[u128]>::default()));
        assert!(is_aligned(&Arc::<[Aligned]>::default()));
    }

    fn empty_defaults_are_arcs_as_any() {
        let mut empty: Arc<str> = Arc::default();
        let weak = Arc::downgrade(&empty);
        assert_eq!(weak.upgrade().as_deref(), Some(""));
        let raw = Arc::into_raw(empty.clone());
        // SAFETY: from `into_raw`, and used once.
        assert!(Arc::ptr_eq(&empty, &unsafe { Arc::from_raw(raw) }));
        assert_eq!(Arc::make_mut(&mut empty), "");
        let bytes: Arc<[u8]> = Arc::from(empty);
        assert!(bytes.is_empty());
        assert!(<Arc<[u8; 0]>>::try_from(bytes).is_ok());
        drop(weak);

        let mut empty: Arc<[String]> = Arc::default();
        assert!(Arc::make_mut(&mut empty).is_empty());
        drop(Arc::downgrade(&empty));
        let other: Arc<[String]> = Arc::default();
        drop(empty);
        assert_eq!(other.len(), 0);
    }

    fn from_a_value() {
        let world = World::new();
        drop(Arc::from(world.value()));
        let arc: Arc<u8> = 7.into();
        assert_eq!(*arc, 7);
        world.ends();
    }

    fn from_an_array() {
        let world = World::new();
        let arc: Arc<[_]> = Arc::from([world.value(), world.value()]);
        assert_eq!(arc.iter().map(|value| value.id).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(world.alive(), 2);
        drop(arc);
        world.ends();
        assert_eq!(Arc::<[u8]>::from([]).len(), 0);
        assert_eq!(*Arc::<[Aligned]>::from([Aligned(1), Aligned(2)]), [Aligned(1), Aligned(2)]);
    }

    fn from_slices() {
        let world = World::new();
        let mut values = world.values(3);
        let clones: Arc<[_]> = Arc::from(&values[..]);
        let more: Arc<[_]> = Arc::from(&mut values[1..]);
        assert_eq!(clones.iter().map(|value| value.id).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(more.len(), 2);
        drop((values, clones, more));
        world.ends();
        assert_eq!(*Arc::<[u16]>::from(&[1, 2, 3][..]), [1, 2, 3]);
        assert_eq!(*Arc::<[Aligned]>::from(&[Aligned(3)][..]), [Aligned(3)]);
        assert_eq!(*Arc::<[()]>::from(&[(); 9][..]), [(); 9]);
    }

    fn from_strings() {
        for text in ["", "a", "sixteen letters!", "größer"] {
            let arc: Arc<str> = Arc::from(text);
            assert_eq!(&*arc, text);
            assert_eq!(&*Arc::<str>::from(text.to_owned().as_mut_str()), text);
            assert_eq!(&*Arc::<str>::from(text.to_owned()), text);
            let mut roomy = String::with_capacity(100);
            roomy.push_str(text);
            assert_eq!(&*Arc::<str>::from(roomy), text);

            let owned = CString::new(text).unwrap();
            assert_eq!(&*Arc::<CStr>::from(owned.as_c_str()), &*owned);
            // A `&mut CStr` comes from a box.
            assert_eq!(&*Arc::<CStr>::from(&mut *owned.clone().into_boxed_c_str()), &*owned);
            assert_eq!(&*Arc::<CStr>::from(owned.clone()), &*owned);
        }
    }

    #[cfg(feature = "std")]
    fn from_strings_of_the_system() {
        use std::ffi::{OsStr, OsString};
        use std::path::{Path, PathBuf};
        for text in ["", "a", "sixteen letters!", "größer"] {
            assert_eq!(&*Arc::<OsStr>::from(OsStr::new(text)), text);
            assert_eq!(&*Arc::<OsStr>::from(&mut *OsString::from(text).into_boxed_os_str()), text);
            assert_eq!(&*Arc::<OsStr>::from(OsString::from(text)), text);

            assert_eq!(&*Arc::<Path>::from(Path::new(text)), Path::new(text));
            let mut path = PathBuf::from(text).into_boxed_path();
            assert_eq!(&*Arc::<Path>::from(&mut *path), Path::new(text));
            assert_eq!(&*Arc::<Path>::from(PathBuf::from(text)), Path::new(text));
        }
        assert_eq!(&*Arc::<Path>::from(Cow::Borrowed(Path::new("a/b"))), Path::new("a/b"));
        assert_eq!(&*Arc::<OsStr>::from(Cow::Borrowed(OsStr::new("text"))), "text");
    }

    fn from_boxes() {
        let world = World::new();
        drop(Arc::<common::Tracked>::from(Box::new(world.value())));
        let slice: Box<[_]> = world.values(3).into();
        let arc: Arc<[_]> = Arc::from(slice);
        assert_eq!(arc.iter().map(|value| value.id).collect::<Vec<_>>(), [1, 2, 3]);
        drop(arc);
        let object: Box<dyn std::fmt::Debug> = Box::new(world.value());
        let arc: Arc<dyn std::fmt::Debug> = Arc::from(object);
        assert_eq!(format!("{arc:?}"), "#4");
        drop(arc);
        world.ends();

        assert_eq!(&*Arc::<str>::from(Box::<str>::from("text")), "text");
        let aligned: Box<dyn std::fmt::Debug> = Box::new(Aligned(5));
        assert_eq!(format!("{:?}", Arc::<dyn std::fmt::Debug>::from(aligned)), "Aligned(5)");
        let nothing: Box<dyn std::fmt::Debug> = Box::new(());
        assert_eq!(format!("{:?}", Arc::<dyn std::fmt::Debug>::from(nothing)), "()");
        assert_eq!(Arc::<[u8]>::from(Box::<[u8]>::default()).len(), 0);
    }

    fn from_vecs() {
        let world = World::new();
        let mut values = Vec::with_capacity(50);
        values.extend(world.values(3));
        let arc: Arc<[_]> = Arc::from(values);
        assert_eq!(arc.iter().map(|value| value.id).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(world.alive(), 3);
        drop(arc);
        world.ends();
        assert_eq!(Arc::<[u32]>::from(Vec::new()).len(), 0);
        assert_eq!(Arc::<[()]>::from(vec![(); 1000]).len(), 1000);
    }

    fn from_cows() {
        assert_eq!(&*Arc::<str>::from(Cow::Borrowed("text")), "text");
        assert_eq!(&*Arc::<str>::from(Cow::<str>::Owned("text".to_owned())), "text");
        assert_eq!(*Arc::<[i32]>::from(Cow::Borrowed(&[1, 2][..])), [1, 2]);
        assert_eq!(*Arc::<[i32]>::from(Cow::<[i32]>::Owned(vec![1, 2])), [1, 2]);
        assert_eq!(&*Arc::<CStr>::from(Cow::Borrowed(c"text")), c"text");
    }

    fn between_arcs() {
        let text: Arc<str> = Arc::from("text");
        let bytes: Arc<[u8]> = Arc::from(text.clone());
        assert_eq!(&*bytes, b"text");
        assert_eq!(Arc::strong_count(&text), 2);
        assert_eq!(bytes.as_ptr(), text.as_ptr());

        let bytes = <Arc<[u8; 3]>>::try_from(bytes).unwrap_err();
        let bytes = <Arc<[u8; 5]>>::try_from(bytes).unwrap_err();
        let array: Arc<[u8; 4]> = bytes.try_into().unwrap();
        assert_eq!(*array, *b"text");
        assert_eq!(Arc::strong_count(&text), 2);
        drop(array);
        assert_eq!(Arc::strong_count(&text), 1);
    }

    fn arrays_keep_the_memory_layout() {
        let world = World::new();
        let slice: Arc<[_]> = Arc::from(world.values(2));
        let weak = Arc::downgrade(&slice);
        let array = <Arc<[common::Tracked; 2]>>::try_from(slice).unwrap();
        drop(array);
        assert_eq!(world.alive(), 0);
        assert!(weak.upgrade().is_none());
        drop(weak);
        world.ends();
    }

    fn collected() {
        let world = World::new();
        let exact: Arc<[_]> = (0..4).map(|_| world.value()).collect();
        let filtered: Arc<[_]> = (0..9).filter(|n| n % 2 == 0).map(|_| world.value()).collect();
        assert_eq!((exact.len(), filtered.len()), (4, 5));
        assert_eq!(filtered.iter().map(|value| value.id).collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
        drop((exact, filtered));
        world.ends();
        assert_eq!(Arc::<[u8]>::from_iter([]).len(), 0);
        assert_eq!(Arc::<[()]>::from_iter(std::iter::repeat_n((), 1000)).len(), 1000);
        assert_eq!(*Arc::<[Aligned]>::from_iter((0..3).map(Aligned)), [0, 1, 2].map(Aligned));
    }

    /// An iterator that is not fused may go on after its first `None`.
    fn collected_up_to_the_first_none() {
        for (len, claims) in [(0, 0), (3, 3), (3, 5), (3, 2), (3, 0), (0, 2)] {
            let arc: Arc<[usize]> = EndsOnce::new(len, claims).collect();
            assert!(arc.iter().rev().copied().eq(0..len), "{arc:?}");
        }
    }

    /// Without a `Vec` as an intermediate step.
    fn collected_in_place_if_the_length_is_known() {
        let mut meanwhile = None;
        let noted = |n| {
            meanwhile = Some(heap::live());
            n
        };
        let arc: Arc<[u16]> = (0..3).map(noted).collect();
        assert_eq!(*arc, [0, 1, 2]);
        assert_eq!(meanwhile, Some(heap::live()));
    }

    fn a_collected_slice_is_not_shared() {
        assert!(Arc::get_mut(&mut Arc::<[u8]>::from_iter([])).is_some());
        assert!(Arc::get_mut(&mut Arc::<[u8]>::from([])).is_some());
        assert!(Arc::get_mut(&mut Arc::<str>::from("")).is_some());
    }
}

mod empty_defaults {
    use super::*;
    use proven_arc::Arc;

    /// The size and alignment of the last allocation of `f`. All of it has been freed.
    fn sizes<R>(f: impl FnOnce() -> R) -> Option<(usize, usize)> {
        let mut layout = None;
        leak_free(|| layout = heap::last_allocation(f).1);
        layout.map(|layout| (layout.size(), layout.align()))
    }

    #[test]
    fn allocate_nothing() {
        assert_eq!(sizes(Arc::<str>::default), None);
        assert_eq!(sizes(Arc::<CStr>::default), None);
        assert_eq!(sizes(Arc::<[String]>::default), None);
        assert_eq!(sizes(Arc::<[u128]>::default), None);
        assert_eq!(sizes(Pin::<Arc<str>>::default), None);
        assert_eq!(sizes(Arc::<[Aligned]>::default), Some((65, 64)));
    }

    #[test]
    fn are_one_and_shared() {
        let one: Arc<str> = Arc::default();
        let other: Arc<[u64]> = Arc::default();
        assert_eq!(one.as_ptr(), other.as_ptr().cast());
        assert!(!Arc::is_unique(&one));
    }
}

/// Iterators with a wrong `size_hint`. std's `collect` may panic where ours works.
mod wrong_size_hints {
    use super::*;
    use common::Claims;
    use proven_arc::Arc;

    /// As std's, which panics for a `Vec` of that capacity.
    #[test]
    #[cfg(panic = "unwind")]
    fn a_huge_hint() {
        for claim in [usize::MAX, usize::MAX / 2, usize::MAX / 8] {
            leak_free(|| {
                let words = ["a", "b", "c"].into_iter().map(String::from);
                let result =
                    common::catch(|| Claims::exactly(words, claim).collect::<Arc<[String]>>());
                assert!(result.unwrap_err().starts_with("capacity overflow"));
            });
        }
    }

    /// After the first element, the hint claims far more than there is.
    #[test]
    fn longer_than_its_hint() {
        struct Grows(usize);
        impl Iterator for Grows {
            type Item = String;
            fn next(&mut self) -> Option<String> {
                self.0 = self.0.checked_sub(1)?;
                Some(self.0.to_string())
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                let claim = if self.0 == 4 { 2 } else { usize::MAX };
                (claim, Some(claim))
            }
        }
        leak_free(|| assert_eq!(*Grows(4).collect::<Arc<[String]>>(), ["3", "2", "1", "0"]));
    }
}

/// Values that are `Copy`, or have no destructor, are cloned in runs. This tries every length.
#[test]
fn slices_of_every_length() {
    use proven_arc::Arc;

    #[derive(Debug, PartialEq)]
    struct Counted<'a>(&'a std::cell::Cell<usize>, usize);
    impl Clone for Counted<'_> {
        fn clone(&self) -> Self {
            self.0.set(self.0.get() + 1);
            Counted(self.0, self.1)
        }
    }
    leak_free(|| {
        for len in (0..80).chain([255, 256, 257, 1_100, 2_047, 2_048, 2_049, 9_000]) {
            let clones = std::cell::Cell::new(0);
            let counted: Vec<_> = (0..len).map(|n| Counted(&clones, n)).collect();
            assert_eq!(*Arc::<[_]>::from(counted.as_slice()), *counted);
            assert_eq!(clones.get(), len, "each is cloned once");

            let pairs: Vec<(u8, u32)> = (0..len as u32).map(|n| (n as u8, n)).collect();
            assert_eq!(*Arc::<[_]>::from(pairs.as_slice()), *pairs);
            let bytes: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let mut shared: Arc<[u8]> = Arc::from(bytes.as_slice());
            let other = shared.clone();
            Arc::make_mut(&mut shared).reverse();
            assert!(shared.iter().rev().eq(&bytes) && *other == *bytes);
            let large: Vec<[usize; 40]> = (0..len.min(70)).map(|n| [n; 40]).collect();
            assert_eq!(*Arc::<[_]>::from(large.as_slice()), *large);
        }
    });
}
