//! `cargo proofs check`: compares the code, the notes, the models, the mutants and the Coq table.

use crate::accesses::{self, Accesses};
use crate::facts::{self, Names};
use crate::mutants::{self, Mutant};
use crate::pages::{self, Sources};
use crate::tree::{Finding, Tree};
use crate::{coq, models, notes, translate};
use anyhow::Result;
use std::collections::BTreeSet;

/// Returns everything that is wrong. If nothing is, prints what agrees.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let accesses = accesses::check(tree, &mut findings)?;
    let lemmas = coq::check(tree, &accesses, &mut findings)?;
    let protocol = mutants::of_protocol(tree, &mut findings)?;
    let models = models::read(tree)?;
    let notes = notes::read(tree)?;
    let facts = facts::read(tree)?;
    let names = Names {
        models: models.keys().cloned().collect(),
        lemmas: lemmas.keys().cloned().collect(),
    };
    notes::check(&notes, &accesses, &mut findings);
    facts.check(&accesses, &names, &mut findings);
    check_models(&protocol, &names, &mut findings);
    mentions(tree, &accesses, &mut findings)?;
    let functions = translate::check(tree, &mut findings)?;
    // If a source is wrong, so is what is generated from it.
    if findings.is_empty() {
        let sources = Sources { accesses, facts, models, lemmas };
        pages::check(tree, &sources, &mut findings)?;
        if findings.is_empty() {
            agree(&sources, functions);
        }
    }
    findings.sort();
    Ok(findings)
}

/// Prints what agrees.
fn agree(Sources { accesses, facts, .. }: &Sources, functions: usize) {
    let count = |names: BTreeSet<_>| names.len();
    let models = count(facts.of.values().flat_map(|facts| facts.models.iter()).collect());
    let lemmas = count(facts.of.values().flat_map(|f| f.lemmas.iter().map(|(l, _)| l)).collect());
    let (word, table, code) = (accesses::WORD, coq::TABLE, translate::FILE);
    println!("{} accesses of {word} agree with {}/{table}", accesses.len(), coq::DIR);
    println!(
        "their notes show the code, and {models} models of tests/loom/ and {lemmas} lemmas, as they are"
    );
    println!("{code} has {functions} functions, as src/ has them");
}

fn check_models(mutants: &[Mutant], names: &Names, findings: &mut Vec<Finding>) {
    for mutant in mutants {
        if mutant.models.is_empty() {
            findings.push(Finding::new(
                mutants::TABLE,
                1,
                format!("`{}` names no model", mutant.name),
                "name the models that catch it",
            ));
        }
        for model in mutant.models.iter().filter(|model| !names.models.contains(*model)) {
            findings.push(Finding::new(
                mutants::TABLE,
                1,
                format!("`{}`: there is no model `{model}`", mutant.name),
                "name a function with `#[test]` in tests/loom/",
            ));
        }
    }
}

/// Each `[name]` in the notes, and in the comments of the code and the models, has to be an access.
fn mentions(tree: &Tree, accesses: &Accesses, findings: &mut Vec<Finding>) -> Result<()> {
    for (dir, extension) in [("src", "rs"), ("tests/loom", "rs"), ("proofs", "md")] {
        for file in tree.files(dir, extension)? {
            let text = tree.read(&file)?;
            for (line, text) in (1..).zip(text.lines()) {
                let text = match extension {
                    "rs" => text.split_once("//").map_or("", |(_, comment)| comment),
                    _ => text,
                };
                for name in notes::dangling(text, |id| accesses.contains_key(id)) {
                    findings.push(Finding::new(
                        &*file,
                        line,
                        format!("[{name}] is not an access"),
                        "name one that is in src/word.rs",
                    ));
                }
            }
        }
    }
    Ok(())
}
