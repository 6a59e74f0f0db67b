//! `cargo proofs links`: finds links of the documentation that lead nowhere. `.ci/links.py` checks
//! the links of the Markdown files as a repository's web page shows them.

use crate::tree::{Finding, line_of};
use anyhow::{Context, Result, ensure};
use html5gum::{Token, Tokenizer};
use percent_encoding::percent_decode_str;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

/// Whether the link leads to another site, or is no link at all.
fn leads_out(link: &str) -> bool {
    let scheme = link.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+'))
        || link.starts_with("//")
}

/// The path to `link` as seen from `file`, and the fragment after it.
fn resolve<'a>(file: &Path, link: &'a str) -> (PathBuf, &'a str) {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or(path);
    let mut to = file.to_owned();
    if !path.is_empty() {
        to.pop();
        for part in Path::new(&*percent_decode_str(path).decode_utf8_lossy()).components() {
            match part {
                Component::ParentDir => drop(to.pop()),
                Component::Normal(part) => to.push(part),
                _ => {}
            }
        }
    }
    (to, fragment)
}

static SCRIPT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<script\b.*?</script>").unwrap());

/// A page of the documentation.
#[derive(Default)]
struct Page {
    text: String,
    ids: BTreeSet<String>,
    /// The links, with their places in the text.
    links: Vec<String>,
}

impl Page {
    fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let mut page = Self::default();
        // The tokenizer would read the contents of scripts as tags.
        for token in Tokenizer::new(&*SCRIPT.replace_all(&text, "")) {
            if let Ok(Token::StartTag(tag)) = token {
                for (name, value) in &tag.attributes {
                    let value = String::from_utf8_lossy(value).into_owned();
                    match &***name {
                        b"id" => drop(page.ids.insert(value)),
                        b"href" | b"src" => page.links.push(value),
                        _ => {}
                    }
                }
            }
        }
        page.text = text;
        Ok(page)
    }

    /// Whether the page has this place. On the pages of the proof and the models, the page header
    /// makes a place of each lemma and each function. In a source view each line is a place, and so
    /// is a range of lines.
    fn has(&self, file: &Path, fragment: &str) -> bool {
        let is_id = |id: &str| self.ids.contains(id);
        let in_code = |dir: &str, before: &[&str]| {
            file.to_string_lossy().contains(dir)
                && before.iter().any(|word| self.text.contains(&format!("{word}{fragment}")))
        };
        let fragment_is_lines =
            fragment.split_once('-').is_some_and(|(first, last)| is_id(first) && is_id(last));
        is_id(fragment)
            || fragment_is_lines
            || in_code("/proofs/coq/", &["Lemma ", "Theorem ", "Corollary ", "Example "])
            || in_code("/proofs/models/", &["fn </span>"])
    }
}

/// Checks that every relative link of the crate's pages in the directory leads to a page and a
/// place.
pub fn crawl(dir: &Path) -> Result<Vec<Finding>> {
    let mut files = Vec::new();
    for part in ["proven_arc", "src/proven_arc"] {
        for entry in ignore::WalkBuilder::new(dir.join(part)).standard_filters(false).build() {
            let path = entry.context("there is no documentation: build it with `cargo docs`")?;
            if path.path().extension().is_some_and(|extension| extension == "html") {
                files.push(path.into_path());
            }
        }
    }
    ensure!(!files.is_empty(), "no page in {}: build it with `cargo docs`", dir.display());
    let mut pages = BTreeMap::new();
    for file in &files {
        pages.insert(file.clone(), Page::read(file)?);
    }
    let mut findings = BTreeSet::new();
    let mut links = 0;
    for (file, page) in &pages {
        for link in page.links.iter().filter(|link| !leads_out(link)) {
            links += 1;
            let (mut to, fragment) = resolve(file, link);
            if to.is_dir() {
                to.push("index.html");
            }
            let what = match pages.get(&to) {
                None if !to.is_file() => "there is no such file",
                Some(page) if !fragment.is_empty() && !page.has(&to, fragment) => {
                    "there is no such place"
                }
                _ => continue,
            };
            let at = page.text.find(link.as_str()).map_or(1, |at| line_of(&page.text, at));
            let shown = file.strip_prefix(dir).unwrap_or(file).display().to_string();
            findings.insert(Finding::new(
                shown,
                at,
                format!("{link} leads nowhere: {what}"),
                "correct the link",
            ));
        }
    }
    println!("{links} relative links of {} pages: {} lead nowhere", pages.len(), findings.len());
    Ok(findings.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved() {
        let from = Path::new("a/b/c.html");
        for (link, to, fragment) in [
            ("d.html", "a/b/d.html", ""),
            ("../d.html#e", "a/d.html", "e"),
            ("#e", "a/b/c.html", "e"),
            ("../w.rs.html?note=x#1-2", "a/w.rs.html", "1-2"),
            ("x%20y", "a/b/x y", ""),
        ] {
            assert_eq!(resolve(from, link), (to.into(), fragment));
        }
        assert!(leads_out("https://x") && leads_out("data:x") && !leads_out("x/y:z"));
    }

    #[test]
    fn dead_links_of_pages_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("src/proven_arc/a.html", "<a href=#1 id=1>1</a><a id=2></a>");
        write(
            "proven_arc/b.html",
            "<a id=x href='../src/proven_arc/a.html?n=1#1-2'></a><a href=\"#x\"></a>\n\
             <a href='#y'></a><a href=c.html></a><a href='../src/proven_arc/a.html#3'></a>",
        );
        let found: Vec<_> = crawl(dir.path()).unwrap().iter().map(Finding::to_string).collect();
        let dead = ["#y", "../src/proven_arc/a.html#3", "c.html"];
        assert_eq!(found.len(), 3, "{found:?}");
        for link in dead {
            let says = format!("proven_arc/b.html:2: {link} leads nowhere");
            assert!(found.iter().any(|finding| finding.starts_with(&says)), "{found:?}");
        }
    }
}
