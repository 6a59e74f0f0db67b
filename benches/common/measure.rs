//! Measures all contenders in turn, round after round.

use crate::contenders::{ALL, STANDARD};
use crate::load::Load;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// How long to measure.
pub struct Plan {
    /// Since the start of the program.
    pub time: Duration,
    /// The least duration of a sample.
    pub sample: Duration,
    /// The least number of rounds, even after `time`.
    pub least_rounds: usize,
}

/// Runs an operation the given number of times, and returns how long that took.
pub type Batch<'a> = Box<dyn Fn(u64) -> Duration + 'a>;

/// One operation, for each contender that has it.
pub struct Contest<'a> {
    pub name: &'static str,
    pub kind: Kind,
    pub batches: [Option<Batch<'a>>; ALL],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    OneThread,
    /// One step here, several in std.
    OneStep,
    /// On the given number of threads.
    Contended(usize),
    Program,
}

/// The result of a contest.
pub struct Row {
    pub name: &'static str,
    pub kind: Kind,
    /// Nanoseconds, in each round.
    samples: [Option<Vec<f64>>; ALL],
    /// Whether other programs had so much processor time that no ratio is meaningful.
    loaded: bool,
}

/// The results of all contests.
pub struct Results {
    pub rows: Vec<Row>,
    /// The share of the processors' time that other programs had, from 0 to 1, if it is known.
    pub others: Option<f64>,
}

/// If other programs have a larger share than this, no ratio is meaningful.
const MOST_FOR_OTHERS: f64 = 0.1;
/// If the quartiles are further apart than by this factor, the ratio is not meaningful.
const WIDEST: f64 = 1.25;

pub struct Quartiles {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

/// Measures all contests in each round. In a contest, the contenders run right after each other, so
/// that a disturbance of the machine hits all of them. Their order changes from round to round.
pub fn measure(contests: &[Contest], plan: &Plan, start: Instant) -> Results {
    let style = ProgressStyle::with_template("  {wide_bar} {percent:>3} %").expect("a template");
    let bar = ProgressBar::new(1_000).with_style(style);
    let least_steps = (plan.least_rounds * contests.len()) as f64;
    let mut steps = 0.0;
    let load = Load::from_now_on();
    let mut times = vec![[1; ALL]; contests.len()];
    let mut rows: Vec<Row> = contests.iter().map(Row::new).collect();
    let mut round = 0;
    while round < plan.least_rounds || start.elapsed() < plan.time {
        for ((contest, times), row) in contests.iter().zip(&mut times).zip(&mut rows) {
            for contender in order(round) {
                if let (Some(batch), Some(samples)) =
                    (&contest.batches[contender], &mut row.samples[contender])
                {
                    samples.push(sample(batch, &mut times[contender], plan.sample));
                }
            }
            steps += 1.0;
            let time = start.elapsed().as_secs_f64() / plan.time.as_secs_f64();
            bar.set_position((1_000.0 * time.min(steps / least_steps)) as u64);
        }
        round += 1;
    }
    bar.finish_and_clear();
    let others = load.of_others();
    let loaded = others.is_some_and(|share| share > MOST_FOR_OTHERS);
    rows.iter_mut().for_each(|row| row.loaded = loaded);
    Results { rows, others }
}

/// The order of the contenders in a round.
fn order(round: usize) -> [usize; ALL] {
    let mut order = std::array::from_fn(|place| (round / 2 + place) % ALL);
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// Returns the nanoseconds for one run of the operation. `times` grows until a batch takes long
/// enough. It may grow in a later round, if an interruption made the first batch long enough.
fn sample(batch: &Batch, times: &mut u64, long_enough: Duration) -> f64 {
    loop {
        let time = batch(*times);
        if time >= long_enough {
            return time.as_nanos() as f64 / *times as f64;
        }
        *times *= 2;
    }
}

impl Row {
    fn new(contest: &Contest) -> Self {
        let samples = contest.batches.each_ref().map(|batch| batch.as_ref().map(|_| Vec::new()));
        Self { name: contest.name, kind: contest.kind, samples, loaded: false }
    }

    pub fn rounds(&self) -> usize {
        self.samples[STANDARD].as_ref().map_or(0, Vec::len)
    }

    /// Median nanoseconds, if the contender has the operation.
    pub fn time(&self, contender: usize) -> Option<f64> {
        Some(Quartiles::of(self.samples[contender].clone()?).median)
    }

    /// The speed relative to std's, in each round.
    pub fn ratio(&self, contender: usize) -> Option<Quartiles> {
        let (standard, samples) =
            (self.samples[STANDARD].as_ref()?, self.samples[contender].as_ref()?);
        let ratios = standard.iter().zip(samples).map(|(standard, time)| standard / time);
        Some(Quartiles::of(ratios.collect()))
    }

    /// Whether other programs had so much processor time that no ratio is meaningful.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// The ratio, unless the quartiles are far apart or the machine was loaded.
    pub fn measured_ratio(&self, contender: usize) -> Option<Quartiles> {
        self.ratio(contender).filter(|ratio| !self.loaded && ratio.upper <= WIDEST * ratio.lower)
    }
}

impl Quartiles {
    fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_unstable_by(f64::total_cmp);
        let last = samples.len() - 1;
        Self {
            lower: samples[last / 4],
            median: samples[last / 2],
            upper: samples[last - last / 4],
        }
    }
}
