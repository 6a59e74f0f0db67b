//! `cargo proofs translate` and `check` on copies of this crate in which something is changed, and
//! `mutate --proof` on a small one.

mod common;

use common::Project;
use std::fs;
use std::path::Path;

const TRANSLATED: [&str; 6] =
    ["src/word.rs", "src/inner.rs", "src/arc.rs", "src/weak.rs", "src/unique.rs", "src/clones.rs"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A line of `src/word.rs` that has no meaning for the translation: it can be an item instead.
const IMPORT: &str = "pub(crate) use crate::atomic::{MODELLED, dealloc};";

/// A project with the translated files of this crate.
fn project() -> Project {
    let project = Project::new(&[]);
    for file in TRANSLATED.into_iter().chain(["proofs/checker/translate.toml"]) {
        project.write(file, &fs::read_to_string(root().join(file)).unwrap());
    }
    project.write("proofs/coq/Code.v", "");
    project
}

fn translated(project: &Project) -> String {
    let (success, output) = project.proofs(&["translate"]);
    assert!(success, "{output}");
    project.read("proofs/coq/Code.v")
}

/// The line of the text, which occurs once.
fn line_of(project: &Project, file: &str, text: &str) -> usize {
    let source = project.read(file);
    assert_eq!(source.matches(text).count(), 1, "`{text}` in {file}");
    source[..source.find(text).unwrap()].matches('\n').count() + 1
}

/// Replaces `from` by `to`, which cannot be translated. The message names the line of `from`.
#[track_caller]
fn is_refused(file: &str, from: &str, to: &str, says: &str) {
    let project = project();
    let line = line_of(&project, file, from);
    project.replace(file, from, to);
    let (success, output) = project.proofs(&["translate"]);
    assert!(!success, "`{to}` was translated");
    let says = format!("{file}:{line}: cannot be translated: {says}");
    assert!(output.lines().any(|l| l.starts_with(&says)), "expected\n{says}\ngot\n{output}");
    assert!(output.contains(": write it like the functions around it, or add it to"));
    assert_eq!(project.read("proofs/coq/Code.v"), "");
}

/// The text of Code.v before and after the change.
#[track_caller]
fn changes(file: &str, from: &str, to: &str) -> (String, String) {
    let project = project();
    let before = translated(&project);
    project.replace(file, from, to);
    let after = translated(&project);
    assert_ne!(before, after, "`{from}` and `{to}` are the same in Code.v");
    (before, after)
}

#[test]
fn this_crate_is_translated() {
    let code = translated(&project());
    assert_eq!(code, fs::read_to_string(root().join("proofs/coq/Code.v")).unwrap());
}

#[test]
fn unknown_statements_are_refused() {
    let publish = "self.0.fetch_add(STRONG, Release);";
    let refused = |to: &str, says: &str| is_refused("src/word.rs", publish, to, says);
    refused("let x;", "this variable is not initialised");
    refused("let (a, b) = (1, 2);", "`(1 , 2)` is not supported");
    refused("let Some(x) = None else { return };", "`let else` is not supported");
    refused("let Seen(x) = self.seen();", "`Word::seen` is not supported");
    refused("fn f() {}", "an item inside of a function is not supported");
    refused("#[cfg(x)] self.0.fetch_add(STRONG, Release);", "an attribute of a statement");
    refused("yield_now!();", "this macro is not supported");
    refused("for x in y {}", "`for x in y { }` is not supported");
    refused("'a: loop {}", "`'a : loop { }` is not supported");
    refused("self.0 = other;", "`other` is not supported");
    refused("self = self;", "this assigns to a reference, not to its target");
}

#[test]
fn unknown_expressions_are_refused() {
    let unique = "self.0.load(Acquire) == UNIQUE";
    let refused = |to: &str, says: &str| is_refused("src/word.rs", unique, to, says);
    refused("self.0.load(Acquire) ^ UNIQUE", "this operator is not supported");
    refused("-1 == UNIQUE", "this operator is not supported");
    refused("self.0.load(Acquire) as u32 == 1", "this cast is not supported");
    refused("'a' == UNIQUE", "this literal is not supported");
    refused("self.0.load(Acquire).pow(2) == 1", "this method of a number is not supported");
    refused("self.1.load(Acquire) == UNIQUE", "this field is not supported");
    refused("self.0.load(SeqCst) == UNIQUE", "this ordering is not supported");
    refused("self.0.load(order) == UNIQUE", "this ordering is not supported");
    refused("self.0.swap(1, Acquire) == UNIQUE", "this atomic operation is not supported");
    refused("core::hint::black_box(true)", "`core::hint::black_box` is not supported");
    refused("self.0.load(Acquire) == MANY", "`MANY` is not supported");
    refused("if UNIQUE { true } else { false }", "this is not a condition");
    refused("(|| true)()", "this call is not supported");
    refused("self.is_unique()", "this function calls itself");
    refused("async { true }", "`async { true }` is not supported");
}

#[test]
fn an_access_without_a_name_is_refused() {
    let project = project();
    project.replace("src/word.rs", "// [is_unique] Acquire:", "// Acquire:");
    let line = line_of(&project, "src/word.rs", "self.0.load(Acquire) == UNIQUE");
    let (success, output) = project.proofs(&["translate"]);
    assert!(!success);
    let says = format!("src/word.rs:{line}: cannot be translated: this access has no name");
    assert!(output.starts_with(&says), "{output}");
}

#[test]
fn unknown_patterns_are_refused() {
    let arm = "Sole::Unique => return,";
    let refused = |to: &str, says: &str| is_refused("src/arc.rs", arm, to, says);
    refused("Sole::Many => return,", "this pattern is not supported");
    refused("Sole::Shared | Sole::Unique => return,", "this pattern is not supported");
    refused("x @ Sole::Unique => return,", "this pattern is not supported");
    refused("Sole::Unique if this.word().is_unique() => return,", "this guard has an effect");
}

#[test]
fn a_temporary_with_a_destructor_is_refused() {
    let handle =
        "    #[inline]\n    pub fn counts(this: &Self) -> Counts {\n        this.word().counts()";
    let project = project();
    let body = "this.word().counts()";
    let line = line_of(&project, "src/arc.rs", body);
    for (to, says) in [
        ("Arc::clone(this).word().counts()", "a temporary handle is lent here"),
        (
            "Arc::clone(this); this.word().counts()",
            "a temporary handle is dropped at the end of the statement",
        ),
        ("let x = Some(Arc::clone(this)); this.word().counts()", "an enum with a handle is stored"),
    ] {
        project.replace("src/arc.rs", body, to);
        let (success, output) = project.proofs(&["translate"]);
        assert!(!success);
        let says = format!("src/arc.rs:{line}: cannot be translated: {says}");
        assert!(output.starts_with(&says), "expected\n{says}\ngot\n{output}\n{handle}");
        project.replace("src/arc.rs", to, body);
    }
}

#[test]
fn unknown_items_are_refused() {
    let refused = |to: &str, says: &str| is_refused("src/word.rs", IMPORT, to, says);
    refused("static X: u64 = 1;", "this item is not supported");
    refused("use core::mem::{forget as drop};", "an import with another name");
    refused("some_macro! { fn f() {} }", "this macro is not supported");
    refused("fn f(x: Vec<u8>) {}", "this type is not supported");
    refused("fn f((a, b): u64) {}", "this parameter has no name");
    refused("enum E { A(u64, u64) }", "a variant has at most one field");
    refused("fn f( {}", "this is not Rust");
    refused("const X: u64 = if UNIQUE == 1 { 1 } else { 2 };", "this is not an expression");
}

#[test]
fn a_new_function_is_translated_or_refused() {
    let (_, after) = changes("src/word.rs", IMPORT, "fn twice(x: u64) -> u64 { x * 2 }");
    assert!(after.contains("Definition twice (x : exp) : exp := x * 2."), "{after}");
}

#[test]
fn a_constant_an_operator_and_a_callee_are_seen() {
    let (_, code) = changes("src/word.rs", "1 << 29", "1 << 28");
    assert!(code.contains("Definition WEAK_LIMIT : exp := 1 << 28."));
    let (_, code) = changes("src/word.rs", "weak(before) > 1", "weak(before) >= 1");
    assert!(code.contains("if_ weak \"before\" >= 1 then_"));
    let (_, code) = changes(
        "src/word.rs",
        "let new = seen.0.wrapping_sub(STRONG)",
        "let new = seen.0.wrapping_add(STRONG)",
    );
    assert!(code.contains("let_ \"new\" := Dot \"seen\" \"0\" +% STRONG;;"));
    let (_, code) = changes("src/weak.rs", "word.add_weak();", "word.publish();");
    assert!(code.contains("call Word_publish [Var \"word\"];;"));
    let (_, code) = changes(
        "src/word.rs",
        "self.0.fetch_add(STRONG, Release)",
        "self.0.fetch_add(STRONG, Relaxed)",
    );
    assert!(code.contains("FetchAdd Access.publish Relaxed \"self\" STRONG"));
    // The translation also shows what is forgotten, moved and dropped.
    changes("src/arc.rs", "mem::forget(implicit_weak);", "drop(implicit_weak);");
    changes(
        "src/unique.rs",
        "let this = ManuallyDrop::new(this);\n        this.word().publish();",
        "this.word().publish();",
    );
    changes("src/inner.rs", "unsafe { self.value.drop_in_place() }", "{}");
}

#[test]
fn comments_and_layout_are_not_seen() {
    let project = project();
    let before = translated(&project);
    project.replace("src/word.rs", IMPORT, "// Another.\n\n\n");
    project.replace("src/word.rs", "weak(before) > 1", "(weak(\nbefore) > 1)");
    assert_eq!(translated(&project), before);
}

#[test]
fn the_table_of_what_is_left_out() {
    let table = "proofs/checker/translate.toml";
    let project = project();
    project.replace(table, "\"Arc::ptr_eq\"", "\"Arc::ptr_ne\"");
    let (success, output) = project.proofs(&["translate"]);
    assert!(!success);
    assert!(
        output
            .contains("translate.toml:1: there is no function `Arc::ptr_ne` in src/arc.rs: remove")
    );
    assert!(output.contains("src/arc.rs:"), "{output}");
    assert!(output.contains("`ptr::addr_eq` is not supported"), "{output}");

    let project = self::project();
    let body = "ptr::addr_eq(this.value.as_ptr(), other.value.as_ptr())";
    let line = line_of(&project, "src/arc.rs", body);
    project.replace("src/arc.rs", body, "this.word().is_unique()");
    let (success, output) = project.proofs(&["translate"]);
    assert!(!success);
    let says = format!("src/arc.rs:{line}: `Arc::ptr_eq` uses the word, but is left out");
    assert!(output.contains(&says), "{output}");
}

/// The files that `cargo proofs check` reads.
fn whole_project() -> Project {
    let project = Project::new(&[]);
    let mut dirs = vec!["src".to_owned(), "proofs".to_owned(), "tests/loom".to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(root().join(&dir)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{dir}/{}", entry.file_name().into_string().unwrap());
            let is_text = [".rs", ".md", ".v", ".toml", ".svg", ".html", "_CoqProject"];
            if entry.file_type().unwrap().is_dir() {
                dirs.push(path);
            } else if is_text.iter().any(|end| path.ends_with(end)) {
                project.write(&path, &fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    project
}

/// Three changes that the comparison of names and orderings does not notice.
#[test]
fn check_sees_what_the_text_does() {
    let project = whole_project();
    let (success, output) = project.proofs(&["check"]);
    assert!(success, "{output}");
    for (file, from, to) in [
        ("src/word.rs", "fetch_add(STRONG, Release)", "fetch_add(STRONG + STRONG, Release)"),
        ("src/arc.rs", "same_layout && this.word().is_unique()", "same_layout"),
        ("src/arc.rs", "this.word().add_weak();", ""),
    ] {
        project.replace(file, from, to);
        let (success, output) = project.proofs(&["check"]);
        assert!(!success, "`{to}` for `{from}` is not seen");
        let says = "this is not what src/ says: run `cargo proofs translate`";
        assert!(output.starts_with("proofs/coq/Code.v:"), "{output}");
        assert!(output.trim().ends_with(says), "{output}");
        let text = fs::read_to_string(root().join(file)).unwrap();
        project.write(file, &text);
    }
}

const WORD: &str = "\
pub(crate) struct Word(AtomicU64);

const ONE: u64 = 1;

impl Word {
    pub(crate) fn publish(&self) {
        // [publish] Release: pairs with [publish].
        self.0.fetch_add(ONE, Release);
    }
}
";

const PROOF: &str = "\
From Coq Require Import List ZArith String.
From ProvenArc Require Import Accesses Syntax Code.
Import ListNotations.
Local Open Scope string_scope.

Lemma one : ONE = Num 1.
Proof. reflexivity. Qed.

Lemma publishes : Word_publish = Fn [\"self\"] (
  Let PAny (FetchAdd Access.publish Release (Var \"self\") ONE) (Val unit)).
Proof. reflexivity. Qed.
";

/// What no lemma of `PROOF` speaks of, but one that uses it.
const LATER: &str = "\
From ProvenArc Require Import Accesses Syntax Code Proof.

Lemma later : body Word_publish = body Word_publish.
Proof. reflexivity. Qed.
";

/// A word with one access, and a proof about it.
fn small(proof: &str, reasons: &str) -> Project {
    let coq = |name: &str| {
        let file = format!("proofs/coq/{name}");
        fs::read_to_string(root().join(file)).unwrap()
    };
    let files = "Accesses.v\nSyntax.v\nCode.v\nProof.v\nLater.v\n";
    let project = Project::new(&[
        ("src/word.rs", WORD),
        ("proofs/coq/Accesses.v", &coq("Accesses.v")),
        ("proofs/coq/Syntax.v", &coq("Syntax.v")),
        ("proofs/coq/Proof.v", proof),
        ("proofs/coq/Later.v", LATER),
        ("proofs/coq/_CoqProject", &format!("-Q . ProvenArc\n{files}")),
        ("proofs/checker/proof-mutants.toml", reasons),
    ]);
    translated(&project);
    project
}

const TABLE: &str = "proofs/PROOF-MUTANTS.md";

fn rows(project: &Project) -> Vec<String> {
    let table = project.read(TABLE);
    table.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
}

const ROWS: [&str; 5] = [
    "| `ONE: 1 -> 2` | `one`, Proof.v |",
    "| `ONE: 1 -> 0` | `one`, Proof.v |",
    "| `Word::publish: without self.0.fetch_add(ONE, Release);` | `publishes`, Proof.v |",
    "| `Word::publish: fetch_add -> fetch_sub` | `publishes`, Proof.v |",
    "| `Word::publish: Release -> Relaxed` | `publishes`, Proof.v |",
];

#[test]
fn coq_stops_at_mutants_of_the_text() {
    let project = small(PROOF, "");
    let (success, output) = project.proofs(&["mutate", "--proof"]);
    assert!(success, "{output}");
    assert!(
        output.contains("5 of 5 mutants: Coq stops at 5, the translator refuses 0, 0 survive"),
        "{output}"
    );
    assert_eq!(rows(&project), ROWS);
    let (success, output) = project.proofs(&["mutate", "--proof", "--check"]);
    assert!(success, "{output}");
    // Nothing is missing, so nothing is run.
    let (success, output) = project.proofs(&["mutate", "--proof", "--missing"]);
    assert!(success, "{output}");
    assert!(output.contains("0 of 5 mutants"), "{output}");
}

#[test]
fn what_the_table_names_is_there() {
    let project = small(PROOF, "");
    let (_, output) = project.proofs(&["mutate", "--proof", "--only", "ONE"]);
    assert!(output.contains("2 of 5 mutants"), "{output}");
    assert_eq!(rows(&project), ROWS[..2]);
    let check = || project.proofs(&["mutate", "--proof", "--check", "--only", "ONE: 1 -> 2"]);
    let (success, output) = check();
    assert!(!success);
    let says = "proofs/PROOF-MUTANTS.md:1: no line for the mutant \
                `Word::publish: Release -> Relaxed` that names a lemma of proofs/coq/: run \
                `cargo proofs mutate --proof --missing`";
    assert!(output.contains(says), "{output}");

    // Only what is missing is run. A line of a lemma that there is not counts as missing.
    project.replace(TABLE, "1 -> 2` | `one`", "1 -> 2` | `two`");
    let (success, output) = project.proofs(&["mutate", "--proof", "--missing"]);
    assert!(success, "{output}");
    assert!(output.contains("4 of 5 mutants"), "{output}");
    assert_eq!(rows(&project), ROWS);

    // Another lemma than the one that stops it may be in the table.
    project.replace(TABLE, "1 -> 2` | `one`", "1 -> 2` | `later`");
    let (success, output) = check();
    assert!(success, "{output}");
    let text = project.read(TABLE);
    project.write(TABLE, &text.replace("1 -> 2", "1 -> 3"));
    assert!(!check().0);
    project.write(TABLE, &format!("{text}| `ONE: 1 -> 3` | `one`, Proof.v |\n"));
    let (success, output) = check();
    assert!(!success);
    assert!(output.contains("PROOF-MUTANTS.md:1: the table is not what the run found"), "{output}");
}

fn reason(kind: &str, name: &str) -> String {
    format!("[{kind}]\n\"{name}\" = \"nothing depends on it\"\n")
}

#[test]
fn survivors_are_found_or_explained() {
    // Nothing is said of the constant, nor in what order the word is published.
    let without = "From ProvenArc Require Import Accesses Syntax Code.\n\
                   Lemma one : ONE = ONE.\nProof. reflexivity. Qed.\n\
                   Lemma uses : body Word_publish <> unit.\nProof. discriminate. Qed.\n";
    let reasons = reason("equal", "ONE: 1 -> 0") + &reason("outside", "Word::publish");
    let project = small(without, &reasons);
    let (success, output) = project.proofs(&["mutate", "--proof"]);
    assert!(!success);
    let says = "\nsrc/word.rs:3: `ONE: 1 -> 2`: SURVIVES: the proof still builds: let the proof";
    assert!(output.contains(says), "{output}");
    assert_eq!(
        rows(&project),
        [
            "| `ONE: 1 -> 2` | SURVIVES: the proof still builds |",
            "| `ONE: 1 -> 0` | equal in meaning: nothing depends on it |",
            "| `Word::publish: without self.0.fetch_add(ONE, Release);` | `uses`, Proof.v |",
            "| `Word::publish: fetch_add -> fetch_sub` | SURVIVES: nothing depends on it |",
            "| `Word::publish: Release -> Relaxed` | SURVIVES: nothing depends on it |",
        ]
    );
    // That it stands in the table is no reason.
    let (success, output) = project.proofs(&["mutate", "--proof", "--check", "--sample", "1"]);
    assert!(!success);
    assert!(output.contains("`ONE: 1 -> 2` survives, without a reason in proofs/"), "{output}");

    let project = small(PROOF, &reason("equal", "TWO: 1 -> 2"));
    let (success, output) = project.proofs(&["mutate", "--proof"]);
    assert!(!success);
    assert!(output.contains("proof-mutants.toml:1: there is no mutant `TWO: 1 -> 2`"), "{output}");
}

#[test]
fn a_check_finds_a_survivor_that_the_table_says_is_stopped() {
    // That other mutants of the same function may survive is no excuse.
    let project = small(PROOF, &reason("outside", "ONE"));
    assert!(project.proofs(&["mutate", "--proof"]).0);
    // The proof does not need the constant's value any more.
    project.replace("proofs/coq/Proof.v", "Lemma one : ONE = Num 1.", "Lemma one : ONE = ONE.");
    let check = ["mutate", "--proof", "--check", "--only", "ONE"];
    let (success, output) = project.proofs(&check);
    assert!(!success);
    let says = "src/word.rs:3: `ONE: 1 -> 0`: SURVIVES: the proof still builds: let the proof";
    assert!(output.contains(says), "{output}");
    assert_eq!(rows(&project), ROWS);
}

#[test]
fn what_stops_is_not_equal_in_meaning() {
    let project = small(PROOF, &reason("equal", "ONE: 1 -> 0"));
    let (success, output) = project.proofs(&["mutate", "--proof", "--only", "ONE: 1 -> 0"]);
    assert!(!success);
    let says = "proof-mutants.toml:1: `ONE: 1 -> 0` is not equal in meaning: `one`, Proof.v: take";
    assert!(output.contains(says), "{output}");
}

#[test]
fn the_whole_proof_decides_if_no_proof_that_names_the_function_stops() {
    // `publishes` names the function through another definition.
    let defined = PROOF.replace(
        "Lemma publishes : Word_publish =",
        "Definition it := Word_publish.\nLemma publishes : it =",
    );
    let project = small(&defined, "");
    let (success, output) = project.proofs(&["mutate", "--proof", "--only", "Word::publish"]);
    assert!(success, "{output}");
    assert_eq!(rows(&project), ROWS[2..]);
    assert!(project.path().join("target/proof-mutants/whole-0/Proof.v").exists());
}

#[test]
fn a_sample_is_the_same_for_the_same_seed() {
    let project = project();
    let sample = |seed: &[&str]| {
        let arguments = [&["mutate", "--proof", "--list", "--sample=20"], seed].concat();
        let (success, output) = project.proofs(&arguments);
        assert!(success, "{output}");
        assert!(output.starts_with("a sample of 20: --seed "), "{output}");
        assert_eq!(output.lines().count(), 21, "{output}");
        output
    };
    assert_eq!(sample(&["--seed=7"]), sample(&["--seed=7"]));
    assert_ne!(sample(&["--seed=7"]), sample(&["--seed=8"]));
    // Without a seed, the sample differs each time.
    assert_ne!(sample(&[]), sample(&[]));
}

#[test]
fn other_files_leave_the_word_alone() {
    let project = whole_project();
    let other = "fn f(arc: Arc<u8>) {\n    arc.word().add_weak();\n    drop_slow(arc.value, last);\n    let word = 1;\n}\n";
    project.write("src/other.rs", other);
    let (success, output) = project.proofs(&["check"]);
    assert!(!success);
    for says in [
        "src/other.rs:2: `word` is used here, in a file that is not translated: let a function of",
        "src/other.rs:3: `drop_slow` is used here, in a file that is not translated",
    ] {
        assert!(output.contains(says), "expected\n{says}\ngot\n{output}");
    }
    assert_eq!(output.matches("src/other.rs:").count(), 2, "{output}");
}
