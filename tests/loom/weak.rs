//! Weak handles that race with the last strong handle, and with each other.

use crate::support::{Value, both, model, saw, share, visit};
use proven_arc::{Arc, Weak};

/// A strong handle is downgraded and dropped while another one is dropped. Catches
/// [release_strong], [take_value], [release_weak], [release_weak_last], and an [add_weak] that is
/// no read-modify-write.
#[test]
fn downgrade_during_drop() {
    model(["upgraded", "too late"], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        both(
            move || {
                let weak = Arc::downgrade(&a);
                drop(a);
                visit(&weak);
            },
            move || drop(b),
        );
    });
}

/// Two threads downgrade one shared `Arc`, and both `Weak`s are counted. Catches an [add_weak] that
/// is no read-modify-write, [release_weak] and [release_weak_last].
#[test]
fn downgrade_through_shared_reference() {
    model([], || {
        let (a, b) = share(Arc::new(Value::new(1)), Arc::downgrade, Arc::downgrade);
        both(move || drop(a), move || drop(b));
    });
}

/// An upgrade during the last drop returns a handle to the whole value, or none. Catches
/// [release_strong], [take_value], [release_weak], [release_weak_last], and an upgrade that ignores
/// the sign.
#[test]
fn upgrade_during_last_drop() {
    model(["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(move || visit(&weak), move || drop(arc));
    });
}

/// An upgrade during `into_inner`, which gets the value if and only if it has the last handle.
/// Catches [release_strong], [take_value], [release_weak] and [release_weak_last].
#[test]
fn upgrade_during_into_inner() {
    model(["upgraded", "too late", "last", "not last"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(
            move || visit(&weak),
            move || match Arc::into_inner(arc) {
                Some(mut value) => {
                    value.write(2);
                    saw("last");
                }
                None => saw("not last"),
            },
        );
    });
}

/// The last `Weak` is dropped during the last drop: one of the two threads frees the memory, after
/// the other is done. Catches [take_value] (which may find no `Weak` left), [release_weak],
/// [release_weak_last], an implicit weak that is released before the value is dropped, twice, or
/// never, and a `Weak` that frees without being the last.
#[test]
fn drop_during_last_drop() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(move || drop(weak), move || drop(arc));
    });
}

/// Two `Weak`s are dropped after the value. Catches [release_weak], [release_weak_last], and a
/// `Weak` that frees without being the last.
#[test]
fn drop_twice_after_the_value() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        drop(arc);
        both(move || drop(a), move || drop(b));
    });
}

/// After the value is gone, `Weak`s are cloned, fail to upgrade, and are dropped. Catches
/// [release_weak], [release_weak_last], and an upgrade that ignores the sign.
#[test]
fn clone_after_the_value() {
    model(["too late"], || {
        let arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        drop(arc);
        let work = |weak: Weak<Value>| {
            let other = Weak::clone(&weak);
            drop(weak);
            visit(&other);
        };
        both(move || work(a), move || work(b));
    });
}

/// A `Weak` is cloned and dropped during the last drop. Catches [take_value], [release_weak] and
/// [release_weak_last].
#[test]
fn clone_during_last_drop() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(
            move || {
                let other = Weak::clone(&weak);
                drop(weak);
                drop(other);
            },
            move || drop(arc),
        );
    });
}

/// Two threads upgrade through one shared `Weak`, each while the other makes and drops handles.
/// Catches [release_strong] and [take_value], and an upgrade that is no read-modify-write.
#[test]
fn upgrade_through_shared_reference() {
    model(["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        share(weak, visit, |weak| {
            visit(weak);
            drop(arc);
        });
    });
}

/// Two threads upgrade, each through its own `Weak`, and one of them drops the last `Arc`. Catches
/// [release_strong] and [take_value].
#[test]
fn upgrade_through_two() {
    model(["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        both(
            move || {
                visit(&a);
                a
            },
            move || {
                visit(&b);
                drop(arc);
                b
            },
        );
    });
}

/// Both handles become `Weak`s: the value is dropped once, after the other thread's read. Catches
/// [strong_into_weak], [take_value], and an `into_weak` that miscounts.
#[test]
fn into_weak_twice() {
    model([], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        let leave = |arc: Arc<Value>| {
            assert_eq!(arc.read(), 1);
            Arc::into_weak(arc)
        };
        let (a, b) = both(move || leave(a), move || leave(b));
        assert!(a.upgrade().is_none());
        assert!(b.upgrade().is_none());
    });
}

/// One handle becomes a `Weak` and stays, the other is dropped. Catches [strong_into_weak] and
/// [take_value].
#[test]
fn into_weak_during_drop() {
    model([], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        let (weak, ()) = both(
            move || {
                assert_eq!(a.read(), 1);
                Arc::into_weak(a)
            },
            move || drop(b),
        );
        assert!(weak.upgrade().is_none());
    });
}

/// The last `Arc` becomes a `Weak` while another `Weak` upgrades. Catches [release_strong],
/// [take_value], [release_weak], [release_weak_last].
#[test]
fn into_weak_during_upgrade() {
    model(["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(move || visit(&weak), move || drop(Arc::into_weak(arc)));
    });
}

/// `into_strong` during the last drop returns an `Arc`, or the `Weak`. Catches [release_strong],
/// [take_value], [release_weak_last], and an `into_strong` that miscounts.
#[test]
fn into_strong_during_last_drop() {
    model(["strong", "weak"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(
            move || match weak.into_strong() {
                Ok(arc) => {
                    assert_eq!((arc.read(), Arc::weak_count(&arc)), (1, 0));
                    saw("strong");
                }
                Err(weak) => {
                    assert!(weak.upgrade().is_none());
                    saw("weak");
                }
            },
            move || drop(arc),
        );
    });
}

/// `into_strong` during the steal of `make_mut`. Catches a steal without the compare-exchange, and
/// an `into_strong` that miscounts.
#[test]
fn into_strong_during_steal() {
    model(["strong", "weak"], || {
        let mut arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(
            move || match weak.into_strong() {
                Ok(arc) => {
                    assert_eq!(arc.read(), 1);
                    saw("strong");
                }
                Err(_) => saw("weak"),
            },
            move || Arc::make_mut(&mut arc).write(2),
        );
    });
}

/// Both `Weak`s call `into_strong`: both get an `Arc`, and no `Weak` is left. Catches an
/// `into_strong` that miscounts.
#[test]
fn into_strong_twice() {
    model([], || {
        let mut arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        both(
            move || assert_eq!(a.into_strong().unwrap().read(), 1),
            move || assert_eq!(b.into_strong().unwrap().read(), 1),
        );
        Arc::get_mut(&mut arc).expect("the only handle").write(2);
    });
}
