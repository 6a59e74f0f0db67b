//! Both counts at their limits. Every operation that adds handles may reach the limit, and aborts
//! the process beyond it. No count wraps, and nothing is dropped.
//!
//! The tests write the count word themselves, because counting up to 2^29 or 2^33 takes too long. A
//! test that aborts runs in a child process, which is this binary again.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{Loud, child, leak_free, word};

use proven_arc::{Arc, Counts, UniqueArc, Weak};
use std::mem::{ManuallyDrop, forget};

/// The most strong handles.
const STRONG_LIMIT: u64 = 1 << 33;
/// The most `Weak`s. With the implicit weak, there are 2^29 weak handles.
const WEAK_LIMIT: u64 = (1 << 29) - 1;

/// Handles to `arc`'s allocation that the word counts. Their owners do not exist.
struct Handles {
    arc: ManuallyDrop<Arc<Loud>>,
    weak: ManuallyDrop<Weak<Loud>>,
    unique: ManuallyDrop<UniqueArc<Loud>>,
}

impl Handles {
    fn of(arc: &Arc<Loud>) -> Self {
        let raw = Arc::as_ptr(arc);
        // SAFETY: the word is set to count it, and it is not dropped.
        let arc = ManuallyDrop::new(unsafe { Arc::from_raw(raw) });
        // SAFETY: as above.
        let weak = ManuallyDrop::new(unsafe { Weak::from_raw(raw) });
        // A `UniqueArc` has no `from_raw`. Like an `Arc`, it is one pointer to the value.
        // SAFETY: used only while the word counts no strong handle, and not dropped.
        let unique = unsafe { std::mem::transmute::<*const Loud, UniqueArc<Loud>>(raw) };
        Self { arc, weak, unique: ManuallyDrop::new(unique) }
    }

    fn arc(&self) -> Arc<Loud> {
        // SAFETY: the word counts more handles than are used.
        unsafe { Arc::from_raw(Arc::as_ptr(&self.arc)) }
    }

    fn weak(&self) -> Weak<Loud> {
        // SAFETY: the word counts more handles than are used.
        unsafe { Weak::from_raw(self.weak.as_ptr()) }
    }
}

/// Runs `body` in a child process, which has to abort after `ready`. With `std` the process ends
/// without a panic, so the user's hook does not run. Without `std` the panic has a message.
fn aborts(test: &str, body: impl FnOnce()) {
    const MESSAGE: &str = "proven-arc: a reference count is past its limit";
    if let Some(stderr) = child::aborts(test, body) {
        let panicked = stderr.contains("panicked");
        assert_eq!(panicked, cfg!(not(feature = "std")), "{stderr}");
        assert_eq!(stderr.contains(MESSAGE), panicked, "{stderr}");
    }
}

/// Ends a child that should have aborted, before the drop of `arc` can abort it.
fn survived(arc: &Arc<Loud>) -> ! {
    println!("survived with {:?}", Arc::counts(arc));
    std::process::exit(0)
}

/// Runs `add` on many threads, with the word `full`. The panic handler of each thread waits for
/// ever. However many threads there are, the word ends as `taken_back`.
#[cfg(not(feature = "std"))]
fn endless_ends(test: &str, full: u64, taken_back: u64, add: fn(&Handles)) {
    const THREADS: usize = 64;
    child::succeeds(test, || {
        let (ended, ends) = std::sync::mpsc::sync_channel(THREADS);
        std::panic::set_hook(Box::new(move |_| {
            ended.send(()).expect("the test waits for it");
            loop {
                std::thread::park();
            }
        }));
        let arc: &'static Arc<Loud> = Box::leak(Box::new(Arc::new(Loud)));
        for _ in 0..THREADS {
            word::set(Arc::as_ptr(arc), full);
            std::thread::spawn(move || add(&Handles::of(arc)));
            let wait = std::time::Duration::from_secs(60);
            ends.recv_timeout(wait).expect("the thread ends past the limit");
            assert_eq!(word::get(Arc::as_ptr(arc)), taken_back);
        }
        child::ready();
        // The threads are still in the hook, so a test harness that replaces it would hang.
        std::process::exit(0);
    });
}

/// Generates tests of each operation that adds a handle. From the word `below` the limit, the
/// operation leaves the word `at` the limit. From the word `full`, it aborts, and leaves the word
/// `taken_back`.
macro_rules! adds {
    (
        below $below:expr, at $at:expr, full $full:expr, taken back $taken_back:expr;
        $(fn $name:ident($of:ident) { $add:expr })*
    ) => {$(
        mod $name {
            use super::*;

            fn add($of: &Handles) {
                let _not_dropped = ManuallyDrop::new($add);
            }

            #[test]
            fn adds_the_last() {
                leak_free(|| {
                    let arc = Arc::new(Loud);
                    word::set(Arc::as_ptr(&arc), $below);
                    add(&Handles::of(&arc));
                    assert_eq!(word::get(Arc::as_ptr(&arc)), $at);
                    word::set(Arc::as_ptr(&arc), word::of(1, 0));
                });
            }

            #[test]
            #[cfg_attr(miri, ignore = "starts a process")]
            fn aborts_past_the_last() {
                aborts(concat!(stringify!($name), "::aborts_past_the_last"), || {
                    let arc = Arc::new(Loud);
                    word::set(Arc::as_ptr(&arc), $full);
                    child::ready();
                    add(&Handles::of(&arc));
                    survived(&arc);
                });
            }

            /// The process does not end, since the panic handler does not return.
            #[cfg(not(feature = "std"))]
            #[test]
            #[cfg_attr(miri, ignore = "starts a process")]
            fn takes_back_what_it_added() {
                endless_ends(
                    concat!(stringify!($name), "::takes_back_what_it_added"),
                    $full,
                    $taken_back,
                    add,
                );
            }
        }
    )*};
}

adds! {
    below word::of(STRONG_LIMIT - 1, 1), at word::of(STRONG_LIMIT, 1),
    full word::of(STRONG_LIMIT, 1), taken back word::of(STRONG_LIMIT, 1);
    fn clone(of) { of.arc.clone() }
    fn upgrade(of) { of.weak.upgrade() }
    fn clone_many(of) { Arc::clone_many(&of.arc, 1) }
    fn clone_array(of) { Arc::clone_array::<1>(&of.arc) }
    fn increment_strong_count(of) {
        // SAFETY: there is a strong handle.
        unsafe { Arc::increment_strong_count(Arc::as_ptr(&of.arc)) }
    }
}

adds! {
    below word::of(STRONG_LIMIT - 1, 2), at word::of(STRONG_LIMIT, 1),
    full word::of(STRONG_LIMIT, 2), taken back word::of(STRONG_LIMIT, 2);
    fn into_strong(of) { of.weak().into_strong() }
}

adds! {
    below word::of(1, WEAK_LIMIT - 1), at word::of(1, WEAK_LIMIT),
    full word::of(1, WEAK_LIMIT), taken back word::of(1, WEAK_LIMIT);
    fn downgrade(of) { Arc::downgrade(&of.arc) }
    fn weak_clone(of) { Weak::clone(&of.weak) }
}

adds! {
    below word::of(0, WEAK_LIMIT - 1), at word::of(0, WEAK_LIMIT),
    full word::of(0, WEAK_LIMIT), taken back word::of(0, WEAK_LIMIT);
    fn weak_clone_without_a_value(of) { Weak::clone(&of.weak) }
    fn unique_downgrade(of) { UniqueArc::downgrade(&of.unique) }
}

adds! {
    below word::of(2, WEAK_LIMIT - 1), at word::of(1, WEAK_LIMIT),
    full word::of(2, WEAK_LIMIT), taken back word::of(1, WEAK_LIMIT);
    fn into_weak(of) { Arc::into_weak(of.arc()) }
}

adds! {
    below word::of(STRONG_LIMIT, WEAK_LIMIT - 1), at word::of(STRONG_LIMIT - 1, WEAK_LIMIT),
    full word::of(STRONG_LIMIT, WEAK_LIMIT),
    taken back word::of(STRONG_LIMIT - 1, WEAK_LIMIT);
    fn into_weak_with_both_full(of) { Arc::into_weak(of.arc()) }
}

/// Tests that run in a child process, which has to abort.
macro_rules! aborts {
    ($($(#[$attr:meta])* fn $name:ident($arc:ident) $body:block)*) => {$(
        #[test]
        #[cfg_attr(miri, ignore = "starts a process")]
        $(#[$attr])*
        fn $name() {
            aborts(stringify!($name), || {
                let $arc = Arc::new(Loud);
                $body
                survived(&$arc);
            });
        }
    )*};
}

/// Runs `f` on several threads at once.
fn on_threads(f: impl Fn() + Sync) {
    let start = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                f();
            });
        }
    });
}

aborts! {
    /// Only public functions change the counts. 2^34 handles in one step would be 0 in the word.
    #[cfg(target_pointer_width = "64")]
    fn clone_many_of_the_whole_word(arc) {
        child::ready();
        forget(Arc::clone_many(&arc, 1 << 34));
    }

    #[cfg(target_pointer_width = "64")]
    fn clone_many_that_wraps_to_less(arc) {
        child::ready();
        forget(Arc::clone_many(&arc, (1 << 35) - 1));
    }

    #[cfg(target_pointer_width = "64")]
    fn clone_many_one_too_many(arc) {
        child::ready();
        forget(Arc::clone_many(&arc, 1 << 33));
    }

    #[cfg(target_pointer_width = "64")]
    fn clone_many_without_end(arc) {
        child::ready();
        forget(Arc::clone_many(&arc, usize::MAX));
    }

    /// From the limit on, each thread adds many. The field must not wrap around to few handles.
    fn clone_many_on_many_threads(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT - 1_000_000, 0));
        child::ready();
        on_threads(|| loop {
            forget(Arc::clone_many(&arc, usize::MAX));
        });
    }

    fn clone_on_many_threads(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT - 10_000, 0));
        child::ready();
        on_threads(|| loop {
            forget(arc.clone());
        });
    }

    fn upgrade_on_many_threads(arc) {
        let weak = Arc::downgrade(&arc);
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT - 10_000, 1));
        child::ready();
        on_threads(|| loop {
            forget(weak.upgrade());
        });
    }

    /// std panics here.
    fn downgrade_on_many_threads(arc) {
        word::set(Arc::as_ptr(&arc), word::of(1, WEAK_LIMIT - 10_000));
        child::ready();
        on_threads(|| loop {
            forget(Arc::downgrade(&arc));
        });
    }

    #[cfg(feature = "std")]
    /// A thread holds the lock of standard error, and waits for the thread that aborts.
    fn while_standard_error_is_locked(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT, 0));
        child::ready();
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(60));
            println!("the abort hangs");
            std::process::exit(1);
        });
        let _locked = std::io::stderr().lock();
        std::thread::scope(|scope| {
            scope.spawn(|| forget(arc.clone()));
        });
    }

    #[cfg(feature = "std")]
    /// The user's panic hook does not run.
    fn while_the_hook_ends_the_process(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT, 0));
        child::ready();
        std::panic::set_hook(Box::new(|_| std::process::exit(0)));
        forget(arc.clone());
    }

    // What other threads do after one thread has passed the limit and before it aborts.

    fn drop_past_the_limit(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT + 2, 0));
        child::ready();
        drop(Handles::of(&arc).arc());
    }

    fn upgrade_past_the_limit(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT + 2, 1));
        child::ready();
        forget(Handles::of(&arc).weak.upgrade());
    }

    fn into_strong_past_the_limit(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT + 2, 1));
        child::ready();
        forget(Handles::of(&arc).weak().into_strong());
    }

    fn into_inner_past_the_limit(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT + 2, 0));
        child::ready();
        forget(Arc::into_inner(Handles::of(&arc).arc()));
    }

    fn decrement_strong_count_past_the_limit(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT + 2, 0));
        child::ready();
        // SAFETY: the word counts far more handles.
        unsafe { Arc::decrement_strong_count(Arc::as_ptr(&arc)) };
    }

    fn into_weak_past_the_limit(arc) {
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT + 2, 0));
        child::ready();
        forget(Arc::into_weak(Handles::of(&arc).arc()));
    }

    fn dropping_clones_past_the_limit(arc) {
        let clones = Arc::clone_many(&arc, 5);
        word::set(Arc::as_ptr(&arc), word::of(STRONG_LIMIT + 100, 0));
        child::ready();
        drop(clones);
    }

    /// A handle was released more often than it was made.
    fn the_last_weak_while_there_is_a_strong_handle(arc) {
        let weak = Arc::downgrade(&arc);
        word::set(Arc::as_ptr(&arc), word::of(1, 0));
        child::ready();
        drop(weak);
    }
}

/// Past the limit, no function returns the value, or exclusive access to it.
#[test]
fn nothing_is_taken_past_the_limit() {
    leak_free(|| {
        let mut arc = Arc::new(Loud);
        let raw = Arc::as_ptr(&arc);
        for strong in [STRONG_LIMIT, STRONG_LIMIT + 1, 2 * STRONG_LIMIT - 1] {
            word::set(raw, word::of(strong, 0));
            // With 32 bits, the largest `usize` is returned for a count that does not fit.
            assert_eq!(Arc::strong_count(&arc), usize::try_from(strong).unwrap_or(usize::MAX));
            assert!(Arc::get_mut(&mut arc).is_none());
            assert!(!Arc::is_unique(&arc));
            forget(Arc::try_unwrap(Handles::of(&arc).arc()).err().expect("shared"));
            forget(Arc::try_into_unique(Handles::of(&arc).arc()).err().expect("shared"));
        }
        word::set(raw, word::of(1, 0));
    });
}

/// As many handles as an iterator can hold are released in one step, as the last handles.
#[cfg(target_pointer_width = "64")]
#[test]
#[cfg_attr(miri, ignore = "millions of steps")]
fn as_many_clones_as_an_iterator_holds() {
    leak_free(|| {
        let arc = Arc::new(Loud);
        let clones = Arc::clone_many(&arc, STRONG_LIMIT as usize - 1);
        drop(arc);
        drop(clones);
    });
    leak_free(|| {
        let arc = Arc::new(Loud);
        let weak = Arc::downgrade(&arc);
        let clones = Arc::clone_many(&arc, STRONG_LIMIT as usize - 1);
        drop(arc);
        drop(clones);
        assert!(weak.upgrade().is_none());
    });
}

/// The whole room of the strong field, by public functions. std's limit is `isize::MAX` handles.
#[cfg(target_pointer_width = "64")]
#[test]
#[cfg_attr(miri, ignore = "millions of steps")]
fn every_strong_handle_up_to_the_limit() {
    leak_free(|| {
        let mut arc = Arc::new(Loud);
        let weak = Arc::downgrade(&arc);
        let others = STRONG_LIMIT as usize - 1;
        let mut clones = Arc::clone_many(&arc, others);
        assert_eq!(Arc::counts(&arc), Counts { strong: others + 1, weak: 1 });
        assert_eq!(word::get(Arc::as_ptr(&arc)), word::of(STRONG_LIMIT, 1));
        drop(clones.nth(others - 10));
        assert_eq!(Arc::counts(&arc), Counts { strong: 10, weak: 1 });
        drop(clones);
        assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 1 });
        drop(weak);
        assert!(Arc::get_mut(&mut arc).is_some());
    });
}
