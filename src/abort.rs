//! The end of the process.

cfg_not_loom! {
    /// Writes `message` to standard error and aborts. No code of the user's runs any more: no panic
    /// hook, no destructor.
    #[cfg(feature = "std")]
    pub(crate) fn abort(message: &str) -> ! {
        use std::io::Write;
        // Nothing is left to do about a standard error that cannot be written to.
        let _ = writeln!(std::io::stderr(), "{message}");
        std::process::abort()
    }

    /// Panics out of a function that cannot unwind, which aborts: without `std` there is no `abort`.
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
