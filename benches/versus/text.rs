//! The text to index, and the contents of an index, without any `Arc`.

use crate::warn;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// The most text that is read, so that a slow machine indexes it in a second or two.
pub const MOST_BYTES: u64 = 8 << 20;

/// One file.
pub struct Text {
    pub name: String,
    /// In lower case.
    pub content: String,
}

/// The files under the paths.
#[derive(Default)]
pub struct Collection {
    pub texts: Vec<Text>,
    /// How many files were not read, because there is [enough](MOST_BYTES).
    pub left_out: usize,
    /// How many files are not text.
    pub not_text: usize,
}

/// The contents of an index: for each word the numbers of the files, and the lines in them.
pub type Contents = BTreeMap<String, Vec<(usize, Vec<u32>)>>;

/// One answer of a search.
#[derive(Debug, PartialEq)]
pub struct Found {
    pub name: String,
    pub line: u32,
    pub score: f64,
}

/// Reads the files under `paths`. Counts those that are not text, and names those that cannot be
/// read.
pub fn collect(paths: &[PathBuf]) -> Result<Collection, String> {
    let mut collection = Collection::default();
    let mut bytes = 0;
    for root in paths {
        if let Err(error) = fs::metadata(root) {
            return Err(format!("{}: {error}", root.display()));
        }
        for path in files_under(root) {
            if bytes + size(&path) > MOST_BYTES {
                collection.left_out += 1;
                continue;
            }
            match fs::read_to_string(&path) {
                Ok(content) => {
                    bytes += content.len() as u64;
                    let name = match path.strip_prefix(root) {
                        Ok(inside) if inside.components().next().is_some() => inside,
                        _ => &path,
                    };
                    let name = name.display().to_string();
                    collection.texts.push(Text { name, content: content.to_lowercase() });
                }
                Err(error) if error.kind() == ErrorKind::InvalidData => collection.not_text += 1,
                Err(error) => warn(&format!("skipped {}: {error}", path.display())),
            }
        }
    }
    if !collection.texts.iter().any(|text| words(&text.content).next().is_some()) {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        let limit = MOST_BYTES >> 20;
        return Err(format!("no readable text file of up to {limit} MiB in {}", paths.join(", ")));
    }
    Ok(collection)
}

/// The files under `root`, in the order of their names.
fn files_under(root: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = WalkDir::new(root).sort_by_file_name().into_iter();
    let entries = entries
        .filter_entry(|entry| !is_machinery(entry))
        .filter_map(|entry| entry.inspect_err(|error| warn(&format!("skipped: {error}"))).ok());
    let links = |entry: &DirEntry| entry.depth() > 0 && entry.path_is_symlink();
    entries
        .filter(move |entry| !links(entry))
        .map(DirEntry::into_path)
        .filter(|path| path.is_file())
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Directories without text that a person wrote. (As an argument, such a directory is read.)
fn is_machinery(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    entry.depth() > 0 && entry.file_type().is_dir() && (name == ".git" || name == "target")
}

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}

/// The two most frequent words that are long enough to be meaningful.
pub fn frequent_words(texts: &[Text]) -> Vec<&str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in texts.iter().flat_map(|text| words(&text.content)).filter(|word| word.len() > 6) {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<_> =
        counts.into_iter().map(|(word, count)| (Reverse(count), word)).collect();
    words.sort_unstable();
    words.into_iter().take(2).map(|(_, word)| word).collect()
}
