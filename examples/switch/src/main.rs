//! `cargo proven-arc`: switches a crate over, and back.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use switch::compiler::Problem;
use switch::package::Cargo;
use switch::remedies::remedy;
use switch::{Options, Outcome, Step};

#[derive(Parser)]
#[command(bin_name = "cargo", version)]
enum Arguments {
    /// Replaces std's Arc and Weak by proven-arc's.
    #[command(name = "proven-arc", subcommand)]
    ProvenArc(Subcommands),
}

#[derive(Subcommand)]
enum Subcommands {
    /// Switch the package of this directory over.
    ///
    /// Adds the dependency, changes imports and paths, runs `cargo check`, and wraps in `coerce!`
    /// each handle that has to be unsized, until nothing changes. Then lists what is left to do,
    /// and what to write. The compiler does not see code under a `cfg` that the build excludes. For
    /// that code, run the command again with other features or another target.
    Switch(Switch),
}

#[derive(Args)]
struct Switch {
    /// Undo the switch, and keep later changes.
    #[arg(long)]
    back: bool,
    /// Only these packages of the workspace.
    #[arg(long, short)]
    package: Vec<String>,
    /// Use the proven-arc in this directory, instead of the one on crates.io.
    #[arg(long)]
    path: Option<PathBuf>,
    /// Features of proven-arc.
    #[arg(long, short = 'F', value_delimiter = ',')]
    features: Vec<String>,
    /// Run even if the work tree has changes, or is in no git repository.
    #[arg(long)]
    allow_dirty: bool,
    /// Do not access the network.
    #[arg(long)]
    offline: bool,
    /// The maximum number of times to run the compiler.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Arguments for `cargo check`. By default, it checks all targets.
    #[arg(last = true)]
    arguments: Vec<String>,
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let Arguments::ProvenArc(Subcommands::Switch(arguments)) = Arguments::parse();
    let directory = std::env::current_dir()?;
    let cargo = Cargo { offline: arguments.offline, ..Cargo::in_directory(directory) };
    if arguments.back {
        let (files, conflicts) = switch::back(&cargo)?;
        println!("{files} files were restored");
        for file in &conflicts {
            println!(
                "{}: conflicts with later changes, see the markers in the file",
                file.display()
            );
        }
        return Ok(ExitCode::from(u8::from(!conflicts.is_empty())));
    }
    let options = Options {
        cargo,
        packages: arguments.package,
        path: arguments.path.map(|path| path.canonicalize()).transpose()?,
        features: arguments.features,
        arguments: arguments.arguments,
        rounds: arguments.rounds.max(1),
        allow_dirty: arguments.allow_dirty,
        fresh: false,
    };
    let bar = Bar::new();
    let outcome = switch::switch(&options, &mut |step| bar.show(step));
    bar.0.finish_and_clear();
    let outcome = outcome?;
    report(&outcome, &options);
    Ok(ExitCode::from(u8::from(!outcome.left.is_empty())))
}

/// Shows how many of the reported errors are fixed.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let style = "{spinner} {prefix} {wide_bar} {pos}/{len} errors fixed {elapsed} {msg:.dim}";
        let style = ProgressStyle::with_template(style).expect("a template that is constant");
        let bar = ProgressBar::new(0).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    fn show(&self, step: Step) {
        match step {
            Step::Round(0) => self.0.set_prefix("before"),
            Step::Round(round) => self.0.set_prefix(format!("round {round}")),
            Step::Built(unit) => self.0.set_message(unit.to_owned()),
            Step::Found(errors, mended) => {
                let (solved, seen) = (self.0.position(), self.0.length().unwrap_or(0));
                self.0.set_length(seen.max(solved + errors as u64));
                self.0.inc(mended as u64);
                // The bar is shown only on a terminal.
                if self.0.is_hidden() {
                    eprintln!("{}: {errors} errors, {mended} fixed", self.0.prefix());
                }
            }
        }
    }
}

fn report(outcome: &Outcome, options: &Options) {
    let Outcome { files, paths, coerced, wakers, left, unfinished, raw, quoted } = outcome;
    let here = |path: &PathBuf| {
        path.strip_prefix(&options.cargo.directory).unwrap_or(path).display().to_string()
    };
    println!(
        "{files} files: {paths} imports and paths, {coerced} handles in `coerce!`, {wakers} changes \
         of wakers"
    );
    if *unfinished {
        println!("This was the last round. A higher --rounds may fix more.");
    }
    if !raw.is_empty() {
        println!("\nThe compiler cannot check that these pointers come from proven-arc:");
        raw.iter().for_each(|(file, line)| println!("  {}:{line}", here(file)));
    }
    if !quoted.is_empty() {
        println!(
            "\nThese still name std's handles. They are in `quote!`, and the crates that use the \
             macro may not depend on proven-arc. Re-export proven-arc from the library that they \
             depend on, and use that path here:"
        );
        quoted.iter().for_each(|(file, line)| println!("  {}:{line}", here(file)));
    }
    if left.is_empty() {
        let nothing = if quoted.is_empty() { "Nothing is left." } else { "The rest is done." };
        println!("\n{nothing} Run the tests. `--back` undoes the switch.");
        return;
    }
    println!("\nLeft to you: {}", left.len());
    let mut remedies: Vec<(Option<&str>, Vec<&Problem>)> = Vec::new();
    for problem in left {
        let remedy = remedy(problem);
        match remedies.iter_mut().find(|(of, _)| *of == remedy) {
            Some((_, problems)) => problems.push(problem),
            None => remedies.push((remedy, vec![problem])),
        }
    }
    for (remedy, problems) in remedies {
        println!("\n{}", remedy.unwrap_or("Without a suggestion:"));
        for problem in problems {
            let code = Some(&problem.code).filter(|code| !code.is_empty());
            let code = code.map_or(String::new(), |code| format!("{code}: "));
            println!("  {}:{}: {code}{}", here(&problem.file), problem.line, problem.message);
        }
    }
    println!(
        "\nThe page `migrating` of proven-arc's documentation has more. `--back` undoes the switch."
    );
}
