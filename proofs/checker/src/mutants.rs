//! The mutants: each ordering weakened, and bugs in the protocol.
//!
//! The table `proofs/checker/mutants.toml` lists the bugs. Each is a fragment of one function's
//! source text, found there exactly once, and its replacement.

use crate::accesses::{self, Accesses, Id, WORD, bodies};
use crate::facts::{self, Facts};
use crate::tree::{Finding, Tree, line_of};
use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

pub const TABLE: &str = "proofs/checker/mutants.toml";

/// A copy of the crate with a bug, which the models should find.
#[derive(Debug)]
pub struct Mutant {
    pub name: String,
    /// What is wrong with it.
    pub why: String,
    pub file: String,
    pub bytes: Range<usize>,
    pub replacement: String,
    /// The models that should catch it.
    pub models: Vec<String>,
    /// The file that names these models.
    pub said_in: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    mutant: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    why: String,
    file: String,
    function: String,
    fragment: String,
    replacement: String,
    models: Vec<String>,
}

/// Returns all mutants, and reports what is wrong with the code or the table.
pub fn all(tree: &Tree, findings: &mut Vec<Finding>) -> Result<Vec<Mutant>> {
    let accesses = accesses::check(tree, findings)?;
    let mut mutants = of_orderings(&accesses, &facts::read(tree)?.of);
    mutants.extend(of_protocol(tree, findings)?);
    Ok(mutants)
}

/// The mutants that weaken one ordering each. The facts name their models.
fn of_orderings(accesses: &Accesses, facts: &BTreeMap<Id, Facts>) -> Vec<Mutant> {
    let name_models = |(id, mutant)| Mutant {
        models: facts.get(&id).map(|facts| facts.models.clone()).unwrap_or_default(),
        ..mutant
    };
    weakened(accesses).map(name_models).collect()
}

/// The mutants of each access, in the order of the code.
pub fn weakened(accesses: &Accesses) -> impl Iterator<Item = (Id, Mutant)> {
    accesses::in_order(accesses).into_iter().flat_map(|(id, access)| {
        let parts: &[&str] = match access.orderings.len() {
            1 => &[""],
            _ => &[".success", ".failure"],
        };
        access.orderings.iter().zip(parts).flat_map(move |(site, part)| {
            site.ordering.weaker().iter().map(move |weaker| {
                let mutant = Mutant {
                    name: format!("{id}{part}:{}->{weaker}", site.ordering),
                    why: format!("`{}` in `{}` is weaker", access.operation, access.function),
                    file: WORD.to_owned(),
                    bytes: site.bytes.clone(),
                    replacement: weaker.name().to_owned(),
                    models: Vec::new(),
                    said_in: facts::FILE.to_owned(),
                };
                (id.clone(), mutant)
            })
        })
    })
}

/// Returns the mutants of the table, and reports what is wrong with it.
pub fn of_protocol(tree: &Tree, findings: &mut Vec<Finding>) -> Result<Vec<Mutant>> {
    let text = tree.read(TABLE)?;
    let table: Table = toml::from_str(&text).context(TABLE)?;
    let mut mutants: Vec<Mutant> = Vec::new();
    for row in table.mutant {
        let mut find = |what: String, to_do: &str| {
            let line = text.find(&format!("\"{}\"", row.name)).map_or(1, |at| line_of(&text, at));
            findings.push(Finding::new(TABLE, line, format!("`{}`: {what}", row.name), to_do));
        };
        if mutants.iter().any(|other| other.name == row.name) {
            find("a second mutant of this name".to_owned(), "give it another");
        }
        let source = tree.read_if_any(&row.file)?.unwrap_or_default();
        let places = places(&row, &source)?;
        let [bytes] = &*places else {
            find(
                format!(
                    "the fragment occurs {} times in `{}` of {}, not once",
                    places.len(),
                    row.function,
                    row.file
                ),
                "adapt the table to the code",
            );
            continue;
        };
        mutants.push(Mutant {
            name: row.name,
            why: row.why,
            file: row.file,
            bytes: bytes.clone(),
            replacement: row.replacement,
            models: row.models,
            said_in: TABLE.to_owned(),
        });
    }
    Ok(mutants)
}

/// The places of the fragment in the function.
fn places(row: &Row, source: &str) -> Result<Vec<Range<usize>>> {
    let tokens = source.parse().map_err(|error| anyhow!("{}: {error}", row.file))?;
    let mut places = Vec::new();
    for body in bodies(tokens, &row.function) {
        for (at, _) in source[body.clone()].match_indices(&row.fragment) {
            places.push(body.start + at..body.start + at + row.fragment.len());
        }
    }
    Ok(places)
}

impl Mutant {
    /// The source with the bug in it.
    pub fn apply(&self, source: &str) -> String {
        let mut text = source.to_owned();
        text.replace_range(self.bytes.clone(), &self.replacement);
        text
    }
}
