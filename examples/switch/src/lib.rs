//! Switches a crate from std's `Arc` and `Weak` to proven-arc's, and back: the library of
//! `cargo proven-arc`.
//!
//! [`switch`] changes the [paths](paths), adds the dependency, and then asks the compiler what is
//! left, [mends](mend) what can be mended where the message points, and asks again, until nothing
//! changes. An edit that turns out not to help is taken back.

pub mod compiler;
pub mod edit;
pub mod mend;
pub mod package;
pub mod paths;
pub mod record;
pub mod remedies;
mod wakers;

use anyhow::{Context, Result, bail};
use cargo_metadata::Package;
use compiler::Problem;
use edit::{Edit, apply};
use mend::Kind;
use package::Cargo;
use record::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is switched, and how.
pub struct Options {
    pub cargo: Cargo,
    /// Of the workspace; if none is named, the one of the directory.
    pub packages: Vec<String>,
    /// Where proven-arc's sources are, if it does not come from the registry.
    pub path: Option<PathBuf>,
    pub features: Vec<String>,
    /// Of `cargo check`.
    pub arguments: Vec<String>,
    pub rounds: usize,
    pub allow_dirty: bool,
    /// Whether the package was not switched before although its manifest has the dependency.
    pub fresh: bool,
}

/// What is being done.
pub enum Step<'a> {
    /// The compiler is asked: the first time, before anything is changed.
    Round(usize),
    Built(&'a str),
    /// So many errors, of which so many are mended now.
    Found(usize, usize),
}

/// What was done.
#[derive(Default)]
pub struct Outcome {
    pub files: usize,
    /// `use`s and paths.
    pub paths: usize,
    /// Handles in `coerce!`.
    pub coerced: usize,
    /// Functions and calls of wakers.
    pub wakers: usize,
    /// Errors that need a hand.
    pub left: Vec<Problem>,
    /// Whether more rounds could have done more.
    pub unfinished: bool,
    /// What the compiler does not see: the files and lines.
    pub raw: Vec<(PathBuf, usize)>,
    /// What the package's procedural macros write into other crates: the files and lines.
    pub quoted: Vec<(PathBuf, usize)>,
}

/// Switches the packages over.
pub fn switch(options: &Options, progress: &mut dyn FnMut(Step)) -> Result<Outcome> {
    let Options { cargo, arguments, .. } = options;
    let metadata = cargo.metadata()?;
    let packages = package::chosen(&metadata, &cargo.directory, &options.packages)?;
    let workspace = metadata.workspace_root.as_std_path();
    let target = metadata.target_directory.as_std_path();
    if !options.allow_dirty {
        for package in &packages {
            package::require_clean(package, target)?;
        }
    }
    let names =
        packages.iter().flat_map(|package| ["--package".to_owned(), package.id.repr.clone()]);
    let arguments: Vec<String> = names.chain(arguments.iter().cloned()).collect();
    let check = |round, progress: &mut dyn FnMut(Step)| {
        progress(Step::Round(round));
        compiler::check(cargo, workspace, &arguments, |unit| progress(Step::Built(unit)))
    };
    let before = check(0, progress)?;
    // What an earlier run has left may be there.
    let first = packages.iter().any(|package| !depends(package));
    if let Some(error) = before.iter().find(|error| first && is_error(error)) {
        let Problem { file, line, message, .. } = error;
        bail!("it does not compile as it is: {}:{line}: {message}", file.display());
    }
    let before: BTreeSet<_> = before.into_iter().map(|lint| (lint.file, lint.message)).collect();

    let mut work = Work {
        record: match options.fresh {
            true => Record::new(target, workspace),
            false => Record::open(target, workspace)?,
        },
        outcome: Outcome::default(),
        formatted: BTreeMap::new(),
        mended: Vec::new(),
        given_up: BTreeSet::new(),
    };
    for package in &packages {
        add_dependency(&mut work.record, package, options)?;
        work.paths(package, target)?;
        work.record.package(&package.name)?;
    }
    let mut round = 1;
    loop {
        let mut problems = check(round, progress)?;
        problems.retain(|found| {
            is_error(found) || !before.contains(&(found.file.clone(), found.message.clone()))
        });
        let mended = if round < options.rounds { work.mend(&problems)? } else { 0 };
        progress(Step::Found(problems.len(), mended));
        if mended == 0 {
            work.outcome.unfinished = round == options.rounds && !problems.is_empty();
            work.outcome.left = problems;
            break;
        }
        round += 1;
    }
    work.format()?;
    work.look()?;
    Ok(work.outcome)
}

/// Undoes what [`switch`] did. Returns how many files were put back, and those that need a hand.
pub fn back(cargo: &Cargo) -> Result<(usize, Vec<PathBuf>)> {
    let metadata = cargo.metadata()?;
    let workspace = metadata.workspace_root.as_std_path();
    Record::open(metadata.target_directory.as_std_path(), workspace)?.undo()
}

/// Whether it is an error of the language, and no lint.
fn is_error(problem: &Problem) -> bool {
    problem.code.is_empty() || problem.code.starts_with('E')
}

fn depends(package: &Package) -> bool {
    package.dependencies.iter().any(|dependency| dependency.name == "proven-arc")
}

fn add_dependency(record: &mut Record, package: &Package, options: &Options) -> Result<()> {
    if depends(package) {
        return Ok(());
    }
    let manifest = package.manifest_path.as_std_path();
    record.forget(manifest);
    record.before(manifest)?;
    let mut command = options.cargo.command("add");
    command.args(["--quiet", "proven-arc", "--manifest-path"]).arg(manifest);
    if let Some(path) = &options.path {
        command.arg("--path").arg(path);
    }
    let library = package.targets.iter().find(|target| target.is_lib());
    let root = library.and_then(|library| fs::read_to_string(&library.src_path).ok());
    if root.is_some_and(|text| text.lines().any(no_std)) {
        command.arg("--no-default-features");
    }
    if !options.features.is_empty() {
        command.arg("--features").arg(options.features.join(","));
    }
    let output = command.output()?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("cargo add: {error}(a proven-arc that is not on crates.io: --path DIRECTORY)");
    }
    record.after(manifest)
}

/// Whether the line says that the crate is without std, if only without a feature.
fn no_std(line: &str) -> bool {
    line.trim_start().starts_with("#![") && line.contains("no_std")
}

struct Work {
    record: Record,
    outcome: Outcome,
    /// The files that were changed, and whether rustfmt made them: with the edition.
    formatted: BTreeMap<PathBuf, Option<&'static str>>,
    /// What was mended: the text before and after.
    mended: Vec<(PathBuf, String, String)>,
    /// What did not help, and is not tried again.
    given_up: BTreeSet<(PathBuf, String)>,
}

impl Work {
    fn write(&mut self, path: &Path, text: &str) -> Result<()> {
        self.record.write(path, text)
    }

    /// Changes the paths, unless that was done before and was not thrown away since.
    fn paths(&mut self, package: &Package, target: &Path) -> Result<()> {
        let edition = package::edition(package);
        let files = package::files(package, target)?;
        let again = depends(package)
            && self.record.has(&package.name)
            && files.iter().any(|(path, _)| self.record.differs(path));
        let mut exported = false;
        for (path, kind) in files {
            if !again {
                self.record.forget(&path);
            }
            let source = fs::read_to_string(&path)?;
            let changed = match kind {
                package::Kind::Markdown if again => continue,
                package::Kind::Markdown => paths::markdown(&source),
                package::Kind::Rust => {
                    let formatted = format(&path, &source, edition).is_some_and(|of| of == source);
                    self.formatted.insert(path.clone(), formatted.then_some(edition));
                    if again {
                        continue;
                    }
                    // A file that is no module of the crate need not be Rust.
                    let Ok(changed) = paths::rust(&source) else { continue };
                    self.outcome.paths += changed.paths;
                    self.outcome.wakers += changed.wakers;
                    exported |= changed.exported;
                    changed.text
                }
            };
            if changed != source {
                self.outcome.files += 1;
                self.write(&path, &changed)?;
            }
        }
        self.root(package, exported)
    }

    /// What the root of the crate has to say for the rest.
    fn root(&mut self, package: &Package, exported: bool) -> Result<()> {
        let library = package.targets.iter().find(|target| {
            target.is_lib() || target.is_proc_macro() || target.is_rlib() || target.is_dylib()
        });
        let Some(library) = library else { return Ok(()) };
        let path = library.src_path.as_std_path();
        let mut text = fs::read_to_string(path)?;
        let extern_crate = package.edition == cargo_metadata::Edition::E2015;
        if extern_crate && self.outcome.paths > 0 && !text.contains("extern crate proven_arc;") {
            text += "\nextern crate proven_arc;\n";
        }
        let reexport = format!("pub extern crate proven_arc as {};", paths::REEXPORT);
        if exported && !text.contains(&reexport) {
            text += &format!("\n/// For this crate's macros.\n#[doc(hidden)]\n{reexport}\n");
        }
        if text != fs::read_to_string(path)? {
            self.write(path, &text)?;
        }
        Ok(())
    }

    /// Mends what can be mended. Returns how many edits that were.
    fn mend(&mut self, problems: &[Problem]) -> Result<usize> {
        let mut files: BTreeMap<&Path, Vec<&Problem>> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| self.formatted.contains_key(&problem.file))
        {
            files.entry(&problem.file).or_default().push(problem);
        }
        let mut mended = 0;
        for (path, problems) in files {
            let source = fs::read_to_string(path).with_context(|| format!("{path:?}"))?;
            let mut edits: Vec<Edit> = Vec::new();
            for problem in problems {
                let Some(these) = self.edits_for(path, problem, &source) else { continue };
                // Those that meet others come in the next round.
                let covers = |edits: &[Edit]| {
                    let start = edits.iter().map(|(bytes, _)| bytes.start).min().unwrap_or(0);
                    start..edits.iter().map(|(bytes, _)| bytes.end).max().unwrap_or(0)
                };
                let new = covers(&these);
                let meets = |(bytes, _): &Edit| bytes.start <= new.end && new.start <= bytes.end;
                if !edits.iter().any(meets) {
                    edits.extend(these);
                    mended += 1;
                }
            }
            if !edits.is_empty() {
                self.write(path, &apply(&source, edits))?;
            }
        }
        Ok(mended)
    }

    fn edits_for(&mut self, path: &Path, problem: &Problem, source: &str) -> Option<Vec<Edit>> {
        let key = |text: &str| (path.to_owned(), text.to_owned());
        if !problem.in_coerce {
            if let Some((kind, edits)) = mend::mend(problem, source) {
                let text = source.get(problem.bytes.clone())?;
                if self.given_up.contains(&key(text)) {
                    return None;
                }
                match kind {
                    Kind::Coerced => {
                        let after = apply(source, edits.clone());
                        let end = problem.bytes.end + after.len() - source.len();
                        let after = after[problem.bytes.start..end].to_owned();
                        self.mended.push((path.to_owned(), text.to_owned(), after));
                        self.outcome.coerced += 1;
                    }
                    Kind::Waker => self.outcome.wakers += 1,
                }
                return Some(edits);
            }
        }
        // In what was wrapped here, and no better for it: it is taken back.
        let (all, _) = mend::coerce_around(source, &problem.bytes)?;
        let wrapped = &source[all.clone()];
        let of = |(file, _, after): &(PathBuf, String, String)| file == path && after == wrapped;
        let at = self.mended.iter().position(of).filter(|_| problem.in_coerce)?;
        let (_, before, _) = self.mended.remove(at);
        self.given_up.insert(key(&before));
        self.outcome.coerced -= 1;
        Some(vec![(all, before)])
    }

    /// What rustfmt had made is left as rustfmt makes it.
    fn format(&mut self) -> Result<()> {
        for (path, edition) in self.formatted.clone() {
            let Some(edition) = edition else { continue };
            let source = fs::read_to_string(&path)?;
            if let Some(text) = format(&path, &source, edition).filter(|text| *text != source) {
                self.write(&path, &text)?;
            }
        }
        Ok(())
    }

    /// Looks for what the compiler does not see.
    fn look(&mut self) -> Result<()> {
        for path in self.formatted.keys() {
            let source = fs::read_to_string(path)?;
            let at = |line| (path.clone(), line);
            self.outcome.raw.extend(raw(&source).map(at));
            self.outcome.quoted.extend(paths::quoted(&source).into_iter().map(at));
        }
        Ok(())
    }
}

/// The calls whose pointers must not come from std's `Arc`, which the compiler cannot see.
fn raw(text: &str) -> impl Iterator<Item = usize> {
    let names = ["from_raw(", "increment_strong_count(", "decrement_strong_count("];
    let ours =
        move |line: &str| names.iter().any(|name| line.contains(name)) && line.contains("Arc");
    let lines = text.lines().enumerate().filter(move |(_, line)| ours(line));
    lines.map(|(line, _)| line + 1)
}

/// The source as rustfmt makes it, where its configuration is found from the file.
fn format(path: &Path, source: &str, edition: &str) -> Option<String> {
    let mut child = Command::new("rustfmt")
        .args(["--quiet", "--edition", edition])
        .current_dir(path.parent()?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let source = source.to_owned();
    // (The other end may be closed early.)
    let writer = std::thread::spawn(move || drop(input.write_all(source.as_bytes())));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}
