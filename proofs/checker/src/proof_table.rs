//! `proofs/PROOF-MUTANTS.md`: what became of each mutant of the text, a line for each.
//!
//! The table is not made anew for each change of the proof. It is checked, in no time, for what it
//! names: there is a line for each mutant, each lemma is there, and each mutant that survives has a
//! reason in `proofs/checker/proof-mutants.toml`. A mutant may stop at another lemma than the table
//! says, and one that survives there may be stopped by now; a run of it puts the line right.

use crate::coq::{DIR, statements, without_comments};
use crate::mutate_proof::Verdict;
use crate::prove::NO_LEMMA;
use crate::text_mutants::Mutant;
use crate::tree::{Finding, Tree};
use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub const RESULT: &str = "proofs/PROOF-MUTANTS.md";
pub const REASONS: &str = "proofs/checker/proof-mutants.toml";

/// Why mutants survive, by the name of a mutant, or of a function for all its mutants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    /// The mutant means the same.
    #[serde(default)]
    equal: BTreeMap<String, String>,
    /// The proof does not speak of what the mutant breaks.
    #[serde(default)]
    outside: BTreeMap<String, String>,
}

/// Whether the name is that of the mutant, or of its function.
pub fn is_for(name: &str, mutant: &str) -> bool {
    mutant.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
}

impl Reasons {
    pub fn read(tree: &Tree) -> Result<Self> {
        let table = tree.read_if_any(REASONS)?.unwrap_or_default();
        toml::from_str(&table).context(REASONS)
    }

    pub fn is_equal(&self, mutant: &str) -> bool {
        self.equal.keys().any(|name| is_for(name, mutant))
    }

    /// What the table says of a mutant that survives, if there is a reason.
    pub fn says(&self, mutant: &str) -> Option<String> {
        let find = |of: &BTreeMap<String, String>, what: &str| {
            let (_, why) = of.iter().find(|(name, _)| is_for(name, mutant))?;
            Some(format!("{what}: {why}"))
        };
        find(&self.equal, EQUAL).or_else(|| find(&self.outside, SURVIVES))
    }

    /// Each is for a mutant that there is.
    pub fn check(&self, mutants: &[Mutant], findings: &mut Vec<Finding>) {
        for name in self.equal.keys().chain(self.outside.keys()) {
            if !mutants.iter().any(|mutant| is_for(name, &mutant.name)) {
                let what = format!("there is no mutant `{name}`");
                let to_do = "see `cargo proofs mutate --proof --list`";
                findings.push(Finding::new(REASONS, 1, what, to_do));
            }
        }
    }
}

const EQUAL: &str = "equal in meaning";
const SURVIVES: &str = "SURVIVES";

/// What the table says, by the names of the mutants.
pub struct Recorded(BTreeMap<String, String>);

impl Recorded {
    /// Without the lines that name a lemma which is no longer there.
    pub fn read(tree: &Tree) -> Result<Self> {
        static ROW: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(?m)^\| `(.*?)` \| (.*) \|$").unwrap());
        let table = tree.read_if_any(RESULT)?.unwrap_or_default();
        let lemmas = lemmas(tree)?;
        let mut rows = BTreeMap::new();
        for row in ROW.captures_iter(&table) {
            let [mutant, says] = [&row[1], &row[2]].map(|text| text.replace(r"\|", "|"));
            let lemma = says.strip_prefix('`').and_then(|says| says.split('`').next());
            if lemma.is_none_or(|lemma| lemmas.contains(lemma)) {
                rows.insert(mutant, says);
            }
        }
        Ok(Self(rows))
    }

    pub fn has(&self, mutant: &str) -> bool {
        self.0.contains_key(mutant)
    }

    /// Whether the table knows what stops the mutant, or that nothing can.
    pub fn settles(&self, mutant: &str) -> bool {
        self.0.get(mutant).is_some_and(|says| !says.starts_with(SURVIVES))
    }

    pub fn survives(&self, mutant: &str) -> bool {
        let says = self.0.get(mutant);
        says.is_some_and(|says| says.starts_with(SURVIVES) || says.starts_with(EQUAL))
    }

    pub fn insert(&mut self, mutant: &str, verdict: &Verdict) {
        self.0.insert(mutant.to_owned(), verdict.to_string());
    }

    /// The table with a line for each of these.
    pub fn page(&self, mutants: &[Mutant], reasons: &Reasons) -> String {
        let mut page = "# Mutants of the text that the proof is about\n\n\
            Each line is a small bug in a function of src/, made by rule, and what stops at it: the \
            lemma of proofs/coq/ that is not true of the text any more, or the translator, which \
            does not know it. Made by `cargo proofs mutate --proof`. Where nothing stops, the table \
            says why: the mutant means the same as the text, or it SURVIVES, since the proof does \
            not speak of what it breaks.\n\n\
            | mutant | stops at |\n|---|---|\n"
            .to_owned();
        let escape = |text: &str| text.replace('|', r"\|");
        for Mutant { name, .. } in mutants {
            let Some(says) = self.0.get(name) else { continue };
            let reason = reasons.says(name).filter(|_| self.survives(name));
            let says = reason.as_ref().unwrap_or(says);
            page += &format!("| `{}` | {} |\n", escape(name), escape(says));
        }
        page
    }

    /// The table is of these mutants, and what it names is there.
    pub fn check(
        &self,
        tree: &Tree,
        mutants: &[Mutant],
        reasons: &Reasons,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let command = "cargo proofs mutate --proof --missing";
        for Mutant { name, .. } in mutants {
            let what = if !self.has(name) {
                format!("no line for the mutant `{name}` that names a lemma of {DIR}/")
            } else if self.survives(name) && reasons.says(name).is_none() {
                format!("`{name}` survives, without a reason in {REASONS}")
            } else {
                continue;
            };
            findings.push(Finding::new(RESULT, 1, what, format!("run `{command}`")));
        }
        if findings.is_empty() {
            tree.record(RESULT, &self.page(mutants, reasons), true, command, findings)?;
        }
        Ok(())
    }
}

/// The names of the lemmas of the proof, and what stands for one where there is none.
fn lemmas(tree: &Tree) -> Result<BTreeSet<String>> {
    let mut lemmas = BTreeSet::from([NO_LEMMA.to_owned()]);
    for file in tree.files(DIR, "v")? {
        let text = without_comments(&tree.read(&file)?);
        lemmas.extend(statements(&text).into_iter().map(|(_, _, name)| name));
    }
    Ok(lemmas)
}
