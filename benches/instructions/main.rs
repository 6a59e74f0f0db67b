//! `cargo instructions`: counts the instructions of each operation on std's handles and on ours,
//! for several machines, and writes `src/docs/figures/INSTRUCTIONS.md`.

mod assembly;
mod compile;
/// Declared only so that clippy and rustfmt check it.
#[allow(dead_code)]
mod probe;
mod table;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use compile::{Compiler, MACHINES, Machine};
use similar::TextDiff;
use std::fs;
use std::path::{Path, PathBuf};
use table::OPERATIONS;

const RESULT: &str = "src/docs/figures/INSTRUCTIONS.md";

/// Counts the instructions of the hot paths, and writes src/docs/figures/INSTRUCTIONS.md.
#[derive(Parser)]
#[command(name = "cargo instructions", bin_name = "cargo instructions")]
struct Arguments {
    /// Compare with src/docs/figures/INSTRUCTIONS.md instead of writing it.
    #[arg(long)]
    check: bool,
    /// Print the instructions of one operation, and mark those that are counted as executed. Writes
    /// no table.
    #[arg(long, value_name = "OPERATION", conflicts_with = "check")]
    show: Option<String>,
    /// The compiler, which has to have the standard library for x86-64 and aarch64.
    #[arg(long, default_value = "/usr/bin/rustc")]
    rustc: PathBuf,
}

fn main() -> Result<()> {
    let Arguments { check, show, rustc } = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no parent directory")?;
    let compiler = Compiler::new(&rustc)?;
    let result = root.join(RESULT);
    let committed = check.then(|| fs::read_to_string(&result).context(RESULT)).transpose()?;
    if let Some(committed) = &committed {
        let maker = committed.lines().find_map(|line| line.strip_prefix("    "));
        let maker = maker.with_context(|| format!("{RESULT} names no compiler"))?;
        ensure!(
            maker == compiler.version,
            "{RESULT} was made with {maker}, and {} is {}: name the former with --rustc, or make \
             the file anew by `cargo instructions`",
            rustc.display(),
            compiler.version
        );
    }
    let dir = root.join("target/instructions");
    let compile = |machine: &Machine| {
        let dir = dir.join(machine.name);
        compiler.compile(root, machine, &dir).with_context(|| format!("for {}", machine.name))
    };
    let codes = MACHINES.iter().map(compile).collect::<Result<Vec<_>>>()?;
    if let Some(name) = show {
        let shown: Vec<_> = OPERATIONS.iter().filter(|operation| operation.is(&name)).collect();
        ensure!(!shown.is_empty(), "no operation {name}: see benches/instructions/probe.rs");
        for (machine, code) in MACHINES.iter().zip(&codes) {
            for operation in &shown {
                println!("{}: {}", machine.name, operation.show(code)?);
            }
        }
        return Ok(());
    }
    let page = table::page(&compiler, &codes)?;
    let Some(committed) = committed else { return Ok(fs::write(result, page)?) };
    let diff = TextDiff::from_lines(&committed, &page);
    let diff = diff.unified_diff().header("committed", "as compiled").to_string();
    ensure!(diff.is_empty(), "{RESULT} is not what `cargo instructions` writes:\n{diff}");
    Ok(())
}
