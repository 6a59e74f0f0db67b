//! Operations that take one step here and several in std.

use super::{Arc, clone_many, into_strong, into_weak};
use crate::contenders::{Operation, Run::OneStep};
use crate::loops::alone;

pub const OPERATIONS: &[Operation] = &[
    (
        "clone, into_weak, drop",
        OneStep(|n| alone(n, Arc::new(1), |arc| into_weak(Arc::clone(arc)))),
    ),
    (
        "downgrade, into_strong, drop",
        OneStep(|n| alone(n, Arc::new(1), |arc| into_strong(Arc::downgrade(arc)))),
    ),
    (
        "into_weak, into_strong",
        OneStep(|n| {
            let arc = Arc::new(1);
            let and_back = |arc: &mut Option<_>| *arc = into_strong(into_weak(arc.take().unwrap()));
            alone(n, Some(Arc::clone(&arc)), and_back)
        }),
    ),
    (
        "Vec of 1,000 by clone_many, drop",
        OneStep(|n| alone(n, Arc::new(1), |arc| clone_many(arc, 1000).collect::<Vec<_>>())),
    ),
];
