//! The atomic integer: from `core`, from the crate `portable-atomic`, or from `shuttle`, a
//! scheduler for tests that treats every ordering as `SeqCst`. A build on loom uses
//! `src/atomic/loom.rs` instead of this file.
//!
//! The rest of the crate does not depend on the choice.

use core::alloc::Layout;

#[cfg(all(not(proven_arc_shuttle), target_has_atomic = "64"))]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(all(not(proven_arc_shuttle), not(target_has_atomic = "64")))]
pub(crate) use portable_atomic::AtomicU64;
#[cfg(proven_arc_shuttle)]
pub(crate) use shuttle::sync::atomic::AtomicU64;

pub(crate) use core::sync::atomic::Ordering;

/// Whether the crate runs in a model.
pub(crate) const MODELLED: bool = cfg!(proven_arc_shuttle);

/// Frees the block that contains `word`.
///
/// # Safety
///
/// The block at `start` came from the global allocator for `layout`, it contains `word`, and
/// nothing uses it any more.
#[inline(always)]
pub(crate) unsafe fn dealloc(_word: *mut AtomicU64, start: *mut u8, layout: Layout) {
    // SAFETY: by the contract, this is the layout of the block, and nothing uses it any more.
    unsafe { alloc::alloc::dealloc(start, layout) }
}

/// Compiles the items only in a build on loom.
macro_rules! cfg_loom {
    ($($item:item)*) => {};
}

/// Compiles the items in every other build.
macro_rules! cfg_not_loom {
    ($($item:item)*) => { $($item)* };
}

/// Makes functions `const`.
macro_rules! const_unless_loom {
    (impl $ty:ident { $($(#[$meta:meta])* $vis:vis fn $name:ident() -> Self $body:block)* }) => {
        impl $ty { $( $(#[$meta])* #[inline(always)] $vis const fn $name() -> Self $body )* }
    };
}

/// Makes functions that cannot unwind. A caller in another crate knows that by the ABI alone, and
/// needs no code for it.
macro_rules! never_unwind {
    ($($(#[$meta:meta])* fn $name:ident() -> ! $body:block)*) => {
        $( $(#[$meta])* extern "C" fn $name() -> ! $body )*
    };
}
