//! Strong handles beside strong handles.

use crate::support::{Value, both, model, saw, share};
use proven_arc::Arc;

/// Both clone, read, and drop what they have: the destructor of whoever is last comes after all
/// that the other did. Catches [release_strong] and [take_value].
#[test]
fn clone_and_drop() {
    model([], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        let work = |arc: Arc<Value>| {
            let other = Arc::clone(&arc);
            drop(arc);
            assert_eq!(other.read(), 1);
        };
        both(move || work(a), move || work(b));
    });
}

/// One reads and drops, the other drops only: the smallest model of [release_strong] and
/// [take_value].
#[test]
fn read_beside_drop() {
    model([], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        both(move || assert_eq!(a.read(), 1), move || drop(b));
    });
}

/// Clones made through one shared reference are all counted. Catches an [add_strong] that is no
/// read-modify-write, and [release_strong], [take_value].
#[test]
fn clone_through_shared_reference() {
    model([], || {
        let clone = |arc: &Arc<Value>| {
            let clone = Arc::clone(arc);
            assert!((2..=3).contains(&Arc::strong_count(&clone)));
            clone
        };
        let (a, b) = share(Arc::new(Value::new(1)), clone, clone);
        assert_eq!(Arc::strong_count(&a), 2);
        both(move || assert_eq!(a.read(), 1), move || drop(b));
    });
}

/// Of two callers of `into_inner`, exactly one gets the value, and may write it. Catches
/// [release_strong], [take_value], and a value that is taken while another handle is left.
#[test]
fn into_inner_twice() {
    model(["first", "second"], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        let take = |arc: Arc<Value>| {
            assert_eq!(arc.read(), 1);
            let mut value = Arc::into_inner(arc)?;
            value.write(2);
            Some(value)
        };
        match both(move || take(a), move || take(b)) {
            (Some(_), None) => saw("first"),
            (None, Some(_)) => saw("second"),
            (Some(_), Some(_)) => panic!("both have the value"),
            (None, None) => panic!("nobody has the value"),
        }
    });
}

/// `into_inner` beside a drop: the value is moved out or destroyed after the other's read. Catches
/// [release_strong] and [take_value].
#[test]
fn into_inner_beside_drop() {
    model(["last", "not last"], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        both(
            move || assert_eq!(a.read(), 1),
            move || match Arc::into_inner(b) {
                Some(mut value) => {
                    value.write(2);
                    saw("last");
                }
                None => saw("not last"),
            },
        );
    });
}

/// Raw counts go up and down beside a drop. Catches [release_strong] and [take_value].
#[test]
fn raw_counts() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let raw = Arc::into_raw(Arc::clone(&arc)) as usize;
        both(
            move || {
                let raw = raw as *const Value;
                // SAFETY: `raw` came from `into_raw`, and keeps the handle that it got there.
                unsafe { Arc::increment_strong_count(raw) };
                // SAFETY: the handle that was just counted is turned back.
                assert_eq!(unsafe { Arc::from_raw(raw) }.read(), 1);
                // SAFETY: the handle that `raw` keeps is given up.
                unsafe { Arc::decrement_strong_count(raw) };
            },
            move || drop(arc),
        );
    });
}

/// Handles made by `clone_many` are used and given back, together and one by one, beside a drop.
/// Catches [release_strong], [take_value], and handles miscounted.
#[test]
fn clone_many() {
    model(["last", "not last"], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        both(
            move || {
                let mut clones = Arc::clone_many(&a, 3);
                drop(a);
                let first = clones.next().unwrap();
                assert_eq!(first.read(), 1);
                drop(clones);
                drop(first);
            },
            move || {
                saw(if Arc::into_inner(b).is_some() { "last" } else { "not last" });
            },
        );
    });
}

/// The handles that `clone_many` gives back can be the last ones. Catches [release_strong],
/// [take_value], and handles miscounted.
#[test]
fn clone_many_given_back_last() {
    model(["last", "not last"], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        let clones = Arc::clone_many(&a, 2);
        drop(a);
        both(
            move || drop(clones),
            move || {
                assert_eq!(b.read(), 1);
                saw(if Arc::into_inner(b).is_some() { "last" } else { "not last" });
            },
        );
    });
}

/// The handles of `clone_array` are as many as it says. Catches handles miscounted.
#[test]
fn clone_array() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let [a, b] = Arc::clone_array(&arc);
        assert_eq!(Arc::strong_count(&arc), 3);
        drop(arc);
        both(move || drop(a), move || assert_eq!(b.read(), 1));
    });
}
