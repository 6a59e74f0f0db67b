//! The notes, `proofs/<name>.md`: one for each atomic access.
//!
//! A note begins with `# name`, and says why the ordering is right. [`crate::pages`] writes the
//! rest. The sections are those of [`SECTIONS`], in that order. Each may be missing, but not empty.

use crate::accesses::{Accesses, Id};
use crate::tree::{Finding, Tree};
use anyhow::Result;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SECTIONS: [&str; 5] =
    ["Why it is enough", "Why nothing weaker", "Why nothing stronger", "Limits", "Evidence"];

/// The texts of the notes.
pub fn read(tree: &Tree) -> Result<BTreeMap<Id, String>> {
    static FILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^proofs/([a-z_]+)\.md$").unwrap());
    let mut notes = BTreeMap::new();
    for file in tree.files("proofs", "md")? {
        if let Some(captures) = FILE.captures(&file) {
            notes.insert(captures[1].parse()?, tree.read(&file)?);
        }
    }
    Ok(notes)
}

/// Checks the form of the notes. Each access has one.
pub fn check(notes: &BTreeMap<Id, String>, accesses: &Accesses, findings: &mut Vec<Finding>) {
    for (id, access) in accesses.iter().filter(|(id, _)| !notes.contains_key(id)) {
        findings.push(Finding::new(
            crate::accesses::WORD,
            access.line,
            format!("{id} has no note"),
            format!("write {}", id.note()),
        ));
    }
    for (id, text) in notes {
        let mut find = |line: usize, what: String, to_do: &str| {
            findings.push(Finding::new(id.note(), line, what, to_do));
        };
        if !accesses.contains_key(id) {
            let what = format!("there is no access {id} in the code");
            find(1, what, "delete the note, or give the access its name");
        }
        if text.lines().next() != Some(&format!("# {id}")) {
            let what = "the title is not that of this access".to_owned();
            find(1, what, &format!("begin the note with `# {id}`"));
        }
        let mut sections: Vec<(usize, &str, bool)> = Vec::new();
        let mut in_code = false;
        for (line, text) in (1..).zip(text.lines()) {
            in_code ^= text.starts_with("```");
            if let (Some(title), false) = (text.strip_prefix("## "), in_code) {
                let title = title.trim();
                if !SECTIONS.contains(&title) {
                    let what = format!("unknown section `## {title}`");
                    find(line, what, &format!("the sections are {SECTIONS:?}"));
                    continue;
                }
                sections.push((line, title, true));
            } else if let Some((_, _, empty)) = sections.last_mut() {
                *empty &= text.trim().is_empty() || text.starts_with("<!-- ");
            }
        }
        let place = |title: &str| SECTIONS.iter().position(|section| *section == title);
        if !sections.is_sorted_by_key(|(_, title, _)| place(title)) {
            let what = "the sections are not in order".to_owned();
            find(1, what, &format!("the order is {SECTIONS:?}"));
        }
        for (line, title, _) in sections.iter().filter(|(_, _, empty)| *empty) {
            let what = format!("the section `## {title}` is empty");
            find(*line, what, "write it, or leave it out");
        }
    }
}

/// Every `[name]` in the line that is no access. Attributes, types and links do not count.
pub fn dangling(line: &str, exists: impl Fn(&Id) -> bool) -> Vec<&str> {
    static MENTION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^#!<&\]])\[([a-z]+(?:_[a-z]+)*)\](?:$|[^(:\[])").unwrap()
    });
    MENTION
        .captures_iter(line)
        .map(|captures| captures.get(1).expect("the group is not optional").as_str())
        .filter(|name| !name.parse().is_ok_and(|id| exists(&id)))
        .collect()
}
