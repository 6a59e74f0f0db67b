//! Chromium without a window, driven by chromedriver. WebDriver is JSON over HTTP.

use crate::target;
use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The browser, and the address of the documentation.
pub struct Reader {
    _driver: Driver,
    /// The address of the WebDriver session.
    session: String,
    site: String,
    _profile: tempfile::TempDir,
}

/// The running chromedriver.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Ends the browser. If it does not answer, the end of its driver ends it.
        let _ = send(minreq::delete(&self.session));
    }
}

/// Sends a command, and returns the `value` of the answer.
fn send(request: minreq::Request) -> Result<Value> {
    let answer: Value = request.with_timeout(60).send()?.json()?;
    let value = &answer["value"];
    if let Some(error) = value["error"].as_str() {
        bail!("{error}: {}", value["message"]);
    }
    Ok(value.clone())
}

fn post(url: &str, body: &Value) -> Result<Value> {
    send(minreq::post(url).with_json(body)?)
}

impl Driver {
    /// Starts chromedriver, and returns its address.
    fn start() -> Result<(Self, String)> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .context("running chromedriver (Debian: chromium-driver)")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let driver = Self(child);
        let mut lines = output.lines();
        let port = loop {
            let line = lines.next().context("chromedriver names no port")??;
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Without a reader, chromedriver blocks when the pipe is full.
        thread::spawn(move || lines.for_each(drop));
        Ok((driver, format!("http://127.0.0.1:{port}")))
    }
}

impl Reader {
    pub fn new() -> Result<Self> {
        let documentation = target().join("doc");
        ensure!(
            documentation.join("src/proven_arc/word.rs.html").is_file(),
            "the documentation is not there: build it with `cargo docs`"
        );
        let site = format!("file://{}/", documentation.canonicalize()?.display());
        let (driver, address) = Driver::start()?;
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
        // `implicit`: how long a search for an element waits for it, in milliseconds.
        let capabilities = json!({ "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "timeouts": { "implicit": 20_000 },
        } });
        let answer = post(&format!("{address}/session"), &json!({ "capabilities": capabilities }))?;
        let id = answer["sessionId"].as_str().context("no session")?;
        let session = format!("{address}/session/{id}");
        let reader = Self { _driver: driver, session, site, _profile: profile };
        reader.resize(1400)?;
        Ok(reader)
    }

    fn post(&self, command: &str, body: Value) -> Result<Value> {
        post(&format!("{}/{command}", self.session), &body)
    }

    pub fn goto(&self, url: &str) -> Result<()> {
        self.post("url", json!({ "url": url })).map(drop)
    }

    /// Opens a page of the documentation.
    pub fn open(&self, page: &str) -> Result<()> {
        // The same page with another fragment would not be loaded again.
        self.goto("about:blank")?;
        self.goto(&format!("{}{page}", self.site))
    }

    pub fn resize(&self, width: u32) -> Result<()> {
        self.post("window/rect", json!({ "width": width, "height": 900 })).map(drop)
    }

    /// The element, as soon as it is there.
    pub fn find(&self, css: &str) -> Result<Value> {
        self.post("element", json!({ "using": "css selector", "value": css }))
            .with_context(|| format!("no `{css}`"))
    }

    pub fn click(&self, css: &str) -> Result<()> {
        let element = self.find(css)?;
        // An element below another one cannot be clicked.
        self.run("arguments[0].scrollIntoView({block: 'center'})", json!([element]))?;
        let id = element.as_object().and_then(|it| it.values().next()?.as_str());
        self.post(&format!("element/{}/click", id.context("no id")?), json!({}))
            .with_context(|| format!("clicking `{css}`"))
            .map(drop)
    }

    pub fn run(&self, script: &str, arguments: Value) -> Result<Value> {
        self.post("execute/sync", json!({ "script": script, "args": arguments }))
    }

    /// Waits until the script returns what is expected.
    pub fn expect(&self, script: &str, expected: impl Into<Value>) -> Result<()> {
        let expected = expected.into();
        let mut found = Value::Null;
        for _ in 0..200 {
            found = self.run(&format!("return {script}"), json!([]))?;
            if found == expected {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("{script} is {found}, not {expected}")
    }

    pub fn press(&self, key: &str) -> Result<()> {
        let script = "(document.activeElement ?? document.body).dispatchEvent(\
                      new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))";
        self.run(script, json!([key])).map(drop)
    }

    pub fn panel(&self) -> Result<()> {
        let panel = self.find("#pa-panel")?;
        self.post("frame", json!({ "id": panel })).map(drop)
    }

    pub fn leave_panel(&self) -> Result<()> {
        self.post("frame/parent", json!({})).map(drop)
    }

    /// Takes a picture of the page in a window of this width.
    pub fn picture(&self, name: &str, width: u32) -> Result<()> {
        self.resize(width)?;
        thread::sleep(Duration::from_millis(500));
        let picture = send(minreq::get(format!("{}/screenshot", self.session)))?;
        let picture = BASE64_STANDARD.decode(picture.as_str().context("no picture")?)?;
        let dir = target().join("reading");
        fs::create_dir_all(&dir)?;
        fs::write(dir.join(format!("{name}-{width}.png")), picture)?;
        Ok(())
    }
}
