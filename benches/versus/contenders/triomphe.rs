//! [`triomphe::Arc`](::triomphe::Arc), which has no `Weak`.

pub use ::triomphe::Arc;

#[path = "../operations/strong.rs"]
mod strong;

pub const OPERATIONS: &[&[super::Operation]] = &[strong::OPERATIONS];
