//! Where this crate comes from: two orderings of std's `Arc`, which has two counters.

use crate::support::{Value, both, model, saw};
use crate::two_counters::{Arc, Orderings};
use loom::sync::atomic::Ordering::{self, Acquire, Relaxed};

/// std until 2018.
struct Until2018;

impl Orderings for Until2018 {
    const GET_MUT: Ordering = Relaxed;
    const MAKE_MUT: Ordering = Relaxed;
}

/// std since 2018.
struct Since2018;

impl Orderings for Since2018 {
    const GET_MUT: Ordering = Acquire;
    const MAKE_MUT: Ordering = Relaxed;
}

/// What could be proved in 2018.
struct Proved;

impl Orderings for Proved {
    const GET_MUT: Ordering = Acquire;
    const MAKE_MUT: Ordering = Acquire;
}

/// One thread reads and drops its handle, the other asks for exclusive access.
fn get_mut_during_drop<O: Orderings>() {
    model(["unique", "shared"], || {
        let mut arc = Arc::<Value, O>::new(Value::new(1));
        let other = arc.clone();
        both(
            move || assert_eq!(other.read(), 1),
            || match Arc::get_mut(&mut arc) {
                Some(value) => {
                    value.write(2);
                    saw("unique");
                }
                None => saw("shared"),
            },
        );
    });
}

/// [rust-lang/rust#51780](https://github.com/rust-lang/rust/issues/51780). `get_mut` read the
/// strong count with `Relaxed`. So it saw that the other handle was gone, but not what was done
/// through it: a data race in a safe program.
#[test]
#[should_panic = "Causality violation: Concurrent read and write accesses to `UnsafeCell`."]
fn get_mut_until_2018() {
    get_mut_during_drop::<Until2018>();
}

/// With `Acquire`, the load synchronises with the `Release` decrement of the handle that is gone.
#[test]
fn get_mut_since_2018() {
    get_mut_during_drop::<Since2018>();
}

/// `get_mut` locks the weak count, so that no `Weak` is made between its looks at the two counters.
/// `downgrade` has to wait for the lock.
#[test]
fn get_mut_during_downgrade() {
    model(["unique", "shared"], || {
        let mut arc = Arc::<Value, Since2018>::new(Value::new(1));
        let other = arc.clone();
        both(
            move || {
                let weak = Arc::downgrade(&other);
                assert_eq!(other.read(), 1);
                drop(other);
                drop(weak);
            },
            || match Arc::get_mut(&mut arc) {
                Some(value) => {
                    value.write(2);
                    saw("unique");
                }
                None => saw("shared"),
            },
        );
    });
}

/// A `Weak` upgrades, uses the value and is dropped during `make_mut`.
fn make_mut_with_weak<O: Orderings>() {
    model(["in place", "elsewhere"], || {
        let mut arc = Arc::<Value, O>::new(Value::new(1));
        let before = (&raw const *arc).addr();
        let weak = Arc::downgrade(&arc);
        both(
            move || {
                if let Some(arc) = weak.upgrade() {
                    assert_eq!(arc.read(), 1);
                }
            },
            || {
                let value = Arc::make_mut(&mut arc);
                value.write(2);
                saw(if (&raw const *value).addr() == before { "in place" } else { "elsewhere" });
            },
        );
    });
}

/// `make_mut` exchanges the strong count, and then reads the weak count with `Relaxed`. loom finds
/// nothing.
///
/// This does not say that the load is right. loom explores this one program, of two threads and a
/// few handles, under a memory model of its own: a failed compare-exchange never reads an old
/// value, and a load never reads a store that is not executed yet. Only a proof covers every
/// program. RustBelt found none in 2018: a `Relaxed` load of the second counter synchronises with
/// nothing, and an argument from one counter to the other has to follow every path by which a
/// `Weak` comes and goes. The proof had to assume `Acquire` here. std is `Relaxed` to this day.
///
/// With one word the question disappears. The same load returns both counts, and it is `Acquire`
/// for the sake of both. If it is weakened, [`crate::exclusive`] reports it.
#[test]
fn make_mut_relaxed() {
    make_mut_with_weak::<Since2018>();
}

/// The same with the ordering that was proved. loom sees no difference.
#[test]
fn make_mut_acquire() {
    make_mut_with_weak::<Proved>();
}
