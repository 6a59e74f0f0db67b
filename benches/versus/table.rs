//! What was measured, in tables.

use crate::contenders::{ALL, NAMES, PROVEN, STANDARD};
use crate::contests::CURVES;
use crate::layout::{PEERS, Table, comparison, comparison_heading, comparison_legend, none, ratio};
use crate::loops::{cores, threads};
use crate::measure::{Kind, Row};

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
    let sections = sections(rows).into_iter();
    Table {
        heading: comparison_heading("operation"),
        sections: sections
            .map(|(title, rows)| (title, rows.into_iter().map(comparison).collect()))
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
pub fn legend(rows: &[Row]) -> Vec<(&'static str, String)> {
    let limit = "the ratio of a Box, or of plain and atomic instructions by hand";
    let mut legend = comparison_legend("the time of one, on each thread", rows);
    legend.push(("portable", "the ratio of portable-atomic-util".to_owned()));
    legend.push(("limit", limit.to_owned()));
    legend
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
