//! Weak handles beside the last strong one, and beside each other.

use crate::support::{Value, both, model, saw, share, visit};
use proven_arc::{Arc, Weak};

/// A strong handle is downgraded and dropped beside another that is dropped. Catches
/// [release_strong], [take_value], [release_weak], [release_weak_last], and an [add_weak] that is
/// no read-modify-write.
#[test]
fn downgrade_beside_drop() {
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

/// `Weak`s made through one shared reference are all counted. Catches an [add_weak] that is no
/// read-modify-write, [release_weak] and [release_weak_last].
#[test]
fn downgrade_through_shared_reference() {
    model([], || {
        let (a, b) = share(Arc::new(Value::new(1)), Arc::downgrade, Arc::downgrade);
        both(move || drop(a), move || drop(b));
    });
}

/// An upgrade against the last drop: it gets the value as a whole, or not at all. Catches
/// [release_strong], [take_value], [release_weak], [release_weak_last], and an upgrade that does
/// not look at the sign.
#[test]
fn upgrade_beside_last_drop() {
    model(["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(move || visit(&weak), move || drop(arc));
    });
}

/// An upgrade against `into_inner`, which gets the value if and only if it is the last. Catches
/// [release_strong], [take_value], [release_weak] and [release_weak_last].
#[test]
fn upgrade_beside_into_inner() {
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

/// The last `Weak` is dropped beside the last `Arc`: the memory is freed by one of them, after
/// the other. Catches [take_value] (which may find no `Weak` left), [release_weak],
/// [release_weak_last], an implicit weak that is released before the value is dropped, twice, or
/// not at all, and a `Weak` that frees without being the last.
#[test]
fn drop_beside_last_drop() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(move || drop(weak), move || drop(arc));
    });
}

/// Two `Weak`s are dropped after the value died. Catches [release_weak], [release_weak_last], and a
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

/// `Weak`s are cloned, upgraded in vain and dropped after the value died. Catches [release_weak],
/// [release_weak_last], and an upgrade that does not look at the sign.
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

/// A `Weak` is cloned and dropped beside the last `Arc`. Catches [take_value], [release_weak] and
/// [release_weak_last].
#[test]
fn clone_beside_last_drop() {
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

/// Two upgrade through one shared `Weak`, each beside the other's handles. Catches [release_strong]
/// and [take_value], and an upgrade that is no read-modify-write.
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

/// Two upgrade, each through a `Weak` of its own, and one drops the last other handle. Catches
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

/// Both handles become `Weak`s: the value is dropped once, after the other's read. Catches
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

/// One becomes a `Weak` and stays, the other is dropped. Catches [strong_into_weak] and
/// [take_value].
#[test]
fn into_weak_beside_drop() {
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

/// The last `Arc` becomes a `Weak` beside a `Weak` that upgrades. Catches [release_strong],
/// [take_value], [release_weak], [release_weak_last].
#[test]
fn into_weak_beside_upgrade() {
    model(["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        both(move || visit(&weak), move || drop(Arc::into_weak(arc)));
    });
}

/// `into_strong` against the last drop: it gets the value, or gives back the `Weak`. Catches
/// [release_strong], [take_value], [release_weak_last], and an `into_strong` that miscounts.
#[test]
fn into_strong_beside_last_drop() {
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

/// `into_strong` against the steal of `make_mut`. Catches a steal without the compare-exchange,
/// and an `into_strong` that miscounts.
#[test]
fn into_strong_beside_steal() {
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

/// Two `into_strong` at once: both get the value, and no `Weak` is left. Catches an `into_strong`
/// that miscounts.
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
