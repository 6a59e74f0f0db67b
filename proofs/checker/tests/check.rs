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
# publish

<!-- code:begin -->
<!-- code:end -->

It is one.

```text
## not a section
```

## Why nothing weaker

A race: [take].

<!-- evidence:begin -->
<!-- evidence:end -->

<!-- links:begin -->
<!-- links:end -->
";

const TAKE: &str = "\
# take

<!-- code:begin -->
<!-- code:end -->

## Why it is enough

See [publish].

## Limits

Much.

<!-- evidence:begin -->
<!-- evidence:end -->

<!-- links:begin -->
<!-- links:end -->
";

const NOTES: &str = "\
[publish]
used_by = [\"`Word::publish`\"]
pairs_with = [\"take\"]
models = [\"main_model\", \"pairs::message\"]
lemmas = [[\"publish_safe\", \"It is safe.\"]]
edge = \"\"\"
= one | other
1 writes !
1 [publish] 0 → 1, Release >
2 [take] 1 → 0, Acquire <
2 reads !
\"\"\"

[take]
used_by = [\"all\"]
pairs_with = [\"publish\"]
models = [\"pairs::message\"]
lemmas = [[\"take_safe\", \"It is safe, too.\"]]
edge = \"\"\"
1 writes !
1 [publish] Release >
2 [take] Acquire <
2 reads !
\"\"\"
";

const PICTURES: &str = "\
[states]
words = \"The states.\"
size = [100, 50]
box = [{ at = [0, 0], size = [40, 20], text = [\"a\", \"[take]\"] }]
arrow = [{ path = [[40, 10], [90, 10]], label = [\"[publish]\"], at = [45, 5] }]
";

const MAP: &str = "\
# The map

<!-- map:begin -->
<!-- map:end -->

![The states][picture:states]

The end.

<!-- links:begin -->
<!-- links:end -->
";

const REPORTS: &str = "\
# Mutants

| mutant | what is wrong | caught by, with the report |
|---|---|---|
| `publish:Release->Relaxed` | x | `main_model`: data race; read by thread 1, `x`<br>`pairs::message`: leak |
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

const FILES: [(&str, &str); 20] = [
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
    (
        "tests/loom/pairs.rs",
        "/// A message\n/// arrives. Catches [take].\n#[test]\nfn message() {\n    x();\n}\n\nfn helper() {}\n",
    ),
    ("proofs/publish.md", PUBLISH),
    ("proofs/take.md", TAKE),
    ("proofs/README.md", MAP),
    ("proofs/MUTANTS.md", REPORTS),
    ("proofs/notes.toml", NOTES),
    ("proofs/pictures.toml", PICTURES),
    (
        "proofs/coq/README.md",
        "# The proof\n\n[Theorems.v]\n\n<!-- links:begin -->\n<!-- links:end -->\n",
    ),
    ("src/docs/proofs.rs", "// pages:begin\n// pages:end\n"),
    ("src/docs/proofs/header.html", "const names = /* names:begin *//* names:end */;\n"),
    ("proofs/coq/Accesses.v", ACCESSES),
    ("proofs/coq/Theorems.v", THEOREMS),
    ("proofs/coq/_CoqProject", "-Q . Proven\nAccesses.v\nCode.v\nTheorems.v\n"),
    ("proofs/checker/mutants.toml", MUTANTS),
    (".gitignore", "*.vo\n"),
];

fn project() -> Project {
    let project = Project::new(&FILES);
    for command in ["translate", "notes"] {
        let (success, output) = project.proofs(&[command]);
        assert!(success, "{output}");
    }
    project
}

#[test]
fn a_sound_project_passes() {
    let says = "\
2 accesses of src/word.rs agree with proofs/coq/Accesses.v
their notes show the code, and 2 models of tests/loom/ and 2 lemmas, as they are
proofs/coq/Code.v has 2 functions, as src/ has them
";
    assert_eq!(project().proofs(&["check"]), (true, says.to_owned()));
}

#[test]
fn notes_show_what_they_are_about() {
    let project = project();
    let note = project.read("proofs/publish.md");
    for part in [
        "\n[all accesses][the map] · [take →][take]\n\n[Lines 7 to 8 of src/word.rs][code], in [`Word::publish`]:\n\n\
         ```rust,ignore\n// [publish] Release: pairs with [take].\nself.0.fetch_add(1, Release);\n```\n\n\
         Used by [`Word::publish`]. Pairs with [take].\n\n\
         ![one writes; one publish 0 → 1, Release; other take 1 → 0, Acquire; other reads.",
        "* [`pairs::message`] – A message arrives. With `publish:Release->Relaxed` it reports: **leak**.\n  \
         <details><summary>the model</summary>\n\n  ```rust,ignore\n  fn message() {\n      x();\n  }\n  ```\n",
        "* [`publish_safe`] – It is safe.\n  <details><summary>the statement</summary>\n\n  \
         ```coq\n  Lemma publish_safe : True.\n  ```\n",
        "\n[`pairs::message`]: ../tests/loom/pairs.rs#L4\n[`publish_safe`]: coq/Theorems.v#L1\n\
         [code]: ../src/word.rs#L7-L8\n[picture:publish]: pictures/publish.svg\n[take]: take.md\n",
    ] {
        assert!(note.contains(part), "{part}\nis not in\n{note}");
    }
    let links = project.read("src/docs/proofs/links/publish.md");
    for part in [
        "[`pairs::message`]: crate::proofs::models::pairs#message\n",
        "[`publish_safe`]: crate::proofs::coq::Theorems#publish_safe\n",
        "[code]: ../../../src/proven_arc/word.rs.html?note=publish#7-8\n",
        "[picture:publish]: data:image/svg+xml,%3Csvg",
        "[take]: crate::proofs::take\n",
    ] {
        assert!(links.contains(part), "{part}\nis not in\n{links}");
    }
    let picture = project.read("proofs/pictures/publish.svg");
    assert!(picture.contains("<a href=\"take.md\">take</a> 1 → 0, Acquire"), "{picture}");
    let module = "notes! {\n    publish\n    take\n}\ncoq! {\n    Accesses \"\"\n    Code \"";
    let module_text = project.read("src/docs/proofs.rs");
    assert!(module_text.contains(module), "{module_text}");
    let module = "    Theorems \"\"\n}\nmodels! {\n    main \"\"\n    pairs \"\"\n}\n";
    assert!(module_text.contains(module), "{module_text}");
    assert!(project.read("src/docs/proofs/header.html").contains("\"publish take\""));
}

#[test]
fn the_map_is_two_tables() {
    let map = "<!-- map:begin -->\n\n\
        | access | in `Word` | ordering | pairs with |\n\
        |---|---|---|---|\n\
        | [publish] | [publish][`Word::publish`] | Release | [take] |\n\
        | [take] | [take][`Word::take`] | Acquire / Relaxed | [publish] |\n\n\
        | access | weakened, these models fail | proved |\n\
        |---|---|---|\n\
        | [publish] | [`main_model`]: data race<br>[`pairs::message`]: leak | [`publish_safe`] |\n\
        | [take] | none | [`take_safe`] |\n\n\
        <!-- map:end -->\n\n![The states][picture:states]\n\nThe end.\n";
    let text = project().read("proofs/README.md");
    assert!(text.contains(map), "{text}");
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

/// A defect, and the finding that `check` has to report.
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
        "src/word.rs": "self.0.fetch_add(1, Release);\n" =>
            "self.0.fetch_add(1, Release);\n// [take_value] Acquire: new.\nself.0.load(Acquire);\n";
            "proofs/notes.toml:1: take_value is missing: add `[take_value]`"
        "proofs/take_value.md": "" => TAKE;
            "proofs/take_value.md:1: there is no access take_value in the code: delete"
        "proofs/take_value.md": "" => TAKE;
            "proofs/take_value.md:1: the title is not that of this access"
        "src/word.rs": "Release: pairs with [take]." => "Release: goes with [take].";
            "proofs/publish.md:9: not what the code, the models and the proof say: run `cargo proofs notes`"
        "src/word.rs": "fetch_add(1, Release)" => "fetch_add(2, Release)";
            "proofs/checker/mutants.toml:2:"
        "src/word.rs": "    pub(crate) fn take" => "    /// Takes.\n    pub(crate) fn take";
            "proofs/take.md:6: not what the code"
    }
}

#[test]
fn facts() {
    defects! {
        "proofs/notes.toml": "[\"main_model\"" => "[\"main::main_model\"";
            "proofs/notes.toml:4: there is no model `main::main_model`: name"
        "proofs/notes.toml": "[\"main_model\"" => "[\"pairs::helper\"";
            "proofs/notes.toml:4: there is no model `pairs::helper`"
        "tests/loom/pairs.rs": "#[test]\n" => "";
            "proofs/notes.toml:4: there is no model `pairs::message`"
        "proofs/notes.toml": "models = [\"pairs::message\"]" => "models = []";
            "proofs/notes.toml:17: take names no model"
        "proofs/notes.toml": "publish_safe" => "publish_is_safe";
            "proofs/notes.toml:5: there is no lemma `publish_is_safe`"
        "proofs/coq/Theorems.v": "Theorem take_safe" => "(* Theorem take_safe *) Definition t";
            "proofs/notes.toml:18: there is no lemma `take_safe`"
        "proofs/notes.toml": "lemmas = [[\"take_safe\", \"It is safe, too.\"]]" => "lemmas = []";
            "proofs/notes.toml:18: take names no lemma"
        "proofs/notes.toml": "pairs_with = [\"publish\"]" => "pairs_with = []";
            "proofs/notes.toml:3: publish pairs with take, but take not with publish: say it"
        "proofs/notes.toml": "pairs_with = [\"publish\"]" => "pairs_with = []";
            "proofs/notes.toml:16: take is Acquire, and `pairs_with` says otherwise"
        "proofs/notes.toml": "[\"take\"]" => "[\"steal\"]";
            "proofs/notes.toml:3: [steal] is not an access"
    }
}

#[test]
fn edges() {
    defects! {
        "proofs/notes.toml": "0 → 1, Release >" => "0 → 1, Relaxed >";
            "proofs/notes.toml:6: the edge of publish: [publish] is Release, not Relaxed"
        "proofs/notes.toml": "0 → 1, Release >" => "0 → 1 >";
            "proofs/notes.toml:6: the edge of publish: [publish] at an end of the arrow is not Release"
        "proofs/notes.toml": "1 [publish] 0" => "1 [punish] 0";
            "proofs/notes.toml:6: the edge of publish: [punish] is not an access"
        "proofs/notes.toml": "1 [publish] 0 → 1, Release >\n" => "";
            "proofs/notes.toml:6: the edge of publish: the arrow needs a `>` and a `<`"
        "proofs/notes.toml": "2 [take] 1 → 0, Acquire <" => "2 [publish] Release <";
            "proofs/notes.toml:6: the edge of publish: [publish] at an end of the arrow is not Acquire"
        "proofs/notes.toml": "1 writes !\n1 [publish] Release >\n2 [take] Acquire <\n2 reads !\n" => "";
            "proofs/notes.toml:14: take is Acquire and has no edge: describe it"
    }
}

#[test]
fn sections_of_notes() {
    defects! {
        "proofs/take.md": "## Limits" => "## Other";
            "proofs/take.md:26: unknown section `## Other`"
        "proofs/take.md": "Much.\n" => "";
            "proofs/take.md:26: the section `## Limits` is empty: write it, or leave it out"
        "proofs/take.md": "## Why it is enough\n\nSee [publish].\n\n## Limits" => "## Limits\n\nX.\n\n## Why it is enough";
            "proofs/take.md:1: the sections are not in order"
        "proofs/take.md": "<!-- evidence:end -->" => "";
            "proofs/take.md:1: no `<!-- evidence:begin -->` with `<!-- evidence:end -->` after it: put"
    }
}

#[test]
fn mentions_of_accesses() {
    defects! {
        "src/lib.rs": "[publish]" => "[upgrade_look]"; "src/lib.rs:4: [upgrade_look] is not an access: name one"
        "src/word.rs": "pairs with [publish]" => "pairs with [nothing]"; "src/word.rs:12: [nothing] is not an access"
        "proofs/take.md": "See [publish]." => "See [publish], [nothing]."; "proofs/take.md:24: [nothing] is not an access"
        "proofs/README.md": "The end." => "[take_value]"; "proofs/README.md:19: [take_value] is not an access"
        "tests/loom/pairs.rs": "fn helper" => "/// [is_unique]\nfn helper";
            "tests/loom/pairs.rs:8: [is_unique] is not an access"
    }
}

#[test]
fn the_map() {
    defects! {
        "proofs/README.md": "[`take_safe`] |" => "[`take_is_safe`] |";
            "proofs/README.md:13: not what the code"
        "proofs/MUTANTS.md": ": leak" => ": data race";
            "proofs/README.md:12: not what the code"
        "proofs/README.md": "<!-- map:end -->" => "";
            "proofs/README.md:1: no `<!-- map:begin -->` with"
        "proofs/pictures.toml": "[90, 10]" => "[80, 10]";
            "proofs/pictures/states.svg:7: not what the code"
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
            "proofs/coq/Accesses.v:6: take_value is not in the code: remove it from the table"
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
            "proofs/coq/Theorems.v:2: `Admitted` assumes something without a proof: prove it"
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
            "proofs/checker/mutants.toml:2: `never-published`: the fragment occurs 0 times in `publish` of src/word.rs, not once: adapt"
        "proofs/checker/mutants.toml": "fetch_add(1" => "l";
            "proofs/checker/mutants.toml:2: `never-published`: the fragment occurs 4 times in `publish`"
        "proofs/checker/mutants.toml": "\"publish\"" => "\"take\"";
            "proofs/checker/mutants.toml:2: `never-published`: the fragment occurs 0 times in `take`"
        "proofs/checker/mutants.toml": "\"main_model\"" => "\"model\"";
            "proofs/checker/mutants.toml:1: `never-published`: there is no model `model`"
        "proofs/checker/mutants.toml": "\"main_model\"" => "";
            "proofs/checker/mutants.toml:1: `never-published` names no model"
    }
}
