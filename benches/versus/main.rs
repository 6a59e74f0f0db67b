//! Compares `std::sync::Arc` and `proven_arc::Arc`: are the results equal, and which is faster?
//!
//! ```text
//! cargo versus [PATH...]
//! ```
//!
//! [`index`](contenders::standard::index) is a program on real text, and `operations/` has the
//! single operations. Both are compiled for each of the [`contenders`]. [`contests`] lists what is
//! measured, [`loops`] takes one sample, [`measure`] interleaves the samples of all contenders,
//! [`table`] and [`picture`] show the results, and [`report`] and [`record`] write them to files.
#![allow(unreachable_pub, reason = "nothing of a program is reachable")]
#![allow(clippy::duplicate_mod, reason = "the same text with another Arc")]

mod arguments;
mod contenders;
mod contests;
#[path = "../common/layout.rs"]
mod layout;
#[path = "../common/load.rs"]
mod load;
#[path = "../common/loops.rs"]
mod loops;
#[path = "../common/machine.rs"]
mod machine;
#[path = "../common/measure.rs"]
mod measure;
#[path = "../common/moving.rs"]
mod moving;
mod picture;
mod readme;
mod record;
mod report;
mod table;
mod text;

use arguments::{Arguments, USAGE};
use contenders::{proven, standard};
use measure::{Contest, Plan, Results};
use record::Destination;
use report::Report;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use text::{Collection, Contents, Found};

/// With reading and comparing, the whole run takes less than a minute on two cores.
const FULL: Plan =
    Plan { time: Duration::from_secs(45), sample: Duration::from_millis(1), least_rounds: 5 };
const QUICK: Plan =
    Plan { time: Duration::from_secs(3), sample: Duration::from_micros(200), least_rounds: 3 };
const ONLY: Plan =
    Plan { time: Duration::from_secs(5), sample: Duration::from_millis(1), least_rounds: 5 };
const RECORD: Plan =
    Plan { time: Duration::from_secs(180), sample: Duration::from_millis(1), least_rounds: 5 };

/// The exit codes other than 0.
const DIFFERENT: u8 = 1;
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            warn(&format!("{message}\n\n{USAGE}"));
            return ExitCode::from(UNUSABLE);
        }
    };
    if arguments.help {
        return finish(writeln!(io::stdout(), "{USAGE}").map(|()| ExitCode::SUCCESS));
    }
    let paths = if arguments.paths.is_empty() { vec![own_files()] } else { arguments.paths };
    let prepared = Destination::new(arguments.record.as_ref())
        .and_then(|destination| Ok((destination, text::collect(&paths)?)));
    let (destination, text) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            warn(&message);
            return ExitCode::from(UNUSABLE);
        }
    };
    let (plan, destination) = match (arguments.quick, &arguments.only, arguments.record) {
        (true, None, _) => (QUICK, Some(destination)),
        (true, Some(_), _) => (QUICK, None),
        (false, Some(_), _) => (ONLY, None),
        (false, None, None) => (FULL, Some(destination)),
        (false, None, Some(_)) => (RECORD, Some(destination)),
    };
    let only = arguments.only.unwrap_or_default();
    let contests = contests::contests(&text.texts, &only);
    if contests.is_empty() {
        warn(&format!("no operation has {only:?} in its name"));
        return ExitCode::from(UNUSABLE);
    }
    finish(versus(&text, &contests, &plan, destination.as_ref(), &mut io::stdout().lock()))
}

/// A closed pipe is no failure: the reader has read enough.
fn finish(result: io::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            warn(&format!("standard output: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Unlike `eprintln!`, does not panic if the standard error is closed.
fn warn(message: &str) {
    let _ = writeln!(io::stderr(), "versus: {message}");
}

fn versus(
    text: &Collection,
    contests: &[Contest],
    plan: &Plan,
    destination: Option<&Destination>,
    out: &mut impl Write,
) -> io::Result<ExitCode> {
    let start = Instant::now();
    let facts = machine::describe();
    writeln!(out, "proven_arc::Arc versus std::sync::Arc\n")?;
    write!(out, "{}", layout::lines(&facts))?;

    let texts = &text.texts;
    let standard = standard::index::build(texts, loops::threads());
    let proven = proven::index::build(texts, loops::threads());
    let contents = standard.contents();
    let words = text::frequent_words(texts);
    let answer = standard.search(words.iter().copied());
    describe(text, &contents, &words, &answer, out)?;
    if contents != proven.contents() || answer != proven.search(words.iter().copied()) {
        writeln!(out, "  THE INDEXES DIFFER between std's Arc and ours")?;
        return Ok(ExitCode::from(DIFFERENT));
    }
    writeln!(out, "  equal      both indexes, and both answers\n")?;
    out.flush()?;
    drop((standard, proven, contents));

    let Results { rows, others } = measure::measure(contests, plan, start);
    let report = Report { facts, warnings: warnings(plan), load: layout::load(others), rows };
    writeln!(out, "{}", report.text())?;
    match destination.map(|destination| destination.write(&report)) {
        None => {}
        Some(Ok(file)) => {
            writeln!(out, "  report     with the Arcs of other crates, and pictures:")?;
            let here = env::current_dir().unwrap_or_default();
            writeln!(out, "             {}", file.strip_prefix(here).unwrap_or(file).display())?;
        }
        Some(Err(message)) => {
            warn(&message);
            return Ok(ExitCode::FAILURE);
        }
    }
    writeln!(out, "  in all     {:.1} s", start.elapsed().as_secs_f64())?;
    Ok(ExitCode::SUCCESS)
}

fn warnings(plan: &Plan) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if plan.sample < FULL.sample {
        warnings.push("--quick: these figures are ROUGH");
    }
    if cfg!(debug_assertions) {
        warnings.push("a build without --release: these figures mean NOTHING");
    }
    warnings
}

/// Prints what was indexed, and the answer to a sample query.
fn describe(
    text: &Collection,
    contents: &Contents,
    query: &[&str],
    answer: &[Found],
    out: &mut impl Write,
) -> io::Result<()> {
    let bytes: usize = text.texts.iter().map(|text| text.content.len()).sum();
    let words: usize = text.texts.iter().map(|text| text::words(&text.content).count()).sum();
    writeln!(out, "  files      {}, {} KiB", text.texts.len(), bytes.div_ceil(1024))?;
    if text.left_out > 0 {
        let limit = text::MOST_BYTES >> 20;
        writeln!(
            out,
            "             {} more: left out, since {limit} MiB is enough",
            text.left_out
        )?;
    }
    if text.not_text > 0 {
        writeln!(out, "             {} more: not text", text.not_text)?;
    }
    writeln!(out, "  words      {words}, {} distinct", contents.len())?;
    writeln!(out, "  query      {}", query.join(" "))?;
    for found in answer.iter().take(3) {
        writeln!(out, "             {:6.1}  {}:{}", found.score, found.name, found.line)?;
    }
    Ok(())
}

/// This repository, or the current directory if the repository was moved.
fn own_files() -> PathBuf {
    let repository = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    if repository.is_dir() { repository.into() } else { ".".into() }
}
