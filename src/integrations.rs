//! Traits of other crates. Each has a feature with the name of its crate.

#[cfg(feature = "arbitrary")]
mod arbitrary;
#[cfg(feature = "arc-swap")]
mod arc_swap;
#[cfg(feature = "archery")]
mod archery;
#[cfg(feature = "borsh")]
mod borsh;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "proptest")]
mod proptest;
#[cfg(feature = "rayon")]
mod rayon;
#[cfg(feature = "rkyv")]
mod rkyv;
#[cfg(feature = "schemars")]
mod schemars;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "stable_deref_trait")]
mod stable_deref_trait;
#[cfg(feature = "tracing-core")]
mod tracing_core;
#[cfg(feature = "tracing-subscriber")]
mod tracing_subscriber;
#[cfg(feature = "unsize")]
mod unsize;
#[cfg(feature = "weak-table")]
mod weak_table;

#[cfg(feature = "archery")]
pub use self::archery::ProvenArcK;
#[cfg(feature = "rkyv")]
pub use self::rkyv::ProvenArcFlavor;
