//! The map in `proofs/README.md`: access, function, operation, ordering, partner, models, mutants,
//! lemma. It is made from the notes.

use crate::accesses::Id;
use crate::notes::Note;
use crate::tree::{Finding, Tree, line_of};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

pub const FILE: &str = "proofs/README.md";
const BEGIN: &str = "<!-- map:begin -->\n";
const END: &str = "<!-- map:end -->";

const COLUMNS: [&str; 7] =
    ["function", "operation", "ordering", "partner", "models", "mutants", "lemma"];

/// The table that the notes give.
pub fn table(notes: &BTreeMap<Id, Note>) -> String {
    let mut table = format!("| access | {} |\n", COLUMNS.join(" | "));
    table += &"|---".repeat(COLUMNS.len() + 1);
    table += "|\n";
    for (id, note) in notes {
        let cells = COLUMNS.map(|key| note.row(key));
        table += &format!("| [{id}] | {} |\n", cells.join(" | "));
    }
    table
}

fn place(text: &str) -> Option<Range<usize>> {
    let begin = text.find(BEGIN)? + BEGIN.len();
    Some(begin..begin + text[begin..].find(END)?)
}

/// Compares the table in the text with the one of the notes.
pub fn check(tree: &Tree, notes: &BTreeMap<Id, Note>, findings: &mut Vec<Finding>) -> Result<()> {
    let text = tree.read_if_any(FILE)?.unwrap_or_default();
    let mut find =
        |line, what: &str, to_do: &str| findings.push(Finding::new(FILE, line, what, to_do));
    match place(&text) {
        None => find(1, "no map", &format!("put `{}` and `{END}` where it belongs", BEGIN.trim())),
        Some(place) if text[place.clone()] != table(notes) => find(
            line_of(&text, place.start),
            "the map is not what the notes give",
            "run `cargo proofs map`",
        ),
        Some(_) => {}
    }
    Ok(())
}

/// Writes the table of the notes into the text.
pub fn write(tree: &Tree, notes: &BTreeMap<Id, Note>) -> Result<()> {
    let mut text = tree.read(FILE)?;
    let place = place(&text).with_context(|| {
        format!("{FILE} has no `{}` and `{END}` on lines of their own", BEGIN.trim())
    })?;
    text.replace_range(place, &table(notes));
    Ok(fs::write(tree.path(FILE), text)?)
}
