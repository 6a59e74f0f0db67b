//! Every function of `Arc` and `Weak`. The first part runs on std's types and on this crate's, the
//! second tests what only this crate has.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{World, leak_free, on_both};

use std::any::Any;
use std::ffi::{CStr, CString};
use std::pin::Pin;

on_both! {
    fn new_and_deref() {
        let world = World::new();
        {
            let arc = Arc::new(world.value());
            assert_eq!(arc.id, 0);
            assert_eq!(Arc::strong_count(&arc), 1);
            assert_eq!(Arc::weak_count(&arc), 0);
            assert_eq!(world.alive(), 1);
        }
        world.ends();
    }

    fn clone_and_drop() {
        let world = World::new();
        let first = Arc::new(world.value());
        let second = first.clone();
        let third = Arc::clone(&second);
        assert_eq!(Arc::strong_count(&first), 3);
        assert!(std::ptr::eq(&*first, &*third));
        drop((first, third));
        assert_eq!(Arc::strong_count(&second), 1);
        assert_eq!(world.alive(), 1);
        drop(second);
        world.ends();
    }

    fn a_chain_of_arcs_drops_from_the_outside() {
        struct Link<'w>(common::Tracked<'w>, Option<Arc<Link<'w>>>);
        let world = World::new();
        let inner = Arc::new(Link(world.value(), None));
        let middle = Arc::new(Link(world.value(), Some(inner.clone())));
        let outer = Arc::new(Link(world.value(), Some(middle)));
        assert_eq!(outer.1.as_ref().unwrap().0.id, 1);
        drop(outer);
        assert_eq!(world.dropped(), [2, 1]);
        assert_eq!((inner.0.id, inner.1.is_none()), (0, true));
        drop(inner);
        world.ends();
    }

    fn new_cyclic() {
        struct Node<'w>(Weak<Node<'w>>, common::Tracked<'w>);
        let world = World::new();
        let node = Arc::new_cyclic(|me: &Weak<Node>| {
            assert!(me.upgrade().is_none());
            assert_eq!((me.strong_count(), me.weak_count()), (0, 0));
            let again = me.clone();
            assert!(again.ptr_eq(me));
            Node(again, world.value())
        });
        assert_eq!(Arc::strong_count(&node), 1);
        assert_eq!(Arc::weak_count(&node), 1);
        let same = node.0.upgrade().unwrap();
        assert!(Arc::ptr_eq(&node, &same));
        assert_eq!(same.1.id, 0);
        drop((node, same));
        world.ends();
    }

    fn new_cyclic_with_no_weak_kept() {
        let arc = Arc::new_cyclic(|_: &Weak<u8>| 7);
        assert_eq!((*arc, Arc::strong_count(&arc), Arc::weak_count(&arc)), (7, 1, 0));
        assert_eq!(Arc::try_unwrap(arc), Ok(7));
    }

    fn new_cyclic_with_a_weak_that_stays() {
        let mut kept = Weak::new();
        let arc = Arc::new_cyclic(|me: &Weak<u8>| {
            kept = me.clone();
            7
        });
        assert_eq!(kept.upgrade().as_deref(), Some(&7));
        drop(arc);
        assert!(kept.upgrade().is_none());
    }

    fn new_uninit() {
        let mut arc = Arc::<u64>::new_uninit();
        Arc::get_mut(&mut arc).unwrap().write(5);
        // SAFETY: just written.
        let arc = unsafe { arc.assume_init() };
        assert_eq!((*arc, Arc::strong_count(&arc)), (5, 1));
    }

    fn new_uninit_without_a_value() {
        let world = World::new();
        drop(Arc::<common::Tracked>::new_uninit());
        drop(Arc::<[common::Tracked]>::new_uninit_slice(3));
        world.ends();
    }

    fn new_zeroed() {
        let zero = Arc::<[u64; 9]>::new_zeroed();
        // SAFETY: 0 is a valid integer.
        assert_eq!(*unsafe { zero.assume_init() }, [0; 9]);
    }

    fn new_uninit_slice() {
        let world = World::new();
        for len in [0, 1, 3] {
            let mut arc = Arc::<[common::Tracked]>::new_uninit_slice(len);
            assert_eq!(arc.len(), len);
            for place in Arc::get_mut(&mut arc).unwrap() {
                place.write(world.value());
            }
            // SAFETY: all places were written.
            let arc = unsafe { arc.assume_init() };
            assert_eq!((arc.len(), world.alive()), (len, len));
        }
        world.ends();
    }

    fn new_zeroed_slice() {
        for len in [0, 1, 100] {
            let zeros = Arc::<[u32]>::new_zeroed_slice(len);
            // SAFETY: 0 is a valid integer.
            assert_eq!(*unsafe { zeros.assume_init() }, *vec![0; len]);
        }
    }

    fn pin() {
        let pinned: Pin<Arc<String>> = Arc::pin("pinned".to_owned());
        let clone = pinned.clone();
        assert_eq!(&**clone, "pinned");
        assert!(std::ptr::eq(&*pinned, &*clone));
    }

    fn try_unwrap() {
        let world = World::new();
        let first = Arc::new(world.value());
        let second = first.clone();
        let first = Arc::try_unwrap(first).unwrap_err();
        assert_eq!(Arc::strong_count(&first), 2);
        drop(second);
        let value = Arc::try_unwrap(first).unwrap();
        assert_eq!((value.id, world.alive()), (0, 1));
        drop(value);
        world.ends();
    }

    fn try_unwrap_with_weaks() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let weaks = [Arc::downgrade(&arc), Arc::downgrade(&arc)];
        let value = Arc::try_unwrap(arc).unwrap();
        assert_eq!(world.alive(), 1);
        for weak in weaks {
            assert!(weak.upgrade().is_none());
            assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
        }
        drop(value);
        world.ends();
    }

    fn into_inner() {
        let world = World::new();
        let first = Arc::new(world.value());
        let (second, weak) = (first.clone(), Arc::downgrade(&first));
        assert!(Arc::into_inner(first).is_none());
        assert_eq!(world.alive(), 1);
        assert_eq!(Arc::into_inner(second).unwrap().id, 0);
        assert!(weak.upgrade().is_none());
        drop(weak);
        assert_eq!(Arc::into_inner(Arc::new(world.value())).map(|value| value.id), Some(1));
        world.ends();
    }

    fn unwrap_or_clone() {
        let world = World::new();
        let first = Arc::new(world.value());
        let second = first.clone();
        let cloned = Arc::unwrap_or_clone(first);
        assert_eq!((cloned.id, second.id, Arc::strong_count(&second)), (1, 0, 1));
        let weak = Arc::downgrade(&second);
        assert_eq!(Arc::unwrap_or_clone(second).id, 0);
        assert!(weak.upgrade().is_none());
        drop(cloned);
        world.ends();
    }

    fn get_mut() {
        let mut arc = Arc::new(1);
        *Arc::get_mut(&mut arc).unwrap() = 2;
        let weak = Arc::downgrade(&arc);
        assert!(Arc::get_mut(&mut arc).is_none(), "with a Weak");
        let mut other = weak.upgrade().unwrap();
        drop(weak);
        assert!(Arc::get_mut(&mut arc).is_none(), "with another Arc");
        drop(arc);
        *Arc::get_mut(&mut other).unwrap() += 1;
        assert_eq!(*other, 3);
    }

    fn make_mut_in_place() {
        let world = World::new();
        let mut arc = Arc::new(world.value());
        let before = Arc::as_ptr(&arc);
        assert_eq!(Arc::make_mut(&mut arc).id, 0);
        assert_eq!(Arc::as_ptr(&arc), before);
        drop(arc);
        world.ends();
    }

    fn make_mut_clones_if_shared() {
        let world = World::new();
        let mut arc = Arc::new(world.value());
        let (other, weak) = (arc.clone(), Arc::downgrade(&arc));
        assert_eq!(Arc::make_mut(&mut arc).id, 1);
        assert_eq!((other.id, world.alive()), (0, 2));
        assert!(Arc::ptr_eq(&weak.upgrade().unwrap(), &other));
        assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 0));
        assert_eq!((Arc::strong_count(&other), Arc::weak_count(&other)), (1, 1));
        drop((arc, other, weak));
        world.ends();
    }

    fn make_mut_moves_away_from_weaks() {
        let world = World::new();
        let mut arc = Arc::new(world.value());
        let weak = Arc::downgrade(&arc);
        assert_eq!(Arc::make_mut(&mut arc).id, 0);
        assert_eq!(world.alive(), 1);
        assert!(weak.upgrade().is_none());
        assert_ne!(weak.as_ptr(), Arc::as_ptr(&arc));
        assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 0));
        assert!(Arc::get_mut(&mut arc).is_some());
        drop((arc, weak));
        world.ends();
    }

    fn make_mut_of_a_slice() {
        let world = World::new();
        let mut arc: Arc<[common::Tracked]> = world.values(3).into();
        assert_eq!(Arc::make_mut(&mut arc)[2].id, 2);
        let other = arc.clone();
        assert_eq!(Arc::make_mut(&mut arc).iter().map(|t| t.id).collect::<Vec<_>>(), [3, 4, 5]);
        let weak = Arc::downgrade(&arc);
        assert_eq!(Arc::make_mut(&mut arc)[0].id, 3);
        assert!(weak.upgrade().is_none());
        assert_eq!(other[0].id, 0);
        drop((arc, other, weak));
        world.ends();
    }

    fn make_mut_of_strings() {
        let mut text: Arc<str> = "arc".into();
        let before = text.clone();
        Arc::make_mut(&mut text).make_ascii_uppercase();
        assert_eq!((&*before, &*text), ("arc", "ARC"));
        let weak = Arc::downgrade(&text);
        Arc::make_mut(&mut text).make_ascii_lowercase();
        assert_eq!((&*text, weak.upgrade()), ("arc", None));

        let mut c: Arc<CStr> = CString::new("arc").unwrap().into();
        let before = c.clone();
        assert_eq!(Arc::make_mut(&mut c), c"arc");
        assert!(!Arc::ptr_eq(&before, &c));
    }

    #[cfg(feature = "std")]
    fn make_mut_of_strings_of_the_system() {
        use std::ffi::{OsStr, OsString};
        use std::path::{Path, PathBuf};
        let mut os: Arc<OsStr> = OsString::from("arc").into();
        let before = os.clone();
        Arc::make_mut(&mut os).make_ascii_uppercase();
        assert_eq!((&*before, &*os), (OsStr::new("arc"), OsStr::new("ARC")));

        let mut path: Arc<Path> = PathBuf::from("a/b").into();
        let before = path.clone();
        assert_eq!(Arc::make_mut(&mut path), Path::new("a/b"));
        assert!(!Arc::ptr_eq(&before, &path));
    }

    fn raw_pointers() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let other = arc.clone();
        let raw = Arc::into_raw(arc);
        assert_eq!(raw, Arc::as_ptr(&other));
        assert!(std::ptr::eq(raw, &*other));
        assert_eq!(Arc::strong_count(&other), 2);
        // SAFETY: from `into_raw`, used once.
        let arc = unsafe { Arc::from_raw(raw) };
        assert_eq!((arc.id, Arc::strong_count(&other)), (0, 2));
        drop((arc, other));
        world.ends();
    }

    fn raw_pointers_of_unsized_values() {
        let text: Arc<str> = "text".into();
        let raw: *const str = Arc::into_raw(text);
        // SAFETY: from `into_raw`; the cast from `str` to `[u8]` is allowed.
        let bytes: Arc<[u8]> = unsafe { Arc::from_raw(raw as *const [u8]) };
        assert_eq!(&*bytes, b"text");

        let raw = Arc::into_raw(Arc::new(5_u16)) as *const dyn Any;
        // SAFETY: from `into_raw`, and then unsized.
        let any: Arc<dyn Any> = unsafe { Arc::from_raw(raw) };
        assert_eq!(any.downcast_ref::<u16>(), Some(&5));
        // SAFETY: from `into_raw`, and cast back to the original type.
        let number: Arc<u16> = unsafe { Arc::from_raw(Arc::into_raw(any).cast()) };
        assert_eq!(*number, 5);
    }

    fn increment_and_decrement_strong_count() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let raw = Arc::into_raw(arc.clone());
        // SAFETY: `raw` owns a handle.
        unsafe { Arc::increment_strong_count(raw) };
        assert_eq!(Arc::strong_count(&arc), 3);
        // SAFETY: the handle that was just added.
        unsafe { Arc::decrement_strong_count(raw) };
        drop(arc);
        assert_eq!(world.alive(), 1);
        // SAFETY: the handle that `raw` owns, which is the last one.
        unsafe { Arc::decrement_strong_count(raw) };
        world.ends();
    }

    fn downgrade_and_upgrade() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let weak = Arc::downgrade(&arc);
        let weaker = weak.clone();
        assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 2));
        assert_eq!((weak.strong_count(), weak.weak_count()), (1, 2));
        let other = weaker.upgrade().unwrap();
        assert_eq!((weak.strong_count(), weak.weak_count()), (2, 2));
        assert!(Arc::ptr_eq(&arc, &other));
        drop((arc, weak));
        assert_eq!((Arc::strong_count(&other), Arc::weak_count(&other)), (1, 1));
        drop(other);
        assert!(weaker.upgrade().is_none());
        assert_eq!((weaker.strong_count(), weaker.weak_count()), (0, 0));
        world.ends();
    }

    fn the_memory_goes_with_the_last_handle() {
        for arc_goes_first in [true, false] {
            let before = common::heap::live();
            let arc = Arc::new([0_u8; 64]);
            let weak = Arc::downgrade(&arc);
            if arc_goes_first {
                drop(arc);
                assert_ne!(common::heap::live(), before);
                drop(weak);
            } else {
                drop(weak);
                assert_ne!(common::heap::live(), before);
                drop(arc);
            }
            assert_eq!(common::heap::live(), before);
        }
    }

    fn ptr_eq() {
        let (five, also_five) = (Arc::new(5), Arc::new(5));
        assert!(Arc::ptr_eq(&five, &five.clone()));
        assert!(!Arc::ptr_eq(&five, &also_five));
        let (weak, also_weak) = (Arc::downgrade(&five), Arc::downgrade(&also_five));
        assert!(weak.ptr_eq(&weak.clone()));
        assert!(!weak.ptr_eq(&also_weak));
        assert!(!weak.ptr_eq(&Weak::new()));
        assert!(Weak::<u8>::new().ptr_eq(&Weak::new()));
    }

    fn ptr_eq_of_zero_sized_values() {
        let (one, other) = (Arc::new(()), Arc::new(()));
        assert!(Arc::ptr_eq(&one, &one.clone()));
        assert!(!Arc::ptr_eq(&one, &other), "each has its own counts");
    }

    /// One value as two types: the addresses are equal, the metadata differs.
    fn ptr_eq_looks_at_the_address_alone() {
        trait Named {
            fn name(&self) -> &str;
        }
        struct Inner(String);
        impl Named for Inner {
            fn name(&self) -> &str {
                &self.0
            }
        }
        #[repr(transparent)]
        struct Outer(Inner);
        impl Named for Outer {
            fn name(&self) -> &str {
                "outer"
            }
        }
        let inner = Arc::new(Inner("inner".to_owned()));
        let outer = Arc::into_raw(inner.clone()).cast::<Outer>();
        // SAFETY: from `into_raw`, used once; an `Outer` has the layout of an `Inner`.
        let outer: Arc<dyn Named> = unsafe { Arc::from_raw(outer as *const dyn Named) };
        let inner = Arc::into_raw(inner) as *const dyn Named;
        // SAFETY: from `into_raw`, used once.
        let inner: Arc<dyn Named> = unsafe { Arc::from_raw(inner) };
        assert_eq!((inner.name(), outer.name()), ("inner", "outer"));
        assert!(Arc::ptr_eq(&inner, &outer));
        assert!(Arc::downgrade(&inner).ptr_eq(&Arc::downgrade(&outer)));
    }

    fn downcast() {
        let boxed: Box<dyn Any + Send + Sync> = Box::new("text".to_owned());
        let any: Arc<dyn Any + Send + Sync> = Arc::from(boxed);
        let other = any.clone();
        let any = any.downcast::<i32>().unwrap_err();
        assert_eq!(Arc::strong_count(&any), 2);
        let text: Arc<String> = any.downcast().unwrap();
        assert_eq!((Arc::strong_count(&text), &**text), (2, "text"));
        drop(other);
        assert_eq!(Arc::try_unwrap(text).unwrap(), "text");
    }

    fn weak_raw_pointers() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let weak = Arc::downgrade(&arc);
        assert_eq!(weak.as_ptr(), Arc::as_ptr(&arc));
        let raw = weak.into_raw();
        assert_eq!((raw, Arc::weak_count(&arc)), (Arc::as_ptr(&arc), 1));
        // SAFETY: from `into_raw`, used once.
        let weak = unsafe { Weak::from_raw(raw) };
        assert_eq!(weak.upgrade().unwrap().id, 0);
        drop(arc);
        // SAFETY: from `into_raw`, used once. The value is gone.
        let weak = unsafe { Weak::from_raw(weak.into_raw()) };
        assert!(weak.upgrade().is_none());
        world.ends();
    }

    fn weak_raw_pointers_of_unsized_values() {
        let arc: Arc<str> = "text".into();
        let raw = Arc::downgrade(&arc).into_raw();
        // SAFETY: from `into_raw`, used once.
        let weak = unsafe { Weak::from_raw(raw) };
        assert_eq!(weak.upgrade().as_deref(), Some("text"));
        drop(arc);
        // SAFETY: from `into_raw`, used once. The value is gone.
        let weak = unsafe { Weak::from_raw(weak.into_raw()) };
        assert!(weak.upgrade().is_none());

        let raw = Arc::downgrade(&Arc::new(5)).into_raw() as *const dyn Any;
        // SAFETY: from `into_raw`, and then unsized. The value is gone.
        let weak: Weak<dyn Any> = unsafe { Weak::from_raw(raw) };
        assert!(weak.upgrade().is_none());
    }

    fn a_weak_without_an_allocation() {
        let before = common::heap::live();
        let weak: Weak<String> = Weak::new();
        assert_eq!(common::heap::live(), before);
        for weak in [weak.clone(), Weak::default(), weak] {
            assert!(weak.upgrade().is_none());
            assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
            assert!(weak.ptr_eq(&Weak::new()));
            assert_eq!(format!("{weak:?}"), "(Weak)");
            let raw = weak.into_raw();
            assert_eq!(raw, Weak::new().as_ptr());
            // SAFETY: from `into_raw`, used once.
            let weak = unsafe { Weak::from_raw(raw) };
            assert!(weak.clone().upgrade().is_none());
        }
    }

    fn an_unsized_weak_without_an_allocation() {
        let raw = Weak::<[u64; 3]>::new().into_raw();
        // SAFETY: from `into_raw`, and then unsized: without an allocation it is only a pointer.
        let slice: Weak<[u64]> = unsafe { Weak::from_raw(raw as *const [u64]) };
        // SAFETY: as above.
        let any: Weak<dyn Any> = unsafe { Weak::from_raw(raw as *const dyn Any) };
        assert!(slice.clone().upgrade().is_none());
        assert!(any.clone().upgrade().is_none());
        assert_eq!((slice.strong_count(), any.weak_count()), (0, 0));
        assert!(any.ptr_eq(&any.clone()));
        assert_eq!(slice.into_raw().cast(), raw);
    }

    fn weaks_in_constants() {
        static SHARED: Weak<std::sync::Mutex<u8>> = Weak::new();
        const NONE: Weak<String> = Weak::new();
        assert!(SHARED.upgrade().is_none());
        assert!(SHARED.clone().ptr_eq(&SHARED));
        let array = [NONE; 3];
        assert!(array.iter().all(|weak| weak.upgrade().is_none()));
    }
}

mod only_here {
    use super::*;
    use common::{Tracked, catch, in_a_world};
    use proven_arc::{Arc, Clones, Counts, UniqueArc, Weak};
    use std::convert::Infallible;

    #[test]
    fn counts() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
            let _others = [arc.clone(), arc.clone()];
            let _weaks = [Arc::downgrade(&arc)];
            assert_eq!(Arc::counts(&arc), Counts { strong: 3, weak: 1 });
        });
    }

    #[test]
    fn is_unique() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            assert!(Arc::is_unique(&arc));
            let other = arc.clone();
            assert!(!Arc::is_unique(&arc));
            let weak = Arc::into_weak(other);
            assert!(!Arc::is_unique(&arc));
            drop(weak);
            assert!(Arc::is_unique(&arc));
        });
    }

    #[test]
    fn into_weak() {
        in_a_world(|world| {
            let first = Arc::new(world.value());
            let second = first.clone();
            let weak = Arc::into_weak(first);
            assert_eq!(Arc::counts(&second), Counts { strong: 1, weak: 1 });
            assert!(Arc::ptr_eq(&weak.upgrade().unwrap(), &second));
            let last = Arc::into_weak(second);
            assert_eq!(world.dropped(), [0], "with the last strong handle");
            assert!(last.upgrade().is_none() && weak.upgrade().is_none());
            assert!(last.ptr_eq(&weak));
        });
    }

    #[test]
    fn into_weak_of_the_only_handle() {
        in_a_world(|world| {
            let weak = Arc::into_weak(Arc::new(world.value()));
            assert_eq!((world.alive(), weak.strong_count(), weak.weak_count()), (0, 0, 0));
        });
    }

    #[test]
    fn into_strong() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let strong = Arc::downgrade(&arc).into_strong().unwrap();
            assert_eq!(Arc::counts(&arc), Counts { strong: 2, weak: 0 });
            assert!(Arc::ptr_eq(&arc, &strong));
            let weak = Arc::downgrade(&arc);
            drop((arc, strong));
            let weak = weak.into_strong().unwrap_err();
            assert!(weak.into_strong().is_err(), "the same Weak again");
            assert!(Weak::<u8>::new().into_strong().is_err(), "no allocation");
        });
    }

    #[test]
    fn into_strong_while_building() {
        in_a_world(|world| {
            let arc = Arc::new_cyclic(|me| {
                assert!(me.clone().into_strong().is_err());
                world.value()
            });
            assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
        });
    }

    #[test]
    fn clone_many() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            for n in [0, 1, 2, 1_000, 1_024, 1_025, 5_000] {
                let clones = Arc::clone_many(&arc, n);
                assert_eq!(Arc::strong_count(&arc), 1 + n);
                assert_eq!(clones.len(), n);
                let clones: Vec<_> = clones.collect();
                assert!(clones.iter().all(|clone| Arc::ptr_eq(clone, &arc)));
                assert_eq!((clones.len(), Arc::strong_count(&arc)), (n, 1 + n));
                drop(clones);
                assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
            }
        });
    }

    #[test]
    fn clone_many_gives_back_what_is_left() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let mut clones = Arc::clone_many(&arc, 10);
            let (front, back) = (clones.next().unwrap(), clones.next_back().unwrap());
            assert_eq!((clones.len(), Arc::strong_count(&arc)), (8, 11));
            let third = clones.nth(2).unwrap();
            assert_eq!((clones.len(), Arc::strong_count(&arc)), (5, 9));
            drop((front, back, third));
            assert_eq!(Arc::strong_count(&arc), 6);
            drop(clones);
            assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
        });
    }

    #[test]
    fn clone_many_can_outlive_the_others() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let mut clones: Clones<Tracked> = Arc::clone_many(&arc, 4);
            drop(arc);
            assert_eq!(world.alive(), 1);
            let last = clones.next().unwrap();
            drop(clones);
            assert_eq!((last.id, Arc::counts(&last)), (0, Counts { strong: 1, weak: 0 }));
            let clones = Arc::clone_many(&last, 2);
            drop(last);
            assert_eq!((world.alive(), clones.count()), (1, 2));
            assert_eq!(world.alive(), 0, "the iterator had the last handles");
        });
    }

    #[test]
    fn clone_many_past_its_end() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let mut clones = Arc::clone_many(&arc, 2);
            assert!(clones.nth(2).is_none());
            assert_eq!(Arc::strong_count(&arc), 1);
            assert!(clones.next().is_none() && clones.next_back().is_none());
            assert_eq!(clones.size_hint(), (0, Some(0)));
            assert_eq!(format!("{clones:?}"), "Clones { left: 0, .. }");
        });
    }

    #[test]
    fn clone_many_of_unsized_values() {
        leak_free(|| {
            let text: Arc<str> = "news".into();
            let total: usize = Arc::clone_many(&text, 3).map(|text| text.len()).sum();
            assert_eq!((total, Arc::strong_count(&text)), (12, 1));
        });
    }

    #[test]
    fn clone_array() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let [] = Arc::clone_array(&arc);
            assert_eq!(Arc::strong_count(&arc), 1);
            let [a, b, c] = Arc::clone_array(&arc);
            assert_eq!(Arc::strong_count(&arc), 4);
            drop((arc, a, c));
            assert_eq!((b.id, Arc::strong_count(&b)), (0, 1));
        });
    }

    #[test]
    fn get_mut_unchecked() {
        in_a_world(|world| {
            let mut arc = Arc::new(vec![world.value()]);
            let weak = Arc::downgrade(&arc);
            // SAFETY: no other handle uses the value while the reference lives.
            unsafe { Arc::get_mut_unchecked(&mut arc) }.push(world.value());
            assert_eq!(weak.upgrade().unwrap().len(), 2);
        });
    }

    #[test]
    fn map_in_the_same_allocation() {
        in_a_world(|world| {
            let arc = Arc::new((world.value(), 1_u64));
            let address = Arc::as_ptr(&arc).addr();
            // The same size and alignment.
            let mapped = Arc::map(arc, |(old, n)| (*n + 1, old.clone()));
            assert_eq!((mapped.0, mapped.1.id), (2, 1));
            assert_eq!(Arc::as_ptr(&mapped).addr(), address);
            assert_eq!(world.dropped(), [0]);
            assert_eq!(Arc::counts(&mapped), Counts { strong: 1, weak: 0 });
        });
    }

    #[test]
    fn map_into_another_allocation() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let (other, weak) = (arc.clone(), Arc::downgrade(&arc));
            let shared = Arc::map(arc, Tracked::clone);
            assert_eq!((shared.id, other.id, Arc::strong_count(&other)), (1, 0, 1));
            assert!(!Arc::ptr_eq(&shared, &other));
            let with_weak = Arc::map(other, Tracked::clone);
            assert_eq!((with_weak.id, world.dropped()), (2, vec![0]));
            assert!(weak.upgrade().is_none());
            let smaller = Arc::map(shared, |value| value.id as u8);
            assert_eq!((*smaller, world.dropped()), (1, vec![0, 1]));
            // The same size, and a larger alignment.
            #[repr(align(64))]
            struct Aligned([u8; 64]);
            let aligned = Arc::map(Arc::new([7; 64]), |bytes| Aligned(*bytes));
            assert!(Arc::as_ptr(&aligned).is_aligned());
            assert_eq!(aligned.0, [7; 64]);
        });
    }

    #[test]
    fn try_map() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let other = arc.clone();
            assert_eq!(Arc::try_map(arc, |_| Err::<u8, _>("shared")), Err("shared"));
            assert_eq!((Arc::strong_count(&other), world.alive()), (1, 1));
            assert_eq!(Arc::try_map(other, |_| Err::<Tracked, _>("alone")).unwrap_err(), "alone");
            assert_eq!(world.alive(), 0);
            let mapped =
                Arc::try_map(Arc::new(world.value()), |old| Ok::<_, Infallible>(old.clone()));
            assert_eq!(mapped.unwrap().id, 2);
        });
    }

    #[test]
    fn try_new() {
        in_a_world(|world| {
            let arc = Arc::try_new(world.value()).unwrap();
            assert_eq!((arc.id, Arc::counts(&arc)), (0, Counts { strong: 1, weak: 0 }));
            let mut arc = Arc::<u64>::try_new_uninit().unwrap();
            Arc::get_mut(&mut arc).unwrap().write(5);
            // SAFETY: just written.
            assert_eq!(*unsafe { arc.assume_init() }, 5);
            let zeros = Arc::<[u64; 4]>::try_new_zeroed().unwrap();
            // SAFETY: 0 is a valid integer.
            assert_eq!(*unsafe { zeros.assume_init() }, [0; 4]);
        });
    }

    #[test]
    fn unique_arc() {
        in_a_world(|world| {
            let mut unique = UniqueArc::new((world.value(), 1));
            unique.1 += 1;
            let weaks = [UniqueArc::downgrade(&unique), UniqueArc::downgrade(&unique)];
            unique.1 += 1;
            for weak in &weaks {
                assert!(weak.upgrade().is_none());
                assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
            }
            let arc = UniqueArc::into_arc(unique);
            assert_eq!((arc.0.id, arc.1), (0, 3));
            assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 2 });
            assert!(Arc::ptr_eq(&weaks[0].upgrade().unwrap(), &arc));
        });
    }

    #[test]
    fn unique_arc_dropped() {
        in_a_world(|world| {
            drop(UniqueArc::new(world.value()));
            assert_eq!(world.dropped(), [0]);
            let unique = UniqueArc::new(world.value());
            let weak = UniqueArc::downgrade(&unique);
            drop(unique);
            assert_eq!(world.dropped(), [0, 1]);
            assert!(weak.upgrade().is_none());
            assert!(weak.into_strong().is_err());
        });
    }

    #[test]
    fn unique_arc_with_a_weak_dropped_before() {
        in_a_world(|world| {
            let unique = UniqueArc::new(world.value());
            drop(UniqueArc::downgrade(&unique));
            let arc = UniqueArc::into_arc(unique);
            assert!(Arc::is_unique(&arc));
        });
    }

    #[test]
    fn try_into_unique() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let other = arc.clone();
            let arc = Arc::try_into_unique(arc).expect_err("another Arc");
            assert_eq!(Arc::counts(&arc), Counts { strong: 2, weak: 0 });
            drop(other);
            let address = Arc::as_ptr(&arc);
            let unique = Arc::try_into_unique(arc).expect("the only handle");
            assert!(std::ptr::eq(&*unique, address));
            assert!(UniqueArc::downgrade(&unique).upgrade().is_none());
            let arc = UniqueArc::into_arc(unique);
            assert_eq!((arc.id, Arc::counts(&arc)), (0, Counts { strong: 1, weak: 0 }));
        });
    }

    #[test]
    fn into_unique() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let other = arc.clone();
            assert!(Arc::into_unique(arc).is_none());
            assert_eq!(Arc::counts(&other), Counts { strong: 1, weak: 0 });
            let address = Arc::as_ptr(&other);
            let unique = Arc::into_unique(other).expect("the last handle");
            assert!(std::ptr::eq(&*unique, address));
            let weak = UniqueArc::downgrade(&unique);
            assert!(weak.upgrade().is_none());
            let arc = UniqueArc::into_arc(unique);
            assert!(Arc::ptr_eq(&weak.upgrade().unwrap(), &arc));
            assert_eq!((arc.id, Arc::counts(&arc)), (0, Counts { strong: 1, weak: 1 }));
        });
    }

    /// Converts the last strong handle by `try_into_unique` or by `into_unique`.
    fn either_way<T: ?Sized>(arc: Arc<T>, by_try: bool) -> UniqueArc<T> {
        let unique = if by_try { Arc::try_into_unique(arc).ok() } else { Arc::into_unique(arc) };
        unique.expect("the last strong handle")
    }

    #[test]
    fn into_unique_moves_away_from_weaks() {
        for by_try in [false, true] {
            in_a_world(|world| {
                let arc = Arc::new(world.value());
                let (weak, address) = (Arc::downgrade(&arc), Arc::as_ptr(&arc));
                let unique = either_way(arc, by_try);
                assert!(!std::ptr::eq(&*unique, address));
                assert_eq!((weak.strong_count(), weak.upgrade().is_none()), (0, true));
                let arc = UniqueArc::into_arc(unique);
                assert!(weak.upgrade().is_none());
                assert_eq!((arc.id, Arc::counts(&arc)), (0, Counts { strong: 1, weak: 0 }));
                assert!(world.dropped().is_empty());
            });
        }
    }

    #[test]
    fn into_unique_of_unsized_values() {
        for by_try in [false, true] {
            leak_free(|| {
                let arc = Arc::<str>::from("arc");
                let before = Arc::downgrade(&arc);
                let mut text = either_way(arc, by_try);
                text.make_ascii_uppercase();
                let weak = UniqueArc::downgrade(&text);
                assert_eq!(&*UniqueArc::into_arc(text), "ARC");
                assert!(weak.upgrade().is_none() && before.upgrade().is_none());
            });
        }
    }

    #[test]
    fn unique_arc_without_a_value() {
        in_a_world(|world| {
            assert_eq!(*UniqueArc::write(UniqueArc::new_uninit(), 5), 5);
            assert_eq!(*UniqueArc::write(UniqueArc::try_new_uninit().unwrap(), 5), 5);
            let zeros = [UniqueArc::new_zeroed(), UniqueArc::<u32>::try_new_zeroed().unwrap()];
            // SAFETY: 0 is a `u32`.
            assert_eq!(zeros.map(|zero| *unsafe { zero.assume_init() }), [0, 0]);
            // A place without a value is freed, and no destructor runs.
            drop(UniqueArc::<String>::new_uninit());
            assert_eq!(UniqueArc::try_new(world.value()).unwrap().id, 0);
            assert_eq!(world.dropped(), [0]);
            // A `Weak` of the place upgrades once the place is an `Arc`.
            let place = UniqueArc::<u32>::new_uninit();
            let weak = UniqueArc::downgrade(&place);
            let arc: Arc<u32> = Arc::from(UniqueArc::write(place, 7));
            // SAFETY: written.
            assert_eq!(unsafe { weak.upgrade().unwrap().assume_init_read() }, *arc);
        });
    }

    #[test]
    fn unique_arc_into_inner() {
        in_a_world(|world| {
            let unique = UniqueArc::new(world.value());
            let weak = UniqueArc::downgrade(&unique);
            let value = UniqueArc::into_inner(unique);
            assert!(weak.upgrade().is_none() && world.dropped().is_empty());
            drop(value);
            assert_eq!(world.dropped(), [0]);
        });
    }

    #[test]
    fn unique_arc_map() {
        in_a_world(|world| {
            let unique = UniqueArc::new(5_i64);
            let address = (&raw const *unique).addr();
            let same_size = UniqueArc::map(unique, |n| n as f64 + 0.5);
            assert_eq!((*same_size, (&raw const *same_size).addr()), (5.5, address));
            let other_size = UniqueArc::map(same_size, |_| world.value());
            assert_eq!(other_size.id, 0);

            // A `Weak` keeps the old allocation, and sees nothing of the new value.
            let unique = UniqueArc::new(5_i64);
            let weak = UniqueArc::downgrade(&unique);
            let mapped = UniqueArc::map(unique, |n| n as f64);
            let arc = UniqueArc::into_arc(mapped);
            assert!(weak.upgrade().is_none());
            assert_eq!((*arc, Arc::counts(&arc)), (5.0, Counts { strong: 1, weak: 0 }));
        });
    }

    #[test]
    fn unique_arc_try_map() {
        leak_free(|| {
            let text = || UniqueArc::new("7".to_owned());
            assert_eq!(*UniqueArc::try_map(text(), |text| text.parse::<u8>()).unwrap(), 7);
            // In place, and in another allocation.
            assert_eq!(UniqueArc::try_map(text(), Err::<String, _>).unwrap_err(), "7");
            assert_eq!(UniqueArc::try_map(text(), Err::<u8, _>).unwrap_err(), "7");
        });
    }

    #[test]
    fn into_array() {
        leak_free(|| {
            let slice: Arc<[String]> = Arc::from(["a".to_owned(), "b".to_owned()]);
            let other = Arc::clone(&slice);
            assert_eq!(slice.into_array::<3>(), None);
            let array: Arc<[String; 2]> = other.into_array().unwrap();
            assert_eq!((&*array, Arc::strong_count(&array)), (&["a".into(), "b".into()], 1));
        });
    }

    #[test]
    fn clone_from_ref() {
        leak_free(|| {
            assert_eq!(&*Arc::<str>::clone_from_ref("arc"), "arc");
            let words = ["a".to_owned(), "b".to_owned()];
            assert_eq!(&*Arc::<[String]>::clone_from_ref(&words), words);
            assert_eq!(*Arc::clone_from_ref(&words[1]), "b");
        });
    }

    #[test]
    fn catching_works() {
        assert_eq!(catch(|| panic!("so")), Err::<(), _>("so".to_owned()));
        assert_eq!(catch(|| 5), Ok(5));
    }
}
