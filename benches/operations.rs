//! Single operations, uncontended: std, proven-arc, portable-atomic-util and triomphe side by side,
//! and the limit where there is one.
//!
//! `cargo bench -p benches --bench operations`, and criterion's own filters behind it. The same text
//! is compiled for each of them.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

/// What all of them have.
macro_rules! strong {
    ($name:literal, $Arc:path, $c:ident) => {{
        use $Arc as Arc;
        $c.benchmark_group("new, drop").bench_function($name, |b| {
            b.iter(|| drop(black_box(Arc::new(black_box(1_u64)))));
        });
        $c.benchmark_group("from &str, drop").bench_function($name, |b| {
            b.iter(|| drop(black_box(Arc::<str>::from(black_box("a word or two")))));
        });
        $c.benchmark_group("clone, drop").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| drop(black_box(black_box(&arc).clone())));
        });
        $c.benchmark_group("get_mut").bench_function($name, |b| {
            let mut arc = Arc::new(1_u64);
            b.iter(|| *Arc::get_mut(black_box(&mut arc)).unwrap() += 1);
        });
        $c.benchmark_group("make_mut, unique").bench_function($name, |b| {
            let mut arc = Arc::new(1_u64);
            b.iter(|| *Arc::make_mut(black_box(&mut arc)) += 1);
        });
        $c.benchmark_group("make_mut, shared").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| {
                let mut copy = arc.clone();
                *Arc::make_mut(black_box(&mut copy)) += 1;
                copy
            });
        });
        $c.benchmark_group("new, try_unwrap").bench_function($name, |b| {
            b.iter(|| Arc::try_unwrap(black_box(Arc::new(black_box(1_u64)))).unwrap());
        });
        $c.benchmark_group("1,000 clones in a Vec, drop").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| (0..1_000).map(|_| arc.clone()).collect::<Vec<_>>());
        });
    }};
}

/// What those with `Weak`s have.
macro_rules! weak {
    ($name:literal, $Arc:path, $c:ident) => {{
        use $Arc as Arc;
        $c.benchmark_group("downgrade, drop").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| drop(black_box(Arc::downgrade(black_box(&arc)))));
        });
        $c.benchmark_group("Weak clone, drop").bench_function($name, |b| {
            let weak = Arc::downgrade(&Arc::new(1_u64));
            b.iter(|| drop(black_box(black_box(&weak).clone())));
        });
        $c.benchmark_group("upgrade, drop").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            let weak = Arc::downgrade(&arc);
            b.iter(|| drop(black_box(black_box(&weak).upgrade())));
        });
        $c.benchmark_group("upgrade that fails").bench_function($name, |b| {
            let weak = Arc::downgrade(&Arc::new(1_u64));
            b.iter(|| black_box(&weak).upgrade().is_none());
        });
        $c.benchmark_group("new, downgrade, drop both").bench_function($name, |b| {
            b.iter(|| {
                let arc = Arc::new(black_box(1_u64));
                let weak = Arc::downgrade(&arc);
                drop(black_box(arc));
                drop(black_box(weak));
            });
        });
        $c.benchmark_group("make_mut, beside a Weak").bench_function($name, |b| {
            b.iter(|| {
                let mut arc = Arc::new(black_box(1_u64));
                let weak = Arc::downgrade(&arc);
                *Arc::make_mut(black_box(&mut arc)) += 1;
                (arc, weak)
            });
        });
        $c.benchmark_group("new, into_inner").bench_function($name, |b| {
            b.iter(|| Arc::into_inner(black_box(Arc::new(black_box(1_u64)))));
        });
        $c.benchmark_group("strong_count").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| Arc::strong_count(black_box(&arc)));
        });
    }};
}

fn side_by_side(c: &mut Criterion) {
    strong!("std", std::sync::Arc, c);
    strong!("proven-arc", proven_arc::Arc, c);
    strong!("portable-atomic-util", portable_atomic_util::Arc, c);
    strong!("triomphe", triomphe::Arc, c);
    weak!("std", std::sync::Arc, c);
    weak!("proven-arc", proven_arc::Arc, c);
    weak!("portable-atomic-util", portable_atomic_util::Arc, c);
}

/// In one step what takes std two, or a thousand.
fn in_one_step(c: &mut Criterion) {
    c.benchmark_group("1,000 clones in a Vec, drop").bench_function("clone_many", |b| {
        let arc = proven_arc::Arc::new(1_u64);
        b.iter(|| proven_arc::Arc::clone_many(&arc, 1_000).collect::<Vec<_>>());
    });
    let mut there_and_back = c.benchmark_group("Arc to Weak and back");
    there_and_back.bench_function("std", |b| {
        let keeps = std::sync::Arc::new(1_u64);
        let mut arc = Some(keeps.clone());
        b.iter(|| {
            let weak = arc.take().map(|arc| std::sync::Arc::downgrade(&arc)).unwrap();
            arc = black_box(weak).upgrade();
        });
    });
    there_and_back.bench_function("into_weak, into_strong", |b| {
        let keeps = proven_arc::Arc::new(1_u64);
        let mut arc = Some(keeps.clone());
        b.iter(|| {
            let weak = arc.take().map(proven_arc::Arc::into_weak).unwrap();
            arc = black_box(weak).into_strong().ok();
        });
    });
}

/// What cannot be beaten.
fn limits(c: &mut Criterion) {
    c.benchmark_group("new, drop").bench_function("limit: Box", |b| {
        b.iter(|| drop(black_box(Box::new(black_box(1_u64)))));
    });
    c.benchmark_group("clone, drop").bench_function("limit: two fetch_adds", |b| {
        let word = AtomicU64::new(0);
        b.iter(|| {
            black_box(&word).fetch_add(1, Ordering::Relaxed);
            black_box(&word).fetch_sub(1, Ordering::Release);
        });
    });
    c.benchmark_group("get_mut").bench_function("limit: a load and a store", |b| {
        let mut value = 1_u64;
        b.iter(|| *black_box(&mut value) += 1);
    });
}

criterion_group!(benches, side_by_side, in_one_step, limits);
criterion_main!(benches);
