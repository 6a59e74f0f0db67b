//! `versus` as a user meets it: what it prints, and how it fails.
#![allow(missing_docs, clippy::std_instead_of_core, clippy::std_instead_of_alloc)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

#[path = "../versus/readme.rs"]
#[allow(unreachable_pub)]
mod readme;
#[path = "../../tests/common/runner.rs"]
mod runner;

fn versus(arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_versus"));
    runner::command(program).args(arguments).output().unwrap()
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
    assert!(text.contains("  files      3, 1 KiB\n"), "{text}");
    assert!(text.contains("  words      10, 6 distinct\n"), "{text}");
    assert!(text.contains("  query      acquire ordering\n"), "{text}");
    assert!(text.contains("two.txt:2\n"), "{text}");
    assert!(text.contains("one.txt:2\n"), "{text}");
    assert!(text.contains("  equal      both indexes, and both answers\n"), "{text}");
    assert!(text.contains("figures are ROUGH"), "{text}");
    assert_eq!(text.contains("figures mean NOTHING"), cfg!(debug_assertions), "{text}");

    let operations = table(text, "operation");
    let peers = ["triomphe", "portable", "limit"];
    assert_eq!(operations[0][..5], ["operation", "std", "ours", "ratio", "quartiles"]);
    assert_eq!(operations[0][5..], peers);
    assert_eq!(operations.len() - 1, 32, "{text}");
    for row in &operations[1..] {
        let time = |cell: &str| cell.split_once(' ').unwrap().0.parse::<f64>().unwrap();
        assert!(time(row[1]) > 0.0 && time(row[2]) > 0.0, "{row:?}");
        let (lower, upper) = row[4].split_once(" - ").unwrap();
        let [lower, ratio, upper] = [lower, row[3], upper].map(|cell| cell.parse::<f64>().unwrap());
        assert!(0.0 <= lower && lower <= ratio && ratio <= upper, "{row:?}");
        assert!(row[5..].iter().all(|cell| *cell == "-" || cell.parse::<f64>().is_ok()), "{row:?}");
    }
    let has = |operation: &str, column: usize| {
        operations.iter().find(|row| row[0] == operation).unwrap()[column] != "-"
    };
    assert_eq!([5, 6, 7].map(|column| has("clone, drop", column)), [true, true, true]);
    assert_eq!([5, 6, 7].map(|column| has("Weak clone, drop", column)), [false, true, true]);
    assert_eq!([5, 6, 7].map(|column| has("into_weak, into_strong", column)), [false; 3]);
    assert_eq!(operations.last().unwrap()[0], "the word index, whole program");

    let threads = table(text, "threads");
    assert_eq!(threads[0][..4], ["threads", "std", "ours", "ratio"]);
    assert_eq!(threads[0][4..], peers);
    let two: Vec<_> = threads.iter().filter(|row| row[0] == "2").collect();
    assert_eq!(two.len(), 3, "{text}");
    for row in two {
        assert!(row[1..4].iter().all(|cell| cell.parse::<f64>().is_ok()), "{row:?}");
    }

    let (_, report) = text.split_once("  report     ").unwrap();
    let report = Path::new(report.split_once(" and its pictures\n").unwrap().0);
    check_report(&fs::read_to_string(report).unwrap(), &[&operations[..], &threads].concat());
    for theme in ["light", "dark"] {
        let picture = report.with_file_name(format!("RESULTS-{theme}.svg"));
        check_picture(&fs::read_to_string(picture).unwrap(), &operations[1..]);
    }
}

/// The table whose heading begins with this word: its rows in cells, without the titles in between.
fn table<'a>(text: &'a str, first: &str) -> Vec<Vec<&'a str>> {
    let lines = text.lines().skip_while(|line| !line.trim().starts_with(first));
    let lines = lines.take_while(|line| !line.is_empty());
    let cells = |line: &'a str| line.trim().split("  ").map(str::trim);
    let rows = lines.map(|line| cells(line).filter(|cell| !cell.is_empty()).collect::<Vec<_>>());
    rows.filter(|cells| cells.len() > 1).collect()
}

/// It has the same rows.
fn check_report(markdown: &str, rows: &[Vec<&str>]) {
    let headings: Vec<_> = markdown.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(headings.len(), 3, "{markdown}");
    assert!(markdown.contains("\ncargo versus --quick "), "{markdown}");
    assert!(markdown.contains("**--quick: these figures are ROUGH**\n"), "{markdown}");
    for row in rows {
        assert!(markdown.contains(&format!("| {} |\n", row.join(" | "))), "{row:?}: {markdown}");
    }
    for theme in ["light", "dark"] {
        assert!(markdown.contains(&format!("=\"RESULTS-{theme}.svg\">\n")), "{markdown}");
    }
}

/// It shows each row with its ratio, and nothing is drawn outside of it.
fn check_picture(svg: &str, rows: &[Vec<&str>]) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let picture = document.root_element();
    assert_eq!(picture.tag_name().name(), "svg");
    let number = |node: &roxmltree::Node, attribute: &str| {
        node.attribute(attribute).unwrap().parse::<f64>().unwrap()
    };
    let [width, height] = ["width", "height"].map(|attribute| number(&picture, attribute));
    let mut texts = Vec::new();
    for node in picture.descendants().filter(|node| node.has_tag_name("text")) {
        let text = node.text().unwrap().trim();
        let [x, y, size] = ["x", "y", "font-size"].map(|attribute| number(&node, attribute));
        // As wide as DejaVu Sans, which is wide.
        let length = 0.56 * size * text.len() as f64;
        let left = match node.attribute("text-anchor").unwrap() {
            "start" => x,
            "middle" => x - length / 2.0,
            "end" => x - length,
            anchor => panic!("{anchor}"),
        };
        assert!(left >= 0.0 && left + length <= width, "{text} is cut");
        assert!(y >= size / 2.0 && y + size / 2.0 <= height, "{text} is cut");
        texts.push(text);
    }
    for row in rows {
        let shown = texts.windows(2).any(|pair| pair == [row[0], row[3]]);
        assert!(shown, "{row:?}: {texts:?}");
    }
    // A bar for each, behind which there is the background.
    let bars = picture.children().filter(|node| node.has_tag_name("rect")).count();
    assert!(bars > rows.len(), "{bars} bars");
}

/// What stands in the README is of one and the same run as the file with the whole of it, and the
/// pictures are there.
#[test]
fn what_is_published() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let results = fs::read_to_string(root.join("benches/RESULTS.md")).unwrap();
    let rows = table(&readme, "operation  ");
    assert!(rows.len() > 30, "{rows:?}");
    for row in rows {
        assert!(results.contains(&format!("| {} |\n", row.join(" | "))), "{row:?}");
    }
    for picture in ["benches/RESULTS-light.svg", "benches/RESULTS-dark.svg"] {
        assert!(readme.contains(&format!("=\"{picture}\">\n")));
        roxmltree::Document::parse(&fs::read_to_string(root.join(picture)).unwrap()).unwrap();
    }
}

#[test]
fn the_part_of_the_readme() {
    let text = "before\n<!-- versus -->\nold\nolder\n<!-- /versus -->\nafter\n";
    let new = "before\n<!-- versus -->\nnew\n<!-- /versus -->\nafter\n";
    assert_eq!(readme::with_part(text, "new\n").as_deref(), Some(new));
    assert_eq!(readme::with_part(new, "new\n").as_deref(), Some(new));
    for part in ["<!-- versus -->\n", "<!-- /versus -->\n"] {
        assert_eq!(readme::with_part(&text.replace(part, ""), "new\n"), None);
        assert_eq!(readme::with_part(&format!("{text}{part}"), "new\n"), None);
        assert_eq!(readme::with_part(&format!("{part}{text}"), "new\n"), None);
    }
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
    assert!(stdout(&output).starts_with("Usage: versus [--quick] [PATH...]\n"));

    let output = versus(&["--fast"]);
    assert_refused(&output, "unknown flag --fast");
    assert_refused(&output, "Usage: versus");

    // Behind `--`, it is a path.
    let output = versus(&["--", "--help"]);
    assert_refused(&output, "versus: --help: ");
}

/// What is recorded is of a full run on the same text, and goes where it can be written.
#[test]
fn what_is_not_recorded() {
    let directory = directory("record", &[("text", b"text")]);
    let directory = directory.to_str().unwrap();
    let file = format!("{directory}/RESULTS-here.md");
    let nowhere = format!("{directory}/nowhere/RESULTS.md");

    assert_refused(&versus(&["--record", "--quick"]), "--record needs a full run");
    assert_refused(&versus(&["--quick", "--record", &file]), "--record needs a full run");
    assert_refused(&versus(&[directory, "--record"]), "leave out PATH");
    assert_refused(&versus(&["--record", &file, directory]), "leave out PATH");
    assert_refused(&versus(&["--record", directory]), "does not end in .md");
    assert_refused(&versus(&["--record", &nowhere]), "there is no such directory");
    // Otherwise, they would be recorded.
    if cfg!(debug_assertions) {
        assert_refused(&versus(&["--record"]), "--record needs a build with --release");
        assert_refused(&versus(&["--record", &file]), "--record needs a build with --release");
    }
    assert!(!Path::new(&file).exists());
}
