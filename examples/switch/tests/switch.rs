//! Runs the program on small crates, each in its own directory. It switches them, they build and
//! pass their tests, and `--back` restores them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;
use tempfile::TempDir;

const PROVEN_ARC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

struct Fixture(TempDir);

impl Fixture {
    fn new(name: &str) -> Self {
        Self::below(&std::env::temp_dir(), name)
    }

    fn below(directory: &Path, name: &str) -> Self {
        // The program resolves dependencies without the network, so they have to be there already.
        static FETCHED: Once = Once::new();
        FETCHED.call_once(|| {
            let fetch = Command::new("cargo").arg("fetch").current_dir(PROVEN_ARC).output();
            assert!(fetch.unwrap().status.success());
        });
        let dir = tempfile::tempdir_in(directory).unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        copy(&from, dir.path());
        Self(dir)
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("cargo");
        command.args(arguments).arg("--offline").current_dir(self.0.path());
        command.env_remove("CARGO_TARGET_DIR").env("CARGO_INCREMENTAL", "0");
        command.output().unwrap()
    }

    #[track_caller]
    fn tests_pass(&self, arguments: &[&str]) {
        let output = self.cargo(&[&["test", "--workspace"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output));
    }

    fn program(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_cargo-proven-arc"))
            .args(["proven-arc", "switch"])
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_INCREMENTAL", "0")
            .output()
            .unwrap()
    }

    /// Returns the output, and whether nothing is left to do.
    #[track_caller]
    fn switch(&self, more: &[&str]) -> (String, bool) {
        let output =
            self.program(&[&["--offline", "--allow-dirty", "--path", PROVEN_ARC], more].concat());
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        // Without a terminal, there is one line for each run of the compiler.
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            assert!(line.starts_with("round ") || line.starts_with("error: "), "{line}");
        }
        (text(&output), output.status.success())
    }

    /// Switches, and checks that one run does all that there is to do. Returns its output.
    #[track_caller]
    fn switch_all(&self, more: &[&str]) -> String {
        let (said, done) = self.switch(more);
        assert!(done, "{said}");
        let files = self.files();
        let (again, done) = self.switch(more);
        assert!(done && again.contains("Changed files: 0\n"), "{again}");
        assert_eq!(self.files(), files);
        said
    }

    #[track_caller]
    fn back(&self, files: &BTreeMap<PathBuf, String>) {
        let output = self.program(&["--back", "--offline"]);
        assert!(output.status.success(), "{}", text(&output));
        assert_eq!(&self.files(), files);
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).unwrap()
    }

    /// Returns the sources and manifests.
    fn files(&self) -> BTreeMap<PathBuf, String> {
        fn of(dir: &Path, files: &mut BTreeMap<PathBuf, String>) {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    if !path.ends_with("target") && !path.ends_with(".git") {
                        of(&path, files);
                    }
                } else if !path.ends_with("Cargo.lock") {
                    files.insert(path.clone(), fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        of(self.0.path(), &mut files);
        files
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[track_caller]
fn git(directory: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
    let mut command = Command::new("git");
    let output = command.args(identity).args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[track_caller]
fn commit(directory: &Path) {
    git(directory, &["add", "."]);
    git(directory, &["commit", "--quiet", "--message=a"]);
}

fn text(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|stream| String::from_utf8_lossy(stream).into_owned()).concat()
}

#[test]
fn objects_slices_closures_casts() {
    let fixture = Fixture::new("objects");
    let files = fixture.files();
    assert!(fixture.cargo(&["generate-lockfile"]).status.success());
    let lock = fixture.read("Cargo.lock");
    // One round cannot fix anything. The next run continues from there.
    let (said, done) = fixture.switch(&["--rounds", "1"]);
    assert!(!done && said.contains("This was the last round"), "{said}");
    let said = fixture.switch_all(&[]);
    assert!(said.contains("Nothing is left"), "{said}");
    assert!(said.contains("not\nchecked:\n  benches/nightly.rs:1: E0554: "), "{said}");
    let source = fixture.read("src/lib.rs");
    assert!(source.contains("use proven_arc::{Arc, Weak};\nuse std::{"), "{source}");
    assert!(source.contains("Some(proven_arc::coerce!(watched))"), "{source}");
    assert!(source.contains("proven_arc::coerce!(Arc::new(square) => Arc<dyn Shape>)"), "{source}");
    assert!(fixture.read("README.md").contains("use proven_arc::Arc;\nuse std::sync::{Mutex};"));
    let format = Command::new("rustfmt")
        .args(["--check", "--edition=2021", "src/lib.rs"])
        .current_dir(fixture.0.path())
        .output()
        .unwrap();
    assert!(format.status.success(), "{}", text(&format));
    fixture.tests_pass(&[]);

    // Code under a feature is switched with that feature.
    let more = "pub fn more() -> Arc<dyn Debug> {\n    Arc::new";
    assert!(source.contains(more), "{source}");
    let said = fixture.switch_all(&["--", "--features", "more"]);
    assert!(said.contains(" 1 handles in `coerce!`"), "{said}");
    fixture.tests_pass(&["--features", "more"]);

    assert!(fixture.read("Cargo.lock").contains("proven-arc"));
    fixture.back(&files);
    assert_eq!(fixture.read("Cargo.lock"), lock);
    fixture.tests_pass(&[]);
}

#[test]
fn wakers_of_std_and_of_futures() {
    let fixture = Fixture::new("wakers");
    let files = fixture.files();
    fixture.switch_all(&[]);
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

#[test]
fn exported_macros_work_for_others() {
    let fixture = Fixture::new("macros");
    let files = fixture.files();
    fixture.switch_all(&[]);
    let source = fixture.read("src/lib.rs");
    assert!(source.contains("pub extern crate proven_arc as __proven_arc;"), "{source}");
    assert!(source.contains("$crate::__proven_arc::coerce!("), "{source}");
    assert!(source.contains("std::sync::atomic::AtomicU32::new(0)"), "{source}");
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

#[test]
fn edition_2015_without_std() {
    let fixture = Fixture::new("edition-2015");
    let files = fixture.files();
    let example = fixture.read("examples/unused.rs");
    fixture.switch_all(&[]);
    assert!(fixture.read("Cargo.toml").contains("default-features = false"));
    assert_eq!(fixture.read("examples/unused.rs"), example);
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

#[test]
fn the_help_fits_a_terminal() {
    let output = Fixture::new("globs").program(&["--help"]);
    let help = text(&output);
    assert!(output.status.success() && help.contains("--allow-dirty"), "{help}");
    for line in help.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn globs_stay_globs() {
    let fixture = Fixture::new("globs");
    let files = fixture.files();
    fixture.switch_all(&[]);
    assert!(fixture.read("src/lib.rs").contains("    use proven_arc::sync::*;\n"));
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

#[test]
fn methods_of_handles_become_functions() {
    let fixture = Fixture::new("receivers");
    let files = fixture.files();
    let said = fixture.switch_all(&[]);
    assert!(said.contains("calls in the code:\n  src/lib.rs:52\n"), "{said}");
    assert!(said.contains(" 22 methods that became functions, and their calls"), "{said}");
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

/// An error that std's `Arc` also has is not fixed by `coerce!`, and its code stays unchanged. The
/// same code is fixed at another place, in the round after that.
#[test]
fn an_edit_that_does_not_help_is_taken_back() {
    let fixture = Fixture::new("receivers");
    fixture.switch_all(&[]);
    let path = fixture.0.path().join("src/lib.rs");
    let wrong = "\npub fn wrong() -> Arc<dyn std::fmt::Display> {\n    Arc::new([3_u8])\n}\n";
    let right = "\n#[derive(Debug)]\npub struct Outer(Arc<dyn std::fmt::Debug>);\n\n\
                 pub fn right() -> Arc<dyn std::fmt::Debug> {\n    \
                 Arc::new(Outer(Arc::new([3_u8])))\n}\n";
    let wrong = fs::read_to_string(&path).unwrap() + wrong;
    fs::write(&path, wrong.clone() + right).unwrap();
    let (said, done) = fixture.switch(&[]);
    assert!(!done && said.contains("Errors left to you: 1\n"), "{said}");
    assert!(said.contains(" 2 handles in `coerce!`"), "{said}");
    assert!(said.contains("`coerce!` does not help here"), "{said}");
    let now = fs::read_to_string(&path).unwrap();
    assert!(now.starts_with(&wrong), "{now}");
}

/// Also in a directory whose name has a space, and letters that are not ASCII.
#[test]
fn line_ends_and_byte_order_marks_stay() {
    let outer = tempfile::tempdir().unwrap();
    let directory = outer.path().join("a ü\u{10437}");
    fs::create_dir(&directory).unwrap();
    for name in ["objects", "wakers"] {
        let fixture = Fixture::below(&directory, name);
        for (path, text) in fixture.files() {
            let lines = text.replace('\n', "\r\n");
            let is_rust = path.extension().is_some_and(|kind| kind == "rs");
            let text = if is_rust { format!("\u{feff}// ü\r\n{lines}") } else { lines };
            fs::write(path, text).unwrap();
        }
        let files = fixture.files();
        fixture.switch_all(&[]);
        for (path, text) in fixture.files() {
            if path.extension().is_some_and(|kind| kind == "rs") {
                assert!(text.starts_with("\u{feff}// ü\r\n"), "{text}");
                assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text}");
            }
        }
        fixture.tests_pass(&[]);
        fixture.back(&files);
    }
}

#[test]
fn members_of_a_workspace() {
    let fixture = Fixture::new("members");
    let files = fixture.files();
    let (said, done) = fixture.switch(&["--package", "two"]);
    assert!(!done && said.contains("Switch its\npackage, too (`--package`)"), "{said}");
    // 9 is the call of the other package's macro.
    assert!(said.contains(":\n  two/src/lib.rs:5, 9, 14: E0308: "), "{said}");
    assert!(!said.contains("Another crate"), "{said}");
    fixture.back(&files);
    fixture.switch_all(&[]);
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

#[test]
fn what_is_left_is_said_with_its_remedy() {
    let fixture = Fixture::new("left");
    let files = fixture.files();
    let (said, done) = fixture.switch(&[]);
    assert!(!done, "{said}");
    assert!(said.contains("is used as `dyn Trait`"), "{said}");
    assert!(said.contains("src/lib.rs:31: E0658: "), "{said}");
    assert!(said.contains("src/lib.rs:34: E0038: "), "{said}");
    assert!(said.contains("src/lib.rs:12: E0308: "), "{said}");
    assert!(said.contains("macro of this workspace takes or returns std's `Arc`"), "{said}");
    // `task::Wake` itself reports it in these words.
    assert!(
        said.contains("src/lib.rs:20: E0277: `Task` is not a `proven_arc::task::Wake`"),
        "{said}"
    );
    assert!(said.contains("pointers come from proven-arc:\n  src/lib.rs:16"), "{said}");

    // The remedies compile.
    let path = fixture.0.path().join("src/lib.rs");
    let switched = fs::read_to_string(&path).unwrap();
    let mended = switched
        .replace("self: Arc<Self>", "self: std::sync::Arc<Self>")
        .replace("Arc<dyn Job>", "std::sync::Arc<dyn Job>")
        .replace("keeps(text)", "keeps((*text).into())")
        .replace("Arc::new(other::Task)", "std::sync::Arc::new(other::Task)");
    fs::write(&path, mended).unwrap();
    let (said, done) = fixture.switch(&[]);
    assert!(!done && said.contains("Errors left to you: 1\n"), "{said}");
    assert!(said.contains("Declare the handle after what it borrows:\n  src/lib.rs:26: E0597: "));
    // Fixes by hand since the first run are kept, unless they conflict.
    let output = fixture.program(&["--back", "--offline"]);
    assert!(output.status.success(), "{}", text(&output));
    let back = fixture.read("src/lib.rs");
    assert!(back.starts_with("use std::sync::Arc;"), "{back}");
    assert!(back.contains("job: std::sync::Arc<dyn Job>"), "{back}");
    assert_eq!(fixture.read("Cargo.toml"), files[&fixture.0.path().join("Cargo.toml")]);
}

#[test]
fn a_dirty_work_tree_is_refused() {
    let fixture = Fixture::new("edition-2015");
    let files = fixture.files();
    let arguments = ["--offline", "--path", PROVEN_ARC];
    let output = fixture.program(&arguments);
    assert!(!output.status.success() && text(&output).contains("not in a git repository"));

    git(fixture.0.path(), &["init", "--quiet"]);
    let output = fixture.program(&arguments);
    assert!(text(&output).contains("not committed"), "{}", text(&output));
    assert_eq!(fixture.files(), files);
    fs::write(fixture.0.path().join(".gitignore"), "/target\n/Cargo.lock\n").unwrap();
    commit(fixture.0.path());
    let output = fixture.program(&arguments);
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn what_does_not_compile_is_not_touched() {
    let fixture = Fixture::new("edition-2015");
    let path = fixture.0.path().join("src/lib.rs");
    fs::write(&path, "fn f() -> u8 { \"a\" }\nuse std::sync::Arc;").unwrap();
    let files = fixture.files();
    let (said, done) = fixture.switch(&[]);
    assert!(!done && said.contains("does not compile before the switch"), "{said}");
    assert!(said.contains("src/lib.rs:1: mismatched types"), "{said}");
    assert_eq!(fixture.files(), files);
}

/// Also checks files of the package in other directories, and files that git ignores.
#[cfg(unix)]
#[test]
fn what_git_cannot_throw_away_is_refused() {
    let outer = tempfile::tempdir().unwrap();
    let fixture = Fixture::below(outer.path(), "edition-2015");
    let (root, source) = (outer.path(), fixture.0.path().join("src"));
    let readme = "```\nuse std::sync::Arc;\nlet _ = Arc::new(1);\n```\n";
    let shared = "pub type Shared = ::std::sync::Arc<u8>;\n";
    fs::write(root.join("README.md"), readme).unwrap();
    fs::write(root.join("shared.rs"), shared).unwrap();
    std::os::unix::fs::symlink("../../shared.rs", source.join("link.rs")).unwrap();
    let library = fixture.read("src/lib.rs");
    let includes = "\n#[doc = include_str!(\"../../README.md\")]\npub struct Readme;\n";
    fs::write(source.join("lib.rs"), library + includes).unwrap();
    fs::write(root.join(".gitignore"), "target\nCargo.lock\ngenerated.rs\n").unwrap();
    git(root, &["init", "--quiet"]);
    commit(root);

    let arguments = ["--offline", "--path", PROVEN_ARC];
    let refused = |file: &str, reason: &str| {
        let files = fixture.files();
        let output = fixture.program(&arguments);
        let said = text(&output);
        assert!(!output.status.success() && said.contains(reason) && said.contains(file), "{said}");
        assert_eq!(fixture.files(), files);
    };
    for (file, text) in [("README.md", readme), ("shared.rs", shared)] {
        fs::write(root.join(file), text.to_owned() + "\n").unwrap();
        refused(file, "not committed");
        assert_eq!(fs::read_to_string(root.join(file)).unwrap(), text.to_owned() + "\n");
        fs::write(root.join(file), text).unwrap();
    }
    fs::write(source.join("generated.rs"), shared).unwrap();
    refused("generated.rs", "git ignores");
    fs::remove_file(source.join("generated.rs")).unwrap();

    let output = fixture.program(&arguments);
    assert!(output.status.success(), "{}", text(&output));
    for file in ["README.md", "shared.rs"] {
        assert!(fs::read_to_string(root.join(file)).unwrap().contains("proven_arc::Arc"), "{file}");
    }
}

#[test]
fn workspaces_that_share_the_target_directory() {
    let target = tempfile::tempdir().unwrap();
    let fixtures = [Fixture::new("edition-2015"), Fixture::new("edition-2015")];
    for fixture in &fixtures {
        let config = format!("build.target-dir = {:?}\n", target.path());
        fs::create_dir(fixture.0.path().join(".cargo")).unwrap();
        fs::write(fixture.0.path().join(".cargo/config.toml"), config).unwrap();
    }
    let [a, b] = &fixtures;
    let files = fixtures.each_ref().map(Fixture::files);
    for fixture in &fixtures {
        let (said, done) = fixture.switch(&[]);
        assert!(done, "{said}");
        assert!(fixture.read("src/lib.rs").contains("extern crate proven_arc;"), "{said}");
    }
    let switched = a.files();
    b.back(&files[1]);
    assert_eq!(a.files(), switched);
    a.back(&files[0]);
}

#[test]
fn a_switch_that_git_threw_away_is_done_again() {
    let fixture = Fixture::new("edition-2015");
    let root = fixture.0.path();
    fs::write(root.join(".gitignore"), "/target\n/Cargo.lock\n").unwrap();
    git(root, &["init", "--quiet"]);
    commit(root);
    fixture.switch(&[]);
    let manifest = fixture.read("Cargo.toml");
    git(root, &["checkout", "--quiet", "."]);
    // `--back` keeps what was added in between.
    let path = root.join("src/lib.rs");
    fs::write(&path, fixture.read("src/lib.rs") + "\n// More.\n").unwrap();
    let files = fixture.files();
    let (said, done) = fixture.switch(&[]);
    assert!(done && !said.contains("0 files"), "{said}");
    assert!(fixture.read("src/lib.rs").contains("extern crate proven_arc;"));
    assert_eq!(fixture.read("Cargo.toml"), manifest);
    fixture.back(&files);

    // The package already has the dependency.
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    commit(root);
    let files = fixture.files();
    for _ in 0..2 {
        let (said, done) = fixture.switch(&[]);
        assert!(done && !said.contains("0 files"), "{said}");
        assert!(fixture.read("src/lib.rs").contains("extern crate proven_arc;"));
        git(root, &["checkout", "--quiet", "."]);
        assert_eq!(fixture.files(), files);
    }
}

#[test]
fn procedural_macros_work_for_others() {
    let fixture = Fixture::new("quote");
    let files = fixture.files();
    for _ in 0..2 {
        let (said, done) = fixture.switch(&[]);
        assert!(done && !said.contains("Nothing is left"), "{said}");
        assert!(said.contains("in `quote!`"), "{said}");
        assert!(said.contains("  src/lib.rs:14, 15\n"), "{said}");
        let source = fixture.read("src/lib.rs");
        assert!(source.contains("use proven_arc::Arc;"), "{source}");
        assert!(source.contains("::std::sync::Arc::new(1)"), "{source}");
    }
    fixture.tests_pass(&[]);
    fixture.back(&files);
}
