//! `proptest`.

use proptest::prelude::*;
use proven_arc::{Arc, coerce};
use std::ffi::{CStr, OsStr};
use std::path::Path;

proptest! {
    #[test]
    fn any_arc(arc in any::<Arc<(u8, String)>>(), again in any_with::<Arc<String>>("[ab]{3}".into())) {
        prop_assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 0));
        prop_assert!(again.len() == 3 && again.chars().all(|letter| "ab".contains(letter)));
    }

    #[test]
    fn any_arc_of_an_unsized_value(
        slice in any_with::<Arc<[u8]>>(((2..5).into(), ())),
        text in any_with::<Arc<str>>("[ab]{3}".into()),
        c_text in any_with::<Arc<CStr>>((2..5).into()),
        (os_text, _) in any::<(Arc<OsStr>, Arc<Path>)>(),
    ) {
        prop_assert!((2..5).contains(&slice.len()) && text.len() == 3);
        prop_assert!((2..5).contains(&c_text.count_bytes()) && os_text.to_str().is_some());
    }

    #[test]
    fn a_strategy_that_is_shared(n in shared(), even in shared().prop_map(|n| n * 2)) {
        prop_assert!(n < 10 && even < 20 && even % 2 == 0);
    }
}

fn shared() -> Arc<dyn Strategy<Value = u8, Tree = <std::ops::Range<u8> as Strategy>::Tree>> {
    coerce!(Arc::new(0..10_u8))
}
