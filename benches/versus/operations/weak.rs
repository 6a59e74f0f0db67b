//! Operations that need `Weak`, and `into_inner`.

use super::{Arc, Weak};
use crate::contenders::{
    Operation,
    Run::{Contended, OneThread},
};
use crate::loops::{alone, contended, fresh};
use std::hint::black_box;

pub const OPERATIONS: &[Operation] = &[
    (
        "new, into_inner",
        OneThread(|n| alone(n, (), |()| Arc::into_inner(black_box(Arc::new(black_box(1)))))),
    ),
    ("downgrade, drop", OneThread(|n| alone(n, Arc::new(1), |arc| Arc::downgrade(arc)))),
    ("Weak clone, drop", OneThread(|n| alone(n, with_weak(), |(_, weak)| Weak::clone(weak)))),
    ("upgrade, drop", OneThread(|n| alone(n, with_weak(), |(_, weak)| weak.upgrade()))),
    (
        "upgrade that fails",
        OneThread(|n| alone(n, dangling(), |weak| assert!(weak.upgrade().is_none()))),
    ),
    (
        "drop of the last, with a Weak",
        OneThread(|n| fresh(n, last_with_weak, |(arc, _)| *arc = None)),
    ),
    ("new, downgrade, drop both", OneThread(|n| alone(n, (), |()| with_weak()))),
    (
        "make_mut, with a Weak",
        OneThread(|n| fresh(n, with_weak, |(arc, _)| *Arc::make_mut(arc) = 2)),
    ),
    (
        "contended downgrade, drop",
        Contended(|threads, n| contended(threads, n, Arc::new(1), Arc::downgrade)),
    ),
    (
        "contended Weak clone, drop",
        Contended(|threads, n| contended(threads, n, with_weak(), |(_, weak)| Weak::clone(weak))),
    ),
    (
        "contended upgrade, drop",
        Contended(|threads, n| contended(threads, n, with_weak(), |(_, weak)| weak.upgrade())),
    ),
    (
        "contended mix of these",
        Contended(|threads, n| {
            contended(threads, n, Arc::new(1), |arc| {
                let weak = Arc::downgrade(&black_box(Arc::clone(arc)));
                let another = Weak::clone(black_box(&weak));
                another.upgrade()
            })
        }),
    ),
];

fn with_weak() -> (Arc<u64>, Weak<u64>) {
    let arc = Arc::new(black_box(1));
    let weak = Arc::downgrade(&arc);
    (arc, weak)
}

fn dangling() -> Weak<u64> {
    with_weak().1
}

fn last_with_weak() -> (Option<Arc<u64>>, Weak<u64>) {
    let (arc, weak) = with_weak();
    (Some(arc), weak)
}
