//! [`proven_arc::Arc`], with its operations that take one step on one word.

pub use proven_arc::{Arc, Weak};

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
    Arc::into_weak(arc)
}

fn into_strong<T>(weak: Weak<T>) -> Option<Arc<T>> {
    weak.into_strong().ok()
}

fn clone_many<T>(arc: &Arc<T>, n: usize) -> impl Iterator<Item = Arc<T>> {
    Arc::clone_many(arc, n)
}
