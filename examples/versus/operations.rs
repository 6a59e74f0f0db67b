//! The single operations, each as a loop.

use super::{Arc, Weak, clone_many, into_strong, into_weak};
use crate::measure::{contended, repeat};
use std::hint::black_box;
use std::time::Duration;

/// Runs an operation so many times, and says how long that took.
type Batch = fn(u64) -> Duration;

pub const OPERATIONS: &[(&str, Batch)] = &[
    ("new, drop", |n| alone(n, (), |()| Arc::new(black_box(1)))),
    ("from &str, drop", |n| alone(n, "a few words", |text| Arc::<str>::from(*text))),
    ("clone, drop", |n| alone(n, Arc::new(1), |arc| Arc::clone(arc))),
    ("get_mut", |n| alone(n, Arc::new(1), |arc| *Arc::get_mut(arc).unwrap() = 2)),
    ("make_mut, unique", |n| alone(n, Arc::new(1), |arc| *Arc::make_mut(arc) = 2)),
    ("strong_count", |n| alone(n, Arc::new(1), |arc| Arc::strong_count(arc))),
    ("downgrade, drop", |n| alone(n, Arc::new(1), |arc| Arc::downgrade(arc))),
    ("upgrade, drop", |n| alone(n, with_weak(), |(_, weak)| weak.upgrade())),
    ("Weak clone, drop", |n| alone(n, with_weak(), |(_, weak)| Weak::clone(weak))),
    ("new, downgrade, drop both", |n| alone(n, (), |()| with_weak())),
    ("clone, into_weak, drop", |n| alone(n, Arc::new(1), |arc| into_weak(Arc::clone(arc)))),
    ("downgrade, into_strong, drop", |n| {
        alone(n, Arc::new(1), |arc| into_strong(Arc::downgrade(arc)))
    }),
    ("into_weak, into_strong", |n| {
        let arc = Arc::new(1);
        alone(n, Some(Arc::clone(&arc)), |arc| *arc = into_strong(into_weak(arc.take().unwrap())))
    }),
    ("Vec of 1,000 clones, drop", |n| {
        alone(n, Arc::new(1), |arc| (0..1000).map(|_| Arc::clone(arc)).collect::<Vec<_>>())
    }),
    ("Vec of 1,000 by clone_many, drop", |n| {
        alone(n, Arc::new(1), |arc| clone_many(arc, 1000).collect::<Vec<_>>())
    }),
    ("contended clone, drop", |n| contended(n, &Arc::new(1), Arc::clone)),
    ("contended upgrade, drop", |n| contended(n, &with_weak(), |(_, weak)| weak.upgrade())),
    ("contended downgrade, drop", |n| contended(n, &Arc::new(1), Arc::downgrade)),
    ("contended Weak clone, drop", |n| contended(n, &with_weak(), |(_, weak)| Weak::clone(weak))),
];

/// One loop on one thread. What the operation gives is dropped in the loop.
#[inline(never)]
fn alone<S, R>(times: u64, mut state: S, operation: impl Fn(&mut S) -> R) -> Duration {
    repeat(times, || drop(black_box(operation(black_box(&mut state)))))
}

fn with_weak() -> (Arc<u64>, Weak<u64>) {
    let arc = Arc::new(black_box(1));
    let weak = Arc::downgrade(&arc);
    (arc, weak)
}
