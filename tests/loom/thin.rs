//! Thin handles use the same word as all others. They read the length where other handles have it
//! in their pointer.

use crate::support::{Value, both, model, saw};
use proven_arc::ThinArc;

fn one(value: u32) -> ThinArc<[Value]> {
    ThinArc::from([Value::new(value)])
}

/// One handle is read and dropped, the other only dropped: the last one drops the value. Catches
/// [release_strong] and [take_value].
#[test]
fn read_during_drop() {
    model([], || {
        let thin = one(1);
        let other = thin.clone();
        both(move || assert_eq!(other[0].read(), 1), move || drop(thin));
    });
}

/// To free the memory, the last weak handle reads the length after the value is gone. Catches
/// [release_weak] and [release_weak_last].
#[test]
fn last_weak_during_last_drop() {
    model(["upgraded", "gone"], || {
        let thin = one(1);
        let weak = ThinArc::downgrade(&thin);
        both(
            move || match weak.upgrade() {
                Some(thin) => {
                    assert_eq!(thin[0].read(), 1);
                    saw("upgraded");
                }
                None => saw("gone"),
            },
            move || drop(thin),
        );
    });
}

/// One thread turns its handle into a weak one, which reads the length. Another turns its weak
/// handle into a strong one. Catches [strong_into_weak], [release_strong], [take_value],
/// [release_weak] and [release_weak_last].
#[test]
fn into_weak_during_into_strong() {
    model(["strong", "gone"], || {
        let thin = one(1);
        let weak = ThinArc::downgrade(&thin);
        both(
            move || match weak.into_strong() {
                Ok(thin) => {
                    assert_eq!(thin[0].read(), 1);
                    saw("strong");
                }
                Err(_weak) => saw("gone"),
            },
            move || {
                assert_eq!(thin[0].read(), 1);
                drop(ThinArc::into_weak(thin));
            },
        );
    });
}

/// `get_mut` during a drop. Catches [release_strong] and [is_unique].
#[test]
fn get_mut_during_drop() {
    model(["unique", "shared"], || {
        let mut thin = one(1);
        let other = thin.clone();
        both(
            move || assert_eq!(other[0].read(), 1),
            move || match ThinArc::get_mut(&mut thin) {
                Some(values) => {
                    values[0].write(2);
                    saw("unique");
                }
                None => saw("shared"),
            },
        );
    });
}

/// `make_mut` moves the value away from a weak handle that upgrades, and is kept. Catches
/// [release_strong] and [steal].
#[test]
fn make_mut_steals() {
    model(["upgraded", "gone"], || {
        let mut thin = one(1);
        let weak = ThinArc::downgrade(&thin);
        both(
            move || {
                match weak.upgrade() {
                    Some(thin) => {
                        assert!(thin[0].read() == 1);
                        saw("upgraded");
                    }
                    None => saw("gone"),
                }
                weak
            },
            move || {
                ThinArc::make_mut(&mut thin)[0].write(2);
                assert_eq!(thin[0].read(), 2);
            },
        );
    });
}
