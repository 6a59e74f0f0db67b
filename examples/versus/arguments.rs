//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str = "\
Usage: versus [--quick] [PATH...]

Indexes the text files under each PATH (default: the files of this repository) with std's Arc and
with proven_arc's, checks that both give the same, and prints how fast each is. Symbolic links, and
directories named .git or target, are not followed.

  --quick     a few seconds, rough figures
  -h, --help  this text";

#[derive(Default)]
pub struct Arguments {
    pub help: bool,
    pub quick: bool,
    pub paths: Vec<PathBuf>,
}

impl Arguments {
    /// Everything behind a `--` is a path.
    pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut only_paths = false;
        for argument in arguments {
            match argument.to_str() {
                _ if only_paths => parsed.paths.push(argument.into()),
                Some("--") => only_paths = true,
                Some("-h" | "--help") => parsed.help = true,
                Some("--quick") => parsed.quick = true,
                Some(flag) if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
                _ => parsed.paths.push(argument.into()),
            }
        }
        Ok(parsed)
    }
}
