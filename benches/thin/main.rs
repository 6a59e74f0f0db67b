//! Compares thin and wide handles: a table of a million short strings, its memory, and the costs of
//! using a handle.
//!
//! ```text
//! cargo thin              # prints the table
//! cargo thin --record     # writes src/docs/figures/THIN.md
//! ```
//!
//! All contenders run in turn, round after round. Each figure is the median of the rounds.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a program on std")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

#[path = "../common/machine.rs"]
mod machine;

const STRINGS: usize = 1_000_000;
const ROUNDS: usize = 15;

/// The bytes that are allocated: as requested, and as `malloc` rounds them up.
static ASKED: AtomicUsize = AtomicUsize::new(0);
static USABLE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: forwards to the system's allocator. Besides that, it only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's contract.
        let place = unsafe { System.alloc(layout) };
        ASKED.fetch_add(layout.size(), Relaxed);
        // SAFETY: the system's allocator is `malloc`.
        USABLE.fetch_add(unsafe { libc::malloc_usable_size(place.cast()) }, Relaxed);
        place
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        ASKED.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        USABLE.fetch_sub(unsafe { libc::malloc_usable_size(place.cast()) }, Relaxed);
        // SAFETY: by the caller's contract.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Words of 1 to 16 letters, 8.5 on average.
fn words() -> Vec<String> {
    let mut state = 1_u64;
    let mut letters = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 33
    };
    (0..STRINGS)
        .map(|n| (0..=n % 16).map(|_| char::from(b'a' + (letters() % 26) as u8)).collect())
        .collect()
}

const MEASURES: [&str; 8] = [
    "bytes in the table",
    "bytes asked for",
    "bytes taken",
    "build, ns",
    "clone and drop, ns",
    "read, in order, ns",
    "read, at random, ns",
    "drop, ns",
];

/// Runs one round. Returns each measure, per string.
fn round<P>(words: &[String], order: &[usize]) -> [f64; MEASURES.len()]
where
    P: Deref<Target = str> + Clone + for<'a> From<&'a str>,
{
    let mut table = Vec::<P>::with_capacity(words.len());
    let (asked, usable) = (ASKED.load(Relaxed), USABLE.load(Relaxed));
    let time = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        f();
        start.elapsed().as_nanos() as f64 / STRINGS as f64
    };
    let build = time(&mut || table.extend(words.iter().map(|word| P::from(word.as_str()))));
    let asked = (ASKED.load(Relaxed) - asked) as f64 / STRINGS as f64;
    let usable = (USABLE.load(Relaxed) - usable) as f64 / STRINGS as f64;
    let clone = time(&mut || table.iter().for_each(|word| drop(black_box(word.clone()))));
    let hasher = BuildHasherDefault::<DefaultHasher>::new();
    let read = time(&mut || {
        black_box(table.iter().map(|word| hasher.hash_one(&**word)).fold(0, u64::wrapping_add));
    });
    let random = time(&mut || {
        let hashes = order.iter().map(|n| hasher.hash_one(&*table[*n]));
        black_box(hashes.fold(0, u64::wrapping_add));
    });
    let handle = size_of::<P>() as f64;
    let drop = time(&mut || table.clear());
    [handle, handle + asked, handle + usable + 8.0, build, clone, read, random, drop]
}

fn main() {
    let words = words();
    // A permutation: the factor and the number have no common divisor.
    let order: Vec<usize> = (0..STRINGS).map(|n| n * 7_368_787 % STRINGS).collect();
    type Round = fn(&[String], &[usize]) -> [f64; MEASURES.len()];
    let contenders: [(&str, Round); 6] = [
        ("`proven_arc::ThinArc<str>`", round::<proven_arc::ThinArc<str>>),
        ("`proven_arc::Arc<str>`", round::<proven_arc::Arc<str>>),
        ("`std::sync::Arc<str>`", round::<std::sync::Arc<str>>),
        ("`triomphe::Arc<str>`", round::<triomphe::Arc<str>>),
        ("`triomphe::ThinArc<(), u8>`", round::<Triomphe>),
        ("`arcstr::ArcStr`", round::<arcstr::ArcStr>),
    ];
    let mut rounds = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, round), figures) in contenders.iter().zip(&mut rounds) {
            figures.push(round(&words, &order));
        }
    }

    let mut table = String::from("| for each string |");
    contenders.iter().for_each(|(name, _)| write!(table, " {name} |").expect("a string"));
    table += "\n|---|";
    table += &"---|".repeat(contenders.len());
    for (n, measure) in MEASURES.iter().enumerate() {
        write!(table, "\n| {measure} |").expect("a string");
        for figures in &rounds {
            let mut figures: Vec<f64> = figures.iter().map(|figures| figures[n]).collect();
            figures.sort_by(f64::total_cmp);
            write!(table, " {:.1} |", figures[ROUNDS / 2]).expect("a string");
        }
    }
    println!("{table}");
    if std::env::args().any(|argument| argument == "--record") {
        let facts = machine::list(&machine::describe());
        let text = format!(
            "# A table of a million short strings\n\n\
             The strings have 1 to 16 letters. Each figure is for one string: the median of {ROUNDS} rounds of\n\
             `cargo thin --record`, in which all contenders take turns. *Bytes taken* are those that glibc's\n\
             `malloc` takes, including the handle. To *read* a string is to hash it. triomphe and arcstr\n\
             have no weak handles.\n\n{facts}\n{table}\n"
        );
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/docs/figures/THIN.md");
        std::fs::write(path, text).expect("THIN.md can be written");
    }
}

/// triomphe's `ThinArc` has no strings, so this reads its slice of bytes as a string.
#[derive(Clone)]
struct Triomphe(triomphe::ThinArc<(), u8>);

impl From<&str> for Triomphe {
    fn from(text: &str) -> Self {
        Self(triomphe::ThinArc::from_header_and_slice((), text.as_bytes()))
    }
}

impl Deref for Triomphe {
    type Target = str;

    fn deref(&self) -> &str {
        // SAFETY: the bytes were copied from a string.
        unsafe { str::from_utf8_unchecked(&self.0.slice) }
    }
}
