//! The models: each public operation together with each other operation that can race with it, in
//! every order that loom can find, and with every value that the memory model lets a load read.
//!
//! Run them with `cargo loom`. Two threads are explored exhaustively, [three](three_threads) within
//! a bound. [`support`] says how a model is written. [`reports`] shows each report that a model can
//! make.
//!
//! What loom does not see: more than five threads; a compare-exchange that fails with an old value,
//! or spuriously; a load that reads a store which its own thread made possible (load buffering).
//! The facade in `src/atomic/loom.rs` makes loom try some executions that it would leave out.

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
