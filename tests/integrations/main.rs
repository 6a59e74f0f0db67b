//! The optional features, each with the crate that it is for:
//! `cargo test --test integrations --features "serde arc-swap stable_deref_trait archery unsize"`.

mod arc_swap;
mod archery;
mod serde;
mod stable_deref_trait;
mod unsize;
