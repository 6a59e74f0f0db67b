//! The same program, once with `std::sync::Arc` and once with `proven_arc::Arc`, on real text:
//! do they give the same, and which is faster?
//!
//! ```text
//! cargo run --release --example versus [PATH...]
//! ```
//!
//! [`index`](standard::index) is the program and [`operations`](standard::operations) are the
//! single operations. Both files are compiled twice, in the modules [`standard`] and [`proven`],
//! which differ in the `Arc` and `Weak` that they bring.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a program on std")]
#![allow(unreachable_pub, reason = "nothing of a program is reachable")]

mod arguments;
mod measure;
mod proven;
mod standard;
mod text;

use arguments::{Arguments, USAGE};
use measure::{Contest, Plan, Row};
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use std::{env, fs};
use text::{Contents, Found, Text};

/// The whole run stays below a minute on two cores, with the reading and the comparison before.
const FULL: Plan =
    Plan { time: Duration::from_secs(33), sample: Duration::from_millis(1), least_rounds: 5 };
const QUICK: Plan =
    Plan { time: Duration::from_secs(3), sample: Duration::from_millis(1), least_rounds: 3 };

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
    let collection = match text::collect(&paths) {
        Ok(collection) => collection,
        Err(message) => {
            eprintln!("versus: {message}");
            return ExitCode::from(UNUSABLE);
        }
    };
    match versus(&collection, arguments.quick, &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("versus: standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

fn versus(text: &text::Collection, quick: bool, out: &mut impl Write) -> io::Result<ExitCode> {
    let start = Instant::now();
    writeln!(out, "proven_arc::Arc versus std::sync::Arc\n")?;
    writeln!(out, "  machine   {}, {} cores, {}", cpu(), measure::cores(), env::consts::OS)?;
    writeln!(out, "  compiler  {}", compiler())?;
    if let Some(load) = load().filter(|load| *load > 0.5) {
        writeln!(out, "  load      {load} in the last minute: noise, if that is still running")?;
    }

    let texts = &text.texts;
    let threads = measure::threads();
    let standard = standard::index::build(texts, threads);
    let proven = proven::index::build(texts, threads);
    let contents = standard.contents();
    let words = text::frequent_words(texts);
    let answer = standard.search(words.iter().copied());
    describe(text, &contents, &words, &answer, out)?;
    if contents != proven.contents() || answer != proven.search(words.iter().copied()) {
        writeln!(out, "  THE INDEXES DIFFER between std's Arc and ours")?;
        return Ok(ExitCode::from(DIFFERENT));
    }
    writeln!(out, "  equal     both indexes, and both answers\n")?;
    out.flush()?;
    drop((standard, proven, contents));

    let plan = if quick { QUICK } else { FULL };
    let rows = measure::measure(contests(texts, threads), &plan, start);
    print_table(&rows, quick, out)?;
    writeln!(out, "\n  {:.1} s in all", start.elapsed().as_secs_f64())?;
    Ok(ExitCode::SUCCESS)
}

/// What was indexed, and the answer to a sample query.
fn describe(
    text: &text::Collection,
    contents: &Contents,
    query: &[&str],
    answer: &[Found],
    out: &mut impl Write,
) -> io::Result<()> {
    let bytes: usize = text.texts.iter().map(|text| text.content.len()).sum();
    let words: usize = text.texts.iter().map(|text| text::words(&text.content).count()).sum();
    writeln!(out, "  files     {}, {} KiB", text.texts.len(), bytes.div_ceil(1024))?;
    if text.left_out > 0 {
        let limit = text::MOST_BYTES >> 20;
        writeln!(out, "            {} more left out: {limit} MiB is enough", text.left_out)?;
    }
    writeln!(out, "  words     {words}, {} distinct", contents.len())?;
    writeln!(out, "  query     {}", query.join(" "))?;
    for found in answer.iter().take(3) {
        writeln!(out, "            {:6.1}  {}:{}", found.score, found.name, found.line)?;
    }
    Ok(())
}

/// Each operation, and the whole program.
fn contests(texts: &[Text], threads: usize) -> Vec<Contest<'_>> {
    let operations = standard::operations::OPERATIONS.iter().zip(proven::operations::OPERATIONS);
    let mut contests: Vec<Contest> = operations
        .map(|((name, standard), (_, proven))| Contest::new(name, *standard, *proven))
        .collect();
    contests.push(Contest::new(
        "the word index, whole program",
        move |times| {
            measure::repeat(times, || drop(black_box(standard::index::build(texts, threads))))
        },
        move |times| {
            measure::repeat(times, || drop(black_box(proven::index::build(texts, threads))))
        },
    ));
    contests
}

fn print_table(rows: &[Row], quick: bool, out: &mut impl Write) -> io::Result<()> {
    if quick {
        writeln!(out, "  --quick: these figures are ROUGH\n")?;
    }
    if cfg!(debug_assertions) {
        writeln!(out, "  a build without --release: these figures mean NOTHING\n")?;
    }
    writeln!(out, "  {:<34}{:>10}{:>10}{:>7}   quartiles", "operation", "std", "ours", "ratio")?;
    for row in rows {
        let (name, ratio) = (row.name, row.ratio());
        writeln!(
            out,
            "  {name:<34}{:>10}{:>10}{:>7.2}   {:.2} - {:.2}",
            human(row.standard.median),
            human(row.proven.median),
            ratio.median,
            ratio.lower,
            ratio.upper,
        )?;
    }
    let rounds = rows.iter().map(|row| row.rounds).min().unwrap_or(0);
    let threads = measure::threads();
    writeln!(
        out,
        "
  ratio      how many times as fast as std; std is 1.00, more is faster
  times      medians of {rounds} rounds, in each of which std and ours ran in turn; the ratio is theirs
  quartiles  the ratio at worst and at best, by the quartiles of the times
  contended  on one value, from {threads} threads at once
  into_weak, into_strong, clone_many: std has none, and does a downgrade and a drop, an upgrade
             and a drop, and clones"
    )
}

fn human(nanoseconds: f64) -> String {
    let (scale, unit) = match nanoseconds {
        ..1e3 => (1.0, "ns"),
        ..1e6 => (1e3, "µs"),
        ..1e9 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{:.2} {unit}", nanoseconds / scale)
}

/// This repository, where it was built; the current directory, if it is not there any more.
fn own_files() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    if repository.is_dir() { repository.into() } else { ".".into() }
}

fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": ")).map(|(_, model)| model.trim());
    format!("{} ({})", model.unwrap_or("unknown"), env::consts::ARCH)
}

/// How many threads of all programs want to run, on average over the last minute.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn compiler() -> String {
    let version = Command::new("rustc").arg("--version").output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok());
    version.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).map_or_else(
        || "unknown (no rustc in PATH)".to_owned(),
        |version| format!("{version} (the one in PATH)"),
    )
}
