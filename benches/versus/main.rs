//! `std::sync::Arc` and `proven_arc::Arc`, side by side: do they give the same, and which is faster?
//!
//! ```text
//! cargo versus [PATH...]
//! ```
//!
//! [`index`](contenders::standard::index) is a program on real text, and `operations/` has the single
//! operations. [`contenders`] are the `Arc`s for which they are compiled, [`contests`] what is
//! measured, [`loops`] how one sample is taken, [`measure`] how the samples of all are interleaved,
//! [`table`] and [`picture`] show what came of it, and [`report`] and [`record`] keep it.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a program on std")]
#![allow(unreachable_pub, reason = "nothing of a program is reachable")]
#![allow(clippy::duplicate_mod, reason = "the same text with another Arc")]

mod arguments;
mod contenders;
mod contests;
#[path = "../common/layout.rs"]
mod layout;
#[path = "../common/loops.rs"]
mod loops;
#[path = "../common/machine.rs"]
mod machine;
#[path = "../common/measure.rs"]
mod measure;
mod picture;
mod readme;
mod record;
mod report;
mod table;
mod text;

use arguments::{Arguments, USAGE};
use contenders::{proven, standard};
use measure::Plan;
use record::Destination;
use report::Report;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use text::{Collection, Contents, Found};

/// The whole run stays below a minute on two cores, with the reading and the comparison before.
const FULL: Plan =
    Plan { time: Duration::from_secs(45), sample: Duration::from_millis(1), least_rounds: 5 };
const QUICK: Plan =
    Plan { time: Duration::from_secs(3), sample: Duration::from_micros(200), least_rounds: 3 };
const RECORD: Plan =
    Plan { time: Duration::from_secs(180), sample: Duration::from_millis(1), least_rounds: 5 };

/// The exit codes besides 0.
const DIFFERENT: u8 = 1;
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("versus: {message}\n\n{USAGE}");
            return ExitCode::from(UNUSABLE);
        }
    };
    if arguments.help {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let paths = if arguments.paths.is_empty() { vec![own_files()] } else { arguments.paths };
    let prepared = Destination::new(arguments.record.as_ref())
        .and_then(|destination| Ok((destination, text::collect(&paths)?)));
    let (destination, text) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            eprintln!("versus: {message}");
            return ExitCode::from(UNUSABLE);
        }
    };
    let plan = match (arguments.quick, arguments.record) {
        (true, _) => QUICK,
        (false, None) => FULL,
        (false, Some(_)) => RECORD,
    };
    match versus(&text, &plan, &destination, &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("versus: standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

fn versus(
    text: &Collection,
    plan: &Plan,
    destination: &Destination,
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

    let rows = measure::measure(&contests::contests(texts), plan, start);
    let report = Report { facts, warnings: warnings(plan), rows };
    let written = destination.write(&report);
    writeln!(out, "{}", report.text())?;
    match written {
        Ok(file) => writeln!(out, "  report     {} and its pictures", file.display())?,
        Err(message) => {
            eprintln!("versus: {message}");
            return Ok(ExitCode::FAILURE);
        }
    }
    writeln!(out, "  in all     {:.1} s", start.elapsed().as_secs_f64())?;
    Ok(ExitCode::SUCCESS)
}

fn warnings(plan: &Plan) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if plan.time < FULL.time {
        warnings.push("--quick: these figures are ROUGH");
    }
    if cfg!(debug_assertions) {
        warnings.push("a build without --release: these figures mean NOTHING");
    }
    warnings
}

/// What was indexed, and the answer to a sample query.
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
        writeln!(out, "             {} more left out: {limit} MiB is enough", text.left_out)?;
    }
    writeln!(out, "  words      {words}, {} distinct", contents.len())?;
    writeln!(out, "  query      {}", query.join(" "))?;
    for found in answer.iter().take(3) {
        writeln!(out, "             {:6.1}  {}:{}", found.score, found.name, found.line)?;
    }
    Ok(())
}

/// This repository, where it was built; the current directory, if it is not there any more.
fn own_files() -> PathBuf {
    let repository = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    if repository.is_dir() { repository.into() } else { ".".into() }
}
