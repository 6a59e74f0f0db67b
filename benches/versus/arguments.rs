//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str = "\
Usage: versus [--quick] [--only TEXT] [PATH...]
       versus --record [FILE]

Measures std's Arc and proven_arc's, operation by operation, and prints how fast
each is. Writes a report with pictures, in which other crates' Arcs are too.
First it indexes the text files under each PATH (default: the files of this
repository) with std's Arc and with proven_arc's, and checks that the results
are equal. It does not follow symbolic links, nor enter directories named .git
or target. It takes less than a minute.

  --quick          a few seconds, rough figures
  --only TEXT      only the operations with TEXT in their name, and no report
  --record [FILE]  three minutes; writes the report to FILE, which ends in .md,
                   and its pictures next to it. Without FILE: to
                   src/docs/figures/RESULTS.md and, in short, to README.md
  -h, --help       this text";

#[derive(Default)]
pub struct Arguments {
    pub help: bool,
    pub quick: bool,
    pub only: Option<String>,
    pub record: Option<Record>,
    pub paths: Vec<PathBuf>,
}

/// Where to record the figures.
pub enum Record {
    /// In the files of this repository.
    Published,
    File(PathBuf),
}

impl Arguments {
    /// Every argument after `--` is a path. The first path after `--record` is the file.
    pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut only_paths = false;
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--") if !only_paths => only_paths = true,
                Some("-h" | "--help") if !only_paths => parsed.help = true,
                Some("--quick") if !only_paths => parsed.quick = true,
                Some("--only") if !only_paths => {
                    let text = arguments.next().and_then(|text| text.into_string().ok());
                    parsed.only = Some(text.ok_or("--only is followed by no text")?);
                }
                Some("--record") if !only_paths => {
                    parsed.record.get_or_insert(Record::Published);
                }
                Some(flag) if flag.starts_with('-') && !only_paths => {
                    return Err(format!("unknown flag {flag}"));
                }
                _ if matches!(parsed.record, Some(Record::Published)) => {
                    parsed.record = Some(Record::File(argument.into()));
                }
                _ => parsed.paths.push(argument.into()),
            }
        }
        parsed.checked()
    }

    /// Rejects a record whose figures would not be comparable.
    fn checked(self) -> Result<Self, String> {
        let Some(record) = &self.record else { return Ok(self) };
        if self.quick || self.only.is_some() {
            return Err("--record needs a full run: leave out --quick and --only".to_owned());
        }
        if !self.paths.is_empty() {
            return Err("--record measures on this repository's files: leave out PATH".to_owned());
        }
        match record {
            Record::File(file) if file.extension().is_none_or(|extension| extension != "md") => {
                Err(format!("--record: {} does not end in .md", file.display()))
            }
            _ => Ok(self),
        }
    }
}
