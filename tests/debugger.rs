//! What gdb shows of the handles (`src/debugger/gdb.py`). gdb runs this test's own program.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests need std")]

use proven_arc::{Arc, UniqueArc, Weak, coerce};
use std::fmt::Debug;
use std::hint::black_box;
use std::process::Command;

/// The breakpoint.
#[inline(never)]
fn stop() {
    black_box(());
}

#[derive(Debug)]
struct Point {
    x: u8,
    y: u32,
}

struct Tail<T: ?Sized> {
    name: u8,
    rest: T,
}

/// gdb runs this test, see below.
#[test]
fn handles() {
    let number = Arc::new(5_u32);
    let again = number.clone();
    let weak = Arc::downgrade(&number);
    let point = Arc::new(Point { x: 1, y: 2 });
    let nothing = Arc::new(());
    let text: Arc<str> = Arc::from("some text");
    let no_text: Arc<str> = Arc::from("");
    let slice: Arc<[u16]> = Arc::from([1, 2, 3]);
    let no_slice: Arc<[u16]> = Arc::from([]);
    let object: Arc<dyn Debug> = coerce!(Arc::new(Point { x: 3, y: 4 }));
    let tail: Arc<Tail<[u8]>> = coerce!(Arc::new(Tail { name: 9, rest: [7, 8] }));
    let wrapped: Arc<Tail<dyn Debug>> = coerce!(Arc::new(Tail { name: 8, rest: point.y }));
    let never: Weak<u8> = Weak::new();
    let never_slice: Weak<[u8]> = coerce!(Weak::<[u8; 2]>::new());
    let dead = Arc::downgrade(&Arc::new(3_u8));
    let dead_too = dead.clone();
    let mut unique = UniqueArc::new(4_u8);
    *unique += (point.x as u32 + point.y) as u8 - 3;
    let of_unique = UniqueArc::downgrade(&unique);
    let option = Some(Arc::clone(&number));
    let weak_text = Arc::downgrade(&text);
    assert_eq!(tail.name as usize + tail.rest.len(), 11);
    stop();
    black_box((&number, &again, &weak, &point, &nothing, &text, &no_text, &slice, &no_slice));
    black_box((&object, &tail, &never, &never_slice, &dead, &dead_too, &unique, &of_unique));
    black_box((&option, &weak_text, &wrapped));
}

#[test]
#[ignore = "needs gdb and debug information: .ci/run debugger"]
fn gdb_shows_counts_and_values() {
    let program = std::env::current_exe().unwrap();
    let directory = program.parent().unwrap().display().to_string();
    let shown = [
        ("number", "Arc(strong=3, weak=1) = {value = 5}"),
        ("again", "Arc(strong=3, weak=1) = {value = 5}"),
        ("weak", "Weak(strong=3, weak=1) = {value = 5}"),
        ("point", "Arc(strong=1, weak=0) = {value = debugger::Point {x: 1, y: 2}}"),
        ("nothing", "Arc(strong=1, weak=0) = {value = ()}"),
        ("text", "Arc(strong=1, weak=1) = {value = \"some text\"}"),
        ("no_text", "Arc(strong=1, weak=0) = {value = \"\"}"),
        ("slice", "Arc(strong=1, weak=0) = {value = [1, 2, 3]}"),
        ("no_slice", "Arc(strong=1, weak=0) = {value = []}"),
        ("object", "Arc(strong=1, weak=0) = {value = debugger::Point {x: 3, y: 4}}"),
        ("tail", "Arc(strong=1, weak=0) = {name = 9}"),
        ("wrapped", "Arc(strong=1, weak=0) = {name = 8}"),
        ("never", "Weak(no allocation)"),
        ("never_slice", "Weak(no allocation)"),
        ("dead", "Weak(strong=0, weak=2)"),
        ("dead_too", "Weak(strong=0, weak=2)"),
        ("unique", "UniqueArc(weak=1) = {value = 4}"),
        ("of_unique", "Weak(strong=0, weak=2)"),
        (
            "option",
            "core::option::Option<proven_arc::arc::Arc<u32>>::Some(\
             Arc(strong=3, weak=1) = {value = 5})",
        ),
        ("weak_text", "Weak(strong=1, weak=1) = {value = \"some text\"}"),
    ];
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-iex", &format!("add-auto-load-safe-path {directory}")]);
    gdb.args(["-ex", "set debuginfod enabled off", "-ex", "break debugger::stop", "-ex", "run"]);
    gdb.args(["-ex", "up"]);
    for (name, _) in shown {
        gdb.args(["-ex", &format!("echo \\n{name}:"), "-ex", &format!("output {name}")]);
    }
    gdb.args(["-ex", "echo \\n", "-ex", "kill"]).arg("--args").arg(program);
    gdb.args(["--exact", "handles", "--test-threads=1"]);
    let output = gdb.output().expect("gdb is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = said.lines().collect();
    for (name, value) in shown {
        let line = format!("{name}:{value}");
        assert!(
            lines.contains(&&*line),
            "not shown: {line}\n{said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
