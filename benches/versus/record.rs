//! The place of a report: a file, with its pictures next to it.

use crate::arguments::Record;
use crate::measure::Row;
use crate::picture::{self, DARK, LIGHT};
use crate::readme;
use crate::report::Report;
use std::path::{Path, PathBuf};
use std::{env, fs};

pub struct Destination {
    /// Ends in `.md`.
    file: PathBuf,
    /// The README to write the short form into.
    readme: Option<PathBuf>,
    /// Whether the record is meant for others.
    is_kept: bool,
}

impl Destination {
    /// Checks before the measurement that the files can be written.
    pub fn new(record: Option<&Record>) -> Result<Self, String> {
        let destination = match record {
            None => Self { file: scratch()?.join("RESULTS.md"), readme: None, is_kept: false },
            Some(Record::File(file)) => match file.parent() {
                Some(parent) if parent.is_dir() || parent.as_os_str().is_empty() => {
                    Self { file: file.clone(), readme: None, is_kept: true }
                }
                _ => return Err(format!("{}: there is no such directory", file.display())),
            },
            Some(Record::Published) => {
                let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
                let readme = benches.join("../README.md");
                with_part(&readme, "")?;
                Self {
                    file: benches.join("../src/docs/figures/RESULTS.md"),
                    readme: Some(readme),
                    is_kept: true,
                }
            }
        };
        if record.is_some() && cfg!(debug_assertions) {
            return Err("--record needs a build with --release".to_owned());
        }
        Ok(destination)
    }

    /// Returns the path of the report.
    pub fn write(&self, report: &Report) -> Result<&Path, String> {
        if self.is_kept && report.rows.iter().any(Row::is_loaded) {
            return Err("not recorded: other programs had too much of the machine".to_owned());
        }
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let write = |file: &Path, text: String| {
            fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
        };
        for theme in [&LIGHT, &DARK] {
            let file = self.file.with_file_name(format!("{stem}-{}.svg", theme.name));
            write(&file, picture::svg(report, theme)?)?;
        }
        write(&self.file, report.markdown(&stem))?;
        if let Some(readme) = &self.readme {
            write(readme, with_part(readme, &report.short(&format!("src/docs/figures/{stem}")))?)?;
        }
        Ok(&self.file)
    }
}

/// The directory `versus` in cargo's target directory.
fn scratch() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| format!("this program: {error}"))?;
    // target/versus/release/versus
    let target = program.ancestors().nth(2).unwrap_or(Path::new("."));
    let directory = target.join("versus");
    let created = fs::create_dir_all(&directory);
    created.map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok(directory)
}

/// Returns the text of this README with the new part.
fn with_part(file: &Path, part: &str) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    readme::with_part(&text, part)
        .ok_or_else(|| format!("{}: the markers for the figures are missing", file.display()))
}
