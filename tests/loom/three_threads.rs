//! Three threads.

use crate::support::{Value, model_bounded, read, saw, visit};
use proven_arc::{Arc, Weak};

/// The bound on the preemptions in one execution. Without a bound, the largest of these models
/// takes many minutes. With three preemptions, each of two threads can interrupt the third anywhere
/// inside an operation, and be interrupted once itself. The bound leaves out only finer
/// interleavings, and bugs that need them are rare.
const PREEMPTIONS: usize = 3;

/// Runs the three closures concurrently.
fn all<A: Send + 'static, B: Send + 'static, C>(
    a: impl FnOnce() -> A + Send + 'static,
    b: impl FnOnce() -> B + Send + 'static,
    c: impl FnOnce() -> C,
) -> (A, B, C) {
    let a = loom::thread::spawn(a);
    let b = loom::thread::spawn(b);
    let c = c();
    (a.join().unwrap(), b.join().unwrap(), c)
}

/// Two threads read and drop, and the third gets exclusive access after both: the release sequence
/// carries both releases. Catches [release_strong] and [is_unique].
#[test]
fn get_mut_during_two_drops() {
    model_bounded(PREEMPTIONS, ["unique", "shared"], || {
        let mut arc = Arc::new(Value::new(1));
        let [a, b] = Arc::clone_array(&arc);
        all(
            move || read(a),
            move || read(b),
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

/// Of three callers of `into_inner`, exactly one gets the value. Catches [release_strong] and
/// [take_value].
#[test]
fn into_inner() {
    model_bounded(PREEMPTIONS, [], || {
        let arc = Arc::new(Value::new(1));
        let [a, b] = Arc::clone_array(&arc);
        let take = |arc: Arc<Value>| {
            assert_eq!(arc.read(), 1);
            usize::from(Arc::into_inner(arc).map(|mut value| value.write(2)).is_some())
        };
        let (a, b, c) = all(move || take(a), move || take(b), || take(arc));
        assert_eq!(a + b + c, 1, "how many calls got the value");
    });
}

/// Two `Weak`s upgrade during the last drop. Catches [release_strong], [take_value], [release_weak]
/// and [release_weak_last].
#[test]
fn two_upgrades_during_last_drop() {
    model_bounded(PREEMPTIONS, ["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        all(move || visit(&a), move || visit(&b), || drop(arc));
    });
}

/// One `Weak` upgrades and another is dropped during the steal of `make_mut`. Catches
/// [release_weak], [release_weak_last] and [steal].
#[test]
fn upgrade_and_drop_during_steal() {
    model_bounded(PREEMPTIONS, ["upgraded", "too late"], || {
        let mut arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        all(move || visit(&a), move || drop(b), || Arc::make_mut(&mut arc).write(1));
    });
}

/// An `Arc` becomes a `Weak`, a `Weak` becomes an `Arc`, and the last other handle is dropped.
/// Catches [release_strong], [take_value] and [strong_into_weak].
#[test]
fn into_weak_and_into_strong_during_drop() {
    model_bounded(PREEMPTIONS, ["strong", "weak"], || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        let other = Arc::clone(&arc);
        all(
            move || {
                assert_eq!(other.read(), 1);
                Arc::into_weak(other)
            },
            move || match weak.into_strong() {
                Ok(arc) => {
                    assert_eq!(arc.read(), 1);
                    saw("strong");
                }
                Err(_) => saw("weak"),
            },
            || drop(arc),
        );
    });
}

/// Three `Weak`s are dropped after the value: the last of them frees the memory, after the others.
/// Catches [release_weak] and [release_weak_last].
#[test]
fn three_weaks_after_the_value() {
    model_bounded(PREEMPTIONS, [], || {
        let arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        let c = Weak::clone(&a);
        drop(arc);
        all(move || drop(a), move || drop(b), || drop(c));
    });
}

/// Two threads upgrade while `new_cyclic` publishes. Catches [upgrade] and [publish].
#[test]
fn two_upgrades_during_publish() {
    model_bounded(PREEMPTIONS, ["upgraded", "too late"], || {
        let mut threads = None;
        let arc = Arc::new_cyclic(|me: &Weak<Value>| {
            let visitor = || {
                let me = Weak::clone(me);
                loom::thread::spawn(move || visit(&me))
            };
            threads = Some([visitor(), visitor()]);
            Value::new(1)
        });
        drop(arc);
        for thread in threads.unwrap() {
            thread.join().unwrap();
        }
    });
}
