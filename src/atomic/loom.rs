//! The atomic integer of a build on loom. It also tells loom about the memory that contains it:
//!
//! * A block that is never freed is reported as a leak.
//! * Freeing a block is an exclusive access. An access to the word that does not happen-before the
//!   free is reported as a race.
//! * An access after the free, and a second free, are reported. This needs the freed memory, which
//!   is kept in [quarantine](Quarantine).

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

/// The result of an access that was left out. Such a word counts many handles, so the caller does
/// nothing more.
const PLENTY: u64 = 1 << 60 | 1 << 28;

/// Makes an access. If the access panics while an earlier report is unwinding, returns
/// `$otherwise`. A second panic would abort the process, and hide the first report.
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
    /// Incremented where loom has to be able to switch to another thread. It orders nothing, so it
    /// is `Relaxed`.
    turns: loom::sync::atomic::AtomicU64,
    /// loom's record of the block, until the block is freed.
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

    /// Returns the atomic for an access. If another thread frees the memory between this check and
    /// the access, the two are concurrent, and loom reports a race.
    #[track_caller]
    fn value(&self) -> &loom::sync::atomic::AtomicU64 {
        let freed = self.allocation().is_none();
        assert!(!freed, "use after free: the reference count of a freed allocation");
        &self.value
    }

    /// Loads, after a turn.
    ///
    /// loom tries both orders of two accesses only if one of them is a write, and it compares a
    /// write only with the last access before it. Suppose that one thread loads, and another thread
    /// loads and writes. loom would never try the order in which that write comes first. A turn in
    /// front of each load makes loom try both orders of the two loads.
    #[track_caller]
    pub(crate) fn load(&self, ordering: Ordering) -> u64 {
        first_report_only!(PLENTY, {
            self.value();
            self.turn();
            self.value().load(ordering)
        })
    }

    /// Adds. An addition that publishes is followed by a turn.
    ///
    /// loom interrupts a thread only before an access that it knows. If a bug writes the value
    /// after it was published, loom does not know that write. The turn lets another thread run
    /// before it.
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

    /// A point at which loom may switch to another thread. Turns multiply the executions. So there
    /// are turns only in the crate's own models, which look for bugs in the crate itself.
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

/// Tells loom that the block that contains `word` is freed. Keeps the block in quarantine.
///
/// # Safety
///
/// The block at `start` came from the global allocator for `layout`, and contains `word`.
#[track_caller]
pub(crate) unsafe fn dealloc(word: *mut AtomicU64, start: *mut u8, layout: Layout) {
    // SAFETY: by the contract, `word` was in an allocated block. Quarantine keeps the block
    // allocated, even if a bug frees it twice.
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
    // SAFETY: nothing uses the rest of the block, from the value to the end, any more. Overwriting
    // it reveals a bug that still uses the value.
    unsafe { value.write_bytes(0xDD, end - value.addr()) };
    QUARANTINE.with_borrow_mut(|quarantine| quarantine.keep(start, layout));
}

std::thread_local! {
    /// One thread of the system runs all threads of a model, so a thread-local is shared by all of
    /// them. A lock or a static of loom would order the threads that free, and so hide races.
    static QUARANTINE: RefCell<Quarantine> = RefCell::default();
}

/// The freed blocks, oldest first. A block is deallocated once [`Quarantine::SIZE`] more blocks are
/// freed. That is more than loom allows in one execution of a model.
#[derive(Default)]
struct Quarantine(VecDeque<(*mut u8, Layout)>);

impl Quarantine {
    /// loom ends an execution after 1,000 accesses, unless configured otherwise.
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
/// Compiles the items only in a build on loom.
macro_rules! cfg_loom {
    ($($item:item)*) => { $($item)* };
}

/// Compiles the items in every other build.
macro_rules! cfg_not_loom {
    ($($item:item)*) => {};
}

/// Leaves the functions as they are, since loom's atomics cannot be made in a `const fn`.
macro_rules! const_unless_loom {
    (impl $ty:ident { $($(#[$meta:meta])* $vis:vis fn $name:ident() -> Self $body:block)* }) => {
        impl $ty { $( $(#[$meta])* $vis fn $name() -> Self $body )* }
    };
}

/// Leaves functions as they are: they panic, and the model reports it.
macro_rules! never_unwind {
    ($($item:item)*) => { $($item)* };
}
