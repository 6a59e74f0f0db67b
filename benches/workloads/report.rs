//! The report of a run.

use crate::broadcast::{BYTES, RECEIVERS};
use crate::collections::{CHANGES, KEPT};
use crate::layout::{
    Table, comparison, comparison_heading, comparison_legend, lines, peers_legend,
};
use crate::machine::list;
use crate::measure::{Results, Row};
use crate::{Scale, Workload, layout, machine};
use std::iter;

pub struct Report {
    /// Facts about the machine, each with its name.
    facts: Vec<(&'static str, String)>,
    speed: Table,
    about_speed: Vec<(&'static str, String)>,
    /// `None` if memory was not measured.
    memory: Option<Table>,
    about_memory: Vec<(&'static str, String)>,
}

impl Report {
    pub fn new(
        workloads: &[Workload],
        results: &Results,
        memory: Option<Table>,
        scale: &Scale,
    ) -> Self {
        let mut facts = machine::describe();
        facts.push(layout::load(results.others));
        if scale.rough {
            facts.push(("--quick", "these figures are ROUGH".to_owned()));
        }
        if cfg!(debug_assertions) {
            facts.push(("build", "without --release: these figures mean NOTHING".to_owned()));
        }
        Self {
            facts,
            speed: speed(workloads, &results.rows),
            about_speed: about_speed(&results.rows, scale),
            memory,
            about_memory: about_memory(scale),
        }
    }

    pub fn text(&self) -> String {
        let facts = lines(&self.facts);
        let mut text = format!("{facts}\n{}\n{}", self.speed.text(), lines(&self.about_speed));
        if let Some(memory) = &self.memory {
            text += &format!("\n{}\n{}", memory.text(), lines(&self.about_memory));
        }
        text
    }

    pub fn markdown(&self) -> String {
        format!(
            "# Real programs on std's Arc, proven-arc's and others\n\n\
             Written by this command, not by hand:\n\n\
             ```console\ncargo workloads --record\n```\n\n\
             {}\n## Speed\n\n{}\n{}\n## Memory\n\n{}\n{}",
            list(&self.facts),
            self.speed.markdown(),
            list(&self.about_speed),
            self.memory.as_ref().map_or_else(String::new, Table::markdown),
            list(&self.about_memory),
        )
    }
}

fn speed(workloads: &[Workload], rows: &[Row]) -> Table {
    let mut sections: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for (workload, row) in iter::zip(workloads, rows) {
        match sections.last_mut() {
            Some((group, rows)) if group == workload.group => rows.push(comparison(row)),
            _ => sections.push((workload.group.to_owned(), vec![comparison(row)])),
        }
    }
    Table { heading: comparison_heading("program"), sections }
}

fn about_speed(rows: &[Row], scale: &Scale) -> Vec<(&'static str, String)> {
    let Scale { elements, nodes, reads, messages, .. } = scale;
    let portable = "the ratio of portable-atomic-util; archery and arc-swap do not support it";
    let reading =
        "of all elements; hardly any count changes, so only the places of the nodes differ";
    let snapshots = format!("{CHANGES} changes, each while the last {KEPT} versions are kept");
    let load = format!("{reads} times in each thread; load_full returns a handle");
    let broadcast = format!("{messages} messages of {BYTES} bytes, each to {RECEIVERS} channels");
    let mut legend = comparison_legend("the time of a run", rows);
    legend.extend(peers_legend());
    legend.extend([
        ("portable", portable.to_owned()),
        ("build", format!("{elements} elements, or {nodes} nodes; dropped again")),
        ("look up", reading.to_owned()),
        ("iterate", "the same".to_owned()),
        ("snapshots", snapshots),
        ("walk up", "from each node to the root, by upgrades".to_owned()),
        ("load", load),
        ("broadcast", broadcast),
    ]);
    legend
}

fn about_memory(scale: &Scale) -> Vec<(&'static str, String)> {
    let elements = scale.allocations;
    let system = "what the peak of resident memory grows by, with the system's allocator";
    let mimalloc = "the same with mimalloc, without huge pages, which would blur it";
    vec![
        ("figures", format!("bytes for each of {elements} elements, in a separate process")),
        ("asked for", "the sizes of all allocations".to_owned()),
        ("system", system.to_owned()),
        ("mimalloc", mimalloc.to_owned()),
        ("less", "how much less ours takes than std's".to_owned()),
    ]
}
