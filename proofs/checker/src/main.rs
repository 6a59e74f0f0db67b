//! `cargo proofs`: keeps the code, the notes, the models and the Coq proof of proven-arc in
//! agreement.

mod accesses;
mod adopt;
mod check;
mod coq;
mod facts;
mod links;
mod models;
mod mutants;
mod mutate;
mod mutate_proof;
mod notes;
mod pages;
mod parallel;
mod picture;
mod proof_table;
mod prove;
mod report;
mod text_mutants;
mod translate;
mod tree;
mod trim;
mod weaken;

use accesses::Id;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;
use tree::Tree;

/// Keeps the code, the notes, the models and the Coq proof in agreement.
///
/// Each finding is a line `file:line: what is wrong: what to do`. With findings, the exit code is
/// 1.
#[derive(Parser)]
#[command(name = "cargo proofs", bin_name = "cargo proofs", version)]
struct Arguments {
    /// The root of the project. The default is the project of the current directory.
    #[arg(long, global = true)]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Compare code, notes, models, mutants and the Coq table. Builds nothing.
    ///
    /// Every atomic access is in src/word.rs, below a comment that begins with `// [name]
    /// <Ordering>:`. proofs/notes.toml has what else is known of it, and proofs/<name>.md says why
    /// it is right.
    Check,
    /// Write the functions of src/ as proofs/coq/Code.v, which the proof is about.
    Translate,
    /// Write the generated parts of the notes: the code, the models and the lemmas that they show,
    /// their pictures, the tables in proofs/README.md, and the targets of the links.
    #[command(alias = "map")]
    Notes,
    /// Check each relative link of the documentation that `cargo docs` has built.
    Links {
        /// The directory of the documentation.
        #[arg(default_value = "target/doc")]
        dir: PathBuf,
    },
    /// Build each mutant, and check that the models catch it. Write proofs/MUTANTS.md.
    Mutate {
        /// The number of mutants that are built and run at a time.
        #[arg(long, default_value_t = available_parallelism().map_or(1, |n| n.get()))]
        jobs: usize,
        /// Only the mutant with this name. Can be repeated. Writes no table. With `--proof`, it can
        /// be the name of a function, for all its mutants, and the table gets their lines.
        #[arg(long)]
        only: Vec<String>,
        /// List the mutants, and the models that should catch them.
        #[arg(long)]
        list: bool,
        /// Compare with proofs/MUTANTS.md instead of writing it.
        #[arg(long)]
        check: bool,
        /// Run every model on each mutant, and list those that catch it. Writes no table.
        #[arg(long, conflicts_with = "check")]
        every_model: bool,
        /// The time limit of one model, in seconds.
        #[arg(long, default_value_t = 120)]
        timeout: u64,
        /// Mutants of the text, made by rule, for Coq to stop at; write proofs/PROOF-MUTANTS.md.
        #[arg(long, conflicts_with_all = ["every_model", "timeout"])]
        proof: bool,
        /// Only those that proofs/PROOF-MUTANTS.md has no lemma for: new ones, those whose lemma is
        /// gone, and survivors.
        #[arg(long, requires = "proof", conflicts_with = "check")]
        missing: bool,
        /// Of these, so many chosen by chance.
        #[arg(long, requires = "proof")]
        sample: Option<usize>,
        /// What the chance depends on; each time another one if it is not given.
        #[arg(long, requires = "sample")]
        seed: Option<u64>,
    },
    /// Weaken the ordering of an access, and show what its models and the proof say.
    Weaken {
        /// Its name, as it stands in brackets in src/word.rs, such as is_unique.
        access: Id,
    },
    /// Build the Coq proof in target/coq/, and check that its theorems have no assumptions.
    Coq {
        /// Also weaken each ordering of the proof's table, and require that the build fails.
        #[arg(long)]
        mutate: bool,
    },
    /// Switch published crates over, and run their own tests. Write src/docs/adopted.md.
    ///
    /// proofs/checker/adopt.toml lists the crates and how each is tested. Their sources come from
    /// the registry. A test that passes with std's handles and fails with ours is a finding, unless
    /// the table gives a reason.
    Adopt {
        /// Only the crate with this name. Can be repeated. Writes no table.
        #[arg(long)]
        only: Vec<String>,
        /// All of them on nightly, with the feature `nightly`. Writes no table.
        #[arg(long)]
        nightly: bool,
        /// The time limit for the build and the tests of one crate, in seconds.
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
        Subcommands::Notes => pages::write(&tree, &mut findings)?,
        Subcommands::Links { dir } => findings = links::crawl(&tree.path(&dir.to_string_lossy()))?,
        Subcommands::Mutate {
            proof: true, list, jobs, only, missing, sample, seed, check, ..
        } => {
            let options = mutate_proof::Options { jobs, only, missing, sample, seed, check };
            let run = if list { mutate_proof::list } else { mutate_proof::run };
            findings = run(&tree, &options)?;
        }
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
        Subcommands::Weaken { access } => findings = weaken::run(&tree, &access)?,
        Subcommands::Coq { mutate } => findings = prove::run(&tree, mutate)?,
    }
    for finding in &findings {
        println!("{finding}");
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}
