//! Pictures as SVG: the edge of an access, drawn from `proofs/notes.toml`, and the diagrams of
//! `proofs/pictures.toml`.
//!
//! Inside a page they take the colour of the text around them. On their own they follow the
//! reader's preference for light or dark. `[name]` in a text is a link.

use crate::facts::Edge;
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use regex::{Captures, Regex};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

pub const FILE: &str = "proofs/pictures.toml";

const STYLE: &str = "\
svg.proven-arc{color:#1f2328;color-scheme:light dark}\
@media(prefers-color-scheme:dark){svg.proven-arc{color:#e6edf3}}\
.proven-arc text{font:13px system-ui,sans-serif;fill:currentColor}\
.proven-arc .head{font-weight:600}\
.proven-arc .small{font-size:12px;opacity:.8}\
.proven-arc a{fill:#3b8eea}\
.proven-arc .life{stroke:currentColor;opacity:.35}\
.proven-arc .box{fill:currentColor;fill-opacity:.06;stroke:currentColor;stroke-opacity:.45}\
.proven-arc .race{fill:#e5484d;fill-opacity:.16;stroke:#e5484d}\
.proven-arc .arrow{stroke:#2da44e;stroke-width:2;fill:none}\
.proven-arc .line{stroke:currentColor;stroke-width:1.3;fill:none}\
.proven-arc .green{fill:#2da44e}\
.proven-arc .plain{fill:currentColor}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The text, with each access that it mentions as a link to its note.
fn linked(text: &str) -> String {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[([a-z_]+)\]").unwrap());
    let link = |found: &Captures| format!("<a href=\"{0}.md\">{0}</a>", &found[1]);
    NAME.replace_all(&escape(text), link).into_owned()
}

fn begin(width: u32, height: u32, label: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"proven-arc\" role=\"img\" \
         aria-label=\"{}\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <style>{STYLE}</style>\n\
         <defs>{}{}</defs>\n",
        escape(label),
        head("to", "green"),
        head("on", "plain"),
    )
}

fn head(id: &str, class: &str) -> String {
    format!(
        "<marker id=\"pa-{id}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto-start-reverse\">\
         <path class=\"{class}\" d=\"M0 0L10 5L0 10z\"/></marker>"
    )
}

/// The edge in words, for readers who do not see the picture.
pub fn words(edge: &Edge) -> String {
    let steps =
        edge.steps.iter().map(|step| format!("{} {}", edge.threads[step.thread], step.text));
    let steps: Vec<_> = steps.collect();
    format!(
        "{}. The arrow of happens-before leads from the Release to the Acquire.",
        steps.join("; ").replace(['[', ']'], "")
    )
}

/// The two threads, their steps, and the arrow of happens-before.
pub fn edge(edge: &Edge) -> String {
    const COLUMN: [u32; 2] = [12, 368];
    const WIDTH: u32 = 300;
    const ROW: u32 = 34;
    let y = |row: usize| 30 + ROW * row as u32;
    let (from, to) = edge.arrow;
    // The arrow needs a slope to be seen, and room for its label.
    let height = y(edge.steps.len()) + 24;
    let mut svg = begin(680, height, &words(edge));
    for (x, thread) in COLUMN.into_iter().zip(&edge.threads) {
        let _ = writeln!(
            svg,
            "<text class=\"head\" x=\"{x}\" y=\"16\">{}</text>\
             <path class=\"life\" d=\"M{2} 26V{1}\"/>",
            escape(thread),
            y(edge.steps.len()),
            x + 4,
        );
    }
    for (row, step) in edge.steps.iter().enumerate() {
        let class = match step {
            _ if step.races => "box race",
            _ if step.access().is_some() => "box",
            _ => "",
        };
        let (x, y) = (COLUMN[step.thread], y(row));
        if !class.is_empty() {
            let _ = writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"26\" rx=\"5\"/>"
            );
        }
        let _ =
            writeln!(svg, "<text x=\"{}\" y=\"{}\">{}</text>", x + 14, y + 17, linked(&step.text));
    }
    let (left, right) = (COLUMN[0] + WIDTH, COLUMN[1]);
    let ends = if edge.steps[from].thread == 0 { [left, right] } else { [right, left] };
    let _ = writeln!(
        svg,
        "<path class=\"arrow\" marker-end=\"url(#pa-to)\" d=\"M{} {}L{} {}\"/>",
        ends[0],
        y(from) + 13,
        ends[1],
        y(to) + 13
    );
    let _ = writeln!(
        svg,
        "<text class=\"small\" x=\"12\" y=\"{}\">Arrow: happens-before. Without it, the two red \
         steps race.</text>\n</svg>",
        height - 8
    );
    svg
}

/// A diagram: boxes with lines of text, and arrows with labels.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagram {
    /// The picture in words.
    pub words: String,
    size: [u32; 2],
    #[serde(rename = "box")]
    boxes: Vec<Box>,
    arrow: Vec<Arrow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Box {
    at: [u32; 2],
    size: [u32; 2],
    /// The first line is its title.
    text: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrow {
    path: Vec<[u32; 2]>,
    #[serde(default)]
    label: Vec<String>,
    #[serde(default)]
    at: [u32; 2],
}

pub fn diagrams(tree: &Tree) -> Result<BTreeMap<String, Diagram>> {
    toml::from_str(&tree.read(FILE)?).context(FILE)
}

impl Diagram {
    pub fn draw(&self) -> Result<String> {
        let mut svg = begin(self.size[0], self.size[1], &self.words);
        for Box { at: [x, y], size: [width, height], text } in &self.boxes {
            let _ = writeln!(
                svg,
                "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
            );
            for (n, line) in text.iter().enumerate() {
                let class = if n == 0 { "head" } else { "small" };
                let y = y + 20 + 17 * n as u32;
                let _ = writeln!(
                    svg,
                    "<text class=\"{class}\" x=\"{}\" y=\"{y}\">{}</text>",
                    x + 12,
                    linked(line)
                );
            }
        }
        for Arrow { path, label, at: [x, y] } in &self.arrow {
            ensure!(path.len() > 1, "{FILE}: an arrow needs two points");
            let points: Vec<_> = path.iter().map(|[x, y]| format!("{x} {y}")).collect();
            let _ = writeln!(
                svg,
                "<path class=\"line\" marker-end=\"url(#pa-on)\" d=\"M{}\"/>",
                points.join("L")
            );
            for (n, line) in label.iter().enumerate() {
                let y = y + 16 * n as u32;
                let _ = writeln!(
                    svg,
                    "<text class=\"small\" x=\"{x}\" y=\"{y}\">{}</text>",
                    linked(line)
                );
            }
        }
        svg += "</svg>\n";
        Ok(svg)
    }
}

/// The picture as a `data:` URI, for a page that cannot include files. Its links lead to the pages
/// of the documentation.
pub fn data_uri(svg: &str, up: &str) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"href="([a-z_]+)\.md""#).unwrap());
    let svg = LINK.replace_all(svg, format!("href=\"{up}$1/index.html\""));
    let mut uri = String::from("data:image/svg+xml,");
    for byte in svg.replace('\n', "").bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'/'
            | b':'
            | b'='
            | b';'
            | b','
            | b'@' => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_linked() {
        assert_eq!(linked("[steal] a < b"), "<a href=\"steal.md\">steal</a> a &lt; b");
        let uri = data_uri("<a href=\"steal.md\">é</a>\n", "../");
        assert_eq!(
            uri,
            "data:image/svg+xml,%3Ca%20href=%22../steal/index.html%22%3E%C3%A9%3C/a%3E"
        );
    }
}
