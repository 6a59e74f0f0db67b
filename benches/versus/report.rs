//! The results of a run, for the terminal and for files.

use crate::contests::CURVES;
use crate::layout::lines;
use crate::machine::list;
use crate::measure::Row;
use crate::table;
use std::env;

/// The number of columns before those of the peers.
const OURS: usize = 5;

pub struct Report {
    /// Facts about the machine, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// Why the figures are not to be trusted.
    pub warnings: Vec<&'static str>,
    /// The load by other programs.
    pub load: (&'static str, String),
    pub rows: Vec<Row>,
}

impl Report {
    /// The figures as they are printed: std's and ours, in 80 columns.
    pub fn text(&self) -> String {
        let warnings = self.warnings.iter().map(|warning| format!("  {warning}\n\n"));
        let mut text = warnings.collect::<String>();
        text += &table::narrowed(table::operations(&self.rows), OURS).text();
        text += &format!("\n{}", lines(&table::short_legend(&self.rows)));
        text += &lines(std::slice::from_ref(&self.load));
        if self.rows.iter().any(|row| CURVES.contains(&row.name)) {
            let throughput = table::narrowed(table::throughput(&self.rows), OURS - 1).text();
            text += &format!("\n{throughput}\n{}", lines(&[table::throughput_legend()]));
        }
        text
    }

    /// The full report, for a file whose pictures begin with `stem`.
    pub fn markdown(&self, stem: &str) -> String {
        let warnings = self.warnings.iter().map(|warning| format!("**{warning}**\n\n"));
        format!(
            "# std's Arc, proven-arc's and others\n\nWritten by this command, not by hand:\n\n\
             ```console\n{}\n```\n\n{}{}\n{}\n## Operations\n\n{}\n{}\n## On more and more threads\n\n\
             {}\n{}",
            command(),
            warnings.collect::<String>(),
            list(&self.facts_and_load()),
            picture(stem),
            table::operations(&self.rows).markdown(),
            list(&table::legend(&self.rows)),
            table::throughput(&self.rows).markdown(),
            list(&[table::throughput_legend()]),
        )
    }

    fn facts_and_load(&self) -> Vec<(&'static str, String)> {
        self.facts.iter().cloned().chain([self.load.clone()]).collect()
    }

    /// A few rows and the pictures, for a README.
    pub fn short(&self, stem: &str) -> String {
        let facts = lines(&self.facts_and_load());
        let operations = table::narrowed(table::shortlist(&self.rows), OURS).text();
        let legend = lines(&table::short_legend(&self.rows));
        format!("```text\n{facts}\n{operations}\n{legend}```\n\n{}", picture(stem))
    }
}

/// The light or the dark picture, depending on the reader's theme.
fn picture(stem: &str) -> String {
    format!(
        "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{stem}-dark.svg\">\n  \
         <img alt=\"The speed of each operation relative to std's Arc, and the throughput as \
         threads are added\" src=\"{stem}-light.svg\">\n</picture>\n"
    )
}

fn command() -> String {
    let mut command = "cargo versus".to_owned();
    let arguments: Vec<_> =
        env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    if !arguments.is_empty() {
        command.push_str(&format!(" {}", arguments.join(" ")));
    }
    command
}
