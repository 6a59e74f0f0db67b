//! Parses the output of `--emit asm`: functions, their instructions, and the paths through a
//! function.

use anyhow::{Context, Result, bail, ensure};
use std::collections::HashMap;
use std::ops::Add;

/// How a machine implements a read-modify-write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rmw {
    Locked,
    ExclusivePair,
    Lse,
    OutlinedCall,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Processor {
    X86_64,
    Aarch64,
}

/// What other threads see of an instruction, or what it may have to wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Rmw(Rmw),
    AcquireLoad,
    ReleaseStore,
    Barrier,
    Branch,
}

/// Where execution continues.
enum Flow {
    Next,
    /// At the label, or at the next instruction.
    Branch(String),
    Jump(String),
    /// A call, by name or through a register. It may never return.
    Call(Option<String>),
    /// A jump to another function.
    TailCall(String),
    /// Out of the function, by a return or by a jump through a register.
    Return,
    Trap,
}

struct Instruction {
    text: String,
    kind: Kind,
    flow: Flow,
}

pub struct Function {
    /// The name for the linker.
    pub symbol: String,
    instructions: Vec<Instruction>,
    labels: HashMap<String, usize>,
}

/// A path through a function.
#[derive(Clone, Copy)]
pub enum Way {
    /// Of the paths without calls and repetitions, the one with the most read-modify-writes, and of
    /// these the longest. A failed attempt is shorter, and an abort is a call.
    Longest,
    /// The shortest path with a read-modify-write and without calls. That is a release of a handle
    /// that was not the last one.
    Shortest,
    /// The shortest path with a call of the named function, and of no other.
    Through(&'static str),
}

/// Each allocation calls this empty function, so that the linker finds an allocator.
const ALLOCATOR_SHIM: &str = "__rust_no_alloc_shim_is_unstable";

/// The numbers that are counted on a path.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub instructions: usize,
    pub rmws: usize,
    pub acquire_loads: usize,
    pub release_stores: usize,
    pub barriers: usize,
    pub branches: usize,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            instructions: self.instructions + other.instructions,
            rmws: self.rmws + other.rmws,
            acquire_loads: self.acquire_loads + other.acquire_loads,
            release_stores: self.release_stores + other.release_stores,
            barriers: self.barriers + other.barriers,
            branches: self.branches + other.branches,
        }
    }
}

/// Returns all functions of the text, by their names for the linker.
pub fn functions(text: &str, processor: Processor, rmw: Rmw) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        // The function ends at the label `.Lfunc_end`.
        let Some(symbol) = line.trim().strip_prefix(".type").and_then(function_type) else {
            continue;
        };
        let mut function = Function {
            symbol: symbol.to_owned(),
            instructions: Vec::new(),
            labels: HashMap::new(),
        };
        for line in lines.by_ref() {
            if line.starts_with(".Lfunc_end") {
                break;
            } else if let Some(label) = line.strip_suffix(':') {
                function.labels.insert(label.to_owned(), function.instructions.len());
            } else if let Some(instruction) = instruction(line, processor)
                .with_context(|| format!("{symbol}: {}", line.trim()))?
            {
                if let Kind::Rmw(other) = instruction.kind {
                    ensure!(other == rmw, "{symbol}: {other:?} where {rmw:?} was expected: {line}");
                }
                function.instructions.push(instruction);
            }
        }
        functions.push(function);
    }
    Ok(functions)
}

fn function_type(rest: &str) -> Option<&str> {
    rest.trim().strip_suffix(",@function")
}

/// Returns the instruction in this line, unless the line is a directive or a comment.
fn instruction(line: &str, processor: Processor) -> Result<Option<Instruction>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(&mnemonic) = words.first() else { return Ok(None) };
    if [".", "#", "//"].iter().any(|start| mnemonic.starts_with(start)) {
        return Ok(None);
    }
    let operands = words[1..].join(" ");
    let (kind, flow) = match processor {
        Processor::X86_64 => x86_64(mnemonic, &operands),
        Processor::Aarch64 => aarch64(mnemonic, &operands)?,
    };
    Ok(Some(Instruction { text: words.join(" "), kind, flow }))
}

fn x86_64(mnemonic: &str, operands: &str) -> (Kind, Flow) {
    // `sym`, `sym@PLT` and `*sym@GOTPCREL(%rip)` have a name. `*%rax` and `*24(%rcx)` have none.
    let named = || match operands.strip_prefix('*') {
        None => operands.split('@').next(),
        Some(pointer) => pointer.split_once("@GOTPCREL").map(|(symbol, _)| symbol),
    };
    match mnemonic {
        "lock" => (Kind::Rmw(Rmw::Locked), Flow::Next),
        "mfence" | "lfence" | "sfence" => (Kind::Barrier, Flow::Next),
        _ if mnemonic.starts_with("xchg") && operands.contains('(') => {
            (Kind::Rmw(Rmw::Locked), Flow::Next)
        }
        "ret" | "retq" => (Kind::Plain, Flow::Return),
        "ud2" => (Kind::Plain, Flow::Trap),
        "call" | "callq" => (Kind::Plain, Flow::Call(named().map(str::to_owned))),
        "jmp" | "jmpq" => (Kind::Branch, jump(named())),
        _ if mnemonic.starts_with('j') => (Kind::Branch, Flow::Branch(operands.to_owned())),
        _ => (Kind::Plain, Flow::Next),
    }
}

fn aarch64(mnemonic: &str, operands: &str) -> Result<(Kind, Flow)> {
    let starts = |beginnings: &[&str]| beginnings.iter().any(|b| mnemonic.starts_with(b));
    let label = || Flow::Branch(operands.rsplit(' ').next().unwrap_or_default().to_owned());
    let atomic = ["add", "clr", "set", "eor", "smax", "smin", "umax", "umin"];
    let is_lse = mnemonic
        .strip_prefix("ld")
        .or_else(|| mnemonic.strip_prefix("st"))
        .is_some_and(|rest| atomic.iter().any(|operation| rest.starts_with(operation)))
        || starts(&["cas", "swp"]);
    Ok(match mnemonic {
        "ret" => (Kind::Plain, Flow::Return),
        "brk" | "udf" => (Kind::Plain, Flow::Trap),
        "bl" if operands.starts_with("__aarch64_") => (Kind::Rmw(Rmw::OutlinedCall), Flow::Next),
        "bl" => (Kind::Plain, Flow::Call(Some(operands.to_owned()))),
        "blr" => (Kind::Plain, Flow::Call(None)),
        "b" => (Kind::Branch, jump(Some(operands))),
        "br" => (Kind::Branch, jump(None)),
        "cbz" | "cbnz" | "tbz" | "tbnz" => (Kind::Branch, label()),
        _ if mnemonic.starts_with("b.") => (Kind::Branch, label()),
        "dmb" | "dsb" | "isb" => (Kind::Barrier, Flow::Next),
        _ if is_lse => (Kind::Rmw(Rmw::Lse), Flow::Next),
        // The pair is counted where it is stored.
        _ if starts(&["ldxr", "ldaxr"]) => (Kind::Plain, Flow::Next),
        _ if starts(&["stxr", "stlxr"]) => (Kind::Rmw(Rmw::ExclusivePair), Flow::Next),
        _ if starts(&["ldar", "ldapr", "ldapur"]) => {
            let nowhere = operands.starts_with("xzr") || operands.starts_with("wzr");
            ensure!(!nowhere, "an acquire load into no register, which need not acquire");
            (Kind::AcquireLoad, Flow::Next)
        }
        _ if starts(&["stlr", "stlur"]) => (Kind::ReleaseStore, Flow::Next),
        _ if starts(&["ldr", "ldur", "ldp", "str", "stur", "stp"]) => (Kind::Plain, Flow::Next),
        _ if starts(&["ld", "st"]) => bail!("a load or store of a kind that is not known here"),
        _ => (Kind::Plain, Flow::Next),
    })
}

fn jump(to: Option<&str>) -> Flow {
    match to {
        None => Flow::Return,
        Some(label) if label.starts_with(".L") => Flow::Jump(label.to_owned()),
        Some(symbol) => Flow::TailCall(symbol.to_owned()),
    }
}

impl Function {
    pub fn instructions(&self) -> usize {
        self.instructions.len()
    }

    /// Returns the functions that this one calls by name, each once, in the order of the text.
    pub fn calls(&self) -> Vec<&str> {
        let mut calls = Vec::new();
        for instruction in &self.instructions {
            if let Some(symbol) = instruction.called()
                && !calls.contains(&symbol)
            {
                calls.push(symbol);
            }
        }
        calls
    }

    /// Returns the instructions on that path in order, if there is one.
    pub fn way(&self, way: Way) -> Result<Option<Vec<usize>>> {
        let mut ways = Ways { function: self, way, so_far: Vec::new(), best: None };
        ways.go_on(0, matches!(way, Way::Longest))?;
        Ok(ways.best)
    }

    pub fn count(&self, way: &[usize]) -> Counts {
        let of = |wanted: fn(Kind) -> bool| {
            way.iter().filter(|&&index| wanted(self.instructions[index].kind)).count()
        };
        Counts {
            instructions: way.len(),
            rmws: of(|kind| matches!(kind, Kind::Rmw(_))),
            acquire_loads: of(|kind| kind == Kind::AcquireLoad),
            release_stores: of(|kind| kind == Kind::ReleaseStore),
            barriers: of(|kind| kind == Kind::Barrier),
            branches: of(|kind| kind == Kind::Branch),
        }
    }

    /// Returns the text, with a mark at the instructions on that path.
    pub fn show(&self, way: &[usize]) -> String {
        let mut text = String::new();
        for (index, instruction) in self.instructions.iter().enumerate() {
            for (label, _) in self.labels.iter().filter(|(_, at)| **at == index) {
                if label.starts_with(".LBB") {
                    text += &format!("  {label}:\n");
                }
            }
            let mark = if way.contains(&index) { '*' } else { ' ' };
            text += &format!("  {mark}     {}\n", instruction.text);
        }
        text
    }

    fn at(&self, label: &str) -> Result<usize> {
        self.labels.get(label).copied().with_context(|| format!("{}: no {label}", self.symbol))
    }
}

impl Instruction {
    fn called(&self) -> Option<&str> {
        match &self.flow {
            Flow::Call(symbol) => symbol.as_deref(),
            Flow::TailCall(symbol) => Some(symbol),
            _ => None,
        }
    }
}

/// The search for a path.
struct Ways<'a> {
    function: &'a Function,
    way: Way,
    so_far: Vec<usize>,
    best: Option<Vec<usize>>,
}

impl Ways<'_> {
    /// Continues at `index`. `done` says whether the path has passed the required instruction.
    fn go_on(&mut self, index: usize, mut done: bool) -> Result<()> {
        // The last instruction may be a call that never returns.
        let Some(instruction) = self.function.instructions.get(index) else { return Ok(()) };
        if self.so_far.contains(&index) {
            return Ok(());
        }
        if let Flow::Call(_) | Flow::TailCall(_) = instruction.flow {
            let symbol = instruction.called().unwrap_or_default();
            match self.way {
                Way::Through(callee) if symbol.contains(callee) => done = true,
                Way::Through(_) if symbol.contains(ALLOCATOR_SHIM) => {}
                _ => return Ok(()),
            }
        }
        done |= matches!((self.way, instruction.kind), (Way::Shortest, Kind::Rmw(_)));
        self.so_far.push(index);
        match &instruction.flow {
            Flow::Next | Flow::Call(_) => self.go_on(index + 1, done)?,
            Flow::Jump(label) => self.go_on(self.function.at(label)?, done)?,
            Flow::Branch(label) => {
                self.go_on(index + 1, done)?;
                self.go_on(self.function.at(label)?, done)?;
            }
            Flow::Return | Flow::TailCall(_) if done => self.arrive(),
            Flow::Return | Flow::TailCall(_) | Flow::Trap => {}
        }
        self.so_far.pop();
        Ok(())
    }

    fn arrive(&mut self) {
        let rmws = |way: &[usize]| self.function.count(way).rmws;
        let better = self.best.as_ref().is_none_or(|best| match self.way {
            Way::Longest => (rmws(&self.so_far), self.so_far.len()) > (rmws(best), best.len()),
            Way::Shortest | Way::Through(_) => self.so_far.len() < best.len(),
        });
        if better {
            self.best = Some(self.so_far.clone());
        }
    }
}
