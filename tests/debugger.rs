//! What gdb shows of the handles (`src/debugger/gdb.py`). gdb runs this test's own program.
#![cfg(feature = "std")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests need std")]

use proven_arc::{
    Arc, ArcBorrow, ArcRef, HeaderSlice, StaticArc, StaticStr, StaticThinStr, ThinArc, ThinWeak,
    UniqueArc, Weak, coerce,
};
use std::ffi::{CStr, OsStr};
use std::fmt::Debug;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

static STATIC: StaticArc<u32> = StaticArc::new(6);
static STATIC_STR: StaticStr<6> = StaticStr::new("static");
static STATIC_THIN: StaticThinStr<4> = StaticThinStr::new("thin");

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

#[repr(align(32))]
#[derive(Debug)]
struct Aligned(u8);

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
    let path: Arc<Path> = Arc::from(Path::new("/a/path"));
    let os: Arc<OsStr> = Arc::from(OsStr::new("os"));
    let c: Arc<CStr> = Arc::from(c"c");
    let units: Arc<[()]> = Arc::from([(), ()]);
    let nested = Arc::new(Mutex::new((Arc::<str>::from("inner"), Weak::<u8>::new())));
    let borrow = ArcBorrow::from(&number);
    let borrowed_text = ArcBorrow::from(&text);
    let thin: ThinArc<str> = ThinArc::from("thin text");
    let thin_weak = ThinArc::downgrade(&thin);
    let thin_slice: ThinArc<[u16]> = ThinArc::from([4, 5]);
    let thin_aligned: ThinArc<[Aligned]> = ThinArc::from([Aligned(6), Aligned(7)]);
    let thin_pairs: ThinArc<[(u8, u32)]> = ThinArc::from([(1, 2)]);
    let thin_handles: ThinArc<[Arc<u32>]> = ThinArc::from([Arc::new(point.y)]);
    let thin_empty: ThinArc<str> = ThinArc::from("");
    let thin_dead = ThinArc::downgrade(&ThinArc::<str>::from("dead"));
    let thin_never: ThinWeak<str> = ThinWeak::new();
    let header: ThinArc<HeaderSlice<u8, [u32]>> = ThinArc::from_header_and_iter(8, [9, 10]);
    let header_text: ThinArc<HeaderSlice<u8, str>> = ThinArc::from_header_and_str(8, "nine");
    let whole = Arc::new((7_u8, String::from("part")));
    let part: ArcRef<str> = Arc::project(whole.clone(), |whole| &*whole.1);
    let sized_part: ArcRef<u8> = Arc::project(whole, |whole| &whole.0);
    let part_weak = ArcRef::downgrade(&part);
    let of_static = STATIC.to_arc();
    let of_static_thin = STATIC_THIN.to_thin();
    assert_eq!(tail.name as usize + tail.rest.len(), 11);
    assert_eq!(thin_aligned[0].0 + thin_aligned[1].0, 13);
    stop();
    black_box((&path, &os, &c, &units, &nested, &borrow, &borrowed_text, &thin, &thin_weak));
    black_box((&thin_slice, &thin_aligned, &thin_pairs, &thin_handles, &thin_empty, &thin_dead));
    black_box((&thin_never, &header, &header_text, &part, &sized_part, &part_weak, &of_static));
    black_box((&of_static_thin, &STATIC, &STATIC_STR, &STATIC_THIN));
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
        ("tail", "Arc(strong=1, weak=0) = {name = 9, rest = [7, 8]}"),
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
        ("path", "Arc(strong=1, weak=0) = {value = \"/a/path\"}"),
        ("os", "Arc(strong=1, weak=0) = {value = \"os\"}"),
        ("c", "Arc(strong=1, weak=0) = {value = \"c\"}"),
        ("units", "Arc(strong=1, weak=0) = {value = [(); 2]}"),
        ("nested.value.pointer.data.value.0", "Arc(strong=1, weak=0) = {value = \"inner\"}"),
        ("nested.value.pointer.data.value.1", "Weak(no allocation)"),
        ("borrow", "ArcBorrow(strong=3, weak=1) = {value = 5}"),
        ("borrowed_text", "ArcBorrow(strong=1, weak=1) = {value = \"some text\"}"),
        ("thin", "ThinArc(strong=1, weak=1) = {value = \"thin text\"}"),
        ("thin_weak", "ThinWeak(strong=1, weak=1) = {value = \"thin text\"}"),
        ("thin_slice", "ThinArc(strong=1, weak=0) = {value = [4, 5]}"),
        (
            "thin_aligned",
            "ThinArc(strong=1, weak=0) = {value = [debugger::Aligned (6), debugger::Aligned (7)]}",
        ),
        ("thin_pairs", "ThinArc(strong=1, weak=0) = {value = [(1, 2)]}"),
        (
            "thin_handles",
            "ThinArc(strong=1, weak=0) = {value = [Arc(strong=1, weak=0) = {value = 2}]}",
        ),
        ("thin_empty", "ThinArc(strong=1, weak=0) = {value = \"\"}"),
        ("thin_dead", "ThinWeak(strong=0, weak=1)"),
        ("thin_never", "ThinWeak(no allocation)"),
        ("header", "ThinArc(strong=1, weak=0) = {header = 8, slice = [9, 10]}"),
        ("header_text", "ThinArc(strong=1, weak=0) = {header = 8, slice = \"nine\"}"),
        ("part", "ArcRef(strong=2, weak=1) = {value = \"part\"}"),
        ("sized_part", "ArcRef(strong=2, weak=1) = {value = 7}"),
        ("part_weak", "WeakRef(strong=2, weak=1) = {value = \"part\"}"),
        ("of_static", "Arc(strong=2, weak=0) = {value = 6}"),
        ("of_static_thin", "ThinArc(strong=2, weak=0) = {value = \"thin\"}"),
        ("debugger::STATIC", "StaticArc(strong=2, weak=0) = {value = 6}"),
        ("debugger::STATIC_STR", "StaticStr(strong=1, weak=0) = {value = \"static\"}"),
        ("debugger::STATIC_THIN", "StaticThinStr(strong=2, weak=0) = {value = \"thin\"}"),
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
