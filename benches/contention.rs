//! The same word from several threads at once: std and proven-arc side by side.
//!
//! `cargo bench -p benches --bench contention`. The time is that of one operation of each thread.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use crossbeam_utils::CachePadded;
use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Runs `operation` `times` times in each of `threads` threads, from the same moment on, and gives
/// the longest time that one of them took.
fn contended(threads: usize, times: u64, operation: impl Fn() + Sync) -> Duration {
    let start = CachePadded::new(Barrier::new(threads));
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let begin = Instant::now();
                    (0..times).for_each(|_| operation());
                    begin.elapsed()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).max().unwrap_or_default()
    })
}

macro_rules! contention {
    ($name:literal, $Arc:path, $c:ident, $threads:ident) => {{
        use $Arc as Arc;
        let arc = CachePadded::new(Arc::new(1_u64));
        let weak = CachePadded::new(Arc::downgrade(&arc));
        let id = BenchmarkId::new($name, $threads);
        $c.benchmark_group("contended clone, drop").bench_function(id.clone(), |b| {
            b.iter_custom(|n| contended($threads, n, || drop(black_box(Arc::clone(&arc)))));
        });
        $c.benchmark_group("contended upgrade, drop").bench_function(id.clone(), |b| {
            b.iter_custom(|n| contended($threads, n, || drop(black_box(weak.upgrade()))));
        });
        $c.benchmark_group("contended downgrade, drop").bench_function(id.clone(), |b| {
            b.iter_custom(|n| contended($threads, n, || drop(black_box(Arc::downgrade(&arc)))));
        });
        $c.benchmark_group("contended mix").bench_function(id, |b| {
            b.iter_custom(|n| {
                contended($threads, n, || {
                    let clone = Arc::clone(&arc);
                    let weak = Arc::downgrade(&clone);
                    drop(clone);
                    drop(black_box(weak.upgrade()));
                })
            });
        });
    }};
}

fn curve(c: &mut Criterion) {
    let cores = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    for threads in 2..=cores {
        contention!("std", std::sync::Arc, c, threads);
        contention!("proven-arc", proven_arc::Arc, c, threads);
    }
}

criterion_group!(benches, curve);
criterion_main!(benches);
