//! `cargo proofs mutate --proof`: translates each mutant of the text, and checks that Coq rejects
//! it.
//!
//! A mutant that has no translation is caught by the translator. Coq gets the others in a copy of
//! the proof below `target/proof-mutants/` in which only the proofs are left that speak of what has
//! changed. If it stops there, the whole proof does not build (see [`trim`]); if it does not stop,
//! the whole proof is built. A mutant with which it still builds survives: it stands with the
//! reason in `proofs/checker/proof-mutants.toml`, or it is a finding.
//!
//! A run records what becomes of its mutants in `proofs/PROOF-MUTANTS.md` (see [`proof_table`]).
//! With `--check` it compares that table with the mutants, reasons and lemmas that there are, and
//! requires that no other mutant survives than those with a reason.

use crate::coq::DIR;
use crate::parallel::{Progress, in_parallel};
use crate::proof_table::{REASONS, RESULT, Reasons, Recorded, is_for};
use crate::prove::{self, Build, Source};
use crate::text_mutants::{self, Mutant};
use crate::translate::{self, LeftOut, program::Sources};
use crate::tree::{Finding, Tree};
use crate::trim::{self, Names};
use anyhow::{Result, bail, ensure};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

pub struct Options {
    pub jobs: usize,
    /// Names of mutants, or of functions.
    pub only: Vec<String>,
    /// Those of which the table says nothing, or that they survive.
    pub missing: bool,
    /// So many, chosen by chance.
    pub sample: Option<usize>,
    pub seed: Option<u64>,
    pub check: bool,
}

/// What became of a mutant.
pub enum Verdict {
    /// It has no translation.
    Refused(String),
    /// Coq stopped, in this file and lemma.
    Stopped(String, String),
    /// Code.v is the same.
    SameText,
    /// No file but Code.v speaks of what has changed.
    NotInProof,
    Survived,
    TimedOut,
}

impl Verdict {
    fn survives(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Stopped(..))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(what) => write!(f, "the translator: {what}"),
            Self::Stopped(file, lemma) => write!(f, "`{lemma}`, {file}"),
            Self::SameText => write!(f, "SURVIVES: Code.v is the same"),
            Self::NotInProof => write!(f, "SURVIVES: no lemma speaks of it"),
            Self::Survived => write!(f, "SURVIVES: the proof still builds"),
            Self::TimedOut => write!(f, "SURVIVES: the proof does not stop in time"),
        }
    }
}

/// Names those that would be run, with what the translator alone says of them.
pub fn list(tree: &Tree, options: &Options) -> Result<Vec<Finding>> {
    let text = Text::read(tree)?;
    let all = match text_mutants::all(&text.sources, &text.left_out) {
        Ok(mutants) => mutants,
        Err(finding) => return Ok(vec![finding]),
    };
    for mutant in choose(&all, options, &Recorded::read(tree)?)? {
        match text.with(mutant) {
            Ok(_) => println!("{}", mutant.name),
            Err(verdict) => println!("{}: {verdict}", mutant.name),
        }
    }
    Ok(Vec::new())
}

pub fn run(tree: &Tree, options: &Options) -> Result<Vec<Finding>> {
    let text = Text::read(tree)?;
    let all = match text_mutants::all(&text.sources, &text.left_out) {
        Ok(mutants) => mutants,
        Err(finding) => return Ok(vec![finding]),
    };
    let reasons = Reasons::read(tree)?;
    let recorded = Recorded::read(tree)?;
    let mut findings = Vec::new();
    translate::check(tree, &mut findings)?;
    reasons.check(&all, &mut findings);
    if options.check {
        recorded.check(tree, &all, &reasons, &mut findings)?;
    }
    if !findings.is_empty() {
        return Ok(findings);
    }

    let mutants = choose(&all, options, &recorded)?;
    let may_survive = |mutant: &Mutant| {
        let in_table = !options.check || recorded.survives(&mutant.name);
        in_table && reasons.says(&mutant.name).is_some()
    };
    let cases: Vec<_> = mutants.into_iter().map(|mutant| (mutant, may_survive(mutant))).collect();
    let save = |recorded: &Recorded| match options.check {
        true => Ok(()),
        false => write(&tree.path(RESULT), &recorded.page(&all, &reasons)),
    };
    save(&recorded)?;
    let recorded = Mutex::new(recorded);
    // At once: a run that is broken off goes on with `--missing`.
    let record = |mutant: &Mutant, verdict: &Verdict| -> Result<()> {
        let mut recorded = recorded.lock().expect("no worker panics here");
        if options.check && !verdict.survives() && recorded.survives(&mutant.name) {
            println!("`{}` survives no more: run it without `--check`, for {RESULT}", mutant.name);
        }
        recorded.insert(&mutant.name, verdict);
        save(&recorded)
    };
    let verdicts = judge(tree, options.jobs, &text, &cases, record)?;

    let (mut stopped, mut refused, mut survived) = (0, 0, 0);
    for ((mutant, may_survive), verdict) in cases.iter().zip(&verdicts) {
        let Mutant { name, file, line, .. } = mutant;
        match verdict {
            Verdict::Stopped(..) => stopped += 1,
            Verdict::Refused(_) => refused += 1,
            _ => survived += 1,
        }
        if verdict.survives() && !may_survive {
            let to_do = format!("let the proof need this, or say in {REASONS} why it survives");
            findings.push(Finding::new(*file, *line, format!("`{name}`: {verdict}"), to_do));
        }
        if !verdict.survives() && reasons.is_equal(name) && !options.check {
            let what = format!("`{name}` is not equal in meaning: {verdict}");
            findings.push(Finding::new(REASONS, 1, what, "take it from the table"));
        }
    }
    println!(
        "{} of {} mutants: Coq stops at {stopped}, the translator refuses {refused}, \
         {survived} survive",
        cases.len(),
        all.len(),
    );
    Ok(findings)
}

/// Those that were asked for.
fn choose<'m>(
    all: &'m [Mutant],
    options: &Options,
    recorded: &Recorded,
) -> Result<Vec<&'m Mutant>> {
    let mut mutants: Vec<_> = all.iter().collect();
    if !options.only.is_empty() {
        for name in &options.only {
            let known = all.iter().any(|mutant| is_for(name, &mutant.name));
            ensure!(known, "no such mutant or function: {name}: see `--list`");
        }
        mutants.retain(|mutant| options.only.iter().any(|name| is_for(name, &mutant.name)));
    }
    if options.missing {
        mutants.retain(|mutant| !recorded.settles(&mutant.name));
    }
    if let Some(sample) = options.sample {
        let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
        println!("a sample of {sample}: --seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        while mutants.len() > sample {
            mutants.remove(random.usize(..mutants.len()));
        }
    }
    Ok(mutants)
}

/// The text that is translated, and its translation.
struct Text {
    sources: Sources,
    left_out: Vec<LeftOut>,
    code: String,
}

impl Text {
    fn read(tree: &Tree) -> Result<Self> {
        let (sources, left_out) = translate::read(tree)?;
        Ok(Self { sources, left_out, code: tree.read(translate::FILE)? })
    }

    /// Code.v with the mutant, or what there is to say of it without Coq.
    fn with(&self, mutant: &Mutant) -> Result<String, Verdict> {
        match translate::translate(&mutant.apply(&self.sources), &self.left_out) {
            Err(refused) => {
                let what = refused.first().map(Finding::what).unwrap_or_default();
                Err(Verdict::Refused(what.to_owned()))
            }
            Ok((changed, _)) if changed == self.code => Err(Verdict::SameText),
            Ok((changed, _)) => Ok(changed),
        }
    }
}

/// What becomes of each mutant. The whole proof is not built for one that may survive.
fn judge(
    tree: &Tree,
    jobs: usize,
    text: &Text,
    cases: &[(&Mutant, bool)],
    record: impl Fn(&Mutant, &Verdict) -> Result<()> + Sync,
) -> Result<Vec<Verdict>> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    prove::ensure_coq()?;
    let proof = Proof::read(tree)?;
    let jobs = jobs.clamp(1, cases.len());
    let mut workers: Vec<_> = (0..jobs).map(|n| Worker::new(tree, n, &proof)).collect();
    let (first, others) = workers.split_first().expect("there is one job at least");
    println!("building without a mutant, in {}", first.dir.display());
    first.start()?;
    match prove::make(&first.dir, &proof.speaking_of(&proof.changed("", &text.code)), jobs)? {
        Build::Done => {}
        build => bail!("without a mutant the proof {build}: see `cargo proofs coq`"),
    }
    for other in others {
        other.start_as(first)?;
    }
    let progress = Progress::new("mutants", cases.len());
    let verdicts = in_parallel(&mut workers, cases.to_vec(), |worker, (mutant, may_survive)| {
        let verdict = progress.step(&mutant.name, || worker.judge(mutant, text, may_survive))?;
        record(mutant, &verdict)?;
        Ok(verdict)
    });
    verdicts.into_iter().collect()
}

/// The proof, as it is.
struct Proof {
    files: Vec<Source>,
    /// Words of the files that do not require Code.v. A definition there that is called so, too, has
    /// a name that says nothing: most often, another definition is meant.
    elsewhere: Names,
}

impl Proof {
    fn read(tree: &Tree) -> Result<Self> {
        let files = prove::sources(tree)?;
        let is_code = |file: &Source| translate::FILE.ends_with(&*file.name);
        let others = files.iter().filter(|file| !(is_code(file) || about_code(file)));
        let elsewhere = others.flat_map(|file| trim::words(&file.text)).map(str::to_owned);
        Ok(Self { elsewhere: elsewhere.collect(), files })
    }

    fn about_code(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|file| about_code(file))
    }

    /// The names of what changes from the one text of Code.v to the other.
    fn changed(&self, before: &str, after: &str) -> Names {
        trim::changed(before, after).difference(&self.elsewhere).cloned().collect()
    }

    /// The files that speak of one of these names of Code.v.
    fn speaking_of(&self, names: &Names) -> Vec<&str> {
        let speaking = self.about_code().filter(|file| trim::speaks_of(&file.text, names));
        speaking.map(|file| &*file.name).collect()
    }
}

/// Whether the file can name what is in Code.v.
fn about_code(file: &Source) -> bool {
    trim::requires(&file.text, "Code")
}

/// A copy of the proof, whose Code.v is changed.
struct Worker<'a> {
    tree: &'a Tree,
    proof: &'a Proof,
    /// With the proofs that speak of what has changed.
    dir: PathBuf,
    /// With all proofs.
    whole: PathBuf,
}

impl<'a> Worker<'a> {
    fn new(tree: &'a Tree, n: usize, proof: &'a Proof) -> Self {
        let dir = |what: &str| tree.path(&format!("target/proof-mutants/{what}-{n}"));
        Self { tree, proof, dir: dir("trimmed"), whole: dir("whole") }
    }

    /// Without a mutant.
    fn start(&self) -> Result<()> {
        fs::create_dir_all(&self.dir)?;
        write(&self.dir.join("_CoqProject"), &self.tree.read(&format!("{DIR}/_CoqProject"))?)?;
        self.trim(self.proof.files.iter(), &Names::new())
    }

    /// As the other one is, with what it has built. (`make` looks at the times of the files.)
    fn start_as(&self, other: &Self) -> Result<()> {
        fs::create_dir_all(&self.dir)?;
        let from = other.dir.join(".");
        let copied = Command::new("cp").arg("--archive").arg(from).arg(&self.dir).status()?;
        ensure!(copied.success(), "cp failed");
        Ok(())
    }

    /// Leaves, in these files, the proofs that speak of these names.
    fn trim<'f>(&self, files: impl Iterator<Item = &'f Source>, names: &Names) -> Result<()> {
        for file in files {
            write(&self.dir.join(&file.name), &trim::trimmed(&file.source, &file.text, names))?;
        }
        Ok(())
    }

    fn judge(&self, mutant: &Mutant, text: &Text, may_survive: bool) -> Result<Verdict> {
        let changed = match text.with(mutant) {
            Ok(changed) => changed,
            Err(verdict) => return Ok(verdict),
        };
        let names = self.proof.changed(&text.code, &changed);
        let speaking = self.proof.speaking_of(&names);
        if speaking.is_empty() {
            return Ok(Verdict::NotInProof);
        }
        self.trim(self.proof.about_code(), &names)?;
        let code = translate::FILE.trim_start_matches(DIR).trim_start_matches('/');
        write(&self.dir.join(code), &changed)?;
        let mut build = prove::make(&self.dir, &speaking, 1)?;
        if matches!(build, Build::Done) && !may_survive {
            prove::copy(self.tree, &self.whole)?;
            write(&self.whole.join(code), &changed)?;
            build = prove::build(&self.whole, &self.proof.files, 1)?;
        }
        Ok(match build {
            Build::Done => Verdict::Survived,
            Build::TimedOut => Verdict::TimedOut,
            Build::Failed(failure) => Verdict::Stopped(failure.file, failure.lemma),
        })
    }
}

/// Leaves a file that has this text as it is: then it is not built again.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text)?;
    }
    Ok(())
}
