//! The contests: each operation, on one thread or on several, and the whole program.

use crate::contenders::{self, ALL, PROVEN, Run, STANDARD, proven, standard};
use crate::loops::{repeat, threads};
use crate::measure::{Batch, Contest, Kind};
use crate::text::Text;
use std::hint::black_box;
use std::iter;

/// The contended operations, on one, two, four, ... threads.
pub const CURVES: [&str; 3] =
    ["contended clone, drop", "contended upgrade, drop", "contended downgrade, drop"];

/// The contests with `only` in their name.
pub fn contests<'a>(texts: &'a [Text], only: &str) -> Vec<Contest<'a>> {
    let mut contests = Vec::new();
    for (name, runs) in contenders::operations() {
        let kinds = match runs[STANDARD] {
            Some(Run::Contended(_)) if CURVES.contains(&name) => {
                thread_counts().into_iter().map(Kind::Contended).collect()
            }
            Some(Run::Contended(_)) => vec![Kind::Contended(threads())],
            Some(Run::OneStep(_)) => vec![Kind::OneStep],
            Some(Run::OneThread(_)) | None => vec![Kind::OneThread],
        };
        contests.extend(kinds.into_iter().map(|kind| {
            let batches = runs.map(|run| run.map(|run| batch(run, kind)));
            Contest { name, kind, batches }
        }));
    }
    contests.push(whole_program(texts));
    contests.retain(|contest| contest.name.contains(only));
    contests
}

fn batch(run: Run, kind: Kind) -> Batch<'static> {
    match (run, kind) {
        (Run::OneThread(run) | Run::OneStep(run), _) => Box::new(run),
        (Run::Contended(run), Kind::Contended(threads)) => {
            Box::new(move |times| run(threads, times))
        }
        (Run::Contended(_), _) => unreachable!("contended for all or for none"),
    }
}

/// One, two, four, ... threads, and as many as there are cores.
fn thread_counts() -> Vec<usize> {
    let mut counts: Vec<usize> = iter::successors(Some(1), |count| Some(2 * count))
        .take_while(|count| *count < threads())
        .collect();
    counts.push(threads());
    counts
}

fn whole_program(texts: &[Text]) -> Contest<'_> {
    let mut batches = [const { None }; ALL];
    batches[STANDARD] = Some(Box::new(move |times| {
        repeat(times, || drop(black_box(standard::index::build(texts, threads()))))
    }) as Batch);
    batches[PROVEN] = Some(Box::new(move |times| {
        repeat(times, || drop(black_box(proven::index::build(texts, threads()))))
    }));
    Contest { name: "the word index, whole program", kind: Kind::Program, batches }
}
