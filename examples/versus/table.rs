//! What was measured, in tables: as plain text, and as Markdown.

use crate::contenders::{ALL, NAMES, PROVEN, STANDARD};
use crate::contests::CURVES;
use crate::loops::{cores, threads};
use crate::measure::{Kind, Row};

/// Columns with headings, and rows in sections. The first column is text, the others are figures.
pub struct Table {
    heading: Vec<String>,
    sections: Vec<(String, Vec<Vec<String>>)>,
}

/// Those who take part besides std and ours.
pub const PEERS: std::ops::Range<usize> = PROVEN + 1..ALL;

/// The rows of the main table, in sections.
pub fn sections(rows: &[Row]) -> Vec<(String, Vec<&Row>)> {
    let threads = threads();
    let sections = [
        ("one thread".to_owned(), Kind::OneThread),
        ("one thread; one step of ours, several of std's".to_owned(), Kind::OneStep),
        (format!("{threads} threads on one value"), Kind::Contended(threads)),
        ("a program".to_owned(), Kind::Program),
    ];
    let of = |kind| rows.iter().filter(|row| row.kind == kind).collect();
    sections.into_iter().map(|(title, kind)| (title, of(kind))).collect()
}

/// What is measured on more and more threads: each operation, with a row for each number of them.
pub fn curves(rows: &[Row]) -> Vec<(&'static str, Vec<(usize, &Row)>)> {
    let points = |name| {
        let points = rows.iter().filter(|row| row.name == name);
        let points = points.filter_map(|row| match row.kind {
            Kind::Contended(threads) => Some((threads, row)),
            _ => None,
        });
        points.collect()
    };
    CURVES.into_iter().map(|name| (name, points(name))).collect()
}

/// Every operation.
pub fn operations(rows: &[Row]) -> Table {
    let heading = ["operation", "std", "ours", "ratio", "quartiles"];
    let line = |row: &Row| {
        let time = |contender| row.time(contender).map_or_else(none, human);
        let quartiles = row.ratio(PROVEN).map(|it| format!("{:.2} - {:.2}", it.lower, it.upper));
        let mut cells = vec![row.name.to_owned(), time(STANDARD), time(PROVEN), ratio(row, PROVEN)];
        cells.push(quartiles.unwrap_or_else(none));
        cells.extend(PEERS.map(|peer| ratio(row, peer)));
        cells
    };
    let sections = sections(rows).into_iter();
    Table {
        heading: heading.iter().chain(&NAMES[PEERS]).map(ToString::to_string).collect(),
        sections: sections
            .map(|(title, rows)| (title, rows.into_iter().map(line).collect()))
            .collect(),
    }
}

/// How much all threads do together.
pub fn throughput(rows: &[Row]) -> Table {
    let line = |(threads, row): (usize, &Row)| {
        let mut cells = vec![threads.to_string()];
        cells.extend([STANDARD, PROVEN].map(|contender| {
            let throughput = per_microsecond(row, threads, contender);
            throughput.map_or_else(none, |throughput| format!("{throughput:.1}"))
        }));
        cells.extend((PROVEN..ALL).map(|contender| ratio(row, contender)));
        cells
    };
    let sections = curves(rows).into_iter();
    let heading = ["threads", "std", "ours", "ratio"];
    Table {
        heading: heading.iter().chain(&NAMES[PEERS]).map(ToString::to_string).collect(),
        sections: sections
            .map(|(name, points)| (name.to_owned(), points.into_iter().map(line).collect()))
            .collect(),
    }
}

/// Millions in a second.
pub fn per_microsecond(row: &Row, threads: usize, contender: usize) -> Option<f64> {
    row.time(contender).map(|nanoseconds| threads as f64 * 1e3 / nanoseconds)
}

/// What the columns of [`operations`] are.
pub fn legend(rows: &[Row]) -> [(&'static str, String); 5] {
    let rounds = rows.iter().map(Row::rounds).min().unwrap_or(0);
    [
        (
            "std, ours",
            format!(
                "the time of one, on each thread: medians of {rounds} rounds, in which all ran in turn"
            ),
        ),
        (
            "ratio",
            "how many times as fast as std: median and quartiles of the ratios in each round"
                .to_owned(),
        ),
        ("triomphe", "its ratio; it has no Weak".to_owned()),
        ("portable", "the ratio of portable-atomic-util".to_owned()),
        ("limit", "the ratio of a Box, or of plain and atomic instructions by hand".to_owned()),
    ]
}

/// What those of [`throughput`] are.
pub fn throughput_legend() -> (&'static str, String) {
    (
        "std, ours",
        format!(
            "of all threads together, in millions a second, on {} cores; the others as above",
            cores()
        ),
    )
}

fn ratio(row: &Row, contender: usize) -> String {
    row.ratio(contender).map_or_else(none, |ratio| format!("{:.2}", ratio.median))
}

fn none() -> String {
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
            let mut text = format!("    {:<1$}", line[0], widths[0]);
            for (cell, width) in line.iter().zip(&widths).skip(1) {
                text.push_str(&format!("  {cell:>width$}"));
            }
            text + "\n"
        };
        let mut text = aligned(&self.heading);
        for (title, lines) in &self.sections {
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
