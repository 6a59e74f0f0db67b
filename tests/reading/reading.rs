//! Clicks through the documentation as a reader does: from the code to a note, from the note to its
//! line, to the partner, and to what is proved. It runs in a real browser.
//!
//! Build the documentation first, with `cargo docs`. Screenshots go to `target/reading/`.

mod browser;

use anyhow::{Context, Result, ensure};
use browser::Reader;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}

const WORD: &str = "src/proven_arc/word.rs.html";

/// The first line that the source view highlights. The address has to name all highlighted lines.
const HIGHLIGHTED: &str = "(() => { \
    const [first, last] = location.hash.slice(1).split('-').map(Number), line = document.createRange(); \
    if (document.querySelectorAll('.line-highlighted').length !== last - first + 1) return null; \
    line.setStartAfter(document.getElementById(first)); \
    line.setEndBefore(document.getElementById(first + 1)); \
    return line.toString().trim() })()";

/// The label of an access, not a mention of it in another comment.
fn label(name: &str) -> String {
    format!(".pa-label[data-note={name}]")
}

/// The first line of the access's comment in `src/word.rs`.
fn first_line(name: &str) -> Result<String> {
    let word = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/word.rs"))?;
    let label = format!("// [{name}] ");
    let line = word.lines().map(str::trim).find(|line| line.starts_with(&label));
    Ok(line.with_context(|| format!("no access [{name}]"))?.to_owned())
}

#[test]
fn code_note_line_partner() -> Result<()> {
    let reader = Reader::new()?;
    reader.open(WORD)?;

    // From the code to its note, by one click.
    reader.click(&label("is_unique"))?;
    reader.panel()?;
    reader.find("h2#is_unique")?;
    reader.expect("getComputedStyle(document.querySelector('.sidebar')).display", "none")?;
    reader.leave_panel()?;
    reader.expect(HIGHLIGHTED, first_line("is_unique")?)?;
    reader.picture("panel", 1400)?;
    reader.picture("panel", 800)?;
    reader.expect("document.querySelector('#pa-panel').offsetWidth === innerWidth", true)?;
    reader.resize(1400)?;

    // To a partner: the note and the line follow.
    reader.panel()?;
    reader.click("p > a[href$='/release_strong/index.html']")?;
    reader.leave_panel()?;
    reader.expect(HIGHLIGHTED, first_line("release_strong")?)?;
    reader.expect("new URLSearchParams(location.search).get('note')", "release_strong")?;

    // To the next partner, by the picture.
    reader.panel()?;
    reader.find("h2#release_strong")?;
    reader.click("svg a[href$='/take_value/index.html'] ")?;
    reader.find("h2#take_value")?;

    // From the note to its line by one click, after the source was scrolled away.
    reader.leave_panel()?;
    reader.expect(HIGHLIGHTED, first_line("take_value")?)?;
    reader.run("scrollTo(0, 0)", json!([]))?;
    reader.panel()?;
    reader.click("a[href*='word.rs.html?note=take_value']")?;
    reader.leave_panel()?;
    reader.expect("scrollY > 0 && location.hash.includes('-')", true)?;

    // The keyboard: next, previous, close.
    reader.find("#pa-panel")?;
    reader.press("]")?;
    reader.expect("new URLSearchParams(location.search).get('note')", "add_weak")?;
    reader.press("[")?;
    reader.expect("new URLSearchParams(location.search).get('note')", "take_value")?;
    reader.press("Escape")?;
    reader.expect("document.querySelector('#pa-panel')", Value::Null)?;

    // A deep link.
    reader.open(&format!("{WORD}?note=steal"))?;
    reader.panel()?;
    reader.find("h2#steal")?;
    reader.leave_panel()?;
    reader.expect(HIGHLIGHTED, first_line("steal")?)?;
    Ok(())
}

#[test]
fn note_lemma_and_back() -> Result<()> {
    let reader = Reader::new()?;
    let note = "proven_arc/proofs/is_unique/index.html";

    // What is proved, shown inside the note.
    reader.open(note)?;
    let statement = "li details:has(.language-coq)";
    reader.expect(&format!("document.querySelector('{statement}').open"), false)?;
    reader.click(&format!("{statement} > summary"))?;
    let shown =
        format!("document.querySelector('{statement}').innerText.includes('can_read m V i g')");
    reader.expect(&shown, true)?;
    reader.picture("note", 1400)?;
    reader.picture("note", 800)?;
    reader.resize(1400)?;

    // To the lemma, whose proof is folded, and from there to the note of an access.
    reader.click("a[href$='#get_mut_sees_everything']")?;
    reader.find("a#get_mut_sees_everything")?;
    reader.expect("document.querySelector('.pa-coq details').open", false)?;
    let top = "document.getElementById('get_mut_sees_everything').getBoundingClientRect().top";
    reader.expect(&format!("{top} >= 0 && {top} < innerHeight"), true)?;
    reader.picture("proof", 1400)?;
    reader.click("#get_mut_sees_everything ~ .pa-note[data-note=is_unique]")?;
    reader.find("h2#is_unique")?;
    reader.press("]")?;
    reader.find("h2#sole")?;

    // In a dark theme, the pictures take its colours.
    reader.run("localStorage.setItem('rustdoc-use-system-theme', 'false'); localStorage.setItem('rustdoc-theme', 'dark')", json!([]))?;
    reader.open(note)?;
    let same = "getComputedStyle(document.querySelector('svg.proven-arc text')).fill === getComputedStyle(document.querySelector('.docblock p')).color";
    reader.expect(same, true)?;
    reader.picture("dark", 1400)?;
    reader.open(&format!("{WORD}?note=is_unique"))?;
    reader.find("#pa-panel")?;
    reader.picture("dark-panel", 1400)?;
    reader.open("proven_arc/proofs/index.html#the-map")?;
    reader.picture("map", 1400)?;
    reader.picture("map", 800)?;
    let wide = "[...document.querySelectorAll('.docblock table, .docblock svg')].filter(it => it.getBoundingClientRect().right > innerWidth).map(it => it.textContent.slice(0, 40))";
    reader.expect(wide, json!([]))?;
    Ok(())
}

/// Each link from a note to a lemma or a model leads to it.
#[test]
fn every_place_is_there() -> Result<()> {
    let reader = Reader::new()?;
    reader.open("proven_arc/proofs/index.html")?;
    let places = "return [...document.querySelectorAll('a[href*=\"/\"]')].map(link => link.href) \
        .filter(link => /\\/proofs\\/(coq|models)\\/.*#/.test(link))";
    let found = reader.run(places, json!([]))?;
    let mut places: Vec<&str> =
        found.as_array().context("a list")?.iter().filter_map(Value::as_str).collect();
    places.sort_unstable();
    places.dedup();
    ensure!(places.len() > 30, "only {} links to lemmas and models", places.len());
    let mut page = "";
    for place in places {
        let (to, name) = place.split_once('#').context("no fragment")?;
        if to != page {
            reader.goto(to)?;
            page = to;
        }
        reader.expect(&format!("document.getElementById('{name}')?.innerText"), name)?;
    }
    Ok(())
}

/// Without JavaScript, each link of a note is a plain one.
#[test]
fn links_are_plain() -> Result<()> {
    let note = fs::read_to_string(target().join("doc/proven_arc/proofs/is_unique/index.html"))?;
    ensure!(note.contains("href=\"../../../src/proven_arc/word.rs.html?note=is_unique#"));
    ensure!(note.contains("href=\"../release_strong/index.html\""));
    Ok(())
}
