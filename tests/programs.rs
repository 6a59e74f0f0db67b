//! Random programs on several threads of the machine. No two runs are alike.
//!
//! A failed assertion prints the seed of its program. `PROVEN_ARC_SEEDS=17` runs the program of
//! that seed over and over, each time with another schedule. `PROVEN_ARC_SEEDS=0..1000000` runs
//! other programs than the usual ones.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{heap, times};
#[path = "common/programs.rs"]
mod programs;

use crossbeam_utils::Backoff;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The seeds of an ordinary run.
const SEEDS: std::ops::Range<usize> = 0..times(10_000);
/// How often a single seed is repeated.
const REPEATS: usize = times(20_000);

/// The seed of the running program, for the panic message.
static SEED: AtomicUsize = AtomicUsize::new(0);

fn run(seed: usize) {
    SEED.store(seed, Relaxed);
    let threads = 2 + seed % 3;
    let waiting = AtomicUsize::new(0);
    programs::run(seed, threads, || {
        waiting.fetch_add(1, Relaxed);
        let backoff = Backoff::new();
        while waiting.load(Relaxed) < threads {
            backoff.snooze();
        }
    });
}

#[test]
fn on_several_threads() {
    std::panic::set_hook(Box::new(|info| {
        // `eprintln!` would not do: the test harness captures it, and loses it with the process.
        let seed = SEED.load(Relaxed);
        let _ = writeln!(std::io::stderr(), "{info}\nto run it again: PROVEN_ARC_SEEDS={seed}");
        // The handles of the other threads may be wrong as well, so no thread goes on.
        std::process::abort();
    }));
    let number = |text: &str| text.parse().expect("PROVEN_ARC_SEEDS: a seed, or FROM..TO");
    match std::env::var("PROVEN_ARC_SEEDS").as_deref() {
        Err(_) => SEEDS.for_each(run),
        Ok(seeds) => match seeds.split_once("..") {
            Some((from, to)) => (number(from)..number(to)).for_each(run),
            None => (0..REPEATS).for_each(|_| run(number(seeds))),
        },
    }
}
