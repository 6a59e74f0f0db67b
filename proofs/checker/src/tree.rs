//! The files of the project, and the findings about them.

use anyhow::{Context, Result};
use ignore::WalkBuilder;
use similar::TextDiff;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A place where two things disagree, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    file: String,
    line: usize,
    what: String,
    to_do: String,
}

impl Finding {
    pub fn new(
        file: impl Into<String>,
        line: usize,
        what: impl Into<String>,
        to_do: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), line, what: what.into(), to_do: to_do.into() }
    }

    pub fn what(&self) -> &str {
        &self.what
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what, to_do } = self;
        write!(f, "{file}:{line}: {what}: {to_do}")
    }
}

/// The root of the project. All paths are relative to it.
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The tree at `root`, or the one that contains the current directory.
    pub fn find(root: Option<PathBuf>) -> Result<Self> {
        let root = match root {
            Some(root) => fs::canonicalize(&root).with_context(|| format!("{}", root.display()))?,
            None => std::env::current_dir()?
                .ancestors()
                .find(|dir| dir.join("src/word.rs").is_file())
                .context("no src/word.rs here or above: name the project's root with --root")?
                .to_owned(),
        };
        Ok(Self { root })
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    pub fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.path(file)).with_context(|| format!("reading {file}"))
    }

    /// Writes the result of `command` into `file`. With `check`, compares it with the file instead.
    pub fn record(
        &self,
        file: &str,
        found: &str,
        check: bool,
        command: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        if !check {
            return Ok(fs::write(self.path(file), found)?);
        }
        let committed = self.read_if_any(file)?.unwrap_or_default();
        if committed != found {
            let diff = TextDiff::from_lines(&*committed, found);
            println!("{}", diff.unified_diff().header("committed", "found"));
            findings.push(Finding::new(
                file,
                1,
                "the table is not what the run found",
                format!("run `{command}`"),
            ));
        }
        Ok(())
    }

    /// The text of the file, if the file exists.
    pub fn read_if_any(&self, file: &str) -> Result<Option<String>> {
        match fs::read_to_string(self.path(file)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            text => text.map(Some).with_context(|| format!("reading {file}")),
        }
    }

    /// A line of a file, if it exists.
    pub fn line(&self, file: &str, line: usize) -> Option<String> {
        let text = self.read_if_any(file).ok().flatten()?;
        Some(text.lines().nth(line.checked_sub(1)?)?.to_owned())
    }

    /// All files below `dir` whose name ends in `.extension`, sorted.
    pub fn files(&self, dir: &str, extension: &str) -> Result<Vec<String>> {
        let mut files = Vec::new();
        if self.path(dir).is_dir() {
            for file in walk(&self.path(dir), |_| true)? {
                if file.extension().is_some_and(|e| e == extension) {
                    files.push(format!("{dir}/{}", file.display()));
                }
            }
        }
        Ok(files)
    }

    /// Copies the files that are `wanted` from `from` to the directory `to`. A file with the same
    /// content is not written, so that a build of the copy continues where it was.
    pub fn copy(&self, from: &str, to: &Path, wanted: impl Fn(&Path) -> bool) -> Result<()> {
        let from = self.path(from);
        let files = walk(&from, &wanted)?;
        for file in &files {
            let text = fs::read(from.join(file))?;
            let copy = to.join(file);
            if fs::read(&copy).ok().as_ref() != Some(&text) {
                fs::create_dir_all(copy.parent().expect("a file is in a directory"))?;
                fs::write(&copy, text)?;
            }
        }
        for file in walk(to, &wanted)? {
            if !files.contains(&file) {
                fs::remove_file(to.join(&file))?;
            }
        }
        Ok(())
    }
}

/// The wanted files below `dir`, relative to `dir`, sorted. Files that are hidden, ignored by git,
/// or in the target directory are left out.
fn walk(dir: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut walk = WalkBuilder::new(dir);
    walk.parents(false).git_global(false).require_git(false);
    walk.filter_entry(|entry| !(entry.depth() == 1 && entry.file_name() == "target"));
    for entry in walk.build() {
        let entry = entry?;
        if entry.file_type().is_some_and(|t| t.is_file()) {
            let file = entry.path().strip_prefix(dir)?.to_owned();
            if wanted(&file) {
                files.push(file);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The number of the line that contains the byte `offset`.
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}
