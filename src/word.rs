//! The reference-count word: its layout, and every atomic access of the crate.
//!
//! ```text
//!  63                              30  29                        0
//! +----------------------------------+--------------------------+
//! | strong handles, minus one        | weak handles             |
//! +----------------------------------+--------------------------+
//! ```
//!
//! * The strong field is the number of strong handles **minus one**. So the sign bit alone says
//!   that there is no strong handle: the value is gone, or it is not shared yet (in a
//!   [`UniqueArc`], or during `new_cyclic`).
//! * The weak field is the number of `Weak`s, plus one *implicit weak*. The strong handles own the
//!   implicit weak together. When the last of them is released, the thread that takes the value
//!   takes over the implicit weak.
//!
//! After construction the word is only modified by read-modify-writes. So each `Release` among them
//! heads a release sequence that runs to the end of the modification order, and **any** `Acquire`
//! that reads a later value synchronises with **all** of them. Every reason below rests on that
//! sentence. `proofs/README.md` tells the whole story. Each access has a name in brackets, such as
//! [steal], and a note, `proofs/steal.md`. The methods are in the order of a handle's life.
//!
//! Methods return outcomes. Precondition of every method: the caller owns a handle, or the implicit
//! weak. A release method consumes that ownership.
//!
//! The functions that a `clone` or a `drop` calls are `inline(always)`. A debug build does not
//! inline any other function, and a call takes as long as the access. It also stores each variable,
//! and a locked instruction waits for the stores, so these functions have few variables. The
//! functions that end the process cannot unwind, so a caller needs no code for that case.
//!
//! [`UniqueArc`]: crate::UniqueArc

use crate::atomic::{
    AtomicU64,
    Ordering::{self, AcqRel, Acquire, Relaxed, Release},
};
pub(crate) use crate::atomic::{MODELLED, dealloc};

/// One strong handle.
const STRONG: u64 = 1 << 30;
/// One weak handle.
const WEAK: u64 = 1;
/// No handle at all: the strong field is minus one.
const NO_HANDLE: u64 = STRONG.wrapping_neg();
/// No strong handle and no `Weak`, only the implicit weak.
const IMPLICIT_WEAK_ONLY: u64 = NO_HANDLE | WEAK;
/// One strong handle and no `Weak`. The weak field counts the implicit weak.
const UNIQUE: u64 = WEAK;

/// The least word that cannot take another strong handle. From here on, the addition would set the
/// sign bit, or the sign bit is set already, since there is no strong handle or there are too many.
const STRONG_FULL: u64 = (1 << 63) - STRONG;

/// The largest weak field that is allowed. It includes the implicit weak.
const WEAK_LIMIT: u64 = 1 << 29;

/// The most strong handles that one read-modify-write adds.
///
/// The limit is 2^33 strong handles, and the field has room for 2^33 more. A thread that passes the
/// limit occupies part of that room until [`Word::undo`]. One step adds at most 2^10, so the room
/// is enough for fewer than 2^23 threads. No system runs as many.
const STRONG_STEP: u64 = 1 << 10;

/// Whether releasing read-modify-writes are `AcqRel` rather than `Release`. On x86 the acquire half
/// is free. The last release has then acquired already, so [take_value] and [release_weak_last]
/// need no load. That load would be slow on x86: it waits for the locked instruction that has just
/// written the word.
///
/// An `AcqRel` read-modify-write is a `Release` one, followed at once by an `Acquire` load of the
/// word that it wrote. So every execution with `AcqRel` is also an execution of the protocol with
/// `Release`. A release that is not the last acquires without need, which is harmless.
///
/// Either value is sound on every target. `--cfg proven_arc_release_acquires="yes"` (or `"no"`)
/// overrides it, for checks and measurements.
const RELEASE_ACQUIRES: bool = cfg!(proven_arc_release_acquires = "yes")
    || cfg!(all(
        not(proven_arc_release_acquires = "no"),
        any(target_arch = "x86_64", target_arch = "x86")
    )) && !MODELLED;

/// The ordering of [release_strong], [strong_into_weak] and [release_weak].
const RELEASE: Ordering = if RELEASE_ACQUIRES { AcqRel } else { Release };

/// The last strong handle was released. The caller owns the value and the implicit weak. It [takes
/// the value](Word::take_value), or keeps the value in a `UniqueArc`.
#[must_use = "the value has to be taken, or it is never dropped"]
pub(crate) struct LastStrong {
    /// The word before the last handle was released, which then was the only strong one. For the
    /// release of one handle, that is the word that it found. So a `drop` computes nothing.
    before: u64,
}

/// The last weak handle was released. The caller [takes the memory](Word::take_memory).
#[must_use = "the memory has to be taken, or it is never freed"]
pub(crate) struct LastWeak {
    /// The word that the release found.
    before: u64,
}

/// Whether the caller's strong handle is the only strong one.
#[must_use]
pub(crate) enum Sole {
    /// There is no other handle, strong or weak. The caller has exclusive access to the value, and
    /// every earlier access to the value happens-before [sole] returned.
    Unique,
    /// There is no other strong handle, but there are `Weak`s that may upgrade. The caller can
    /// [steal](Word::steal).
    WithWeaks(Seen),
    /// There are other strong handles.
    Shared,
}

/// The word that [sole] read.
#[derive(Clone, Copy)]
pub(crate) struct Seen(u64);

/// The implicit weak. The thread that took the value owns it, and has to release it.
#[must_use = "the implicit weak has to be released, or the memory is never freed"]
pub(crate) struct ImplicitWeak {
    /// The word when the value was taken.
    left: u64,
}

/// The counts of one allocation at one moment. One atomic load reads both.
///
/// ```
/// use proven_arc::{Arc, Counts};
///
/// let arc = Arc::new(5);
/// let _weak = Arc::downgrade(&arc);
/// assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counts {
    /// The number of [`Arc`](crate::Arc)s.
    pub strong: usize,
    /// The number of [`Weak`](crate::Weak)s.
    pub weak: usize,
}

impl ImplicitWeak {
    /// The implicit weak of the only handle, after [`Sole::Unique`]. The word is not updated, since
    /// no other thread can read it any more.
    pub(crate) fn of_unique() -> Self {
        Self { left: IMPLICIT_WEAK_ONLY }
    }

    /// Returns whether no `Weak` is left. If so, no other thread can reach the allocation.
    #[inline(always)]
    pub(crate) fn is_alone(&self) -> bool {
        self.left == IMPLICIT_WEAK_ONLY
    }
}

/// Returns the number of strong handles that `word` counts, from 0 to 2^34 - 1.
#[inline(always)]
const fn strong(word: u64) -> u64 {
    word.wrapping_add(STRONG) / STRONG
}

/// Returns the number of weak handles that `word` counts, including the implicit weak.
#[inline(always)]
const fn weak(word: u64) -> u64 {
    word % STRONG
}

/// The reference-count word, which stands in front of each value.
#[repr(transparent)]
pub(crate) struct Word(AtomicU64);

const_unless_loom! {
    impl Word {
        /// A word that counts one strong handle.
        pub(crate) fn unique() -> Self {
            Self(AtomicU64::new(UNIQUE))
        }

        /// A word that counts no strong handle yet. The caller owns the implicit weak, and the
        /// value or the place for it.
        pub(crate) fn building() -> Self {
            Self(AtomicU64::new(IMPLICIT_WEAK_ONLY))
        }
    }
}

impl Word {
    /// Counts the first strong handle, which takes over the value and the implicit weak from the
    /// caller.
    #[inline]
    pub(crate) fn publish(&self) {
        // [publish] Release: pairs with [upgrade], so that the writes of the value happen-before
        // each successful upgrade. Weaker: an upgraded handle reads a value that is not written
        // yet.
        self.0.fetch_add(STRONG, Release);
    }

    /// Adds `n` strong handles, between 1 and [`STRONG_STEP`].
    #[inline(always)]
    pub(crate) fn add_strong(&self, n: u64) {
        // [add_strong] Relaxed: the caller's own handle keeps the value alive. Whatever passes a
        // new handle to another thread orders this call before its uses there. Nothing is published
        // here.
        let before = self.0.fetch_add(n * STRONG, Relaxed);
        if (before.wrapping_add(n * STRONG) as i64) < 0 {
            self.undo(n * STRONG);
        }
    }

    /// Adds `n` strong handles, at least one, in steps of at most [`STRONG_STEP`].
    #[inline]
    pub(crate) fn add_many_strong(&self, n: u64) {
        let mut left = n;
        while left > STRONG_STEP {
            self.add_strong(STRONG_STEP);
            left -= STRONG_STEP;
        }
        self.add_strong(left);
    }

    /// Adds a strong handle next to the caller's weak one. Returns `false` if there is no strong
    /// handle.
    #[inline]
    pub(crate) fn upgrade(&self) -> bool {
        self.add_strong_if_any(STRONG)
    }

    /// Turns the caller's weak handle into a strong one. Returns `false` if there is no strong
    /// handle.
    #[inline]
    pub(crate) fn weak_into_strong(&self) -> bool {
        self.add_strong_if_any(STRONG.wrapping_sub(WEAK))
    }

    #[inline]
    fn add_strong_if_any(&self, difference: u64) -> bool {
        // [upgrade_look] Relaxed: a guess, which [upgrade] confirms. "No strong handle" needs no
        // confirmation: a newer word that counts one is concurrent, and the value is not accessed.
        let mut current = self.0.load(Relaxed);
        loop {
            if current >= STRONG_FULL {
                if strong(current) == 0 {
                    return false;
                }
                too_many_handles();
            }
            let new = current.wrapping_add(difference);
            // [upgrade] Acquire: pairs with [publish], so that `new_cyclic`'s or the `UniqueArc`'s
            // writes of the value happen-before every access through the new handle. Weaker: an
            // upgraded handle reads the value while it is written. Relaxed on failure: the word
            // read is the next guess, as in [upgrade_look].
            match self.0.compare_exchange_weak(current, new, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(actual) => current = actual,
            }
        }
    }

    /// Returns the counts. Three conditions together make the caller the only user of the value:
    /// the strong count is 1, the caller has exclusive access to that handle, and no `Weak` is ever
    /// upgraded, before or after. Then every earlier access to the value happens-before this call
    /// returns.
    #[inline]
    pub(crate) fn counts(&self) -> Counts {
        // [counts] Acquire: pairs with [release_strong] and [strong_into_weak], so that "the count
        // is 1, so no other handle uses the value" is sound. Weaker: code that relies on the count
        // races with earlier accesses through the released handles.
        let seen = self.0.load(Acquire);
        Counts { strong: saturate(strong(seen)), weak: saturate(weak(seen).saturating_sub(1)) }
    }

    /// Returns whether the caller's strong handle is the only handle, strong or weak. If so, every
    /// earlier access to the value happens-before this call returns. The caller must have exclusive
    /// access to the handle.
    #[inline]
    pub(crate) fn is_unique(&self) -> bool {
        // [is_unique] Acquire: pairs with the Release of the handles that are gone,
        // [release_strong], [strong_into_weak] and [release_weak]. Weaker: the write that follows
        // races with the last read through a handle that was dropped.
        self.0.load(Acquire) == UNIQUE
    }

    /// Returns whether the caller's strong handle is the only strong one. The caller must have
    /// exclusive access to the handle.
    #[inline]
    pub(crate) fn sole(&self) -> Sole {
        // [sole] Acquire: as in [is_unique], if there is no other handle. If there are `Weak`s, the
        // word is a guess, which [steal] confirms.
        let seen = self.0.load(Acquire);
        if seen == UNIQUE {
            Sole::Unique
        } else if strong(seen) == 1 {
            Sole::WithWeaks(Seen(seen))
        } else {
            Sole::Shared
        }
    }

    /// Gives up the only strong handle and takes the value. Returns `None` if the word has changed
    /// since [sole] read it.
    #[inline]
    pub(crate) fn steal(&self, seen: Seen) -> Option<ImplicitWeak> {
        let new = seen.0.wrapping_sub(STRONG);
        // [steal] Acquire: pairs with [release_strong] and [strong_into_weak]. The word may have
        // changed and come *back* since [sole]: an upgraded handle used the value and was dropped,
        // while its `Weak` was kept. Weaker: that use races with what the caller does to the value.
        // Relaxed on failure: nothing is taken, and the caller calls [sole] again.
        match self.0.compare_exchange(seen.0, new, Acquire, Relaxed) {
            Ok(_) => Some(ImplicitWeak { left: new }),
            Err(_) => None,
        }
    }

    /// Turns a strong handle into a weak one. Returns `Some` if it was the last strong handle.
    #[inline]
    pub(crate) fn strong_into_weak(&self) -> Option<LastStrong> {
        let difference = WEAK.wrapping_sub(STRONG);
        // [strong_into_weak] Release: gives up a strong handle, as [release_strong] does.
        let before = self.0.fetch_add(difference, RELEASE);
        if weak(before) >= WEAK_LIMIT {
            self.release_weak_past_limit();
        }
        if (before as i64) >= STRONG as i64 {
            return None;
        }
        Some(LastStrong { before: before.wrapping_add(WEAK) })
    }

    /// Releases `n` strong handles, at least one and fewer than 2^33. Returns `Some` if they were
    /// the last ones. If the count is past its limit, this also returns `Some`, and
    /// [`take_value`](Word::take_value) aborts.
    #[inline(always)]
    pub(crate) fn release_strong(&self, n: u64) -> Option<LastStrong> {
        // [release_strong] Release: pairs with the Acquire of [take_value], [is_unique], [sole],
        // [steal] and [counts], so that every access through this handle happens-before the
        // destructor or the exclusive access. Weaker: a read of the value races with its
        // destructor.
        let before = self.0.fetch_sub(n * STRONG, RELEASE);
        // One comparison, which fuses with its branch. Testing the sign of the difference takes
        // longer.
        if (before as i64) >= (n * STRONG) as i64 {
            return None;
        }
        Some(LastStrong { before: before.wrapping_sub((n - 1) * STRONG) })
    }

    /// Takes the value and the implicit weak. `last` is `None` if the caller owns them by a
    /// `UniqueArc`.
    #[inline(always)]
    pub(crate) fn take_value(&self, last: Option<LastStrong>) -> ImplicitWeak {
        let left = match last {
            Some(last) if RELEASE_ACQUIRES => last.before.wrapping_sub(STRONG),
            _ => {
                // [take_value] Acquire: pairs with every Release of a strong handle,
                // [release_strong] and [strong_into_weak], and of a `Weak`, [release_weak]. Weaker:
                // the value is dropped, and the memory freed, while another thread still uses it.
                // This is a load rather than a fence because ThreadSanitizer does not model fences.
                self.0.load(Acquire)
            }
        };
        if strong(left) != 0 {
            wrong_count();
        }
        ImplicitWeak { left }
    }

    /// Adds a weak handle.
    #[inline(always)]
    pub(crate) fn add_weak(&self) {
        // [add_weak] Relaxed: as in [add_strong]. Nothing is published here.
        let before = self.0.fetch_add(WEAK, Relaxed);
        if weak(before) >= WEAK_LIMIT {
            self.undo(WEAK);
        }
    }

    /// Releases a weak handle. Returns `Some` if it was the last one.
    #[inline(always)]
    pub(crate) fn release_weak(&self) -> Option<LastWeak> {
        // [release_weak] Release: pairs with [release_weak_last], and with [take_value],
        // [is_unique] and [sole], which may find that no `Weak` is left. So every access through
        // this handle happens-before the free. Weaker: use after free.
        let before = self.0.fetch_sub(WEAK, RELEASE);
        if weak(before) > 1 {
            return None;
        }
        Some(LastWeak { before })
    }

    /// Takes the memory. The caller frees it.
    #[inline(always)]
    pub(crate) fn take_memory(&self, last: LastWeak) {
        let left = if RELEASE_ACQUIRES {
            last.before.wrapping_sub(WEAK)
        } else {
            // [release_weak_last] Acquire: pairs with the Release of every other handle,
            // [release_weak]. Weaker: the memory is freed while another thread still uses it. The
            // check below uses the loaded word. Without any use, the load may become `ldar xzr`,
            // which need not acquire by the Arm manual.
            self.0.load(Acquire)
        };
        if left != NO_HANDLE {
            wrong_count();
        }
    }

    /// Takes back the handles that the caller has `added` past a limit, and ends the process.
    /// Without `std`, ending it means a panic, and a panic handler may keep other threads running.
    /// Since each thread takes back what it added, no field wraps around.
    #[cold]
    #[inline]
    fn undo(&self, added: u64) -> ! {
        // [undo] Relaxed: the handles taken back were never used, and the caller still owns the
        // handle from which it made them.
        self.0.fetch_sub(added, Relaxed);
        too_many_handles()
    }

    /// Like [`undo`](Word::undo), for a caller that owns only the handle that it has added. The
    /// memory is not freed, even if this was the last handle.
    #[cold]
    #[inline(never)]
    fn release_weak_past_limit(&self) -> ! {
        let _ = self.release_weak();
        too_many_handles()
    }
}

/// Converts a count to `usize`. A count of 2^33 does not fit into 32 bits.
#[inline]
fn saturate(count: u64) -> usize {
    if count > usize::MAX as u64 { usize::MAX } else { count as usize }
}

never_unwind! {
    #[cold]
    #[inline(never)]
    fn too_many_handles() -> ! {
        crate::abort::abort("proven-arc: a reference count is past its limit")
    }

    /// Aborts on a count that cannot be right. Continuing is never safe: the value or the memory
    /// may still be in use.
    #[cold]
    #[inline(never)]
    fn wrong_count() -> ! {
        crate::abort::abort(
            "proven-arc: a reference count is past its limit, or a handle was released twice",
        )
    }
}
