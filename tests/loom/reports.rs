//! Each report of `src/atomic/loom.rs` and of a `Value` is provoked once, by a program that breaks
//! a contract. Freed memory stays in quarantine, so these programs touch no memory of others.

use crate::support::{Value, both, model};
use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use proven_arc::{Arc, Weak};
use std::mem;

/// A model of one thread. Its first execution has to report something.
fn report(f: impl Fn() + Send + Sync + 'static) {
    model([], f);
}

/// The counts of an allocation that is freed.
#[test]
#[should_panic = "use after free: the reference count of a freed allocation"]
fn use_after_free() {
    report(|| {
        let raw = Arc::into_raw(Arc::new(Value::new(1)));
        // SAFETY: the first is the handle that `raw` keeps. The second breaks the contract.
        unsafe { Arc::decrement_strong_count(raw) };
        // SAFETY: as above.
        unsafe { Arc::decrement_strong_count(raw) };
    });
}

/// The memory is freed while the value is destroyed, and again after it.
#[test]
#[should_panic = "double free: the allocation was freed before"]
fn double_free() {
    struct FreesItself;

    impl Drop for FreesItself {
        fn drop(&mut self) {
            // SAFETY: breaks the contract: the only weak handle is the implicit weak, which belongs
            // to the thread that drops the value.
            drop(unsafe { Weak::from_raw(self) });
        }
    }

    report(|| drop(Arc::new(FreesItself)));
}

/// The memory is never freed.
#[test]
#[should_panic = "Allocation leaked."]
fn leak() {
    report(|| mem::forget(Arc::new(())));
}

/// A thread frees the memory without synchronising with another thread's use of the counts.
#[test]
#[should_panic = "Causality violation: Concurrent atomic load and unsync mut accesses."]
fn free_during_load() {
    report(|| {
        let arc = Arc::new(());
        let raw = Arc::as_ptr(&arc).addr();
        let looked = std::sync::Arc::new(AtomicBool::new(false));
        let tell = std::sync::Arc::clone(&looked);
        let thread = loom::thread::spawn(move || {
            // SAFETY: breaks the contract: the handle is another thread's.
            let weak = unsafe { Weak::from_raw(raw as *const ()) };
            assert_eq!(mem::ManuallyDrop::new(weak).strong_count(), 1);
            tell.store(true, Relaxed);
        });
        if !looked.load(Relaxed) {
            thread.join().unwrap();
        }
        drop(arc);
    });
}

/// A handle is released more often than it was made, while a `Weak` keeps the memory.
#[test]
#[should_panic = "proven-arc: a reference count is past its limit"]
fn count_past_its_limit() {
    report(|| {
        let arc = Arc::new(Value::new(1));
        mem::forget(Arc::downgrade(&arc));
        let raw = Arc::into_raw(arc);
        // SAFETY: the first is the handle that `raw` keeps. The second breaks the contract.
        unsafe { Arc::decrement_strong_count(raw) };
        // SAFETY: as above.
        unsafe { Arc::decrement_strong_count(raw) };
    });
}

/// A value is written while another handle reads it.
#[test]
#[should_panic = "Causality violation: Concurrent read and write accesses"]
fn value_raced() {
    report(|| {
        let mut arc = Arc::new(Value::new(1));
        let other = Arc::clone(&arc);
        both(
            move || {
                other.read();
            },
            move || {
                // SAFETY: breaks the contract: there is another handle.
                unsafe { Arc::get_mut_unchecked(&mut arc) }.write(2);
            },
        );
    });
}

/// A value is dropped twice.
#[test]
#[should_panic = "a value was used that is dropped, or not written"]
fn value_dropped_twice() {
    report(|| {
        let mut value = mem::ManuallyDrop::new(Value::new(1));
        // SAFETY: the first time is allowed, the second breaks the contract.
        unsafe { mem::ManuallyDrop::drop(&mut value) };
        // SAFETY: as above.
        unsafe { mem::ManuallyDrop::drop(&mut value) };
    });
}

/// A value is never dropped.
#[test]
#[should_panic = "not every value was dropped exactly once"]
fn value_not_dropped() {
    report(|| mem::forget(Value::new(1)));
}

/// An announced outcome never happens.
#[test]
#[should_panic = "outcomes"]
fn outcome_missing() {
    model(["never"], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        both(move || drop(a), move || drop(b));
    });
}
