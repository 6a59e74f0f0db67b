//! Operations that every `Arc` has.

use super::Arc;
use crate::contenders::{
    Operation,
    Run::{Contended, OneThread},
};
use crate::loops::{alone, contended, fresh};
use crate::moving::Moving;
use std::array;
use std::hint::black_box;

pub const OPERATIONS: &[Operation] = &[
    ("new, drop", OneThread(|n| alone(n, (), |()| Arc::new(black_box(1))))),
    ("new of 1 KiB, drop", OneThread(|n| alone(n, [1_u8; 1024], |value| Arc::new(*value)))),
    ("from &str, drop", OneThread(|n| alone(n, "a few words", |text| Arc::<str>::from(*text)))),
    (
        "from a new Vec, drop",
        OneThread(|n| alone(n, [1_u64; 100], |of| Arc::<[u64]>::from(of.to_vec()))),
    ),
    (
        "from an iterator, drop",
        OneThread(|n| alone(n, [1_u64; 100], |of| of.iter().copied().collect::<Arc<[u64]>>())),
    ),
    (
        "from 4,096 bytes, drop",
        OneThread(|n| alone(n, Moving::new(1_u8, 4096), |of| Arc::<[u8]>::from(of.next()))),
    ),
    (
        "from 1,024 Copy pairs, drop",
        OneThread(|n| alone(n, Moving::new((1_u8, 1_u32), 1024), |of| Arc::<[_]>::from(of.next()))),
    ),
    (
        "from 4,096 copied(), drop",
        OneThread(|n| {
            let copied = |of: &mut Moving<u32>| of.next().iter().copied().collect::<Arc<[_]>>();
            alone(n, Moving::new(1, 4096), copied)
        }),
    ),
    ("clone, drop", OneThread(|n| alone(n, Arc::new(1), |arc| Arc::clone(arc)))),
    (
        "clone of an Arc<str>, drop",
        OneThread(|n| alone(n, Arc::<str>::from("text"), |arc| Arc::clone(arc))),
    ),
    (
        "Vec of 1,000 clones, drop",
        OneThread(|n| {
            alone(n, Arc::new(1), |arc| (0..1000).map(|_| Arc::clone(arc)).collect::<Vec<_>>())
        }),
    ),
    // A single `strong_count` is as fast as the loop around it.
    (
        "strong_count of 16",
        OneThread(|n| {
            let arcs: [_; 16] = array::from_fn(|_| Arc::new(1));
            alone(n, arcs, |arcs| arcs.iter().map(Arc::strong_count).sum::<usize>())
        }),
    ),
    ("get_mut", OneThread(|n| alone(n, Arc::new(1), |arc| *Arc::get_mut(arc).unwrap() = 2))),
    ("make_mut, unique", OneThread(|n| alone(n, Arc::new(1), |arc| *Arc::make_mut(arc) = 2))),
    ("make_mut, shared", OneThread(|n| fresh(n, shared, |(arc, _)| *Arc::make_mut(arc) = 2))),
    (
        "new, try_unwrap",
        OneThread(|n| alone(n, (), |()| Arc::try_unwrap(black_box(Arc::new(black_box(1)))))),
    ),
    (
        "contended clone, drop",
        Contended(|threads, n| contended(threads, n, Arc::new(1), Arc::clone)),
    ),
];

fn shared() -> (Arc<u64>, Arc<u64>) {
    let arc = Arc::new(black_box(1));
    (Arc::clone(&arc), arc)
}
