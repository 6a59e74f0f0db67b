//! `Arc` and `Weak` for use in place of [`std::sync::Arc`] and [`std::sync::Weak`], on one
//! reference-count word, with memory orderings that are checked and proved.
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
//! Both counts are in one 64-bit word in front of the value. One load sees both, so [`Arc::get_mut`]
//! is one load; one read-modify-write changes both, so [`Arc::into_weak`] and [`Weak::into_strong`]
//! are one; and every modification is a read-modify-write, so one `Acquire` of the newest word is
//! ordered after every handle that was ever released. Why that is right, access by access, is
//! written down in [`proofs`], beside the models and the machine-checked proof that hold it.
//!
//! A handle is one pointer, to the value itself, so `Option<Arc<T>>` is one word too. An
//! `Arc<u64>` takes 16 bytes on the heap.
//!
//! # Differences from std
//!
//! Everything that is stable in std's `Arc` and `Weak` is here, under the same name and with the
//! same contract, except:
//!
//! * **Limits.** There may be 2^33 `Arc`s and 2^29 - 1 `Weak`s of one allocation (std: `isize::MAX`
//!   of each). Every operation that adds one checks, and aborts the process past the limit. (std
//!   aborts in `clone`, and panics in `upgrade` and `downgrade`.) See [Past the
//!   limits](#past-the-limits).
//! * **Counts.** [`Arc::strong_count`] and its like are `Acquire`, where std has `Relaxed`. So from
//!   a strong count of 1 it follows that every earlier access to the value happens-before, if the
//!   caller has exclusive access to the handle, and no [`Weak`] has ever been upgraded, nor will be.
//!   Otherwise another thread may use the value: through the same handle, if that is shared, or
//!   through an upgraded one.
//! * **More names.** `Arc::is_unique`, `Arc::counts`, `Arc::clone_many` and other associated
//!   functions that std does not have hide those of the same name in an extension trait of yours,
//!   where you call them as `Arc::name(..)`. Call `Trait::name(..)` then. A new function without a
//!   counterpart in std takes `this` instead of `self`, so that it hides no method of the value.
//! * **Unsizing.** Stable Rust lets only std's pointers turn into `Arc<dyn Trait>` and `Arc<[T]>`
//!   implicitly. Here: [`coerce!`], in every place that says the type. (Or [`Arc::from`] a
//!   `Box<dyn Trait>`, a `Vec`, an array.) With the feature `nightly`, ours too.
//! * **Receivers.** `self: Arc<Self>` is std's own on stable Rust. With `nightly`, ours too.
//! * **Drop check.** std's `Arc<&'a T>` may be dropped after `'a` has ended (`#[may_dangle]`). With
//!   `nightly`, ours too.
//! * **Equality.** std's `==` is true without a look at the values when both are in the same
//!   allocation and `T: Eq`, by a specialisation that stable Rust does not have. Here the values are
//!   compared. With `nightly`, ours is as std's.
//! * **Wakers.** `std::task::Wake` asks for std's `Arc`. Here: [`task::Wake`], for ours.
//! * **Allocators.** Only the global one. (std's parameter for others is unstable.)
//!
//! ## Past the limits
//!
//! An operation that would add a handle past a limit takes the addition back and ends the process:
//! at once, without a message, without a lock and without running any code of yours. Without the
//! feature `std` there is no `abort`, and the end is a panic in a function that cannot unwind. Your
//! panic handler runs then. The thread never comes back from the operation, so the handler should
//! end the program. If it lets other threads go on instead, the counts are still right, however
//! often that happens: the thread's addition was taken back before.
//!
//! To switch a whole crate over, replace `std::sync` by [`proven_arc::sync`](sync): how, and what
//! then needs a hand, is in [`migrating`].
//!
//! # Complexity
//!
//! | operation | atomic operations |
//! |---|---|
//! | `new` | none |
//! | `clone`, `downgrade`, [`Weak`]'s `clone` | one read-modify-write, `Relaxed` |
//! | `drop`, `into_inner`, `into_weak` | one read-modify-write, `Release`; the last one, a load, and with [`Weak`]s about a second read-modify-write (and a load, to free) |
//! | `upgrade`, `into_strong` | a load and a compare-exchange, repeated while others change the counts |
//! | `get_mut`, `is_unique`, `make_mut` of the only handle, the counts | one load, `Acquire` |
//! | `try_unwrap` beside [`Weak`]s | a load, a compare-exchange, a read-modify-write (and a load, to free) |
//! | `make_mut` beside [`Weak`]s | a load more |
//!
//! On x86, where it costs nothing, the `Release`s acquire too, and the last one is spared its loads.
//!
//! All but `upgrade`, `into_strong` and the compare-exchange of `make_mut` and `try_unwrap` take a
//! bounded number of atomic operations. Of those, a retry means that another thread's operation
//! succeeded, or (on machines with load-linked and store-conditional) that one failed without cause.
//!
//! # Features
//!
//! * `std` (default): what needs the standard library. Without it the crate is `no_std` with `alloc`.
//! * `portable-atomic`: for targets without 64-bit atomics, the word of the `portable-atomic` crate.
//! * `nightly`: for nightly compilers, what only they let a foreign `Arc` do.
//! * `serde` (from 1.0.101): `Serialize` and `Deserialize` for `Arc` and `Weak`, as serde's own
//!   feature `rc` has them for std's. What is shared is written once for each handle, and is not
//!   shared any more when it is read.
//! * `arc-swap` (from 1.9.5): `RefCnt` for `Arc`, `Pin<Arc>` and `Weak`, and so for `Option`s of them.
//! * `stable_deref_trait` (from 1.2): `StableDeref` for `Arc` and `UniqueArc`, `CloneStableDeref` for
//!   `Arc`.
//! * `archery` (from 1.2): the pointer kind `ProvenArcK`, for `rpds` and the like.
//! * `unsize` (from 1.1): `CoerciblePtr`, and so `CoerceUnsize`, for `Arc`.
//!
//! Features add, and take nothing away: a build with more of them is one in which everything
//! compiles that did with fewer, and means the same. (`nightly` is the one that promises no more
//! than the compiler does.) A new major version of a crate above is a new feature here, or a new
//! major version. What is `#[doc(hidden)]` is for this crate's macros, and may change.
//!
//! Under `--cfg loom` the crate runs on loom's atomics, for models of code that uses it.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    feature = "nightly",
    feature(
        cell_get_cloned,
        coerce_unsized,
        deref_pure_trait,
        dispatch_from_dyn,
        dropck_eyepatch,
        error_generic_member_access,
        layout_for_ptr,
        legacy_receiver_trait,
        pin_coerce_unsized_trait,
        specialization,
        unsize
    )
)]
#![cfg_attr(feature = "nightly", allow(incomplete_features))] // `specialization`

extern crate alloc;
#[cfg(loom)]
extern crate std;

/// Makes functions `const`, which loom's atomics cannot be made in.
macro_rules! const_unless_loom {
    (impl $ty:ident { $($(#[$meta:meta])* $vis:vis fn $name:ident() -> Self $body:block)* }) => {
        impl $ty {
            $(
                $(#[$meta])* #[cfg(not(loom))] #[inline] $vis const fn $name() -> Self $body
                $(#[$meta])* #[cfg(loom)] $vis fn $name() -> Self $body
            )*
        }
    };
}
use const_unless_loom;

/// `impl Drop`, under `nightly` with `#[may_dangle]` as std has it.
macro_rules! may_dangle_drop {
    ($(#[$meta:meta])* impl Drop for $ty:ident { $($drop:tt)* }) => {
        $(#[$meta])*
        #[cfg(not(feature = "nightly"))]
        impl<T: ?Sized> Drop for $ty<T> { $($drop)* }

        $(#[$meta])*
        #[cfg(feature = "nightly")]
        // SAFETY: nothing is done with a `T` but to drop it, which `PhantomData<T>` (where a
        // handle drops values) tells the compiler.
        unsafe impl<#[may_dangle] T: ?Sized> Drop for $ty<T> { $($drop)* }
    };
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod abort;
mod arc;
mod atomic;
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
mod os;
mod project;
#[cfg(feature = "std")]
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
#[cfg(doc)]
pub use docs::{adopted, migrating, proofs};
pub use error::AllocError;
#[cfg(feature = "archery")]
pub use integrations::ProvenArcK;
pub use project::{ArcRef, WeakRef};
pub use thin::{HeaderSlice, SliceLike, ThinArc, ThinWeak};
pub use unique::UniqueArc;
pub use weak::Weak;
pub use word::Counts;
