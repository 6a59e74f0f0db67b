//! Ends the process after a count was found to be wrong, since there is no safe way to continue.

cfg_not_loom! {
    /// Ends the process at once, as std's `Arc` does. Between the failed check and the end there is
    /// no lock, no allocation, no user code and no wait. Printing a message would need some of
    /// these, so none is printed. In a debugger, the name of the caller tells the reason.
    #[cfg(feature = "std")]
    pub(crate) fn abort(_message: &str) -> ! {
        std::process::abort()
    }

    /// Panics in a function that cannot unwind, since without `std` there is no `abort`. The
    /// program's panic handler runs, and should end the program. Even if it does not, this thread
    /// never continues.
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
