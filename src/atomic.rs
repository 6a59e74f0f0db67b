//! Where the atomic integer comes from: `core`, the `portable-atomic` crate, or `loom`.
//!
//! Nothing else in the crate knows which of the three it runs on.

#[cfg(not(any(loom, feature = "portable-atomic")))]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(all(not(loom), feature = "portable-atomic"))]
pub(crate) use portable_atomic::AtomicU64;

#[cfg(not(any(loom, feature = "portable-atomic", target_has_atomic = "64")))]
compile_error!(
    "proven-arc counts in one 64-bit atomic, which this target does not have: \
     enable the feature `portable-atomic`"
);

pub(crate) use core::sync::atomic::Ordering;

#[cfg(loom)]
pub(crate) use self::modelled::AtomicU64;

/// The atomic of a `--cfg loom` build: loom's own, and besides it what loom has to know of the
/// memory that it stands in.
///
/// * An allocation that is never freed is reported as a leak.
/// * Freeing is an exclusive access: one that does not happen after every access to the word is
///   reported as a race.
/// * An access after the free, and a second free, are reported as such. For this, freed memory is
///   kept until the end of the execution.
#[cfg(loom)]
mod modelled {
    use super::Ordering;
    use alloc::alloc::{Layout, dealloc};
    use alloc::vec::Vec;
    use core::ptr::NonNull;
    use std::sync::Mutex;

    pub(crate) struct AtomicU64 {
        value: loom::sync::atomic::AtomicU64,
        freed: core::sync::atomic::AtomicBool,
        allocation: Mutex<Option<loom::alloc::Track<()>>>,
    }

    impl AtomicU64 {
        pub(crate) fn new(value: u64) -> Self {
            Self {
                value: loom::sync::atomic::AtomicU64::new(value),
                freed: core::sync::atomic::AtomicBool::new(false),
                allocation: Mutex::new(Some(loom::alloc::Track::new(()))),
            }
        }

        fn value(&self) -> &loom::sync::atomic::AtomicU64 {
            let freed = self.freed.load(Ordering::Relaxed);
            assert!(!freed, "use after free: the reference count of a freed allocation");
            &self.value
        }

        pub(crate) fn load(&self, ordering: Ordering) -> u64 {
            self.value().load(ordering)
        }

        pub(crate) fn fetch_add(&self, operand: u64, ordering: Ordering) -> u64 {
            self.value().fetch_add(operand, ordering)
        }

        pub(crate) fn fetch_sub(&self, operand: u64, ordering: Ordering) -> u64 {
            self.value().fetch_sub(operand, ordering)
        }

        pub(crate) fn compare_exchange(
            &self,
            current: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            self.value().compare_exchange(current, new, success, failure)
        }

        pub(crate) fn compare_exchange_weak(
            &self,
            current: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            self.value().compare_exchange_weak(current, new, success, failure)
        }

        /// Takes the place of the deallocation of the memory that `this` stands in.
        ///
        /// # Safety
        ///
        /// `this` is in the block at `start`, which the global allocator gave out for `layout`.
        pub(crate) unsafe fn free(this: NonNull<Self>, start: NonNull<u8>, layout: Layout) {
            // SAFETY: freed memory is kept until the end of the execution, so that the word is
            // there even when the model has a bug that frees it twice.
            let word = unsafe { this.as_ref() };
            let freed = word.freed.swap(true, Ordering::Relaxed);
            assert!(!freed, "double free: the allocation was freed before");
            drop(word.allocation.lock().unwrap_or_else(|e| e.into_inner()).take());
            // SAFETY: `free` is called once. Should another access be concurrent, `with_mut`
            // reports it and touches nothing.
            unsafe { (*(&raw mut (*this.as_ptr()).value)).with_mut(|_| ()) };
            QUARANTINE.keep(start, layout);
        }
    }

    loom::lazy_static! {
        /// The blocks freed in this execution of the model.
        static ref QUARANTINE: Quarantine = Quarantine(Mutex::new(Vec::new()));
    }

    struct Quarantine(Mutex<Vec<(NonNull<u8>, Layout)>>);

    // SAFETY: the blocks belong to the list alone.
    unsafe impl Send for Quarantine {}
    // SAFETY: as above; the list is behind a mutex.
    unsafe impl Sync for Quarantine {}

    impl Quarantine {
        fn keep(&self, start: NonNull<u8>, layout: Layout) {
            self.0.lock().unwrap_or_else(|e| e.into_inner()).push((start, layout));
        }
    }

    impl Drop for Quarantine {
        fn drop(&mut self) {
            for (start, layout) in self.0.get_mut().unwrap_or_else(|e| e.into_inner()).drain(..) {
                // SAFETY: handed over by `AtomicU64::free`, once.
                unsafe { dealloc(start.as_ptr(), layout) };
            }
        }
    }
}
