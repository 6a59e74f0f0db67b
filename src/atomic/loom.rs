//! The atomic of a build on loom: loom's own, and what tells loom about the memory that contains
//! it.
//!
//! * An allocation that is never freed is reported as a leak.
//! * Freeing is an exclusive access. If some access to the word does not happen-before it, that is
//!   reported as a race.
//! * An access after the free, and a second free, are reported. For this, freed memory is kept in
//!   [quarantine](Quarantine).

extern crate std;

use alloc::collections::VecDeque;
use core::alloc::Layout;
use core::cell::RefCell;
use core::panic::AssertUnwindSafe;
use loom::alloc::Track;
use std::panic::catch_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::panicking;

pub(crate) use core::sync::atomic::Ordering;

/// Whether the crate runs in a model.
pub(crate) const MODELLED: bool = true;

/// The result of an access that is left out. It says that there are many handles, so the caller
/// does nothing more.
const PLENTY: u64 = 1 << 60 | 1 << 28;

/// Makes an access. If it panics while another report unwinds already, returns `$otherwise`: a
/// second panic would abort the process, and hide the first report.
macro_rules! first_report_only {
    ($otherwise:expr, $access:expr) => {
        if panicking() {
            catch_unwind(AssertUnwindSafe(|| $access)).unwrap_or($otherwise)
        } else {
            $access
        }
    };
}

pub(crate) struct AtomicU64 {
    value: loom::sync::atomic::AtomicU64,
    /// Incremented where loom has to be able to switch to another thread. `Relaxed`: it orders
    /// nothing.
    turns: loom::sync::atomic::AtomicU64,
    /// By this, loom tracks the memory until it is freed.
    allocation: Mutex<Option<Track<()>>>,
}

impl AtomicU64 {
    #[track_caller]
    pub(crate) fn new(value: u64) -> Self {
        Self {
            value: loom::sync::atomic::AtomicU64::new(value),
            turns: loom::sync::atomic::AtomicU64::new(0),
            allocation: Mutex::new(Some(Track::new(()))),
        }
    }

    fn allocation(&self) -> MutexGuard<'_, Option<Track<()>>> {
        self.allocation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the atomic, for an access. If the memory is freed between this check and the access,
    /// the two are concurrent, which loom reports.
    #[track_caller]
    fn value(&self) -> &loom::sync::atomic::AtomicU64 {
        let freed = self.allocation().is_none();
        assert!(!freed, "use after free: the reference count of a freed allocation");
        &self.value
    }

    /// loom tries both orders of two accesses only if one is a write, and compares a write only
    /// with the last access before it. If one thread loads, and then another thread loads and
    /// writes, loom would never try the order with that write first. With a turn, it also tries
    /// both orders of two loads.
    #[track_caller]
    pub(crate) fn load(&self, ordering: Ordering) -> u64 {
        first_report_only!(PLENTY, {
            self.value();
            self.turn();
            self.value().load(ordering)
        })
    }

    /// loom interrupts a thread only before an access that it knows. A buggy write after the value
    /// was published is not such an access, so there is a turn after an addition that publishes.
    #[track_caller]
    pub(crate) fn fetch_add(&self, operand: u64, ordering: Ordering) -> u64 {
        first_report_only!(PLENTY, {
            let before = self.value().fetch_add(operand, ordering);
            if ordering == Ordering::Release && (operand as i64) > 0 {
                self.turn();
            }
            before
        })
    }

    #[track_caller]
    pub(crate) fn fetch_sub(&self, operand: u64, ordering: Ordering) -> u64 {
        first_report_only!(PLENTY, self.value().fetch_sub(operand, ordering))
    }

    /// A point at which loom may switch to another thread. It multiplies the executions, so it is
    /// only for the crate's own models, which look for the crate's own bugs.
    fn turn(&self) {
        if cfg!(proven_arc_models) {
            self.turns.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        first_report_only!(
            Ok(current),
            self.value().compare_exchange(current, new, success, failure)
        )
    }

    #[track_caller]
    pub(crate) fn compare_exchange_weak(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        first_report_only!(
            Ok(current),
            self.value().compare_exchange_weak(current, new, success, failure)
        )
    }
}

/// Tells loom that the block that contains `word` is freed, and keeps it in quarantine.
///
/// # Safety
///
/// The block at `start` came from the global allocator for `layout`, and contains `word`.
#[track_caller]
pub(crate) unsafe fn dealloc(word: *mut AtomicU64, start: *mut u8, layout: Layout) {
    // SAFETY: by the contract, `word` was in an allocated block. Even if a bug frees it twice,
    // quarantine keeps it allocated.
    let first = unsafe { &*word }.allocation().take().is_some();
    first_report_only!((), {
        assert!(first, "double free: the allocation was freed before");
        // SAFETY: loom runs one thread at a time. If another access is concurrent in the model,
        // `with_mut` reports it.
        let value = unsafe { &mut (*word).value };
        value.with_mut(|_| ());
    });
    if !first {
        return;
    }
    let end = start.addr() + layout.size();
    // SAFETY: the value follows the word in the block.
    let value = unsafe { word.add(1) }.cast::<u8>();
    // SAFETY: the rest of the block, from the value to the end, is not used any more. It is
    // overwritten, so that a bug that still uses the value shows.
    unsafe { value.write_bytes(0xDD, end - value.addr()) };
    QUARANTINE.with_borrow_mut(|quarantine| quarantine.keep(start, layout));
}

std::thread_local! {
    /// One thread of the system runs all threads of a model. loom's own lock or static would order
    /// the threads that free, and hide races.
    static QUARANTINE: RefCell<Quarantine> = RefCell::default();
}

/// The freed blocks, oldest first. A block is deallocated when [`Quarantine::SIZE`] others were
/// freed after it, which is more than loom allows in one execution of a model.
#[derive(Default)]
struct Quarantine(VecDeque<(*mut u8, Layout)>);

impl Quarantine {
    /// loom ends an execution after 1,000 accesses, unless it is told otherwise.
    const SIZE: usize = 1 << 13;

    fn keep(&mut self, start: *mut u8, layout: Layout) {
        self.0.push_back((start, layout));
        if self.0.len() > Self::SIZE {
            self.release();
        }
    }

    /// Deallocates the oldest block.
    fn release(&mut self) -> Option<()> {
        let (start, layout) = self.0.pop_front()?;
        // SAFETY: `dealloc` passes each block here once. It came from the global allocator for
        // `layout`.
        unsafe { alloc::alloc::dealloc(start, layout) };
        Some(())
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        while self.release().is_some() {}
    }
}
/// Items of a build on loom.
macro_rules! cfg_loom {
    ($($item:item)*) => { $($item)* };
}

/// Items of every other build.
macro_rules! cfg_not_loom {
    ($($item:item)*) => {};
}

/// Leaves functions as they are: loom's atomics cannot be made in a `const fn`.
macro_rules! const_unless_loom {
    (impl $ty:ident { $($(#[$meta:meta])* $vis:vis fn $name:ident() -> Self $body:block)* }) => {
        impl $ty { $( $(#[$meta])* $vis fn $name() -> Self $body )* }
    };
}

/// Leaves functions as they are: they panic, and the model reports it.
macro_rules! never_unwind {
    ($($item:item)*) => { $($item)* };
}
