//! `cargo proofs check`: code, notes, models, mutants and Coq table say the same.

use crate::accesses::{self, Accesses};
use crate::mutants::{self, Mutant};
use crate::notes::{self, Names};
use crate::tree::{Finding, Tree};
use crate::{coq, map, models, translate};
use anyhow::Result;
use std::collections::BTreeSet;

/// Everything that is wrong. With nothing wrong, says what agrees.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let accesses = accesses::check(tree, &mut findings)?;
    let notes = notes::read(tree, &mut findings)?;
    let lemmas = coq::check(tree, &accesses, &mut findings)?;
    let protocol = mutants::of_protocol(tree, &mut findings)?;
    let weakened = mutants::ordering_names(&accesses);
    let names = Names {
        models: models::read(tree)?,
        mutants: protocol
            .iter()
            .map(|m| &m.name)
            .chain(weakened.values().flatten())
            .cloned()
            .collect(),
        lemmas,
    };

    for (id, access) in &accesses {
        if !notes.contains_key(id) {
            findings.push(Finding::new(
                accesses::WORD,
                access.line,
                format!("{id} has no note"),
                format!("write {}", id.note()),
            ));
        }
    }
    for (id, note) in &notes {
        let mutants = weakened.get(id).map_or(&[][..], Vec::as_slice);
        note.check(accesses.get(id), mutants, &names, &mut findings);
    }
    check_models(&protocol, &names, &mut findings);
    mentions(tree, &accesses, &mut findings)?;
    map::check(tree, &notes, &mut findings)?;
    let functions = translate::check(tree, &mut findings)?;
    if findings.is_empty() {
        let table = format!("{}/{}", coq::DIR, coq::TABLE);
        let used = |key| notes.values().flat_map(|note| note.names(key)).collect::<BTreeSet<_>>();
        let (word, code) = (accesses::WORD, translate::FILE);
        let (accesses, models) = (accesses.len(), used("models").len());
        let (mutants, lemmas) = (used("mutants").len(), used("lemma").len());
        println!("{accesses} accesses of {word} agree with their notes, the map and {table}");
        println!(
            "the notes name {models} models of tests/loom/, {mutants} mutants and {lemmas} \
             lemmas, which there are"
        );
        println!("{code} has {functions} functions, as src/ has them");
    }
    findings.sort();
    Ok(findings)
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

/// Each `[name]` in the notes, and in the comments of the code and of the models, is an access.
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
                        format!("[{name}] is no access"),
                        "name one that is in src/word.rs",
                    ));
                }
            }
        }
    }
    Ok(())
}
