//! Ends the process, when a check of a count has failed and there is no safe way to continue.

cfg_not_loom! {
    /// Ends the process at once, as std's `Arc` does. Between the failed check and the end there is
    /// no lock, no allocation, no user code and no wait, so no message either. In a debugger, the
    /// caller's name tells the reason.
    #[cfg(feature = "std")]
    pub(crate) fn abort(_message: &str) -> ! {
        std::process::abort()
    }

    /// Panics in a function that cannot unwind, since there is no `abort` without `std`. The
    /// program's panic handler runs, and should end the program. In any case, this thread never
    /// continues.
    #[cfg(not(feature = "std"))]
    pub(crate) fn abort(message: &str) -> ! {
        extern "C" fn panic_without_unwinding(message: &&str) -> ! {
            panic!("{message}")
        }
        panic_without_unwinding(&message)
    }
}

cfg_loom! {
    /// Panics, so that the model reports it.
    pub(crate) fn abort(message: &str) -> ! {
        panic!("{message}")
    }
}
