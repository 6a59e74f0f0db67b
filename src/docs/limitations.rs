//! [`coerce!`]: crate::coerce
//! [`task::Wake`]: crate::task::Wake
//! [`sync`]: mod@crate::sync
//! [`proofs`]: crate::proofs
//! [results]: https://docs.rs/crate/proven-arc/latest/source/src/docs/figures/RESULTS.md
//! [costs]: https://docs.rs/crate/proven-arc/latest/source/src/docs/figures/COSTS.md
#![doc = include_str!("limitations.md")]
