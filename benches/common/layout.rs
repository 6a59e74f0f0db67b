//! Tables and lists, as plain text and as Markdown.

use crate::contenders::{ALL, NAMES, PROVEN, STANDARD};
use crate::measure::Row;

/// A table with headings, and rows in sections. The first column is text, the others are figures.
pub struct Table {
    pub heading: Vec<String>,
    pub sections: Vec<(String, Vec<Vec<String>>)>,
}

/// The contenders other than std and proven-arc.
pub const PEERS: std::ops::Range<usize> = PROVEN + 1..ALL;

/// The heading of the rows that [`comparison`] makes.
pub fn comparison_heading(first: &str) -> Vec<String> {
    let heading = [first, NAMES[STANDARD], NAMES[PROVEN], "ratio", "quartiles"];
    heading.iter().chain(&NAMES[PEERS]).map(ToString::to_string).collect()
}

/// A row: std, ours, and the ratios of the peers.
pub fn comparison(row: &Row) -> Vec<String> {
    let time = |contender| row.time(contender).map_or_else(none, human);
    let quartiles =
        row.ratio(PROVEN).map(|it| format!("{} - {}", times(it.lower), times(it.upper)));
    let mut cells = vec![row.name.to_owned(), time(STANDARD), time(PROVEN), ratio(row, PROVEN)];
    cells.push(quartiles.unwrap_or_else(none));
    cells.extend(PEERS.map(|peer| ratio(row, peer)));
    cells
}

/// Explains the first columns of [`comparison`]. `time` says what is timed.
pub fn comparison_legend(time: &str, rows: &[Row]) -> Vec<(&'static str, String)> {
    let rounds = rows.iter().map(Row::rounds).min().unwrap_or(0);
    let unmeasured = "not measured: quartiles far apart, or a loaded machine";
    vec![
        ("std, ours", format!("{time}, medians of {rounds} rounds")),
        ("ratio", "how many times as fast as std, median of the rounds".to_owned()),
        ("quartiles", "half of the rounds have ratios between these".to_owned()),
        ("?", unmeasured.to_owned()),
    ]
}

/// Explains the columns of the peers.
pub fn peers_legend() -> Vec<(&'static str, String)> {
    vec![("triomphe", "its ratio; it has no Weak".to_owned())]
}

pub fn ratio(row: &Row, contender: usize) -> String {
    match row.measured_ratio(contender) {
        Some(ratio) => times(ratio.median),
        None if row.ratio(contender).is_some() => "?".to_owned(),
        None => none(),
    }
}

/// How many times as fast.
fn times(ratio: f64) -> String {
    let decimals = if ratio < 99.995 { 2 } else { 0 };
    format!("{ratio:.decimals$}")
}

/// The share of processor time that other programs had, as a fact for the report.
pub fn load(others: Option<f64>) -> (&'static str, String) {
    let load = match others {
        Some(share) => format!("other programs had {:.0} % of the processor time", 100.0 * share),
        None => "not known on this system: see that nothing else runs".to_owned(),
    };
    ("load", load)
}

/// The text of a cell without a figure.
pub fn none() -> String {
    "-".to_owned()
}

fn human(nanoseconds: f64) -> String {
    let (scale, unit) = match nanoseconds {
        ..1e3 => (1.0, "ns"),
        ..1e6 => (1e3, "µs"),
        ..1e9 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{:.2} {unit}", nanoseconds / scale)
}

impl Table {
    pub fn text(&self) -> String {
        let lines = || self.sections.iter().flat_map(|(_, lines)| lines).chain([&self.heading]);
        let width = |column: usize| {
            lines().map(|line| line[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<_> = (0..self.heading.len()).map(width).collect();
        let aligned = |line: &Vec<String>| {
            let mut text = format!("   {:<1$}", line[0], widths[0]);
            for (cell, width) in line.iter().zip(&widths).skip(1) {
                text.push_str(&format!("  {cell:>width$}"));
            }
            text + "\n"
        };
        let mut text = aligned(&self.heading);
        for (title, lines) in self.sections.iter().filter(|(_, lines)| !lines.is_empty()) {
            text.push_str(&format!("  {title}\n"));
            text.extend(lines.iter().map(aligned));
        }
        text
    }

    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.heading);
        text.push_str(&format!("|---|{}\n", "--:|".repeat(self.heading.len() - 1)));
        for (title, lines) in &self.sections {
            text.push_str(&format!("| **{title}** |{}\n", " |".repeat(self.heading.len() - 1)));
            text.extend(lines.iter().map(|cells| line(cells)));
        }
        text
    }
}

/// Formats named facts as lines for a terminal.
pub fn lines(facts: &[(&str, String)]) -> String {
    const TERMINAL: usize = 80;
    let mut text = String::new();
    for (name, fact) in facts {
        let mut line = format!("  {name:<10}");
        for word in fact.split(' ') {
            if line.chars().count() + 1 + word.chars().count() > TERMINAL {
                text += &format!("{line}\n");
                line = " ".repeat(12);
            }
            line += &format!(" {word}");
        }
        text += &format!("{line}\n");
    }
    text
}
