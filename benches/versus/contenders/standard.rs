//! [`std::sync::Arc`], with std's equivalents of the operations that take one step on one word.

pub use std::sync::{Arc, Weak};

#[path = "../index.rs"]
pub mod index;
#[path = "../operations/one_step.rs"]
mod one_step;
#[path = "../operations/strong.rs"]
mod strong;
#[path = "../operations/weak.rs"]
mod weak;

pub const OPERATIONS: &[&[super::Operation]] =
    &[strong::OPERATIONS, weak::OPERATIONS, one_step::OPERATIONS];

fn into_weak<T>(arc: Arc<T>) -> Weak<T> {
    Arc::downgrade(&arc)
}

fn into_strong<T>(weak: Weak<T>) -> Option<Arc<T>> {
    weak.upgrade()
}

fn clone_many<T>(arc: &Arc<T>, n: usize) -> impl Iterator<Item = Arc<T>> {
    (0..n).map(|_| Arc::clone(arc))
}
