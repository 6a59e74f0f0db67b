//! `cargo proofs notes`: writes the generated parts of the notes, from the code, the models and the
//! proof.
//!
//! In a Markdown file it writes between `<!-- name:begin -->` and `<!-- name:end -->`:
//!
//! * `code`, at the top of a note: the access's lines, its partners, and the picture of its edge;
//! * `evidence`, after its text: what the models report and what is proved;
//! * `map`, in `proofs/README.md`: the tables of all accesses;
//! * `links`, at the end of each file: the targets of its labels.
//!
//! The documentation includes the same files as pages. The targets of their links are in
//! `src/docs/proofs/links/`, which the pages include first, so that these targets take precedence.

use crate::accesses::{self, Access, Accesses, Id, WORD, bodies};
use crate::coq::{self, Lemmas};
use crate::facts::{self, Facts, Table};
use crate::models::Models;
use crate::mutants;
use crate::picture::{self, data_uri};
use crate::proof_table::RESULT;
use crate::tree::{Finding, Tree, line_of};
use anyhow::{Result, anyhow};
use regex::{Captures, Regex};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::sync::LazyLock;

const MAP: &str = "proofs/README.md";
const COQ: &str = "proofs/coq/README.md";
const MUTANTS: &str = "proofs/MUTANTS.md";
/// The module of the documentation with the pages.
const MODULE: &str = "src/docs/proofs.rs";
/// The targets of the links in the documentation's pages.
const LINKS: &str = "src/docs/proofs/links";
/// The page header, which has the names of the accesses.
const HEADER: &str = "src/docs/proofs/header.html";

/// The sources of the pages.
pub struct Sources {
    pub accesses: Accesses,
    pub facts: Table,
    pub models: Models,
    pub lemmas: Lemmas,
}

/// Compares the files with their generated contents.
pub fn check(tree: &Tree, sources: &Sources, findings: &mut Vec<Finding>) -> Result<()> {
    for (file, text) in pages(tree, sources, findings)? {
        let there = tree.read_if_any(&file)?.unwrap_or_default();
        if there != text {
            let same = there.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
            findings.push(Finding::new(
                file,
                there.bytes().take(same).filter(|byte| *byte == b'\n').count() + 1,
                "not what the code, the models and the proof say",
                "run `cargo proofs notes`",
            ));
        }
    }
    Ok(())
}

pub fn write(tree: &Tree, findings: &mut Vec<Finding>) -> Result<()> {
    let accesses = accesses::check(tree, findings)?;
    let lemmas = coq::check(tree, &accesses, findings)?;
    let facts = facts::read(tree)?;
    let models = crate::models::read(tree)?;
    let sources = Sources { accesses, facts, models, lemmas };
    for (file, text) in pages(tree, &sources, findings)? {
        if tree.read_if_any(&file)?.as_ref() != Some(&text) {
            let path = tree.path(&file);
            fs::create_dir_all(path.parent().expect("a file is in a directory"))?;
            fs::write(path, text)?;
        }
    }
    Ok(())
}

/// The target of a label, in the tree and in the documentation.
struct Target {
    file: String,
    page: Page,
}

enum Page {
    /// An item of the crate.
    Item(String),
    /// A file, relative to the root of the documentation.
    File(String),
}

fn pages(
    tree: &Tree,
    sources: &Sources,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<String, String>> {
    let mut pages = BTreeMap::new();
    let mut pictures = BTreeMap::new();
    let reports = reports(&tree.read_if_any(MUTANTS)?.unwrap_or_default());
    let order = accesses::in_order(&sources.accesses);
    let targets = sources.targets(tree)?;
    let mut fill = |file: &str, parts: &[(&str, String)]| -> Result<()> {
        let mut text = tree.read_if_any(file)?.unwrap_or_default();
        for (name, part) in parts {
            if let Err(missing) = put(&mut text, file, name, part) {
                findings.push(Finding::new(file, 1, missing, "put it where it belongs"));
            }
        }
        pages.insert(file.to_owned(), text);
        Ok(())
    };
    for (n, (id, access)) in order.iter().enumerate() {
        let Some(facts) = sources.facts.of.get(id) else { continue };
        let before = n.checked_sub(1).map(|n| order[n].0);
        let after = order.get(n + 1).map(|(id, _)| *id);
        let code = sources.code(tree, id, access, facts, [before, after])?;
        fill(&id.note(), &[("code", code), ("evidence", sources.evidence(id, facts, &reports))])?;
        if let Ok(Some(edge)) = facts.edge() {
            pictures.insert(id.to_string(), (picture::edge(&edge), picture::words(&edge)));
        }
    }
    fill(MAP, &[("map", sources.map(&order, &reports))])?;
    fill(COQ, &[])?;
    fill(MODULE, &[("pages", sources.module(tree, &order)?)])?;
    let names: Vec<_> = order.iter().map(|(id, _)| &*id.0).collect();
    fill(HEADER, &[("names", format!("\"{}\"", names.join(" ")))])?;
    for (name, diagram) in picture::diagrams(tree)? {
        pictures.insert(name, (diagram.draw()?, diagram.words));
    }

    // The links come last, because the rest of the text mentions their labels.
    let mut documents: Vec<(String, String)> =
        order.iter().map(|(id, _)| (id.note(), id.to_string())).collect();
    documents.push((MAP.to_owned(), "map".to_owned()));
    documents.push((COQ.to_owned(), "coq".to_owned()));
    for (file, name) in documents {
        let Some(text) = pages.get_mut(&file) else { continue };
        let (to_root, to_notes) = if name == "map" { ("../../", "") } else { ("../../../", "../") };
        let (mut in_tree, mut in_pages) = (String::from("\n"), String::new());
        for label in labels(text) {
            if let Some(picture) = label.strip_prefix("picture:") {
                let Some((svg, _)) = pictures.get(picture) else { continue };
                let svg_file = format!("proofs/pictures/{picture}.svg");
                let _ = writeln!(in_tree, "[{label}]: {}", relative(&file, &svg_file));
                let _ = writeln!(in_pages, "[{label}]: {}", data_uri(svg, to_notes));
            } else if let Some(Target { file: to, page }) = match &*label {
                "code" => {
                    sources.accesses.get(&Id(name.clone())).map(|access| source(&name, access))
                }
                _ => None,
            }
            .as_ref()
            .or_else(|| targets.get(&label))
            {
                let _ = writeln!(in_tree, "[{label}]: {}", relative(&file, to));
                let _ = match page {
                    Page::Item(path) => writeln!(in_pages, "[{label}]: {path}"),
                    Page::File(path) => writeln!(in_pages, "[{label}]: {to_root}{path}"),
                };
            }
        }
        if let Err(missing) = put(text, &file, "links", &in_tree) {
            findings.push(Finding::new(&*file, 1, missing, "put it at the end"));
        }
        pages.insert(format!("{LINKS}/{name}.md"), in_pages);
    }
    for (name, (svg, _)) in pictures {
        pages.insert(format!("proofs/pictures/{name}.svg"), svg);
    }
    Ok(pages)
}

/// Replaces what is between the marks of that name. The kind of the file determines the marks.
fn put(text: &mut String, file: &str, name: &str, part: &str) -> Result<(), String> {
    let (begin, end) = match file.rsplit_once('.') {
        Some((_, "rs")) => (format!("// {name}:begin\n"), format!("// {name}:end")),
        Some((_, "html")) => (format!("/* {name}:begin */"), format!("/* {name}:end */")),
        _ => (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->")),
    };
    let place = text.find(&begin).map(|at| at + begin.len());
    let place = place.and_then(|from| Some(from..from + text[from..].find(&end)?));
    let place: Range<usize> =
        place.ok_or_else(|| format!("no `{}` with `{end}` after it", begin.trim()))?;
    text.replace_range(place, part);
    Ok(())
}

/// The path from the directory of one file to another, as a link.
fn relative(from: &str, to: &str) -> String {
    let mut from: Vec<_> = from.split('/').collect();
    from.pop();
    let mut to: Vec<_> = to.split('/').collect();
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    to.drain(..same);
    "../".repeat(from.len() - same) + &to.join("/")
}

/// Every label that the text mentions outside of code.
fn labels(text: &str) -> BTreeSet<String> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[([^\[\]\n]+)\]").unwrap());
    static DEFINITION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\[[^\]]+\]: ").unwrap());
    let mut labels = BTreeSet::new();
    let mut in_code = false;
    for line in text.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if !in_code && !DEFINITION.is_match(line) {
            labels.extend(LABEL.captures_iter(line).map(|captures| captures[1].to_owned()));
        }
    }
    labels
}

/// The lines of the access: on a repository's page, and in the documentation's source view.
fn source(name: &str, access: &Access) -> Target {
    let (first, last) = (access.lines.start(), access.lines.end());
    Target {
        file: format!("{WORD}#L{first}-L{last}"),
        page: Page::File(format!("src/proven_arc/word.rs.html?note={name}#{first}-{last}")),
    }
}

/// A function, `Arc::get_mut`, in backticks.
static FUNCTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"`([A-Z]\w+)::([a-z]\w*)`").unwrap());

/// The models that catch each mutant, with their reports, read from `proofs/MUTANTS.md`.
fn reports(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ").collect();
        let caught = cells.last()?.split("<br>").filter_map(|model| {
            let (model, report) = model.strip_prefix('`')?.split_once("`: ")?;
            Some((model.to_owned(), report.to_owned()))
        });
        Some((cells[0].trim_end_matches('`').to_owned(), caught.collect()))
    });
    rows.collect()
}

impl Sources {
    /// The targets of all labels that pages share.
    fn targets(&self, tree: &Tree) -> Result<BTreeMap<String, Target>> {
        let mut targets = BTreeMap::new();
        let mut add = |label: String, file: String, page: String| {
            targets.insert(label, Target { file, page: Page::Item(page) });
        };
        for id in self.accesses.keys() {
            add(id.to_string(), id.note(), format!("crate::proofs::{id}"));
        }
        let stem = |file: &str| {
            let name = file.rsplit('/').next().unwrap_or(file);
            name.split('.').next().unwrap_or(name).to_owned()
        };
        for (name, lemma) in &self.lemmas {
            let page = format!("crate::proofs::coq::{}#{name}", stem(&lemma.file));
            add(format!("`{name}`"), format!("{}#L{}", lemma.file, lemma.line), page);
        }
        for (name, model) in &self.models {
            let function = name.rsplit("::").next().unwrap_or(name);
            let page = format!("crate::proofs::models::{}#{function}", stem(&model.file));
            add(format!("`{name}`"), format!("{}#L{}", model.file, model.line), page);
        }
        for file in tree.files(coq::DIR, "v")? {
            let page = format!("crate::proofs::coq::{}", stem(&file));
            add(format!("{}.v", stem(&file)), file, page);
        }
        for file in tree.files("tests/loom", "rs")? {
            add(file.clone(), file.clone(), format!("crate::proofs::models::{}", stem(&file)));
        }
        let acquires = "where-a-release-acquires";
        for (label, file, page) in [
            ("the map", format!("{MAP}#the-map"), "crate::proofs#the-map".to_owned()),
            ("the story", format!("{MAP}#the-story"), "crate::proofs#the-story".to_owned()),
            ("on x86", format!("{MAP}#{acquires}"), format!("crate::proofs#{acquires}")),
            ("the proof", COQ.to_owned(), "crate::proofs::coq".to_owned()),
            ("coq/", COQ.to_owned(), "crate::proofs::coq".to_owned()),
            ("MUTANTS.md", MUTANTS.to_owned(), "crate::proofs::mutants".to_owned()),
            ("PROOF-MUTANTS.md", RESULT.to_owned(), "crate::proofs::proof_mutants".to_owned()),
        ] {
            add(label.to_owned(), file, page);
        }
        let word = Page::File("src/proven_arc/word.rs.html".to_owned());
        targets.insert(WORD.to_owned(), Target { file: WORD.to_owned(), page: word });
        let functions = self.accesses.values().map(|access| format!("`{}`", access.function));
        let used_by = self.facts.of.values().flat_map(|facts| facts.used_by.iter().cloned());
        for text in functions.chain(used_by) {
            for captures in FUNCTION.captures_iter(&text) {
                let (label, [of, name]) = captures.extract();
                if let Some((file, line)) = function(tree, of, name)? {
                    let page = match of {
                        "Word" => Page::File(format!("src/proven_arc/word.rs.html#{line}")),
                        _ => Page::Item(format!("crate::{of}::{name}")),
                    };
                    // Without its line, which would change with every change of the file.
                    targets.insert(label.to_owned(), Target { file, page });
                }
            }
        }
        Ok(targets)
    }

    /// The top of a note.
    fn code(
        &self,
        tree: &Tree,
        id: &Id,
        access: &Access,
        facts: &Facts,
        [before, after]: [Option<&Id>; 2],
    ) -> Result<String> {
        let text = tree.read(WORD)?;
        let lines: Vec<_> = text.lines().collect();
        let lines = &lines[access.lines.start() - 1..*access.lines.end()];
        let indent = lines[0].len() - lines[0].trim_start().len();
        let lines: Vec<_> = lines.iter().map(|line| line.get(indent..).unwrap_or("")).collect();
        let mut out = String::new();
        if let Some(before) = before {
            let _ = write!(out, "[← {before}][{before}] · ");
        }
        let _ = write!(out, "[all accesses][the map]");
        if let Some(after) = after {
            let _ = write!(out, " · [{after} →][{after}]");
        }
        let (first, last) = (access.lines.start(), access.lines.end());
        let _ = write!(
            out,
            "\n\n[Lines {first} to {last} of src/word.rs][code], in [`{}`]:\n\n```rust,ignore\n{}\n```\n\n",
            access.function,
            lines.join("\n")
        );
        if lines.iter().any(|line| line.contains("RELEASE)")) {
            let _ = writeln!(out, "`RELEASE` is `Release`, and `AcqRel` [on x86].\n");
        }
        let link = |captures: &Captures| format!("[{}]", &captures[0]);
        let used_by = facts.used_by.join(", ");
        let _ = write!(out, "Used by {}.", FUNCTION.replace_all(&used_by, link));
        if !facts.pairs_with.is_empty() {
            let partners = facts.pairs_with.iter().map(|name| format!("[{name}]"));
            let _ = write!(out, " Pairs with {}.", partners.collect::<Vec<_>>().join(", "));
        }
        out.push('\n');
        if let Ok(Some(edge)) = facts.edge() {
            let _ = write!(out, "\n![{}][picture:{id}]\n", picture::words(&edge));
        }
        Ok(out)
    }

    fn evidence(
        &self,
        id: &Id,
        facts: &Facts,
        reports: &BTreeMap<String, BTreeMap<String, String>>,
    ) -> String {
        let mut out = String::from("## Evidence\n\n");
        let mutants: Vec<_> = mutants::weakened(&self.accesses)
            .filter(|(of, _)| of == id)
            .map(|(_, m)| m.name)
            .collect();
        if !facts.models.is_empty() {
            out += match &*mutants {
                [] => "The models that run it:\n\n",
                _ => "The models that fail when it is weakened ([MUTANTS.md] has them all):\n\n",
            };
        }
        for name in &facts.models {
            let Some(model) = self.models.get(name) else { continue };
            let _ = write!(out, "* [`{name}`] – {}", model.meaning);
            for mutant in &mutants {
                if let Some(report) = reports.get(mutant).and_then(|caught| caught.get(name)) {
                    let report = match report.split_once("; ") {
                        Some((what, steps)) => {
                            format!("**{what}**: {}", steps.replace("; ", " and "))
                        }
                        None => format!("**{report}**"),
                    };
                    let _ = write!(out, " With `{mutant}` it reports: {report}.");
                }
            }
            fold(&mut out, "the model", "rust,ignore", &model.code);
        }
        out +=
            if facts.models.is_empty() { "What is proved:\n\n" } else { "\nWhat is proved:\n\n" };
        for (name, meaning) in &facts.lemmas {
            let Some(lemma) = self.lemmas.get(name) else { continue };
            let _ = write!(out, "* [`{name}`] – {meaning}");
            fold(&mut out, "the statement", "coq", &lemma.statement);
        }
        out
    }

    /// Two tables: the accesses, and their evidence.
    fn map(
        &self,
        order: &[(&Id, &Access)],
        reports: &BTreeMap<String, BTreeMap<String, String>>,
    ) -> String {
        let mut what =
            String::from("| access | in `Word` | ordering | pairs with |\n|---|---|---|---|\n");
        let mut evidence =
            String::from("| access | weakened, these models fail | proved |\n|---|---|---|\n");
        let listed = |names: Vec<String>| match &*names {
            [] => "none".to_owned(),
            _ => names.join("<br>"),
        };
        for (id, access) in order {
            let Some(facts) = self.facts.of.get(id) else { continue };
            let partners: Vec<_> =
                facts.pairs_with.iter().map(|name| format!("[{name}]")).collect();
            let partners =
                if partners.is_empty() { "none".to_owned() } else { partners.join(", ") };
            let _ = writeln!(
                what,
                "| [{id}] | [{}][`{}`] | {} | {partners} |",
                access.function.trim_start_matches("Word::"),
                access.function,
                access.ordering()
            );
            let mutants = mutants::weakened(&self.accesses).filter(|(of, _)| of == *id);
            let caught = mutants.flat_map(|(_, mutant)| {
                let caught = reports.get(&mutant.name).cloned().unwrap_or_default();
                facts.models.iter().filter_map(move |model| {
                    let report = caught.get(model)?.split("; ").next()?;
                    Some(format!("[`{model}`]: {report}"))
                })
            });
            let lemmas = facts.lemmas.iter().map(|(name, _)| format!("[`{name}`]"));
            let _ = writeln!(
                evidence,
                "| [{id}] | {} | {} |",
                match access.orderings[0].ordering.weaker() {
                    [] => "Relaxed: nothing weaker exists".to_owned(),
                    _ => listed(caught.collect()),
                },
                listed(lemmas.collect())
            );
        }
        format!("\n{what}\n{evidence}\n")
    }

    /// The modules of the documentation. Those of files have titles.
    fn module(&self, tree: &Tree, order: &[(&Id, &Access)]) -> Result<String> {
        let mut out = String::new();
        let notes: Vec<_> = order.iter().map(|(id, _)| id.to_string()).collect();
        let _ = write!(out, "notes! {{\n    {}\n}}\n", notes.join("\n    "));
        for (name, dir, extension) in [("coq", coq::DIR, "v"), ("models", "tests/loom", "rs")] {
            let _ = writeln!(out, "{name}! {{");
            for file in tree.files(dir, extension)? {
                let stem = file.trim_start_matches(dir).trim_start_matches('/');
                let stem = stem.trim_end_matches(extension).trim_end_matches('.');
                if !stem.contains('/') {
                    let _ = writeln!(out, "    {stem} {:?}", title(&tree.read(&file)?));
                }
            }
            out += "}\n";
        }
        Ok(out)
    }
}

/// The title of a Coq file, or the first sentence of a Rust file.
fn title(text: &str) -> String {
    if let Some(title) = text.lines().next().and_then(|line| line.strip_prefix("(** * ")) {
        return title.trim_end_matches("*)").trim().to_owned();
    }
    let lines: Vec<_> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    lines.join(" ").split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
}

/// Adds a folded block to the item of a list.
fn fold(out: &mut String, summary: &str, language: &str, code: &str) {
    let lines: Vec<_> = code
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("  {line}") })
        .collect();
    let _ = write!(
        out,
        "\n  <details><summary>{summary}</summary>\n\n  ```{language}\n{}\n  ```\n\n  </details>\n",
        lines.join("\n")
    );
}

/// The place of a method: the file of its type, and the line.
fn function(tree: &Tree, of: &str, name: &str) -> Result<Option<(String, usize)>> {
    let is_here = Regex::new(&format!(r"(?m)^pub(\(crate\))? struct {of}\b"))?;
    for file in tree.files("src", "rs")? {
        let text = tree.read(&file)?;
        if is_here.is_match(&text) {
            let tokens = text.parse().map_err(|error| anyhow!("{file}: {error}"))?;
            let Some(body) = bodies(tokens, name).into_iter().next() else { continue };
            // The line with the `fn` of that body.
            let head = text[..body.start].rfind(&format!("fn {name}")).unwrap_or(body.start);
            return Ok(Some((file, line_of(&text, head))));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative() {
        assert_eq!(relative("proofs/steal.md", "proofs/sole.md"), "sole.md");
        assert_eq!(relative("proofs/steal.md", "src/word.rs#L1"), "../src/word.rs#L1");
        assert_eq!(relative("proofs/coq/README.md", "proofs/steal.md"), "../steal.md");
        assert_eq!(relative("README.md", "proofs/steal.md"), "proofs/steal.md");
    }

    #[test]
    fn files_have_titles() {
        assert_eq!(title("(** * What it is\n\n  More. *)"), "What it is");
        assert_eq!(title("(** * Short *)\n"), "Short");
        assert_eq!(title("//! A\n//! model. It is\n//!\n//! x."), "A model.");
        assert_eq!(title("Definition x := 1."), "");
    }

    #[test]
    fn labels_are_outside_of_code() {
        let text = "[a] and [`b::c`][d]\n```rust\n// [e]\n```\n[f]: x.md\n";
        let labels: Vec<_> = labels(text).into_iter().collect();
        assert_eq!(labels, ["`b::c`", "a", "d"]);
    }

    #[test]
    fn reports_are_read() {
        let text =
            "| mutant | x |\n|---|---|\n| `a:b->c` | why | `m::n`: data race<br>`o`: leak |\n";
        let reports = reports(text);
        let caught: Vec<_> = reports["a:b->c"].iter().collect();
        assert_eq!(
            caught,
            [(&"m::n".into(), &"data race".into()), (&"o".to_owned(), &"leak".to_owned())]
        );
    }
}
