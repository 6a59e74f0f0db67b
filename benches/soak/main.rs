//! Random operations on handles that several threads share and exchange:
//!
//! ```console
//! cargo soak 60 8 17      # seconds, threads, seed
//! ```
//!
//! Every second, the program prints the number of operations and of live allocations. At the end,
//! it drops all handles. The exit code is 1 if a value is still alive then, or an allocation or a
//! handle to the static is left.

use fastrand::Rng;
use proven_arc::{
    Arc, ArcBorrow, ArcRef, HeaderSlice, StaticArc, ThinArc, ThinWeak, UniqueArc, Weak, WeakRef,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Counts the allocations of [`Value`]s, which it recognises by their alignment.
struct Counting {
    live: AtomicIsize,
    peak: AtomicIsize,
}

#[global_allocator]
static HEAP: Counting = Counting { live: AtomicIsize::new(0), peak: AtomicIsize::new(0) };

const MARKED: usize = 256;

// SAFETY: forwards to the system's allocator. Besides that, it only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() >= MARKED {
            let live = self.live.fetch_add(1, Relaxed) + 1;
            self.peak.fetch_max(live, Relaxed);
        }
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        if layout.align() >= MARKED {
            self.live.fetch_sub(1, Relaxed);
        }
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(start, layout) }
    }
}

static ALIVE: AtomicIsize = AtomicIsize::new(0);
const MAGIC: u64 = 0x5afe_5afe_5afe_5afe;

/// A value that knows whether it is alive. Its writes are not atomic.
#[repr(align(256))]
struct Value {
    magic: u64,
    first: u64,
    last: u64,
}

const _: () = assert!(align_of::<Value>() == MARKED);

impl Value {
    fn new() -> Self {
        ALIVE.fetch_add(1, Relaxed);
        Self { magic: MAGIC, first: 0, last: 0 }
    }

    fn check(&self) {
        assert_eq!(self.magic, MAGIC, "a value that is not alive");
        assert_eq!(self.first, self.last, "a half-written value");
    }

    fn write(&mut self) {
        self.check();
        self.first += 1;
        std::hint::spin_loop();
        self.last += 1;
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        self.check();
        Self::new()
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.check();
        self.magic = 0;
        ALIVE.fetch_sub(1, Relaxed);
    }
}

/// The values of thin handles.
type Thin = HeaderSlice<Value, [u8]>;

#[derive(Clone)]
enum Handle {
    Strong(Arc<Value>),
    Weak(Weak<Value>),
    Thin(ThinArc<Thin>),
    ThinWeak(ThinWeak<Thin>),
    /// To a field of a value.
    Part(ArcRef<u64>),
    PartWeak(WeakRef<u64>),
    Static(Arc<u64>),
}
use Handle::{
    Part, PartWeak, Static, Strong, Thin as Thinly, ThinWeak as ThinWeakly, Weak as Weakly,
};

impl Handle {
    /// A handle to a new value, or to the static one.
    fn new(rng: &mut Rng) -> Self {
        match rng.u8(..8) {
            0 => Static(STATIC.to_arc()),
            1 | 2 => Thinly(ThinArc::from_header_and_iter(Value::new(), 0..rng.u8(..4))),
            _ => Strong(Arc::new(Value::new())),
        }
    }

    fn run(self, rng: &mut Rng) -> Option<Self> {
        match self {
            Strong(arc) => with_strong(rng, arc),
            Weakly(weak) => with_weak(rng, weak),
            Thinly(thin) => with_thin(rng, thin),
            ThinWeakly(weak) => with_thin_weak(rng, weak),
            Part(part) => with_part(rng, part),
            PartWeak(weak) => weak.upgrade().map(Part),
            Static(arc) => with_static(rng, arc),
        }
    }
}

static STATIC: StaticArc<u64> = StaticArc::new(MAGIC);

/// The places where threads leave handles, and from which they take handles of other threads.
struct Pool(Vec<Mutex<Option<Handle>>>);

impl Pool {
    fn exchange(&self, rng: &mut Rng, handle: Option<Handle>) -> Option<Handle> {
        let mut place =
            self.0[rng.usize(..self.0.len())].lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut place, handle)
    }
}

/// Runs one random operation on a strong handle, and returns the handle that results.
fn with_strong(rng: &mut Rng, mut arc: Arc<Value>) -> Option<Handle> {
    arc.check();
    match rng.u8(..14) {
        0 => drop(Arc::into_inner(arc)?),
        1 => return Arc::try_unwrap(arc).err().map(Strong),
        2 => drop(arc),
        3 => return Some(Weakly(Arc::into_weak(arc))),
        4 => return Some(Weakly(Arc::downgrade(&arc))),
        5 => {
            Arc::make_mut(&mut arc).write();
            return Some(Strong(arc));
        }
        6 => {
            Arc::get_mut(&mut arc)?.write();
            return Some(Strong(arc));
        }
        7 => match Arc::try_into_unique(arc) {
            Ok(mut unique) => {
                let weak = UniqueArc::downgrade(&unique);
                unique.write();
                let arc = UniqueArc::into_arc(unique);
                assert!(weak.upgrade().is_some_and(|other| Arc::ptr_eq(&other, &arc)));
                return Some(Strong(arc));
            }
            Err(arc) => return Some(Strong(arc)),
        },
        8 => return Arc::clone_many(&arc, rng.usize(..9)).next().map(Strong),
        9 => return Some(Part(Arc::project(arc, |value| &value.magic))),
        10 => return Some(Strong(ArcBorrow::clone_arc(&ArcBorrow::from(&arc)))),
        _ => return Some(Strong(arc.clone())),
    }
    None
}

fn with_weak(rng: &mut Rng, weak: Weak<Value>) -> Option<Handle> {
    match rng.u8(..6) {
        0 => None,
        1 => Some(Weakly(weak.clone())),
        2 | 3 => Some(weak.into_strong().map_or_else(Weakly, Strong)),
        _ => weak.upgrade().map(Strong),
    }
}

fn with_thin(rng: &mut Rng, mut thin: ThinArc<Thin>) -> Option<Handle> {
    thin.header.check();
    assert!(thin.slice.iter().copied().eq(0..thin.slice.len() as u8), "another slice");
    match rng.u8(..8) {
        0 => return None,
        1 => return Some(ThinWeakly(ThinArc::into_weak(thin))),
        2 => return Some(ThinWeakly(ThinArc::downgrade(&thin))),
        3 => ThinArc::make_mut(&mut thin).header.write(),
        4 => ThinArc::get_mut(&mut thin)?.header.write(),
        5 => {
            let raw = ThinArc::into_raw(thin);
            // SAFETY: from `into_raw`, and used once.
            thin = unsafe { ThinArc::from_raw(raw) };
        }
        _ => thin = thin.clone(),
    }
    Some(Thinly(thin))
}

fn with_thin_weak(rng: &mut Rng, weak: ThinWeak<Thin>) -> Option<Handle> {
    match rng.u8(..6) {
        0 => None,
        1 => Some(ThinWeakly(weak.clone())),
        2 | 3 => Some(weak.into_strong().map_or_else(ThinWeakly, Thinly)),
        _ => weak.upgrade().map(Thinly),
    }
}

fn with_part(rng: &mut Rng, part: ArcRef<u64>) -> Option<Handle> {
    assert_eq!(*part, MAGIC, "a part of a value that is not alive");
    match rng.u8(..4) {
        0 => None,
        1 => Some(PartWeak(ArcRef::downgrade(&part))),
        2 => Some(Part(ArcRef::project(part, |part| part))),
        _ => Some(Part(part.clone())),
    }
}

fn with_static(rng: &mut Rng, mut arc: Arc<u64>) -> Option<Handle> {
    assert_eq!(*arc, MAGIC, "another value in the static");
    assert!(Arc::get_mut(&mut arc).is_none(), "exclusive access to a static");
    match rng.u8(..4) {
        0 => drop(Arc::into_inner(arc)?),
        1 => drop(Arc::try_unwrap(arc).err()?),
        2 => assert!(Arc::into_weak(arc).upgrade().is_some(), "the end of a static"),
        _ => return Some(Static(arc.clone())),
    }
    None
}

/// Each operation takes a handle out of the pool and puts one back. That is the resulting handle, a
/// clone of the old one, or a handle to a new value.
fn work(pool: &Pool, rng: &mut Rng, end: &AtomicBool, done: &AtomicU64) {
    while !end.load(Relaxed) {
        for _ in 0..1_000 {
            let kept = match pool.exchange(rng, None) {
                None => Some(Handle::new(rng)),
                Some(handle) => {
                    if rng.u8(..3) == 0 {
                        drop(pool.exchange(rng, Some(handle.clone())));
                    }
                    handle.run(rng)
                }
            };
            drop(pool.exchange(rng, kept));
        }
        done.fetch_add(1_000, Relaxed);
    }
}

fn main() -> ExitCode {
    let arguments: Vec<u64> = std::env::args()
        .skip(1)
        .map(|word| word.parse().unwrap_or_else(|_| usage(&word)))
        .collect();
    let (seconds, threads, seed) = match arguments[..] {
        [] => (20, 4, 1),
        [seconds] => (seconds, 4, 1),
        [seconds, threads] => (seconds, threads, 1),
        [seconds, threads, seed] => (seconds, threads, seed),
        _ => usage("more than three arguments"),
    };

    let pool = Pool((0..8 * threads).map(|_| Mutex::new(None)).collect());
    let (end, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for n in 0..threads {
            let (pool, end, done) = (&pool, &end, &done);
            scope.spawn(move || work(pool, &mut Rng::with_seed(seed ^ (n << 32)), end, done));
        }
        println!("{:>7} {:>15} {:>13} {:>8}", "seconds", "operations", "a second", "live");
        let mut before = 0;
        for second in 1..=seconds {
            let next = start + Duration::from_secs(second);
            thread::sleep(next.saturating_duration_since(Instant::now()));
            let now = done.load(Relaxed);
            let live = HEAP.live.load(Relaxed);
            println!("{second:>7} {now:>15} {:>13} {live:>8}", now - before);
            before = now;
        }
        end.store(true, Relaxed);
    });
    drop(pool);

    // (The static's own handle is counted too.)
    let statics = Arc::strong_count(&STATIC.to_arc()) - 2;
    let (alive, live) = (ALIVE.load(Relaxed), HEAP.live.load(Relaxed));
    let (operations, peak) = (done.into_inner(), HEAP.peak.load(Relaxed));
    println!("{operations} operations on {threads} threads, seed {seed}");
    println!("allocations: {peak} at the peak, {live} left; values left: {alive}");
    println!("handles to the static: {statics} left");
    if (alive, live, statics) == (0, 0, 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage(wrong: &str) -> ! {
    eprintln!("soak: {wrong}\nUsage: soak [SECONDS [THREADS [SEED]]]");
    std::process::exit(2)
}
