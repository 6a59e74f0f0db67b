//! A copy of the proof in which only the proofs about some definitions are left, so that Coq is
//! through with it in seconds.
//!
//! The other proofs are `Admitted`. What Coq takes for given then is what it has proved before the
//! definitions changed, and a proof that ends in `Qed` is opaque: a later proof sees the statement
//! alone, which is the same. So a proof that fails in the copy fails in the whole as well. That the
//! copy builds says nothing: then the whole has to be built.

use crate::coq::statements;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The names of definitions.
pub type Names = BTreeSet<String>;

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\''))
}

/// Whether the text has one of the names in it.
pub fn speaks_of(text: &str, names: &Names) -> bool {
    words(text).any(|word| names.contains(word))
}

/// The definitions that are not the same in the two texts of Code.v, and those that use one of
/// these.
pub fn changed(before: &str, after: &str) -> Names {
    let (old, mut names) = (definitions(before).collect::<BTreeMap<_, _>>(), Names::new());
    for (name, text) in definitions(after) {
        if old.get(name) != Some(&text) || speaks_of(text, &names) {
            names.insert(name.to_owned());
        }
    }
    names
}

/// The name and the text of each definition. A comment follows on an empty line.
fn definitions(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\nDefinition ").skip(1).map(|definition| {
        let name = definition.split_whitespace().next().unwrap_or_default();
        (name, definition.split("\n\n").next().unwrap_or_default().trim_end())
    })
}

/// Whether the file with this text (without comments) requires the other one, named without `.v`.
pub fn requires(text: &str, file: &str) -> bool {
    static REQUIRE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bFrom\s+ProvenArc\s+Require\b([^.]*)\.").unwrap());
    REQUIRE.captures_iter(text).any(|require| words(&require[1]).any(|word| word == file))
}

/// The source with `Admitted` instead of each proof that speaks of none of the names. `text` is the
/// source without comments. A proof in a section stays, since what a lemma depends on of the
/// section's variables can be read from its proof only.
pub fn trimmed(source: &str, text: &str, names: &Names) -> String {
    static PROOF: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)\bProof\.(.*?\bQed)\.").unwrap());
    static BOUND: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(Section|Module|End)\s+\w+\s*\.").unwrap());
    let (mut out, mut copied) = (String::new(), 0);
    let starts: Vec<_> = statements(text).into_iter().map(|(_, place, _)| place.start).collect();
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    for (start, end) in starts.iter().copied().zip(ends) {
        let bounds = BOUND.captures_iter(&text[..start]);
        let depth: i32 = bounds.map(|bound| if &bound[1] == "End" { -1 } else { 1 }).sum();
        let Some(proof) = PROOF.captures(&text[start..end]).and_then(|proof| proof.get(1)) else {
            continue;
        };
        if depth == 0 && !speaks_of(&text[start..start + proof.end()], names) {
            out += &source[copied..start + proof.start()];
            out += " Admitted";
            copied = start + proof.end();
        }
    }
    out + &source[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coq::without_comments;

    fn names(names: &[&str]) -> Names {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_uses_a_changed_definition_is_changed() {
        let code = "\nDefinition a : x :=\n 1.\nDefinition b := a.\nDefinition c := 2.\n\
            Definition d := c b.\nDefinition a' := 3.\n";
        assert_eq!(changed(code, code), names(&[]));
        assert_eq!(changed(code, &code.replace(" 1.", " 2.")), names(&["a", "b", "d"]));
        assert_eq!(changed(code, &code.replace('3', "4")), names(&["a'"]));
        assert_eq!(changed(code, &format!("{code}Definition e := 1.")), names(&["e"]));
        // Another place, and another comment.
        let moved = "\nDefinition c := 2.\n\n(** [fn x] *)\nDefinition a : x :=\n 1.\n\n(* y *)\n";
        assert_eq!(changed(code, moved), names(&[]));
    }

    #[test]
    fn only_the_proofs_that_speak_of_a_name_stay() {
        let source = "Definition d := a.\nLemma one : a = 1. (* Qed. *)\nProof. x. Qed.\n\
            Lemma two : b = \"2\".\nProof.\n  y. Qed.\nLemma three : c. Proof. unfold a. Qed.\n\
            Lemma four : c. Proof. z. Defined.\n";
        let trimmed = |names| trimmed(source, &without_comments(source), &names);
        let left = source.replace("\n  y. Qed", " Admitted");
        assert_eq!(trimmed(names(&["a"])), left);
        let left = source.replace(" x. Qed", " Admitted").replace(" unfold a. Qed", " Admitted");
        assert_eq!(trimmed(names(&["b"])), left);
        assert_eq!(trimmed(names(&["a", "b", "c"])), source);
    }

    #[test]
    fn proofs_in_sections_stay() {
        let source = "Section S.\nVariable n : nat.\nLemma a : x. Proof. y. Qed.\nEnd S.\n\
            Lemma b : x. Proof. y. Qed.";
        let left = "Section S.\nVariable n : nat.\nLemma a : x. Proof. y. Qed.\nEnd S.\n\
            Lemma b : x. Proof. Admitted.";
        assert_eq!(trimmed(source, source, &names(&[])), left);
    }

    #[test]
    fn knows_what_is_required() {
        let text = "From Coq Require Import List.\nFrom ProvenArc Require Import A\n  B_1.\n\
            From ProvenArc Require Export C.";
        for (file, required) in
            [("A", true), ("B_1", true), ("B", false), ("C", true), ("List", false)]
        {
            assert_eq!(requires(text, file), required, "{file}");
        }
    }
}
