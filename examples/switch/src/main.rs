//! `cargo proven-arc`: switches a crate over, and back.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Adds the dependency, changes imports and paths, and runs `cargo check`. Wraps
    /// in `coerce!` each handle that has to be unsized, and turns methods that take
    /// `self: Arc<Self>` into functions, until nothing changes. Then lists what is
    /// left to do, and what to write.
    ///
    /// The compiler does not see code under a `cfg` that the build excludes. For that
    /// code, run the command again with other features or another target.
    #[command(verbatim_doc_comment)]
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
    let here = |path: &PathBuf| {
        path.strip_prefix(&options.cargo.directory).unwrap_or(path).display().to_string()
    };
    println!("Changed files: {}", outcome.files);
    for (number, what) in [
        (outcome.paths, "imports and paths"),
        (outcome.coerced, "handles in `coerce!`"),
        (outcome.methods, "methods that became functions, and their calls"),
        (outcome.wakers, "functions and calls of wakers"),
    ] {
        if number > 0 {
            println!("{number:6} {what}");
        }
    }
    if outcome.unfinished {
        say("\nThis was the last round. A higher --rounds may fix more.");
    }
    let places = |text: &str, places: &[(PathBuf, usize)]| {
        if !places.is_empty() {
            say(text);
            list(places.iter().map(|(file, line)| (here(file), String::new(), *line)));
        }
    };
    places("\nThe compiler cannot check that these pointers come from proven-arc:", &outcome.raw);
    places(
        "\nThese examples in the documentation may call methods that became functions. Change them as \
         the calls in the code:",
        &outcome.examples,
    );
    places(
        "\nThese still name std's handles. They are in `quote!`, and the crates that use the macro \
         may not depend on proven-arc. Re-export proven-arc from the library that they depend on, \
         and use that path here:",
        &outcome.quoted,
    );
    let problems = |text: &str, problems: &[&Problem]| {
        say(text);
        list(problems.iter().map(|Problem { file, code, message, line, .. }| {
            let code = if code.is_empty() { String::new() } else { format!("{code}: ") };
            (here(file), format!(": {code}{message}"), *line)
        }));
    };
    if !outcome.skipped.is_empty() {
        let skipped: Vec<&Problem> = outcome.skipped.iter().collect();
        let text =
            "\nThese tests, examples or benchmarks did not compile before. They are not checked:";
        problems(text, &skipped);
    }
    if outcome.left.is_empty() {
        let done = if outcome.quoted.is_empty() { "Nothing is left." } else { "The rest is done." };
        return say(&format!(
            "\n{done} Run the tests, and `cargo test --doc`: the command does not compile examples \
             in the documentation. `--back` undoes the switch."
        ));
    }
    println!("\nErrors left to you: {}", outcome.left.len());
    let mut remedies: Vec<(Option<&str>, Vec<&Problem>)> = Vec::new();
    for problem in &outcome.left {
        let remedy = remedy(problem);
        match remedies.iter_mut().find(|(of, _)| *of == remedy) {
            Some((_, problems)) => problems.push(problem),
            None => remedies.push((remedy, vec![problem])),
        }
    }
    for (remedy, of) in remedies {
        let remedy = remedy.map_or("Without a suggestion".to_owned(), |text| text.to_owned());
        problems(&format!("\n{remedy}:"), &of);
    }
    say(
        "\nThen run the command again with `--allow-dirty`, since the compiler may have stopped at \
         these errors. The page `migrating` of proven-arc's documentation has more about them. \
         `--back` undoes the switch.",
    );
}

/// Prints the text in lines of at most 80 columns.
fn say(text: &str) {
    println!("{}", textwrap::fill(text, 80));
}

/// Prints each file, its lines, and the text that belongs to all of them.
fn list(places: impl Iterator<Item = (String, String, usize)>) {
    let mut lines: BTreeMap<(String, String), BTreeSet<usize>> = BTreeMap::new();
    for (file, text, line) in places {
        lines.entry((file, text)).or_default().insert(line);
    }
    for ((file, text), lines) in lines {
        let lines = lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let indented = textwrap::Options::new(80).initial_indent("  ").subsequent_indent("    ");
        println!("{}", textwrap::fill(&format!("{file}:{lines}{text}"), indented));
    }
}
