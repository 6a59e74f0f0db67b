//! `cargo proofs mutate` on a small crate, whose "models" report when an ordering is weaker.

mod common;

use common::Project;

const MANIFEST: &str = "\
[package]
name = \"small\"
version = \"0.1.0\"
edition = \"2024\"

[workspace]

[[test]]
name = \"loom\"
path = \"tests/loom/main.rs\"
test = false
";

const ALIAS: &str = "\
[alias]
loom = [\"test\", \"--target-dir\", \"target/loom\", \"--test\", \"loom\"]
";

const ATOMIC: &str = "\
pub enum Ordering { Acquire, Relaxed, Release }

pub struct AtomicU64;

impl AtomicU64 {
    pub fn load(&self, ordering: Ordering) -> u64 {
        assert!(!matches!(ordering, Ordering::Release));
        if let Ordering::Relaxed = ordering {
            panic!(\"Causality violation: Concurrent read and write accesses.\");
        }
        1
    }

    pub fn fetch_add(&self, n: u64, ordering: Ordering) -> u64 {
        if let Ordering::Relaxed = ordering {
            panic!(\"use after free: the reference count of a freed allocation\");
        }
        n
    }
}
";

const WORD: &str = "\
use crate::atomic::{AtomicU64, Ordering::*};

pub struct Word(pub AtomicU64);

impl Word {
    pub fn take(&self) -> u64 {
        // [add_strong] Acquire: pairs with [release_strong].
        self.0.load(Acquire)
    }

    pub fn publish(&self) -> u64 {
        // [release_strong] Release: pairs with [add_strong].
        self.0.fetch_add(1, Release)
    }
}
";

const MODELS: &str = "\
use small::{atomic::AtomicU64, word::Word};

#[test]
fn takes() {
    assert_eq!(Word(AtomicU64).take(), 1, \"the | value\");
}

#[test]
fn publishes() {
    assert_eq!(Word(AtomicU64).publish(), 1);
}

#[test]
#[should_panic]
fn broken_on_purpose() {
    panic!();
}
";

const NOTES: &str = "\
add_strong = { used_by = [], lemmas = [], models = [\"takes\"] }
release_strong = { used_by = [], lemmas = [], models = [\"publishes\"] }
";

fn project(mutants: &str) -> Project {
    Project::new(&[
        ("Cargo.toml", MANIFEST),
        (".cargo/config.toml", ALIAS),
        ("src/lib.rs", "pub mod atomic;\npub mod word;\n"),
        ("src/atomic.rs", ATOMIC),
        ("src/word.rs", WORD),
        ("tests/loom/main.rs", MODELS),
        ("proofs/notes.toml", NOTES),
        ("proofs/checker/mutants.toml", mutants),
    ])
}

fn mutant(name: &str, fragment: &str, replacement: &str, model: &str) -> String {
    format!(
        "[[mutant]]\nname = {name:?}\nwhy = \"it is wrong\"\nfile = \"src/word.rs\"\n\
         function = \"take\"\nfragment = {fragment:?}\nreplacement = {replacement:?}\n\
         models = [{model}]\n"
    )
}

const LOAD: &str = "self.0.load(Acquire)";

#[test]
fn caught_mutants_make_a_table() {
    let project = project(&mutant("takes-two", LOAD, "2 * self.0.load(Acquire)", "\"takes\""));
    let (success, output) = project.proofs(&["mutate"]);
    assert!(success, "{output}");
    assert!(output.contains("3 of 3 mutants caught"), "{output}");
    let table = project.read("proofs/MUTANTS.md");
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(
        rows,
        [
            "| `add_strong:Acquire->Relaxed` | `load` in `Word::take` is weaker | `takes`: data race |",
            "| `release_strong:Release->Relaxed` | `fetch_add` in `Word::publish` is weaker \
             | `publishes`: use after free |",
            "| `takes-two` | it is wrong | `takes`: failed assertion: the \\| value |",
        ]
    );

    let (success, output) = project.proofs(&["mutate", "--check"]);
    assert!(success, "{output}");
    assert_eq!(project.read("proofs/MUTANTS.md"), table);

    project.replace("proofs/MUTANTS.md", "`takes`: data race", "`takes`: leak");
    let (success, output) = project.proofs(&["mutate", "--check"]);
    assert!(!success);
    assert!(
        output.contains("proofs/MUTANTS.md:1: the table is not what the run found"),
        "{output}"
    );
    assert!(output.contains("\n-| `add_strong:Acquire->Relaxed` |"), "{output}");
    assert!(output.contains("\n+| `add_strong:Acquire->Relaxed` |"), "{output}");
}

#[test]
fn mutants_that_are_not_caught_fail_the_run() {
    let table = "proofs/checker/mutants.toml:1:";
    let cases = [
        ("survives", "{ 1 }", "\"takes\"", "SURVIVOR: no model catches it"),
        ("survives-named", "{ 1 }", "\"takes\"", "`takes` does not catch it: it passes"),
        ("unnamed", "2", "", "no model is named that catches it"),
        ("wrongly-named", "2", "\"publishes\"", "`publishes` does not catch it: it passes"),
        ("no-such-model", "2", "\"takes_two\"", "`takes_two` does not catch it: it is not a model"),
        ("broken", "oops", "\"takes\"", "does not compile"),
        ("endless", "loop {}", "\"takes\"", "`takes` does not catch it: it times out"),
        (
            "crashes",
            "std::process::exit(3)",
            "\"takes\"",
            "`takes` does not catch it: it fails without a known report",
        ),
    ];
    let mutants: Vec<_> = cases.map(|(name, to, model, _)| mutant(name, LOAD, to, model)).into();
    let project = project(&mutants.join("\n"));
    let (success, output) = project.proofs(&["mutate", "--timeout", "5"]);
    assert!(!success);
    for (name, _, _, says) in cases {
        let says = format!("{table} mutant `{}`: {says}", name);
        assert!(output.contains(&says), "expected\n{says}\ngot\n{output}");
    }
    // Mutants with a wrong model, or none, are caught by another one.
    assert!(output.contains("5 of 10 mutants caught"), "{output}");
    assert!(!project.path().join("proofs/MUTANTS.md").exists());
}

#[test]
fn only_one_mutant() {
    let project = project("");
    let (success, output) =
        project.proofs(&["mutate", "--only", "release_strong:Release->Relaxed"]);
    assert!(success, "{output}");
    assert!(output.contains("1 of 1 mutants caught"), "{output}");
    assert!(!project.path().join("proofs/MUTANTS.md").exists());
    assert!(!project.proofs(&["mutate", "--only", "release_strong"]).0);
}

#[test]
fn the_models_have_to_pass_first() {
    let project = project("");
    project.replace("tests/loom/main.rs", "publish(), 1", "publish(), 2");
    let (success, output) = project.proofs(&["mutate"]);
    assert!(!success);
    assert!(output.contains("`publishes` fails without a mutant: failed assertion"), "{output}");
}
