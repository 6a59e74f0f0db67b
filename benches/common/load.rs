//! The share of the processor time that other programs had.

use cpu_time::ProcessTime;
use std::fs;
use std::time::Instant;

/// The counters of Linux, in its ticks. Other systems have none, so the share is unknown there.
struct Ticks {
    all: f64,
    busy: f64,
    processors: f64,
}

/// The start of a measurement.
pub struct Load {
    ticks: Option<Ticks>,
    own: ProcessTime,
    start: Instant,
}

impl Load {
    pub fn from_now_on() -> Self {
        Self { ticks: Ticks::now(), own: ProcessTime::now(), start: Instant::now() }
    }

    /// The share of all processors' time that other programs had, from 0 to 1, if it is known.
    pub fn of_others(&self) -> Option<f64> {
        let (then, now) = (self.ticks.as_ref()?, Ticks::now()?);
        let all = now.all - then.all;
        let own = self.own.elapsed().as_secs_f64();
        let own = own / (self.start.elapsed().as_secs_f64() * now.processors);
        (all > 0.0).then(|| ((now.busy - then.busy) / all - own).clamp(0.0, 1.0))
    }
}

impl Ticks {
    fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let mut lines = stat.lines();
        let ticks = lines.next()?.strip_prefix("cpu ")?.split_whitespace();
        // user, nice, system, idle, iowait, irq, softirq, steal. The fields after these are parts
        // of the first two.
        let ticks: Vec<f64> = ticks.take(8).filter_map(|ticks| ticks.parse().ok()).collect();
        let all: f64 = ticks.iter().sum();
        let idle = ticks.get(3)? + ticks.get(4)?;
        let processors = lines.take_while(|line| line.starts_with("cpu")).count() as f64;
        Some(Self { all, busy: all - idle, processors })
    }
}
