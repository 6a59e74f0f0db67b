//! Runs real programs on each kind of `Arc`: are the results the same, which is faster, and how
//! much memory does each take?
//!
//! ```text
//! cargo workloads
//! ```
//!
//! [`collections`], [`tree`], [`reload`] and [`broadcast`] are the programs. [`memory`] measures
//! the memory of elements, and [`report`] prints the results. The measurement is that of `versus`.
#![allow(unreachable_pub, reason = "nothing of a program is reachable")]

mod allocator;
mod broadcast;
mod collections;
mod contenders;
#[path = "../common/layout.rs"]
mod layout;
#[path = "../common/load.rs"]
mod load;
#[path = "../common/loops.rs"]
#[expect(dead_code, reason = "`versus` measures single operations too")]
mod loops;
#[path = "../common/machine.rs"]
mod machine;
#[path = "../common/measure.rs"]
#[expect(dead_code, reason = "`versus` measures single operations too")]
mod measure;
mod memory;
mod reload;
mod report;
mod tree;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use contenders::ALL;
use measure::{Batch, Contest, Kind, Plan};
use report::Report;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs real programs on std's Arc, on proven_arc's and on others. Checks that the results are the
/// same, and prints how fast each is and how much memory it takes.
#[derive(Parser)]
struct Arguments {
    /// A few seconds, rough figures.
    #[arg(long)]
    quick: bool,
    /// Five minutes; also writes src/docs/figures/WORKLOADS.md.
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    record: bool,
    /// Only the programs with this in their names, and no memory.
    only: Option<String>,
    /// Print the bytes of one subject, on one kind of Arc, with this many elements.
    #[arg(long, num_args = 3, hide = true, exclusive = true)]
    probe: Option<Vec<String>>,
}

/// The amount of work.
struct Scale {
    rough: bool,
    plan: Plan,
    elements: u64,
    nodes: u64,
    reads: u64,
    messages: u64,
    allocations: u64,
}

const QUICK: Scale = Scale {
    rough: true,
    plan: Plan { time: Duration::from_secs(2), sample: Duration::from_micros(10), least_rounds: 3 },
    elements: 500,
    nodes: 500,
    reads: 1_000,
    messages: 20,
    allocations: 10_000,
};
const FULL: Scale = Scale {
    rough: false,
    plan: Plan { time: Duration::from_secs(60), sample: Duration::from_millis(1), least_rounds: 5 },
    elements: 10_000,
    nodes: 4_000,
    reads: 20_000,
    messages: 500,
    allocations: 1_000_000,
};
const RECORD: Scale = Scale { plan: Plan { time: Duration::from_secs(270), ..FULL.plan }, ..FULL };

/// A program. It returns the same result on each kind of `Arc`.
trait Program: Fn() -> u64 + 'static {}
impl<P: Fn() -> u64 + 'static> Program for P {}

/// Makes the input of a program.
type Prepare = Box<dyn Fn() -> Box<dyn Fn() -> u64>>;

/// One program on each kind of `Arc` that it can use. Its input is made anew for each sample, so
/// that no kind keeps a better place in memory.
struct Workload {
    group: &'static str,
    name: &'static str,
    programs: [Option<Prepare>; ALL],
}

impl Workload {
    fn new(group: &'static str, name: &'static str) -> Self {
        Self { group, name, programs: Default::default() }
    }

    fn on<P: Program>(mut self, contender: usize, prepare: impl Fn() -> P + 'static) -> Self {
        self.programs[contender] = Some(Box::new(move || Box::new(prepare())));
        self
    }

    fn is_called(&self, part: &str) -> bool {
        format!("{}: {}", self.group, self.name).contains(part)
    }

    /// Runs the program once on each kind.
    fn check(&self) -> Result<()> {
        let result = |prepare: &Option<Prepare>| prepare.as_ref().map(|prepare| prepare()());
        let results = self.programs.each_ref().map(result);
        let mut given = results.iter().flatten();
        let first = given.next();
        ensure!(
            given.all(|result| Some(result) == first),
            "{}, {}: the results differ: {:?} have {results:?}",
            self.group,
            self.name,
            contenders::NAMES,
        );
        Ok(())
    }

    fn contest(&self) -> Contest<'_> {
        let batches = self.programs.each_ref().map(|prepare| {
            let prepare = prepare.as_ref()?;
            let batch = |times| {
                tidy_heap();
                let program = prepare();
                loops::repeat(times, || {
                    black_box(program());
                })
            };
            Some(Box::new(batch) as Batch)
        });
        Contest { name: self.name, kind: Kind::Program, batches }
    }
}

/// Makes glibc's `malloc` join its free pieces, as it does for a large allocation. Otherwise the
/// next program would get them in the order in which this one dropped its values.
fn tidy_heap() {
    drop(black_box(Vec::<u8>::with_capacity(100_000)));
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(probe) = arguments.probe {
        return memory::probe(&probe);
    }
    ensure!(
        !(arguments.record && cfg!(debug_assertions)),
        "--record is for a build with --release"
    );
    let scale = match arguments {
        Arguments { quick: true, .. } => QUICK,
        Arguments { record: true, .. } => RECORD,
        _ => FULL,
    };
    let mut workloads = collections::workloads(scale.elements);
    workloads.extend(tree::workloads(scale.nodes));
    workloads.extend(reload::workloads(scale.reads));
    workloads.extend(broadcast::workloads(scale.messages));
    if let Some(part) = &arguments.only {
        workloads.retain(|workload| workload.is_called(part));
        ensure!(!workloads.is_empty(), "no program has {part:?} in its name");
    }
    workloads.iter().try_for_each(Workload::check)?;

    let contests: Vec<_> = workloads.iter().map(Workload::contest).collect();
    let results = measure::measure(&contests, &scale.plan, Instant::now());
    let memory = match arguments.only {
        Some(_) => None,
        None => Some(memory::table(scale.allocations)?),
    };
    let report = Report::new(&workloads, &results, memory, &scale);
    print!("{}", report.text());
    if arguments.record {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/docs/figures/WORKLOADS.md");
        fs::write(&file, report.markdown()).with_context(|| file.display().to_string())?;
    }
    Ok(())
}
