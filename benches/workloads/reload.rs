//! A configuration that is replaced while threads read it, in `arc-swap`.

use crate::contenders::{PROVEN, STANDARD, TRIOMPHE};
use crate::{Program, Workload, loops};
use arc_swap::{ArcSwapAny, RefCnt};
use std::ops::Deref;
use std::thread;
use std::time::Duration;

/// How long the writer pauses after a configuration.
const PAUSE: Duration = Duration::from_micros(100);

struct Config {
    version: u64,
    limits: [u64; 7],
}

impl Config {
    fn new(version: u64) -> Self {
        Self { version, limits: [version; 7] }
    }
}

#[derive(Default)]
struct Reader {
    newest: u64,
    /// The number of configurations that were complete, and not older than the one before.
    good: u64,
}

impl Reader {
    fn read(&mut self, config: &Config) {
        let whole = config.limits == [config.version; 7];
        self.good += u64::from(whole && config.version >= self.newest);
        self.newest = config.version;
    }
}

/// Each of the [`threads`](loops::threads) threads reads `times` times.
fn reload<P>(times: u64, read: fn(&ArcSwapAny<P>, &mut Reader)) -> impl Program
where
    P: RefCnt + From<Config> + Send + Sync + 'static,
{
    let readers = move |current: &ArcSwapAny<P>| {
        let mut reader = Reader::default();
        (0..times).for_each(|_| read(current, &mut reader));
        reader.good
    };
    move || {
        let current = ArcSwapAny::new(P::from(Config::new(0)));
        thread::scope(|scope| {
            let readers: Vec<_> =
                (0..loops::threads()).map(|_| scope.spawn(|| readers(&current))).collect();
            let mut version = 1;
            while !readers.iter().all(|reader| reader.is_finished()) {
                current.store(P::from(Config::new(version)));
                version += 1;
                thread::sleep(PAUSE);
            }
            readers.into_iter().map(|reader| reader.join().expect("no reader panics")).sum()
        })
    }
}

fn borrowed<P: RefCnt + Deref<Target = Config>>(current: &ArcSwapAny<P>, reader: &mut Reader) {
    reader.read(&current.load());
}

fn owned<P: RefCnt + Deref<Target = Config>>(current: &ArcSwapAny<P>, reader: &mut Reader) {
    reader.read(&current.load_full());
}

/// The workloads with this many reads in each thread.
pub fn workloads(times: u64) -> [Workload; 2] {
    macro_rules! on_each {
        ($name:literal, $read:ident) => {
            Workload::new("arc-swap, reloads during reads", $name)
                .on(STANDARD, move || reload::<std::sync::Arc<Config>>(times, $read))
                .on(PROVEN, move || reload::<proven_arc::Arc<Config>>(times, $read))
                .on(TRIOMPHE, move || reload::<triomphe::Arc<Config>>(times, $read))
        };
    }
    [on_each!("load", borrowed), on_each!("load_full", owned)]
}
