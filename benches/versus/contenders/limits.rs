//! No `Arc`: the least that some of the operations can take, written by hand.

use super::Operation;
use super::Run::{Contended, OneThread};
use crate::loops::{alone, contended};
use crossbeam_utils::CachePadded;
use std::array;
use std::hint::black_box;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, Release},
};
use std::time::Duration;

pub const OPERATIONS: &[&[Operation]] = &[&[
    ("new, drop", OneThread(|n| alone(n, (), |()| Box::new(black_box(1))))),
    ("new of 1 KiB, drop", OneThread(|n| alone(n, [1_u8; 1024], |value| Box::new(*value)))),
    ("from &str, drop", OneThread(|n| alone(n, "a few words", |text| Box::<str>::from(*text)))),
    (
        "from an iterator, drop",
        OneThread(|n| alone(n, [1_u64; 100], |of| of.iter().copied().collect::<Box<[u64]>>())),
    ),
    ("clone, drop", OneThread(|n| alone(n, Counted::new(), |counted| counted.clone()))),
    (
        "strong_count of 16",
        OneThread(|n| {
            let all: [_; 16] = array::from_fn(|_| Counted::new());
            alone(n, all, |all| all.iter().map(|counted| counted.0.load(Relaxed)).sum::<u64>())
        }),
    ),
    ("get_mut", OneThread(|n| alone(n, Box::new(1), |value| **value = 2))),
    ("make_mut, unique", OneThread(|n| alone(n, Box::new(1), |value| **value = 2))),
    ("downgrade, drop", OneThread(|n| alone(n, Counted::new(), |counted| counted.clone()))),
    ("Weak clone, drop", OneThread(|n| alone(n, Counted::new(), |counted| counted.clone()))),
    ("contended clone, drop", Contended(counted_on_threads)),
    ("contended downgrade, drop", Contended(counted_on_threads)),
    ("contended Weak clone, drop", Contended(counted_on_threads)),
]];

fn counted_on_threads(threads: usize, times: u64) -> Duration {
    contended(threads, times, Counted::new(), Counted::clone)
}

/// A handle that is only counted. It does not check for too many handles, or for the last one.
struct Counted(&'static AtomicU64);

static WORD: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

impl Counted {
    fn new() -> Self {
        WORD.fetch_add(1, Relaxed);
        Self(&WORD)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Relaxed);
        Self(self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Release);
    }
}
