//! Random programs of [`lockstep`], shrunk to the shortest one on which std's types and this
//! crate's differ. `tests/fuzz` runs programs that are guided by coverage.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
#[path = "common/lockstep.rs"]
mod lockstep;

use lockstep::{STEPS, Step};
use proptest::prelude::*;
use proptest::strategy::Union;

fn step() -> impl Strategy<Value = Step> {
    let kinds = STEPS.iter().map(|(weight, make)| (*weight, any::<[u8; 3]>().prop_map(make)));
    Union::new_weighted(kinds.collect())
}

fn program() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..=60)
}

fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    if cfg!(miri) {
        // Miri does not allow a program to write a file.
        ProptestConfig { cases: 3, failure_persistence: None, ..usual }
    } else {
        usual
    }
}

macro_rules! same {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            proptest!(config(), |(program in program())| lockstep::$name(&program));
        }
    )*};
}
same! {
    values aligned_values zero_sized_values strings slices objects thin_strings thin_slices
}
