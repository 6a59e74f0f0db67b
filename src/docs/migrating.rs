//! [adopted]: crate::adopted
//! [differences]: crate::limitations#differences-from-std
//! [features]: crate#features
//! [`coerce!`]: crate::coerce
//! [`StaticStr`]: crate::StaticStr
//! [`sync`]: crate::sync
//! [`task::Wake`]: crate::task::Wake
#![doc = include_str!("migrating.md")]
