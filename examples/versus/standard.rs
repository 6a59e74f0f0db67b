//! The program on [`std::sync::Arc`], with std's way to do what takes one step on one word.

pub use std::sync::{Arc, Weak};

#[path = "index.rs"]
pub mod index;
#[path = "operations.rs"]
pub mod operations;

pub fn into_weak<T>(arc: Arc<T>) -> Weak<T> {
    Arc::downgrade(&arc)
}

pub fn into_strong<T>(weak: Weak<T>) -> Option<Arc<T>> {
    weak.upgrade()
}

pub fn clone_many<T>(arc: &Arc<T>, n: usize) -> impl Iterator<Item = Arc<T>> {
    (0..n).map(|_| Arc::clone(arc))
}
