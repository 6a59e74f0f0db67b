//! [`portable_atomic_util::Arc`](::portable_atomic_util::Arc), a version of std's for other
//! targets.

pub use ::portable_atomic_util::{Arc, Weak};

#[path = "../operations/strong.rs"]
mod strong;
#[path = "../operations/weak.rs"]
mod weak;

pub const OPERATIONS: &[&[super::Operation]] = &[strong::OPERATIONS, weak::OPERATIONS];
