//! Records what was changed, in cargo's target directory, so that it can be undone. The record has
//! each file before and after each change. It also has the packages whose paths were changed, so
//! that a second run does not change them again: paths that name std's `Arc` after the first run do
//! so on purpose.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

#[derive(Serialize, Deserialize)]
struct Change {
    before: String,
    after: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Contents {
    packages: BTreeSet<String>,
    /// The changes of each file. Between two of them, the file may have been changed by hand.
    files: BTreeMap<PathBuf, Vec<Change>>,
}

/// The record of changed files and packages.
pub struct Record {
    path: PathBuf,
    contents: Contents,
}

impl Record {
    /// An empty record of the workspace. Workspaces can share the target directory, so the path of
    /// the record contains the path of the workspace.
    pub fn new(target: &Path, workspace: &Path) -> Self {
        let names = workspace.components().map(|part| match part {
            Component::Normal(name) => PathBuf::from(name),
            part => part.as_os_str().to_string_lossy().replace(['/', '\\', ':', '?'], "").into(),
        });
        let directory = target.join("proven-arc").join(names.collect::<PathBuf>());
        Self { path: directory.join("switch.json"), contents: Contents::default() }
    }

    /// Opens the record of the workspace, or an empty one if there is none.
    pub fn open(target: &Path, workspace: &Path) -> Result<Self> {
        let mut record = Self::new(target, workspace);
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

    /// Records that the paths of the package were changed.
    pub fn package(&mut self, package: &str) -> Result<()> {
        self.contents.packages.insert(package.to_owned());
        self.save()
    }

    /// Whether the file differs from what it was before its first change.
    pub fn differs(&self, path: &Path) -> bool {
        let first = self.contents.files.get(path).and_then(|changes| changes.first());
        first.is_some_and(|first| fs::read_to_string(path).is_ok_and(|now| now != first.before))
    }

    /// Removes the changes of a file that was restored by other means.
    pub fn forget(&mut self, path: &Path) {
        self.contents.files.remove(path);
    }

    fn add(&mut self, path: &Path, before: String, after: String) {
        let changes = self.contents.files.entry(path.to_owned()).or_default();
        match changes.last_mut() {
            Some(last) if last.after == before => last.after = after,
            _ => changes.push(Change { before, after }),
        }
    }

    /// Called before cargo changes a file: a manifest, or `Cargo.lock`.
    pub fn before(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("{path:?}"))?;
        self.add(path, text.clone(), text);
        self.save()
    }

    /// Called after cargo has changed the file.
    pub fn after(&mut self, path: &Path) -> Result<()> {
        let changes = self.contents.files.get_mut(path);
        let last = changes.and_then(|changes| changes.last_mut());
        last.context("`before` comes before")?.after = fs::read_to_string(path)?;
        self.save()
    }

    /// Writes a file. The record is written first, so that it never misses a change.
    pub fn write(&mut self, path: &Path, text: &str) -> Result<()> {
        let before = fs::read_to_string(path).with_context(|| format!("{path:?}"))?;
        self.add(path, before, text.to_owned());
        self.save()?;
        fs::write(path, text).with_context(|| format!("{path:?}"))
    }

    fn save(&self) -> Result<()> {
        fs::create_dir_all(self.path.parent().expect("a file is in a directory"))?;
        fs::write(&self.path, serde_json::to_vec(&self.contents)?)
            .with_context(|| format!("{:?}", self.path))
    }

    /// Restores every file, and keeps later changes. Returns the number of files, and those with
    /// conflicts, which contain conflict markers.
    pub fn undo(self) -> Result<(usize, Vec<PathBuf>)> {
        ensure!(
            !self.contents.files.is_empty(),
            "nothing to undo: `switch` writes {:?}, and `cargo clean` removes it",
            self.path
        );
        let mut conflicts = Vec::new();
        for (path, changes) in &self.contents.files {
            // A file that was removed since stays removed.
            let Ok(now) = fs::read_to_string(path) else { continue };
            let (mut text, mut conflict) = (now.clone(), false);
            for Change { before, after } in changes.iter().rev() {
                text = diffy::merge(after, &text, before).unwrap_or_else(|marked| {
                    conflict = true;
                    marked
                });
            }
            if conflict {
                conflicts.push(path.clone());
            }
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
        let open = || Record::open(dir.path(), Path::new("/workspace")).unwrap();
        let mut record = open();
        record.write(&path, "a\nx\nc\nd\ne\n").unwrap();
        record.write(&path, "a\ny\nc\nd\ne\n").unwrap();
        fs::write(&path, now).unwrap();
        let (files, conflicts) = open().undo().unwrap();
        assert_eq!(files, 1);
        assert!(open().undo().is_err());
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

    #[test]
    fn what_was_changed_in_between_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.rs");
        fs::write(&path, "a\nb\nc\nd\ne\n").unwrap();
        let mut record = Record::new(dir.path(), Path::new("/workspace"));
        record.write(&path, "x\nb\nc\nd\ne\n").unwrap();
        fs::write(&path, "x\nb\nnew\nd\ne\n").unwrap();
        record.write(&path, "x\nb\nnew\nd\ny\n").unwrap();
        assert!(record.differs(&path));
        assert_eq!(record.undo().unwrap(), (1, vec![]));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\nnew\nd\ne\n");
    }
}
