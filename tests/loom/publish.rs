//! Values that a `Weak` can reach before they are written.

use crate::support::{Value, both, model, saw};
use proven_arc::{Arc, UniqueArc, Weak};

/// Upgrades, and uses the value if there is one.
fn visit(weak: Weak<Value>) {
    match weak.upgrade() {
        Some(arc) => {
            assert_eq!(arc.read(), 1);
            saw("published");
        }
        None => saw("too early"),
    }
}

/// `new_cyclic` hands its `Weak` to another thread while it builds the value. Catches [upgrade] and
/// [publish], and a value that is published before it is written.
#[test]
fn new_cyclic() {
    model(["published", "too early"], || {
        let mut thread = None;
        let arc = Arc::new_cyclic(|me: &Weak<Value>| {
            let me = Weak::clone(me);
            thread = Some(loom::thread::spawn(move || visit(me)));
            Value::new(1)
        });
        thread.unwrap().join().unwrap();
        assert_eq!(arc.read(), 1);
    });
}

/// As above, but the other thread turns its `Weak` into an `Arc`. Catches [upgrade] and [publish].
#[test]
fn new_cyclic_into_strong() {
    model(["published", "too early"], || {
        let mut thread = None;
        let arc = Arc::new_cyclic(|me: &Weak<Value>| {
            let me = Weak::clone(me);
            thread = Some(loom::thread::spawn(move || match me.into_strong() {
                Ok(arc) => {
                    assert_eq!(arc.read(), 1);
                    saw("published");
                }
                Err(_) => saw("too early"),
            }));
            Value::new(1)
        });
        drop(arc);
        thread.unwrap().join().unwrap();
    });
}

/// Writes the value and publishes it while a `Weak` upgrades.
fn published(mut unique: UniqueArc<Value>) {
    let weak = UniqueArc::downgrade(&unique);
    both(
        move || visit(weak),
        move || {
            unique.write(1);
            drop(UniqueArc::into_arc(unique));
        },
    );
}

/// A `UniqueArc` is written and becomes an `Arc` while a `Weak` upgrades. Catches [upgrade] and
/// [publish].
#[test]
fn into_arc() {
    model(["published", "too early"], || {
        published(UniqueArc::new(Value::new(0)));
    });
}

/// As above, for an `Arc` whose only handle was turned into a `UniqueArc`. Catches [upgrade] and
/// [publish].
#[test]
fn into_arc_again() {
    model(["published", "too early"], || {
        let Ok(unique) = Arc::try_into_unique(Arc::new(Value::new(0))) else {
            panic!("the only handle")
        };
        published(unique);
    });
}

/// A `UniqueArc` is dropped while a `Weak` is cloned, fails to upgrade, and is dropped. The last of
/// the two threads frees the memory. Catches [take_value], [release_weak] and [release_weak_last].
#[test]
fn unique_dropped() {
    model([], || {
        let unique = UniqueArc::new(Value::new(1));
        let weak = UniqueArc::downgrade(&unique);
        both(
            move || {
                let other = Weak::clone(&weak);
                drop(weak);
                assert!(other.upgrade().is_none());
            },
            move || drop(unique),
        );
    });
}
