//! Reads the Coq sources: the table of accesses, the lemmas, and words that a proof may not use.

use crate::accesses::{Access, Accesses, Id};
use crate::tree::{Finding, Tree, line_of};
use anyhow::Result;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

pub const DIR: &str = "proofs/coq";
pub const TABLE: &str = "Accesses.v";

/// A lemma, and its place.
pub struct Lemma {
    pub file: String,
    pub line: usize,
    /// `Theorem name : statement.`
    pub statement: String,
}

/// The lemmas by their names.
pub type Lemmas = BTreeMap<String, Lemma>;

/// Checks the sources, and returns the lemmas.
pub fn check(tree: &Tree, accesses: &Accesses, findings: &mut Vec<Finding>) -> Result<Lemmas> {
    let project = tree.read_if_any(&format!("{DIR}/_CoqProject"))?.unwrap_or_default();
    let mut listed: BTreeSet<&str> =
        project.split_whitespace().filter(|word| word.ends_with(".v")).collect();
    let mut lemmas = Lemmas::new();
    for file in tree.files(DIR, "v")? {
        let source = tree.read(&file)?;
        let text = without_comments(&source);
        forbidden(&file, &text, findings);
        for (_, place, name) in statements(&text) {
            let line = line_of(&text, place.start);
            let statement = source[place.start..end_of_sentence(&text, place.end)].to_owned();
            lemmas.insert(name, Lemma { file: file.clone(), line, statement });
        }
        if !listed.remove(file.trim_start_matches(DIR).trim_start_matches('/')) {
            findings.push(Finding::new(
                &*file,
                1,
                "not in _CoqProject, so it is never checked",
                format!("list it in {DIR}/_CoqProject"),
            ));
        }
    }
    for file in listed {
        findings.push(Finding::new(
            format!("{DIR}/_CoqProject"),
            1,
            format!("there is no file {file}"),
            "remove it from the list",
        ));
    }
    let table = format!("{DIR}/{TABLE}");
    match tree.read_if_any(&table)? {
        Some(text) => compare(&table, &text, accesses, findings),
        None => {
            findings.push(Finding::new(table, 1, "no such file", "write the table of accesses"))
        }
    }
    Ok(lemmas)
}

/// The text with each comment and each string replaced by spaces of the same length. Comments nest.
pub fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut depth, mut in_string) = (0_usize, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let (blank, pair) = match (c, next) {
            ('"', _) => {
                in_string = !in_string;
                (true, None)
            }
            ('(', Some('*')) if !in_string => {
                depth += 1;
                (true, chars.next())
            }
            ('*', Some(')')) if !in_string && depth > 0 => {
                depth -= 1;
                (true, chars.next())
            }
            _ => (in_string || depth > 0, None),
        };
        for c in [Some(c), pair].into_iter().flatten() {
            if blank && c != '\n' {
                out.extend(std::iter::repeat_n(' ', c.len_utf8()));
            } else {
                out.push(c);
            }
        }
    }
    out
}

fn forbidden(file: &str, text: &str, findings: &mut Vec<Finding>) {
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\b(Admitted|admit|Admit|give_up|Axioms?|Parameters?|Conjecture|bypass_check|Unset\s+(?:Guard|Positivity|Universe)\s+Checking)\b",
        )
        .unwrap()
    });
    for word in WORD.find_iter(text) {
        findings.push(Finding::new(
            file,
            line_of(text, word.start()),
            format!("`{}` assumes something without a proof", word.as_str()),
            "prove it, or state it as a hypothesis of the theorem",
        ));
    }
}

/// The keyword, the place and the name of each lemma in a text without comments.
pub fn statements(text: &str) -> Vec<(&str, Range<usize>, String)> {
    static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\b(Lemma|Theorem|Corollary|Proposition|Property|Fact|Remark|Example)\s+([\w']+)",
        )
        .unwrap()
    });
    let all = STATEMENT.captures_iter(text).map(|captures| {
        let (_, [keyword, name]) = captures.extract();
        (keyword, captures.get_match().range(), name.to_owned())
    });
    all.collect()
}

/// The end of the sentence that begins at `start` of a text without comments.
fn end_of_sentence(text: &str, start: usize) -> usize {
    static END: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\.(\s|$)").unwrap());
    END.find_at(text, start).map_or(text.len(), |end| end.start() + 1)
}

/// A line of the table: `| Access.upgrade => CompareExchangeWeak Acquire Relaxed`.
#[derive(Debug, PartialEq)]
pub struct TableLine {
    pub line: usize,
    /// The operation and its orderings, each with its place in the text.
    pub words: Vec<(String, Range<usize>)>,
}

impl TableLine {
    fn says(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|(word, _)| &**word).collect();
        words.join(" ")
    }
}

/// The lines of the table of accesses, `Definition code ... end.`, and the lines inside it that do
/// not have the form of one.
pub fn table(text: &str) -> (BTreeMap<Id, TableLine>, Vec<usize>) {
    static LINE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^[ \t]*\|[ \t]*Access\.([a-z_]+)[ \t]*=>(.*)$").unwrap());
    static WORDS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*(\w+)\s+(\w+)(?:\s+(\w+))?\s*$").unwrap());
    static TABLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)\bDefinition code\b.*?\bend\.").unwrap());
    let text = without_comments(text);
    let mut table = BTreeMap::new();
    let mut odd = Vec::new();
    let place = TABLE.find(&text).map_or(0..0, |found| found.range());
    for captures in LINE.captures_iter(&text[..place.end]) {
        let start = captures.get_match().start();
        if start < place.start {
            continue;
        }
        let line = line_of(&text, start);
        let rest = captures.get(2).expect("the group is not optional");
        let id = captures[1].parse().ok().filter(|id| !table.contains_key(id));
        match (id, WORDS.captures(rest.as_str())) {
            (Some(id), Some(words)) => {
                let words = words.iter().skip(1).flatten().map(|word| {
                    let range = word.range();
                    (word.as_str().to_owned(), rest.start() + range.start..rest.start() + range.end)
                });
                table.insert(id, TableLine { line, words: words.collect() });
            }
            _ => odd.push(line),
        }
    }
    (table, odd)
}

fn compare(file: &str, text: &str, accesses: &Accesses, findings: &mut Vec<Finding>) {
    let (table, odd) = table(text);
    for line in odd {
        findings.push(Finding::new(
            file,
            line,
            "not a line of the table of accesses, or a second one for this access",
            "write `| Access.name => Operation Ordering`, once for each access",
        ));
    }
    for (id, access) in accesses {
        match table.get(id) {
            None => findings.push(Finding::new(
                file,
                1,
                format!("{id} of the code is not in the table"),
                format!("add `| Access.{id} => {}`", as_coq(access)),
            )),
            Some(line) if line.says() != as_coq(access) => findings.push(Finding::new(
                file,
                line.line,
                format!("{id} is `{}` here and `{}` in the code", line.says(), as_coq(access)),
                format!("compare with line {} of src/word.rs", access.line),
            )),
            Some(_) => {}
        }
    }
    for (id, line) in table {
        if !accesses.contains_key(&id) {
            findings.push(Finding::new(
                file,
                line.line,
                format!("{id} is not in the code"),
                "remove it from the table",
            ));
        }
    }
}

/// The access as a line of the table has it: `compare_exchange_weak` is `CompareExchangeWeak`.
fn as_coq(access: &Access) -> String {
    let mut text = String::new();
    for part in access.operation.split('_') {
        let (first, rest) = part.split_at(1);
        text += &first.to_uppercase();
        text += rest;
    }
    for site in &access.orderings {
        text += " ";
        text += site.ordering.name();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest() {
        let text = "a (* b (* c *) \"*)\" d *) e \"(*\" f\n(* *)";
        let stripped = without_comments(text);
        assert_eq!(stripped.len(), text.len());
        assert_eq!(stripped.split_whitespace().collect::<Vec<_>>(), ["a", "e", "f"]);
        assert_eq!(without_comments("(*) x *) y").trim(), "y");
    }

    #[test]
    fn reads_the_table() {
        let text = "Definition code := fun x => match x with\n\
            | Access.add_strong  => FetchAdd Relaxed  (* clone: one more *)\n\
            | Access.upgrade  => CompareExchangeWeak Acquire Relaxed\n\
            end.\n\
            (* | Access.is_unique => Load Acquire *)\n\
            Definition kind := match x with\n| Access.add_strong => ARmw\n| Access.upgrade => ARmw end.";
        let (table, odd) = table(text);
        let lines: Vec<_> = table.iter().map(|(id, l)| (&*id.0, l.line, l.says())).collect();
        assert_eq!(
            lines,
            [
                ("add_strong", 2, "FetchAdd Relaxed".to_owned()),
                ("upgrade", 3, "CompareExchangeWeak Acquire Relaxed".to_owned())
            ]
        );
        assert!(odd.is_empty());
        for (word, range) in table.values().flat_map(|line| &line.words) {
            assert_eq!(&text[range.clone()], word);
        }
    }

    #[test]
    fn odd_lines_are_not_ignored() {
        let (table, odd) = table(
            "Definition code :=\n| Access.add_strong => Load Acquire\n| Access.add_strong => Load Relaxed\n| Access.release_strong => if x then y\nend.",
        );
        assert_eq!((table.len(), odd), (1, vec![3, 4]));
    }

    #[test]
    fn sentences_end() {
        let text = "Lemma a : T.x = y.\nProof.";
        assert_eq!(&text[..end_of_sentence(text, 7)], "Lemma a : T.x = y.");
    }

    #[test]
    fn lemmas_have_names() {
        let names: Vec<_> = statements("Lemma a' : x. Proof. Qed. #[local] Theorem b_2 n : y.")
            .into_iter()
            .map(|(keyword, _, name)| (keyword.to_owned(), name))
            .collect();
        assert_eq!(names, [("Lemma".into(), "a'".into()), ("Theorem".into(), "b_2".into())]);
    }
}
