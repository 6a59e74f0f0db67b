//! [`std::sync`], with this crate's [`Arc`] and [`Weak`] in the place of std's.
//!
//! So switching a crate over is one search-and-replace, of `std::sync` by `proven_arc::sync`:
//!
//! ```
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
//! ```
//!
//! All that `std::sync` has in the compiler that builds the crate is here, the newest too: the very
//! same types, but for [`Arc`], [`Weak`] and [`UniqueArc`]. (What is unstable there asks for its
//! `#![feature]` here.)
//!
//! # Under loom
//!
//! In a build with `--cfg loom` and the feature `loom`, here is what
//! [loom](https://docs.rs/loom/0.7/loom/sync/) has in place of `std::sync`, and this crate's `Arc`,
//! which runs on loom's atomics then. So code that was switched over can be model-checked as it is,
//! as long as it uses nothing that loom lacks.
//!
//! loom 0.7 has `atomic`, `mpsc::channel`, `Mutex`, `RwLock`, `Condvar`, and the guards, results
//! and errors that go with these. (Its `Barrier` panics, and its `Notify` is not in std.) It has no
//! `Once`, `OnceLock`, `LazyLock`, no `mpsc::sync_channel`, and nothing of its own can stand in a
//! `static`, but in its `lazy_static!`. What it lacks is left out here: std's would block all
//! threads of the model, and hide from loom what it orders.

cfg_loom! {
    pub use loom::sync::*;
    // Plain errors, which loom's locks return too.
    pub use std::sync::{PoisonError, TryLockError};
}
cfg_not_loom! {
    pub use std::sync::*;
}

// Named, and so in front of what the `*` above would bring.
pub use crate::{Arc, UniqueArc, Weak};
