//! The notes, `proofs/<name>.md`: one for each atomic access, of one shape.
//!
//! ```text
//! # upgrade: `add_strong_if_any`, an upgrade
//!
//! | | |
//! |---|---|
//! | function | `Word::add_strong_if_any` |
//! | operation | `compare_exchange_weak` |
//! | ordering | `Acquire / Relaxed` |
//! | used by | `Weak::upgrade` |
//! | partner | [publish] (Release) |
//! | models | `publish::new_cyclic` |
//! | mutants | `upgrade.success:Acquire->Relaxed` |
//! | lemma | `upgrade_safe` |
//!
//! ## The word
//! ## The invariant
//! ## The edge
//! ## Why nothing weaker
//! ## Why nothing stronger
//! ## What the check does not cover
//! ```
//!
//! An ordering is `Success / Failure` for a compare-exchange. The partner is a list of accesses,
//! or "none". Models are functions with `#[test]` in `tests/loom/`, named as
//! `cargo loom -- --list` has them; mutants those of `cargo proofs mutate --list`, or "none"; a
//! lemma is a `Lemma`, `Theorem` or the like in `proofs/coq/`. No section is empty.

use crate::accesses::{Access, Id};
use crate::tree::{Finding, Tree};
use anyhow::Result;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const SECTIONS: [&str; 6] = [
    "The word",
    "The invariant",
    "The edge",
    "Why nothing weaker",
    "Why nothing stronger",
    "What the check does not cover",
];

const ROWS: [&str; 8] =
    ["function", "operation", "ordering", "used by", "partner", "models", "mutants", "lemma"];

/// What a note says in its table.
#[derive(Debug)]
pub struct Note {
    pub id: Id,
    file: String,
    rows: BTreeMap<String, Row>,
}

#[derive(Debug)]
struct Row {
    line: usize,
    text: String,
}

/// The names that a note may use.
pub struct Names {
    pub models: BTreeSet<String>,
    pub mutants: BTreeSet<String>,
    pub lemmas: BTreeSet<String>,
}

/// The notes of the tree, with what is wrong with their shape.
pub fn read(tree: &Tree, findings: &mut Vec<Finding>) -> Result<BTreeMap<Id, Note>> {
    static FILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^proofs/([a-z_]+)\.md$").unwrap());
    let mut notes = BTreeMap::new();
    for file in tree.files("proofs", "md")? {
        if let Some(captures) = FILE.captures(&file) {
            let id = captures[1].parse()?;
            let note = Note::parse(&id, &file, &tree.read(&file)?, findings);
            notes.insert(id, note);
        }
    }
    Ok(notes)
}

impl Note {
    fn parse(id: &Id, file: &str, text: &str, findings: &mut Vec<Finding>) -> Self {
        let mut find = |line: usize, what: String, to_do: &str| {
            findings.push(Finding::new(file, line, what, to_do));
        };
        if !text.starts_with(&format!("# {id}: `")) {
            find(
                1,
                "the title is not that of this access".to_owned(),
                &format!("begin the note with ``# {id}: `function`, ...``"),
            );
        }
        let mut rows = BTreeMap::new();
        let mut sections: Vec<(usize, &str, bool)> = Vec::new();
        let mut in_code = false;
        for (line, text) in (1..).zip(text.lines()) {
            in_code ^= text.starts_with("```");
            if let (Some(title), false) = (text.strip_prefix("## "), in_code) {
                sections.push((line, title.trim(), true));
            } else if let Some((_, _, empty)) = sections.last_mut() {
                // The links at the end say nothing.
                let is_link = text.starts_with('[') && text.contains("]: ");
                *empty &= text.trim().is_empty() || is_link;
            } else if let Some((key, value)) = table_row(text) {
                if ROWS.contains(&key) {
                    rows.insert(key.to_owned(), Row { line, text: value.to_owned() });
                } else if !key.chars().all(|c| c == '-' || c == ':') {
                    find(line, format!("unknown row `{key}`"), &format!("the rows are {ROWS:?}"));
                }
            }
        }
        for key in ROWS {
            if rows.get(key).is_none_or(|row| row.text.is_empty()) {
                let line = rows.get(key).map_or(1, |row| row.line);
                find(line, format!("the row `{key}` is missing or empty"), "fill it in");
            }
        }
        for required in SECTIONS {
            match sections.iter().find(|(_, title, _)| *title == required) {
                None => find(1, format!("no section `## {required}`"), "write it"),
                Some((line, _, true)) => {
                    find(*line, format!("the section `## {required}` is empty"), "write it");
                }
                Some(_) => {}
            }
        }
        Self { id: id.clone(), file: file.to_owned(), rows }
    }

    /// What stands in the row, as it is.
    pub fn row(&self, key: &str) -> &str {
        self.rows.get(key).map_or("", |row| &row.text)
    }

    /// The names in backticks in the row.
    pub fn names(&self, key: &str) -> Vec<String> {
        static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new("`([^`]+)`").unwrap());
        NAME.captures_iter(self.row(key)).map(|captures| captures[1].to_owned()).collect()
    }

    fn finding(&self, key: &str, what: impl Into<String>, to_do: impl Into<String>) -> Finding {
        let line = self.rows.get(key).map_or(1, |row| row.line);
        Finding::new(&*self.file, line, what, to_do)
    }

    /// Compares the note with the code. `mutants` are those of this access.
    pub fn check(
        &self,
        access: Option<&Access>,
        mutants: &[String],
        names: &Names,
        findings: &mut Vec<Finding>,
    ) {
        let Some(access) = access else {
            findings.push(Finding::new(
                &*self.file,
                1,
                format!("there is no access {} in the code", self.id),
                "delete the note, or give the access its ID",
            ));
            return;
        };
        let stated = [
            ("function", access.function.clone()),
            ("operation", access.operation.clone()),
            ("ordering", access.ordering()),
        ];
        for (key, in_code) in stated {
            let in_note = self.row(key).replace('`', "");
            if in_note != in_code {
                findings.push(self.finding(
                    key,
                    format!("the note says {key} `{in_note}`, the code `{in_code}`"),
                    format!("compare with line {} of src/word.rs", access.line),
                ));
            }
        }
        let partner = self.row("partner");
        if !partner.starts_with("none") && !partner.contains("[") {
            findings.push(self.finding(
                "partner",
                "names no access",
                "list the accesses that this one makes an edge with, as [name], or say `none`",
            ));
        }
        let exist = [
            ("models", "model", &names.models, "no function with `#[test]` in tests/loom/"),
            ("mutants", "mutant", &names.mutants, "see `cargo proofs mutate --list`"),
            ("lemma", "lemma", &names.lemmas, "no `Lemma` or `Theorem` in proofs/coq/"),
        ];
        for (key, kind, existing, to_do) in exist {
            if self.row(key).is_empty() {
                continue; // as `parse` has said
            }
            let named = self.names(key);
            let may_be_none = key == "mutants" || (key == "models" && mutants.is_empty());
            if named.is_empty() && !(may_be_none && self.row(key).starts_with("none")) {
                findings.push(self.finding(
                    key,
                    format!("names no {kind}"),
                    "name one, in backticks",
                ));
            }
            for name in named {
                if !existing.contains(&name) {
                    findings.push(self.finding(key, format!("there is no {kind} `{name}`"), to_do));
                }
            }
        }
        for mutant in mutants {
            if !self.names("mutants").contains(mutant) {
                findings.push(self.finding(
                    "mutants",
                    format!("does not name the mutant `{mutant}`"),
                    "name every way to weaken the access",
                ));
            }
        }
    }
}

/// The cells of a line of a table with two columns.
fn table_row(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.trim().strip_prefix('|')?.strip_suffix('|')?.split_once('|')?;
    Some((key.trim(), value.trim()))
}

/// Every `[name]` in the line that is no access. (Attributes, types and links are none.)
pub fn dangling(line: &str, exists: impl Fn(&Id) -> bool) -> Vec<&str> {
    static MENTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[^#!<&])\[([a-z]+(?:_[a-z]+)*)\](?:$|[^(:])").unwrap());
    MENTION
        .captures_iter(line)
        .map(|captures| captures.get(1).expect("the group is not optional").as_str())
        .filter(|name| !name.parse().is_ok_and(|id| exists(&id)))
        .collect()
}
