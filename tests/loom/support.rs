//! How a model is written.
//!
//! A model is a closure that is run once for each execution that loom finds. It fails if loom, the
//! crate's facade (`src/atomic/loom.rs`) or a [`Value`] reports something, or if a value is not
//! dropped exactly once. It also fails if one of the outcomes that it announces [never
//! happens](saw). So a model that no longer reaches what it was written for cannot pass.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use proven_arc::{Arc, Weak};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Instant;

/// The notes of one test's models. All threads of a model run on one thread of the system, so loom
/// need not know of these notes, and they make no edge between the model's threads.
#[derive(Default)]
struct Notes {
    /// The number of this execution.
    execution: Cell<u64>,
    /// Values made in this execution.
    made: Cell<u64>,
    /// Values dropped in this execution.
    dropped: Cell<u64>,
    /// Outcomes of all executions.
    seen: RefCell<BTreeSet<&'static str>>,
}

std::thread_local! {
    static NOTES: Notes = Notes::default();
}

fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

/// Explores `f` exhaustively. Each of the `outcomes`, and no other, has to be [seen](saw) in some
/// execution.
pub(crate) fn model<const N: usize>(
    outcomes: [&'static str; N],
    f: impl Fn() + Send + Sync + 'static,
) {
    explore(None, outcomes.into(), Box::new(f));
}

/// Explores the executions of `f` with at most `preemptions` preemptions.
pub(crate) fn model_bounded<const N: usize>(
    preemptions: usize,
    outcomes: [&'static str; N],
    f: impl Fn() + Send + Sync + 'static,
) {
    explore(Some(preemptions), outcomes.into(), Box::new(f));
}

/// It is not generic: compiling it for each model took most of the time.
fn explore(
    preemption_bound: Option<usize>,
    outcomes: BTreeSet<&'static str>,
    f: Box<dyn Fn() + Send + Sync>,
) {
    let mut builder = Builder::new();
    // The environment may not set the bound: with a hidden bound a model could pass.
    builder.preemption_bound = preemption_bound;
    builder.max_permutations = None;
    builder.max_duration = None;
    // A report names the lines of both accesses.
    builder.location = true;
    let start = Instant::now();
    builder.check(move || {
        NOTES.with(|notes| {
            count(&notes.execution);
            notes.made.set(0);
            notes.dropped.set(0);
        });
        f();
        NOTES.with(|notes| {
            let (made, dropped) = (notes.made.get(), notes.dropped.get());
            assert_eq!(made, dropped, "not every value was dropped exactly once");
        });
    });
    NOTES.with(|notes| {
        println!("{} executions, {:.1?}", notes.execution.get(), start.elapsed());
        assert!(notes.execution.get() > 1, "a model has to have something to explore");
        assert_eq!(*notes.seen.borrow(), outcomes, "outcomes");
    });
}

/// Records an outcome of this execution.
pub(crate) fn saw(outcome: &'static str) {
    NOTES.with(|notes| notes.seen.borrow_mut().insert(outcome));
}

/// Runs the two closures concurrently, each in its own thread.
pub(crate) fn both<A: Send + 'static, B: Send>(
    a: impl FnOnce() -> A + Send + 'static,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    let a = loom::thread::spawn(a);
    let b = b();
    (a.join().unwrap(), b)
}

/// Runs the two closures concurrently, with one shared reference to `shared`.
pub(crate) fn share<T: Sync + 'static, A: Send + 'static, B: Send>(
    shared: T,
    a: impl FnOnce(&T) -> A + Send + 'static,
    b: impl FnOnce(&T) -> B + Send,
) -> (A, B) {
    let shared = Box::into_raw(Box::new(shared));
    // SAFETY: it stays allocated until both threads are joined, or for ever if one panics.
    let borrowed: &'static T = unsafe { &*shared };
    let results = both(move || a(borrowed), || b(borrowed));
    // SAFETY: from `into_raw`, and the borrows of both threads are over.
    drop(unsafe { Box::from_raw(shared) });
    results
}

/// Uses the value, and drops the handle.
pub(crate) fn read(arc: Arc<Value>) {
    assert_eq!(arc.read(), 1);
}

/// Upgrades, and uses the value if there is one.
pub(crate) fn visit(weak: &Weak<Value>) {
    match weak.upgrade() {
        Some(arc) => {
            read(arc);
            saw("upgraded");
        }
        None => saw("too late"),
    }
}

/// A value whose every use is a non-atomic access that loom checks. Its destructor writes.
pub(crate) struct Value {
    content: UnsafeCell<u32>,
    /// The execution that it lives in: 0 if it was dropped, anything if it was never written.
    lives_in: Cell<u64>,
}

// SAFETY: loom checks that reads are ordered with writes.
unsafe impl Sync for Value {}

impl Value {
    pub(crate) fn new(content: u32) -> Value {
        let lives_in = NOTES.with(|notes| {
            count(&notes.made);
            notes.execution.clone()
        });
        Value { content: UnsafeCell::new(content), lives_in }
    }

    /// How many values were made in this execution. A clone adds one.
    pub(crate) fn made() -> u64 {
        NOTES.with(|notes| notes.made.get())
    }

    /// A report that unwinds is not checked further: a second report would hide it.
    fn is_looked_at(&self) -> bool {
        if std::thread::panicking() {
            return false;
        }
        let now = NOTES.with(|notes| notes.execution.get());
        assert_eq!(self.lives_in.get(), now, "a value was used that is dropped, or not written");
        true
    }

    #[track_caller]
    pub(crate) fn read(&self) -> u32 {
        if !self.is_looked_at() {
            return 0;
        }
        // SAFETY: loom panics if it races.
        self.content.with(|content| unsafe { *content })
    }

    #[track_caller]
    pub(crate) fn write(&mut self, content: u32) {
        if self.is_looked_at() {
            // SAFETY: loom panics if it races.
            self.content.with_mut(|place| unsafe { *place = content });
        }
    }
}

impl Clone for Value {
    fn clone(&self) -> Value {
        Value::new(self.read())
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        if self.is_looked_at() {
            self.write(u32::MAX);
            self.lives_in.set(0);
            NOTES.with(|notes| count(&notes.dropped));
        }
    }
}
