//! The example `versus` as a user meets it: what it prints, and how it fails.
#![cfg(not(loom))]
#![allow(missing_docs, clippy::std_instead_of_core, clippy::std_instead_of_alloc)]

use std::env::{self, consts::EXE_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

#[path = "common/runner.rs"]
mod runner;

/// `cargo test` builds the examples, in the directory next to that of the tests.
fn versus(arguments: &[&str]) -> Output {
    let this = env::current_exe().unwrap();
    let target = this.parent().and_then(Path::parent).unwrap();
    let example = target.join("examples").join(format!("versus{EXE_SUFFIX}"));
    assert!(
        example.is_file(),
        "{} is missing: `cargo test` without `--test` builds it, and `cargo build --example versus`",
        example.display()
    );
    runner::command(&example).args(arguments).output().unwrap()
}

/// A directory with these files.
fn directory(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("versus").join(name);
    let _ = fs::remove_dir_all(&directory);
    for (file, content) in files {
        let file = directory.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    directory
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
fn assert_refused(output: &Output, message: &str) {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(output).contains(message), "{output:?}");
    assert_eq!(stdout(output), "");
}

#[test]
fn indexes_and_measures() {
    let directory = directory(
        "measured",
        &[
            ("one.txt", b"Nothing here.\nAcquire, acquire, and ORDERING!\n"),
            ("inside/two.txt", "ordering: acqu\u{ef}re\nacquire\nacquire\n".as_bytes()),
            ("inside/empty", b""),
            ("latin1.txt", b"caf\xe9"),
            ("target/left.txt", b"acquire"),
            (".git/left", b"acquire"),
        ],
    );
    let output = versus(&["--quick", directory.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    let skipped = directory.join("latin1.txt");
    assert!(stderr(&output).contains(&format!("skipped {}: ", skipped.display())), "{output:?}");
    assert_eq!(stderr(&output).matches("skipped").count(), 1);

    let text = stdout(&output);
    assert!(text.contains("  files     3, 1 KiB\n"), "{text}");
    assert!(text.contains("  words     10, 6 distinct\n"), "{text}");
    assert!(text.contains("  query     acquire ordering\n"), "{text}");
    assert!(text.contains("two.txt:2\n"), "{text}");
    assert!(text.contains("one.txt:2\n"), "{text}");
    assert!(text.contains("  equal     both indexes, and both answers\n"), "{text}");
    assert!(text.contains("figures are ROUGH"), "{text}");
    assert_eq!(text.contains("figures mean NOTHING"), cfg!(debug_assertions), "{text}");

    let table = text.lines().skip_while(|line| !line.contains("operation")).collect::<Vec<_>>();
    let heading: Vec<_> = table[0].split_whitespace().collect();
    assert_eq!(heading, ["operation", "std", "ours", "ratio", "quartiles"]);
    let rows: Vec<_> = table[1..].iter().take_while(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 20, "{text}");
    for row in &rows {
        // name, time, unit, time, unit, ratio, lower, "-", upper
        let columns: Vec<_> = row.split_whitespace().rev().take(8).collect();
        let number = |column: usize| columns[column].parse::<f64>().unwrap();
        let [upper, lower, ratio, proven, standard] = [0, 2, 3, 5, 7].map(number);
        assert!(standard > 0.0 && proven > 0.0, "{row}");
        assert!(0.0 < lower && lower <= ratio && ratio <= upper, "{row}");
    }
    assert!(rows.last().unwrap().contains("whole program"), "{text}");
}

#[test]
fn a_path_that_is_not_there() {
    let directory = directory("missing", &[("text", b"text")]);
    let missing = directory.join("nothing");
    let output = versus(&["--quick", directory.to_str().unwrap(), missing.to_str().unwrap()]);
    assert_refused(&output, &format!("versus: {}: ", missing.display()));
}

#[test]
fn no_text_at_all() {
    let directory = directory("binary", &[("zero", b"\0\xff"), ("inside/latin1.txt", b"caf\xe9")]);
    let output = versus(&["--quick", directory.to_str().unwrap()]);
    assert_refused(
        &output,
        &format!("no readable text file of up to 8 MiB in {}", directory.display()),
    );
    for file in ["zero", "inside/latin1.txt"] {
        let skipped = format!("skipped {}: ", directory.join(file).display());
        assert!(stderr(&output).contains(&skipped), "{output:?}");
    }
}

#[test]
fn too_much_text() {
    let directory = directory("large", &[("large", &vec![b'a'; (8 << 20) + 1])]);
    let output = versus(&["--quick", directory.to_str().unwrap()]);
    assert_refused(&output, "no readable text file of up to 8 MiB");
}

/// A file that is there, and that nobody can read: not the superuser either.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read() {
    let output = versus(&["--quick", "/proc/self/mem"]);
    assert_refused(&output, "skipped /proc/self/mem: ");
}

#[test]
fn the_command_line() {
    let output = versus(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("Usage: versus [--quick] [PATH...]"));

    let output = versus(&["--fast"]);
    assert_refused(&output, "unknown flag --fast");
    assert_refused(&output, "Usage: versus");

    // Behind `--`, it is a path.
    let output = versus(&["--", "--help"]);
    assert_refused(&output, "versus: --help: ");
}
