//! The figures of the operations as tables.

use crate::assembly::{Counts, Function, Way};
use crate::compile::{Code, Compiler, FLAGS, MACHINES, Machine, demangled};
use anyhow::{Context, Result};
use std::fmt::{Display, Write};
use std::ops::Add;

/// An operation on a handle: the function of the probe that performs it, and the path through it.
pub struct Operation {
    name: &'static str,
    probed: &'static str,
    way: Way,
    /// The path through the function that drops the last handle, if the operation ends with that. If
    /// the probed function does not call it, the path through the probed function.
    then: Option<Way>,
}

const fn operation(name: &'static str, probed: &'static str, way: Way) -> Operation {
    Operation { name, probed, way, then: None }
}

const FREE: Way = Way::Through("__rust_dealloc");
const SLOW: Way = Way::Through("drop_slow");

pub const OPERATIONS: [Operation; 18] = [
    operation("`clone`", "clone", Way::Longest),
    operation("`drop`, others are left", "drop_strong", Way::Shortest),
    operation("`drop`, only `Weak`s are left", "drop_strong", SLOW).then(Way::Longest),
    operation("`drop`, the only handle", "drop_strong", SLOW).then(FREE),
    operation("`drop` of an `Arc<dyn Trait>`, others are left", "drop_dyn", Way::Shortest),
    operation("`into_inner`, others are left", "into_inner", Way::Shortest),
    operation("`into_inner`, only `Weak`s are left", "into_inner", Way::Longest),
    operation("`into_inner`, the only handle", "into_inner", FREE),
    operation("`get_mut`, the only handle", "get_mut", Way::Longest),
    operation("`make_mut`, the only handle", "make_mut", Way::Longest),
    operation("`downgrade`", "downgrade", Way::Longest),
    operation("`Weak::clone`", "clone_weak", Way::Longest),
    operation("`Weak::drop`, others are left", "drop_weak", Way::Shortest),
    operation("`Weak::drop`, the last handle of all", "drop_weak", SLOW).then(FREE),
    operation("`upgrade`", "upgrade", Way::Longest),
    operation("`strong_count`", "strong_count", Way::Longest),
    operation("`new`", "new", Way::Through("__rust_alloc")),
    operation("a call through an `Arc<dyn Trait>`", "virtual_call", Way::Longest),
];

/// The modules of the probe.
const SIDES: [&str; 2] = ["theirs", "ours"];

const LEGEND: &str = "\
Each cell has std's figure, then ours. It is empty if both are 0, and **bold** if ours is more.

*On the way* counts the instructions that one operation executes if it succeeds at once. Unless the
row says otherwise, that is a path without calls. If memory is allocated or freed, the path goes
through that call, and the instructions inside the call are not counted. The path's own `ret` is
counted. So is saving and restoring registers, which an inlined operation may share with its caller.
Branches are counted whether they are taken or not, including the one that repeats an exclusive
pair. `cargo instructions --show clone` prints the instructions, and marks those that are counted.

*The code* counts all instructions of the function, and its bytes. Each place in a program that does
this to an `Arc<u64>` gets this code. *Out of line* is the generic code that the function calls,
which a program has once for each type. The calls are std's, then ours if they differ.

These figures say how much there is to do, not how long it takes. A read-modify-write takes as long
as many plain instructions, and an acquire load waits where a plain load does not. No times are
measured here.
";

pub fn page(compiler: &Compiler, codes: &[Code]) -> Result<String> {
    let mut page = format!(
        "# Instructions of the hot paths\n\n\
         The instructions of each operation on std's `Arc` and `Weak`, and on ours. Written by\n\
         `cargo instructions`, with this compiler and these flags:\n\n    {}\n    {FLAGS}\n\n{LEGEND}",
        compiler.version
    );
    for (machine, code) in MACHINES.iter().zip(codes) {
        let on = || format!("on {}", machine.name);
        let ways = ways(machine, code).with_context(on)?;
        let sizes = sizes(code).with_context(on)?;
        write!(page, "\n## {}\n\n{}\n\n{ways}\n{sizes}", machine.name, machine.note)?;
    }
    Ok(page)
}

/// The instructions that are executed.
fn ways(machine: &Machine, code: &Code) -> Result<String> {
    type Figure = fn(&Counts) -> usize;
    let figures: [(&str, Figure); 6] = [
        ("instructions", |counts| counts.instructions),
        (machine.rmws, |counts| counts.rmws),
        ("acquire loads", |counts| counts.acquire_loads),
        ("release stores", |counts| counts.release_stores),
        ("barriers", |counts| counts.barriers),
        ("branches", |counts| counts.branches),
    ];
    let rows = OPERATIONS.iter().map(|operation| {
        let [theirs, ours] = both(|side| operation.counts(code, side))?;
        Ok((operation.name, figures.map(|(_, figure)| (figure(&theirs), figure(&ours)))))
    });
    let rows: Vec<_> = rows.collect::<Result<_>>()?;
    let used = |column: &usize| rows.iter().any(|(_, cells)| cells[*column] != (0, 0));
    let columns: Vec<usize> = (0..figures.len()).filter(used).collect();
    let mut table = head("on the way", columns.iter().map(|&column| figures[column].0))?;
    for (name, cells) in rows {
        row(&mut table, name, columns.iter().map(|&column| cell(cells[column])))?;
    }
    Ok(table)
}

/// The size of the code in a program.
fn sizes(code: &Code) -> Result<String> {
    let mut table = head("the code", ["instructions", "bytes", "out of line, bytes", "calls"])?;
    let mut last = "";
    for operation in &OPERATIONS {
        if operation.probed == std::mem::replace(&mut last, operation.probed) {
            continue;
        }
        let [theirs, ours] = both(|side| {
            let function = operation.function(code, side)?;
            let mut out_of_line = 0;
            for function in reached(code, function) {
                out_of_line += code.bytes(function)?;
            }
            let calls: Vec<_> = function.calls().into_iter().map(short).collect();
            let calls = if calls.is_empty() { "–".to_owned() } else { calls.join(", ") };
            Ok((function.instructions(), code.bytes(function)?, out_of_line, calls))
        })?;
        let name = operation.name.split(',').next().unwrap_or_default();
        let cells = [
            cell((theirs.0, ours.0)),
            cell((theirs.1, ours.1)),
            cell((theirs.2, ours.2)),
            if theirs.3 == ours.3 { theirs.3 } else { format!("{}; {}", theirs.3, ours.3) },
        ];
        row(&mut table, name, cells)?;
    }
    Ok(table)
}

fn both<T>(mut of: impl FnMut(&str) -> Result<T>) -> Result<[T; 2]> {
    Ok([of(SIDES[0])?, of(SIDES[1])?])
}

fn head<'a>(first: &str, columns: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let columns: Vec<_> = columns.into_iter().collect();
    let mut table = format!("| {first} | {} |\n", columns.join(" | "));
    writeln!(table, "|---{}|", "|---".repeat(columns.len()))?;
    Ok(table)
}

fn row(table: &mut String, name: &str, cells: impl IntoIterator<Item = String>) -> Result<()> {
    let cells: Vec<_> = cells.into_iter().collect();
    Ok(writeln!(table, "| {name} | {} |", cells.join(" | "))?)
}

fn cell<T: Display + PartialOrd + Default>((theirs, ours): (T, T)) -> String {
    if theirs == T::default() && ours == theirs {
        String::new()
    } else if ours > theirs {
        format!("{theirs}, **{ours}**")
    } else {
        format!("{theirs}, {ours}")
    }
}

/// The generic code that `function` calls, directly or indirectly.
fn reached<'a>(code: &'a Code, function: &Function) -> Vec<&'a Function> {
    let mut reached: Vec<&Function> = Vec::new();
    let mut calls = function.calls();
    while let Some(symbol) = calls.pop() {
        if let Some(function) = code.function(symbol)
            && !reached.iter().any(|other| other.symbol == symbol)
        {
            reached.push(function);
            calls.extend(function.calls());
        }
    }
    reached
}

/// The name of a function, without its types and modules.
fn short(symbol: &str) -> String {
    let mut depth = 0;
    let name = demangled(symbol);
    let plain = name.chars().filter(|character| {
        depth += i32::from(*character == '<');
        let inside = depth > 0;
        depth -= i32::from(*character == '>');
        !inside
    });
    let plain: String = plain.collect();
    let last = plain.split("::").filter(|part| !part.is_empty()).last();
    format!("`{}`", last.unwrap_or(&name))
}

impl Operation {
    const fn then(self, way: Way) -> Self {
        Self { then: Some(way), ..self }
    }

    pub fn is(&self, name: &str) -> bool {
        self.probed == name
    }

    fn function<'a>(&self, code: &'a Code, side: &str) -> Result<&'a Function> {
        code.probed(&format!("{side}::{}", self.probed))
    }

    /// The functions that the operation passes through, and the path through each.
    fn steps<'a>(&self, code: &'a Code, side: &str) -> Result<Vec<(&'a Function, Vec<usize>)>> {
        let function = self.function(code, side)?;
        let mut steps = vec![(function, self.way)];
        if let (Way::Through(callee), Some(then)) = (self.way, self.then) {
            let mut calls = function.calls().into_iter().filter(|symbol| symbol.contains(callee));
            match calls.next() {
                Some(symbol) => {
                    let called = code.function(symbol);
                    steps.push((called.with_context(|| format!("{side}: {callee}"))?, then));
                }
                None => steps = vec![(function, then)],
            }
        }
        let ways = steps.into_iter().map(|(function, way)| {
            let found = function.way(way)?;
            let found = found.with_context(|| format!("{side}: no way for {}", self.name))?;
            Ok((function, found))
        });
        ways.collect()
    }

    fn counts(&self, code: &Code, side: &str) -> Result<Counts> {
        let steps = self.steps(code, side)?.into_iter();
        Ok(steps.map(|(function, way)| function.count(&way)).fold(Counts::default(), Counts::add))
    }

    /// Returns the instructions of both, and marks those on the path.
    pub fn show(&self, code: &Code) -> Result<String> {
        let mut text = String::new();
        for side in SIDES {
            for (function, way) in self.steps(code, side)? {
                writeln!(text, "{}: {}", self.name, demangled(&function.symbol))?;
                writeln!(text, "{}", function.show(&way))?;
            }
        }
        Ok(text)
    }
}
