//! Compiles the probe for each machine.

use crate::assembly::{self, Function, Processor, Rmw};
use anyhow::{Context, Result, bail};
use object::{Object, ObjectSymbol};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

pub struct Machine {
    pub name: &'static str,
    pub note: &'static str,
    /// How the machine implements a read-modify-write, and the heading of that column.
    rmw: Rmw,
    pub rmws: &'static str,
    processor: Processor,
    target: &'static str,
    features: Option<&'static str>,
}

pub const MACHINES: [Machine; 4] = [
    Machine {
        name: "x86-64",
        note: "`x86_64-unknown-linux-gnu`. An acquire load and a release store are plain `mov`s.",
        rmw: Rmw::Locked,
        rmws: "locked",
        processor: Processor::X86_64,
        target: "x86_64-unknown-linux-gnu",
        features: None,
    },
    Machine {
        name: "aarch64",
        note: "`aarch64-unknown-linux-gnu`, the default on Linux. Each read-modify-write calls a \
               function such as `__aarch64_ldadd8_rel`, which checks what the processor supports. \
               The instructions of that function are not counted.",
        rmw: Rmw::OutlinedCall,
        rmws: "outlined calls",
        processor: Processor::Aarch64,
        target: "aarch64-unknown-linux-gnu",
        features: None,
    },
    Machine {
        name: "aarch64, exclusive pairs",
        note: "With `-C target-feature=-outline-atomics`: what Armv8.0 has (a Raspberry Pi 4).",
        rmw: Rmw::ExclusivePair,
        rmws: "exclusive pairs",
        processor: Processor::Aarch64,
        target: "aarch64-unknown-linux-gnu",
        features: Some("-outline-atomics"),
    },
    Machine {
        name: "aarch64, LSE",
        note: "With `-C target-feature=+lse`: what Armv8.1 has (Graviton 2 and later, Ampere Altra, Apple's M series).",
        rmw: Rmw::Lse,
        rmws: "LSE atomics",
        processor: Processor::Aarch64,
        target: "aarch64-unknown-linux-gnu",
        features: Some("+lse"),
    },
];

/// The flags of a release build. One codegen unit, so that there is one file.
pub const FLAGS: &str =
    "--edition 2024 -C opt-level=3 -C codegen-units=1 -C symbol-mangling-version=v0";

pub struct Compiler<'a> {
    rustc: &'a Path,
    /// The version that the compiler reports.
    pub version: String,
}

/// The compiled probe for one machine.
pub struct Code {
    functions: Vec<Function>,
    bytes: HashMap<String, u64>,
}

impl<'a> Compiler<'a> {
    pub fn new(rustc: &'a Path) -> Result<Self> {
        let said = run(Command::new(rustc).arg("-vV")).with_context(|| {
            format!("no compiler {} (in Debian, the package rustc-web)", rustc.display())
        })?;
        let mut lines = said.lines();
        let version = lines.next().context("-vV said nothing")?;
        let llvm = lines.find_map(|line| line.strip_prefix("LLVM version: "));
        let version = format!("{version}, LLVM {}", llvm.context("-vV did not name its LLVM")?);
        Ok(Self { rustc, version })
    }

    /// Compiles the crate and the probe below `dir`.
    pub fn compile(&self, root: &Path, machine: &Machine, dir: &Path) -> Result<Code> {
        fs::create_dir_all(dir)?;
        let rustc = |name: &str, source: &str| {
            let mut command = Command::new(self.rustc);
            command.args(FLAGS.split(' ')).args(["--target", machine.target]);
            command.args(["--cap-lints", "allow", "--crate-name", name, "--crate-type", "lib"]);
            if let Some(features) = machine.features {
                command.arg(format!("-Ctarget-feature={features}"));
            }
            command.arg("--out-dir").arg(dir).arg("-L").arg(dir).arg(root.join(source));
            command
        };
        run(rustc("proven_arc", "src/lib.rs").args(["--cfg", "feature=\"std\""]))?;
        let probe = ["--emit", "asm,obj", "--extern", "proven_arc"];
        run(rustc("probe", "benches/instructions/probe.rs").args(probe))?;
        let assembly = fs::read_to_string(dir.join("probe.s"))?;
        let object = fs::read(dir.join("probe.o"))?;
        let object = object::File::parse(&*object)?;
        let bytes = object.symbols().map(|symbol| Ok((symbol.name()?.to_owned(), symbol.size())));
        Ok(Code {
            functions: assembly::functions(&assembly, machine.processor, machine.rmw)?,
            bytes: bytes.collect::<Result<_>>()?,
        })
    }
}

impl Code {
    /// Returns the function of the probe with this name, such as `ours::clone`.
    pub fn probed(&self, name: &str) -> Result<&Function> {
        let name = format!("probe::{name}");
        let found = self.functions.iter().find(|function| demangled(&function.symbol) == name);
        found.with_context(|| format!("the compiler has made no {name}"))
    }

    /// Returns the function with that symbol, if it is generic code that was compiled into the
    /// probe.
    pub fn function(&self, symbol: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.symbol == symbol)
    }

    pub fn bytes(&self, function: &Function) -> Result<u64> {
        let bytes = self.bytes.get(&function.symbol);
        bytes.copied().with_context(|| format!("{} is not in the object file", function.symbol))
    }
}

pub fn demangled(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

/// Returns the command's standard output.
fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
