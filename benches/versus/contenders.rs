//! The `Arc`s that are compared, and the operations that each has.
//!
//! The files in `operations/` are compiled once for each contender, with the `Arc` and `Weak` of
//! its module. The source is the same, so only the `Arc` makes a difference.

pub mod limits;
pub mod portable_atomic_util;
pub mod proven;
pub mod standard;
pub mod triomphe;

use std::time::Duration;

/// The name of an operation, the same for all contenders, and the function that runs it.
pub type Operation = (&'static str, Run);

/// Runs an operation the given number of times, and returns how long that took.
#[derive(Clone, Copy)]
pub enum Run {
    OneThread(fn(u64) -> Duration),
    /// Like [`OneThread`](Run::OneThread), for an operation that is one step here and several steps
    /// in std.
    OneStep(fn(u64) -> Duration),
    /// Runs on the given number of threads at once, the given number of times on each.
    Contended(fn(usize, u64) -> Duration),
}

/// The index of each contender in arrays of results.
pub const STANDARD: usize = 0;
pub const PROVEN: usize = 1;
pub const TRIOMPHE: usize = 2;
pub const PORTABLE: usize = 3;
pub const LIMIT: usize = 4;
/// The number of contenders.
pub const ALL: usize = 5;

pub const NAMES: [&str; ALL] = ["std", "ours", "triomphe", "portable", "limit"];

const OPERATIONS: [&[&[Operation]]; ALL] = [
    standard::OPERATIONS,
    proven::OPERATIONS,
    triomphe::OPERATIONS,
    portable_atomic_util::OPERATIONS,
    limits::OPERATIONS,
];

/// Returns every operation of std's, with the function that runs it for each contender.
pub fn operations() -> impl Iterator<Item = (&'static str, [Option<Run>; ALL])> {
    let all = OPERATIONS.map(|operations| operations.concat());
    let known = |name| all[STANDARD].iter().any(|(standard, _)| *standard == name);
    for (name, _) in all.iter().flatten() {
        assert!(known(*name), "std has no row {name}");
    }
    let names: Vec<_> = all[STANDARD].iter().map(|(name, _)| *name).collect();
    names.into_iter().map(move |name| {
        let run = |operations: &Vec<Operation>| {
            operations.iter().find(|(other, _)| *other == name).map(|(_, run)| *run)
        };
        (name, all.each_ref().map(run))
    })
}
