//! The end of the process, where a check of a count has failed and there is no safe way on.

cfg_not_loom! {
    /// Ends the process at once, as std's `Arc` does. No lock, no allocation, no user code and
    /// nothing that waits comes between the failed check and the end: so there is no message
    /// either. The caller's name tells the reason in a debugger.
    #[cfg(feature = "std")]
    pub(crate) fn abort(_message: &str) -> ! {
        std::process::abort()
    }

    /// Panics in a function that cannot unwind, since there is no `abort` without `std`. The
    /// program's panic handler runs, and ends the process. If it does not return, this thread never
    /// goes on.
    #[cfg(not(feature = "std"))]
    pub(crate) fn abort(message: &str) -> ! {
        extern "C" fn panic_without_unwinding(message: &&str) -> ! {
            panic!("{message}")
        }
        panic_without_unwinding(&message)
    }
}

cfg_loom! {
    /// Panics, so that the model that got here reports it.
    pub(crate) fn abort(message: &str) -> ! {
        panic!("{message}")
    }
}
