//! Single operations, uncontended: std, proven-arc, portable-atomic-util and triomphe side by side,
//! and the limit where there is one.
//!
//! `cargo bench -p benches --bench operations`, and criterion's own filters behind it. The same text
//! is compiled for each of them.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

/// What all of them have.
macro_rules! strong {
    ($name:literal, $Arc:path, $c:ident) => {{
        use $Arc as Arc;
        $c.benchmark_group("new, drop").bench_function($name, |b| {
            b.iter(|| drop(black_box(Arc::new(black_box(1_u64)))));
        });
        $c.benchmark_group("new, drop, of 1 KiB").bench_function($name, |b| {
            b.iter(|| drop(black_box(Arc::new(black_box([1_u8; 1024])))));
        });
        $c.benchmark_group("from &str, drop").bench_function($name, |b| {
            b.iter(|| drop(black_box(Arc::<str>::from(black_box("a word or two")))));
        });
        $c.benchmark_group("from a Vec, drop").bench_function($name, |b| {
            b.iter(|| drop(black_box(Arc::<[u64]>::from(black_box(vec![1; 16])))));
        });
        $c.benchmark_group("from an iterator, drop").bench_function($name, |b| {
            b.iter(|| drop(black_box((0..black_box(16)).collect::<Arc<[u64]>>())));
        });
        $c.benchmark_group("drop of the last").bench_function($name, |b| {
            b.iter_batched(|| Arc::new(1_u64), drop, BatchSize::SmallInput);
        });
        $c.benchmark_group("clone, drop").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| drop(black_box(black_box(&arc).clone())));
        });
        $c.benchmark_group("clone, drop, of a str").bench_function($name, |b| {
            let arc = Arc::<str>::from("a word or two");
            b.iter(|| drop(black_box(black_box(&arc).clone())));
        });
        $c.benchmark_group("clone, drop, of a slice").bench_function($name, |b| {
            let arc = Arc::<[u64]>::from(vec![1; 16]);
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
        $c.benchmark_group("drop of the last, beside a Weak").bench_function($name, |b| {
            let with_weak = || {
                let arc = Arc::new(1_u64);
                (Arc::downgrade(&arc), arc)
            };
            b.iter_batched(
                with_weak,
                |(weak, arc)| {
                    drop(arc);
                    weak
                },
                BatchSize::SmallInput,
            );
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

/// Says the types of a function. (So would the type of a pointer to it, which is not inlined.)
fn typed<A, B>(function: impl Fn(A) -> B) -> impl Fn(A) -> B {
    function
}

/// How an `Arc` becomes a `Weak`, and a `Weak` an `Arc`.
macro_rules! becoming {
    ($name:literal, $($module:ident)::+, $c:ident, $into_weak:expr, $into_strong:expr) => {{
        use $($module)::+::{Arc, Weak};
        let into_weak = typed::<Arc<u64>, Weak<u64>>($into_weak);
        let into_strong = typed::<Weak<u64>, Option<Arc<u64>>>($into_strong);
        $c.benchmark_group("clone, into_weak, drop").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| into_weak(black_box(&arc).clone()));
        });
        $c.benchmark_group("downgrade, into_strong, drop").bench_function($name, |b| {
            let arc = Arc::new(1_u64);
            b.iter(|| into_strong(Arc::downgrade(black_box(&arc))));
        });
        $c.benchmark_group("into_weak, into_strong").bench_function($name, |b| {
            let keeps = Arc::new(1_u64);
            let mut arc = Some(keeps.clone());
            b.iter(|| arc = into_strong(black_box(into_weak(arc.take().unwrap()))));
        });
    }};
}

/// In one step what takes std two, or a thousand.
fn in_one_step(c: &mut Criterion) {
    c.benchmark_group("1,000 clones in a Vec, drop").bench_function("clone_many", |b| {
        let arc = proven_arc::Arc::new(1_u64);
        b.iter(|| proven_arc::Arc::clone_many(&arc, 1_000).collect::<Vec<_>>());
    });
    becoming!("std", std::sync, c, |arc| std::sync::Arc::downgrade(&arc), |weak| weak.upgrade());
    becoming!("proven-arc", proven_arc, c, proven_arc::Arc::into_weak, |weak| {
        weak.into_strong().ok()
    });
    becoming!(
        "portable-atomic-util",
        portable_atomic_util,
        c,
        |arc| portable_atomic_util::Arc::downgrade(&arc),
        |weak| weak.upgrade()
    );
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
