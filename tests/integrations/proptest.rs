//! `proptest`.

use proptest::prelude::*;
use proven_arc::{Arc, ThinArc, coerce};
use std::path::Path;

proptest! {
    #[test]
    fn any_arc(
        arc in any::<Arc<(u8, String)>>(),
        again in any_with::<Arc<String>>("[ab]{3}".into()),
    ) {
        prop_assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 0));
        prop_assert!(again.len() == 3 && again.chars().all(|letter| "ab".contains(letter)));
    }

    /// With the parameters of std's `Arc<str>` and `Arc<[T]>`.
    #[test]
    fn any_string_or_slice(
        text in any_with::<Arc<str>>("[ab]{3}".into()),
        thin in any_with::<ThinArc<str>>("[ab]{3}".into()),
        bytes in any_with::<Arc<[u8]>>(((2..4).into(), ())),
        words in any_with::<ThinArc<[ThinArc<str>]>>(((2..4).into(), "c".into())),
        _path in any::<Arc<Path>>(),
    ) {
        for text in [&*text, &*thin] {
            prop_assert!(text.len() == 3 && text.chars().all(|letter| "ab".contains(letter)));
        }
        prop_assert!((2..4).contains(&bytes.len()) && (2..4).contains(&words.len()));
        prop_assert!(words.iter().all(|word| &**word == "c"));
    }

    #[test]
    fn a_strategy_that_is_shared(n in shared(), even in shared().prop_map(|n| n * 2)) {
        prop_assert!(n < 10 && even < 20 && even % 2 == 0);
    }
}

fn shared() -> Arc<dyn Strategy<Value = u8, Tree = <std::ops::Range<u8> as Strategy>::Tree>> {
    coerce!(Arc::new(0..10_u8))
}
