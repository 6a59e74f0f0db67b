//! Two contenders side by side: the rounds, and what they say.

use indicatif::{ProgressBar, ProgressStyle};
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// How long to measure.
pub struct Plan {
    /// From the start of the program.
    pub time: Duration,
    /// How long each sample takes, at least.
    pub sample: Duration,
    /// So many rounds even if there is no time.
    pub least_rounds: usize,
}

type Batch<'a> = Box<dyn Fn(u64) -> Duration + 'a>;

/// The same thing done by std and by ours: each runs it so many times, and says how long that took.
pub struct Contest<'a> {
    name: &'static str,
    batches: [Batch<'a>; 2],
}

/// The result of a contest.
pub struct Row {
    pub name: &'static str,
    pub rounds: usize,
    pub standard: Quartiles,
    pub proven: Quartiles,
}

pub struct Quartiles {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

impl<'a> Contest<'a> {
    pub fn new(
        name: &'static str,
        standard: impl Fn(u64) -> Duration + 'a,
        proven: impl Fn(u64) -> Duration + 'a,
    ) -> Self {
        Self { name, batches: [Box::new(standard), Box::new(proven)] }
    }
}

/// Measures all contests in each round, each with both contenders one right after the other, in an
/// order that changes from round to round: what disturbs the machine disturbs both.
pub fn measure(contests: Vec<Contest>, plan: &Plan, start: Instant) -> Vec<Row> {
    let bar = ProgressBar::new(plan.time.as_millis() as u64).with_style(
        ProgressStyle::with_template("  {wide_bar} {elapsed} of {msg}").expect("a template"),
    );
    bar.set_message(format!("{} s", plan.time.as_secs()));
    let times: Vec<[u64; 2]> = contests
        .iter()
        .map(|contest| contest.batches.each_ref().map(|batch| calibrate(batch, plan.sample)))
        .collect();
    let mut samples: Vec<[Vec<f64>; 2]> = vec![Default::default(); contests.len()];
    let mut round = 0;
    while round < plan.least_rounds || start.elapsed() < plan.time {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for ((contest, times), samples) in contests.iter().zip(&times).zip(&mut samples) {
            for side in order {
                let time = contest.batches[side](times[side]);
                samples[side].push(time.as_nanos() as f64 / times[side] as f64);
            }
            bar.set_position(start.elapsed().as_millis() as u64);
        }
        round += 1;
    }
    bar.finish_and_clear();
    contests.iter().zip(samples).map(|(contest, samples)| Row::new(contest.name, samples)).collect()
}

/// How many times a batch has to run it to take as long as a sample should.
fn calibrate(batch: &Batch, sample: Duration) -> u64 {
    let mut times = 1;
    // Three times: one that was interrupted seems long.
    while (0..3).any(|_| batch(times) < sample) {
        times *= 2;
    }
    times
}

impl Row {
    fn new(name: &'static str, [standard, proven]: [Vec<f64>; 2]) -> Self {
        let rounds = standard.len();
        Self { name, rounds, standard: Quartiles::of(standard), proven: Quartiles::of(proven) }
    }

    /// How many times as fast as std's ours is: by the medians, and at worst and at best by the
    /// quartiles.
    pub fn ratio(&self) -> Quartiles {
        let Self { standard, proven, .. } = self;
        Quartiles {
            lower: standard.lower / proven.upper,
            median: standard.median / proven.median,
            upper: standard.upper / proven.lower,
        }
    }
}

impl Quartiles {
    /// Nanoseconds.
    fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_unstable_by(f64::total_cmp);
        let at = |quarter| samples[(samples.len() - 1) * quarter / 4];
        Self { lower: at(1), median: at(2), upper: at(3) }
    }
}

/// How long so many runs of `operation` take.
#[inline]
pub fn repeat(times: u64, mut operation: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        operation();
    }
    start.elapsed()
}

pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// As many threads as there are cores, but two at least.
pub fn threads() -> usize {
    cores().max(2)
}

/// As [`repeat`], in so many [`threads`] at once: how long a thread took on average.
///
/// Where the threads did not run at the same time, because the machine had something else to do,
/// nothing was contended. Then it is done again, a few times.
#[inline(never)]
pub fn contended<S: Sync, R>(
    times: u64,
    state: &S,
    operation: impl Fn(&S) -> R + Sync,
) -> Duration {
    let start_line = Barrier::new(threads());
    let run = || {
        start_line.wait();
        let start = Instant::now();
        let time = repeat(times, || drop(black_box(operation(black_box(state)))));
        (start, start + time)
    };
    let mut attempts = 5;
    loop {
        let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
            let running: Vec<_> = (0..threads()).map(|_| scope.spawn(run)).collect();
            running.into_iter().map(|thread| thread.join().expect("no operation panics")).collect()
        });
        attempts -= 1;
        if attempts == 0 || mostly_together(&spans) {
            let total: Duration = spans.iter().map(|(start, end)| *end - *start).sum();
            return total / spans.len() as u32;
        }
    }
}

/// Whether for three quarters of the time all were running.
fn mostly_together(spans: &[(Instant, Instant)]) -> bool {
    let starts = || spans.iter().map(|(start, _)| *start);
    let ends = || spans.iter().map(|(_, end)| *end);
    let from_to = |from: Option<Instant>, to: Option<Instant>| {
        from.zip(to).map_or(Duration::ZERO, |(from, to)| to.saturating_duration_since(from))
    };
    let all = from_to(starts().max(), ends().min());
    let any = from_to(starts().min(), ends().max());
    all * 4 >= any * 3
}
