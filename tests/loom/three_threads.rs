//! Three threads.

use crate::support::{Value, model_bounded, read, saw, visit};
use proven_arc::{Arc, Weak};

/// How many times the threads of one execution are preempted, at most. Without a bound, the
/// largest of these models takes many minutes. With three preemptions, each of two threads can
/// come in anywhere inside an operation of the third, and be interrupted itself once more; what
/// is left out interleaves more finely than that, and bugs that need it are rare.
const PREEMPTIONS: usize = 3;

/// Runs the three beside each other.
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

/// Two read and drop, and the third gets at the value after both: the release sequence holds for
/// each of them. Catches [release_strong] and [is_unique].
#[test]
fn get_mut_beside_two_drops() {
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
        assert_eq!(a + b + c, 1, "that many have the value");
    });
}

/// Two `Weak`s upgrade beside the last drop. Catches [release_strong], [take_value], [release_weak]
/// and [release_weak_last].
#[test]
fn two_upgrades_beside_last_drop() {
    model_bounded(PREEMPTIONS, ["upgraded", "too late"], || {
        let arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        all(move || visit(&a), move || visit(&b), || drop(arc));
    });
}

/// A `Weak` upgrades and another is dropped beside the steal of `make_mut`. Catches [release_weak],
/// [release_weak_last] and [steal].
#[test]
fn upgrade_and_drop_beside_steal() {
    model_bounded(PREEMPTIONS, ["upgraded", "too late"], || {
        let mut arc = Arc::new(Value::new(1));
        let a = Arc::downgrade(&arc);
        let b = Weak::clone(&a);
        all(move || visit(&a), move || drop(b), || Arc::make_mut(&mut arc).write(1));
    });
}

/// A handle becomes a `Weak`, a `Weak` becomes a handle, and the last other one is dropped.
/// Catches [release_strong], [take_value] and [strong_into_weak].
#[test]
fn into_weak_and_into_strong_beside_drop() {
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

/// Three `Weak`s go after the value died: one of them frees the memory, after the others.
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

/// Two upgrade while `new_cyclic` publishes. Catches [upgrade] and [publish].
#[test]
fn two_upgrades_beside_publish() {
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
