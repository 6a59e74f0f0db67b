//! Times operations on std's `Arc` and on ours, in turns. For each operation, prints a line with
//! its name and the nanoseconds on std's and on ours, each the minimum of all rounds. `Moving` is
//! that of `benches/common/moving.rs`.

use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 60;

/// An operation: its name, and a function that returns the nanoseconds of one of `n` runs.
type Operation = (&'static str, usize, fn(usize));

#[derive(Clone, Copy)]
pub struct Pair(#[allow(dead_code, reason = "it is copied")] u8, #[allow(dead_code, reason = "the same")] u32);

macro_rules! operations {
    ($($module:ident: $crate_:ident :: $path:ident;)*) => {$(
        mod $module {
            use super::*;
            operations!(@use $crate_ $path);

            fn repeat<R>(n: usize, mut operation: impl FnMut() -> R) {
                let mut left = n;
                while left > 0 {
                    black_box(operation());
                    left -= 1;
                }
            }

            fn clone_drop(n: usize) {
                let arc = Arc::new(1_u64);
                let mut left = n;
                while left > 0 {
                    drop(Arc::clone(&arc));
                    left -= 1;
                }
            }

            fn new_drop(n: usize) {
                let mut left = n;
                while left > 0 {
                    drop(black_box(Arc::new(1_u64)));
                    left -= 1;
                }
            }

            fn upgrade_drop(n: usize) {
                let arc = Arc::new(1_u64);
                let weak = Arc::downgrade(&arc);
                let mut left = n;
                while left > 0 {
                    drop(Weak::upgrade(&weak));
                    left -= 1;
                }
            }

            pub const ALL: &[Operation] = &[
                ("clone, drop", 10_000, clone_drop),
                ("new, drop", 10_000, new_drop),
                ("upgrade, drop", 10_000, upgrade_drop),
                ("from `&[(u8, u32)]`, 1,024", Moving::<Pair>::PLACES, |n| {
                    let mut from = Moving::new(Pair(1, 2), 1_024);
                    repeat(n, || Arc::<[Pair]>::from(black_box(from.next())));
                }),
                ("from `&[u8]`, 4,096", Moving::<u8>::PLACES, |n| {
                    let mut from = Moving::new(1_u8, 4_096);
                    repeat(n, || Arc::<[u8]>::from(black_box(from.next())));
                }),
                ("from `repeat_n(0_u8, 4_096)`", 20, |n| {
                    repeat(n, || std::iter::repeat_n(black_box(0_u8), 4_096).collect::<Arc<[u8]>>());
                }),
                ("from `iter().copied()`, 4,096 `u32`", Moving::<u32>::PLACES, |n| {
                    let mut from = Moving::new(1_u32, 4_096);
                    repeat(n, || black_box(from.next()).iter().copied().collect::<Arc<[u32]>>());
                }),
            ];
        }
    )*};
    (@use std $path:ident) => { use std::$path::{Arc, Weak}; };
    (@use ours $path:ident) => { use proven_arc::$path::{Arc, Weak}; };
}
operations! {
    theirs: std::sync;
    ours: ours::sync;
}

fn main() {
    for (&(name, n, theirs), &(_, _, ours)) in theirs::ALL.iter().zip(ours::ALL) {
        let mut best = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            for (best, operation) in best.iter_mut().zip([theirs, ours]) {
                let start = Instant::now();
                operation(n);
                *best = best.min(start.elapsed().as_secs_f64() * 1e9 / n as f64);
            }
        }
        println!("{name}\t{:.1}\t{:.1}", best[0], best[1]);
    }
}
