//! `cargo proofs weaken`: shows what the models and the proof say about a weakened ordering.

use crate::accesses::{self, Id, WORD};
use crate::facts;
use crate::mutants::{self, Mutant};
use crate::mutate::{Build, Worker};
use crate::prove;
use crate::report::classify;
use crate::tree::{Finding, Tree, line_of};
use anyhow::{Context, Result, bail};
use regex::Regex;
use std::sync::LazyLock;
use std::time::Duration;

pub fn run(tree: &Tree, id: &Id) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let accesses = accesses::check(tree, &mut findings)?;
    let facts = facts::read(tree)?;
    let facts = facts.of.get(id).with_context(|| format!("there is no access {id}"))?;
    let mutants: Vec<_> = mutants::weakened(&accesses).filter(|(of, _)| of == id).collect();
    if mutants.is_empty() {
        bail!("{id} is Relaxed: there is nothing weaker");
    }
    for (_, mutant) in mutants {
        show(tree, &mutant)?;
        let mut worker = Worker::new(tree, 0, Duration::from_secs(120))?;
        println!("\nThe models (this builds them):");
        let caught = worker.with(&mutant, |worker| {
            if let Build::Failed(error) = worker.build()? {
                bail!("{} does not compile:\n{error}", mutant.name);
            }
            let mut caught = 0;
            for model in &facts.models {
                let output = worker.output(model)?;
                let text = output.as_ref().map_or("", |(_, text)| text);
                let report =
                    classify(text).filter(|_| !output.as_ref().is_some_and(|o| o.0.success()));
                caught += usize::from(report.is_some());
                println!("\n  {model}: {}", report.as_deref().unwrap_or("reports nothing"));
                println!("{}", message(tree, text));
            }
            Ok(caught)
        })?;
        let mut find = |what: String| {
            findings.push(Finding::new(facts::FILE, 1, what, "find out why"));
        };
        if caught < facts.models.len() {
            find(format!("a model of {id} does not fail with {}", mutant.name));
        }
        println!("\nThe proof (this builds it up to the reasons for the orderings):\n");
        match prove::fails_without(tree, &mutant.name)? {
            None => find(format!("the proof does not need {}", mutant.name)),
            Some((lemma, error)) => {
                // The lines before the last one are the hypotheses.
                let why = error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("");
                println!("  fails in {lemma}\n    {why}");
            }
        }
        if let Some((name, meaning)) =
            facts.lemmas.iter().find(|(name, _)| name.contains("_needs_"))
        {
            println!("\n  And it has a theorem of it, `{name}`. {meaning}");
        }
        println!("\nThe note: {}", id.note());
    }
    Ok(findings)
}

/// Prints the line before and after the change.
fn show(tree: &Tree, mutant: &Mutant) -> Result<()> {
    let before = tree.read(WORD)?;
    let after = mutant.apply(&before);
    let line = line_of(&before, mutant.bytes.start);
    let at = |text: &str| text.lines().nth(line - 1).unwrap_or_default().trim().to_owned();
    if at(&before) == at(&after) {
        bail!("{} changes nothing", mutant.name);
    }
    println!("{WORD}:{line}\n- {}\n+ {}", at(&before), at(&after));
    Ok(())
}

/// The panic message of the model: the accesses that race, with their threads, places and code.
fn message(tree: &Tree, output: &str) -> String {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\S+\.rs):(\d+):\d+").unwrap());
    let lines = output.lines().skip_while(|line| !line.contains("panicked at")).skip(1);
    let lines = lines.map(str::trim_end).take_while(|line| !line.starts_with("note:"));
    let lines = lines.filter(|line| !line.is_empty()).take(12).map(|line| {
        let code = PLACE.captures(line).and_then(|place| {
            let (_, [file, line]) = place.extract();
            Some(format!("  {}", tree.line(file, line.parse().ok()?)?.trim()))
        });
        format!("    {line}{}\n", code.unwrap_or_default())
    });
    lines.collect()
}
