//! [differences]: crate::limitations#differences-from-std
//! [switch]: crate::migrating
#![doc = include_str!("adopted.md")]
