//! What was changed, so that it can be undone: each file before and after, in cargo's target
//! directory. And which packages, so that the paths are not changed again: what names std's `Arc`
//! after the first run does so on purpose.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Default, Serialize, Deserialize)]
struct File {
    before: String,
    after: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Contents {
    packages: BTreeSet<String>,
    files: BTreeMap<PathBuf, File>,
}

/// The files that were changed, and the packages.
pub struct Record {
    path: PathBuf,
    contents: Contents,
}

impl Record {
    /// An empty record, to be written to this target directory.
    pub fn new(target: &Path) -> Self {
        Self { path: target.join("proven-arc/switch.json"), contents: Contents::default() }
    }

    /// The record in this target directory, an empty one if there is none.
    pub fn open(target: &Path) -> Result<Self> {
        let mut record = Self::new(target);
        if let Ok(text) = fs::read(&record.path) {
            record.contents =
                serde_json::from_slice(&text).with_context(|| format!("{:?}", record.path))?;
        }
        Ok(record)
    }

    /// Whether the paths of the package were changed.
    pub fn has(&self, package: &str) -> bool {
        self.contents.packages.contains(package)
    }

    /// To be called when they are.
    pub fn package(&mut self, package: &str) -> Result<()> {
        self.contents.packages.insert(package.to_owned());
        self.save()
    }

    /// To be called before a file is changed by others.
    pub fn before(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("{path:?}"))?;
        self.contents
            .files
            .entry(path.to_owned())
            .or_insert_with(|| File { before: text.clone(), after: text });
        self.save()
    }

    /// To be called after that.
    pub fn after(&mut self, path: &Path) -> Result<()> {
        let file = self.contents.files.get_mut(path).context("`before` comes before")?;
        file.after = fs::read_to_string(path)?;
        self.save()
    }

    /// Writes a file. First the record, so that it is never behind.
    pub fn write(&mut self, path: &Path, text: &str) -> Result<()> {
        let before = fs::read_to_string(path).with_context(|| format!("{path:?}"))?;
        let file = self.contents.files.entry(path.to_owned());
        file.or_insert(File { before, after: String::new() }).after = text.to_owned();
        self.save()?;
        fs::write(path, text).with_context(|| format!("{path:?}"))
    }

    fn save(&self) -> Result<()> {
        fs::create_dir_all(self.path.parent().expect("a file is in a directory"))?;
        fs::write(&self.path, serde_json::to_vec(&self.contents)?)
            .with_context(|| format!("{:?}", self.path))
    }

    /// Puts every file back, and keeps what was changed in it since. Returns how many, and those
    /// in which the two meet: these have conflict markers.
    pub fn undo(self) -> Result<(usize, Vec<PathBuf>)> {
        ensure!(
            !self.contents.files.is_empty(),
            "nothing to undo: {:?} is written by `switch`, and removed by `cargo clean`",
            self.path
        );
        let mut conflicts = Vec::new();
        for (path, File { before, after }) in &self.contents.files {
            // One that was removed since stays so.
            let Ok(now) = fs::read_to_string(path) else { continue };
            let text = diffy::merge(after, &now, before).unwrap_or_else(|marked| {
                conflicts.push(path.clone());
                marked
            });
            if text != now {
                fs::write(path, text).with_context(|| format!("{path:?}"))?;
            }
        }
        fs::remove_file(&self.path)?;
        Ok((self.contents.files.len(), conflicts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(now: &str) -> (String, Vec<PathBuf>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.rs");
        fs::write(&path, "a\nb\nc\nd\ne\n").unwrap();
        let mut record = Record::open(dir.path()).unwrap();
        record.write(&path, "a\nx\nc\nd\ne\n").unwrap();
        record.write(&path, "a\ny\nc\nd\ne\n").unwrap();
        fs::write(&path, now).unwrap();
        let (files, conflicts) = Record::open(dir.path()).unwrap().undo().unwrap();
        assert_eq!(files, 1);
        assert!(Record::open(dir.path()).unwrap().undo().is_err());
        (fs::read_to_string(&path).unwrap(), conflicts)
    }

    #[test]
    fn what_was_changed_is_undone() {
        assert_eq!(changed("a\ny\nc\nd\ne\n"), ("a\nb\nc\nd\ne\n".to_owned(), vec![]));
    }

    #[test]
    fn what_was_changed_since_stays() {
        assert_eq!(changed("a\ny\nc\nd\nnew\n"), ("a\nb\nc\nd\nnew\n".to_owned(), vec![]));
        let (text, conflicts) = changed("a\nz\nc\nd\ne\n");
        assert!(text.contains("<<<<<<<") && conflicts.len() == 1);
    }
}
