//! The reference-count word: its layout, and every atomic access of the crate.
//!
//! ```text
//!  63                              30  29                        0
//! +----------------------------------+--------------------------+
//! | strong handles, minus one        | weak handles             |
//! +----------------------------------+--------------------------+
//! ```
//!
//! * The strong field is the number of strong handles **minus one**: the sign bit alone says that
//!   there is none, so the value is gone, or (under [`UniqueArc`] and `new_cyclic`) not shared yet.
//! * The weak field is the number of `Weak`s, plus one *implicit weak* that the strong handles own
//!   together, and after them the one who took the value.
//!
//! After construction the word is only modified by read-modify-writes. So each `Release` among
//! them heads a release sequence that runs to the end of the modification order, and **any**
//! `Acquire` that reads a later value synchronises with **all** of them. Every reason below rests
//! on that sentence. The whole story is in `proofs/README.md`, and each access `[An]` has a note,
//! `proofs/An.md`.
//!
//! The methods answer in outcomes. Who holds which handle is the business of the callers, and the
//! precondition of each method here: whoever adds or looks holds a handle (or the implicit weak),
//! whoever releases gives up what it held.
//!
//! [`UniqueArc`]: crate::UniqueArc

use crate::atomic::{
    AtomicU64,
    Ordering::{self, AcqRel, Acquire, Relaxed, Release},
};

/// One strong handle.
const STRONG: u64 = 1 << 30;
/// One weak handle.
const WEAK: u64 = 1;
/// No strong handle: the strong field is minus one.
const NO_STRONG: u64 = STRONG.wrapping_neg();
/// One strong handle, and the implicit weak it owns: nobody else.
const UNIQUE: u64 = WEAK;

/// From here on, one strong handle more would set the sign bit. (Where it is set, there is no
/// strong handle, or too many already.)
const STRONG_FULL: u64 = (1 << 63) - STRONG;

/// The weak field may grow up to here, the implicit weak included; the strong field, while the
/// sign bit is clear.
const WEAK_LIMIT: u64 = 1 << 29;

/// How many strong handles one read-modify-write may add.
///
/// Past a limit there is as much room again for threads that have added and not aborted yet. One
/// step uses up to 2^10 of the 2^33 handles of that room, so it lasts for 2^23 threads: more than
/// any system runs.
const STRONG_STEP: usize = 1 << 10;

/// Whether a read-modify-write that releases acquires too, because that costs nothing: so it is on
/// x86. Then the last one to release has acquired already, and is spared the loads [A3] and [A6].
/// (There, a load of what a locked instruction has just written has to wait for it.)
///
/// `AcqRel` is `Release` and, at once, an `Acquire` load that reads what was just written: one of
/// the executions of the protocol, so what is proved of all of them holds of this one. (Those that
/// are not the last learn more than they need, which races with nothing.)
///
/// Either way is sound anywhere. The variable is for checks and measurements: `0` or `1`, when the
/// crate is built.
const RELEASE_ACQUIRES: bool = match option_env!("PROVEN_ARC_RELEASE_ACQUIRES") {
    Some(choice) => choice.as_bytes()[0] == b'1',
    None if cfg!(any(loom, shuttle)) => false,
    None => cfg!(any(target_arch = "x86_64", target_arch = "x86")),
};

/// The ordering of [A2], [A5] and [A13].
const RELEASE: Ordering = if RELEASE_ACQUIRES { AcqRel } else { Release };

/// What the release of a weak handle found.
#[must_use]
pub(crate) enum Released {
    /// There are other weak handles.
    Shared,
    /// This was the last one.
    Last,
}

/// The last strong handle was released: the value is the caller's to [take](Word::take_value), or to
/// keep in a `UniqueArc`.
#[must_use = "the value has to be taken, or it is never dropped"]
pub(crate) struct LastStrong {
    /// The word, with this one handle counted still.
    word: Seen,
}

/// What the only user of a strong handle found.
#[must_use]
pub(crate) enum Sole {
    /// No other handle, strong or weak: the value is exclusively the caller's, and everything
    /// that anybody did to it happens-before.
    Unique,
    /// No other strong handle, but `Weak`s that may upgrade: the caller can [steal](Word::steal).
    BesideWeaks(Seen),
    /// There are other strong handles.
    Shared,
}

/// The word as it was seen.
#[derive(Clone, Copy)]
pub(crate) struct Seen(u64);

/// The implicit weak, in the hands of the one who took the value and has still to release it.
#[must_use = "the implicit weak has to be released, or the memory is never freed"]
pub(crate) struct ImplicitWeak {
    /// No `Weak` is left, so nobody else can reach the allocation.
    alone: bool,
}

/// The counts of one allocation, from one look at it.
///
/// The two belong together: both are read by one atomic load.
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
    /// What goes with the value that is taken from the only handle, after [`Sole::Unique`]. The
    /// word stays as it is: nobody else is there to read it.
    pub(crate) fn of_unique() -> Self {
        Self { alone: true }
    }
}

impl Seen {
    /// Strong handles, 0 up to 2^34 - 1.
    fn strong(self) -> u64 {
        self.0.wrapping_add(STRONG) / STRONG
    }

    /// Weak handles, the implicit weak included.
    fn weak(self) -> u64 {
        self.0 % STRONG
    }

    /// Whether the release of `released` / [`STRONG`] handles, fewer than 2^33, leaves none. Past the
    /// limit it is true too, and [`Word::take_value`] aborts. (One comparison, which fuses with its
    /// branch: the sign of what is left takes longer.)
    fn is_last_strong(self, released: u64) -> bool {
        (self.0 as i64) < released as i64
    }

    /// The sign bit: no strong handle, or more than the limit.
    fn is_negative(self) -> bool {
        (self.0 as i64) < 0
    }
}

/// The word in front of each value.
pub(crate) struct Word(AtomicU64);

crate::const_unless_loom! {
    impl Word {
        /// One strong handle.
        pub(crate) fn unique() -> Self {
            Self(AtomicU64::new(UNIQUE))
        }

        /// No strong handle yet: the caller has the value (or its place) and the implicit weak.
        pub(crate) fn building() -> Self {
            Self(AtomicU64::new(NO_STRONG | WEAK))
        }
    }
}

impl Word {
    /// Adds `n` strong handles.
    #[inline]
    pub(crate) fn add_strong(&self, n: usize) {
        let mut left = n;
        while left > 0 {
            let step = left.min(STRONG_STEP);
            let added = STRONG * step as u64;
            // [A1] Relaxed: the caller's own handle is already ordered after all it has to see,
            // and passes that on with the new ones. Nothing is published here.
            let before = self.0.fetch_add(added, Relaxed);
            if Seen(before.wrapping_add(added)).is_negative() {
                count_overflow();
            }
            left -= step;
        }
    }

    /// Releases `n` strong handles, at least one: the last ones, if the answer says so.
    #[inline]
    pub(crate) fn release_strong(&self, n: usize) -> Option<LastStrong> {
        let released = STRONG * n as u64;
        // [A2] Release: pairs with the Acquire of whoever takes the value or gets it exclusively,
        // [A3], [A9], [A10], [A11], [A14]: all that was done through this handle happens-before.
        // Weaker: a reader of the value races with its destructor.
        let before = self.0.fetch_sub(released, RELEASE);
        let word = Seen(before.wrapping_sub(released - STRONG));
        Seen(before).is_last_strong(released).then_some(LastStrong { word })
    }

    /// Turns a strong handle into a weak one: the last strong one, if the answer says so.
    #[inline]
    pub(crate) fn strong_into_weak(&self) -> Option<LastStrong> {
        let difference = WEAK.wrapping_sub(STRONG);
        // [A13] Release: as [A2], this gives up a strong handle.
        let before = self.0.fetch_add(difference, RELEASE);
        if Seen(before).weak() >= WEAK_LIMIT {
            count_overflow();
        }
        let word = Seen(before.wrapping_add(WEAK));
        Seen(before).is_last_strong(STRONG).then_some(LastStrong { word })
    }

    /// Takes the value, with the implicit weak: with the `last` strong handle, or (`None`) where
    /// there is none, as the owner of a `UniqueArc`.
    #[inline]
    pub(crate) fn take_value(&self, last: Option<LastStrong>) -> ImplicitWeak {
        // As if the last strong handle were counted still.
        let word = match last {
            Some(last) if RELEASE_ACQUIRES => last.word,
            _ => {
                // [A3] Acquire: pairs with every Release of a strong handle, [A2] and [A13], and
                // with every Release of a `Weak`, [A5]. Weaker: the value is dropped, and the
                // memory freed, under the eyes of one who was still using it. (A load, not a fence,
                // which ThreadSanitizer would not see.)
                Seen(self.0.load(Acquire).wrapping_add(STRONG))
            }
        };
        if word.strong() != 1 {
            count_overflow();
        }
        ImplicitWeak { alone: word.0 == UNIQUE }
    }

    /// Adds a weak handle.
    #[inline]
    pub(crate) fn add_weak(&self) {
        // [A4] Relaxed: as [A1], the new handle knows what its maker knows.
        let before = self.0.fetch_add(WEAK, Relaxed);
        if Seen(before).weak() >= WEAK_LIMIT {
            count_overflow();
        }
    }

    /// Releases a weak handle. After [`Released::Last`] the memory is the caller's to free.
    #[inline]
    pub(crate) fn release_weak(&self) -> Released {
        // [A5] Release: pairs with [A6] (and [A3], [A9], [A10], which may find no `Weak` left):
        // every access through this handle happens-before the free. Weaker: use after free.
        let before = self.0.fetch_sub(WEAK, RELEASE);
        if Seen(before).weak() > 1 {
            return Released::Shared;
        }
        let left = if RELEASE_ACQUIRES {
            before.wrapping_sub(WEAK)
        } else {
            // [A6] Acquire: pairs with the Release of every other handle, [A5]. Weaker: the memory
            // is freed while another still uses it. (What is loaded has to be used, if only for the
            // check: of an `ldar xzr` the Arm manual promises no acquire.)
            self.0.load(Acquire)
        };
        if left != NO_STRONG {
            count_overflow();
        }
        Released::Last
    }

    /// Releases the implicit weak. After [`Released::Last`] the memory is the caller's to free.
    #[inline]
    pub(crate) fn release_implicit_weak(&self, implicit_weak: ImplicitWeak) -> Released {
        if implicit_weak.alone { Released::Last } else { self.release_weak() }
    }

    /// Adds a strong handle beside the caller's weak one, unless there is no strong handle.
    #[inline]
    pub(crate) fn upgrade(&self) -> bool {
        self.add_strong_if_any(STRONG)
    }

    /// Turns the caller's weak handle into a strong one, unless there is no strong handle.
    #[inline]
    pub(crate) fn weak_into_strong(&self) -> bool {
        self.add_strong_if_any(STRONG.wrapping_sub(WEAK))
    }

    #[inline]
    fn add_strong_if_any(&self, difference: u64) -> bool {
        // [A7] Relaxed: a guess for [A8] to confirm. "No strong handle" needs no confirmation (if
        // the newest word says otherwise, that is concurrent), and the value is not touched then.
        let mut current = self.0.load(Relaxed);
        loop {
            if current >= STRONG_FULL {
                if Seen(current).strong() == 0 {
                    return false;
                }
                count_overflow();
            }
            let new = current.wrapping_add(difference);
            // [A8] Acquire: pairs with [A12], so that the value is seen as `new_cyclic` or the
            // `UniqueArc` wrote it. Weaker: an upgraded handle reads the value while it is
            // written. Relaxed on failure: the value read is the next guess, as in [A7].
            match self.0.compare_exchange_weak(current, new, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(actual) => current = actual,
            }
        }
    }

    /// Whether the caller's strong handle, which nobody else may be using, is the only handle. If
    /// so, everything that anybody did to the value happens-before.
    #[inline]
    pub(crate) fn is_unique(&self) -> bool {
        // [A9] Acquire: pairs with the Release of those who left, [A2], [A5] and [A13]. Weaker:
        // the write that follows races with the last read of a handle that was dropped.
        self.0.load(Acquire) == UNIQUE
    }

    /// Whether the caller's strong handle, which nobody else may be using, is the only strong one.
    #[inline]
    pub(crate) fn sole(&self) -> Sole {
        // [A10] Acquire: as [A9], where it finds no other handle. With `Weak`s it is a guess for
        // [A11] to confirm.
        let seen = Seen(self.0.load(Acquire));
        if seen.0 == UNIQUE {
            Sole::Unique
        } else if seen.strong() == 1 {
            Sole::BesideWeaks(seen)
        } else {
            Sole::Shared
        }
    }

    /// Gives up the only strong handle and takes the value, unless the word has changed since
    /// it was `seen`.
    #[inline]
    pub(crate) fn steal(&self, seen: Seen) -> Option<ImplicitWeak> {
        let new = seen.0.wrapping_sub(STRONG);
        // [A11] Acquire: pairs with [A2] and [A13]. The word may have come *back* to what was
        // seen: an upgraded handle used the value and was dropped, its `Weak` kept. Weaker: that
        // use races with what becomes of the value. Relaxed on failure: nothing is taken, the caller
        // looks again.
        match self.0.compare_exchange(seen.0, new, Acquire, Relaxed) {
            Ok(_) => Some(ImplicitWeak { alone: false }),
            Err(_) => None,
        }
    }

    /// Makes the first strong handle, by the one who has the value and the implicit weak.
    #[inline]
    pub(crate) fn publish(&self) {
        // [A12] Release: pairs with [A8]: the value, as it was written, happens-before each
        // successful upgrade. Weaker: an upgraded handle reads what is not written yet.
        self.0.fetch_add(STRONG, Release);
    }

    /// The counts. If the strong count is 1, the only handle is the caller's, and no `Weak` can
    /// upgrade, then everything that anybody did to the value happens-before.
    #[inline]
    pub(crate) fn counts(&self) -> Counts {
        // [A14] Acquire: pairs with [A2] and [A13], so that "the count is 1, therefore I am alone"
        // is sound. Weaker: what follows from the count races with what the others did.
        let seen = Seen(self.0.load(Acquire));
        Counts { strong: saturate(seen.strong()), weak: saturate(seen.weak().saturating_sub(1)) }
    }
}

#[cfg(loom)]
impl Word {
    /// Takes the place of the deallocation, so that loom sees it.
    ///
    /// # Safety
    ///
    /// `this` is in the block at `start`, which the global allocator gave out for `layout`.
    pub(crate) unsafe fn free(
        this: core::ptr::NonNull<Self>,
        start: core::ptr::NonNull<u8>,
        layout: core::alloc::Layout,
    ) {
        // SAFETY: handed on; the word is the atomic and nothing else.
        unsafe { AtomicU64::free(this.cast(), start, layout) }
    }
}

/// A count of 2^33 does not fit a `usize` of 32 bits.
fn saturate(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A count has passed its limit, or a handle was released more often than it was made: there is
/// no safe way on.
#[cold]
#[inline(never)]
fn count_overflow() -> ! {
    crate::abort::abort(
        "proven-arc: a reference count is past its limit, or a handle was released twice",
    )
}
