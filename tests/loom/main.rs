//! The models: what each public operation does beside each other one that can race with it, in
//! every order that loom can find, and with every value that the memory model lets a load read.
//!
//! Run them with `cargo loom`. Two threads are explored exhaustively, [three](three_threads) with
//! a bound. How a model is written: [`support`].

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
mod three_threads;
#[cfg(loom)]
mod two_counters;
#[cfg(loom)]
mod weak;
