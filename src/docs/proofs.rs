//! [MUTANTS.md]: mutants
//! [coq/]: coq
//! [add_strong]: add_strong
//! [release_strong]: release_strong
//! [take_value]: take_value
//! [add_weak]: add_weak
//! [release_weak]: release_weak
//! [release_weak_last]: release_weak_last
//! [upgrade_look]: upgrade_look
//! [upgrade]: upgrade
//! [is_unique]: is_unique
//! [sole]: sole
//! [steal]: steal
//! [publish]: publish
//! [strong_into_weak]: strong_into_weak
//! [counts]: counts
//! [undo]: undo
#![doc = include_str!("../../proofs/README.md")]
#![allow(non_snake_case)]

// The link definitions above come first, so they win over those in the files, which are for
// readers of the files.
macro_rules! notes {
    ($($name:ident $file:literal)*) => {$(
        /// [src/word.rs]: ../../../src/proven_arc/word.rs.html
        /// [add_strong]: add_strong
        /// [release_strong]: release_strong
        /// [take_value]: take_value
        /// [add_weak]: add_weak
        /// [release_weak]: release_weak
        /// [release_weak_last]: release_weak_last
        /// [upgrade_look]: upgrade_look
        /// [upgrade]: upgrade
        /// [is_unique]: is_unique
        /// [sole]: sole
        /// [steal]: steal
        /// [publish]: publish
        /// [strong_into_weak]: strong_into_weak
        /// [counts]: counts
        /// [undo]: undo
        #[doc = include_str!(concat!("../../proofs/", $file))]
        pub mod $name {}
    )*};
}
notes! {
    add_strong "add_strong.md"
    release_strong "release_strong.md"
    take_value "take_value.md"
    add_weak "add_weak.md"
    release_weak "release_weak.md"
    release_weak_last "release_weak_last.md"
    upgrade_look "upgrade_look.md"
    upgrade "upgrade.md"
    is_unique "is_unique.md"
    sole "sole.md"
    steal "steal.md"
    publish "publish.md"
    strong_into_weak "strong_into_weak.md"
    counts "counts.md"
    undo "undo.md"
    mutants "MUTANTS.md"
    coq "coq/README.md"
}
