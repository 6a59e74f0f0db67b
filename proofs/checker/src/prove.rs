//! `cargo proofs coq`: builds the proof, and checks that its theorems have no assumptions.
//!
//! It builds a copy in `target/coq/`. With `--mutate` it also weakens each ordering of the table
//! `Accesses.v` that is not `Relaxed`, each in another copy. The build of that copy has to fail,
//! and the lemma at which it fails is printed.

use crate::coq::{DIR, TABLE, statements, table, without_comments};
use crate::parallel::{Progress, in_parallel};
use crate::tree::{Finding, Tree, line_of};
use anyhow::{Context, Result, bail, ensure};
use regex::Regex;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::thread::available_parallelism;

pub fn run(tree: &Tree, mutate: bool) -> Result<Vec<Finding>> {
    ensure_coq()?;
    let dir = tree.path("target/coq");
    copy(tree, &dir)?;
    let jobs = available_parallelism().map_or(1, |n| n.get());
    let sources = sources(tree)?;
    match build(&dir, &sources, jobs)? {
        Build::Done => {}
        Build::TimedOut => bail!("the proof does not build in {TIMEOUT} seconds"),
        Build::Failed(failure) => {
            println!("{}", failure.output);
            return Ok(vec![Finding::new(
                format!("{DIR}/{}", failure.file),
                failure.line,
                format!("the proof does not build, in `{}`", failure.lemma),
                "see Coq's message above",
            )]);
        }
    }
    let mut findings = assumptions(&sources, &dir)?;
    if mutate {
        findings.extend(weaken(tree, &sources, jobs)?);
    }
    Ok(findings)
}

/// A Coq file.
pub struct Source {
    /// Its name, without the directory.
    pub name: String,
    pub source: String,
    /// Without comments.
    pub text: String,
    /// The theorems whose assumptions it prints.
    questions: Vec<String>,
}

/// In the order of `_CoqProject`.
pub fn sources(tree: &Tree) -> Result<Vec<Source>> {
    static QUESTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bPrint\s+Assumptions\s+([\w.']*[\w'])\s*\.").unwrap());
    let source = |path: String| -> Result<_> {
        let source = tree.read(&path)?;
        let text = without_comments(&source);
        let questions = QUESTION.captures_iter(&text).map(|c| c[1].to_owned()).collect();
        let name = path.trim_start_matches(DIR).trim_start_matches('/').to_owned();
        Ok(Source { name, source, text, questions })
    };
    // `cargo proofs check` reports files that are not in `_CoqProject`.
    let project = tree.read(&format!("{DIR}/_CoqProject"))?;
    let mut sources = tree.files(DIR, "v")?.into_iter().map(source).collect::<Result<Vec<_>>>()?;
    let place = |source: &Source| project.split_whitespace().position(|word| word == source.name);
    sources.retain(|source| place(source).is_some());
    sources.sort_by_key(place);
    Ok(sources)
}

/// Installs Coq if it is missing and that is allowed.
pub fn ensure_coq() -> Result<()> {
    let there = || Command::new("coqc").arg("--version").output().is_ok_and(|o| o.status.success());
    if there() {
        return Ok(());
    }
    let packages = ["coq"];
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !(is_root && Path::new("/etc/debian_version").exists()) {
        bail!("there is no `coqc`: install Coq (Debian: apt-get install {})", packages.join(" "));
    }
    println!("there is no `coqc`: installing {}", packages.join(" and "));
    let status = Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status()?;
    ensure!(status.success() && there(), "Coq could not be installed");
    Ok(())
}

pub fn copy(tree: &Tree, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    tree.copy(DIR, to, |file| {
        file.extension().is_some_and(|e| e == "v") || file.ends_with("_CoqProject")
    })
}

pub enum Build {
    Done,
    Failed(Failure),
    TimedOut,
}

/// Where Coq stopped.
pub struct Failure {
    pub file: String,
    pub line: usize,
    pub lemma: String,
    output: String,
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "builds"),
            Self::TimedOut => write!(f, "TAKES TOO LONG"),
            Self::Failed(Failure { file, line, lemma, .. }) => {
                write!(f, "fails at {file}:{line}, `{lemma}`")
            }
        }
    }
}

/// The time limit of a build. (A search of Coq may not end.)
const TIMEOUT: &str = "1200";

/// Builds all files except those with `Print Assumptions`, which are for [`assumptions`].
pub fn build(dir: &Path, sources: &[Source], jobs: usize) -> Result<Build> {
    let targets = sources.iter().filter(|source| source.questions.is_empty());
    make(dir, &targets.map(|source| &*source.name).collect::<Vec<_>>(), jobs)
}

/// Builds these files, in this order, and what they need.
pub fn make(dir: &Path, files: &[&str], jobs: usize) -> Result<Build> {
    let run = |command: &mut Command| -> Result<Output> {
        command.current_dir(dir).output().with_context(|| format!("running {command:?}"))
    };
    let made = run(Command::new("coq_makefile").args(["-f", "_CoqProject", "-o", "Makefile"]))?;
    ensure!(made.status.success(), "coq_makefile: {}", String::from_utf8_lossy(&made.stderr));
    let targets = files.iter().map(|file| format!("{file}o"));
    let mut make = Command::new("timeout");
    make.args(["--kill-after=5", TIMEOUT, "make", &format!("-j{jobs}")]).args(targets);
    let output = run(&mut make)?;
    match output.status.code() {
        Some(0) => return Ok(Build::Done),
        Some(124 | 137) => return Ok(Build::TimedOut),
        _ => {}
    }
    let output = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let (file, line) = place_of_error(&output)
        .with_context(|| format!("make fails, but not by an error of Coq:\n{output}"))?;
    let text = without_comments(&fs::read_to_string(dir.join(&file))?);
    let lemma = lemma_at(&text, line);
    Ok(Build::Failed(Failure { file, line, lemma, output }))
}

/// The first error in the output of `coqc`: the file and the line.
fn place_of_error(output: &str) -> Option<(String, usize)> {
    static ERROR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"File "(?:\./)?([^"]+)", line (\d+), characters [\d-]+:\s*\n\s*Error"#)
            .unwrap()
    });
    let captures = ERROR.captures(output)?;
    Some((captures[1].to_owned(), captures[2].parse().ok()?))
}

pub const NO_LEMMA: &str = "no lemma";

/// The last lemma that begins above the line or in it.
fn lemma_at(text: &str, line: usize) -> String {
    let mut above = statements(text);
    above.retain(|(_, place, _)| line_of(text, place.start) <= line);
    above.pop().map_or_else(|| NO_LEMMA.to_owned(), |(_, _, name)| name)
}

/// The file with the statements.
const THEOREMS: &str = "Theorems.v";

/// Asks Coq for the assumptions of each theorem. Every `Theorem` of `Theorems.v` needs such a
/// question.
fn assumptions(sources: &[Source], dir: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut asked = Vec::new();
    for Source { name: file, questions, .. } in sources {
        if questions.is_empty() {
            continue;
        }
        let path = format!("{DIR}/{file}");
        let answers = answers(dir, file)?;
        if answers.len() != questions.len() {
            findings.push(Finding::new(
                &*path,
                1,
                format!("{} questions, {} answers", questions.len(), answers.len()),
                "write each `Print Assumptions` as a separate sentence",
            ));
        }
        for (name, answer) in questions.iter().zip(answers) {
            println!("{name}: {}", answer.trim());
            if answer != CLOSED {
                findings.push(Finding::new(
                    &*path,
                    1,
                    format!("`{name}` has assumptions"),
                    "prove them, or make them hypotheses of the theorem",
                ));
            }
        }
        asked.extend(questions.iter().map(|name| name.rsplit('.').next().unwrap_or(name)));
    }
    if asked.is_empty() {
        let to_do = "write `Print Assumptions` for each theorem";
        findings.push(Finding::new(
            format!("{DIR}/_CoqProject"),
            1,
            "no theorem has a question",
            to_do,
        ));
    }
    for Source { name: file, text, .. } in sources {
        for (keyword, place, name) in statements(text) {
            if file == THEOREMS && keyword == "Theorem" && !asked.contains(&&*name) {
                findings.push(Finding::new(
                    format!("{DIR}/{file}"),
                    line_of(text, place.start),
                    format!("there is no question about `{name}`"),
                    format!("write `Print Assumptions {name}.`, or call it a lemma"),
                ));
            }
        }
    }
    Ok(findings)
}

const CLOSED: &str = "Closed under the global context";

/// The answers that `coqc` prints to the questions of the file.
fn answers(dir: &Path, file: &str) -> Result<Vec<String>> {
    let project = fs::read_to_string(dir.join("_CoqProject"))?;
    let flags = project.split_whitespace().filter(|flag| !flag.ends_with(".v") && *flag != "-arg");
    let output = Command::new("coqc").args(flags).arg(file).current_dir(dir).output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(split_answers(&stdout))
}

fn split_answers(output: &str) -> Vec<String> {
    let mut answers: Vec<String> = Vec::new();
    for line in output.lines() {
        if line == CLOSED || line.starts_with("Axioms:") || line.starts_with("Section Variables:") {
            answers.push(line.to_owned());
        } else if let Some(answer) = answers.last_mut().filter(|answer| *answer != CLOSED) {
            answer.push('\n');
            answer.push_str(line);
        }
    }
    answers
}

/// The table with one weakened ordering.
struct Weakened {
    name: String,
    /// The text of the table.
    text: String,
}

fn weakened(text: &str) -> Vec<Weakened> {
    let mut all = Vec::new();
    for (id, line) in table(text).0 {
        let orderings = &line.words[1..];
        for (n, (ordering, place)) in orderings.iter().enumerate() {
            if ordering == "Relaxed" {
                continue;
            }
            let part = match (orderings.len(), n) {
                (1, _) => "",
                (_, 0) => ".success",
                _ => ".failure",
            };
            let mut text = text.to_owned();
            text.replace_range(place.clone(), "Relaxed");
            all.push(Weakened { name: format!("{id}{part}:{ordering}->Relaxed"), text });
        }
    }
    all
}

/// Weakens the ordering of that mutant in the table. Returns the lemma that fails, and Coq's
/// message. Builds only up to the reasons for the orderings.
pub fn fails_without(tree: &Tree, mutant: &str) -> Result<Option<(String, String)>> {
    ensure_coq()?;
    let all = weakened(&tree.read(&format!("{DIR}/{TABLE}"))?);
    let weakened = all.into_iter().find(|weakened| weakened.name == mutant);
    let Weakened { text, .. } = weakened.with_context(|| format!("{TABLE} has no {mutant}"))?;
    let mut sources = sources(tree)?;
    sources.retain(|source| source.name == REASONS);
    let dir = tree.path("target/coq-weakened/0");
    copy(tree, &dir)?;
    fs::write(dir.join(TABLE), text)?;
    Ok(match build(&dir, &sources, available_parallelism().map_or(1, |n| n.get()))? {
        Build::Done => None,
        Build::TimedOut => bail!("Coq takes too long with {mutant}"),
        Build::Failed(Failure { file, line, lemma, output }) => {
            let error = output.lines().skip_while(|line| !line.starts_with("Error"));
            let error = error.take_while(|line| !line.starts_with("make")).collect::<Vec<_>>();
            Some((format!("`{lemma}`, {DIR}/{file}:{line}"), error.join("\n")))
        }
    })
}

/// The file with one lemma for each access, which uses its ordering.
const REASONS: &str = "Reasons.v";

/// Weakens each ordering in turn, and requires that a lemma fails.
fn weaken(tree: &Tree, sources: &[Source], jobs: usize) -> Result<Vec<Finding>> {
    let all = weakened(&tree.read(&format!("{DIR}/{TABLE}"))?);
    ensure!(!all.is_empty(), "no ordering in {TABLE} can be weakened");
    let mut dirs: Vec<PathBuf> =
        (0..jobs).map(|n| tree.path(&format!("target/coq-weakened/{n}"))).collect();
    for dir in &dirs {
        copy(tree, dir)?;
    }
    let progress = Progress::new("orderings", all.len());
    let names: Vec<_> = all.iter().map(|weakened| weakened.name.clone()).collect();
    let builds = in_parallel(&mut dirs, all, |dir, Weakened { name, text }| {
        progress.step(&name, || {
            fs::write(dir.join(TABLE), text)?;
            build(dir, sources, 1)
        })
    });
    let mut findings = Vec::new();
    println!("\n| ordering | what fails |\n|---|---|");
    for (name, build) in names.into_iter().zip(builds) {
        let build = build?;
        let fails = match &build {
            Build::Failed(failure) if failure.file != TABLE => {
                format!("`{}`, {}:{}", failure.lemma, failure.file, failure.line)
            }
            _ => {
                findings.push(Finding::new(
                    format!("{DIR}/{TABLE}"),
                    1,
                    format!("with {name} no lemma fails: {build}"),
                    "make the proof need the ordering, or weaken it in the code",
                ));
                "NOTHING".to_owned()
            }
        };
        println!("| `{name}` | {fails} |");
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_place_of_an_error() {
        let output = "COQC Model.v\nFile \"./Model.v\", line 3, characters 0-9:\nWarning: x\n\
            File \"./Safety.v\", line 12, characters 2-7:\nError: No.\nmake: *** ...";
        assert_eq!(place_of_error(output), Some(("Safety.v".to_owned(), 12)));
        assert_eq!(place_of_error("make: *** no rule"), None);
    }

    #[test]
    fn names_the_lemma_of_a_line() {
        let text = "Definition x := 1.\nLemma a : x.\nProof.\nQed.\nTheorem b : x.\nProof.\n";
        assert_eq!(lemma_at(text, 1), "no lemma");
        assert_eq!(lemma_at(text, 3), "a");
        assert_eq!(lemma_at(text, 6), "b");
    }

    #[test]
    fn answers_are_told_apart() {
        let output = "x : nat\nClosed under the global context\nAxioms:\nf : forall x,\n  x = x\n\
            Closed under the global context\n";
        assert_eq!(split_answers(output), [CLOSED, "Axioms:\nf : forall x,\n  x = x", CLOSED]);
    }

    #[test]
    fn each_ordering_is_weakened_once() {
        let text = "Definition code := \n| Access.add_strong => Load Acquire (* Acquire *)\n\
            | Access.release_strong => CompareExchange AcqRel Acquire\n| Access.take_value => FetchAdd Relaxed\nend.";
        let names: Vec<_> = weakened(text).into_iter().map(|w| (w.name, w.text)).collect();
        assert_eq!(
            names,
            [
                (
                    "add_strong:Acquire->Relaxed".into(),
                    text.replacen("Load Acquire", "Load Relaxed", 1)
                ),
                (
                    "release_strong.success:AcqRel->Relaxed".into(),
                    text.replace("AcqRel", "Relaxed")
                ),
                (
                    "release_strong.failure:Acquire->Relaxed".into(),
                    text.replace("AcqRel Acquire", "AcqRel Relaxed")
                ),
            ]
        );
    }
}
