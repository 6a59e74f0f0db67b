//! A replacement for [`std::sync::Arc`] and [`std::sync::Weak`], with both counts in one word, and
//! with memory orderings that are checked and proved.
//!
//! ```
//! use proven_arc::{Arc, Weak};
//! use std::thread;
//!
//! let shared = Arc::new(String::from("one word counts"));
//! let weak: Weak<String> = Arc::downgrade(&shared);
//! let thread = thread::spawn({
//!     let shared = Arc::clone(&shared);
//!     move || shared.len()
//! });
//! assert_eq!(thread.join().unwrap(), 15);
//! drop(shared);
//! assert!(weak.upgrade().is_none());
//! ```
//!
//! # What it is
//!
//! Both counts are in one 64-bit word in front of the value. One load reads both, so
//! [`Arc::get_mut`] is one load. One read-modify-write changes both, so [`Arc::into_weak`] and
//! [`Weak::into_strong`] are one step. Every modification is a read-modify-write, so one `Acquire`
//! of the newest word is ordered after every release of a handle. [`proofs`] explains each access,
//! and names the models and the theorems that check the explanation.
//!
//! A handle is one pointer, to the value itself, so `Option<Arc<T>>` is one word too. An
//! `Arc<u64>` takes 16 bytes on the heap.
//!
//! # Differences from std
//!
//! Everything that is stable in std's `Arc` and `Weak` is here, under the same name and with the
//! same contract. The main differences:
//!
//! * One allocation can have 2^33 `Arc`s and 2^29 - 1 [`Weak`]s. Past that the process aborts.
//! * On stable Rust, [`coerce!`] turns an `Arc<T>` into an `Arc<dyn Trait>`, and [`task::Wake`]
//!   makes wakers. Only std's `Arc` can be a receiver: `self: Arc<Self>`.
//! * The counts are `Acquire` loads, where std has `Relaxed`.
//!
//! [`limitations`] lists all of them, what is slower, and what the checks do not cover.
//!
//! To switch a whole crate over, replace `std::sync` by [`proven_arc::sync`](sync). [`migrating`]
//! explains how, and what to change by hand.
//!
//! # Complexity
//!
//! | operation | atomic operations |
//! |---|---|
//! | `new` | none |
//! | `clone`, `downgrade`, [`Weak`]'s `clone` | one read-modify-write, `Relaxed` |
//! | `drop`, `into_inner`, `into_weak` | one read-modify-write, `Release` |
//! | the last such `drop`, `into_inner` or `into_weak` | also a load |
//! | the same, if there are [`Weak`]s | also a read-modify-write, and another load to free |
//! | `upgrade`, `into_strong` | a load and a compare-exchange, again if the counts change |
//! | `get_mut`, `is_unique`, `make_mut` of the only handle, the counts | one load, `Acquire` |
//! | `try_unwrap`, if there are [`Weak`]s | a load, a compare-exchange, a read-modify-write |
//! | `make_mut`, if there are [`Weak`]s | the same, and another load |
//!
//! On x86 the releasing read-modify-writes also acquire, which is free there. That saves the loads
//! after a release.
//!
//! On a target without 64-bit atomics, each of these operations takes a lock of the crate
//! `portable-atomic`. The table counts the operations inside the lock. An interrupt
//! handler can preempt a thread that holds the lock. If the handler then needs the lock, it waits
//! forever. So it must not use a handle that the thread uses, unless the lock is a critical section
//! (feature `critical-section`), which no interrupt preempts.
//!
//! `upgrade`, `into_strong` and the compare-exchange of `make_mut` and `try_unwrap` may retry. A
//! retry means that another thread's operation succeeded. On machines with load-linked and
//! store-conditional, it can also mean a spurious failure. All other operations take a bounded
//! number of atomic operations.
//!
//! # Leak checkers
//!
//! A handle points at the value, at least 8 bytes behind the start of its block. std's handles
//! point to the start. LeakSanitizer accepts either as a pointer to the block. valgrind reports a
//! block as "possibly lost" if only such handles point into it when the program ends, and also what
//! the value in it owns. What no handle points to is "definitely lost". To see only that, run
//! `valgrind --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite`.
//!
//! The crate's `tests/valgrind.supp` suppresses the report of the block itself. It recognises the
//! functions that allocate the block, so it needs debug information, and does not recognise each
//! of them in an optimised build.
//!
//! # Features
//!
//! * `std` (default): everything that needs the standard library. Without it, the crate is `no_std`
//!   with `alloc`.
//! * `critical-section`: for targets without compare-and-swap. Each access to the word then runs in
//!   a critical section, which the program provides. A target that has compare-and-swap, but not
//!   for 64 bits, does not need this feature. Only targets without 64-bit atomics depend on the
//!   crate `portable-atomic`.
//! * `loom`: in a build with `--cfg loom`, the crate runs on loom's atomics, for models of code
//!   that uses it. Nothing changes unless both are set.
//! * `nightly`: on a nightly compiler, what stable Rust allows only for std's `Arc`. Tested with
//!   1.97.0 (2026-05-19). Some unstable traits are renamed from time to time. The crate implements
//!   those that the compiler has.
//! * `serde` (from 1.0.101): `Serialize` and `Deserialize` for `Arc`, `Weak`, `UniqueArc`,
//!   `ThinArc` and `ThinWeak`, as serde's feature `rc` implements them for std's. `Serialize` for
//!   `ArcRef` and `ArcBorrow`. A shared value is written once for each handle. Reading does not
//!   restore the sharing.
//! * `arc-swap` (from 1.9.5): `RefCnt` for `Arc`, `Pin<Arc>`, `Weak`, `ThinArc` and `ThinWeak`, and
//!   therefore for `Option`s of them.
//! * `stable_deref_trait` (from 1.2): `StableDeref` for `Arc`, `ThinArc`, `ArcRef`, `ArcBorrow` and
//!   `UniqueArc`, `CloneStableDeref` for all of these but `UniqueArc`.
//! * `archery` (from 1.2): the pointer kind `ProvenArcK`, for `rpds` and similar crates.
//! * `unsize` (from 1.1): `CoerciblePtr`, and therefore `CoerceUnsize`, for `Arc` and `ArcBorrow`.
//! * `proptest` (from 1.6): `Arbitrary` for an `Arc` or a `ThinArc` of what proptest makes in a
//!   `Box`, and `Strategy` for an `Arc` of a strategy.
//! * `arbitrary` (from 1.4): `Arbitrary` for `Arc<T>`, `Arc<[T]>` and `Arc<str>`, and for
//!   `ThinArc<[T]>` and `ThinArc<str>`.
//! * `log` (from 0.4): `Log` for an `Arc` of a logger.
//! * `tracing-core` (from 0.1.30): `Subscriber` for an `Arc` of a subscriber.
//! * `borsh` (from 1.5): `BorshSerialize` and `BorshDeserialize` for `Arc`, `UniqueArc` and
//!   `ThinArc`, as borsh's feature `rc` implements them for std's. `BorshSerialize` for `ArcRef`
//!   and `ArcBorrow`.
//! * `schemars` (from 1): `JsonSchema` for the same handles as `serde`.
//! * `weak-table` (from 0.4): `WeakElement` and `WeakKey` for `Weak` and `ThinWeak`.
//! * `rayon` (from 1.10): `FromParallelIterator` for `Arc<[T]>` and `ThinArc<[T]>`.
//! * `rkyv` (from 0.8.17): `Archive`, `Serialize` and `Deserialize` for `Arc`, `Weak`, `ThinArc`
//!   and `ThinWeak`, with the flavor `ProvenArcFlavor`. A shared value is written once, and reading
//!   restores the sharing.
//! * `tracing-subscriber` (from 0.3.20): `MakeWriter` for an `Arc` of a writer, `Filter` for an
//!   `Arc` of a filter.
//!
//! For example, with `serde` and `weak-table`:
//!
//! ```
//! # #[cfg(all(feature = "serde", feature = "weak-table"))] {
//! use proven_arc::{ThinArc, ThinWeak};
//! use serde::{Deserialize, Serialize};
//! use weak_table::WeakHashSet;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Page {
//!     title: ThinArc<str>,
//!     words: ThinArc<[ThinArc<str>]>,
//! }
//!
//! let mut page: Page = serde_json::from_str(r#"{"title":"no","words":["no","no"]}"#).unwrap();
//! assert_eq!(ThinArc::strong_count(&page.words[0]), 1); // each word has its own allocation
//!
//! // Makes equal words share one allocation.
//! let mut table = WeakHashSet::<ThinWeak<str>>::new();
//! for word in ThinArc::make_mut(&mut page.words) {
//!     if let Some(shared) = table.get(&**word) {
//!         *word = shared;
//!     } else {
//!         table.insert(word.clone());
//!     }
//! }
//! assert!(ThinArc::ptr_eq(&page.words[0], &page.words[1]));
//! assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"title":"no","words":["no","no"]}"#);
//! # }
//! ```
//!
//! Features are additive: code that compiles with some features also compiles with more, and means
//! the same. The exception is `nightly`, which promises no more than the compiler does. With it,
//! `#[derive(PartialEq)]` on a struct with an `Arc<dyn Trait>` does not compile, as with std
//! (E0507). Support for a new major version of a crate above comes as a new feature, or in a new
//! major version of this crate. Items that are `#[doc(hidden)]` are for this crate's macros, and
//! may change.
//!
//! # Debuggers
//!
//! gdb shows the counts and the value of a handle as `Arc(strong=2, weak=1) = {value = 5}`. It uses
//! a script that the compiler embeds in the program, and has to be allowed to load it. To allow
//! that, add `add-auto-load-safe-path DIRECTORY` to gdb's configuration, with the directory of the
//! program. (Otherwise gdb warns, and names the file of its configuration.)
//!
//! The debug information also has a natvis file, for Visual Studio and windbg. It shows `Arc`,
//! `Weak` and `UniqueArc`. It is not tested, since CI has no Windows.
#![warn(clippy::std_instead_of_core, clippy::std_instead_of_alloc, clippy::alloc_instead_of_core)]
#![cfg_attr(not(feature = "std"), no_std)]
#![debugger_visualizer(gdb_script_file = "debugger/gdb.py")]
#![debugger_visualizer(natvis_file = "debugger/handles.natvis")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    feature = "nightly",
    feature(
        allow_internal_unstable,
        coerce_unsized,
        dispatch_from_dyn,
        dropck_eyepatch,
        error_generic_member_access,
        layout_for_ptr,
        legacy_receiver_trait,
        specialization,
        unsize
    )
)]
// For `specialization` and `allow_internal_unstable`.
#![cfg_attr(feature = "nightly", allow(incomplete_features, internal_features))]

extern crate alloc;
/// `impl Drop`, with `#[may_dangle]` under the feature `nightly`, as std has it.
macro_rules! may_dangle_drop {
    ($(#[$meta:meta])* impl Drop for $ty:ident { $($drop:tt)* }) => {
        $(#[$meta])*
        #[cfg(not(feature = "nightly"))]
        impl<T: ?Sized> Drop for $ty<T> { $($drop)* }

        $(#[$meta])*
        #[cfg(feature = "nightly")]
        // SAFETY: `#[may_dangle]` promises that `drop` does nothing with a `T` but drop it. A
        // `Weak` drops no `T`. Every other handle has a `PhantomData<T>`, which tells the drop
        // check that it drops a `T`.
        unsafe impl<#[may_dangle] T: ?Sized> Drop for $ty<T> { $($drop)* }
    };
}

/// Runs the examples of the README as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

// A build with `--cfg loom` and the feature `loom` runs on loom's atomics. Either module `atomic`
// defines macros, by which the rest of the crate compiles what fits that module.
#[cfg(not(all(loom, feature = "loom")))]
#[macro_use]
mod atomic;
#[cfg(all(loom, feature = "loom"))]
#[macro_use]
#[path = "atomic/loom.rs"]
mod atomic;

mod abort;
mod arc;
mod borrow;
mod clone_to_uninit;
mod clones;
mod coerce;
mod convert;
#[cfg(doc)]
mod docs;
mod error;
mod inner;
mod integrations;
#[cfg(feature = "std")]
#[allow(unexpected_cfgs, reason = "Rust 1.85 does not know each operating system")]
mod os;
mod project;
cfg_not_loom! {
    mod statics;
    pub use statics::{StaticArc, StaticStr, StaticThinStr};
}
pub mod sync;
pub mod task;
mod thin;
mod traits;
mod unique;
mod weak;
mod word;

#[cfg(feature = "nightly")]
mod nightly;

pub use arc::Arc;
pub use borrow::ArcBorrow;
pub use clone_to_uninit::CloneToUninit;
pub use clones::Clones;
#[doc(hidden)]
pub use coerce::parts as __coerce;
#[cfg(all(doc, not(doctest)))]
pub use docs::proofs;
#[cfg(doc)]
pub use docs::{adopted, limitations, migrating};
pub use error::AllocError;
#[cfg(feature = "rkyv")]
pub use integrations::ProvenArcFlavor;
#[cfg(feature = "archery")]
pub use integrations::ProvenArcK;
pub use project::{ArcRef, WeakRef};
pub use thin::{HeaderSlice, SliceLike, ThinArc, ThinWeak};
pub use unique::UniqueArc;
pub use weak::Weak;
pub use word::Counts;
