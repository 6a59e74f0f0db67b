//! `proptest`.

use proptest::prelude::*;
use proven_arc::{Arc, coerce};

proptest! {
    #[test]
    fn any_arc(arc in any::<Arc<(u8, String)>>(), again in any_with::<Arc<String>>("[ab]{3}".into())) {
        prop_assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 0));
        prop_assert!(again.len() == 3 && again.chars().all(|letter| "ab".contains(letter)));
    }

    #[test]
    fn a_strategy_that_is_shared(n in shared(), even in shared().prop_map(|n| n * 2)) {
        prop_assert!(n < 10 && even < 20 && even % 2 == 0);
    }
}

fn shared() -> Arc<dyn Strategy<Value = u8, Tree = <std::ops::Range<u8> as Strategy>::Tree>> {
    coerce!(Arc::new(0..10_u8))
}
