//! `weak-table`.

use proven_arc::{Arc, Counts, ThinArc, ThinWeak, Weak};
use weak_table::{WeakHashSet, WeakValueHashMap};

/// The example of its documentation: a table that holds each string once.
#[test]
fn interned_strings() {
    let mut table = WeakHashSet::<Weak<str>>::new();
    let one: Arc<str> = Arc::from("one");
    table.insert(one.clone());
    assert_eq!((Arc::strong_count(&one), Arc::weak_count(&one)), (1, 1));
    assert!(Arc::ptr_eq(&table.get("one").unwrap(), &one));
    assert!(table.get("two").is_none());
    table.remove_expired();
    assert_eq!(table.len(), 1);
    drop(one);
    assert!(table.get("one").is_none());
    table.remove_expired();
    assert!(table.is_empty());
}

#[test]
fn interned_thin_strings() {
    let mut table = WeakHashSet::<ThinWeak<str>>::new();
    let one: ThinArc<str> = "one".into();
    table.insert(one.clone());
    assert_eq!(ThinArc::counts(&one), Counts { strong: 1, weak: 1 });
    assert!(ThinArc::ptr_eq(&table.get("one").unwrap(), &one));
    drop(one);
    assert!(table.get("one").is_none());
    table.remove_expired();
    assert!(table.is_empty());
}

#[test]
fn values() {
    let mut table = WeakValueHashMap::<u8, Weak<String>>::new();
    let value = Arc::new("value".to_owned());
    table.insert(1, value.clone());
    assert!(Arc::ptr_eq(&table.get(&1).unwrap(), &value));
    drop(value);
    assert!(table.get(&1).is_none());
}
