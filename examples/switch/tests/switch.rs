//! The program on small crates, each in a directory of its own: it switches them, they build and
//! pass their tests, and `--back` leaves them as they were.

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
        // What the program resolves without the network has to be there.
        static FETCHED: Once = Once::new();
        FETCHED.call_once(|| {
            let fetch = Command::new("cargo").arg("fetch").current_dir(PROVEN_ARC).output();
            assert!(fetch.unwrap().status.success());
        });
        let dir = tempfile::tempdir().unwrap();
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

    /// What it prints, and whether nothing is left.
    fn switch(&self, more: &[&str]) -> (String, bool) {
        let output =
            self.program(&[&["--offline", "--allow-dirty", "--path", PROVEN_ARC], more].concat());
        (text(&output), output.status.success())
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

    /// The sources and manifests.
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

fn text(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|stream| String::from_utf8_lossy(stream).into_owned()).concat()
}

#[test]
fn objects_slices_closures_casts() {
    let fixture = Fixture::new("objects");
    let files = fixture.files();
    // With one look, nothing can be mended. The next run goes on from there.
    let (said, done) = fixture.switch(&["--rounds", "1"]);
    assert!(!done && said.contains("The last of the rounds"), "{said}");
    let (said, done) = fixture.switch(&[]);
    assert!(done && said.contains("Nothing is left"), "{said}");
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

    // What was under a feature is done with that feature.
    let more = "pub fn more() -> Arc<dyn Debug> {\n    Arc::new";
    assert!(source.contains(more), "{source}");
    let (said, done) = fixture.switch(&["--", "--features", "more"]);
    assert!(done && said.contains(" 1 handles in `coerce!`"), "{said}");
    fixture.tests_pass(&["--features", "more"]);
    // And then nothing is to be done.
    let switched = fixture.files();
    let (said, done) = fixture.switch(&["--", "--features", "more"]);
    assert!(done && said.contains("0 files: 0 imports and paths, 0 handles"), "{said}");
    assert_eq!(fixture.files(), switched);

    // What is an error with std's too is not mended by `coerce!`, and stays as it is.
    let wrong = "\npub fn wrong() -> Arc<dyn Shape> {\n    Arc::new(3_u8)\n}\n";
    let path = fixture.0.path().join("src/lib.rs");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, before.clone() + wrong).unwrap();
    let (said, done) = fixture.switch(&[]);
    assert!(!done && said.contains("Left to you: 1\n"), "{said}");
    assert!(said.contains("0 handles in `coerce!`"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before.clone() + wrong);
    fs::write(&path, before).unwrap();
    fixture.back(&files);
    fixture.tests_pass(&[]);
}

#[test]
fn wakers_of_std_and_of_futures() {
    let fixture = Fixture::new("wakers");
    let files = fixture.files();
    let (said, done) = fixture.switch(&[]);
    assert!(done, "{said}");
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

#[test]
fn exported_macros_work_for_others() {
    let fixture = Fixture::new("macros");
    let files = fixture.files();
    let (said, done) = fixture.switch(&[]);
    assert!(done, "{said}");
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
    let (said, done) = fixture.switch(&[]);
    assert!(done, "{said}");
    assert!(fixture.read("Cargo.toml").contains("default-features = false"));
    fixture.tests_pass(&[]);
    fixture.back(&files);
}

#[test]
fn what_is_left_is_said_with_its_remedy() {
    let fixture = Fixture::new("left");
    let files = fixture.files();
    let (said, done) = fixture.switch(&[]);
    assert!(!done, "{said}");
    assert!(said.contains("src/lib.rs:6: E0658: "), "{said}");
    assert!(said.contains("`this: Arc<Self>`"), "{said}");
    assert!(said.contains("src/lib.rs:12: E0308: "), "{said}");
    assert!(said.contains("asks for std's `Arc`"), "{said}");
    // As `task::Wake` says it itself.
    assert!(
        said.contains("src/lib.rs:20: E0277: `Task` is not a `proven_arc::task::Wake`"),
        "{said}"
    );
    assert!(said.contains("pointers come from proven-arc's:\n  src/lib.rs:16"), "{said}");

    // With these mended, what the compiler sees later.
    let path = fixture.0.path().join("src/lib.rs");
    let switched = fs::read_to_string(&path).unwrap();
    let mended = switched
        .replace("self: Arc<Self>", "this: Arc<Self>")
        .replace("self.0", "this.0")
        .replace("keeps(text)", "keeps((*text).into())")
        .replace("Arc::new(other::Task)", "std::sync::Arc::new(other::Task)");
    fs::write(&path, mended).unwrap();
    let (said, done) = fixture.switch(&[]);
    assert!(!done && said.contains("Left to you: 1\n"), "{said}");
    assert!(said.contains("src/lib.rs:26: E0597: "), "{said}");
    assert!(said.contains("declare the handle behind what it borrows"), "{said}");
    // What was mended by hand since the first run is kept, as far as it does not meet the rest.
    let output = fixture.program(&["--back", "--offline"]);
    assert!(output.status.success(), "{}", text(&output));
    let back = fixture.read("src/lib.rs");
    assert!(back.starts_with("use std::sync::Arc;") && back.contains("this: Arc<Self>"), "{back}");
    assert_eq!(fixture.read("Cargo.toml"), files[&fixture.0.path().join("Cargo.toml")]);
}

#[test]
fn a_dirty_work_tree_is_refused() {
    let fixture = Fixture::new("edition-2015");
    let files = fixture.files();
    let arguments = ["--offline", "--path", PROVEN_ARC];
    let output = fixture.program(&arguments);
    assert!(!output.status.success() && text(&output).contains("not in a git repository"));

    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
        let mut command = Command::new("git");
        let output = command.args(identity).args(arguments).current_dir(fixture.0.path()).output();
        assert!(output.unwrap().status.success());
    };
    git(&["init", "--quiet"]);
    let output = fixture.program(&arguments);
    assert!(text(&output).contains("not committed"), "{}", text(&output));
    assert_eq!(fixture.files(), files);
    fs::write(fixture.0.path().join(".gitignore"), "/target\n/Cargo.lock\n").unwrap();
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message=a"]);
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
    assert!(!done && said.contains("does not compile as it is"), "{said}");
    assert!(said.contains("src/lib.rs:1: mismatched types"), "{said}");
    assert_eq!(fixture.files(), files);
}
