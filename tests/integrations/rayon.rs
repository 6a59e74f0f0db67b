//! `rayon`.

use proven_arc::{Arc, Counts, ThinArc};
use rayon::prelude::*;

#[test]
fn collected_in_order() {
    let squares: Arc<[u64]> = (0..10_000_u64).into_par_iter().map(|n| n * n).collect();
    assert!(squares.iter().zip(0_u64..).all(|(square, n)| *square == n * n));
    assert_eq!((squares.len(), Arc::counts(&squares)), (10_000, Counts { strong: 1, weak: 0 }));

    // A filter does not know the length before.
    let odd: ThinArc<[u64]> = squares.par_iter().copied().filter(|n| n % 2 == 1).collect();
    assert!(odd.iter().copied().eq((1..10_000).step_by(2).map(|n: u64| n * n)));
    assert_eq!(ThinArc::counts(&odd), Counts { strong: 1, weak: 0 });

    let none: Arc<[String]> = rayon::iter::empty().collect();
    assert!(none.is_empty());
}

#[test]
fn a_result_of_one() {
    let parse = |words: &[&str]| -> Result<Arc<[u8]>, _> {
        words.par_iter().map(|word| word.parse::<u8>()).collect()
    };
    assert_eq!(&*parse(&["1", "2", "3"]).unwrap(), [1, 2, 3]);
    assert!(parse(&["1", "two", "3"]).is_err());
}

/// Each thread clones handles that come from one, and drops them.
#[test]
fn handles_on_all_threads() {
    let shared = Arc::new(1_usize);
    let sum: usize = std::iter::repeat_n(&shared, 1_000)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(Arc::clone)
        .map(|arc| *arc)
        .sum();
    assert_eq!((sum, Arc::counts(&shared)), (1_000, Counts { strong: 1, weak: 0 }));
}
