//! Where the atomic integer comes from: `core`, the `portable-atomic` crate, `loom`, or `shuttle`
//! (which schedules threads, and takes every ordering for `SeqCst`).
//!
//! Nothing else in the crate knows which of them it runs on.

#[cfg(not(any(loom, shuttle, feature = "portable-atomic")))]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(all(not(any(loom, shuttle)), feature = "portable-atomic"))]
pub(crate) use portable_atomic::AtomicU64;
#[cfg(shuttle)]
pub(crate) use shuttle::sync::atomic::AtomicU64;

#[cfg(not(any(loom, shuttle, feature = "portable-atomic", target_has_atomic = "64")))]
compile_error!(
    "proven-arc counts in one 64-bit atomic, which this target does not have: \
     enable the feature `portable-atomic`"
);

pub(crate) use core::sync::atomic::Ordering;

#[cfg(loom)]
mod loom;
#[cfg(loom)]
pub(crate) use self::loom::AtomicU64;
