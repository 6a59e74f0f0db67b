//! Repeats an operation on one thread, or on several at once.

use crate::machine::cores;
use cpu_time::ThreadTime;
use crossbeam_utils::CachePadded;
use std::hint::{self, black_box};
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::thread;
use std::time::{Duration, Instant};

/// Times `times` runs of `operation`.
#[inline]
pub fn repeat(times: u64, mut operation: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        operation();
    }
    start.elapsed()
}

/// One loop on one thread. The result of the operation is dropped in the loop.
#[inline(never)]
pub fn alone<S, R>(times: u64, mut state: S, operation: impl Fn(&mut S) -> R) -> Duration {
    repeat(times, || drop(black_box(operation(black_box(&mut state)))))
}

/// Like [`alone`], but each run has its own state. Making and dropping the states is not timed.
#[inline(never)]
pub fn fresh<S>(times: u64, make: impl Fn() -> S, operation: impl Fn(&mut S)) -> Duration {
    const AT_A_TIME: u64 = 64;
    let mut total = Duration::ZERO;
    for done in (0..times).step_by(AT_A_TIME as usize) {
        let count = AT_A_TIME.min(times - done);
        let mut states: Vec<S> = (0..count).map(|_| make()).collect();
        let mut each = states.iter_mut();
        total += repeat(count, || operation(black_box(each.next().expect("as many as times"))));
    }
    total
}

/// The number of cores, but at least two.
pub fn threads() -> usize {
    cores().max(2)
}

/// Like [`alone`], on several threads at once with one state. Returns how long each thread takes.
///
/// Repeats the race until all threads ran for three quarters of the time. Otherwise a thread had no
/// processor for a while, so there was less contention. After five races, returns the best.
#[inline(never)]
pub fn contended<S: Sync, R>(
    threads: usize,
    times: u64,
    state: S,
    operation: impl Fn(&S) -> R + Sync,
) -> Duration {
    let state = &*CachePadded::new(state);
    let operation = &operation;
    let (mut best, mut result) = (-1.0, Duration::ZERO);
    for _ in 0..if threads <= cores() { 5 } else { 1 } {
        let track = Track::of(threads);
        let laps: Vec<Lap> = thread::scope(|scope| {
            let all = (0..threads).map(|_| scope.spawn(|| track.run(times, state, operation)));
            let all: Vec<_> = all.collect();
            all.into_iter().map(|thread| thread.join().expect("no operation panics")).collect()
        });
        let start = laps.iter().map(|lap| lap.start).min().expect("a thread");
        let end = laps.iter().map(|lap| lap.end).min().expect("a thread");
        let time = (end - start).as_secs_f64();
        let together = laps.iter().map(|lap| lap.ran.as_secs_f64() / time).fold(1.0, f64::min);
        if together > best {
            let runs: u64 = laps.iter().map(|lap| lap.runs).sum();
            best = together;
            result = Duration::from_secs_f64(time * (times as f64 * threads as f64 / runs as f64));
        }
        if best >= 0.75 {
            break;
        }
    }
    result
}

/// Lets threads start and end together. All run until the first thread has finished its runs,
/// so that no thread runs alone at the end. The number of runs on all threads tells how long each
/// would have taken. The fields are on separate cache lines.
struct Track {
    threads: usize,
    arrived: CachePadded<AtomicUsize>,
    over: CachePadded<AtomicBool>,
}

/// The result of one thread.
struct Lap {
    start: Instant,
    end: Instant,
    /// How long the thread had a processor.
    ran: Duration,
    runs: u64,
}

impl Track {
    fn of(threads: usize) -> Self {
        Self { threads, arrived: Default::default(), over: Default::default() }
    }

    /// Runs until some thread has done `times` runs.
    fn run<S, R>(&self, times: u64, state: &S, operation: impl Fn(&S) -> R) -> Lap {
        const AT_A_TIME: u64 = 32;
        self.arrived.fetch_add(1, SeqCst);
        // Spin: a thread that sleeps here starts too late.
        while self.arrived.load(SeqCst) < self.threads {
            hint::spin_loop();
        }
        let processor = ThreadTime::now();
        let start = Instant::now();
        let mut runs = 0;
        while runs < times && !self.over.load(Relaxed) {
            for _ in 0..AT_A_TIME {
                drop(black_box(operation(black_box(state))));
            }
            runs += AT_A_TIME;
        }
        self.over.store(true, Relaxed);
        Lap { start, end: Instant::now(), ran: processor.elapsed(), runs }
    }
}
