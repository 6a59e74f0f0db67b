//! Shared by the test files: a counting allocator, values that count their drops, tests that run on
//! std's `Arc` and on this crate's, and tests in a process of their own.

use std::cell::{Cell, RefCell};

/// Compiles each test twice: with std's `Arc` and `Weak`, to check what the test expects, and with
/// this crate's. Neither may leave an allocation behind.
#[allow(unused_macros, reason = "only some test files use it")]
macro_rules! on_both {
    ($($(#[$attr:meta])* fn $name:ident() $body:block)*) => {
        #[allow(clippy::arc_with_non_send_sync, reason = "the values count in one thread")]
        mod on_std {
            use super::*;
            #[allow(unused_imports, reason = "only some tests use `Weak`")]
            use std::sync::{Arc, Weak};
            $(#[test] $(#[$attr])* fn $name() { leak_free(|| $body); })*
        }
        mod on_proven_arc {
            use super::*;
            #[allow(unused_imports, reason = "only some tests use `Weak`")]
            use proven_arc::{Arc, Weak};
            $(#[test] $(#[$attr])* fn $name() { leak_free(|| $body); })*
        }
    };
}
#[allow(unused_imports, reason = "only some test files use it")]
pub(crate) use on_both;

/// The methods of a test's trait that call those of this crate's handles by the same names.
#[allow(unused_macros, reason = "only some test files use it")]
macro_rules! forwards {
    ($weak:ty) => {
        fn downgrade(&self) -> Self::Weak {
            Self::downgrade(self)
        }
        fn into_weak(self) -> Self::Weak {
            Self::into_weak(self)
        }
        fn upgrade(weak: &Self::Weak) -> Option<Self> {
            weak.upgrade()
        }
        fn into_strong(weak: Self::Weak) -> Result<Self, Self::Weak> {
            weak.into_strong()
        }
        fn weak_counts(weak: &Self::Weak) -> (usize, usize) {
            (weak.strong_count(), weak.weak_count())
        }
        fn weak_through_raw(weak: Self::Weak) -> Self::Weak {
            // SAFETY: from `into_raw`, used once.
            unsafe { <$weak>::from_raw(weak.into_raw()) }
        }
    };
}
#[allow(unused_imports, reason = "only some test files use it")]
pub(crate) use forwards;

/// The global allocator of the tests. It counts for each thread separately, so that concurrent
/// tests do not disturb each other.
pub(crate) mod heap {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;
    use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

    /// What is allocated. The sums of sizes and alignments reveal a block that was freed with
    /// another layout than it was allocated with.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Live {
        blocks: isize,
        bytes: isize,
        alignments: isize,
    }

    /// Blocks with this alignment or more are counted for all threads together. Only the values of
    /// the thread tests have it.
    pub(crate) const MARKED: usize = 256;

    thread_local! {
        static LIVE: Cell<Live> = const { Cell::new(Live { blocks: 0, bytes: 0, alignments: 0 }) };
        static LAST: Cell<Option<Layout>> = const { Cell::new(None) };
        static EMPTY: Cell<bool> = const { Cell::new(false) };
    }
    static LIVE_MARKED: AtomicIsize = AtomicIsize::new(0);

    struct Counting;
    #[global_allocator]
    static HEAP: Counting = Counting;

    fn count(layout: Layout, blocks: isize) {
        let live = LIVE.get();
        LIVE.set(Live {
            blocks: live.blocks + blocks,
            bytes: live.bytes + blocks * layout.size() as isize,
            alignments: live.alignments + blocks * layout.align() as isize,
        });
        if layout.align() >= MARKED {
            LIVE_MARKED.fetch_add(blocks, Relaxed);
        }
    }

    fn give(layout: Layout, allocate: impl FnOnce() -> *mut u8) -> *mut u8 {
        if EMPTY.get() {
            return std::ptr::null_mut();
        }
        LAST.set(Some(layout));
        let start = allocate();
        if !start.is_null() {
            count(layout, 1);
        }
        start
    }

    // SAFETY: it forwards to the system's allocator, or returns null.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller's contract.
            give(layout, || unsafe { System.alloc(layout) })
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller's contract.
            give(layout, || unsafe { System.alloc_zeroed(layout) })
        }

        unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
            count(layout, -1);
            // SAFETY: the caller's contract: it came from the system's allocator.
            unsafe { System.dealloc(start, layout) }
        }
    }

    /// What this thread has allocated and not freed.
    pub(crate) fn live() -> Live {
        LIVE.get()
    }

    /// How many blocks all threads together have of the [`MARKED`] alignment or more.
    pub(crate) fn live_marked() -> isize {
        LIVE_MARKED.load(Relaxed)
    }

    /// Runs `f`, and returns its result and the layout of its last allocation.
    pub(crate) fn last_allocation<R>(f: impl FnOnce() -> R) -> (R, Option<Layout>) {
        LAST.set(None);
        let result = f();
        (result, LAST.get())
    }

    /// Runs `f` while this thread's allocations fail.
    pub(crate) fn without_memory<R>(f: impl FnOnce() -> R) -> R {
        EMPTY.set(true);
        let result = f();
        give_memory();
        result
    }

    /// Ends [`without_memory`] early.
    pub(crate) fn give_memory() {
        EMPTY.set(false);
    }

    /// What `f` allocates stays until the process ends, and is not counted.
    pub(crate) fn uncounted(f: impl FnOnce()) {
        let live = LIVE.get();
        f();
        LIVE.set(live);
    }
}

/// How often to repeat what an ordinary run does `n` times. Miri is some thousand times slower.
pub(crate) const fn times(n: usize) -> usize {
    if cfg!(miri) { n / 1_000 + 3 } else { n }
}

/// Runs `test`, and checks that this thread has as much allocated afterwards as before.
pub(crate) fn leak_free(test: impl FnOnce()) {
    let before = heap::live();
    test();
    assert_eq!(heap::live(), before, "what was allocated at the end, and at the start");
}

/// An iterator with a `size_hint` that may be wrong.
pub(crate) struct Claims<I>(pub(crate) I, pub(crate) (usize, Option<usize>));

impl<I> Claims<I> {
    /// With an exact `size_hint`.
    #[allow(dead_code, reason = "only some test files use it")]
    pub(crate) fn exactly(iter: I, len: usize) -> Self {
        Self(iter, (len, Some(len)))
    }
}

impl<I: Iterator> Iterator for Claims<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.1
    }
}

/// An iterator of `len` numbers, whose exact `size_hint` may be wrong. It must not be asked again
/// after it has returned `None`.
pub(crate) struct EndsOnce {
    left: Option<usize>,
    claims: usize,
}

impl EndsOnce {
    #[allow(dead_code, reason = "only some test files use it")]
    pub(crate) fn new(len: usize, claims: usize) -> Self {
        Self { left: Some(len), claims }
    }
}

impl Iterator for EndsOnce {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let left = self.left.expect("not asked after the end");
        self.left = left.checked_sub(1);
        self.left
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.claims, Some(self.claims))
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The result of `f`, or the message of its panic. The message is not printed.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        heap::uncounted(|| {
            let print = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                if !QUIET.get() {
                    print(info);
                }
            }));
        });
    });
    QUIET.set(true);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
    QUIET.set(false);
    result.map_err(|payload| match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    })
}

/// Makes [`Tracked`] values, and records their drops.
#[derive(Default)]
pub(crate) struct World {
    made: Cell<usize>,
    dropped: RefCell<Vec<usize>>,
    clones_left: Cell<Option<usize>>,
    bad_drop: Cell<Option<usize>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self::default();
        // Enough capacity for tests that drop values while allocations fail.
        world.dropped.borrow_mut().reserve(64);
        world
    }

    /// A value with the next number.
    pub(crate) fn value(&self) -> Tracked<'_> {
        let id = self.made.get();
        self.made.set(id + 1);
        Tracked { id, world: self }
    }

    pub(crate) fn values(&self, n: usize) -> Vec<Tracked<'_>> {
        (0..n).map(|_| self.value()).collect()
    }

    /// Makes a clone panic, after `n` more of them.
    pub(crate) fn clone_panics_after(&self, n: usize) {
        self.clones_left.set(Some(n));
    }

    /// Makes the drop of the value with this number panic.
    pub(crate) fn drop_panics_at(&self, id: usize) {
        self.bad_drop.set(Some(id));
    }

    /// The numbers of the dropped values, in the order of the drops.
    pub(crate) fn dropped(&self) -> Vec<usize> {
        self.dropped.borrow().clone()
    }

    pub(crate) fn alive(&self) -> usize {
        self.made.get() - self.dropped.borrow().len()
    }

    /// Checks that every value was dropped exactly once.
    pub(crate) fn ends(&self) {
        let mut dropped = self.dropped();
        dropped.sort_unstable();
        let made: Vec<usize> = (0..self.made.get()).collect();
        assert_eq!(dropped, made, "the values dropped, and the values made");
    }
}

/// Like [`leak_free`], with a world for the test to make values in.
#[allow(dead_code, reason = "only some test files use it")]
pub(crate) fn in_a_world(test: impl FnOnce(&World)) {
    leak_free(|| {
        let world = World::new();
        test(&world);
        world.ends();
    });
}

/// A value that reports its drop to its [`World`], and panics if the world says so.
pub(crate) struct Tracked<'w> {
    pub(crate) id: usize,
    world: &'w World,
}

impl Clone for Tracked<'_> {
    fn clone(&self) -> Self {
        match self.world.clones_left.get() {
            Some(0) => {
                self.world.clones_left.set(None);
                panic!("clone");
            }
            left => self.world.clones_left.set(left.map(|n| n - 1)),
        }
        self.world.value()
    }
}

impl Drop for Tracked<'_> {
    fn drop(&mut self) {
        self.world.dropped.borrow_mut().push(self.id);
        if self.world.bad_drop.get() == Some(self.id) {
            self.world.bad_drop.set(None);
            panic!("drop of {}", self.id);
        }
    }
}

impl std::fmt::Debug for Tracked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.id)
    }
}

/// The count word, by its documented place and layout: the 8 bytes in front of the value.
pub(crate) mod word {
    #[cfg(not(target_has_atomic = "64"))]
    use portable_atomic::AtomicU64;
    #[cfg(target_has_atomic = "64")]
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::SeqCst;

    pub(crate) const fn of(strong: u64, weaks: u64) -> u64 {
        (strong.wrapping_sub(1) << 30) | (weaks + 1)
    }

    fn at<'a, T: ?Sized>(value: *const T) -> &'a AtomicU64 {
        let word = value.cast::<AtomicU64>().wrapping_sub(1);
        // SAFETY: `value` comes from `as_ptr` or `into_raw` of a handle that the test keeps. Unlike
        // a pointer made from a reference to the value, it may reach the whole allocation. The word
        // is in front of the value, and every access to it is atomic.
        unsafe { &*word }
    }

    pub(crate) fn get<T: ?Sized>(value: *const T) -> u64 {
        at(value).load(SeqCst)
    }

    pub(crate) fn set<T: ?Sized>(value: *const T, word: u64) {
        at(value).store(word, SeqCst);
    }
}

pub(crate) mod runner;

/// Tests that end their process.
pub(crate) mod child {
    use super::runner;
    use std::process::{Output, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    /// The time limit of a child. valgrind makes it slow.
    const PATIENCE: Duration = Duration::from_secs(200);

    const CHILD: &str = "PROVEN_ARC_CHILD";
    const READY: &str = "ready for the end";

    /// Whether this process is such a child.
    pub(crate) fn is_child() -> bool {
        std::env::var_os(CHILD).is_some()
    }

    /// The child calls this immediately before the step that aborts.
    pub(crate) fn ready() {
        println!("{READY}");
    }

    /// Runs `body` in a child process, which has to abort after `ready`. `test` is the name of the
    /// calling test, which the child runs again. Returns what the child wrote to standard error.
    pub(crate) fn aborts(test: &str, body: impl FnOnce()) -> Option<String> {
        let (Output { status, stderr, .. }, told) = run(test, body)?;
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            const SIGABRT: i32 = 6;
            assert_eq!(status.signal(), Some(SIGABRT), "the child's end: {told}");
        }
        assert!(!status.success(), "the child's end: {told}");
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        assert!(!stderr.contains(super::Loud::DROPPED), "a value was dropped: {told}");
        Some(stderr)
    }

    /// Runs `body` in a child process, which has to end without an error after `ready`.
    #[allow(dead_code, reason = "only some test files use it")]
    pub(crate) fn succeeds(test: &str, body: impl FnOnce()) {
        if let Some((output, told)) = run(test, body) {
            assert!(output.status.success(), "the child's end: {told}");
        }
    }

    /// In the child, runs `body` and returns `None`. Otherwise starts the child, and returns its
    /// output, as it is and as a text.
    fn run(test: &str, body: impl FnOnce()) -> Option<(Output, String)> {
        if is_child() {
            body();
            return None;
        }
        let this_binary = std::env::current_exe().expect("the test's own path");
        let mut child = runner::command(&this_binary)
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the test binary starts again");
        // A bug in a limit can make it count without end.
        let end = Instant::now() + PATIENCE;
        while child.try_wait().expect("the child's status").is_none() {
            if Instant::now() > end {
                child.kill().expect("the child ends");
            }
            sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().expect("what the child wrote");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let told = format!("{}\n--- stdout\n{stdout}\n--- stderr\n{stderr}", output.status);
        assert!(stdout.contains(READY), "before the step to be tested: {told}");
        Some((output, told))
    }
}

/// A value for tests that end their process. Its drop prints a message there.
pub(crate) struct Loud;

impl Loud {
    const DROPPED: &str = "the value was dropped";
}

impl Drop for Loud {
    fn drop(&mut self) {
        if child::is_child() {
            eprintln!("{}", Self::DROPPED);
        }
    }
}
