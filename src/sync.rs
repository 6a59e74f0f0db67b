//! The items of [std's `sync`](https://doc.rust-lang.org/std/sync/), with this crate's [`Arc`] and
//! [`Weak`] in place of std's.
//!
//! Without the feature `std`, it has only `Arc`, [`UniqueArc`] and `Weak`, in place of those in
//! `alloc::sync`.
//!
//! To switch a crate over, replace `std::sync` or `alloc::sync` by `proven_arc::sync`:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use proven_arc::sync::atomic::{AtomicU32, Ordering};
//! use proven_arc::sync::{Arc, Mutex, OnceLock};
//!
//! static CALLS: AtomicU32 = AtomicU32::new(0);
//! static NAMES: OnceLock<Arc<Mutex<Vec<&str>>>> = OnceLock::new();
//!
//! let names = Arc::clone(NAMES.get_or_init(Arc::default));
//! names.lock().unwrap().push("one");
//! CALLS.fetch_add(1, Ordering::Relaxed);
//! assert_eq!(Arc::strong_count(&names), 2);
//! # }
//! ```
//!
//! This module has everything that the compiler's `std::sync` has. The types are the same, except
//! [`Arc`], [`Weak`] and [`UniqueArc`]. Unstable items need their `#![feature]` here too.
//!
//! # Under loom
//!
//! In a build with `--cfg loom` and the feature `loom`, this module has the types of [loom's
//! `sync`](https://docs.rs/loom/0.7/loom/sync/). It also has this crate's `Arc`, which then runs on
//! loom's atomics. So code that was switched over can be model-checked unchanged, as long as it
//! uses only what loom has.
//!
//! loom 0.7 has `atomic`, `mpsc::channel`, `Mutex`, `RwLock`, `Condvar`, and their guards, results
//! and errors. Its `Barrier` panics, and its `Notify` is not in std. It has no `Once`, `OnceLock`,
//! `LazyLock` or `mpsc::sync_channel`. A `static` can hold its types only through its
//! `lazy_static!`.
//!
//! This module leaves out what loom lacks. A std type would block all threads of the model, and
//! loom would not see the order that it establishes.

cfg_loom! {
    #[cfg(feature = "std")]
    pub use loom::sync::*;
    // loom's locks return std's errors.
    #[cfg(feature = "std")]
    pub use std::sync::{PoisonError, TryLockError};
}
cfg_not_loom! {
    #[cfg(feature = "std")]
    #[doc(no_inline)] // Links in std's documentation do not work from here.
    pub use std::sync::*;
}

// Named imports shadow those of the `*` above.
pub use crate::{Arc, UniqueArc, Weak};
