//! Measures the memory of an element: the bytes that are requested, and the memory that the process
//! gets.
//!
//! A separate process measures each figure. It runs this program again.

use crate::allocator::{Allocator, asked};
use crate::collections::{self, Collection, filled};
use crate::layout::{Table, none};
use anyhow::{Context, Result, bail};
use archery::ArcK;
use proven_arc::ProvenArcK;
use std::hint::black_box;
use std::process::Command;
use std::{array, env, fs, mem};

/// What is allocated many times, on std's `Arc` and on ours.
struct Subject {
    name: &'static str,
    standard: fn(u64) -> Bytes,
    proven: fn(u64) -> Bytes,
}

/// The bytes of all elements.
struct Bytes {
    asked: u64,
    /// The growth of the process's resident memory, at most. Only Linux reports it.
    resident: Option<u64>,
}

macro_rules! arrays {
    ($($size:literal)+) => {
        &[$(Subject {
            name: concat!("[u8; ", $size, "]"),
            standard: arcs::<std::sync::Arc<[u8; $size]>, $size>,
            proven: arcs::<proven_arc::Arc<[u8; $size]>, $size>,
        }),+]
    };
}

const ARRAYS: &[Subject] = arrays!(8 16 24 32 40 48 56 64 100 128 256);

macro_rules! collections {
    ($($name:literal $Collection:ident)+) => {
        &[$(Subject {
            name: $name,
            standard: collection::<collections::$Collection<ArcK>>,
            proven: collection::<collections::$Collection<ProvenArcK>>,
        }),+]
    };
}

const COLLECTIONS: &[Subject] = collections!(
    "rpds HashTrieMap" HashTrieMap
    "rpds RedBlackTreeMap" RedBlackTreeMap
    "rpds Vector" RpdsVector
    "rpds List" List
    "imbl HashMap" HashMap
    "imbl OrdMap" OrdMap
    "imbl Vector" ImblVector
);

fn arcs<P: From<[u8; SIZE]>, const SIZE: usize>(elements: u64) -> Bytes {
    // The elements are written, so that they are resident. `black_box` prevents zeroed allocations.
    let mut handles: Vec<Option<P>> = (0..elements).map(|_| black_box(None)).collect();
    grown_by(|| {
        for handle in &mut handles {
            *handle = Some(P::from(black_box([1; SIZE])));
        }
        black_box(&mut handles);
    })
}

fn collection<C: Collection>(elements: u64) -> Bytes {
    grown_by(|| mem::forget(black_box(filled::<C>(elements))))
}

/// Measures the bytes that `allocates` leaves allocated.
fn grown_by(allocates: impl FnOnce()) -> Bytes {
    let (asked_before, peak_before) = (asked(), peak());
    allocates();
    let asked = asked() - asked_before;
    let resident = peak().zip(peak_before).map(|(after, before)| after - before);
    Bytes {
        asked: u64::try_from(asked).expect("nothing was freed that was not allocated"),
        resident,
    }
}

/// The largest resident memory of the process so far, in bytes.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The program of the process that [`measure`] starts: prints the bytes of one subject.
pub fn probe(arguments: &[String]) -> Result<()> {
    let [name, kind, elements] = arguments else { bail!("--probe takes three values") };
    let subject = ARRAYS.iter().chain(COLLECTIONS).find(|subject| subject.name == name);
    let subject = subject.with_context(|| format!("there is no {name:?} to measure"))?;
    let allocate = if kind == "std" { subject.standard } else { subject.proven };
    let Bytes { asked, resident } = allocate(elements.parse()?);
    println!("{asked} {}", resident.map_or("n/a".to_owned(), |bytes| bytes.to_string()));
    Ok(())
}

/// Measures the bytes of an element in a separate process.
fn measure(
    name: &str,
    kind: &str,
    elements: u64,
    allocator: Allocator,
) -> Result<[Option<f64>; 2]> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--probe", name, kind, &elements.to_string()]);
    allocator.set(&mut command);
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace();
    if !output.status.success() || numbers.clone().count() != 2 {
        bail!("{command:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(array::from_fn(|_| Some(numbers.next()?.parse::<f64>().ok()? / elements as f64)))
}

/// The table for this many elements of each subject.
pub fn table(elements: u64) -> Result<Table> {
    let heading = [
        "bytes for each",
        "asked for: std",
        "ours",
        "less",
        "system: std",
        "ours",
        "less",
        "mimalloc: std",
        "ours",
        "less",
    ];
    let mut table = Table { heading: heading.map(str::to_owned).into(), sections: Vec::new() };
    for (title, subjects) in [("handles", ARRAYS), ("collections", COLLECTIONS)] {
        let rows = subjects.iter().map(|subject| row(subject.name, elements));
        table.sections.push((title.to_owned(), rows.collect::<Result<_>>()?));
    }
    Ok(table)
}

fn row(name: &str, elements: u64) -> Result<Vec<String>> {
    let both = |allocator| -> Result<_> {
        let standard = measure(name, "std", elements, allocator)?;
        let proven = measure(name, "proven-arc", elements, allocator)?;
        Ok([0, 1].map(|figure| compared(standard[figure], proven[figure])))
    };
    let [asked, system] = both(Allocator::System)?;
    // The requested bytes are the same.
    let [_, mimalloc] = both(Allocator::Mimalloc)?;
    Ok([vec![name.to_owned()], asked.into(), system.into(), mimalloc.into()].concat())
}

/// Both figures, and how much less the second one is.
fn compared(standard: Option<f64>, proven: Option<f64>) -> [String; 3] {
    let bytes = |figure: Option<f64>| figure.map_or_else(none, |bytes| format!("{bytes:.1}"));
    let less = standard.zip(proven).map(|(standard, proven)| 100.0 * (1.0 - proven / standard));
    // The integer conversion avoids -0.
    let less = less.map_or_else(none, |less| format!("{} %", less.round() as i64));
    [bytes(standard), bytes(proven), less]
}
