//! `proofs/notes.toml`: what is known of each access in addition to its code and its text.
//!
//! ```toml
//! [publish]
//! used_by = ["`Arc::new_cyclic`, before it returns"]
//! pairs_with = ["upgrade"]
//! models = ["publish::new_cyclic"]
//! lemmas = [["publish_safe", "What it says, in one sentence."]]
//! edge = """
//! = builder | thread 2
//! 1 writes the value !
//! 1 [publish] 0 → 1, Release >
//! 2 [upgrade] 1 → 2, Acquire <
//! 2 reads the value !
//! """
//! ```
//!
//! The edge is told step by step. Each step begins with its thread, 1 or 2. The arrow of
//! happens-before leads from the step with `>` to the step with `<`. Without the arrow, the steps
//! marked `!` race.

use crate::accesses::{Accesses, Id};
use crate::tree::{Finding, Tree, line_of};
use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub const FILE: &str = "proofs/notes.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// In Markdown, with functions in backticks.
    pub used_by: Vec<String>,
    #[serde(default)]
    pub pairs_with: Vec<String>,
    #[serde(default)]
    pub models: Vec<String>,
    /// The names, each with its meaning.
    pub lemmas: Vec<(String, String)>,
    #[serde(default)]
    edge: String,
}

/// The facts of all accesses, with their source text.
#[derive(Default)]
pub struct Table {
    text: String,
    pub of: BTreeMap<Id, Facts>,
}

/// The names that the facts may use.
pub struct Names {
    pub models: BTreeSet<String>,
    pub lemmas: BTreeSet<String>,
}

/// The steps of two threads, and the arrow between them.
#[derive(Debug, PartialEq)]
pub struct Edge {
    pub threads: [String; 2],
    pub steps: Vec<Step>,
    /// The steps at the ends of the arrow.
    pub arrow: (usize, usize),
}

#[derive(Debug, PartialEq)]
pub struct Step {
    /// 0 or 1.
    pub thread: usize,
    pub text: String,
    /// Whether it races with the other such step if the arrow is missing.
    pub races: bool,
}

impl Step {
    /// The access that the step is.
    pub fn access(&self) -> Option<&str> {
        static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[([a-z_]+)\]").unwrap());
        Some(NAME.captures(&self.text)?.get(1)?.as_str())
    }
}

impl Facts {
    /// The edge that the access makes, if it makes one.
    pub fn edge(&self) -> Result<Option<Edge>, String> {
        if self.edge.trim().is_empty() { Ok(None) } else { parse(&self.edge).map(Some) }
    }
}

fn parse(text: &str) -> Result<Edge, String> {
    let mut threads = ["thread 1".to_owned(), "thread 2".to_owned()];
    let mut steps = Vec::new();
    let (mut from, mut to) = (None, None);
    for line in text.trim().lines() {
        if let Some(names) = line.strip_prefix("= ") {
            let (one, other) = names.split_once(" | ").ok_or("`= one | other` names threads")?;
            threads = [one.to_owned(), other.to_owned()];
            continue;
        }
        let (thread, rest) = match line.split_once(' ') {
            Some(("1", rest)) => (0, rest),
            Some(("2", rest)) => (1, rest),
            _ => return Err(format!("`{line}` begins with neither `1 ` nor `2 `")),
        };
        let (text, mark) = match rest.rsplit_once(' ') {
            Some((text, mark @ ("<" | ">" | "!"))) => (text, mark),
            _ => (rest, ""),
        };
        let end = match mark {
            ">" => Some(&mut from),
            "<" => Some(&mut to),
            _ => None,
        };
        if end.is_some_and(|end| end.replace(steps.len()).is_some()) {
            return Err(format!("a second `{mark}`"));
        }
        steps.push(Step { thread, text: text.to_owned(), races: mark == "!" });
    }
    let arrow = from.zip(to).ok_or("the arrow needs a `>` and a `<`")?;
    if steps[arrow.0].thread == steps[arrow.1].thread || arrow.0 > arrow.1 {
        return Err("the arrow leads from one thread to the other, downwards".to_owned());
    }
    let racing: Vec<_> = steps.iter().filter(|step| step.races).collect();
    if !matches!(&*racing, [a, b] if a.thread != b.thread) {
        return Err("two steps, one of each thread, race without the arrow: mark them `!`".into());
    }
    Ok(Edge { threads, steps, arrow })
}

pub fn read(tree: &Tree) -> Result<Table> {
    let text = tree.read(FILE)?;
    let raw: BTreeMap<String, Facts> = toml::from_str(&text).context(FILE)?;
    let of = raw.into_iter().map(|(name, facts)| Ok((name.parse()?, facts)));
    Ok(Table { of: of.collect::<Result<_>>()?, text })
}

impl Table {
    /// The line of the access, or of the first line after it with the word.
    fn line(&self, id: &Id, word: &str) -> usize {
        let start = self.text.find(&format!("[{id}]\n")).unwrap_or(0);
        line_of(&self.text, start + self.text[start..].find(word).unwrap_or(0))
    }

    /// Compares the facts with the code, and with the names that exist.
    pub fn check(&self, accesses: &Accesses, names: &Names, findings: &mut Vec<Finding>) {
        for (id, facts) in &self.of {
            let mut find = |word: &str, what: String, to_do: &str| {
                findings.push(Finding::new(FILE, self.line(id, word), what, to_do));
            };
            let Some(access) = accesses.get(id) else {
                find("", format!("there is no access {id} in the code"), "remove it");
                continue;
            };
            let success = access.orderings[0].ordering;
            let is_relaxed = success.weaker().is_empty();
            for name in &facts.pairs_with {
                let partner = name.parse().ok().and_then(|partner| self.of.get(&partner));
                match partner {
                    None => find(name, format!("[{name}] is not an access"), "name one"),
                    Some(partner) if !partner.pairs_with.contains(&id.0) => find(
                        name,
                        format!("{id} pairs with {name}, but {name} not with {id}"),
                        "say it of both, or of neither",
                    ),
                    Some(_) => {}
                }
            }
            if is_relaxed != facts.pairs_with.is_empty() {
                let what = format!("{id} is {success}, and `pairs_with` says otherwise");
                find("pairs_with", what, "name the accesses at the other end of its edges");
            }
            if !is_relaxed && facts.models.is_empty() {
                find("models", format!("{id} names no model"), "name those that catch it weakened");
            }
            for model in facts.models.iter().filter(|model| !names.models.contains(*model)) {
                let to_do = "name a function with `#[test]` in tests/loom/";
                find(model, format!("there is no model `{model}`"), to_do);
            }
            if facts.lemmas.is_empty() {
                find("lemmas", format!("{id} names no lemma"), "name what is proved of it");
            }
            for (lemma, _) in facts.lemmas.iter().filter(|(name, _)| !names.lemmas.contains(name)) {
                let to_do = "no `Lemma` or `Theorem` in proofs/coq/ has this name";
                find(lemma, format!("there is no lemma `{lemma}`"), to_do);
            }
            match facts.edge() {
                Err(error) => find("edge", format!("the edge of {id}: {error}"), "see facts.rs"),
                Ok(None) if !is_relaxed => {
                    find("", format!("{id} is {success} and has no edge"), "describe it in `edge`");
                }
                Ok(None) => {}
                Ok(Some(edge)) => {
                    if let Err(error) = self.check_edge(id, &edge, accesses) {
                        find("edge", format!("the edge of {id}: {error}"), "correct it");
                    }
                }
            }
        }
        for id in accesses.keys().filter(|id| !self.of.contains_key(id)) {
            findings.push(Finding::new(
                FILE,
                1,
                format!("{id} is missing"),
                format!("add `[{id}]`"),
            ));
        }
    }

    fn check_edge(&self, id: &Id, edge: &Edge, accesses: &Accesses) -> Result<(), String> {
        static ORDERING: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\b(Relaxed|Acquire|Release)\b").unwrap());
        for step in &edge.steps {
            let Some(name) = step.access() else { continue };
            let access = name.parse().ok().and_then(|id: Id| accesses.get(&id));
            let access = access.ok_or_else(|| format!("[{name}] is not an access"))?;
            for said in ORDERING.find_iter(&step.text) {
                let ordering = access.orderings[0].ordering.name();
                if said.as_str() != ordering {
                    return Err(format!("[{name}] is {ordering}, not {}", said.as_str()));
                }
            }
        }
        let end = |at: usize| edge.steps[at].access().ok_or("an end of the arrow is not an access");
        let (from, to) = (end(edge.arrow.0)?, end(edge.arrow.1)?);
        for (name, at, ordering) in [(from, edge.arrow.0, "Release"), (to, edge.arrow.1, "Acquire")]
        {
            if !edge.steps[at].text.contains(ordering) {
                return Err(format!("[{name}] at an end of the arrow is not {ordering}"));
            }
        }
        let pairs = |a: &str, b: &str| {
            a.parse()
                .ok()
                .and_then(|id: Id| self.of.get(&id))
                .is_some_and(|facts| facts.pairs_with.iter().any(|name| name == b))
        };
        if !pairs(from, to) || (from != id.0 && to != id.0) {
            return Err(format!("{id} makes no edge from {from} to {to}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_read() {
        let edge = parse("= a | b\n1 x !\n1 [f] Release >\n2 [g] Acquire <\n2 y !\n").unwrap();
        assert_eq!(edge.threads, ["a", "b"]);
        assert_eq!(edge.arrow, (1, 2));
        let steps: Vec<_> = edge.steps.iter().map(|s| (s.thread, &*s.text, s.races)).collect();
        assert_eq!(
            steps,
            [(0, "x", true), (0, "[f] Release", false), (1, "[g] Acquire", false), (1, "y", true)]
        );
        assert_eq!(edge.steps[1].access(), Some("f"));
    }

    #[test]
    fn not_an_edge() {
        for (text, error) in [
            ("x", "begins with neither"),
            ("1 x !\n1 a >\n1 b <\n2 y !", "from one thread to the other"),
            ("2 b <\n1 x !\n1 a >\n2 y !", "downwards"),
            ("1 x !\n1 a >\n1 a >\n2 b <", "a second `>`"),
            ("1 x !\n1 a >\n2 y !", "needs a `>` and a `<`"),
            ("1 x !\n1 a >\n2 b <", "mark them"),
            ("= a\n1 x", "names threads"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(error), "{text}: {said}");
        }
    }
}
