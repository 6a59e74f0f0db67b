//! Switches a crate from std's `Arc` and `Weak` to proven-arc's, and back: the library of
//! `cargo proven-arc`.
//!
//! [`switch`] changes the [paths](paths) and adds the dependency. Then it runs the compiler, and
//! [fixes](mend) each error for which it knows an edit. It repeats this until nothing changes. An
//! edit that does not help is taken back.

pub mod compiler;
pub mod edit;
pub mod mend;
pub mod package;
pub mod paths;
mod receivers;
pub mod record;
pub mod remedies;
mod wakers;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Edition, Package};
use compiler::Problem;
use edit::{Edit, apply, moved, with_line_ends};
use mend::Kind;
use package::Cargo;
use record::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What to switch, and how.
pub struct Options {
    pub cargo: Cargo,
    /// Packages of the workspace. If none is named, the package of the directory.
    pub packages: Vec<String>,
    /// The directory of proven-arc's sources, unless it comes from the registry.
    pub path: Option<PathBuf>,
    pub features: Vec<String>,
    /// Arguments for `cargo check`.
    pub arguments: Vec<String>,
    pub rounds: usize,
    pub allow_dirty: bool,
    /// Whether the package counts as not switched yet, although its manifest has the dependency.
    pub fresh: bool,
}

/// A step, for the display of progress.
pub enum Step<'a> {
    /// The compiler runs. Round 0 is before any change.
    Round(usize),
    Built(&'a str),
    /// The number of errors, and how many of them are fixed in this round.
    Found(usize, usize),
}

/// The result of a switch.
#[derive(Default)]
pub struct Outcome {
    pub files: usize,
    /// The number of `use`s and paths that were changed.
    pub paths: usize,
    /// The number of handles that were wrapped in `coerce!`.
    pub coerced: usize,
    /// The number of functions and calls of wakers that were changed.
    pub wakers: usize,
    /// The number of methods that became functions, and of their calls.
    pub methods: usize,
    /// The errors that have to be fixed by hand.
    pub left: Vec<Problem>,
    /// Whether more rounds might fix more.
    pub unfinished: bool,
    /// The files and lines that have to be checked by hand, since the compiler reports nothing.
    pub raw: Vec<(PathBuf, usize)>,
    /// The files and lines of examples in the documentation that may call methods which became
    /// functions.
    pub examples: Vec<(PathBuf, usize)>,
    /// The errors of tests, examples and benchmarks that did not compile before the switch.
    pub skipped: Vec<Problem>,
    /// The files and lines with code that the package's procedural macros generate in other crates.
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
    let roots: Vec<&Path> = packages.iter().map(|package| package::root(package)).collect();
    let check = |round, progress: &mut dyn FnMut(Step)| {
        progress(Step::Round(round));
        compiler::check(cargo, workspace, &roots, &arguments, |unit| progress(Step::Built(unit)))
    };
    let before = check(0, progress)?;
    // An earlier run may have left errors.
    let first = packages.iter().any(|package| !depends(package));
    if let Some(error) = before.iter().find(|old| first && is_error(old) && !old.is_aside) {
        let Problem { file, line, message, .. } = error;
        bail!("it does not compile before the switch: {}:{line}: {message}", file.display());
    }
    let is_old = |found: &Problem| {
        let same = |old: &Problem| (&old.file, &old.message) == (&found.file, &found.message);
        let is_old = |old: &Problem| same(old) && (first || !is_error(old));
        // E0554: a benchmark uses a `#![feature]`. It is compiled only after the library.
        before.iter().any(is_old) || found.is_aside && found.code == "E0554"
    };

    let mut sources = Vec::new();
    for package in &packages {
        let files = package::files(package, target)?.into_iter();
        sources.extend(files.filter_map(|(path, _)| fs::read_to_string(path).ok()));
    }
    let mut work = Work {
        record: match options.fresh {
            true => Record::new(target, workspace),
            false => Record::open(target, workspace)?,
        },
        outcome: Outcome::default(),
        changed: BTreeSet::new(),
        formatted: BTreeMap::new(),
        traits: receivers::traits(sources.iter()),
        mended: Vec::new(),
    };
    let lock = workspace.join("Cargo.lock");
    let locked = lock.exists();
    if locked {
        work.record.before(&lock)?;
    }
    for package in &packages {
        add_dependency(&mut work.record, package, options)?;
        work.paths(package, target)?;
        work.record.package(&package.name)?;
    }
    let mut round = 1;
    loop {
        let (old, problems): (Vec<_>, Vec<_>) =
            check(round, progress)?.into_iter().partition(is_old);
        if locked {
            work.record.after(&lock)?;
        }
        let mended = if round < options.rounds { work.mend(&problems)? } else { 0 };
        progress(Step::Found(problems.len(), mended));
        if mended == 0 {
            work.outcome.unfinished = round == options.rounds && !problems.is_empty();
            work.outcome.skipped = old.into_iter().filter(is_error).collect();
            return work.finish(problems);
        }
        round += 1;
    }
}

/// Undoes what [`switch`] did. Returns the number of files that were restored, and the files with
/// conflicts.
pub fn back(cargo: &Cargo) -> Result<(usize, Vec<PathBuf>)> {
    let metadata = cargo.metadata()?;
    let workspace = metadata.workspace_root.as_std_path();
    Record::open(metadata.target_directory.as_std_path(), workspace)?.undo()
}

/// Whether the problem is a language error rather than a lint.
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
        bail!("cargo add: {error}(if proven-arc is not on crates.io, use --path DIRECTORY)");
    }
    record.after(manifest)
}

/// Whether the line makes the crate `no_std`, possibly depending on a feature.
fn no_std(line: &str) -> bool {
    line.trim_start().starts_with("#![") && line.contains("no_std")
}

struct Work {
    record: Record,
    outcome: Outcome,
    changed: BTreeSet<PathBuf>,
    /// The files of the packages. For those that rustfmt had formatted, the edition.
    formatted: BTreeMap<PathBuf, Option<&'static str>>,
    /// The traits of the packages whose methods may become functions.
    traits: BTreeSet<String>,
    mended: Vec<Mended>,
}

/// An edit that was made for an error.
struct Mended {
    kind: Kind,
    file: PathBuf,
    /// Where the text is now.
    bytes: Range<usize>,
    /// The text before the edit.
    before: String,
}

impl Work {
    fn write(&mut self, path: &Path, text: &str) -> Result<()> {
        self.changed.insert(path.to_owned());
        self.record.write(path, text)
    }

    /// Changes the paths, unless an earlier run did so and its changes are still there.
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
                    // A file that is not a module of the crate may not be Rust.
                    let Ok(changed) = paths::rust(&source) else { continue };
                    self.outcome.paths += changed.paths;
                    self.outcome.wakers += changed.wakers;
                    exported |= changed.exported;
                    changed.text
                }
            };
            if changed != source {
                self.write(&path, &changed)?;
            }
        }
        self.roots(package, exported)
    }

    /// Adds the items that the roots of the crates need.
    fn roots(&mut self, package: &Package, exported: bool) -> Result<()> {
        for target in package.targets.iter().filter(|target| !target.is_custom_build()) {
            let is_library =
                target.is_lib() || target.is_proc_macro() || target.is_rlib() || target.is_dylib();
            let path = target.src_path.as_std_path();
            let Ok(text) = fs::read_to_string(path) else { continue };
            let mut items = String::new();
            let is_used = if is_library || target.is_bin() {
                self.outcome.paths > 0
            } else {
                text.contains("proven_arc::")
            };
            let crates = "extern crate proven_arc;";
            if target.edition == Edition::E2015 && is_used && !text.contains(crates) {
                items += &format!("\n{crates}\n");
            }
            let reexport = format!("pub extern crate proven_arc as {};", paths::REEXPORT);
            if is_library && exported && !text.contains(&reexport) {
                items += &format!("\n/// For this crate's macros.\n#[doc(hidden)]\n{reexport}\n");
            }
            if !items.is_empty() {
                let items = with_line_ends(&text, &items);
                self.write(path, &(text + &items))?;
            }
        }
        Ok(())
    }

    /// Fixes the problems for which an edit is known. Returns the number of edits.
    fn mend(&mut self, problems: &[Problem]) -> Result<usize> {
        let mut files: BTreeMap<&Path, Vec<&Problem>> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| self.formatted.contains_key(&problem.file))
        {
            files.entry(&problem.file).or_default().push(problem);
        }
        let mut mended = 0;
        for (path, problems) in files {
            let source = fs::read_to_string(path).with_context(|| format!("{path:?}"))?;
            let mut edits: Vec<(Kind, Edit)> = Vec::new();
            for problem in problems {
                let Some(new) = self.edit_for(problem, &source) else { continue };
                // Edits that overlap with others wait for the next round.
                let bytes = &new.1.0;
                let meets =
                    |(_, (at, _)): &(Kind, Edit)| at.start <= bytes.end && bytes.start <= at.end;
                if !edits.iter().any(meets) {
                    edits.push(new);
                }
            }
            if !edits.is_empty() {
                mended += edits.len();
                self.apply(path, &source, edits)?;
            }
        }
        Ok(mended)
    }

    /// Returns the edits with the place of the problem.
    fn around<'a>(&'a self, problem: &'a Problem) -> impl Iterator<Item = &'a Mended> + Clone {
        let Problem { file, bytes, .. } = problem;
        self.mended.iter().filter(move |mended| {
            let place = &mended.bytes;
            mended.file == *file && place.start <= bytes.start && bytes.end <= place.end
        })
    }

    fn edit_for(&self, problem: &Problem, source: &str) -> Option<(Kind, Edit)> {
        let around = self.around(problem);
        // An error without a code is one of syntax.
        if problem.in_coerce || problem.code.is_empty() {
            let wrapped = around.filter(|mended| mended.kind == Kind::Coerced);
            let wrapped = wrapped.min_by_key(|mended| mended.bytes.len())?;
            return Some((Kind::GivenUp, (wrapped.bytes.clone(), wrapped.before.clone())));
        }
        if around.clone().any(|mended| mended.kind == Kind::Method) {
            let edit = match &*problem.code {
                "E0433" => mend::import(problem, source),
                _ => receivers::borrow(problem, source),
            };
            if let Some(edit) = edit {
                return Some((Kind::Completed, edit));
            }
        }
        let (kind, edit) = mend::mend(problem, source, &self.traits)?;
        let mut given_up = around.filter(|mended| mended.kind == Kind::GivenUp);
        (!given_up.any(|mended| mended.bytes == edit.0)).then_some((kind, edit))
    }

    fn apply(&mut self, path: &Path, source: &str, new: Vec<(Kind, Edit)>) -> Result<()> {
        let edits: Vec<Edit> = new.iter().map(|(_, edit)| edit.clone()).collect();
        self.write(path, &apply(source, edits.clone()))?;
        self.mended.retain(|mended| {
            let same = |(_, (bytes, _)): &(Kind, Edit)| mended.bytes == *bytes;
            mended.file != path || !new.iter().any(same)
        });
        for mended in self.mended.iter_mut().filter(|mended| mended.file == path) {
            mended.bytes = moved(mended.bytes.start, &edits)..moved(mended.bytes.end, &edits);
        }
        self.mended.extend(new.into_iter().map(|(kind, (bytes, text))| {
            let end = moved(bytes.end, &edits);
            let file = path.to_owned();
            Mended { kind, file, bytes: end - text.len()..end, before: source[bytes].to_owned() }
        }));
        Ok(())
    }

    fn finish(mut self, mut left: Vec<Problem>) -> Result<Outcome> {
        for problem in &mut left {
            let is_given_up = self.around(problem).any(|mended| mended.kind == Kind::GivenUp);
            problem.is_given_up = is_given_up;
        }
        // The others may follow from these.
        let is_cause = |found: &Problem| ["E0307", "E0658", "E0038"].contains(&&*found.code);
        left.sort_by_key(|problem| !is_cause(problem));
        self.outcome.left = left;
        let count = |kind| self.mended.iter().filter(|mended| mended.kind == kind).count();
        self.outcome.coerced = count(Kind::Coerced);
        self.outcome.wakers += count(Kind::Waker);
        self.outcome.methods = count(Kind::Method);
        let functions = self.functions()?;
        self.format()?;
        self.look(&functions)?;
        self.outcome.files = self.changed.len();
        Ok(self.outcome)
    }

    /// Formats the files that were formatted before.
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

    /// Returns the names of the methods that became functions.
    fn functions(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for mended in self.mended.iter().filter(|mended| mended.kind == Kind::Method) {
            let source = fs::read_to_string(&mended.file)?;
            if source[mended.bytes.clone()].starts_with("this") {
                let name = source[..mended.bytes.start].rsplit("fn ").next().unwrap_or_default();
                let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                names.insert(name[..end.unwrap_or(name.len())].to_owned());
            }
        }
        Ok(names)
    }

    /// Finds the code that the compiler cannot check. `functions` were methods.
    fn look(&mut self, functions: &BTreeSet<String>) -> Result<()> {
        for path in self.formatted.keys() {
            let source = fs::read_to_string(path)?;
            let at = |line| (path.clone(), line);
            let calls = |line: &str| {
                let is_comment = line.trim_start().starts_with("//");
                is_comment && functions.iter().any(|name| line.contains(&format!(".{name}(")))
            };
            let lines = source.lines().enumerate().filter(|(_, line)| calls(line));
            self.outcome.examples.extend(lines.map(|(line, _)| at(line + 1)));
            self.outcome.raw.extend(raw(&source).map(at));
            self.outcome.quoted.extend(paths::quoted(&source).into_iter().map(at));
        }
        Ok(())
    }
}

/// Finds the calls whose pointers must not come from std's `Arc`, which the compiler cannot check.
fn raw(text: &str) -> impl Iterator<Item = usize> {
    let names = ["from_raw(", "increment_strong_count(", "decrement_strong_count("];
    let ours =
        move |line: &str| names.iter().any(|name| line.contains(name)) && line.contains("Arc");
    let lines = text.lines().enumerate().filter(move |(_, line)| ours(line));
    lines.map(|(line, _)| line + 1)
}

/// Formats the source with rustfmt, with the configuration for the file.
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
    // rustfmt may close its input early.
    let writer = std::thread::spawn(move || drop(input.write_all(source.as_bytes())));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}
