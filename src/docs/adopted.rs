//! [differences]: crate::limitations#differences-from-std
#![doc = include_str!("adopted.md")]
