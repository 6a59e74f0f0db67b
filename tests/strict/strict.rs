//! What a user's crate may demand of what the macros expand to, and of the types: no warning, no
//! unsafe code, no std, and any name of the dependency.
#![no_std]
#![deny(warnings, missing_docs, unused, nonstandard_style, future_incompatible)]
#![deny(elided_lifetimes_in_paths, single_use_lifetimes, trivial_casts, trivial_numeric_casts)]
#![deny(let_underscore_drop, unreachable_pub, unused_lifetimes, unused_qualifications)]
#![deny(unused_results, clippy::pedantic, clippy::nursery)]
#![forbid(unsafe_code)]

use core::fmt::Debug;
use pa::{
    Arc, ArcBorrow, ArcRef, Clones, StaticArc, StaticStr, StaticThinStr, ThinArc, ThinWeak,
    UniqueArc, Weak, WeakRef, coerce, task::Wake,
};

/// A trait.
pub trait Job: Debug + Send + Sync {
    /// Returns a number.
    fn run(&self) -> u32;
}

impl Job for u32 {
    fn run(&self) -> u32 {
        *self
    }
}

/// Statics and constants.
pub static ANSWER: StaticArc<u32> = StaticArc::new(42);
/// A string.
pub static NAME: StaticStr<4> = StaticStr::new("name");
/// A string of one pointer.
pub static THIN: StaticThinStr<4> = StaticThinStr::new("thin");
/// A `Weak` without an allocation.
pub static NEVER: Weak<u32> = Weak::new();
/// Likewise.
pub const NEVER_THIN: ThinWeak<str> = ThinWeak::new();

/// All derives on fields of all kinds that have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handles {
    /// A field.
    pub arc: Arc<u32>,
    /// A field.
    pub text: Arc<str>,
    /// A field.
    pub slice: Arc<[u8]>,
    /// A field.
    pub thin: ThinArc<str>,
}

/// The derives that `Weak` has in std too.
#[derive(Clone, Debug, Default)]
pub struct WeakHandles {
    /// A field.
    pub weak: Weak<u32>,
    /// A field.
    pub thin: ThinWeak<str>,
}

/// The derives of borrowed handles, and of handles to parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parts<'a> {
    /// A field.
    pub part: ArcRef<str>,
    /// A field.
    pub borrow: ArcBorrow<'a, str>,
}

/// The derives of handles that are not cloned.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unique {
    /// A field.
    pub unique: UniqueArc<u32>,
}

/// What has only `Debug`.
#[derive(Debug)]
pub struct Rest {
    /// A field.
    pub clones: Clones<u32>,
    /// A field.
    pub weak: WeakRef<str>,
}

struct Task;

impl Wake for Task {
    fn wake(_this: Arc<Self>) {}
}

/// Uses the macros and the conversions.
///
/// # Panics
///
/// If they are wrong.
#[must_use]
pub fn uses() -> u32 {
    let waker = core::task::Waker::from(Arc::new(Task));
    waker.wake_by_ref();
    let jobs: [Arc<dyn Job>; 2] = [coerce!(Arc::new(5_u32)), coerce!(ANSWER.to_arc())];
    let weak: Weak<dyn Job> = coerce!(Arc::downgrade(&Arc::new(5_u32)));
    let slice = coerce!(Arc::new([1_u8, 2]) => Arc<[u8]>);
    let trim: Arc<dyn Fn(&str) -> &str> = coerce!(Arc::new(|text| text.trim()));
    let whole = Arc::project(Arc::new(["name"]), |text| &text[0][1..]);
    let handles = Handles::default();
    assert!(handles == handles.clone() && weak.upgrade().is_none());
    assert_eq!((trim(" a"), &*whole, &*THIN.to_thin(), NAME.len()), ("a", "ame", "thin", 4));
    jobs.iter().map(|job| job.run()).sum::<u32>() + slice.iter().map(|&n| u32::from(n)).sum::<u32>()
}
