//! What our `Arc` costs a crate, compared with std's: compile time, code size, the speed of debug
//! builds, and the stack of a recursive drop. Writes `src/docs/figures/COSTS.md`.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use object::{Object, ObjectSection};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "../common/machine.rs"]
mod machine;

const RESULT: &str = "src/docs/figures/COSTS.md";

/// Builds one program on std's Arc and on proven-arc's, and writes src/docs/figures/COSTS.md.
#[derive(Parser)]
#[command(name = "cargo costs", bin_name = "cargo costs")]
struct Arguments {
    /// How many types the program uses.
    #[arg(long, default_value_t = 100)]
    types: usize,
    /// How often each program is built.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Writes nothing, and fails if a recursive drop takes more stack than on std's Arc and than
    /// was recorded.
    #[arg(long)]
    check: bool,
}

/// A program that measures itself while it runs: its source, and the profiles to build it in.
struct Measured {
    name: &'static str,
    source: &'static str,
    profiles: &'static [(&'static str, &'static str)],
}

const STACK: Measured = Measured {
    name: "stack",
    source: include_str!("programs/stack.rs"),
    profiles: &[("release", "release"), ("abort", "abort"), ("dev", "debug")],
};
const DEBUG: Measured = Measured {
    name: "debug",
    source: concat!(include_str!("programs/debug.rs"), include_str!("../common/moving.rs")),
    profiles: &[("dev", "debug"), ("release", "release")],
};

/// The profiles, and cargo's directories for them.
const PROFILES: [(&str, &str); 3] = [("dev", "debug"), ("release", "release"), ("small", "small")];

/// The manifest. Builds keep nothing from earlier builds except the compiled dependencies.
const MANIFEST: &str = r#"
[package]
name = "program"
edition = "2024"

[profile.dev]
incremental = false
strip = true

[profile.release]
strip = true

[profile.abort]
inherits = "release"
panic = "abort"

[profile.small]
inherits = "release"
opt-level = "z"
lto = true
panic = "abort"
codegen-units = 1

[workspace]

[dependencies]
"#;

/// The source of one type, and of the operations on handles to it.
const MODULE: &str = r"
mod type_N {
    use super::{Arc, Weak};

    #[derive(Clone)]
    pub struct Value {
        name: String,
        numbers: [u64; N + 1],
    }

    #[derive(Clone)]
    pub struct Owner {
        value: Arc<Value>,
        text: Arc<str>,
        parent: Weak<Value>,
    }

    impl Owner {
        #[inline(never)]
        pub fn new(seed: u64) -> Self {
            let value = Arc::new(Value { name: seed.to_string(), numbers: [seed; N + 1] });
            let parent = Arc::downgrade(&value);
            Self { text: Arc::from(value.name.as_str()), value, parent }
        }

        #[inline(never)]
        pub fn numbered(&self, number: u64) -> Option<Self> {
            let parent = self.parent.upgrade()?;
            let mut value = self.value.clone();
            *Arc::make_mut(&mut value).numbers.last_mut()? = number;
            (number > 2).then(|| Self { value, text: self.text.clone(), parent: Arc::downgrade(&parent) })
        }

        #[inline(never)]
        pub fn sum(mut self) -> u64 {
            if let Some(value) = Arc::get_mut(&mut self.value) {
                value.numbers[0] += 1;
            }
            let sum: u64 = self.value.numbers.iter().sum();
            sum + self.text.len() as u64 + Arc::strong_count(&self.value) as u64
        }
    }

    #[inline(never)]
    pub fn run(seed: u64) -> u64 {
        let first = Owner::new(seed);
        let mut owners: Vec<Owner> = (0..5).filter_map(|number| first.numbered(number)).collect();
        owners.push(first.clone());
        drop(first);
        owners.into_iter().map(Owner::sum).sum()
    }
}
";

/// The durations of builds, in seconds of processor time, by profile.
type Times = [Vec<f64>; PROFILES.len()];

/// The program on one of the two `Arc`s.
struct Side {
    dir: PathBuf,
    builds: Times,
}

fn main() -> Result<()> {
    let Arguments { types, rounds, check } = Arguments::parse();
    ensure!(types > 0 && rounds > 0, "nothing to build");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no parent directory")?;
    let dependency = format!("proven-arc = {{ path = {:?} }}\n", root);
    let stack = STACK.rows(root, &dependency)?;
    if check {
        return compare(&stack, &fs::read_to_string(root.join(RESULT))?);
    }
    let debug = DEBUG.rows(root, &dependency)?;
    let side = |folder, module: &str, dependencies: &str| -> Result<Side> {
        let dir = root.join("target/costs").join(folder);
        fs::create_dir_all(dir.join("src"))?;
        fs::write(dir.join("Cargo.toml"), format!("{MANIFEST}{dependencies}"))?;
        fs::write(dir.join("src/main.rs"), program(types, module))?;
        Ok(Side { dir, builds: Default::default() })
    };
    let mut sides = [side("std", "std::sync", "")?, side("ours", "proven_arc", &dependency)?];
    let mut our_crate = Times::default();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for (index, (profile, _)) in PROFILES.iter().enumerate() {
            let cargo = |side: &Side, command: &str, package: &str| {
                let before = processor_seconds()?;
                let arguments = ["--quiet", "--profile", profile, "--package", package];
                run(side.cargo().arg(command).args(arguments))?;
                anyhow::Ok(processor_seconds()? - before)
            };
            cargo(&sides[1], "clean", "proven-arc")?;
            our_crate[index].push(cargo(&sides[1], "build", "proven-arc")?);
            // Each side is first in every other round.
            for side in 0..sides.len() {
                let side = &mut sides[(side + round) % 2];
                cargo(side, "clean", "program")?;
                let time = cargo(side, "build", "program")?;
                side.builds[index].push(time);
            }
        }
    }
    let mut page = page(types, rounds, &sides, &our_crate)?;
    page.push_str(&measured(&stack, &debug));
    fs::write(root.join(RESULT), page)?;
    println!("{RESULT} is written");
    Ok(())
}

/// Loops begin at cache lines, as for `cargo versus`. Otherwise the same loop is up to 20 % faster
/// or slower depending on its address.
const ALIGNED: &str = "-Cllvm-args=-align-loops=64";

/// How often a program runs that measures itself. Each process has other addresses, on which the
/// times depend.
const RUNS: usize = 5;

/// The medians of a line of a program's output: the profile of the build, the name of the figure,
/// std's value and ours.
struct Row {
    profile: &'static str,
    what: String,
    theirs: f64,
    ours: f64,
}

impl Measured {
    fn rows(&self, root: &Path, dependency: &str) -> Result<Vec<Row>> {
        let dir = root.join("target/costs").join(self.name);
        fs::create_dir_all(dir.join("src"))?;
        fs::write(dir.join("Cargo.toml"), format!("{MANIFEST}{dependency}"))?;
        fs::write(dir.join("src/main.rs"), self.source)?;
        let side = Side { dir, builds: Default::default() };
        let mut rows = Vec::new();
        for &(profile, folder) in self.profiles {
            let mut build = side.cargo();
            build.env("RUSTFLAGS", ALIGNED).args(["build", "--quiet", "--profile", profile]);
            run(&mut build)?;
            let mut figures: Vec<(String, [Vec<f64>; 2])> = Vec::new();
            for _ in 0..RUNS {
                let output = run(&mut Command::new(side.program(folder)))?;
                for (n, line) in String::from_utf8(output.stdout)?.lines().enumerate() {
                    let mut columns = line.split('\t');
                    let mut column = || columns.next().context("a line without three columns");
                    let (what, theirs, ours) = (column()?, column()?, column()?);
                    if n == figures.len() {
                        figures.push((what.to_owned(), Default::default()));
                    }
                    figures[n].1[0].push(theirs.parse()?);
                    figures[n].1[1].push(ours.parse()?);
                }
            }
            rows.extend(figures.into_iter().map(|(what, [theirs, ours])| Row {
                profile,
                what,
                theirs: median(&theirs),
                ours: median(&ours),
            }));
        }
        Ok(rows)
    }
}

/// Compares what does not depend on the load of the machine with std's, and with the page.
fn compare(stack: &[Row], page: &str) -> Result<()> {
    ensure!(!stack.is_empty(), "nothing was measured");
    for row @ Row { profile, what, theirs, ours } in stack {
        println!("{profile}: a level of a list with {what}: std {theirs} bytes, ours {ours}");
        let recorded = row.recorded(page)?;
        ensure!(*ours <= theirs.max(recorded), "more stack than std's, and than {RESULT} says");
        if *ours < recorded {
            println!("  less than the {recorded} of {RESULT}, which can be written anew");
        }
    }
    Ok(())
}

impl Row {
    /// Our value of this row in a page that was written before.
    fn recorded(&self, page: &str) -> Result<f64> {
        let start = format!("| {} | {} | ", self.profile, self.what);
        let line = page.lines().find_map(|line| line.strip_prefix(&start));
        let column = line.and_then(|line| line.split(" | ").nth(1));
        Ok(column.with_context(|| format!("{RESULT} has no row {start}"))?.parse()?)
    }
}

fn measured(stack: &[Row], debug: &[Row]) -> String {
    let table = |head: &str, rows: &[Row], digits| {
        let rows = rows.iter().map(|Row { profile, what, theirs, ours }| {
            let ratio = ours / theirs;
            format!("| {profile} | {what} | {theirs:.digits$} | {ours:.digits$} | {ratio:.2} |\n")
        });
        format!("| profile | {head} | std | proven-arc | ratio |\n|---|---|---|---|---|\n")
            + &rows.collect::<String>()
    };
    format!(
        "\n## Debug builds, and slices\n\n\
         Nanoseconds: the minimum of many rounds in which the two take turns, and of that the median of\n\
         {RUNS} runs of the program. A slice is made from a source that is in another place for each\n\
         operation, and loops begin at cache lines. Otherwise the time would depend on where in their\n\
         pages source and copy are, and on where the loop is. A debug build calls each of our functions.\n\
         Of std's it calls only the outermost, since the others were inlined when std was built.\n\n{}\n\
         ## Stack\n\n\
         Bytes of stack for each level of a recursive drop. The value is a list, whose nodes contain the\n\
         next node and what the row names. `abort` is `release` with `panic = \"abort\"`.\n\
         `cargo costs --check`, in CI, fails if ours takes more than std's and more than here.\n\n{}",
        table("operation", debug, 1),
        table("nodes with", stack, 0),
    )
}

fn program(types: usize, module: &str) -> String {
    let modules: String = (0..types).map(|n| MODULE.replace('N', &n.to_string())).collect();
    let calls: String = (0..types).map(|n| format!("    sum += type_{n}::run({n});\n")).collect();
    format!(
        "use {module}::{{Arc, Weak}};\n{modules}\n\
         fn main() {{\n    let mut sum = 0;\n{calls}    println!(\"{{sum}}\");\n}}\n"
    )
}

impl Side {
    fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.dir).env("CARGO_TARGET_DIR", self.dir.join("target"));
        cargo
    }

    fn program(&self, folder: &str) -> PathBuf {
        self.dir.join("target").join(folder).join("program")
    }

    /// Returns the size of the file, and of the code in it.
    fn sizes(&self, folder: &str) -> Result<[f64; 2]> {
        let program = fs::read(self.program(folder))?;
        let object = object::File::parse(&*program)?;
        let text = object.section_by_name(".text").context("a program without .text")?;
        Ok([program.len() as f64, text.size() as f64])
    }
}

fn page(types: usize, rounds: usize, sides: &[Side; 2], our_crate: &Times) -> Result<String> {
    let facts = machine::list(&machine::describe());
    let mut page = format!(
        "# Compile time and size\n\n\
         The same program on std's `Arc` and `Weak`, and on ours. Only the `use` differs. It has {types}\n\
         types. It makes handles to values of each type and to some `str`s, keeps them in structs and a\n\
         `Vec`, and clones, upgrades, changes and drops them. Written by\n\
         `cargo costs --types {types} --rounds {rounds}`.\n\n\
         {facts}\n\
         The ratio is ours to std's, so less is better. Seconds are the processor time, on all cores, that\n\
         `cargo build` takes for the program alone, including linking. They are medians of {rounds}\n\
         rounds, in which the two take turns. No build is incremental. `small` is `release` with\n\
         `opt-level = \"z\"`, `lto = true`, `codegen-units = 1` and `panic = \"abort\"`.\n\n",
    );
    writeln!(page, "| profile | | std | proven-arc | ratio |\n|---|---|---|---|---|")?;
    let mut row = |profile, what, values: [f64; 2], digits| {
        let [theirs, ours] = values;
        let ratio = ours / theirs;
        writeln!(page, "| {profile} | {what} | {theirs:.digits$} | {ours:.digits$} | {ratio:.2} |")
    };
    for (index, (profile, folder)) in PROFILES.into_iter().enumerate() {
        let [theirs, ours] =
            sides.each_ref().map(|side| run(&mut Command::new(side.program(folder))));
        ensure!(theirs?.stdout == ours?.stdout, "{profile}: the programs print different results");
        let times = sides.each_ref().map(|side| median(&side.builds[index]));
        row(profile, "seconds to compile", times, 2)?;
        let [theirs, ours] = sides.each_ref().map(|side| side.sizes(folder));
        let (theirs, ours) = (theirs?, ours?);
        row(profile, "bytes, stripped", [theirs[0], ours[0]], 0)?;
        row(profile, "bytes of code (`.text`)", [theirs[1], ours[1]], 0)?;
    }
    let once = our_crate.each_ref().map(|times| format!("{:.2}", median(times)));
    let profiles = PROFILES.map(|(profile, _)| profile).join(", ");
    writeln!(
        page,
        "\nThe crate itself is also compiled once, in {} seconds ({profiles}).",
        once.join(", ")
    )?;
    Ok(page)
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The processor time of all child processes that have ended, and of their children.
fn processor_seconds() -> Result<f64> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((used.user_time() + used.system_time()).num_microseconds() as f64 / 1e6)
}

fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    Ok(output)
}
