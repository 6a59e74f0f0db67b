//! Who takes part.

/// Their places in what is kept for each.
pub const STANDARD: usize = 0;
pub const PROVEN: usize = 1;
pub const TRIOMPHE: usize = 2;
pub const PORTABLE: usize = 3;
/// How many there are.
pub const ALL: usize = 4;

pub const NAMES: [&str; ALL] = ["std", "ours", "triomphe", "portable"];
