//! [MUTANTS.md]: mutants
//! [coq/]: coq
//! [A1]: A1
//! [A2]: A2
//! [A3]: A3
//! [A4]: A4
//! [A5]: A5
//! [A6]: A6
//! [A7]: A7
//! [A8]: A8
//! [A9]: A9
//! [A10]: A10
//! [A11]: A11
//! [A12]: A12
//! [A13]: A13
//! [A14]: A14
#![doc = include_str!("../proofs/README.md")]
#![allow(non_snake_case)]

// The link definitions above come first, so they win over those in the files, which are for
// readers of the files.
macro_rules! notes {
    ($($name:ident $file:literal)*) => {$(
        /// [src/word.rs]: ../../../src/proven_arc/word.rs.html
        /// [A1]: A1
        /// [A2]: A2
        /// [A3]: A3
        /// [A4]: A4
        /// [A5]: A5
        /// [A6]: A6
        /// [A7]: A7
        /// [A8]: A8
        /// [A9]: A9
        /// [A10]: A10
        /// [A11]: A11
        /// [A12]: A12
        /// [A13]: A13
        /// [A14]: A14
        #[doc = include_str!(concat!("../proofs/", $file))]
        pub mod $name {}
    )*};
}
notes! {
    A1 "A1.md"
    A2 "A2.md"
    A3 "A3.md"
    A4 "A4.md"
    A5 "A5.md"
    A6 "A6.md"
    A7 "A7.md"
    A8 "A8.md"
    A9 "A9.md"
    A10 "A10.md"
    A11 "A11.md"
    A12 "A12.md"
    A13 "A13.md"
    A14 "A14.md"
    mutants "MUTANTS.md"
    coq "coq/README.md"
}
