//! Traits of other crates, each behind the optional feature with the name of its crate.

#[cfg(feature = "arc-swap")]
mod arc_swap;
#[cfg(feature = "archery")]
mod archery;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "stable_deref_trait")]
mod stable_deref_trait;
#[cfg(feature = "unsize")]
mod unsize;

#[cfg(feature = "archery")]
pub use self::archery::ProvenArcK;
