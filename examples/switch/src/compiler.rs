//! Runs `cargo check`, and parses its messages.

use crate::package::Cargo;
use anyhow::{Context, Result, bail};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel, DiagnosticSpan};
use regex::Regex;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::thread;

/// An error, with the place in the source that has to change.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// The error code, such as `E0308`, or the name of a lint.
    pub code: String,
    pub message: String,
    /// The compiler's notes and suggestions, and its labels at other places.
    pub notes: Vec<Note>,
    /// The expected type and the type that was found, in the words of the label and of the notes.
    pub types: Vec<(String, String)>,
    pub file: PathBuf,
    pub line: usize,
    pub bytes: Range<usize>,
    /// Whether the place is in the expansion of `coerce!`.
    pub in_coerce: bool,
    /// Whether `coerce!` was tried, and did not help.
    pub is_given_up: bool,
    /// Whether the error is in a call of a function or a macro that is defined in the workspace.
    pub calls_workspace: bool,
    /// Whether the error is in a test, an example or a benchmark. These may need a nightly compiler,
    /// or crates that are not there.
    pub is_aside: bool,
}

/// A note, a suggestion or a label of an error, with its place.
#[derive(Clone, Debug, Default)]
pub struct Note {
    pub message: String,
    pub file: PathBuf,
    pub bytes: Range<usize>,
    /// The source at the place.
    pub text: String,
    /// What the compiler suggests to write at the place.
    pub replacement: Option<String>,
}

impl Problem {
    /// Whether the message or one of the notes contains the text.
    pub fn says(&self, text: &str) -> bool {
        self.message.contains(text) || self.notes.iter().any(|note| note.message.contains(text))
    }

    /// Returns the note whose message starts with the text, if there is exactly one.
    pub fn note(&self, start: &str) -> Option<&Note> {
        let mut notes = self.notes.iter().filter(|note| note.message.starts_with(start));
        notes.next().filter(|_| notes.next().is_none())
    }

    /// Whether the switch led to the message that another crate's handle is expected, or found.
    pub fn has_both_kinds(&self) -> bool {
        ["distinct types", "`std::sync::Arc<", "`std::sync::Weak<"]
            .iter()
            .any(|text| self.says(text))
    }
}

/// Returns the errors of `cargo check`, in the order of their places, each once. The place of an
/// error in a macro is in the packages with these directories, if possible.
pub fn check(
    cargo: &Cargo,
    workspace: &Path,
    packages: &[&Path],
    arguments: &[String],
    mut built: impl FnMut(&str),
) -> Result<Vec<Problem>> {
    let mut command = cargo.command("check");
    command.args(["--message-format=json", "--keep-going", "--quiet"]).args(arguments);
    let target_given = ["--lib", "--bin", "--test", "--example", "--bench", "--all-targets"];
    if !arguments.iter().any(|argument| target_given.iter().any(|kind| argument.starts_with(kind)))
    {
        command.arg("--all-targets");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("running cargo check")?;
    let mut stderr = child.stderr.take().expect("it is piped");
    let said = thread::spawn(move || {
        let mut text = Vec::new();
        stderr.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned())
    });
    let mut problems = BTreeMap::new();
    for message in Message::parse_stream(BufReader::new(child.stdout.take().expect("it is piped")))
    {
        match message? {
            Message::CompilerArtifact(artifact) => built(&artifact.target.name),
            Message::CompilerMessage(message) => {
                let target = &message.target;
                let is_aside = target.is_test() || target.is_example() || target.is_bench();
                if let Some(problem) = problem(message.message, workspace, packages, is_aside) {
                    let place = (problem.file.clone(), problem.bytes.start, problem.bytes.end);
                    problems.entry((place, problem.code.clone())).or_insert(problem);
                }
            }
            _ => {}
        }
    }
    let status = child.wait()?;
    let said = said.join().expect("it does not panic")?;
    if !status.success() && problems.is_empty() {
        bail!("cargo check: {status}\n{said}");
    }
    Ok(problems.into_values().collect())
}

fn problem(
    diagnostic: Diagnostic,
    workspace: &Path,
    packages: &[&Path],
    is_aside: bool,
) -> Option<Problem> {
    if diagnostic.level != DiagnosticLevel::Error {
        return None;
    }
    let primary = diagnostic.spans.iter().find(|span| span.is_primary)?;
    let note = |message: &str, span: &DiagnosticSpan| Note {
        message: message.to_owned(),
        file: workspace.join(&span.file_name),
        bytes: bytes(span),
        text: text(span),
        replacement: span.suggested_replacement.clone(),
    };
    let label = |span: &DiagnosticSpan| Some(note(span.label.as_deref()?, span));
    let mut notes: Vec<Note> = diagnostic.spans.iter().filter_map(label).collect();
    for child in &diagnostic.children {
        notes.extend(child.spans.iter().map(|span| note(&child.message, span)));
        if child.spans.is_empty() {
            notes.push(Note { message: child.message.clone(), ..Note::default() });
        }
    }
    let (span, in_coerce) = in_packages(primary, workspace, packages);
    // The compiler runs in the directory of the workspace.
    let is_here = |span: &DiagnosticSpan| Path::new(&span.file_name).is_relative();
    let defined =
        diagnostic.children.iter().filter(|child| child.message.ends_with("defined here"));
    let calls_workspace =
        span != primary && is_here(primary) || defined.flat_map(|child| &child.spans).any(is_here);
    let texts = diagnostic.children.iter().map(|child| &*child.message);
    let texts = primary.label.as_deref().into_iter().chain(texts);
    Some(Problem {
        code: diagnostic.code.map_or(String::new(), |code| code.code),
        types: texts.filter_map(types).collect(),
        message: diagnostic.message,
        notes,
        file: workspace.join(&span.file_name),
        line: span.line_start,
        bytes: bytes(span),
        in_coerce,
        is_given_up: false,
        calls_workspace,
        is_aside,
    })
}

/// Returns the source that the compiler underlines.
fn text(span: &DiagnosticSpan) -> String {
    let lines = span.text.iter().map(|line| {
        let characters = line.text.chars().take(line.highlight_end.saturating_sub(1));
        characters.skip(line.highlight_start.saturating_sub(1)).collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn bytes(span: &DiagnosticSpan) -> Range<usize> {
    span.byte_start as usize..span.byte_end as usize
}

/// Returns the place of the cause in the packages. That may be the call of another crate's macro.
fn in_packages<'a>(
    mut span: &'a DiagnosticSpan,
    workspace: &Path,
    packages: &[&Path],
) -> (&'a DiagnosticSpan, bool) {
    let mut in_coerce = false;
    while let Some(expansion) = &span.expansion {
        let coerce = expansion.macro_decl_name.ends_with("coerce!");
        in_coerce |= coerce;
        let file = workspace.join(&span.file_name);
        if !coerce && packages.iter().any(|package| file.starts_with(package)) {
            break;
        }
        span = &expansion.span;
    }
    (span, in_coerce)
}

/// Parses the types of "expected `A`, found `B`".
fn types(label: &str) -> Option<(String, String)> {
    static TYPES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^expected (?:\w+ )*`([^`]+)`,?\s+found (?:\w+ )*`([^`]+)`")
            .expect("it is constant")
    });
    let types = TYPES.captures(label)?;
    Some((types[1].to_owned(), types[2].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_a_label() {
        let both = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        let label = "expected `Arc<dyn Debug>`, found `Arc<u8>`";
        assert_eq!(types(label), both("Arc<dyn Debug>", "Arc<u8>"));
        let label = "expected struct `Arc<dyn Debug>`, found struct `Arc<u8>`";
        assert_eq!(types(label), both("Arc<dyn Debug>", "Arc<u8>"));
        let note = "expected struct `Arc<dyn Debug>`\n   found struct `Arc<u8>`";
        assert_eq!(types(note), both("Arc<dyn Debug>", "Arc<u8>"));
        assert_eq!(types("expected due to this"), None);
    }
}
