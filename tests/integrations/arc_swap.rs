//! `arc-swap`: the stored handles, their readers, and the counts.

use arc_swap::access::Access;
use arc_swap::{ArcSwapAny, Guard, RefCnt};
use proven_arc::{Arc, Counts, ThinArc, ThinWeak, Weak};
use std::pin::Pin;
use std::sync::Barrier;

type Swap<T> = ArcSwapAny<T>;

fn counts<T>(arc: &Arc<T>) -> (usize, usize) {
    let Counts { strong, weak } = Arc::counts(arc);
    (strong, weak)
}

#[test]
fn strong() {
    let first = Arc::new("first");
    let weak = Arc::downgrade(&first);
    let swap = Swap::new(first);
    let guard = swap.load();
    assert!(std::ptr::eq(&**guard, &*swap.load_full()));
    let old = swap.swap(Arc::new("second"));
    assert_eq!((*old, **guard, **swap.load()), ("first", "first", "second"));
    drop(guard);
    assert_eq!(counts(&old), (1, 1));
    let third = Arc::new("third");
    let previous = swap.compare_and_swap(&old, third.clone());
    assert_eq!((**previous, **swap.load()), ("second", "second"));
    let current = Guard::into_inner(previous);
    swap.compare_and_swap(&current, third);
    assert_eq!(counts(&current), (1, 0));
    swap.rcu(|value| &value[2..]);
    assert_eq!(*swap.into_inner(), "ird");
    drop(old);
    assert!(weak.upgrade().is_none());
}

/// As `migrating` says. `ArcSwapAny<T>` itself is only an `Access` to the handle.
#[test]
fn access_to_the_value() {
    fn load(access: impl Access<(u8, u8)>) -> (u8, u8) {
        *access.load()
    }
    let swap = Swap::new(Arc::new((1, 2)));
    assert_eq!(load(swap.map(|arc: &Arc<(u8, u8)>| &**arc)), (1, 2));
}

#[test]
fn optional_and_pinned() {
    let value = Arc::new(5);
    let swap = Swap::<Option<Arc<i32>>>::new(None);
    assert!(swap.load().is_none());
    assert!(swap.swap(Some(value.clone())).is_none());
    assert_eq!(swap.load().as_deref(), Some(&5));
    assert_eq!(counts(&value), (2, 0));
    swap.store(None);
    assert_eq!(counts(&value), (1, 0));

    let swap = Swap::<Pin<Arc<i32>>>::new(Arc::pin(6));
    let pinned = swap.load_full();
    swap.store(Arc::pin(7));
    assert_eq!((*pinned, **swap.load()), (6, 7));
}

/// `as_ptr` and `into_ptr` return the same pointer, one for each allocation.
#[test]
fn pointers() {
    fn check<H: RefCnt>(handle: H) -> *mut H::Base {
        let pointer = RefCnt::as_ptr(&handle);
        assert_eq!(RefCnt::into_ptr(handle), pointer);
        // SAFETY: from `into_ptr`, and used once.
        drop(unsafe { H::from_ptr(pointer) });
        pointer
    }
    let arc = Arc::new(5);
    let address = Arc::as_ptr(&arc).cast_mut();
    assert_eq!(check(arc.clone()), address);
    assert_eq!(check(Arc::downgrade(&arc)), address);
    assert_eq!(check(Pin::new(arc.clone())), address);
    assert!(check(Weak::<i32>::new()).is_null());
    assert_eq!(counts(&arc), (1, 0));

    let thin = ThinArc::<str>::from("thin");
    let address = ThinArc::as_ptr(&thin).cast_mut();
    assert_eq!(check(thin.clone()), address);
    assert_eq!(check(ThinArc::downgrade(&thin)), address);
    assert!(check(ThinWeak::<str>::new()).is_null());
    assert_eq!(ThinArc::counts(&thin), Counts { strong: 1, weak: 0 });
}

#[test]
fn values_without_a_size() {
    let (one, two) = (Arc::new(()), Arc::new(()));
    let swap = Swap::new(one.clone());
    let guard = swap.load();
    assert!(Arc::ptr_eq(&one, &swap.swap(two.clone())));
    assert!(Arc::ptr_eq(&one, &guard));
    drop((guard, swap));
    assert_eq!((counts(&one), counts(&two)), ((1, 0), (1, 0)));
}

#[test]
fn weak_with_and_without_an_allocation() {
    let value = Arc::new(8);
    let swap = Swap::new(Arc::downgrade(&value));
    let guard = swap.load();
    assert_eq!(guard.upgrade().as_deref(), Some(&8));
    assert!(swap.swap(Weak::new()).ptr_eq(&guard));
    drop(guard);
    assert_eq!(counts(&value), (1, 0));
    assert!(swap.load().upgrade().is_none());
    assert!(swap.load().ptr_eq(&Weak::new()));

    let swap = Swap::new(Some(Arc::downgrade(&value)));
    assert_eq!(counts(&value), (1, 1));
    // A `Weak` that alone keeps the memory.
    drop(value);
    assert_eq!(swap.load().as_ref().map(Weak::strong_count), Some(0));
    swap.store(Some(Weak::new()));
    assert!(swap.load().is_none(), "as documented: null is `None`");
}

#[test]
fn thin_handles() {
    let name: ThinArc<str> = "first".into();
    let swap = Swap::new(name.clone());
    let guard = swap.load();
    let old = swap.swap("second".into());
    assert!(ThinArc::ptr_eq(&old, &name) && ThinArc::ptr_eq(&old, &guard));
    assert_eq!((&**guard, &**swap.load()), ("first", "second"));
    drop((guard, old));
    assert_eq!(ThinArc::counts(&name), Counts { strong: 1, weak: 0 });
    swap.rcu(|name| name.to_uppercase());
    assert_eq!(&**swap.load(), "SECOND");

    // A `ThinArc` and a `ThinWeak` with one address are not confused.
    let (strong, weak) = (Swap::new(name.clone()), Swap::new(Some(ThinArc::downgrade(&name))));
    let (strong_guard, weak_guard) = (strong.load(), weak.load());
    strong.store("".into());
    weak.store(Some(ThinWeak::new()));
    assert!(weak.load().is_none(), "as documented: null is `None`");
    assert_eq!(weak_guard.as_ref().unwrap().upgrade().as_deref(), Some("first"));
    assert_eq!(&**strong_guard, "first");
    drop((strong_guard, weak_guard));
    assert_eq!(ThinArc::counts(&name), Counts { strong: 1, weak: 0 });
}

/// A strong and a weak handle to one allocation have one address, and are not confused.
#[test]
fn strong_and_weak() {
    let value = Arc::new(9);
    let strong = Swap::new(value.clone());
    let weak = Swap::new(Arc::downgrade(&value));
    let (strong_guard, weak_guard) = (strong.load(), weak.load());
    weak.store(Weak::new());
    strong.store(Arc::new(0));
    assert_eq!((**strong_guard, weak_guard.upgrade().as_deref()), (9, Some(&9)));
    drop((strong_guard, weak_guard));
    assert_eq!(counts(&value), (1, 0));
}

#[test]
fn readers_and_writers() {
    const ROUNDS: usize = if cfg!(debug_assertions) { 2_000 } else { 20_000 };
    let last = Arc::new([usize::MAX; 2]);
    let swap = Swap::new(Arc::new([0, 0]));
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (swap, start) = (&swap, &start);
            scope.spawn(move || {
                start.wait();
                for n in 0..ROUNDS {
                    swap.store(Arc::new([n * 2 + writer; 2]));
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    let [a, b] = **swap.load();
                    assert_eq!(a, b);
                }
            });
        }
    });
    drop(swap.swap(last.clone()));
    assert_eq!(counts(&last), (2, 0));
    drop(swap);
    assert_eq!(counts(&last), (1, 0));
}
