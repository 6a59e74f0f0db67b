//! Who takes part: the `Arc`s that are compared, each with what it can do.
//!
//! The files in `operations/` are compiled once for each of them, with the `Arc` (and `Weak`) that
//! its module brings: the same text, so that nothing but the `Arc` makes a difference.

pub mod limits;
pub mod portable_atomic_util;
pub mod proven;
pub mod standard;
pub mod triomphe;

use std::time::Duration;

/// The name of an operation, the same for all who have it, and what runs it.
pub type Operation = (&'static str, Run);

/// Does an operation so many times, and says how long that took.
#[derive(Clone, Copy)]
pub enum Run {
    OneThread(fn(u64) -> Duration),
    /// As [`OneThread`](Run::OneThread), where std takes several steps for what is one of ours.
    OneStep(fn(u64) -> Duration),
    /// In so many threads at once, in each of them so many times.
    Contended(fn(usize, u64) -> Duration),
}

/// Their places in what is kept for each.
pub const STANDARD: usize = 0;
pub const PROVEN: usize = 1;
pub const TRIOMPHE: usize = 2;
pub const PORTABLE: usize = 3;
pub const LIMIT: usize = 4;
/// How many there are.
pub const ALL: usize = 5;

pub const NAMES: [&str; ALL] = ["std", "ours", "triomphe", "portable", "limit"];

const OPERATIONS: [&[&[Operation]]; ALL] = [
    standard::OPERATIONS,
    proven::OPERATIONS,
    triomphe::OPERATIONS,
    portable_atomic_util::OPERATIONS,
    limits::OPERATIONS,
];

/// Every operation of std's, with what runs it for each who has it.
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
