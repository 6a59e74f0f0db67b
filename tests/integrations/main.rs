//! Each optional feature, tested with the crate that it integrates: `cargo test --test integrations
//! --features "…"`, with the features that `Cargo.toml` lists.

mod arbitrary;
mod arc_swap;
mod archery;
mod borsh;
mod log;
mod proptest;
mod rayon;
mod rkyv;
mod schemars;
mod serde;
mod stable_deref_trait;
mod tracing_core;
mod tracing_subscriber;
mod unsize;
mod weak_table;
