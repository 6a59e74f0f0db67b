//! Tests `versus` as a user runs it: its output, and how it fails.
#![allow(missing_docs)]

use std::fs;
use std::hint::spin_loop;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

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

    assert_eq!(stderr(&output), "");
    let text = stdout(&output);
    assert!(text.contains("  files      3, 1 KiB\n             1 more: not text\n"), "{text}");
    assert!(text.contains("  words      10, 6 distinct\n"), "{text}");
    assert!(text.contains("  query      acquire ordering\n"), "{text}");
    assert!(text.contains("two.txt:2\n"), "{text}");
    assert!(text.contains("one.txt:2\n"), "{text}");
    assert!(text.contains("  equal      both indexes, and both answers\n"), "{text}");
    assert!(text.contains("figures are ROUGH"), "{text}");
    assert_eq!(text.contains("figures mean NOTHING"), cfg!(debug_assertions), "{text}");

    let report = text.split_once("  report     ").unwrap().1.lines().nth(1).unwrap();
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join(report.trim());
    for line in text.lines().filter(|line| !line.ends_with("RESULTS.md")) {
        assert!(line.chars().count() <= 80, "{line:?} is wider than a terminal");
    }

    let heading = ["operation", "std", "ours", "ratio", "quartiles"];
    let peers = ["triomphe", "portable", "limit"];
    let operations = table(text, "operation");
    assert_eq!(operations[0], heading);
    assert_eq!(operations.len() - 1, 34, "{text}");
    for row in &operations[1..] {
        let time = |cell: &str| cell.split_once(' ').unwrap().0.parse::<f64>().unwrap();
        assert!(time(row[1]) > 0.0 && time(row[2]) > 0.0, "{row:?}");
        let (lower, upper) = row[4].split_once(" - ").unwrap();
        let [lower, upper] = [lower, upper].map(|cell| cell.parse::<f64>().unwrap());
        assert!(0.0 <= lower && lower <= upper, "{row:?}");
        // Both are rounded.
        if upper > 1.26 * lower + 0.02 {
            assert_eq!(row[3], "?", "{row:?}: the quartiles are far apart");
        }
        if row[3] != "?" {
            let ratio = row[3].parse::<f64>().unwrap();
            assert!(lower <= ratio && ratio <= upper, "{row:?}");
        }
    }
    assert_eq!(operations.last().unwrap()[0], "the word index, whole program");

    let threads = table(text, "threads");
    assert_eq!(threads[0], ["threads", "std", "ours", "ratio"]);
    let two: Vec<_> = threads.iter().filter(|row| row[0] == "2").collect();
    assert_eq!(two.len(), 3, "{text}");
    for row in two {
        assert!(row[1..3].iter().all(|cell| cell.parse::<f64>().is_ok()), "{row:?}");
    }

    let markdown = fs::read_to_string(&report).unwrap();
    check_report(&markdown, &[&operations[..], &threads].concat());
    let heading = [&heading[..], &peers].concat().join(" | ");
    assert!(markdown.contains(&format!("| {heading} |\n")), "{markdown}");
    let has = |operation: &str, column: usize| {
        let start = format!("| {operation} |");
        let row = markdown.lines().find(|line| line.starts_with(&start)).unwrap();
        row.split(" | ").nth(column).unwrap().trim_end_matches(" |") != "-"
    };
    assert_eq!([5, 6, 7].map(|column| has("clone, drop", column)), [true, true, true]);
    assert_eq!([5, 6, 7].map(|column| has("Weak clone, drop", column)), [false, true, true]);
    assert_eq!([5, 6, 7].map(|column| has("into_weak, into_strong", column)), [false; 3]);
    for theme in ["light", "dark"] {
        let picture = report.with_file_name(format!("RESULTS-{theme}.svg"));
        check_picture(&fs::read_to_string(picture).unwrap(), &operations[1..]);
    }
}

#[test]
fn one_operation() {
    let directory = directory("one", &[("text", b"text")]);
    let output = versus(&["--quick", "--only", "make_mut", directory.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let rows = table(stdout(&output), "operation");
    let names: Vec<_> = rows.iter().skip(1).map(|row| row[0]).collect();
    assert_eq!(names, ["make_mut, unique", "make_mut, shared", "make_mut, with a Weak"]);
    assert!(!stdout(&output).contains("report"), "{output:?}");
}

/// If other programs take the processors, no ratio is shown.
#[test]
#[cfg(target_os = "linux")]
fn on_a_loaded_machine() {
    let directory = directory("loaded", &[("text", b"text")]);
    let over = AtomicBool::new(false);
    let output = thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    spin_loop();
                }
            });
        }
        let output = versus(&["--quick", "--only", "clone, drop", directory.to_str().unwrap()]);
        over.store(true, Relaxed);
        output
    });
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let rows = table(stdout(&output), "operation");
    assert!(rows.len() > 1 && rows[1..].iter().all(|row| row[3] == "?"), "{rows:?}");
}

/// If the reader closes the pipe, the program ends without an error message.
#[test]
#[cfg(unix)]
fn closed_pipes() {
    let directory = directory("closed", &[("text", b"text")]);
    for (arguments, code) in [
        (&["--quick", "--only", "get_mut", directory.to_str().unwrap()][..], 0),
        (&["--help"], 0),
        (&["--fast"], 2),
        (&["/proc/self/mem"], 2),
    ] {
        let closed = || io::pipe().unwrap().1;
        let mut command = runner::command(Path::new(env!("CARGO_BIN_EXE_versus")));
        let status = command.args(arguments).stdout(closed()).stderr(closed()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

/// Returns the rows of the table whose heading begins with this word, in cells, without the section
/// titles.
fn table<'a>(text: &'a str, first: &str) -> Vec<Vec<&'a str>> {
    let lines = text.lines().skip_while(|line| !line.trim().starts_with(first));
    let lines = lines.take_while(|line| !line.is_empty());
    let cells = |line: &'a str| line.trim().split("  ").map(str::trim);
    let rows = lines.map(|line| cells(line).filter(|cell| !cell.is_empty()).collect::<Vec<_>>());
    rows.filter(|cells| cells.len() > 1).collect()
}

/// The report has the same rows.
fn check_report(markdown: &str, rows: &[Vec<&str>]) {
    let headings: Vec<_> = markdown.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(headings.len(), 3, "{markdown}");
    assert!(markdown.contains("\ncargo versus --quick "), "{markdown}");
    assert!(markdown.contains("**--quick: these figures are ROUGH**\n"), "{markdown}");
    for row in rows {
        assert!(markdown.contains(&format!("| {} |", row.join(" | "))), "{row:?}: {markdown}");
    }
    for theme in ["light", "dark"] {
        assert!(markdown.contains(&format!("=\"RESULTS-{theme}.svg\">\n")), "{markdown}");
    }
}

/// The picture shows each row with its ratio, and draws nothing outside of its area.
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
        // As wide as DejaVu Sans, a wide font.
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
    // Each measured ratio has a bar, and the bars have backgrounds.
    let bars = picture.children().filter(|node| node.has_tag_name("rect")).count();
    let measured = rows.iter().filter(|row| row[3] != "?").count();
    assert!(bars > measured, "{bars} bars for {measured} ratios");
}

/// The figures in the README and the file with all figures are from the same run, and the pictures
/// exist.
#[test]
fn what_is_published() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let results = fs::read_to_string(root.join("src/docs/figures/RESULTS.md")).unwrap();
    let rows = table(&readme, "operation  ");
    assert_eq!(rows.len(), 1 + 10, "{rows:?}");
    for row in rows {
        assert!(results.contains(&format!("| {} |", row.join(" | "))), "{row:?}");
    }
    for picture in ["src/docs/figures/RESULTS-light.svg", "src/docs/figures/RESULTS-dark.svg"] {
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
    for (name, files) in [
        ("binary", &[("zero", b"\0\xff" as &[u8]), ("inside/latin1.txt", b"caf\xe9")]),
        ("without_words", &[("empty", b""), ("inside/signs.txt", b"-- !\n")]),
    ] {
        let directory = directory(name, files);
        let output = versus(&["--quick", directory.to_str().unwrap()]);
        assert_refused(
            &output,
            &format!("no readable text file of up to 8 MiB in {}", directory.display()),
        );
    }
}

#[test]
fn too_much_text() {
    let directory = directory("large", &[("large", &vec![b'a'; (8 << 20) + 1])]);
    let output = versus(&["--quick", directory.to_str().unwrap()]);
    assert_refused(&output, "no readable text file of up to 8 MiB");
}

/// A file that exists, but that not even the superuser can read.
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
    assert!(stdout(&output).starts_with("Usage: versus [--quick] [--only TEXT] [PATH...]\n"));

    let output = versus(&["--fast"]);
    assert_refused(&output, "unknown flag --fast");
    assert_refused(&output, "Usage: versus");

    assert_refused(&versus(&["--only"]), "--only is followed by no text");
    assert_refused(&versus(&["--only", "fast"]), "no operation has \"fast\" in its name");
    assert_refused(&versus(&["--record", "--only", "clone"]), "leave out --quick and --only");

    // After `--`, an argument is a path.
    let output = versus(&["--", "--help"]);
    assert_refused(&output, "versus: --help: ");
}

/// A record needs a full run on the same text, and a file that can be written.
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
    // Only a release build records figures, so these tests run only in a debug build.
    if cfg!(debug_assertions) {
        assert_refused(&versus(&["--record"]), "--record needs a build with --release");
        assert_refused(&versus(&["--record", &file]), "--record needs a build with --release");
    }
    assert!(!Path::new(&file).exists());
}
