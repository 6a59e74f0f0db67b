//! The results as tables.

use crate::contenders::{ALL, NAMES, PROVEN, STANDARD};
use crate::contests::CURVES;
use crate::layout::{
    PEERS, Table, comparison, comparison_heading, comparison_legend, none, peers_legend, ratio,
};
use crate::loops::threads;
use crate::machine::cores;
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

/// The operations that are measured on a growing number of threads, with a row for each number.
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

/// The most frequent operations, and the slowest relative to std, as many as fit into a README.
pub fn shortlist(rows: &[Row]) -> Table {
    const FREQUENT: [&str; 6] = [
        "new, drop",
        "clone, drop",
        "get_mut",
        "make_mut, unique",
        "downgrade, drop",
        "upgrade, drop",
    ];
    const SLOWEST: usize = 4;
    let rows = sections(rows).into_iter().flat_map(|(_, rows)| rows);
    let (frequent, mut others): (Vec<_>, Vec<_>) =
        rows.partition(|row| FREQUENT.contains(&row.name));
    let ratio = |row: &Row| row.ratio(PROVEN).map_or(f64::INFINITY, |ratio| ratio.median);
    others.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    others.truncate(SLOWEST);
    let lines = |rows: Vec<&Row>| rows.into_iter().map(comparison).collect();
    Table {
        heading: comparison_heading("operation"),
        sections: vec![
            ("what programs do most".to_owned(), lines(frequent)),
            ("the slowest of all rows".to_owned(), lines(others)),
        ],
    }
}

/// The first columns of a table.
pub fn narrowed(mut table: Table, columns: usize) -> Table {
    table.heading.truncate(columns);
    let lines = table.sections.iter_mut().flat_map(|(_, lines)| lines);
    lines.for_each(|line| line.truncate(columns));
    table
}

/// The throughput of all threads together.
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

/// Millions of operations a second.
pub fn per_microsecond(row: &Row, threads: usize, contender: usize) -> Option<f64> {
    row.time(contender).map(|nanoseconds| threads as f64 * 1e3 / nanoseconds)
}

/// Explains the first columns of [`operations`].
pub fn short_legend(rows: &[Row]) -> Vec<(&'static str, String)> {
    comparison_legend("time per operation, on each thread", rows)
}

/// Explains all columns of [`operations`].
pub fn legend(rows: &[Row]) -> Vec<(&'static str, String)> {
    let limit = "the ratio of a Box, or of plain and atomic instructions by hand";
    let mut legend = short_legend(rows);
    legend.extend(peers_legend());
    legend.push(("portable", "the ratio of portable-atomic-util".to_owned()));
    legend.push(("limit", limit.to_owned()));
    legend
}

/// Explains the columns of [`throughput`].
pub fn throughput_legend() -> (&'static str, String) {
    ("std, ours", format!("of all threads together, in millions a second, on {} cores", cores()))
}
