//! What may be concluded from the counts.

use crate::support::{Value, both, model, saw};
use proven_arc::{Arc, Counts};

/// "The strong count is 1 and there is no `Weak`, therefore I may write." Catches [counts] and
/// [release_strong].
#[test]
fn strong_count_is_one() {
    model(["one", "two"], || {
        let mut arc = Arc::new(Value::new(1));
        let other = Arc::clone(&arc);
        both(
            move || assert_eq!(other.read(), 1),
            || match Arc::strong_count(&arc) {
                1 => {
                    // SAFETY: this is the only strong handle, and there never was a weak one.
                    unsafe { Arc::get_mut_unchecked(&mut arc) }.write(2);
                    saw("one");
                }
                2 => saw("two"),
                count => panic!("a strong count of {count}"),
            },
        );
    });
}

/// The same conclusion after the other strong handle became a `Weak`, which is never upgraded.
/// Catches [counts] and [strong_into_weak].
#[test]
fn strong_count_is_one_with_weak() {
    model(["one", "two"], || {
        let mut arc = Arc::new(Value::new(1));
        let other = Arc::clone(&arc);
        both(
            move || {
                assert_eq!(other.read(), 1);
                Arc::into_weak(other)
            },
            || match Arc::strong_count(&arc) {
                1 => {
                    // SAFETY: this is the only strong handle, and no weak one is upgraded.
                    unsafe { Arc::get_mut_unchecked(&mut arc) }.write(2);
                    saw("one");
                }
                2 => saw("two"),
                count => panic!("a strong count of {count}"),
            },
        );
    });
}

/// The two counts belong to one moment: a handle that becomes a `Weak` is never counted twice, and
/// never left out. Catches counts that are read one after the other, and an `into_weak` that
/// miscounts.
#[test]
fn of_one_moment() {
    model(["before", "after"], || {
        let arc = Arc::new(Value::new(1));
        let other = Arc::clone(&arc);
        both(
            move || Arc::into_weak(other),
            || match Arc::counts(&arc) {
                Counts { strong: 2, weak: 0 } => saw("before"),
                Counts { strong: 1, weak: 1 } => saw("after"),
                counts => panic!("{counts:?}"),
            },
        );
    });
}

/// A `Weak` reads the counts during the last drop. Once the value is gone, both are 0. Catches a
/// `weak_count` that counts the implicit weak, [release_weak] and [release_weak_last].
#[test]
fn of_a_weak() {
    model(["alive", "dead"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(
            move || match weak.weak_count() {
                1 => saw("alive"),
                0 => {
                    assert_eq!(weak.strong_count(), 0);
                    saw("dead");
                }
                count => panic!("a weak count of {count}"),
            },
            move || drop(arc),
        );
    });
}

/// One thread reads the counts while the other makes and drops handles. Catches miscounted handles.
#[test]
fn in_bounds() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let other = Arc::clone(&arc);
        both(
            move || {
                let weak = Arc::downgrade(&other);
                let _clone = Arc::clone(&other);
                drop(weak);
            },
            || {
                let Counts { strong, weak } = Arc::counts(&arc);
                assert!((1..=3).contains(&strong), "a strong count of {strong}");
                assert!(weak <= 1, "a weak count of {weak}");
            },
        );
        assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
    });
}
