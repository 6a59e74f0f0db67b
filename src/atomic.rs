//! Where the atomic integer comes from: `core`, the `portable-atomic` crate, or `shuttle` (which
//! schedules threads, and takes every ordering for `SeqCst`). In a build on loom,
//! `src/atomic/loom.rs` takes the place of this file.
//!
//! Nothing else in the crate knows which of them it runs on.

use core::alloc::Layout;

#[cfg(all(not(proven_arc_shuttle), target_has_atomic = "64"))]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(all(not(proven_arc_shuttle), not(target_has_atomic = "64")))]
pub(crate) use portable_atomic::AtomicU64;
#[cfg(proven_arc_shuttle)]
pub(crate) use shuttle::sync::atomic::AtomicU64;

pub(crate) use core::sync::atomic::Ordering;

/// Whether the threads are those of a model.
pub(crate) const MODELLED: bool = cfg!(proven_arc_shuttle);

/// Frees the memory that `word` stands in.
///
/// # Safety
///
/// The block at `start` came from the global allocator for `layout`, and `word` is in it.
#[inline(always)]
pub(crate) unsafe fn dealloc(_word: *mut AtomicU64, start: *mut u8, layout: Layout) {
    // SAFETY: the caller's contract.
    unsafe { alloc::alloc::dealloc(start, layout) }
}

/// Items of a build on loom.
macro_rules! cfg_loom {
    ($($item:item)*) => {};
}

/// Items of every other build.
macro_rules! cfg_not_loom {
    ($($item:item)*) => { $($item)* };
}

/// Makes functions `const`.
macro_rules! const_unless_loom {
    (impl $ty:ident { $($(#[$meta:meta])* $vis:vis fn $name:ident() -> Self $body:block)* }) => {
        impl $ty { $( $(#[$meta])* #[inline] $vis const fn $name() -> Self $body )* }
    };
}
