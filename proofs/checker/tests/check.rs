//! `cargo proofs check` on a small project: it passes, and fails on each defect planted in it.

mod common;

use common::Project;

const WORD: &str = "\
use crate::atomic::{AtomicU64, Ordering::{Acquire, Relaxed, Release}};

pub(crate) struct Word(AtomicU64);

impl Word {
    pub(crate) fn publish(&self) {
        // [publish] Release: pairs with [take].
        self.0.fetch_add(1, Release);
    }

    pub(crate) fn take(&self) -> bool {
        // [take] Acquire: pairs with [publish].
        // Relaxed on failure: nothing is taken.
        match self.0.compare_exchange_weak(1, 0, Acquire, Relaxed) {
            Ok(_) => true,
            Err(_) => false,
        }
    }
}
";

const PUBLISH: &str = "\
# publish: `publish`, the value is there

| | |
|---|---|
| function | `Word::publish` |
| operation | `fetch_add` |
| ordering | `Release` |
| used by | `Box::new` |
| partner | [take] (Acquire) |
| models | `main_model`, `pairs::message` |
| mutants | `publish:Release->Relaxed`, `never-published` |
| lemma | `publish_safe` |

## The word

0, then 1.

## The invariant

It is one.

## The edge

```text
## not a section
[publish] -> [take]
```

## Why nothing weaker

A race.

## Why nothing stronger

No need.

## What the check does not cover

Much.

[take]: take.md
";

const TAKE: &str = "\
# take: `take`, the value is taken

| | |
|---|---|
| function | `Word::take` |
| operation | `compare_exchange_weak` |
| ordering | `Acquire / Relaxed` |
| used by | `Box::drop` |
| partner | [publish] (Release) |
| models | `pairs::message` |
| mutants | `take.success:Acquire->Relaxed` |
| lemma | `take_safe` |

## The word

1, then 0.

## The invariant

It is one.

## The edge

See [publish].

## Why nothing weaker

A race.

## Why nothing stronger

No need.

## What the check does not cover

Much.
";

const ACCESSES: &str = "\
(* The table: Admitted is only a word here (* and here: Axiom *). *)
Inductive access := publish | take.
Definition code : access -> operation := fun x =>
  match x with
  | Access.publish => FetchAdd Release                      (* publish *)
  | Access.take => CompareExchangeWeak Acquire Relaxed   (* take *)
  end.
Definition kind x := match x with
  | Access.publish => AFetchAdd
  | Access.take => ACompareExchange
  end.
";

const THEOREMS: &str = "\
Lemma publish_safe : True.
Proof. exact I. Qed.
Theorem take_safe : True.
Proof. exact I. Qed.
";

const MUTANTS: &str = "\
[[mutant]]
name = \"never-published\"
why = \"nothing is published\"
file = \"src/word.rs\"
function = \"publish\"
fragment = \"fetch_add(1\"
replacement = \"fetch_add(0\"
models = [\"main_model\"]
";

const FILES: [(&str, &str); 14] = [
    ("src/word.rs", WORD),
    ("src/atomic.rs", "pub(crate) use core::sync::atomic::{AtomicU64, Ordering};\n"),
    (
        "src/lib.rs",
        "mod atomic;\nmod order;\nmod word;\n/// As [publish] says.\n#[cfg(loom)]\nfn load() {}\n",
    ),
    (
        "src/order.rs",
        "use core::cmp::Ordering;\n\
         fn less(a: u8, b: &mut [u8]) -> bool {\n    b.swap(0, 1);\n    \
         matches!(a.partial_cmp(&b[0]), Some(Ordering::Less)) || a.cmp(&1).is_lt()\n}\n",
    ),
    ("tests/loom/main.rs", "mod pairs;\n\n#[test]\nfn main_model() {}\n"),
    ("tests/loom/pairs.rs", "#[test]\nfn message() {}\n\nfn helper() {}\n"),
    ("proofs/publish.md", PUBLISH),
    ("proofs/take.md", TAKE),
    ("proofs/README.md", "# The map\n\n<!-- map:begin -->\n<!-- map:end -->\n\nThe end.\n"),
    ("proofs/coq/Accesses.v", ACCESSES),
    ("proofs/coq/Theorems.v", THEOREMS),
    ("proofs/coq/_CoqProject", "-Q . Proven\nAccesses.v\nCode.v\nTheorems.v\n"),
    ("proofs/checker/mutants.toml", MUTANTS),
    (".gitignore", "*.vo\n"),
];

fn project() -> Project {
    let project = Project::new(&FILES);
    for command in ["map", "translate"] {
        let (success, output) = project.proofs(&[command]);
        assert!(success, "{output}");
    }
    project
}

#[test]
fn a_sound_project_passes() {
    let says = "\
2 accesses of src/word.rs agree with their notes, the map and proofs/coq/Accesses.v
the notes name 2 models of tests/loom/, 3 mutants and 2 lemmas, which there are
proofs/coq/Code.v has 2 functions, as src/ has them
";
    assert_eq!(project().proofs(&["check"]), (true, says.to_owned()));
}

#[test]
fn the_map_is_made_from_the_notes() {
    let project = project();
    let map = "# The map\n\n<!-- map:begin -->\n\
        | access | function | operation | ordering | partner | models | mutants | lemma |\n\
        |---|---|---|---|---|---|---|---|\n\
        | [publish] | `Word::publish` | `fetch_add` | `Release` | [take] (Acquire) \
        | `main_model`, `pairs::message` | `publish:Release->Relaxed`, `never-published` \
        | `publish_safe` |\n\
        | [take] | `Word::take` | `compare_exchange_weak` | `Acquire / Relaxed` | [publish] (Release) \
        | `pairs::message` | `take.success:Acquire->Relaxed` | `take_safe` |\n\
        <!-- map:end -->\n\nThe end.\n";
    assert_eq!(project.read("proofs/README.md"), map);
}

#[test]
fn mutants_are_listed() {
    let (success, output) = project().proofs(&["mutate", "--list"]);
    assert!(success, "{output}");
    let names: Vec<_> = output.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        names,
        ["publish:Release->Relaxed", "take.success:Acquire->Relaxed", "never-published"]
    );
    assert!(output.contains("is weaker: main_model, pairs::message\n"), "{output}");
}

/// A defect, and what `check` has to say of it.
struct Defect {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
}

/// Each defect, alone, is found, and the finding names the place.
#[track_caller]
fn finds_each(defects: &[Defect]) {
    for Defect { file, from, to, says } in defects {
        let project = project();
        if from.is_empty() {
            project.write(file, to);
        } else {
            project.replace(file, from, to);
        }
        let (success, output) = project.proofs(&["check"]);
        assert!(!success, "not found: `{from}` -> `{to}` in {file}");
        assert!(
            output.lines().any(|line| line.starts_with(says)),
            "`{from}` -> `{to}` in {file}: expected\n{says}\ngot\n{output}"
        );
    }
}

macro_rules! defects {
    ($($file:literal: $from:expr => $to:expr; $says:literal)*) => {
        finds_each(&[$(Defect { file: $file, from: $from, to: $to, says: $says }),*])
    };
}

#[test]
fn atomics_outside_of_the_word() {
    defects! {
        "src/order.rs": "b.swap(0, 1);" => "b.load(Acquire);";
            "src/order.rs:3: an atomic access or ordering, `Acquire`, outside src/word.rs: make it"
        "src/order.rs": "b.swap(0, 1);" => "x! { b.store(1, Ordering::SeqCst) }";
            "src/order.rs:3: an atomic access or ordering, `SeqCst`, outside"
        "src/order.rs": "b.swap(0, 1);" => "b.fetch_add(1, order);";
            "src/order.rs:3: an atomic access or ordering, `fetch_add`, outside"
        "src/order.rs": "b.swap(0, 1);" => "fence(order);";
            "src/order.rs:3: an atomic access or ordering, `fence`, outside"
        "src/order.rs": "use core::cmp::Ordering;" => "use core::sync::atomic::Ordering;";
            "src/order.rs:1: an atomic access or ordering, `atomic`, outside"
        "src/order.rs": "use core::cmp::Ordering;" => "static S: AtomicUsize = x();";
            "src/order.rs:1: an atomic access or ordering, `AtomicUsize`, outside"
        "src/deep/er.rs": "" => "fn f() { x.0.compare_exchange(1, 2, a, b); }";
            "src/deep/er.rs:1: an atomic access or ordering, `compare_exchange`, outside"
    }
}

#[test]
fn labels_of_accesses() {
    defects! {
        "src/word.rs": "// [publish] Release: pairs with [take]." => "// Pairs with [take].";
            "src/word.rs:8: this `fetch_add` has no name: begin the comment"
        "src/word.rs": "// [publish] Release: pairs with [take]." => "/// [publish] Release: pairs with [take].\n";
            "src/word.rs:9: this `fetch_add` has no name"
        "src/word.rs": "// [publish] Release: pairs with [take]." => "// First: \n// [publish] Release: no.";
            "src/word.rs:9: this `fetch_add` has no name"
        "src/word.rs": "// [publish] Release: pairs" => "// [publish] Relaxed: pairs";
            "src/word.rs:8: the comment of publish says Relaxed, the code Release: make them"
        "src/word.rs": "fetch_add(1, Release)" => "fetch_add(1, Relaxed)";
            "src/word.rs:8: the comment of publish says Release, the code Relaxed"
        "src/word.rs": "// [take] Acquire: " => "// [take] Acquire / Acquire: ";
            "src/word.rs:14: the comment of take says Acquire / Acquire, the code Acquire / Relaxed"
        "src/word.rs": "// [take] Acquire" => "// [publish] Acquire";
            "src/word.rs:14: publish is also the name of the access in line 8: give each"
        "src/word.rs": "1, 0, Acquire," => "1, 0, Ordering::SeqCst,";
            "src/word.rs:14: SeqCst is stronger than anything that the proof needs: use"
        "src/word.rs": "1, 0, Acquire," => "1, 0, AcqRel,";
            "src/word.rs:14: AcqRel is stronger"
        "src/word.rs": "fetch_add(1, Release)" => "fetch_add(1, order)";
            "src/word.rs:8: the orderings of this `fetch_add` are not literal: write"
        "src/word.rs": "self.0.fetch_add(1, Release);" => "let order = Release; self.0.fetch_add(1, order);";
            "src/word.rs:8: `Release` is not part of an access that can be checked: write"
        "src/word.rs": "self.0.fetch_add(1, Release);" => "x!(self.0.fetch_add(1, Release));";
            "src/word.rs:8: `fetch_add` is not part of an access that can be checked"
        "src/word.rs": "self.0.fetch_add(1, Release);" => "AtomicU64::fetch_add(&self.0, 1, Release);";
            "src/word.rs:8: `fetch_add` is not part of an access that can be checked"
        "src/word.rs": "Ok(_) => true," => "Ok(_) => self.0.load(Acquire) == 1,";
            "src/word.rs:15: take is also the name of the access in line 14"
        "src/word.rs": "Ok(_) => true," => "Ok(_) => { fence(Acquire); true }";
            "src/word.rs:15: this `fence` has no name"
    }
}

#[test]
fn notes_against_the_code() {
    defects! {
        "src/word.rs": "self.0.fetch_add(1, Release);\n" =>
            "self.0.fetch_add(1, Release);\n// [take_value] Acquire: new.\nself.0.load(Acquire);\n";
            "src/word.rs:10: take_value has no note: write proofs/take_value.md"
        "proofs/take_value.md": "" => TAKE;
            "proofs/take_value.md:1: there is no access take_value in the code: delete"
        "proofs/take_value.md": "" => TAKE;
            "proofs/take_value.md:1: the title is not that of this access"
        "proofs/publish.md": "`Word::publish`" => "`Word::announce`";
            "proofs/publish.md:5: the note says function `Word::announce`, the code `Word::publish`: compare with line 8"
        "src/word.rs": "fn publish" => "fn announce";
            "proofs/publish.md:5: the note says function `Word::publish`, the code `Word::announce`"
        "proofs/publish.md": "`fetch_add`" => "`fetch_sub`";
            "proofs/publish.md:6: the note says operation `fetch_sub`, the code `fetch_add`"
        "proofs/publish.md": "`Release`" => "`Relaxed`";
            "proofs/publish.md:7: the note says ordering `Relaxed`, the code `Release`"
        "proofs/take.md": "`Acquire / Relaxed`" => "`Acquire`";
            "proofs/take.md:7: the note says ordering `Acquire`, the code `Acquire / Relaxed`"
    }
}

#[test]
fn names_in_notes() {
    defects! {
        "proofs/publish.md": "`main_model`" => "`main::main_model`";
            "proofs/publish.md:10: there is no model `main::main_model`: no function with `#[test]`"
        "proofs/publish.md": "`main_model`" => "`pairs::helper`";
            "proofs/publish.md:10: there is no model `pairs::helper`"
        "tests/loom/pairs.rs": "#[test]\n" => "";
            "proofs/take.md:10: there is no model `pairs::message`"
        "proofs/take.md": "| `pairs::message` |" => "| none |";
            "proofs/take.md:10: names no model"
        "proofs/publish.md": "`never-published`" => "`never-taken`";
            "proofs/publish.md:11: there is no mutant `never-taken`: see `cargo proofs mutate --list`"
        "proofs/publish.md": "`publish:Release->Relaxed`, " => "";
            "proofs/publish.md:11: does not name the mutant `publish:Release->Relaxed`"
        "proofs/publish.md": "`publish_safe`" => "`publish_is_safe`";
            "proofs/publish.md:12: there is no lemma `publish_is_safe`: no `Lemma` or `Theorem`"
        "proofs/coq/Theorems.v": "Theorem take_safe" => "(* Theorem take_safe *) Definition t";
            "proofs/take.md:12: there is no lemma `take_safe`"
        "proofs/publish.md": "[take] (Acquire)" => "the other";
            "proofs/publish.md:9: names no access: list"
        "proofs/publish.md": "| `Box::new` |" => "| |";
            "proofs/publish.md:8: the row `used by` is missing or empty"
        "proofs/publish.md": "| used by |" => "| user |";
            "proofs/publish.md:8: unknown row `user`"
        "proofs/publish.md": "| lemma | `publish_safe` |\n" => "";
            "proofs/publish.md:1: the row `lemma` is missing or empty: fill it in"
    }
}

#[test]
fn sections_of_notes() {
    for (section, text) in [
        ("The word", "1, then 0.\n"),
        ("The edge", "See [publish].\n"),
        ("What the check does not cover", "Much.\n"),
    ] {
        let project = project();
        project.replace("proofs/take.md", &format!("## {section}\n"), "## Other\n");
        let (success, output) = project.proofs(&["check"]);
        assert!(!success);
        let says = format!("proofs/take.md:1: no section `## {section}`: write it");
        assert_eq!(output.trim(), says);

        project.write("proofs/take.md", &TAKE.replace(text, "[publish]: publish.md\n"));
        if TAKE.matches(text).count() == 1 {
            let (success, output) = project.proofs(&["check"]);
            assert!(!success);
            assert!(output.contains(&format!("the section `## {section}` is empty")), "{output}");
        }
    }
}

#[test]
fn mentions_of_accesses() {
    defects! {
        "src/lib.rs": "[publish]" => "[upgrade_look]"; "src/lib.rs:4: [upgrade_look] is no access: name one"
        "src/word.rs": "pairs with [publish]" => "pairs with [nothing]"; "src/word.rs:12: [nothing] is no access"
        "proofs/take.md": "See [publish]." => "See [publish], [nothing]."; "proofs/take.md:24: [nothing] is no access"
        "proofs/README.md": "The end." => "[take_value]"; "proofs/README.md:10: [take_value] is no access"
        "tests/loom/pairs.rs": "fn helper" => "/// [is_unique]\nfn helper";
            "tests/loom/pairs.rs:4: [is_unique] is no access"
    }
}

#[test]
fn the_map() {
    defects! {
        "proofs/README.md": "`take_safe`" => "`take_is_safe`";
            "proofs/README.md:4: the map is not what the notes give: run `cargo proofs map`"
        "proofs/publish.md": "[take] (Acquire)" => "[take]";
            "proofs/README.md:4: the map is not what the notes give"
        "proofs/README.md": "<!-- map:end -->" => "";
            "proofs/README.md:1: no map: put"
    }
}

#[test]
fn the_table_of_the_proof() {
    defects! {
        "proofs/coq/Accesses.v": "FetchAdd Release  " => "FetchAdd Relaxed  ";
            "proofs/coq/Accesses.v:5: publish is `FetchAdd Relaxed` here and `FetchAdd Release` in the code: compare with line 8"
        "proofs/coq/Accesses.v": "FetchAdd Release  " => "FetchSub Release  ";
            "proofs/coq/Accesses.v:5: publish is `FetchSub Release` here and `FetchAdd Release` in the code"
        "proofs/coq/Accesses.v": "CompareExchangeWeak Acquire Relaxed" => "CompareExchange Acquire Relaxed";
            "proofs/coq/Accesses.v:6: take is `CompareExchange Acquire Relaxed` here"
        "proofs/coq/Accesses.v": "Acquire Relaxed" => "Acquire Acquire";
            "proofs/coq/Accesses.v:6: take is `CompareExchangeWeak Acquire Acquire` here"
        "proofs/coq/Accesses.v": "  | Access.publish => FetchAdd Release  " => "  (* | Access.publish => FetchAdd Release *)  ";
            "proofs/coq/Accesses.v:1: publish of the code is not in the table: add `| Access.publish => FetchAdd Release`"
        "proofs/coq/Accesses.v": "  | Access.publish => FetchAdd Release  " => "  | Access.publish => FetchAdd Release\n  | Access.take_value => Load Acquire";
            "proofs/coq/Accesses.v:6: take_value is not in the code: take it from the table"
        "proofs/coq/Accesses.v": "  | Access.publish => FetchAdd Release  " => "  | Access.publish => FetchAdd Release\n  | Access.publish => Load Acquire";
            "proofs/coq/Accesses.v:6: not a line of the table"
        "proofs/coq/Accesses.v": "FetchAdd Release  " => "first (FetchAdd Release)";
            "proofs/coq/Accesses.v:5: not a line of the table of accesses"
    }
}

#[test]
fn what_a_proof_may_not_say() {
    defects! {
        "proofs/coq/Theorems.v": "exact I. Qed.\nTheorem" => "Admitted.\nTheorem";
            "proofs/coq/Theorems.v:2: `Admitted`: something is taken for true: prove it"
        "proofs/coq/Theorems.v": "exact I. Qed.\nTheorem" => "(* x *) admit. Qed.\nTheorem";
            "proofs/coq/Theorems.v:2: `admit`"
        "proofs/coq/Theorems.v": "Lemma publish_safe" => "Axiom a : True. Lemma publish_safe";
            "proofs/coq/Theorems.v:1: `Axiom`"
        "proofs/coq/Theorems.v": "Lemma publish_safe" => "Parameter a : True. Lemma publish_safe";
            "proofs/coq/Theorems.v:1: `Parameter`"
        "proofs/coq/Theorems.v": "Lemma publish_safe" => "Conjecture a : True. Lemma publish_safe";
            "proofs/coq/Theorems.v:1: `Conjecture`"
        "proofs/coq/_CoqProject": "Theorems.v\n" => "";
            "proofs/coq/Theorems.v:1: not in _CoqProject, so it is never checked: list it"
        "proofs/coq/_CoqProject": "Theorems.v\n" => "Theorems.v\nSafety.v\n";
            "proofs/coq/_CoqProject:1: there is no file Safety.v"
    }
}

#[test]
fn the_table_of_mutants() {
    defects! {
        "proofs/checker/mutants.toml": "fetch_add(1" => "fetch_add(2";
            "proofs/checker/mutants.toml:2: `never-published`: the fragment is 0 times in `publish` of src/word.rs, not once: let"
        "proofs/checker/mutants.toml": "fetch_add(1" => "l";
            "proofs/checker/mutants.toml:2: `never-published`: the fragment is 4 times in `publish`"
        "proofs/checker/mutants.toml": "\"publish\"" => "\"take\"";
            "proofs/checker/mutants.toml:2: `never-published`: the fragment is 0 times in `take`"
        "proofs/checker/mutants.toml": "\"main_model\"" => "\"model\"";
            "proofs/checker/mutants.toml:1: `never-published`: there is no model `model`"
        "proofs/checker/mutants.toml": "\"main_model\"" => "";
            "proofs/checker/mutants.toml:1: `never-published` names no model"
    }
}
