//! Strong handles that race with strong handles.

use crate::support::{Value, both, model, saw, share};
use proven_arc::Arc;

/// Both threads clone, read, and drop what they have: the destructor comes after every use by the
/// other thread. Catches [release_strong] and [take_value].
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

/// One thread reads and drops, the other only drops: the smallest model of [release_strong] and
/// [take_value].
#[test]
fn read_during_drop() {
    model([], || {
        let a = Arc::new(Value::new(1));
        let b = Arc::clone(&a);
        both(move || assert_eq!(a.read(), 1), move || drop(b));
    });
}

/// Two threads clone one shared `Arc`, and both clones are counted. Catches an [add_strong] that is
/// no read-modify-write, and [release_strong], [take_value].
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

/// Both handles call `into_inner`: exactly one call gets the value, and may write it. Catches
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
            (None, None) => panic!("neither has the value"),
        }
    });
}

/// `into_inner` while the other handle is dropped: the value is moved out or destroyed after the
/// other's read. Catches [release_strong] and [take_value].
#[test]
fn into_inner_during_drop() {
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

/// Raw counts go up and down during a drop. Catches [release_strong] and [take_value].
#[test]
fn raw_counts() {
    model([], || {
        let arc = Arc::new(Value::new(1));
        let raw = Arc::into_raw(Arc::clone(&arc)) as usize;
        both(
            move || {
                let raw = raw as *const Value;
                // SAFETY: `raw` came from `into_raw`, and still owns that handle.
                unsafe { Arc::increment_strong_count(raw) };
                // SAFETY: the handle that was just counted.
                assert_eq!(unsafe { Arc::from_raw(raw) }.read(), 1);
                // SAFETY: the handle that `raw` owns.
                unsafe { Arc::decrement_strong_count(raw) };
            },
            move || drop(arc),
        );
    });
}

/// Handles of `clone_many` are used, and given back together and one by one, during a drop. Catches
/// [release_strong], [take_value], and miscounted handles.
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

/// The handles that `Clones` gives back are the last ones. Catches [release_strong], [take_value],
/// and miscounted handles.
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

/// `clone_array` counts exactly the handles that it returns. Catches miscounted handles.
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
