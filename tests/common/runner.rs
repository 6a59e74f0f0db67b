//! Programs that a test starts: on another machine's emulator, where the tests run on one.

use std::path::Path;
use std::process::Command;

/// What runs the tests, with its arguments: `qemu-aarch64`, say. (Cargo's own variable for it has
/// the name of the target in it, and is for cargo.)
const RUNNER: &str = "PROVEN_ARC_TEST_RUNNER";

/// To start a program that was built for the machine of this test.
pub(crate) fn command(program: &Path) -> Command {
    let runner = std::env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    match words.next() {
        None => Command::new(program),
        Some(emulator) => {
            let mut command = Command::new(emulator);
            command.args(words).arg(program);
            command
        }
    }
}
