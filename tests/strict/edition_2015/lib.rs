//! Paths and macros in the first edition, with the dependency renamed.
#![cfg(test)]
#![deny(warnings)]
#![forbid(unsafe_code)]

extern crate pa;
extern crate strict_dependent;

use pa::Arc;
use std::fmt::Debug;

#[test]
fn coerces() {
    let number: Arc<dyn Debug> = pa::coerce!(Arc::new(5));
    assert_eq!(format!("{:?}", number), "5");
    let trim: Arc<dyn Fn(&str) -> &str> = pa::coerce!(pa::Arc::new(|text: &str| text.trim()));
    assert_eq!(trim(" a"), "a");
    let typed = pa::coerce!(Arc::new(|text| text.len()) => Arc<dyn Fn(&str) -> usize>);
    assert_eq!(typed("four"), 4);
}

#[test]
fn the_strict_crate_runs() {
    assert_eq!(strict_dependent::uses(), 50);
}
