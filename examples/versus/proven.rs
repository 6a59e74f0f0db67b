//! The program on [`proven_arc::Arc`], with what takes one step on one word.

pub use proven_arc::{Arc, Weak};

#[path = "index.rs"]
#[expect(clippy::duplicate_mod, reason = "the same program with another Arc")]
pub mod index;
#[path = "operations.rs"]
#[expect(clippy::duplicate_mod, reason = "the same operations of another Arc")]
pub mod operations;

pub fn into_weak<T>(arc: Arc<T>) -> Weak<T> {
    Arc::into_weak(arc)
}

pub fn into_strong<T>(weak: Weak<T>) -> Option<Arc<T>> {
    weak.into_strong().ok()
}

pub fn clone_many<T>(arc: &Arc<T>, n: usize) -> impl Iterator<Item = Arc<T>> {
    Arc::clone_many(arc, n)
}
