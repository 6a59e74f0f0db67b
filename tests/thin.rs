//! `ThinArc` and `ThinWeak`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests need std")]

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{Claims, EndsOnce, Loud, Tracked, catch, child, heap, in_a_world, leak_free, word};

use proven_arc::{Counts, HeaderSlice, SliceLike, ThinArc, ThinWeak};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::alloc::Layout;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::panic::UnwindSafe;
use std::rc::Rc;

assert_impl_all!(ThinArc<str>: Send, Sync, Unpin, UnwindSafe);
assert_impl_all!(ThinWeak<str>: Send, Sync, Unpin, UnwindSafe);
assert_not_impl_any!(ThinArc<[Cell<u8>]>: Send, Sync, UnwindSafe);
assert_not_impl_any!(ThinWeak<[Cell<u8>]>: Send, Sync, UnwindSafe);
assert_not_impl_any!(ThinArc<HeaderSlice<Rc<u8>, str>>: Send, Sync);
assert_not_impl_any!(ThinWeak<HeaderSlice<Rc<u8>, str>>: Send, Sync);
const _: () = assert!(size_of::<Option<ThinArc<str>>>() == size_of::<usize>());
const _: () = assert!(size_of::<Option<ThinWeak<[u64]>>>() == size_of::<usize>());

/// A value's type is covariant, as `Arc`'s is.
const _: fn(ThinArc<[&'static str]>) -> ThinArc<[&str]> = |long| long;

#[test]
fn strings() {
    leak_free(|| {
        for text in ["", "a", "thin", &"long ".repeat(1_000)] {
            let all: [ThinArc<str>; 7] = [
                text.into(),
                text.to_owned().into(),
                text.to_owned().into_boxed_str().into(),
                Cow::Borrowed(text).into(),
                Cow::<str>::Owned(text.to_owned()).into(),
                text.to_owned().as_mut_str().into(),
                ThinArc::clone_from_ref(text),
            ];
            for thin in all {
                assert_eq!(&*thin, text);
                assert_eq!(ThinArc::counts(&thin), Counts { strong: 1, weak: 0 });
                let place = ThinArc::as_ptr(&thin);
                let bytes: ThinArc<[u8]> = thin.into();
                assert_eq!((&*bytes, ThinArc::as_ptr(&bytes)), (text.as_bytes(), place));
            }
        }
        assert_eq!(&*ThinArc::<str>::default(), "");
    });
}

#[test]
fn slices() {
    in_a_world(|world| {
        let ids = |thin: &ThinArc<[Tracked]>| thin.iter().map(|value| value.id).collect::<Vec<_>>();
        assert_eq!(ids(&world.values(3).into()), [0, 1, 2]);
        assert_eq!(ids(&world.values(2).into_boxed_slice().into()), [3, 4]);
        assert_eq!(ids(&[world.value(), world.value()].into()), [5, 6]);
        assert_eq!(ids(&world.values(2).into_iter().collect()), [7, 8]);
        assert_eq!(ids(&world.values(2).into_iter().filter(|_| true).collect()), [9, 10]);
        assert_eq!(ids(&ThinArc::default()), [0_usize; 0]);
        assert_eq!(world.dropped(), (0..11).collect::<Vec<_>>());
        let mut values = world.values(2);
        assert_eq!(ids(&values.as_slice().into()), [13, 14]);
        assert_eq!(ids(&values.as_mut_slice().into()), [15, 16]);
    });
}

/// The word, the length, the padding, the value. The sizes are those with 64 and with 32 bits.
#[test]
fn layouts() {
    #[repr(align(64))]
    #[derive(Clone)]
    struct Wide(u8);

    fn check<T: ?Sized + SliceLike>(
        make: impl FnOnce() -> ThinArc<T>,
        [with_64, with_32]: [usize; 2],
        align: usize,
    ) {
        let size = if usize::BITS == 64 { with_64 } else { with_32 };
        let (thin, layout) = heap::last_allocation(make);
        assert_eq!(layout, Some(Layout::from_size_align(size, align).unwrap()));
        assert_eq!((&raw const *thin).cast::<u8>().addr() % align_of_val(&*thin), 0);
    }
    leak_free(|| {
        check(|| ThinArc::from("abc"), [24, 16], 8);
        check(|| ThinArc::from([1_usize, 2]), [32, 20], 8);
        check(|| ThinArc::from([(), ()]), [16, 12], 8);
        check(|| ThinArc::from([Wide(1), Wide(2)]), [64 + 64 + 128; 2], 64);
        check(|| ThinArc::from_header_and_str(1_u8, "abc"), [24, 16], 8);
        check(|| ThinArc::from_header_and_iter(1_u32, [1_u16, 2]), [24, 20], 8);
        check(|| ThinArc::from_header_and_iter(Wide(1), [1_u8]), [64 + 64 + 128; 2], 64);

        let wide = ThinArc::from_header_and_fn(Wide(7), 3, |n| Wide(n as u8));
        let mut again = wide.clone();
        ThinArc::make_mut(&mut again).slice[1].0 = 9;
        assert_eq!((wide.header.0, wide.slice[1].0, again.slice[1].0), (7, 1, 9));
    });
}

#[test]
fn too_large() {
    leak_free(|| {
        for len in [isize::MAX as usize, usize::MAX] {
            let message = catch(|| drop(ThinArc::from_header_and_fn(1, len, |_| 0_u64)));
            assert!(message.unwrap_err().starts_with("capacity overflow"));
        }
    });
}

#[test]
fn drops_once() {
    in_a_world(|world| {
        let thin = ThinArc::from_header_and_iter(world.value(), world.values(2));
        let other = thin.clone();
        assert!(ThinArc::ptr_eq(&thin, &other));
        drop(thin);
        assert!(world.dropped().is_empty());
        drop(other);
        assert_eq!(world.dropped(), [0, 1, 2]);
    });
}

#[test]
fn weaks() {
    in_a_world(|world| {
        let thin: ThinArc<[Tracked]> = world.values(2).into();
        let weak = ThinArc::downgrade(&thin);
        let again = weak.clone();
        assert!(weak.ptr_eq(&again));
        assert_eq!((weak.strong_count(), weak.weak_count()), (1, 2));
        assert_eq!((ThinArc::strong_count(&thin), ThinArc::weak_count(&thin)), (1, 2));
        let upgraded = weak.upgrade().unwrap();
        assert!(ThinArc::ptr_eq(&thin, &upgraded) && !ThinArc::is_unique(&thin));
        drop((thin, upgraded));
        assert_eq!(world.dropped(), [0, 1]);
        assert!(weak.upgrade().is_none() && again.upgrade().is_none());
        drop(weak);
        assert_eq!(format!("{again:?}"), "(Weak)");
    });
    // The memory is freed with the last handle, which still knows the length.
    leak_free(|| {
        let live = heap::live();
        let weak = ThinArc::downgrade(&ThinArc::<[String]>::from(vec!["a".to_owned(); 100]));
        assert_ne!(heap::live(), live);
        drop(weak);
        assert_eq!(heap::live(), live);
    });
}

#[test]
fn a_weak_without_an_allocation() {
    let weaks = [ThinWeak::<str>::new(), ThinWeak::default()];
    assert!(weaks[0].upgrade().is_none() && weaks[0].clone().ptr_eq(&weaks[1]));
    assert_eq!((weaks[0].strong_count(), weaks[0].weak_count()), (0, 0));
    assert!(!weaks[0].ptr_eq(&ThinArc::downgrade(&ThinArc::from("a"))));
}

#[test]
fn get_mut() {
    leak_free(|| {
        let mut thin = ThinArc::from_header_and_str("header".to_owned(), "text");
        let value = ThinArc::get_mut(&mut thin).unwrap();
        value.header.push('!');
        value.slice.make_ascii_uppercase();
        assert_eq!((&*thin.header, &thin.slice), ("header!", "TEXT"));
        let weak = ThinArc::downgrade(&thin);
        assert!(ThinArc::get_mut(&mut thin).is_none());
        drop(weak);
        let _other = thin.clone();
        assert!(ThinArc::get_mut(&mut thin).is_none());
    });
}

#[test]
fn make_mut() {
    in_a_world(|world| {
        let mut thin: ThinArc<[Tracked]> = world.values(2).into();
        let place = (&raw const *thin).addr();
        assert_eq!(ThinArc::make_mut(&mut thin)[1].id, 1);
        assert_eq!((&raw const *thin).addr(), place, "in place");

        // Clones if there is another handle.
        let mut other = thin.clone();
        assert_eq!(ThinArc::make_mut(&mut other)[1].id, 3);
        assert!(ThinArc::is_unique(&thin) && !ThinArc::ptr_eq(&thin, &other));

        // Moves away from a `ThinWeak`.
        let weak = ThinArc::downgrade(&thin);
        assert_eq!(ThinArc::make_mut(&mut thin)[1].id, 1);
        assert!(weak.upgrade().is_none() && ThinArc::is_unique(&thin));
        assert!(world.dropped().is_empty());
    });
}

#[test]
fn raw_pointers() {
    in_a_world(|world| {
        let thin = ThinArc::from_header_and_iter(1, world.values(2));
        let raw = ThinArc::into_raw(thin.clone());
        assert_eq!(ThinArc::strong_count(&thin), 2);
        // SAFETY: from `into_raw`, and used once.
        let again = unsafe { ThinArc::<HeaderSlice<i32, [Tracked]>>::from_raw(raw) };
        assert!(ThinArc::ptr_eq(&thin, &again));
    });
}

/// Those of a handle do not change with the handle, and own what it owns.
#[test]
fn raw_pointers_of_both_kinds() {
    in_a_world(|world| {
        let thin: ThinArc<[Tracked]> = world.values(2).into();
        let weak = ThinArc::downgrade(&thin);
        let place = ThinArc::as_ptr(&thin);
        assert_eq!((weak.as_ptr(), ThinArc::as_ptr(&thin.clone())), (place, place));

        let raw_weak = weak.into_raw();
        assert_eq!((raw_weak, ThinArc::counts(&thin)), (place, Counts { strong: 1, weak: 1 }));
        // SAFETY: `thin` is a strong handle of this pointer.
        unsafe { ThinArc::<[Tracked]>::increment_strong_count(place) };
        assert_eq!(ThinArc::counts(&thin), Counts { strong: 2, weak: 1 });
        // SAFETY: the handle that was added just now.
        unsafe { ThinArc::<[Tracked]>::decrement_strong_count(place) };
        assert_eq!(ThinArc::counts(&thin), Counts { strong: 1, weak: 1 });
        let raw = ThinArc::into_raw(thin);
        assert!(world.dropped().is_empty());
        // SAFETY: from `into_raw`, and used once.
        unsafe { ThinArc::<[Tracked]>::decrement_strong_count(raw) };
        assert_eq!(world.dropped(), [0, 1]);
        // SAFETY: from `into_raw`, and used once.
        let weak = unsafe { ThinWeak::<[Tracked]>::from_raw(raw_weak) };
        assert!(weak.upgrade().is_none());
    });
    // Without an allocation.
    let raw = ThinWeak::<str>::new().into_raw();
    assert_eq!(raw, ThinWeak::<str>::new().as_ptr());
    // SAFETY: from `into_raw`, and used once.
    assert!(unsafe { ThinWeak::<str>::from_raw(raw) }.ptr_eq(&ThinWeak::new()));
}

#[test]
fn from_strong_to_weak_and_back() {
    in_a_world(|world| {
        let thin = ThinArc::from_header_and_iter(world.value(), world.values(2));
        let weak = ThinArc::into_weak(thin.clone());
        assert_eq!(ThinArc::counts(&thin), Counts { strong: 1, weak: 1 });
        let again = weak.into_strong().unwrap();
        assert!(ThinArc::ptr_eq(&thin, &again));
        assert_eq!(ThinArc::counts(&thin), Counts { strong: 2, weak: 0 });
        drop(again);
        // The last one: the value goes, the memory stays with the `ThinWeak`.
        let weak = ThinArc::into_weak(thin);
        assert_eq!(world.dropped(), [0, 1, 2]);
        let place = weak.as_ptr();
        let weak = weak.into_strong().unwrap_err();
        assert_eq!((weak.as_ptr(), weak.strong_count()), (place, 0));
    });
    assert!(ThinWeak::<[u8]>::new().into_strong().unwrap_err().ptr_eq(&ThinWeak::new()));
}

/// A destructor panics in `into_weak`: the memory is freed, and the other elements are dropped.
#[test]
fn into_weak_with_a_panicking_drop() {
    in_a_world(|world| {
        let thin: ThinArc<[Tracked]> = world.values(3).into();
        let weak = ThinArc::downgrade(&thin);
        world.drop_panics_at(1);
        assert_eq!(catch(|| drop(ThinArc::into_weak(thin))), Err("drop of 1".to_owned()));
        assert_eq!(world.alive(), 0);
        assert!(weak.upgrade().is_none());
    });
}

#[test]
fn traits_of_the_value() {
    let [a, b]: [ThinArc<str>; 2] = ["a".into(), "b".into()];
    assert!(a < b && a != b && a == "a".into() && a.clone().max(b.clone()) == b);
    assert_eq!(format!("{a} {b:?} {a:p}"), format!("a \"b\" {:p}", &*a));
    let set = HashSet::from([a, b]);
    assert!(set.contains("b") && !set.contains("c"));
    let one = ThinArc::from_header_and_iter(1, [2, 3]);
    assert_eq!(format!("{one:?}"), "HeaderSlice { header: 1, slice: [2, 3] }");
    assert!(one < ThinArc::from_header_and_iter(1, [2, 4]));
}

#[test]
fn iterators_that_do_not_tell_the_truth() {
    for size_hint in [(3, Some(3)), (0, None), (0, Some(0)), (2, Some(2)), (5, Some(5))] {
        in_a_world(|world| {
            let values = Claims(world.values(3).into_iter(), size_hint);
            let thin = ThinArc::from_header_and_iter(world.value(), values);
            assert_eq!(thin.slice.iter().map(|value| value.id).collect::<Vec<_>>(), [0, 1, 2]);
            assert_eq!((thin.header.id, world.dropped().len()), (3, 0));
        });
    }
}

/// Without a `Vec` as an intermediate step.
#[test]
fn collected_in_place_if_the_length_is_known() {
    let mut meanwhile = None;
    let noted = |n| {
        meanwhile = Some(heap::live());
        n
    };
    let thin = ThinArc::from_header_and_iter(7_u8, (0..3_u16).map(noted));
    assert_eq!((thin.header, &thin.slice), (7, &[0, 1, 2][..]));
    assert_eq!(meanwhile, Some(heap::live()));
}

/// An iterator that is not fused may go on after its first `None`.
#[test]
fn collected_up_to_the_first_none() {
    for (len, claims) in [(0, 0), (3, 3), (3, 5), (3, 2), (3, 0), (0, 2)] {
        let thin = ThinArc::from_header_and_iter(len, EndsOnce::new(len, claims));
        assert!(thin.slice.iter().rev().copied().eq(0..thin.header), "{thin:?}");
    }
}

#[test]
fn a_panicking_iterator() {
    for claimed in [3, 2, 9] {
        in_a_world(|world| {
            let values = (0..4).map(|n| if n < 3 { world.value() } else { panic!("next") });
            let header = world.value();
            let result = catch(|| {
                let values = Claims::exactly(values, claimed);
                drop(ThinArc::from_header_and_iter(header, values));
            });
            assert_eq!(result, Err("next".to_owned()));
            assert_eq!(world.alive(), 0);
        });
    }
}

#[test]
fn an_iterator_that_panics_when_it_is_dropped() {
    struct PanicsAtLast<I>(I);

    impl<I> Drop for PanicsAtLast<I> {
        fn drop(&mut self) {
            panic!("drop");
        }
    }

    impl<I: Iterator> Iterator for PanicsAtLast<I> {
        type Item = I::Item;

        fn next(&mut self) -> Option<I::Item> {
            self.0.next()
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            self.0.size_hint()
        }
    }

    for claimed in [3, 2, 5] {
        in_a_world(|world| {
            let (header, values) = (world.value(), world.values(3));
            let result = catch(|| {
                let values = Claims::exactly(values.into_iter(), claimed);
                drop(ThinArc::from_header_and_iter(header, PanicsAtLast(values)));
            });
            assert_eq!((result, world.alive()), (Err("drop".to_owned()), 0));
        });
    }
}

#[test]
fn make_mut_with_a_panicking_clone() {
    // The header is cloned, and each of three elements.
    for position in 0..4 {
        in_a_world(|world| {
            let mut thin = ThinArc::from_header_and_iter(world.value(), world.values(3));
            let other = thin.clone();
            world.clone_panics_after(position);
            assert!(catch(|| ThinArc::make_mut(&mut thin).header.id).is_err());
            assert!(ThinArc::ptr_eq(&thin, &other));
            assert_eq!(ThinArc::counts(&thin), Counts { strong: 2, weak: 0 });
            assert_eq!((world.alive(), world.dropped().len()), (4, position));
        });
    }
}

/// `clone` drops the other handle, and the old value's destructor panics. The handle then refers to
/// the new value, as std's would.
#[test]
fn make_mut_with_a_panicking_drop_of_the_old_value() {
    struct Leaving<'w>(Tracked<'w>, Cell<Option<ThinArc<[Leaving<'w>]>>>);

    impl Clone for Leaving<'_> {
        fn clone(&self) -> Self {
            drop(self.1.take());
            Leaving(self.0.clone(), Cell::default())
        }
    }

    in_a_world(|world| {
        let mut thin: ThinArc<[Leaving]> = [Leaving(world.value(), Cell::default())].into();
        thin[0].1.set(Some(thin.clone()));
        world.drop_panics_at(0);
        let result = catch(|| ThinArc::make_mut(&mut thin)[0].0.id);
        assert_eq!(result, Err("drop of 0".to_owned()));
        assert_eq!((thin[0].0.id, ThinArc::strong_count(&thin)), (1, 1));
    });
}

#[test]
fn a_panicking_destructor() {
    in_a_world(|world| {
        let thin: ThinArc<[Tracked]> = world.values(3).into();
        let weak = ThinArc::downgrade(&thin);
        world.drop_panics_at(1);
        assert_eq!(catch(|| drop(thin)), Err("drop of 1".to_owned()));
        assert!(weak.upgrade().is_none());
    });
}

/// One handle past the limit ends the process, as for `Arc`.
fn past_the_limit(name: &str, strong: u64, weak: u64, add: impl FnOnce(ThinArc<[Loud]>)) {
    child::aborts(name, || {
        let thin: ThinArc<[Loud]> = [Loud].into();
        word::set(ThinArc::into_raw(thin.clone()), word::of(strong, weak));
        child::ready();
        add(thin);
    });
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn one_too_many() {
    past_the_limit("one_too_many", 1 << 33, 0, |thin| drop(thin.clone()));
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn one_too_many_raw() {
    past_the_limit("one_too_many_raw", 1 << 33, 0, |thin| {
        // SAFETY: `thin` is a strong handle of this pointer.
        unsafe { ThinArc::<[Loud]>::increment_strong_count(ThinArc::as_ptr(&thin)) };
    });
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn one_weak_too_many() {
    past_the_limit("one_weak_too_many", 2, (1 << 29) - 1, |thin| drop(ThinArc::downgrade(&thin)));
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn one_weak_too_many_by_into_weak() {
    past_the_limit("one_weak_too_many_by_into_weak", 2, (1 << 29) - 1, |thin| {
        drop(ThinArc::into_weak(thin));
    });
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn one_too_many_by_into_strong() {
    past_the_limit("one_too_many_by_into_strong", 1 << 33, 1, |thin| {
        // SAFETY: the word counts a `ThinWeak` that there is no handle of.
        let weak = unsafe { ThinWeak::<[Loud]>::from_raw(ThinArc::as_ptr(&thin)) };
        drop(weak.into_strong());
    });
}

/// An iterator whose exact `size_hint` is far from the truth.
#[test]
fn collecting_what_lies_about_its_length() {
    for hint in [0, 2, 4, 1_000] {
        assert_eq!(&*ThinArc::<[u64]>::from_iter(Claims::exactly(0..3, hint)), [0, 1, 2], "{hint}");
    }
    for hint in [usize::MAX >> 3, usize::MAX] {
        let result = catch(|| ThinArc::<[u64]>::from_iter(Claims::exactly(0..3, hint)));
        assert!(result.unwrap_err().starts_with("capacity overflow"));
    }
}
