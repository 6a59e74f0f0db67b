//! `cargo proofs mutate`: builds each mutant, and requires that a model's report catches it.
//!
//! Each worker has a copy of the crate below `target/mutants/`. It changes one file at a time, so
//! that only the crate and the models are built again. Each model runs in its own process. The
//! models that should catch the mutant run first, and each of them has to catch it. If none does,
//! all other models run. If none of them catches it either, the mutant survives, and the run fails.
//! of them; if still none does, the mutant survives, and the run fails.

use crate::models;
use crate::mutants::{self, Mutant};
use crate::parallel::{Progress, in_parallel};
use crate::report::{classify, steps};
use crate::tree::{Finding, Tree};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{Read, Seek};
use std::iter;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;
use wait_timeout::ChildExt;

const RESULT: &str = "proofs/MUTANTS.md";

pub struct Options {
    pub jobs: usize,
    pub only: Vec<String>,
    pub check: bool,
    pub every_model: bool,
    pub timeout: Duration,
}

pub fn run(tree: &Tree, options: &Options) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut mutants = mutants::all(tree, &mut findings)?;
    if !findings.is_empty() {
        return Ok(findings);
    }
    if !options.only.is_empty() {
        mutants.retain(|mutant| options.only.contains(&mutant.name));
        ensure!(mutants.len() == options.only.len(), "no such mutant: see `--list`");
    }

    let mut workers = (0..options.jobs.max(1))
        .map(|n| Worker::new(tree, n, options.timeout))
        .collect::<Result<Vec<_>>>()?;
    let progress = Progress::new("builds", workers.len());
    for built in in_parallel(&mut workers, vec![(); options.jobs.max(1)], |worker, ()| {
        progress.step(&format!("building in {}", worker.dir.display()), || worker.build())
    }) {
        if let Build::Failed(error) = built? {
            bail!("the models do not compile:\n{error}");
        }
    }

    let models: Vec<String> = models::read(tree)?.into_keys().collect();
    let all = workers[0].list()?;
    ensure!(
        models.iter().all(|model| all.contains(model)),
        "`cargo loom` does not run all of tests/loom/: see `cargo loom -- --list`"
    );
    let progress = Progress::new("models", all.len());
    let baseline = in_parallel(&mut workers, all.clone(), |worker, model| {
        progress.step(&format!("{model}, without a mutant"), || worker.model(&model))
    });
    for (model, run) in all.iter().zip(baseline) {
        let run = run?;
        if !matches!(run, Run::Passed) {
            findings.push(Finding::new(
                "tests/loom/main.rs",
                1,
                format!("`{model}` fails without a mutant: {run}"),
                "models have to pass first",
            ));
        }
    }
    if !findings.is_empty() {
        return Ok(findings);
    }

    let total = mutants.len();
    let progress = Progress::new("mutants", total);
    let verdicts = in_parallel(&mut workers, mutants, |worker, mutant| {
        let every_model = options.every_model;
        progress.step(&mutant.name.clone(), || worker.mutant(mutant, &models, every_model))
    });
    let mut caught = Vec::new();
    for verdict in verdicts {
        let verdict = verdict?;
        caught.extend(verdict.caught.first().map(|_| verdict.row()));
        findings.extend(verdict.findings);
    }
    println!("{} of {} mutants caught", caught.len(), total);
    if options.only.is_empty() && !options.every_model && findings.is_empty() {
        finish(tree, &caught, options.check, &mut findings)?;
    } else {
        println!("{}", caught.join("\n"));
    }
    Ok(findings)
}

/// Writes the table, or compares it with the recorded one.
fn finish(tree: &Tree, rows: &[String], check: bool, findings: &mut Vec<Finding>) -> Result<()> {
    let result = format!(
        "# Mutants\n\n\
         Each line is a copy of the crate with one bug, and the models that report it. The bugs \
         are each ordering stronger than `Relaxed`, weakened, and bugs in the protocol. \
         `cargo proofs mutate` writes this table, and fails if a mutant survives.\n\n\
         | mutant | what is wrong | caught by, with the report |\n|---|---|---|\n{}\n",
        rows.join("\n")
    );
    tree.record(RESULT, &result, check, "cargo proofs mutate", findings)
}

pub enum Build {
    Done,
    Failed(String),
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "built"),
            Self::Failed(error) => write!(f, "does not compile: {error}"),
        }
    }
}

enum Run {
    Passed,
    /// The model reports something.
    Report(String),
    /// The model failed without a report.
    Silent(String),
    TimedOut,
    NoSuchModel,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => write!(f, "passes"),
            Self::Report(report) => write!(f, "{report}"),
            Self::Silent(output) => write!(f, "fails without a known report:\n{output}"),
            Self::TimedOut => write!(f, "times out"),
            Self::NoSuchModel => write!(f, "is not a model"),
        }
    }
}

/// The result for a mutant.
struct Verdict {
    name: String,
    why: String,
    said_in: String,
    /// The models that caught it, with their reports.
    caught: Vec<(String, String)>,
    findings: Vec<Finding>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.caught {
            [] => write!(f, "NOT CAUGHT"),
            caught => {
                let caught = caught.iter().map(|(model, report)| format!("{model}: {report}"));
                write!(f, "{}", caught.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

impl Verdict {
    fn row(&self) -> String {
        let escape = |text: &str| text.replace('|', "\\|");
        let caught =
            self.caught.iter().map(|(model, report)| format!("`{model}`: {}", escape(report)));
        let caught: Vec<_> = caught.collect();
        format!("| `{}` | {} | {} |", self.name, escape(&self.why), caught.join("<br>"))
    }

    fn find(&mut self, what: &str, to_do: &str) {
        let what = format!("mutant `{}`: {what}", self.name);
        self.findings.push(Finding::new(&*self.said_in, 1, what, to_do));
    }
}

/// A copy of the crate to change and to build.
pub struct Worker<'a> {
    tree: &'a Tree,
    dir: PathBuf,
    timeout: Duration,
    /// The binary of the models, after the build.
    models: PathBuf,
}

impl<'a> Worker<'a> {
    pub fn new(tree: &'a Tree, n: usize, timeout: Duration) -> Result<Self> {
        let dir = tree.path(&format!("target/mutants/{n}"));
        // cargo's configuration, with the alias, is found in the directories above.
        tree.copy(".", &dir, |file| !file.starts_with("proofs/coq"))?;
        Ok(Self { tree, dir, timeout, models: PathBuf::new() })
    }

    /// Builds the models, as `cargo loom` does.
    pub fn build(&mut self) -> Result<Build> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let output = Command::new(cargo)
            .args(["loom", "--no-run", "--quiet", "--message-format=json"])
            .current_dir(&self.dir)
            // Where the alias names no target directory, it is one of this worker's own.
            .env("CARGO_TARGET_DIR", self.dir.join("target"))
            .output()
            .context("running cargo loom")?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let messages: Vec<Value> =
            stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if !output.status.success() {
            let error = messages.iter().find(|message| message["message"]["level"] == "error");
            return Ok(Build::Failed(match error {
                Some(error) => error["message"]["rendered"].as_str().unwrap_or("?").to_owned(),
                None => String::from_utf8_lossy(&output.stderr).into_owned(),
            }));
        }
        let executable = messages
            .iter()
            .filter(|message| message["target"]["name"] == "loom")
            .find_map(|message| message["executable"].as_str());
        self.models = executable.context("`cargo loom` builds no test of the name `loom`")?.into();
        Ok(Build::Done)
    }

    /// All tests, including those that are not models.
    fn list(&self) -> Result<Vec<String>> {
        let output = Command::new(&self.models).args(["--list", "--format=terse"]).output()?;
        let output = String::from_utf8(output.stdout)?;
        Ok(output
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .map(str::to_owned)
            .collect())
    }

    /// Runs the model. Returns its exit status and output, or `None` if it takes too long.
    pub fn output(&self, name: &str) -> Result<Option<(ExitStatus, String)>> {
        let mut output = tempfile::tempfile()?;
        let mut child = Command::new(&self.models)
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?)
            .spawn()
            .with_context(|| format!("running {}", self.models.display()))?;
        let Some(status) = child.wait_timeout(self.timeout)? else {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        };
        let mut text = Vec::new();
        output.rewind()?;
        output.read_to_end(&mut text)?;
        Ok(Some((status, String::from_utf8_lossy(&text).into_owned())))
    }

    fn model(&self, name: &str) -> Result<Run> {
        let Some((status, text)) = self.output(name)? else { return Ok(Run::TimedOut) };
        if !text.contains("running 1 test") {
            return Ok(Run::NoSuchModel);
        }
        if status.success() {
            return Ok(Run::Passed);
        }
        Ok(match classify(&text) {
            Some(report) => {
                let steps = steps(&text, |file, line| self.tree.line(file, line));
                Run::Report(iter::once(report).chain(steps).collect::<Vec<_>>().join("; "))
            }
            None => Run::Silent(format!("{status}\n{text}")),
        })
    }

    /// Changes the copy to the mutant during `work`.
    pub fn with<R>(
        &mut self,
        mutant: &Mutant,
        work: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        let source = self.tree.read(&mutant.file)?;
        let copy = self.dir.join(&mutant.file);
        fs::write(&copy, mutant.apply(&source))?;
        let done = work(self);
        fs::write(&copy, source)?;
        done
    }

    /// Builds the mutant, and runs models on it until the result is clear.
    fn mutant(&mut self, mutant: Mutant, models: &[String], every_model: bool) -> Result<Verdict> {
        let mut verdict = Verdict {
            name: mutant.name.clone(),
            why: mutant.why.clone(),
            said_in: mutant.said_in.clone(),
            caught: Vec::new(),
            findings: Vec::new(),
        };
        self.with(&mutant, |this| this.judge(&mutant, models, every_model, &mut verdict))?;
        Ok(verdict)
    }

    fn judge(
        &mut self,
        mutant: &Mutant,
        models: &[String],
        every_model: bool,
        verdict: &mut Verdict,
    ) -> Result<()> {
        if let Build::Failed(error) = self.build()? {
            verdict.find(&format!("does not compile\n{error}"), "write it so that it does");
            return Ok(());
        }
        if mutant.models.is_empty() {
            verdict.find("no model is named that catches it", "name one");
        }
        for model in &mutant.models {
            match self.model(model)? {
                Run::Report(report) => verdict.caught.push((model.clone(), report)),
                run => verdict.find(
                    &format!("`{model}` does not catch it: it {}", run),
                    "name a model that does",
                ),
            }
        }
        for model in models.iter().filter(|model| !mutant.models.contains(model)) {
            if !verdict.caught.is_empty() && !every_model {
                return Ok(());
            }
            match self.model(model)? {
                Run::Passed => {}
                Run::Report(report) => verdict.caught.push((model.clone(), report)),
                run => verdict.find(&format!("`{model}` {}", run), "find out why"),
            }
        }
        if verdict.caught.is_empty() {
            verdict.find(
                "SURVIVOR: no model catches it",
                "write a model that does, or weaken the code",
            );
        }
        Ok(())
    }
}
