//! What a run says, as it is printed, and as it is kept.

use crate::layout::{lines, list};
use crate::measure::Row;
use crate::table;
use std::env;

pub struct Report {
    /// Of the machine, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// Why the figures should not be believed.
    pub warnings: Vec<&'static str>,
    pub rows: Vec<Row>,
}

impl Report {
    /// The figures, as they are printed.
    pub fn text(&self) -> String {
        let warnings = self.warnings.iter().map(|warning| format!("  {warning}\n\n"));
        let operations = table::operations(&self.rows).text();
        let throughput = table::throughput(&self.rows).text();
        let legend = lines(&table::legend(&self.rows));
        let threads = lines(&[table::throughput_legend()]);
        format!("{}{operations}\n{legend}\n{throughput}\n{threads}", warnings.collect::<String>())
    }

    /// The whole of it, for a file whose pictures begin with `stem`.
    pub fn markdown(&self, stem: &str) -> String {
        let warnings = self.warnings.iter().map(|warning| format!("**{warning}**\n\n"));
        format!(
            "# std's Arc, proven-arc's and others\n\nWritten by this command, not by hand:\n\n\
             ```console\n{}\n```\n\n{}{}\n{}\n## Operations\n\n{}\n{}\n## On more and more threads\n\n\
             {}\n{}",
            command(),
            warnings.collect::<String>(),
            list(&self.facts),
            picture(stem),
            table::operations(&self.rows).markdown(),
            list(&table::legend(&self.rows)),
            table::throughput(&self.rows).markdown(),
            list(&[table::throughput_legend()]),
        )
    }

    /// The main table and the pictures, for a README.
    pub fn short(&self, stem: &str) -> String {
        let facts = lines(&self.facts);
        let operations = table::operations(&self.rows).text();
        let legend = lines(&table::legend(&self.rows));
        format!("```text\n{facts}\n{operations}\n{legend}```\n\n{}", picture(stem))
    }
}

/// The one that suits the reader's screen.
fn picture(stem: &str) -> String {
    format!(
        "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{stem}-dark.svg\">\n  \
         <img alt=\"Each operation's speed beside that of std's Arc, and the throughput of more and \
         more threads\" src=\"{stem}-light.svg\">\n</picture>\n"
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
