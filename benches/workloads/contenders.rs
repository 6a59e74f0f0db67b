//! The `Arc`s that take part.

/// Their indexes in arrays.
pub const STANDARD: usize = 0;
pub const PROVEN: usize = 1;
pub const TRIOMPHE: usize = 2;
pub const PORTABLE: usize = 3;
/// The number of contenders.
pub const ALL: usize = 4;

pub const NAMES: [&str; ALL] = ["std", "ours", "triomphe", "portable"];
