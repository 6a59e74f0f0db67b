//! The atomic of a build on loom: loom's own, and besides it what loom has to know of the memory
//! that it stands in.
//!
//! * An allocation that is never freed is reported as a leak.
//! * Freeing is an exclusive access: one that does not happen after every access to the word is
//!   reported as a race.
//! * An access after the free, and a second free, are reported as such. For this, freed memory is
//!   kept in [quarantine](Quarantine).

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

/// Whether the threads are those of a model.
pub(crate) const MODELLED: bool = true;

/// What an access gives that is left out: a handle then takes itself for one of many, and does
/// nothing more.
const PLENTY: u64 = 1 << 60 | 1 << 28;

/// An access, or what stands in for it when it panics while a report unwinds already: a second
/// one would abort the process, and hide the first.
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
    /// Counted on where another thread has to be able to come in between. `Relaxed`: it orders
    /// nothing.
    turns: loom::sync::atomic::AtomicU64,
    /// What loom tracks the memory by, until it is freed.
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

    /// The atomic, for an access. Should the memory be freed between this look and the access,
    /// the two are concurrent, which loom reports.
    #[track_caller]
    fn value(&self) -> &loom::sync::atomic::AtomicU64 {
        let freed = self.allocation().is_none();
        assert!(!freed, "use after free: the reference count of a freed allocation");
        &self.value
    }

    /// loom tries the two orders of two accesses only if one is a write, and for a write it
    /// looks at the last access before it. So a load of one thread is forgotten when another
    /// thread loads and then writes, and the order with the write first would never be tried.
    /// With a turn, it tries both orders of two loads too.
    #[track_caller]
    pub(crate) fn load(&self, ordering: Ordering) -> u64 {
        first_report_only!(PLENTY, {
            self.value();
            self.turn();
            self.value().load(ordering)
        })
    }

    /// loom interrupts a thread only before an access that it knows of. What a bug writes after
    /// it has published it is none, so there is a turn after an addition that publishes.
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

    /// A point at which loom may go on with another thread. It is for the crate's own models,
    /// which look for the crate's own bugs, and multiplies their executions: those of others
    /// do without, as with any of loom's types.
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

/// Takes the place of the deallocation of the memory that `word` stands in.
///
/// # Safety
///
/// The block at `start` came from the global allocator for `layout`, and `word` is in it.
#[track_caller]
pub(crate) unsafe fn dealloc(word: *mut AtomicU64, start: *mut u8, layout: Layout) {
    // SAFETY: freed memory is kept in quarantine, so that the word is there even when the model has
    // a bug that frees it twice.
    let first = unsafe { &*word }.allocation().take().is_some();
    first_report_only!((), {
        assert!(first, "double free: the allocation was freed before");
        // SAFETY: should another access be concurrent, `with_mut` reports it and touches nothing.
        let value = unsafe { &mut (*word).value };
        value.with_mut(|_| ());
    });
    if !first {
        return;
    }
    let end = start.addr() + layout.size();
    // SAFETY: the word is in the block.
    let value = unsafe { word.add(1) }.cast::<u8>();
    // SAFETY: the rest of the block is where the value was. A bug that still uses it shall not find
    // it whole.
    unsafe { value.write_bytes(0xDD, end - value.addr()) };
    QUARANTINE.with_borrow_mut(|quarantine| quarantine.keep(start, layout));
}

std::thread_local! {
    /// All threads of a model run on one thread of the system. (A lock or a static of loom's
    /// own would order the threads that free, and hide races.)
    static QUARANTINE: RefCell<Quarantine> = RefCell::default();
}

/// The freed blocks, oldest first. A block is given back when [`Quarantine::SIZE`] others have
/// been freed after it: more than loom lets happen in one execution of a model.
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

    /// Gives back the oldest block.
    fn release(&mut self) -> Option<()> {
        let (start, layout) = self.0.pop_front()?;
        // SAFETY: handed over by `dealloc`, once, and of the global allocator.
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

/// Makes functions `const`, but not here: loom's atomics cannot be made in one.
macro_rules! const_unless_loom {
    (impl $ty:ident { $($(#[$meta:meta])* $vis:vis fn $name:ident() -> Self $body:block)* }) => {
        impl $ty { $( $(#[$meta])* $vis fn $name() -> Self $body )* }
    };
}
