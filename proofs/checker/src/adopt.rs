//! `cargo proofs adopt`: switches published crates over, and runs their own tests.
//!
//! The table `proofs/checker/adopt.toml` lists the crates. Each is tested as published, then
//! [switched over](switch) and tested again. Sources, copies and builds are below `target/adopt/`.

use crate::parallel::Progress;
use crate::tree::{Finding, Tree};
use anyhow::{Context, Result, ensure};
use ignore::WalkBuilder;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use similar::{DiffOp, TextDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use switch::package::Cargo;
use wait_timeout::ChildExt;

const TABLE: &str = "proofs/checker/adopt.toml";
const RESULT: &str = "src/docs/adopted.md";
const DIR: &str = "target/adopt";

const HEAD: &str = "\
# Crates switched over

These published crates were tested with their own tests: as published, on std's `Arc`, and then
switched over to this one by [`cargo proven-arc switch`][switch]. `cargo proofs adopt` made the
table. It fetches the sources, switches copies of them, and runs the tests of both.
`proofs/checker/adopt.toml` says how each crate is tested, and what is still changed by hand.

*Lines changed* counts all sources, tests, and examples in comments. *Edits* are the changes that no
search-and-replace of paths makes: unsizing a handle, methods that take `self: Arc<Self>` and their
calls, and the functions and calls of wakers. *By hand* is the number of edits that the command
leaves to do. *Tests* are all that `cargo test` runs, including doc tests. *nightly* means the
feature `nightly`, with which unsizing and `self: Arc<Self>` need no edit.

A test that passes with std's and fails with ours would be a bug, or one of the [differences], and
would be listed here. There is none.

| crate | what its handles are for | Rust | lines changed | edits | by hand | tests passed with std's | with ours | note |
|---|---|---|---|---|---|---|---|---|
";

const LINKS: &str = "\
[differences]: limitations.md#differences-from-std
[switch]: migrating.md
";

pub struct Options {
    pub only: Vec<String>,
    pub nightly: bool,
    pub timeout: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "crate")]
    crates: Vec<Crate>,
}

/// A published crate, and how it is tested.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crate {
    name: String,
    version: String,
    /// The purpose of its handles.
    uses: String,
    /// Whether it needs the feature `nightly`.
    #[serde(default)]
    nightly: bool,
    /// More arguments for `cargo test`.
    #[serde(default)]
    arguments: Vec<String>,
    /// Dependencies of its benchmarks, which are removed.
    #[serde(default)]
    without: Vec<String>,
    /// The changes by hand. Each fragment is found exactly once.
    #[serde(default)]
    by_hand: Vec<Replacement>,
    /// The tests that are skipped, and the reason for each.
    #[serde(default)]
    skip: BTreeMap<String, String>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replacement {
    file: String,
    fragment: String,
    replacement: String,
}

pub fn run(tree: &Tree, options: &Options) -> Result<Vec<Finding>> {
    let table: Table = toml::from_str(&tree.read(TABLE)?).with_context(|| TABLE)?;
    let mut crates = table.crates;
    crates.sort_by(|one, other| one.name.cmp(&other.name));
    if !options.only.is_empty() {
        crates.retain(|adopted| options.only.contains(&adopted.name));
        ensure!(crates.len() == options.only.len(), "no such crate: see {TABLE}");
    }
    let mut findings = Vec::new();
    let mut rows = Vec::new();
    let progress = Progress::new("crates", crates.len());
    for adopted in &crates {
        let nightly = options.nightly || adopted.nightly;
        let outcome = progress.step(&adopted.name, || {
            adopt(tree, adopted, nightly, options.timeout)
                .with_context(|| format!("{} {}", adopted.name, adopted.version))
        })?;
        rows.push(outcome.row);
        findings.extend(outcome.findings);
    }
    if options.only.is_empty() && !options.nightly && findings.is_empty() {
        fs::write(tree.path(RESULT), page(&rows))?;
    } else {
        println!("{}", rows.join("\n"));
    }
    Ok(findings)
}

fn page(rows: &[String]) -> String {
    format!("{HEAD}{}\n\n{LINKS}", rows.join("\n"))
}

struct Outcome {
    row: String,
    told: String,
    findings: Vec<Finding>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.told)
    }
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn adopt(tree: &Tree, adopted: &Crate, nightly: bool, timeout: Duration) -> Result<Outcome> {
    let Crate { name, version, .. } = adopted;
    let dir = tree.path(&format!("{DIR}/{name}-{version}"));
    let published = fetch(&dir.join("fetch"), name, version)?;
    let files = read(&published)?;
    let manifest = fs::read_to_string(published.join("Cargo.toml"))?;

    let install = |kind: &str, ours: Option<Value>| {
        let dir = dir.join(kind);
        install(&dir, &files, &edit(&manifest, &adopted.without, ours)?).map(|()| dir)
    };
    let test = |dir: &Path| test(tree, dir, adopted, nightly, timeout);
    let with_std = test(&install("std", None)?)?;
    let features: &[&str] = if nightly { &["nightly"] } else { &[] };
    let ours = install("ours", Some(json!({ "path": tree.path(""), "features": features })))?;
    let changes = switched(tree, &ours, &files, adopted, nightly)?;
    let with_ours = test(&ours)?;
    Ok(judge(adopted, nightly, &changes, &with_std, &with_ours))
}

/// The directory in which cargo has put the sources of the crate.
fn fetch(dir: &Path, name: &str, version: &str) -> Result<PathBuf> {
    fs::create_dir_all(dir)?;
    fs::write(dir.join("lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"fetch\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n\
         [dependencies]\n{name} = \"={version}\"\n\n[workspace]\n"
    );
    fs::write(dir.join("Cargo.toml"), manifest)?;
    let arguments = ["metadata", "--format-version=1"];
    let output = Command::new("cargo").args(arguments).current_dir(dir).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == name && package["version"] == version)
        .find_map(|package| package["manifest_path"].as_str())
        .context("cargo does not name the directory of its sources")?;
    Ok(Path::new(manifest).parent().expect("a file is in a directory").to_owned())
}

/// All files of a package, except those that cargo makes.
fn read(dir: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in WalkBuilder::new(dir).standard_filters(false).build() {
        let entry = entry?;
        let made = [".cargo-ok", "Cargo.toml", "Cargo.toml.orig", "Cargo.lock"];
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && !made.iter().any(|made| entry.file_name() == *made)
        {
            files.insert(entry.path().strip_prefix(dir)?.to_owned(), fs::read(entry.path())?);
        }
    }
    Ok(files)
}

/// Makes `dir` a package of these files. A file with the same content is not written, so that a
/// build continues where it was.
fn install(dir: &Path, files: &Files, manifest: &str) -> Result<()> {
    let write = |file: &Path, text: &[u8]| -> Result<()> {
        let file = dir.join(file);
        if fs::read(&file).ok().as_deref() != Some(text) {
            fs::create_dir_all(file.parent().expect("a file is in a directory"))?;
            fs::write(file, text)?;
        }
        Ok(())
    };
    write(Path::new("Cargo.toml"), manifest.as_bytes())?;
    files.iter().try_for_each(|(file, text)| write(file, text))?;
    for file in read(dir)?.keys().filter(|file| !files.contains_key(*file)) {
        fs::remove_file(dir.join(file))?;
    }
    Ok(())
}

/// The manifest as a package on its own, without benchmarks, and with our crate.
fn edit(manifest: &str, without: &[String], ours: Option<Value>) -> Result<String> {
    let mut manifest: toml::Table = manifest.parse()?;
    let table = |value: &mut toml::Table, key: &str| -> Result<toml::Table> {
        Ok(value.remove(key).map(toml::Value::try_into).transpose()?.unwrap_or_default())
    };
    manifest.remove("bench");
    let mut package = table(&mut manifest, "package")?;
    package.insert("autobenches".to_owned(), false.into());
    manifest.insert("package".to_owned(), package.into());
    let mut for_tests = table(&mut manifest, "dev-dependencies")?;
    for name in without {
        for_tests.remove(name).with_context(|| format!("no dev-dependency `{name}`"))?;
    }
    manifest.insert("dev-dependencies".to_owned(), for_tests.into());
    if let Some(ours) = ours {
        let mut dependencies = table(&mut manifest, "dependencies")?;
        dependencies.insert("proven-arc".to_owned(), toml::Value::try_from(ours)?);
        manifest.insert("dependencies".to_owned(), dependencies.into());
    }
    manifest.insert("workspace".to_owned(), toml::Table::new().into());
    Ok(toml::to_string(&manifest)?)
}

/// How much was changed, and by what.
struct Changes {
    lines: usize,
    /// By the command, beyond the paths.
    fixed: usize,
    by_hand: usize,
    /// The errors that the compiler reports after the command. All of them are fixed by hand.
    left: usize,
}

/// Switches the package over, and makes the changes by hand.
fn switched(
    tree: &Tree,
    dir: &Path,
    published: &Files,
    adopted: &Crate,
    nightly: bool,
) -> Result<Changes> {
    let options = switch::Options {
        cargo: Cargo {
            toolchain: nightly.then(|| "nightly".to_owned()),
            variables: environment(tree),
            ..Cargo::in_directory(dir.to_owned())
        },
        packages: Vec::new(),
        path: None,
        features: Vec::new(),
        arguments: adopted.arguments.clone(),
        rounds: 20,
        allow_dirty: true,
        fresh: true,
    };
    let outcome = switch::switch(&options, &mut |_| ())?;
    for replacement in &adopted.by_hand {
        replace(dir, replacement)?;
    }
    let mut changes = Changes {
        lines: 0,
        fixed: outcome.coerced + outcome.wakers + outcome.methods,
        by_hand: adopted.by_hand.len(),
        left: outcome.left.len(),
    };
    for (file, text) in read(dir)? {
        if let Some(before) = published.get(&file) {
            let text = [before, &text].map(|text| String::from_utf8_lossy(text));
            changes.lines += lines_changed(&text[0], &text[1]);
        }
    }
    Ok(changes)
}

fn replace(dir: &Path, Replacement { file, fragment, replacement }: &Replacement) -> Result<()> {
    let path = dir.join(file);
    let before = fs::read_to_string(&path).with_context(|| format!("{path:?}"))?;
    let found = before.matches(fragment).count();
    ensure!(found == 1, "{file}: found {found} times, not once: {fragment}");
    Ok(fs::write(path, before.replace(fragment, replacement))?)
}

/// The number of lines that differ. A changed line counts once.
fn lines_changed(old: &str, new: &str) -> usize {
    let diff = TextDiff::from_lines(old, new);
    let changed = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.map(|op| op.old_range().len().max(op.new_range().len())).sum()
}

/// The environment of cargo.
fn environment(tree: &Tree) -> Vec<(String, String)> {
    let build = tree.path(DIR).join("build").display().to_string();
    [
        ("CARGO_TARGET_DIR", &*build),
        ("CARGO_TERM_COLOR", "never"),
        // A lint that the crate denies may warn of more in a newer compiler.
        ("RUSTFLAGS", "--cap-lints=warn"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The results of a crate's tests.
#[derive(Debug, Default)]
struct Tested {
    passed: usize,
    failed: BTreeSet<String>,
    /// Why the run has no result.
    broken: Option<String>,
}

fn test(
    tree: &Tree,
    dir: &Path,
    adopted: &Crate,
    nightly: bool,
    timeout: Duration,
) -> Result<Tested> {
    let mut output = tempfile::tempfile()?;
    let mut child = Command::new("cargo")
        .args(nightly.then_some("+nightly"))
        .args(["test", "--no-fail-fast"])
        .args(&adopted.arguments)
        .args(["--", "--exact"])
        .args(adopted.skip.keys().map(|test| format!("--skip={test}")))
        .current_dir(dir)
        .envs(environment(tree))
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?)
        .spawn()
        .context("running cargo test")?;
    let status = child.wait_timeout(timeout)?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let mut text = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut text)?;
    fs::write(dir.with_extension("log"), &text)?;
    let mut tested = understand(&String::from_utf8_lossy(&text));
    match status {
        None => tested.broken = Some("timed out".to_owned()),
        Some(status) if !status.success() && tested.failed.is_empty() => {
            tested.broken = Some(format!("{status}"));
        }
        Some(_) => {}
    }
    Ok(tested)
}

/// Reads the output of `cargo test`.
fn understand(output: &str) -> Tested {
    static RESULT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^test result: .*?(\d+) passed;").unwrap());
    static FAILED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^test (.*?)(?: - should panic)? \.\.\. FAILED").unwrap());
    Tested {
        passed: RESULT.captures_iter(output).filter_map(|n| n[1].parse::<usize>().ok()).sum(),
        failed: FAILED.captures_iter(output).map(|test| test[1].to_owned()).collect(),
        broken: None,
    }
}

fn judge(
    adopted: &Crate,
    nightly: bool,
    changes: &Changes,
    with_std: &Tested,
    with_ours: &Tested,
) -> Outcome {
    let Crate { name, version, uses, note, .. } = adopted;
    let mut findings = Vec::new();
    let mut find = |what: String, to_do: &str| {
        findings.push(Finding::new(TABLE, 1, format!("{name} {version}: {what}"), to_do));
    };
    for (kind, tested) in [("std", with_std), ("ours", with_ours)] {
        if let Some(broken) = &tested.broken {
            let log = format!("see {DIR}/{name}-{version}/{kind}.log");
            find(format!("its tests do not finish: {broken}"), &log);
        }
    }
    for test in with_ours.failed.difference(&with_std.failed) {
        find(format!("`{test}` fails with ours only"), "fix it, or say in `skip` why not");
    }
    if changes.left > 0 && changes.by_hand == 0 {
        let left = format!("the command leaves {} errors", changes.left);
        find(left, "fix them in `by_hand`");
    }
    if changes.lines == 0 {
        find("it uses nothing of this crate".to_owned(), "choose another crate");
    }
    if with_std.passed == 0 {
        find("no test passes with std's".to_owned(), "choose other tests");
    }
    if with_std.passed + with_std.failed.len() != with_ours.passed + with_ours.failed.len() {
        find("the number of passing tests differs".to_owned(), "find out which are missing");
    }

    let cargo = if nightly { "nightly" } else { "stable" };
    let Changes { lines, fixed, by_hand, .. } = changes;
    let edits = fixed + by_hand;
    let mut notes = vec![note.clone()];
    let both: Vec<_> = with_ours.failed.intersection(&with_std.failed).collect();
    if !both.is_empty() {
        let both: Vec<_> = both.iter().map(|test| format!("`{test}`")).collect();
        notes.push(format!("Fails with both: {}.", both.join(", ")));
    }
    notes.extend(adopted.skip.iter().map(|(test, why)| format!("Without `{test}`, which {why}.")));
    notes.retain(|note| !note.is_empty());
    let (with_std, with_ours) = (with_std.passed, with_ours.passed);
    Outcome {
        row: format!(
            "| {name} {version} | {uses} | {cargo} | {lines} | {edits} | {by_hand} | {with_std} | {with_ours} | {} |",
            notes.join(" ")
        ),
        told: format!(
            "{by_hand} of {edits} edits by hand, {with_std} tests pass with std's, {with_ours} with ours"
        ),
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let tested = understand(
            "     Running unittests src/lib.rs (x)\n\nrunning 3 tests\ntest a::b ... ok\n\
             test c - should panic ... FAILED\ntest src/lib.rs - x (line 3) ... FAILED\n\n\
             test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n\
             running 12 tests\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\n",
        );
        assert_eq!(tested.passed, 13);
        assert_eq!(tested.failed.iter().collect::<Vec<_>>(), ["c", "src/lib.rs - x (line 3)"]);
    }

    fn adopted() -> Crate {
        let table: Table = toml::from_str(
            "[[crate]]\nname = \"a\"\nversion = \"1.0.0\"\nuses = \"a channel\"\n\
             skip = { c = \"looks at the clock\" }\n",
        )
        .unwrap();
        table.crates.into_iter().next().unwrap()
    }

    fn tested(passed: usize, failed: &[&str]) -> Tested {
        let failed = failed.iter().map(|test| (*test).to_owned()).collect();
        Tested { passed, failed, broken: None }
    }

    #[track_caller]
    fn found(with_std: &Tested, with_ours: &Tested) -> String {
        let changes = Changes { lines: 2, fixed: 1, by_hand: 0, left: 0 };
        let outcome = judge(&adopted(), false, &changes, with_std, with_ours);
        outcome.findings.iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_row() {
        let changes = Changes { lines: 2, fixed: 3, by_hand: 1, left: 1 };
        let outcome = judge(&adopted(), true, &changes, &tested(4, &["b"]), &tested(4, &["b"]));
        assert!(outcome.findings.is_empty());
        assert_eq!(
            outcome.row,
            "| a 1.0.0 | a channel | nightly | 2 | 4 | 1 | 4 | 4 | Fails with both: `b`. Without `c`, which looks at the clock. |"
        );
    }

    #[test]
    fn what_differs_is_found() {
        assert_eq!(found(&tested(4, &[]), &tested(4, &[])), "");
        assert!(found(&tested(4, &[]), &tested(3, &["b"])).contains("`b` fails with ours"));
        assert!(
            found(&tested(4, &[]), &tested(3, &[])).contains("number of passing tests differs")
        );
        assert!(found(&tested(0, &[]), &tested(0, &[])).contains("no test passes"));
        let broken = Tested { broken: Some("timed out".to_owned()), ..tested(4, &[]) };
        assert!(found(&tested(4, &[]), &broken).contains("timed out: see"));
    }

    #[test]
    fn manifests_are_edited() {
        let published = "[package]\nname = \"a\"\n[[bench]]\nname = \"b\"\n\
                         [dev-dependencies.criterion]\nversion = \"1\"\n\
                         [dev-dependencies.rand]\nversion = \"1\"\n";
        let ours = json!({ "path": "/p", "features": ["nightly"] });
        let edited = edit(published, &["criterion".to_owned()], Some(ours)).unwrap();
        let expected = "[package]\nname = \"a\"\nautobenches = false\n\
                        [dev-dependencies.rand]\nversion = \"1\"\n[workspace]\n\
                        [dependencies.proven-arc]\npath = \"/p\"\nfeatures = [\"nightly\"]\n";
        let parse = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(parse(&edited), parse(expected));
        assert!(edit(published, &["rustc".to_owned()], None).is_err());
    }

    #[test]
    fn replacements_are_found_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("lib.rs");
        let replacement = Replacement {
            file: "lib.rs".to_owned(),
            fragment: "x".to_owned(),
            replacement: "y".to_owned(),
        };
        fs::write(&file, "fn f() { x }").unwrap();
        replace(dir.path(), &replacement).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "fn f() { y }");
        assert!(replace(dir.path(), &replacement).is_err());
        fs::write(&file, "fn f() { x; x }").unwrap();
        assert!(replace(dir.path(), &replacement).is_err());
    }

    #[test]
    fn lines_are_counted_once() {
        assert_eq!(lines_changed("a\nb\nc\n", "a\nb\nc\n"), 0);
        assert_eq!(lines_changed("a\nb\nc\n", "a\nx\nc\nd\n"), 2);
        assert_eq!(lines_changed("a\nb\nc\n", "x\n"), 3);
    }
}
