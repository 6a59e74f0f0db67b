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
#[derive(Clone, Debug)]
pub struct Problem {
    /// The error code, such as `E0308`, or the name of a lint.
    pub code: String,
    pub message: String,
    /// The notes of the message, and its labels at other places.
    pub notes: String,
    /// The expected type, and the type that was found.
    pub types: Option<(String, String)>,
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    pub bytes: Range<usize>,
    /// Whether the place is in the expansion of `coerce!`.
    pub in_coerce: bool,
}

/// Returns the errors of `cargo check`, in the order of their places, each once.
pub fn check(
    cargo: &Cargo,
    workspace: &Path,
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
                if let Some(problem) = problem(message.message, workspace) {
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

fn problem(diagnostic: Diagnostic, workspace: &Path) -> Option<Problem> {
    if diagnostic.level != DiagnosticLevel::Error {
        return None;
    }
    let primary = diagnostic.spans.iter().find(|span| span.is_primary)?;
    let (span, in_coerce) = in_workspace(primary, workspace);
    let mut notes: Vec<_> = diagnostic.children.iter().map(|child| child.message.clone()).collect();
    notes.extend(diagnostic.spans.iter().filter_map(|span| span.label.clone()));
    Some(Problem {
        code: diagnostic.code.map_or(String::new(), |code| code.code),
        types: primary.label.as_deref().and_then(types),
        message: diagnostic.message,
        notes: notes.join("\n"),
        file: workspace.join(&span.file_name),
        line: span.line_start,
        column: span.column_start,
        bytes: span.byte_start as usize..span.byte_end as usize,
        in_coerce,
    })
}

/// The place of the cause in the workspace. That may be the call of a macro from another crate.
fn in_workspace<'a>(mut span: &'a DiagnosticSpan, workspace: &Path) -> (&'a DiagnosticSpan, bool) {
    let mut in_coerce = false;
    while let Some(expansion) = &span.expansion {
        let coerce = expansion.macro_decl_name.ends_with("coerce!");
        in_coerce |= coerce;
        let file = Path::new(&span.file_name);
        if !coerce && (file.is_relative() || file.starts_with(workspace)) {
            break;
        }
        span = &expansion.span;
    }
    (span, in_coerce)
}

/// Parses the types of "expected `A`, found `B`".
fn types(label: &str) -> Option<(String, String)> {
    static TYPES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^expected (?:\w+ )*`([^`]+)`, found (?:\w+ )*`([^`]+)`")
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
        assert_eq!(types("expected due to this"), None);
    }
}
