//! The models: what each public operation does beside each other one that can race with it, in
//! every order that loom can find, and with every value that the memory model lets a load read.
//!
//! Run them with `cargo loom`. Two threads are explored exhaustively, [three](three_threads) with
//! a bound. How a model is written: [`support`]. What a model reports, and that it does:
//! [`reports`].
//!
//! What loom does not see: more than five threads; a compare-exchange that fails with an old
//! value, or without cause; a load that reads a store which its own thread made possible (load
//! buffering). What it would not try by itself, the facade in `src/atomic/loom.rs` makes it try.

#[cfg(not(loom))]
compile_error!(
    "the models need a build with `--cfg loom`: run `cargo loom` \
     (and not with RUSTFLAGS set, which would take the place of its flags)"
);

#[cfg(loom)]
mod counts;
#[cfg(loom)]
mod exclusive;
#[cfg(loom)]
mod pairs;
#[cfg(loom)]
mod publish;
#[cfg(loom)]
mod reports;
#[cfg(loom)]
mod seed;
#[cfg(loom)]
mod strong;
#[cfg(loom)]
mod support;
#[cfg(loom)]
mod sync;
#[cfg(loom)]
mod thin;
#[cfg(loom)]
mod three_threads;
#[cfg(loom)]
mod two_counters;
#[cfg(loom)]
mod weak;
