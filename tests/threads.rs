//! Many small races between threads, each repeated often, on values that notice a use after their
//! end. The models try every interleaving. These tests run on the real machine, and under
//! ThreadSanitizer and Miri.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{heap, times};

use crossbeam_utils::{Backoff, CachePadded};
use proven_arc::{Arc, Counts, UniqueArc, Weak};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

const THREADS: usize = 4;
const ROUNDS: usize = times(1_000);

const MAGIC: u64 = 0x5afe_5afe_5afe_5afe;
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A value that knows whether it is alive. Its fields are not atomic: only a thread with exclusive
/// access writes them. Its alignment marks its allocations.
#[repr(align(256))]
struct Canary {
    magic: u64,
    writes: usize,
}

const _: () = assert!(align_of::<Canary>() == heap::MARKED);

impl Canary {
    fn new() -> Self {
        ALIVE.fetch_add(1, Relaxed);
        Self { magic: MAGIC, writes: 0 }
    }

    /// Returns how often it was written.
    fn check(&self) -> usize {
        assert_eq!(self.magic, MAGIC, "a dead value");
        self.writes
    }

    fn write(&mut self) {
        self.writes = self.check() + 1;
    }
}

impl Clone for Canary {
    fn clone(&self) -> Self {
        let mut clone = Self::new();
        clone.writes = self.check();
        clone
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.check();
        self.magic = 0;
        ALIVE.fetch_sub(1, Relaxed);
    }
}

/// The tests run one at a time, because they share the counts and the processors.
static TURN: Mutex<()> = Mutex::new(());

/// Runs `test` alone. Afterwards no value is alive, and no memory is left allocated.
fn alone(test: impl FnOnce()) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    test();
    assert_eq!(ALIVE.load(Relaxed), 0, "values alive");
    assert_eq!(heap::live_marked(), 0, "allocations");
}

/// A barrier. It is `Relaxed`: only the handles order accesses.
struct Line(CachePadded<AtomicUsize>);

impl Line {
    fn new() -> Self {
        Self(CachePadded::new(AtomicUsize::new(0)))
    }

    /// Waits until `arrivals` calls were made.
    fn wait(&self, arrivals: usize) {
        self.0.fetch_add(1, Relaxed);
        let backoff = Backoff::new();
        while self.0.load(Relaxed) < arrivals {
            backoff.snooze();
        }
    }
}

/// A thread that panics must not keep the others waiting.
impl Drop for InLine<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.0.fetch_add(usize::MAX / 2 / THREADS, Relaxed);
        }
    }
}

struct InLine<'l>(&'l Line);

/// In each of [`ROUNDS`] rounds, all threads call `run` at once, each on its handle of that round.
/// Returns the results of each round.
fn race<H: Send, R: Send>(
    handles: impl Fn() -> [H; THREADS],
    run: impl Fn(H) -> R + Sync,
) -> Vec<Vec<R>> {
    let mut of_threads: [Vec<H>; THREADS] = Default::default();
    for _ in 0..ROUNDS {
        for (of_thread, handle) in of_threads.iter_mut().zip(handles()) {
            of_thread.push(handle);
        }
    }
    let line = Line::new();
    let results: Vec<Vec<R>> = thread::scope(|scope| {
        let threads = of_threads.map(|handles| {
            scope.spawn(|| {
                let _in_line = InLine(&line);
                let rounds = handles.into_iter().enumerate();
                rounds
                    .map(|(round, handle)| {
                        line.wait((round + 1) * THREADS);
                        run(handle)
                    })
                    .collect::<Vec<R>>()
            })
        });
        threads.map(|thread| thread.join().expect("a thread that does not panic")).into()
    });
    let mut results: Vec<_> = results.into_iter().map(Vec::into_iter).collect();
    (0..ROUNDS)
        .map(|_| results.iter_mut().map(|of_thread| of_thread.next().unwrap()).collect())
        .collect()
}

/// Runs `f` on several threads at once.
fn on_threads(f: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for n in 0..THREADS {
            let f = &f;
            scope.spawn(move || f(n));
        }
    });
}

/// A handle of either kind.
enum Handle {
    Strong(Arc<Canary>),
    Weak(Weak<Canary>),
}
use Handle::{Strong, Weak as Weakly};

/// One strong handle, and weak ones.
fn one_arc() -> [Handle; THREADS] {
    let arc = Arc::new(Canary::new());
    let weaks = [(); 3].map(|()| Weakly(Arc::downgrade(&arc)));
    let [a, b, c] = weaks;
    [a, b, Strong(arc), c]
}

/// Two strong handles, and weak ones.
fn two_arcs() -> [Handle; THREADS] {
    let arc = Arc::new(Canary::new());
    let (other, weak) = (arc.clone(), Arc::downgrade(&arc));
    [Strong(arc), Weakly(weak.clone()), Strong(other), Weakly(weak)]
}

fn all_arcs() -> [Arc<Canary>; THREADS] {
    Arc::clone_array(&Arc::new(Canary::new()))
}

fn winners(round: &[bool]) -> usize {
    round.iter().filter(|won| **won).count()
}

#[test]
fn clones_and_drops() {
    alone(|| {
        let arc = Arc::new(Canary::new());
        on_threads(|n| {
            let mut clones = Vec::new();
            for round in 0..times(20_000) {
                clones.push(arc.clone());
                if round % (7 + n) == 0 {
                    clones.drain(..).for_each(|clone| assert_eq!(clone.check(), 0));
                }
            }
        });
        assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
    });
}

#[test]
fn weak_clones_and_upgrades() {
    alone(|| {
        let arc = Arc::new(Canary::new());
        on_threads(|_| {
            let mut weak = Arc::downgrade(&arc);
            for _ in 0..times(10_000) {
                let strong = weak.upgrade().expect("the first one stays");
                strong.check();
                weak = Arc::downgrade(&strong).clone();
            }
        });
        assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
    });
}

#[test]
fn the_last_drop() {
    alone(|| {
        race(all_arcs, |arc| arc.check());
    });
}

#[test]
fn the_last_drop_of_both_kinds() {
    alone(|| {
        race(two_arcs, drop);
        race(one_arc, drop);
    });
}

#[test]
fn upgrades_against_the_last_drop() {
    alone(|| {
        race(one_arc, |handle| match handle {
            Strong(arc) => drop(arc),
            Weakly(weak) => {
                // Three of these threads could keep the value alive for each other for a long time.
                let gone = (0..8).any(|_| weak.upgrade().map(|arc| arc.check()).is_none());
                assert!(!gone || weak.upgrade().is_none(), "once gone, it stays so");
                assert!(!gone || weak.strong_count() == 0);
            }
        });
    });
}

#[test]
fn into_strong_against_the_last_into_weak() {
    alone(|| {
        race(two_arcs, |handle| match handle {
            Strong(arc) => drop(Arc::into_weak(arc)),
            Weakly(mut weak) => {
                for _ in 0..8 {
                    weak = match weak.into_strong() {
                        Ok(arc) => {
                            arc.check();
                            Arc::into_weak(arc)
                        }
                        Err(weak) => weak,
                    };
                }
            }
        });
    });
}

#[test]
fn into_inner_gives_the_value_to_one() {
    alone(|| {
        let won =
            race(all_arcs, |arc| Arc::into_inner(arc).is_some_and(|value| value.check() == 0));
        assert!(won.iter().all(|round| winners(round) == 1));
    });
}

#[test]
fn into_inner_against_upgrades() {
    alone(|| {
        let won = race(two_arcs, |handle| match handle {
            Strong(arc) => Arc::into_inner(arc).is_some(),
            // This handle may be the last one, too.
            Weakly(weak) => weak.upgrade().and_then(Arc::into_inner).is_some(),
        });
        assert!(won.iter().all(|round| winners(round) == 1));
    });
}

#[test]
fn try_unwrap_gives_the_value_to_one_at_most() {
    alone(|| {
        let won = race(two_arcs, |handle| match handle {
            Strong(arc) => Arc::try_unwrap(arc).is_ok(),
            Weakly(weak) => weak.upgrade().is_some_and(|arc| Arc::try_unwrap(arc).is_ok()),
        });
        assert!(won.iter().all(|round| winners(round) <= 1));
        assert!(won.iter().any(|round| winners(round) == 1));
    });
}

#[test]
fn into_unique_gives_the_value_to_one() {
    alone(|| {
        let won = race(two_arcs, |handle| {
            let unique = match handle {
                Strong(arc) => Arc::into_unique(arc),
                Weakly(weak) => weak.upgrade().and_then(Arc::into_unique),
            };
            unique.is_some_and(|mut unique| {
                unique.write();
                true
            })
        });
        assert!(won.iter().all(|round| winners(round) == 1));
    });
}

#[test]
fn try_into_unique_gives_the_value_to_one_at_most() {
    alone(|| {
        let won = race(all_arcs, |arc| match Arc::try_into_unique(arc) {
            Ok(mut unique) => {
                unique.write();
                true
            }
            Err(arc) => arc.check() > 0,
        });
        assert!(won.iter().all(|round| winners(round) <= 1));
        assert!(won.iter().any(|round| winners(round) == 1));
    });
}

#[test]
fn make_mut_writes_to_a_value_of_its_own() {
    alone(|| {
        race(two_arcs, |handle| match handle {
            Strong(mut arc) => {
                Arc::make_mut(&mut arc).write();
                assert_eq!(arc.check(), 1);
                assert!(Arc::is_unique(&arc));
            }
            Weakly(weak) => {
                if let Some(arc) = weak.upgrade() {
                    assert_eq!(arc.check(), arc.check(), "no other thread writes to it");
                }
            }
        });
    });
}

/// The `Weak` is kept each time, so the word comes back to what the writer saw.
#[test]
fn make_mut_while_a_weak_upgrades() {
    alone(|| {
        race(one_arc, |handle| match handle {
            Strong(mut arc) => {
                for n in 1..=8 {
                    Arc::make_mut(&mut arc).write();
                    assert_eq!(arc.check(), n);
                }
            }
            Weakly(weak) => {
                for _ in 0..8 {
                    weak.upgrade().inspect(|arc| assert_eq!(arc.check(), arc.check()));
                }
            }
        });
    });
}

#[test]
fn get_mut_once_the_readers_are_gone() {
    alone(|| {
        race(all_arcs, |mut arc| {
            assert_eq!(arc.check(), 0);
            if let Some(value) = Arc::get_mut(&mut arc) {
                value.write();
            }
        });
        let mut arc = Arc::new(Canary::new());
        thread::scope(|scope| {
            for reader in Arc::clone_many(&arc, THREADS) {
                scope.spawn(move || (0..times(100)).for_each(|_| assert_eq!(reader.check(), 0)));
            }
            let backoff = Backoff::new();
            while Arc::get_mut(&mut arc).map(Canary::write).is_none() {
                backoff.snooze();
            }
        });
        assert_eq!(arc.check(), 1);
    });
}

/// "The count is 1, therefore I am alone", without any `Weak`.
#[test]
fn a_strong_count_of_one_is_exclusive() {
    alone(|| {
        let written = race(all_arcs, |mut arc| {
            arc.check();
            let alone = Arc::strong_count(&arc) == 1;
            if alone {
                // SAFETY: there is no other handle, and the load of the count synchronised with the
                // releases of those that are gone.
                unsafe { Arc::get_mut_unchecked(&mut arc) }.write();
            }
            alone
        });
        assert!(written.iter().all(|round| winners(round) <= 1));
    });
}

/// `get_mut` fails as long as another thread has a handle, whether strong or weak at that moment.
#[test]
fn get_mut_against_downgrade() {
    alone(|| {
        for _ in 0..times(50) {
            let mut arc = Arc::new(Canary::new());
            let mut other = arc.clone();
            let leaving = AtomicBool::new(false);
            thread::scope(|scope| {
                let leaving = &leaving;
                scope.spawn(move || {
                    for _ in 0..times(200) {
                        let weak = Arc::downgrade(&other);
                        drop(other);
                        other = weak.upgrade().expect("the writer has one");
                        other.check();
                    }
                    leaving.store(true, Relaxed);
                });
                let backoff = Backoff::new();
                loop {
                    if let Some(value) = Arc::get_mut(&mut arc) {
                        value.write();
                        assert!(leaving.load(Relaxed), "while the other has a handle");
                        break;
                    }
                    backoff.snooze();
                }
            });
        }
    });
}

/// A handle is strong or weak, never both or neither: one call returns counts of one moment.
#[test]
fn the_counts_belong_together() {
    alone(|| {
        let arc = Arc::new(Canary::new());
        let looked = AtomicBool::new(false);
        thread::scope(|scope| {
            let others = Arc::clone_array::<THREADS>(&arc).map(|mut other| {
                let looked = &looked;
                scope.spawn(move || {
                    while !looked.load(Relaxed) {
                        let strong = Arc::into_weak(other).into_strong();
                        other = strong.expect("one that stays strong");
                        other.check();
                    }
                    other
                })
            });
            let counts = [(); times(5_000)].map(|()| Arc::counts(&arc));
            looked.store(true, Relaxed);
            for Counts { strong, weak } in counts {
                assert_eq!(strong + weak, 1 + THREADS, "{strong} strong, {weak} weak");
            }
            // The threads own their handles until the last look.
            drop(others.map(|other| other.join().expect("a thread that does not panic")));
        });
        assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
    });
}

#[test]
fn fan_out_by_clone_many() {
    const EARLY: usize = ROUNDS / 4;
    alone(|| {
        let received = AtomicUsize::new(0);
        thread::scope(|scope| {
            let received = &received;
            let senders: Vec<_> = (0..THREADS)
                .map(|n| {
                    let (sender, receiver) = mpsc::channel::<Arc<Canary>>();
                    scope.spawn(move || {
                        // The first receiver leaves early: its handles come back, or are dropped
                        // with the channel.
                        let patience = if n == 0 { EARLY } else { usize::MAX };
                        for message in receiver.iter().take(patience) {
                            message.check();
                            received.fetch_add(1, Relaxed);
                        }
                    });
                    sender
                })
                .collect();
            for _ in 0..ROUNDS {
                let message = Arc::new(Canary::new());
                // More handles than receivers: the rest are released.
                let handles = Arc::clone_many(&message, THREADS + 3);
                drop(message);
                for (sender, message) in senders.iter().zip(handles) {
                    if let Err(mpsc::SendError(message)) = sender.send(message) {
                        message.check();
                    }
                }
            }
        });
        // `into_inner` would be a race for ThreadSanitizer, which does not see how a scope ends.
        assert_eq!(received.load(Relaxed), EARLY + (THREADS - 1) * ROUNDS);
    });
}

/// The handles left in an iterator are released while other threads drop theirs.
#[test]
fn clones_left_over_against_drops() {
    alone(|| {
        let make = || {
            let arc = Arc::new(Canary::new());
            [(); THREADS].map(|()| Arc::clone_many(&arc, 5))
        };
        race(make, |mut clones| {
            let one = clones.next().expect("5 of them");
            drop(clones);
            one.check();
        });
    });
}

/// A `Weak` leaves its thread before the value is written. A successful upgrade sees the whole
/// value.
#[test]
fn upgrades_while_a_value_is_built() {
    alone(|| {
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<Weak<Canary>>();
            scope.spawn(move || {
                for weak in receiver {
                    let backoff = Backoff::new();
                    let arc = loop {
                        match weak.upgrade() {
                            Some(arc) => break arc,
                            None => backoff.snooze(),
                        }
                    };
                    assert_eq!(arc.check(), 2);
                }
            });
            for round in 0..ROUNDS {
                let arc = if round % 2 == 0 {
                    let mut unique = UniqueArc::new(Canary::new());
                    sender.send(UniqueArc::downgrade(&unique)).unwrap();
                    unique.write();
                    unique.write();
                    UniqueArc::into_arc(unique)
                } else {
                    Arc::new_cyclic(|me| {
                        sender.send(me.clone()).unwrap();
                        let mut value = Canary::new();
                        value.write();
                        value.write();
                        value
                    })
                };
                // Keeps the value until the other threads have dropped their `Weak`s.
                let backoff = Backoff::new();
                while Arc::weak_count(&arc) > 0 {
                    backoff.snooze();
                }
            }
        });
    });
}

#[test]
fn raw_counts() {
    alone(|| {
        let arc = Arc::new(Canary::new());
        on_threads(|_| {
            for _ in 0..times(5_000) {
                let raw = Arc::as_ptr(&arc);
                // SAFETY: `arc` stays alive.
                unsafe { Arc::increment_strong_count(raw) };
                // SAFETY: the handle just added.
                let other = unsafe { Arc::from_raw(raw) };
                // SAFETY: from `into_raw`, used once.
                let weak = unsafe { Weak::from_raw(Arc::downgrade(&other).into_raw()) };
                assert_eq!(weak.upgrade().map(|arc| arc.check()), Some(0));
            }
        });
        assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
    });
}

#[test]
fn unsized_values_go_to_other_threads() {
    alone(|| {
        let boxed: Box<dyn Fn() -> usize + Send + Sync> = {
            let value = Canary::new();
            Box::new(move || value.check())
        };
        let function: Arc<dyn Fn() -> usize + Send + Sync> = Arc::from(boxed);
        let text: Arc<str> = Arc::from("over there");
        let threads: Vec<_> = Arc::clone_many(&function, THREADS)
            .zip(Arc::clone_many(&text, THREADS))
            .map(|(function, text)| thread::spawn(move || function() + text.len()))
            .collect();
        drop((function, text));
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 10));
    });
}
