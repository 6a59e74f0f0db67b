//! Reads the documentation as a reader does: from the code to its note, from the note to its line,
//! on to the partner, and to what is proved. In a real browser: Chromium, by its WebDriver.
//!
//! The documentation has to be there: `cargo docs`. Screenshots are left in `target/reading/`.

use anyhow::{Context, Result, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The browser, and where it finds the documentation.
struct Reader {
    client: Client,
    site: String,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}

impl Reader {
    async fn new() -> Result<Self> {
        let documentation = target().join("doc");
        ensure!(
            documentation.join("src/proven_arc/word.rs.html").is_file(),
            "the documentation is not there: build it with `cargo docs`"
        );
        let site = format!("file://{}/", documentation.canonicalize()?.display());
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .context("running chromedriver (Debian: chromium-driver)")?;
        let output = BufReader::new(driver.stdout.take().context("no output")?);
        let mut lines = output.lines();
        let port = loop {
            let line = lines.next().context("chromedriver names no port")??;
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Read on, or it blocks when the pipe is full.
        thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir()?;
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({ "goog:chromeOptions": { "args": arguments } });
        let Value::Object(capabilities) = options else { unreachable!("it is an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await?;
        client.set_window_size(1400, 900).await?;
        Ok(Self { client, site, driver, _profile: profile })
    }

    async fn open(&self, page: &str) -> Result<()> {
        // The same page with another fragment would not be loaded again.
        self.client.goto("about:blank").await?;
        Ok(self.client.goto(&format!("{}{page}", self.site)).await?)
    }

    async fn find(&self, css: &str) -> Result<Element> {
        let wait = self.client.wait().at_most(Duration::from_secs(20));
        wait.for_element(Locator::Css(css)).await.with_context(|| format!("no `{css}`"))
    }

    async fn click(&self, css: &str) -> Result<()> {
        self.find(css).await?;
        // Where it is clicked, nothing may lie above it.
        let script = "document.querySelector(arguments[0]).scrollIntoView({block: 'center'})";
        self.run(script, vec![json!(css)]).await?;
        self.find(css).await?.click().await.with_context(|| format!("clicking `{css}`"))
    }

    async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute(script, arguments).await?)
    }

    /// Waits until the script returns what is expected.
    async fn expect(&self, script: &str, expected: impl Into<Value>) -> Result<()> {
        let expected = expected.into();
        let mut found = Value::Null;
        for _ in 0..200 {
            found = self.run(&format!("return {script}"), vec![]).await?;
            if found == expected {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("{script} is {found}, not {expected}")
    }

    async fn press(&self, key: &str) -> Result<()> {
        let script = "(document.activeElement ?? document.body).dispatchEvent(\
                      new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))";
        self.run(script, vec![json!(key)]).await.map(drop)
    }

    async fn panel(&self) -> Result<()> {
        Ok(self.find("#pa-panel").await?.enter_frame().await?)
    }

    async fn leave_panel(&self) -> Result<()> {
        Ok(self.client.clone().enter_parent_frame().await?)
    }

    async fn picture(&self, name: &str, width: u32) -> Result<()> {
        self.client.set_window_size(width, 900).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let dir = target().join("reading");
        fs::create_dir_all(&dir)?;
        fs::write(dir.join(format!("{name}-{width}.png")), self.client.screenshot().await?)?;
        Ok(())
    }
}

const WORD: &str = "src/proven_arc/word.rs.html";

/// The first of the lines that the source view highlights, all of which the address names.
const HIGHLIGHTED: &str = "(() => { \
    const [first, last] = location.hash.slice(1).split('-').map(Number), line = document.createRange(); \
    if (document.querySelectorAll('.line-highlighted').length !== last - first + 1) return null; \
    line.setStartAfter(document.getElementById(first)); \
    line.setEndBefore(document.getElementById(first + 1)); \
    return line.toString().trim() })()";

/// The label of an access: not a mention of it in another comment.
fn label(name: &str) -> String {
    format!(".pa-label[data-note={name}]")
}

#[tokio::test]
async fn code_note_line_partner() -> Result<()> {
    let reader = Reader::new().await?;
    reader.open(WORD).await?;

    // From the code to its note, by one click.
    reader.click(&label("is_unique")).await?;
    reader.panel().await?;
    reader.find("h2#is_unique").await?;
    reader.expect("getComputedStyle(document.querySelector('.sidebar')).display", "none").await?;
    reader.leave_panel().await?;
    let is_unique = "// [is_unique] Acquire: pairs with the Release of the handles that are gone,";
    reader.expect(HIGHLIGHTED, is_unique).await?;
    reader.picture("panel", 1400).await?;
    reader.picture("panel", 800).await?;
    reader.expect("document.querySelector('#pa-panel').offsetWidth === innerWidth", true).await?;
    reader.client.set_window_size(1400, 900).await?;

    // To a partner: the note and the line follow.
    reader.panel().await?;
    reader.click("p > a[href$='/release_strong/index.html']").await?;
    reader.leave_panel().await?;
    let release =
        "// [release_strong] Release: pairs with the Acquire of the thread that takes the value or";
    reader.expect(HIGHLIGHTED, release).await?;
    reader.expect("new URLSearchParams(location.search).get('note')", "release_strong").await?;

    // To the next partner, by the picture.
    reader.panel().await?;
    reader.find("h2#release_strong").await?;
    reader.click("svg a[href$='/take_value/index.html'] ").await?;
    reader.find("h2#take_value").await?;

    // From the note to its line, by one click, wherever the source was.
    reader.leave_panel().await?;
    reader
        .expect(
            HIGHLIGHTED,
            "// [take_value] Acquire: pairs with every Release of a strong handle,",
        )
        .await?;
    reader.run("scrollTo(0, 0)", vec![]).await?;
    reader.panel().await?;
    reader.click("a[href*='word.rs.html?note=take_value']").await?;
    reader.leave_panel().await?;
    reader.expect("scrollY > 0 && location.hash.includes('-')", true).await?;

    // The keyboard: next, previous, close.
    reader.find("#pa-panel").await?;
    reader.press("]").await?;
    reader.expect("new URLSearchParams(location.search).get('note')", "add_weak").await?;
    reader.press("[").await?;
    reader.expect("new URLSearchParams(location.search).get('note')", "take_value").await?;
    reader.press("Escape").await?;
    reader.expect("document.querySelector('#pa-panel')", Value::Null).await?;

    // A deep link.
    reader.open(&format!("{WORD}?note=steal")).await?;
    reader.panel().await?;
    reader.find("h2#steal").await?;
    reader.leave_panel().await?;
    reader.expect(HIGHLIGHTED, "// [steal] Acquire: pairs with [release_strong] and [strong_into_weak]. The word may have").await?;
    reader.client.clone().close().await?;
    Ok(())
}

#[tokio::test]
async fn note_lemma_and_back() -> Result<()> {
    let reader = Reader::new().await?;
    let note = "proven_arc/proofs/is_unique/index.html";

    // What is proved, without leaving the note.
    reader.open(note).await?;
    let statement = "li details:has(.language-coq)";
    reader.expect(&format!("document.querySelector('{statement}').open"), false).await?;
    reader.click(&format!("{statement} > summary")).await?;
    let shown =
        format!("document.querySelector('{statement}').innerText.includes('can_read m V i g')");
    reader.expect(&shown, true).await?;
    reader.picture("note", 1400).await?;
    reader.picture("note", 800).await?;
    reader.client.set_window_size(1400, 900).await?;

    // To the lemma, whose proof is folded, and from there to the note of an access.
    reader.click("a[href$='#get_mut_sees_everything']").await?;
    reader.find("a#get_mut_sees_everything").await?;
    reader.expect("document.querySelector('.pa-coq details').open", false).await?;
    let top = "document.getElementById('get_mut_sees_everything').getBoundingClientRect().top";
    reader.expect(&format!("{top} >= 0 && {top} < innerHeight"), true).await?;
    reader.picture("proof", 1400).await?;
    reader.click("#get_mut_sees_everything ~ .pa-note[data-note=is_unique]").await?;
    reader.find("h2#is_unique").await?;
    reader.press("]").await?;
    reader.find("h2#sole").await?;

    // A dark theme: the pictures take its colours.
    reader.run("localStorage.setItem('rustdoc-use-system-theme', 'false'); localStorage.setItem('rustdoc-theme', 'dark')", vec![]).await?;
    reader.open(note).await?;
    let same = "getComputedStyle(document.querySelector('svg.proven-arc text')).fill === getComputedStyle(document.querySelector('.docblock p')).color";
    reader.expect(same, true).await?;
    reader.picture("dark", 1400).await?;
    reader.open(&format!("{WORD}?note=is_unique")).await?;
    reader.find("#pa-panel").await?;
    reader.picture("dark-panel", 1400).await?;
    reader.open("proven_arc/proofs/index.html#the-map").await?;
    reader.picture("map", 1400).await?;
    reader.picture("map", 800).await?;
    let wide = "[...document.querySelectorAll('.docblock table, .docblock svg')].filter(it => it.getBoundingClientRect().right > innerWidth).map(it => it.textContent.slice(0, 40))";
    reader.expect(wide, json!([])).await?;
    reader.client.clone().close().await?;
    Ok(())
}

/// Each link from a note to a lemma or a model finds its place.
#[tokio::test]
async fn every_place_is_there() -> Result<()> {
    let reader = Reader::new().await?;
    reader.open("proven_arc/proofs/index.html").await?;
    let places = "return [...document.querySelectorAll('a[href*=\"/\"]')].map(link => link.href) \
        .filter(link => /\\/proofs\\/(coq|models)\\/.*#/.test(link))";
    let found = reader.run(places, vec![]).await?;
    let mut places: Vec<&str> =
        found.as_array().context("a list")?.iter().filter_map(Value::as_str).collect();
    places.sort_unstable();
    places.dedup();
    ensure!(places.len() > 30, "only {} links to lemmas and models", places.len());
    let mut page = "";
    for place in places {
        let (to, name) = place.split_once('#').context("no fragment")?;
        if to != page {
            reader.client.goto(to).await?;
            page = to;
        }
        reader.expect(&format!("document.getElementById('{name}')?.innerText"), name).await?;
    }
    reader.client.clone().close().await?;
    Ok(())
}

/// Without JavaScript, each link of a note is a plain one.
#[tokio::test]
async fn links_are_plain() -> Result<()> {
    let note = fs::read_to_string(target().join("doc/proven_arc/proofs/is_unique/index.html"))?;
    ensure!(note.contains("href=\"../../../src/proven_arc/word.rs.html?note=is_unique#"));
    ensure!(note.contains("href=\"../release_strong/index.html\""));
    Ok(())
}
