//! Random programs on several threads of the machine: no two runs are alike.
//!
//! A program is made of a seed, which a failed assertion prints. `PROVEN_ARC_SEEDS=17` runs the
//! program of that seed over and over (the programs are the same again, the schedules are not), and
//! `PROVEN_ARC_SEEDS=0..1000000` other programs than the usual ones.

#[allow(dead_code, reason = "a part is for other test files")]
mod common;
use common::{heap, times};
#[path = "common/programs.rs"]
mod programs;

use crossbeam_utils::Backoff;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The programs of an ordinary run.
const SEEDS: std::ops::Range<usize> = 0..times(10_000);
/// How often one program runs if it was asked for by its seed.
const REPEATS: usize = times(20_000);

/// The program that is running, for the message of a panic.
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
        // Not by `eprintln!`: what the test harness captures is lost with the process.
        let seed = SEED.load(Relaxed);
        let _ = writeln!(std::io::stderr(), "{info}\nto run it again: PROVEN_ARC_SEEDS={seed}");
        // The handles of the other threads may be wrong as well: no more steps.
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
