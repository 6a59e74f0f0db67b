//! How a test starts a program. If the tests run under an emulator, so does the program.

use std::path::Path;
use std::process::Command;

/// The command that runs the tests, with its arguments, such as `qemu-aarch64`. Cargo's own
/// variable for it has the target in its name, and only cargo reads it.
const RUNNER: &str = "PROVEN_ARC_TEST_RUNNER";

/// A command for a program that was built for the machine of this test.
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
