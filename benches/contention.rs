//! The same word from several threads at once: std, proven-arc, portable-atomic-util and triomphe side
//! by side.
//!
//! `cargo bench -p benches --bench contention`. The time is that of one operation of each thread. The
//! threads and their timing are those of the example `versus`.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::time::Duration;

#[path = "common/loops.rs"]
#[expect(dead_code, reason = "single operations are criterion's here")]
mod loops;

use loops::{beside, contended};

/// One operation on one kind of `Arc`, among so many threads.
fn row(
    c: &mut Criterion,
    operation: &str,
    kind: &str,
    threads: usize,
    run: impl Fn(u64) -> Duration,
) {
    c.benchmark_group(operation)
        .bench_function(BenchmarkId::new(kind, threads), |b| b.iter_custom(&run));
}

/// What all of them have.
macro_rules! strong {
    ($kind:literal, $Arc:path, $c:ident, $threads:ident) => {{
        use $Arc as Arc;
        row($c, "contended clone, drop", $kind, $threads, |n| {
            contended($threads, n, Arc::new(1_u64), |arc| arc.clone())
        });
        // The count that is written is next to the value that is read.
        row($c, "reads beside clone, drop", $kind, $threads, |n| {
            beside($threads, n, Arc::new(1_u64), |arc| **arc, |arc| arc.clone())
        });
    }};
}

/// What those with `Weak`s have.
macro_rules! weak {
    ($kind:literal, $Arc:path, $c:ident, $threads:ident) => {{
        use $Arc as Arc;
        let with_weak = || {
            let arc = Arc::new(1_u64);
            (Arc::downgrade(&arc), arc)
        };
        row($c, "contended upgrade, drop", $kind, $threads, |n| {
            contended($threads, n, with_weak(), |(weak, _)| weak.upgrade())
        });
        row($c, "contended downgrade, drop", $kind, $threads, |n| {
            contended($threads, n, Arc::new(1_u64), |arc| Arc::downgrade(arc))
        });
        row($c, "contended mix", $kind, $threads, |n| {
            contended($threads, n, Arc::new(1_u64), |arc| {
                let clone = Arc::clone(arc);
                let weak = Arc::downgrade(&clone);
                drop(clone);
                weak.upgrade()
            })
        });
    }};
}

fn curve(c: &mut Criterion) {
    for threads in 2..=loops::threads() {
        strong!("std", std::sync::Arc, c, threads);
        strong!("proven-arc", proven_arc::Arc, c, threads);
        strong!("portable-atomic-util", portable_atomic_util::Arc, c, threads);
        strong!("triomphe", triomphe::Arc, c, threads);
        weak!("std", std::sync::Arc, c, threads);
        weak!("proven-arc", proven_arc::Arc, c, threads);
        weak!("portable-atomic-util", portable_atomic_util::Arc, c, threads);
    }
}

criterion_group!(benches, curve);
criterion_main!(benches);
