//! Exclusive access while another thread uses and drops a handle.

use crate::support::{Value, both, model, read, saw};
use proven_arc::{Arc, UniqueArc, Weak};

/// Two strong handles.
fn two_strong() -> (Arc<Value>, Arc<Value>) {
    let arc = Arc::new(Value::new(1));
    let other = Arc::clone(&arc);
    (arc, other)
}

/// A strong and a weak handle.
fn strong_and_weak() -> (Arc<Value>, Weak<Value>) {
    let arc = Arc::new(Value::new(1));
    let weak = Arc::downgrade(&arc);
    (arc, weak)
}

/// Upgrades, uses the value, drops the `Arc` and keeps the `Weak`. The counts are then what they
/// were before.
fn visit(weak: Weak<Value>) -> Weak<Value> {
    if let Some(arc) = weak.upgrade() {
        assert_eq!(arc.read(), 1);
        saw("visited");
    }
    weak
}

/// If `get_mut` succeeds, the last read through the dropped handle happens-before it. Catches
/// [release_strong] and [is_unique]: the bug of std that this crate began with.
#[test]
fn get_mut_during_drop() {
    model(["unique", "shared"], || {
        let (mut arc, other) = two_strong();
        both(
            move || read(other),
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

/// `get_mut` fails while there is a `Weak` that can upgrade. Once the `Weak` is dropped, `get_mut`
/// succeeds, after every use through it. Catches a `get_mut` that looks at the strong field only,
/// and [is_unique].
#[test]
fn get_mut_with_weak() {
    model(["unique", "shared", "visited"], || {
        let (mut arc, weak) = strong_and_weak();
        both(
            move || drop(visit(weak)),
            || match Arc::get_mut(&mut arc) {
                Some(value) => {
                    value.write(1);
                    saw("unique");
                }
                None => saw("shared"),
            },
        );
    });
}

/// `get_mut` while the other handle becomes a `Weak`, which is then dropped. Catches an `into_weak`
/// that miscounts, and [is_unique].
#[test]
fn get_mut_during_into_weak() {
    model(["unique", "shared"], || {
        let (mut arc, other) = two_strong();
        both(
            move || {
                assert_eq!(other.read(), 1);
                drop(Arc::into_weak(other));
            },
            || match Arc::get_mut(&mut arc) {
                Some(value) => {
                    value.write(2);
                    saw("unique");
                }
                None => saw("shared"),
            },
        );
        assert!(Arc::get_mut(&mut arc).is_some());
    });
}

/// If `is_unique` returns true, the value may be written. Catches [release_strong] and [is_unique].
#[test]
fn is_unique() {
    model(["unique", "shared"], || {
        let (mut arc, other) = two_strong();
        both(
            move || read(other),
            || {
                if Arc::is_unique(&arc) {
                    // SAFETY: this is the only handle, as was just seen.
                    unsafe { Arc::get_mut_unchecked(&mut arc) }.write(2);
                    saw("unique");
                } else {
                    saw("shared");
                }
            },
        );
    });
}

/// Both handles call `into_unique`: one call gets the value, and may write it. Catches
/// [release_strong] and [take_value].
#[test]
fn into_unique_twice() {
    model([], || {
        let (arc, other) = two_strong();
        let write = |arc: Arc<Value>| {
            assert_eq!(arc.read(), 1);
            Arc::into_unique(arc).map(|mut unique| unique.write(2)).is_some()
        };
        let (here, there) = both(move || write(arc), move || write(other));
        assert!(here != there, "one of the two has it");
    });
}

/// `into_unique` while a `Weak` upgrades: the value is moved out of the `Weak`'s reach. Catches
/// [release_strong] and [take_value].
#[test]
fn into_unique_during_upgrade() {
    model(["moved", "shared"], || {
        let (arc, weak) = strong_and_weak();
        both(
            move || {
                if let Some(arc) = weak.upgrade() {
                    assert_eq!(arc.read(), 1);
                }
            },
            || match Arc::into_unique(arc) {
                Some(mut unique) => {
                    unique.write(2);
                    assert_eq!(UniqueArc::into_arc(unique).read(), 2);
                    saw("moved");
                }
                None => saw("shared"),
            },
        );
    });
}

/// `try_into_unique` while the other handle is dropped. On success the value may be written, and
/// shared again. Catches [release_strong] and [sole].
#[test]
fn try_into_unique() {
    model(["unique", "shared"], || {
        let (arc, other) = two_strong();
        both(
            move || read(other),
            || match Arc::try_into_unique(arc) {
                Ok(mut unique) => {
                    unique.write(2);
                    let arc = UniqueArc::into_arc(unique);
                    assert_eq!(Arc::strong_count(&arc), 1);
                    saw("unique");
                }
                Err(arc) => {
                    assert_eq!(arc.read(), 1);
                    saw("shared");
                }
            },
        );
    });
}

/// `map` moves the value out only after the last read through the dropped handle. Catches
/// [release_strong] and [is_unique].
#[test]
fn map() {
    model(["same", "new"], || {
        let (arc, other) = two_strong();
        let before = Arc::as_ptr(&arc).addr();
        both(
            move || read(other),
            || {
                let mapped = Arc::map(arc, |value| Value::new(value.read() + 1));
                assert_eq!(mapped.read(), 2);
                saw(if Arc::as_ptr(&mapped).addr() == before { "same" } else { "new" });
            },
        );
    });
}

/// Both handles call `make_mut`: each gets a value of its own. One of them may become the last
/// handle just before the other call looks. Catches [release_strong], [take_value], [is_unique] and
/// [sole].
#[test]
fn make_mut_twice() {
    model(["two clones", "one clone"], || {
        let (a, b) = two_strong();
        let before = Arc::as_ptr(&a).addr();
        let edit = |mut arc: Arc<Value>, content| {
            Arc::make_mut(&mut arc).write(content);
            arc
        };
        let (a, b) = both(move || edit(a, 2), move || edit(b, 3));
        assert_eq!((a.read(), b.read()), (2, 3));
        let in_place = [&a, &b].iter().any(|arc| Arc::as_ptr(arc).addr() == before);
        saw(if in_place { "one clone" } else { "two clones" });
    });
}

/// `make_mut` while the other handle is dropped writes in place or to a clone. The drop may come
/// between the two looks of `make_mut`, which catches [sole]. Catches [release_strong],
/// [take_value], [is_unique] and [sole].
#[test]
fn make_mut_during_drop() {
    model(["in place", "cloned"], || {
        let (mut arc, other) = two_strong();
        let before = Arc::as_ptr(&arc).addr();
        both(
            move || read(other),
            || {
                let value = Arc::make_mut(&mut arc);
                value.write(2);
                saw(if (&raw const *value).addr() == before { "in place" } else { "cloned" });
            },
        );
    });
}

/// `make_mut` moves the value away from a `Weak` that upgrades, uses the value, and stays. Catches
/// [steal], [release_strong], [take_value], and a steal without the compare-exchange.
#[test]
fn make_mut_steals() {
    model(["visited", "moved", "cloned"], || {
        let (mut arc, weak) = strong_and_weak();
        let (weak, ()) = both(
            move || visit(weak),
            || {
                let made = Value::made();
                Arc::make_mut(&mut arc).write(1);
                saw(if Value::made() == made { "moved" } else { "cloned" });
            },
        );
        assert!(weak.upgrade().is_none());
        assert_eq!(arc.read(), 1);
    });
}

/// `make_mut` while the only `Weak` is dropped. If the drop comes first, it writes in place.
/// Otherwise it moves the value, and the last of the two threads frees the old memory. Catches
/// [release_weak], [release_weak_last], and an implicit weak that is never released, or released
/// twice.
#[test]
fn make_mut_during_weak_drop() {
    model(["in place", "moved"], || {
        let (mut arc, weak) = strong_and_weak();
        let before = Arc::as_ptr(&arc).addr();
        both(
            move || drop(weak),
            || {
                let value = Arc::make_mut(&mut arc);
                value.write(2);
                saw(if (&raw const *value).addr() == before { "in place" } else { "moved" });
            },
        );
    });
}

/// Both handles call `try_unwrap`: at most one call gets the value. Catches [release_strong],
/// [take_value] and [sole].
#[test]
fn try_unwrap_twice() {
    model(["one", "none"], || {
        let (a, b) = two_strong();
        let take = |arc: Arc<Value>| {
            assert_eq!(arc.read(), 1);
            Arc::try_unwrap(arc).map(|mut value| value.write(2)).is_ok()
        };
        match both(move || take(a), move || take(b)) {
            (true, true) => panic!("both have the value"),
            (false, false) => saw("none"),
            _ => saw("one"),
        }
    });
}

/// `try_unwrap` while the other handle is dropped returns the value only after the other's read.
/// Catches [release_strong] and [sole].
#[test]
fn try_unwrap_during_drop() {
    model(["unique", "shared"], || {
        let (arc, other) = two_strong();
        both(
            move || read(other),
            || match Arc::try_unwrap(arc) {
                Ok(mut value) => {
                    value.write(2);
                    saw("unique");
                }
                Err(arc) => {
                    assert_eq!(arc.read(), 1);
                    saw("shared");
                }
            },
        );
    });
}

/// `try_unwrap` takes the value away from a `Weak` that upgrades, uses the value, and stays.
/// Catches [steal], [release_strong], and a steal without the compare-exchange.
#[test]
fn try_unwrap_steals() {
    model(["visited", "taken", "shared"], || {
        let (arc, weak) = strong_and_weak();
        let (weak, ()) = both(
            move || visit(weak),
            || match Arc::try_unwrap(arc) {
                Ok(mut value) => {
                    value.write(2);
                    saw("taken");
                }
                Err(arc) => {
                    assert_eq!(arc.read(), 1);
                    saw("shared");
                }
            },
        );
        assert!(weak.upgrade().is_none());
    });
}

/// `try_unwrap` while the only `Weak` is dropped: the last of the two threads frees the memory.
/// Catches [release_weak], [release_weak_last], [sole], and an implicit weak that is never
/// released, or released twice.
#[test]
fn try_unwrap_during_weak_drop() {
    model([], || {
        let (arc, weak) = strong_and_weak();
        both(
            move || drop(weak),
            || {
                let Ok(mut value) = Arc::try_unwrap(arc) else { panic!("the only strong handle") };
                value.write(2);
            },
        );
    });
}

/// `try_unwrap` while the other handle becomes a `Weak`, and stays. Catches [strong_into_weak], and
/// an `into_weak` that miscounts.
#[test]
fn try_unwrap_during_into_weak() {
    model(["taken", "shared"], || {
        let (arc, other) = two_strong();
        let (weak, ()) = both(
            move || {
                assert_eq!(other.read(), 1);
                Arc::into_weak(other)
            },
            || match Arc::try_unwrap(arc) {
                Ok(mut value) => {
                    value.write(2);
                    saw("taken");
                }
                Err(arc) => {
                    assert_eq!(arc.read(), 1);
                    saw("shared");
                }
            },
        );
        assert!(weak.upgrade().is_none());
    });
}

/// `unwrap_or_clone` returns the value itself, or a clone. Catches [release_strong], [take_value]
/// and [sole].
#[test]
fn unwrap_or_clone() {
    model(["moved", "cloned"], || {
        let (arc, other) = two_strong();
        both(
            move || read(other),
            || {
                let made = Value::made();
                Arc::unwrap_or_clone(arc).write(2);
                saw(if Value::made() == made { "moved" } else { "cloned" });
            },
        );
    });
}
