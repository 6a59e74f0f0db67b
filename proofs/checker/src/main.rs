//! `cargo proofs`: holds the code, the notes, the models and the Coq proof of proven-arc together.

mod accesses;
mod adopt;
mod check;
mod coq;
mod map;
mod models;
mod mutants;
mod mutate;
mod notes;
mod parallel;
mod patch;
mod prove;
mod report;
mod translate;
mod tree;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;
use tree::Tree;

/// Holds the code, the notes, the models and the Coq proof together.
///
/// Each finding is a line `file:line: what is wrong: what to do`; with findings, the exit code
/// is 1.
#[derive(Parser)]
#[command(name = "cargo proofs", bin_name = "cargo proofs", version)]
struct Arguments {
    /// The root of the project; by default, the one that the current directory is in.
    #[arg(long, global = true)]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Compare code, notes, models, mutants and the Coq table. Builds nothing.
    ///
    /// Every atomic access is in src/word.rs, below a comment that begins with
    /// `// [name] <Ordering>:`, and has a note, proofs/<name>.md:
    ///
    /// # upgrade: `add_strong_if_any`, an upgrade
    ///
    /// | | |
    /// |---|---|
    /// | function | `Word::add_strong_if_any` |
    /// | operation | `compare_exchange_weak` |
    /// | ordering | `Acquire / Relaxed` |
    /// | used by | `Weak::upgrade` |
    /// | partner | [publish] (Release) |
    /// | models | `publish::new_cyclic` |
    /// | mutants | `upgrade.success:Acquire->Relaxed` |
    /// | lemma | `upgrade_safe` |
    ///
    /// with the sections: The word, The invariant, The edge, Why nothing weaker, Why nothing
    /// stronger, What the check does not cover.
    #[command(verbatim_doc_comment)]
    Check,
    /// Print the functions of src/ as proofs/coq/Code.v, which the proof is about.
    Translate,
    /// Write the map in proofs/README.md from the notes.
    Map,
    /// Build each mutant and have the models catch it; write proofs/MUTANTS.md.
    Mutate {
        /// How many mutants to build and run at a time.
        #[arg(long, default_value_t = available_parallelism().map_or(1, |n| n.get()))]
        jobs: usize,
        /// Only the mutant of this name (can be repeated). Writes no table.
        #[arg(long)]
        only: Vec<String>,
        /// Name the mutants, and the models that are said to catch them.
        #[arg(long)]
        list: bool,
        /// Compare with proofs/MUTANTS.md instead of writing it.
        #[arg(long)]
        check: bool,
        /// Run every model on each mutant, and tell which catch it. Writes no table.
        #[arg(long, conflicts_with = "check")]
        every_model: bool,
        /// How many seconds one model may take.
        #[arg(long, default_value_t = 120)]
        timeout: u64,
    },
    /// Build the Coq proof in target/coq/, and check that its theorems have no assumptions.
    Coq {
        /// Also weaken each ordering of the proof's table, and require that the build fails.
        #[arg(long)]
        mutate: bool,
    },
    /// Switch published crates over, and run their own tests; write src/docs/adopted.md.
    ///
    /// The crates, and how each is tested, are in proofs/checker/adopt.toml. Their sources come
    /// from the registry. A test that fails with ours and passes with std's is a finding, unless
    /// the table says why.
    Adopt {
        /// Only the crate of this name (can be repeated). Writes no table.
        #[arg(long)]
        only: Vec<String>,
        /// All of them on nightly, with the feature `nightly`. Writes no table.
        #[arg(long)]
        nightly: bool,
        /// How many seconds the build and the tests of one crate may take.
        #[arg(long, default_value_t = 600)]
        timeout: u64,
    },
}

fn main() -> Result<ExitCode> {
    let Arguments { root, command } = Arguments::parse();
    let tree = Tree::find(root)?;
    let mut findings = Vec::new();
    match command {
        Subcommands::Check => findings = check::check(&tree)?,
        Subcommands::Translate => findings = translate::write(&tree)?,
        Subcommands::Map => map::write(&tree, &notes::read(&tree, &mut findings)?)?,
        Subcommands::Mutate { list: true, .. } => {
            for mutant in mutants::all(&tree, &mut findings)? {
                println!("{}: {}: {}", mutant.name, mutant.why, mutant.models.join(", "));
            }
        }
        Subcommands::Mutate { jobs, only, check, every_model, timeout, .. } => {
            let timeout = Duration::from_secs(timeout);
            let options = mutate::Options { jobs, only, check, every_model, timeout };
            findings = mutate::run(&tree, &options)?;
        }
        Subcommands::Adopt { only, nightly, timeout } => {
            let timeout = Duration::from_secs(timeout);
            findings = adopt::run(&tree, &adopt::Options { only, nightly, timeout })?;
        }
        Subcommands::Coq { mutate } => findings = prove::run(&tree, mutate)?,
    }
    for finding in &findings {
        println!("{finding}");
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}
