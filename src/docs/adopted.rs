//! [differences]: crate#differences-from-std
#![doc = include_str!("adopted.md")]
