//! [`coerce!`]: crate::coerce
//! [`task::Wake`]: crate::task::Wake
//! [`sync`]: mod@crate::sync
//! [`proofs`]: crate::proofs
//! [results]: https://docs.rs/crate/proven-arc/latest/source/src/docs/figures/RESULTS.md
#![doc = include_str!("limitations.md")]
