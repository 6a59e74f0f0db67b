//! `cargo proofs mutate --proof`: each mutant of the text is translated and given to Coq, which has
//! to stop.
//!
//! Each worker has a copy of the proof below `target/proof-mutants/`, in which Code.v is another one
//! each time: so only what depends on it is built again. A mutant that has no translation is caught
//! by the translator. One with which the proof still builds is equal in meaning, and stands with the
//! reason in `proofs/checker/proof-mutants.toml`; otherwise it is a finding.

use crate::coq::DIR;
use crate::parallel::{Progress, in_parallel};
use crate::prove::{self, Build, Source};
use crate::text_mutants::{self, Mutant};
use crate::translate::{self, LeftOut, program::Sources};
use crate::tree::{Finding, Tree};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

const RESULT: &str = "proofs/PROOF-MUTANTS.md";
const EQUAL: &str = "proofs/checker/proof-mutants.toml";

pub struct Options {
    pub jobs: usize,
    pub only: Vec<String>,
    /// So many, chosen by chance.
    pub sample: Option<usize>,
    pub seed: Option<u64>,
    pub check: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    equal: Vec<Row>,
}

/// A mutant that means the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    why: String,
}

/// What became of a mutant.
enum Verdict {
    /// It has no translation.
    Refused(String),
    /// Coq stopped, in this file and lemma.
    Stopped(String, String),
    /// Code.v is the same.
    SameText,
    Survived,
    TimedOut,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(what) => write!(f, "the translator: {what}"),
            Self::Stopped(file, lemma) => write!(f, "`{lemma}`, {file}"),
            Self::SameText => write!(f, "SURVIVES: Code.v is the same"),
            Self::Survived => write!(f, "SURVIVES: the proof still builds"),
            Self::TimedOut => write!(f, "SURVIVES: the proof does not stop in time"),
        }
    }
}

/// Names those that would be run, with what the translator alone says of them.
pub fn list(tree: &Tree, options: &Options) -> Result<Vec<Finding>> {
    let (sources, left_out) = translate::read(tree)?;
    let mut mutants = match text_mutants::all(&sources, &left_out) {
        Ok(mutants) => mutants,
        Err(finding) => return Ok(vec![finding]),
    };
    choose(&mut mutants, options)?;
    let code = tree.read(translate::FILE)?;
    for mutant in mutants {
        match translated(&mutant, &sources, &left_out, &code) {
            Ok(_) => println!("{}", mutant.name),
            Err(verdict) => println!("{}: {verdict}", mutant.name),
        }
    }
    Ok(Vec::new())
}

/// Code.v with the mutant, or what there is to say of it without Coq.
fn translated(
    mutant: &Mutant,
    sources: &Sources,
    left_out: &[LeftOut],
    code: &str,
) -> Result<String, Verdict> {
    match translate::translate(&mutant.apply(sources), left_out) {
        Err(refused) => {
            let what = refused.first().map(Finding::what).unwrap_or_default();
            Err(Verdict::Refused(what.to_owned()))
        }
        Ok((changed, _)) if changed == code => Err(Verdict::SameText),
        Ok((changed, _)) => Ok(changed),
    }
}

pub fn run(tree: &Tree, options: &Options) -> Result<Vec<Finding>> {
    let (sources, left_out) = translate::read(tree)?;
    let mut mutants = match text_mutants::all(&sources, &left_out) {
        Ok(mutants) => mutants,
        Err(finding) => return Ok(vec![finding]),
    };
    let mut findings = Vec::new();
    translate::check(tree, &mut findings)?;
    let equal = equal(tree, &mutants, &mut findings)?;
    if !findings.is_empty() {
        return Ok(findings);
    }
    let all = mutants.len();
    choose(&mut mutants, options)?;

    prove::ensure_coq()?;
    let proof = prove::sources(tree)?;
    let mut workers = (0..options.jobs.max(1))
        .map(|n| Worker::new(tree, n, &proof))
        .collect::<Result<Vec<_>>>()?;
    let progress = Progress::new("builds", workers.len());
    let built = in_parallel(&mut workers, vec![(); options.jobs.max(1)], |worker, ()| {
        progress.step(&format!("building in {}", worker.dir.display()), || worker.build())
    });
    for built in built {
        match built? {
            Build::Done => {}
            build => bail!("without a mutant the proof {build}: see `cargo proofs coq`"),
        }
    }

    let code = tree.read(translate::FILE)?;
    let progress = Progress::new("mutants", mutants.len());
    let verdicts = in_parallel(&mut workers, (0..mutants.len()).collect(), |worker, n| {
        let mutant = &mutants[n];
        progress.step(&mutant.name, || worker.judge(mutant, &sources, &left_out, &code))
    });
    let mut rows = Vec::new();
    let (mut by_coq, mut by_translator) = (0, 0);
    for (mutant, verdict) in mutants.iter().zip(verdicts) {
        let verdict = verdict?;
        let survives = matches!(verdict, Verdict::SameText | Verdict::Survived | Verdict::TimedOut);
        match (&verdict, equal.get(&*mutant.name)) {
            (Verdict::Stopped(..), None) => by_coq += 1,
            (Verdict::Refused(_), None) => by_translator += 1,
            (_, Some(why)) if survives => {
                rows.push(row(mutant, &format!("equal in meaning: {why}")));
                continue;
            }
            (_, Some(_)) => findings.push(Finding::new(
                EQUAL,
                1,
                format!("`{}` is not equal in meaning: {verdict}", mutant.name),
                "take it from the table",
            )),
            (_, None) => findings.push(Finding::new(
                mutant.file,
                mutant.line,
                format!("mutant `{}`: {verdict}", mutant.name),
                format!("let the proof need this, or say in {EQUAL} why it means the same"),
            )),
        }
        rows.push(row(mutant, &verdict.to_string()));
    }
    println!(
        "{} of {all} mutants: Coq stops at {by_coq}, the translator refuses {by_translator}, \
         {} mean the same",
        mutants.len(),
        mutants.len() - by_coq - by_translator - findings.len(),
    );
    if mutants.len() == all && findings.is_empty() {
        finish(tree, &rows, options.check, &mut findings)?;
    } else {
        println!("{}", rows.join("\n"));
    }
    Ok(findings)
}

fn row(mutant: &Mutant, verdict: &str) -> String {
    let escape = |text: &str| text.replace('|', "\\|");
    format!("| `{}` | {} |", escape(&mutant.name), escape(verdict))
}

/// The reasons why mutants mean the same, by their names.
fn equal(
    tree: &Tree,
    mutants: &[Mutant],
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<String, String>> {
    let table = tree.read_if_any(EQUAL)?.unwrap_or_default();
    let table: Table = toml::from_str(&table).context(EQUAL)?;
    for row in &table.equal {
        if !mutants.iter().any(|mutant| mutant.name == row.name) {
            findings.push(Finding::new(
                EQUAL,
                1,
                format!("there is no mutant `{}`", row.name),
                "see `cargo proofs mutate --proof --list`",
            ));
        }
    }
    Ok(table.equal.into_iter().map(|row| (row.name, row.why)).collect())
}

/// Keeps those that were asked for.
fn choose(mutants: &mut Vec<Mutant>, options: &Options) -> Result<()> {
    if !options.only.is_empty() {
        mutants.retain(|mutant| options.only.contains(&mutant.name));
        ensure!(mutants.len() == options.only.len(), "no such mutant: see `--list`");
    }
    if let Some(sample) = options.sample {
        let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
        println!("a sample of {sample}: --seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        while mutants.len() > sample {
            mutants.remove(random.usize(..mutants.len()));
        }
    }
    Ok(())
}

/// Writes the table, or compares it with the one that is there.
fn finish(tree: &Tree, rows: &[String], check: bool, findings: &mut Vec<Finding>) -> Result<()> {
    let result = format!(
        "# Mutants of the text that the proof is about\n\n\
         Each line is a small bug in a function of src/, made by rule, and what stops at it: the \
         lemma of proofs/coq/ that is not true of the text any more, or the translator, which does \
         not know it. Made by `cargo proofs mutate --proof`, which fails when a mutant survives.\n\n\
         | mutant | stops at |\n|---|---|\n{}\n",
        rows.join("\n")
    );
    tree.record(RESULT, &result, check, "cargo proofs mutate --proof", findings)
}

/// A copy of the proof, whose Code.v is changed.
struct Worker<'a> {
    dir: PathBuf,
    proof: &'a [Source],
}

impl<'a> Worker<'a> {
    fn new(tree: &Tree, n: usize, proof: &'a [Source]) -> Result<Self> {
        let dir = tree.path(&format!("target/proof-mutants/{n}"));
        prove::copy(tree, &dir)?;
        Ok(Self { dir, proof })
    }

    fn build(&self) -> Result<Build> {
        prove::build(&self.dir, self.proof, 1)
    }

    fn judge(
        &self,
        mutant: &Mutant,
        sources: &Sources,
        left_out: &[LeftOut],
        code: &str,
    ) -> Result<Verdict> {
        let changed = match translated(mutant, sources, left_out, code) {
            Ok(changed) => changed,
            Err(verdict) => return Ok(verdict),
        };
        let file = translate::FILE.trim_start_matches(DIR).trim_start_matches('/');
        fs::write(self.dir.join(file), changed)?;
        Ok(match self.build()? {
            Build::Done => Verdict::Survived,
            Build::TimedOut => Verdict::TimedOut,
            Build::Failed(failure) => Verdict::Stopped(failure.file, failure.lemma),
        })
    }
}
