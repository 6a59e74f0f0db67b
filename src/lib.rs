//! `Arc` and `Weak` for use in place of [`std::sync::Arc`] and [`std::sync::Weak`], on one
//! reference-count word, with memory orderings that are checked and proved.
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

mod abort;
mod arc;
mod atomic;
mod clone_to_uninit;
mod clones;
mod convert;
mod error;
mod inner;
#[cfg(feature = "std")]
mod os;
mod traits;
mod unique;
mod weak;
mod word;

#[cfg(feature = "nightly")]
mod nightly;

pub use arc::Arc;
pub use clone_to_uninit::CloneToUninit;
pub use clones::Clones;
pub use error::AllocError;
pub use unique::UniqueArc;
pub use weak::Weak;
pub use word::Counts;
