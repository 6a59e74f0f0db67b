//! Programs of [`lockstep`] that libFuzzer makes, guided by the coverage of this crate's code.
//!
//! ```console
//! cargo +nightly fuzz run --fuzz-dir tests/fuzz oracle
//! ```
#![no_main]

#[allow(dead_code, unused_imports, reason = "only the tests use the rest")]
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/lockstep.rs"]
mod lockstep;

use libfuzzer_sys::fuzz_target;
use lockstep::{CHECKS, STEPS};

// The first byte selects the type of the values. Each step takes four more.
fuzz_target!(|bytes: &[u8]| {
    let Some((ty, steps)) = bytes.split_first() else { return };
    let program: Vec<_> = steps
        .chunks_exact(4)
        .map(|step| STEPS[usize::from(step[0]) % STEPS.len()].1([step[1], step[2], step[3]]))
        .collect();
    CHECKS[usize::from(*ty) % CHECKS.len()](&program);
});
