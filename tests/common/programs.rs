//! Random programs on a pool of handles, for several threads at once. Under any schedule they check
//! that each value is dropped once, that no thread reads a dropped value, that a writer has
//! exclusive access, and that in the end the counts are those of the remaining handles.
#![allow(clippy::wrong_self_convention, reason = "the steps have the names of what they do")]

use super::heap;

use fastrand::Rng;
use proven_arc::{Arc, Counts, UniqueArc, Weak};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

#[cfg(proven_arc_shuttle)]
use shuttle::thread::{scope, yield_now as in_between};
#[cfg(not(proven_arc_shuttle))]
use std::{hint::spin_loop as in_between, thread::scope};

/// The steps of one thread.
const STEPS: usize = 48;
/// How many values one thread can make, and how many exist before.
const MADE: usize = 8 * STEPS;
const BEFORE: usize = 3;

/// What the test knows of a value and its allocation, independently of the counts. Its atomics are
/// `Relaxed`: only the handles order accesses.
/// A thread counts a handle after it gets it, and uncounts it before it gives it up. So if the
/// crate says that there is no other handle, these counts say so, too.
#[derive(Default)]
struct Record {
    strong: AtomicUsize,
    weak: AtomicUsize,
    writes: AtomicUsize,
    ended: AtomicBool,
}

struct World {
    records: Vec<Record>,
    made: AtomicUsize,
}

impl World {
    fn new(threads: usize) -> Self {
        let records = BEFORE + threads * MADE;
        Self {
            records: (0..records).map(|_| Record::default()).collect(),
            made: AtomicUsize::new(0),
        }
    }

    fn value(&self) -> Value<'_> {
        Value { world: self, id: self.next(), users: AtomicIsize::new(0), first: 0, last: 0 }
    }

    fn next(&self) -> usize {
        self.made.fetch_add(1, Relaxed)
    }

    /// Adds `handles`, which may be negative, to the strong handles of the value `id`.
    fn strong(&self, id: usize, handles: isize) {
        self.records[id].strong.fetch_add(handles as usize, Relaxed);
    }

    fn weak(&self, id: usize, handles: isize) {
        self.records[id].weak.fetch_add(handles as usize, Relaxed);
    }

    /// The number of handles to the value `id`, strong and weak.
    fn handles(&self, id: usize) -> (usize, usize) {
        let record = &self.records[id];
        (record.strong.load(Relaxed), record.weak.load(Relaxed))
    }
}

/// A value that knows whether it is alive, and which accesses are under way. Its alignment marks
/// its allocations.
#[repr(align(256))]
struct Value<'w> {
    world: &'w World,
    id: usize,
    /// The number of current readers. Negative while a thread writes.
    users: AtomicIsize,
    /// Both are the number of writes. They are not atomic.
    first: usize,
    last: usize,
}

const _: () = assert!(align_of::<Value>() == heap::MARKED);
const WRITER: isize = isize::MIN / 2;

impl Value<'_> {
    fn record(&self) -> &Record {
        &self.world.records[self.id]
    }

    /// The caller has a handle to the value `id`.
    fn read(&self, id: usize) {
        assert_eq!(self.id, id, "another value than the handle was made for");
        assert!(self.users.fetch_add(1, Relaxed) >= 0, "a read while another writes");
        let first = self.first;
        in_between();
        assert_eq!(first, self.last, "a half-written value");
        assert!(!self.record().ended.load(Relaxed), "a read after the end");
        self.users.fetch_sub(1, Relaxed);
    }

    /// The caller has exclusive access to the value.
    fn write(&mut self) {
        assert_eq!(self.users.swap(WRITER, Relaxed), 0, "a write while another uses it");
        self.first += 1;
        self.record().writes.fetch_add(1, Relaxed);
        in_between();
        self.last += 1;
        assert_eq!(self.users.swap(0, Relaxed), WRITER, "a use while it is written");
    }

    /// The value is in new memory. The handles to the old memory lead to no value.
    fn moved(&mut self) {
        let before = self.record();
        assert!(!before.ended.swap(true, Relaxed), "moved after its end");
        assert_eq!(before.strong.load(Relaxed), 0, "moved away from a strong handle");
        let writes = before.writes.load(Relaxed);
        self.id = self.world.next();
        self.record().writes.store(writes, Relaxed);
    }
}

impl Clone for Value<'_> {
    fn clone(&self) -> Self {
        self.read(self.id);
        self.world.value()
    }
}

impl Drop for Value<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(self.users.swap(WRITER, Relaxed), 0, "dropped while another uses it");
        assert!(!self.record().ended.swap(true, Relaxed), "dropped twice");
        assert_eq!(self.record().strong.load(Relaxed), 0, "dropped under a strong handle");
        let writes = self.record().writes.load(Relaxed);
        assert_eq!((self.first, self.last), (writes, writes), "writes that were lost");
    }
}

/// A handle, and the value that it was made for.
type Of<H> = (H, usize);

/// The handles of one thread.
struct Thread<'w> {
    world: &'w World,
    rng: Rng,
    arcs: Vec<Of<Arc<Value<'w>>>>,
    weaks: Vec<Of<Weak<Value<'w>>>>,
    uniques: Vec<Of<UniqueArc<Value<'w>>>>,
}

/// A step returns `None`, and does nothing, if there is no handle for it.
type Step<'w> = fn(&mut Thread<'w>) -> Option<()>;

fn pick<T>(rng: &mut Rng, handles: &[T]) -> Option<usize> {
    (!handles.is_empty()).then(|| rng.usize(..handles.len()))
}

fn take<T>(rng: &mut Rng, handles: &mut Vec<T>) -> Option<T> {
    pick(rng, handles).map(|n| handles.swap_remove(n))
}

impl<'w> Thread<'w> {
    fn new(world: &'w World, seed: u64) -> Self {
        let rng = Rng::with_seed(seed);
        Self { world, rng, arcs: Vec::new(), weaks: Vec::new(), uniques: Vec::new() }
    }

    /// The steps, and the relative frequency of each.
    const STEPS: [(u32, Step<'w>); 23] = [
        (1, Self::make),
        (1, Self::make_cyclic),
        (6, Self::clone_one),
        (1, Self::clone_many),
        (6, Self::drop_one),
        (4, Self::read),
        (4, Self::look_at_counts),
        (2, Self::through_raw),
        (4, Self::get_mut),
        (5, Self::make_mut),
        (2, Self::try_unwrap),
        (2, Self::into_inner),
        (1, Self::unwrap_or_clone),
        (5, Self::downgrade),
        (4, Self::into_weak),
        (2, Self::weak_clone),
        (5, Self::weak_drop),
        (6, Self::upgrade),
        (4, Self::into_strong),
        (3, Self::into_unique),
        (2, Self::unique_downgrade),
        (3, Self::unique_into_arc),
        (1, Self::unique_drop),
    ];

    fn run(&mut self) {
        let weights: u32 = Self::STEPS.iter().map(|(weight, _)| weight).sum();
        for _ in 0..STEPS {
            let mut chosen = self.rng.u32(..weights);
            for (weight, step) in Self::STEPS {
                if chosen < weight {
                    let _nothing_to_do = step(self);
                    break;
                }
                chosen -= weight;
            }
        }
    }

    /// Takes a handle from the pool, to give it up.
    fn take_arc(&mut self) -> Option<Of<Arc<Value<'w>>>> {
        take(&mut self.rng, &mut self.arcs).inspect(|(_, id)| self.world.strong(*id, -1))
    }

    fn put_arc(&mut self, arc: Arc<Value<'w>>, id: usize) {
        self.world.strong(id, 1);
        arc.read(id);
        self.arcs.push((arc, id));
    }

    fn take_weak(&mut self) -> Option<Of<Weak<Value<'w>>>> {
        take(&mut self.rng, &mut self.weaks).inspect(|(_, id)| self.world.weak(*id, -1))
    }

    fn put_weak(&mut self, weak: Weak<Value<'w>>, id: usize) {
        self.world.weak(id, 1);
        self.weaks.push((weak, id));
    }

    /// A `UniqueArc` is counted like an `Arc`.
    fn take_unique(&mut self) -> Option<Of<UniqueArc<Value<'w>>>> {
        take(&mut self.rng, &mut self.uniques).inspect(|(_, id)| self.world.strong(*id, -1))
    }

    fn make(&mut self) -> Option<()> {
        let value = self.world.value();
        let id = value.id;
        self.put_arc(Arc::new(value), id);
        Some(())
    }

    fn make_cyclic(&mut self) -> Option<()> {
        let value = self.world.value();
        let id = value.id;
        let mut kept = None;
        let arc = Arc::new_cyclic(|me| {
            assert!(me.upgrade().is_none(), "an upgrade before there is a value");
            kept = Some(me.clone());
            value
        });
        self.put_arc(arc, id);
        self.put_weak(kept?, id);
        Some(())
    }

    fn clone_one(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let (arc, id) = (arc.clone(), *id);
        self.put_arc(arc, id);
        Some(())
    }

    fn clone_many(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let (clones, id) = (Arc::clone_many(arc, self.rng.usize(..5)), *id);
        let kept: Vec<_> = clones.take(self.rng.usize(..5)).collect();
        kept.into_iter().for_each(|arc| self.put_arc(arc, id));
        Some(())
    }

    fn drop_one(&mut self) -> Option<()> {
        drop(self.take_arc()?.0);
        Some(())
    }

    fn read(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        arc.read(*id);
        Some(())
    }

    /// The counts are at least this thread's own handles.
    fn look_at_counts(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let strong = self.arcs.iter().filter(|(_, other)| other == id).count();
        let weak = self.weaks.iter().filter(|(_, other)| other == id).count();
        let counts = Arc::counts(arc);
        assert!(counts.strong >= strong && counts.weak >= weak, "{counts:?}: {strong}, {weak}");
        Some(())
    }

    fn through_raw(&mut self) -> Option<()> {
        let (arc, id) = take(&mut self.rng, &mut self.arcs)?;
        let raw = Arc::into_raw(arc);
        // SAFETY: from `into_raw`, of a handle that is used here only.
        unsafe { Arc::increment_strong_count(raw) };
        // SAFETY: as above, for one of the two handles.
        unsafe { Arc::decrement_strong_count(raw) };
        // SAFETY: as above, for the other handle.
        self.arcs.push((unsafe { Arc::from_raw(raw) }, id));
        Some(())
    }

    fn get_mut(&mut self) -> Option<()> {
        let n = pick(&mut self.rng, &self.arcs)?;
        let (arc, id) = &mut self.arcs[n];
        let value = Arc::get_mut(arc)?;
        assert_eq!(self.world.handles(*id), (1, 0), "exclusive access, with another handle");
        value.write();
        Some(())
    }

    fn make_mut(&mut self) -> Option<()> {
        let (mut arc, id) = self.take_arc()?;
        let place = Arc::as_ptr(&arc);
        let value = Arc::make_mut(&mut arc);
        if std::ptr::eq(place, value) {
            assert_eq!(self.world.handles(id), (0, 0), "written in place, with another handle");
        } else if value.id == id {
            value.moved();
        }
        value.write();
        let id = value.id;
        self.put_arc(arc, id);
        Some(())
    }

    fn try_unwrap(&mut self) -> Option<()> {
        let (arc, id) = self.take_arc()?;
        match Arc::try_unwrap(arc) {
            Ok(mut value) => {
                assert_eq!(self.world.handles(id).0, 0, "taken from another strong handle");
                value.write();
            }
            Err(arc) => self.put_arc(arc, id),
        }
        Some(())
    }

    fn into_inner(&mut self) -> Option<()> {
        let (arc, id) = self.take_arc()?;
        let mut value = Arc::into_inner(arc)?;
        assert_eq!(self.world.handles(id).0, 0, "taken from another strong handle");
        value.write();
        Some(())
    }

    fn unwrap_or_clone(&mut self) -> Option<()> {
        let mut value = Arc::unwrap_or_clone(self.take_arc()?.0);
        value.write();
        Some(())
    }

    fn downgrade(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let (weak, id) = (Arc::downgrade(arc), *id);
        self.put_weak(weak, id);
        Some(())
    }

    fn into_weak(&mut self) -> Option<()> {
        let (arc, id) = self.take_arc()?;
        self.put_weak(Arc::into_weak(arc), id);
        Some(())
    }

    fn weak_clone(&mut self) -> Option<()> {
        let (weak, id) = &self.weaks[pick(&mut self.rng, &self.weaks)?];
        let (weak, id) = (weak.clone(), *id);
        self.put_weak(weak, id);
        Some(())
    }

    fn weak_drop(&mut self) -> Option<()> {
        drop(self.take_weak()?.0);
        Some(())
    }

    /// A `Weak` upgrades as long as this thread has an `Arc` to its value.
    fn check_gone(&self, id: usize) {
        assert!(self.arcs.iter().all(|(_, other)| *other != id), "a value that was not gone");
    }

    fn upgrade(&mut self) -> Option<()> {
        let (weak, id) = &self.weaks[pick(&mut self.rng, &self.weaks)?];
        let (arc, id) = (weak.upgrade(), *id);
        match arc {
            Some(arc) => self.put_arc(arc, id),
            None => self.check_gone(id),
        }
        Some(())
    }

    fn into_strong(&mut self) -> Option<()> {
        let (weak, id) = self.take_weak()?;
        match weak.into_strong() {
            Ok(arc) => self.put_arc(arc, id),
            Err(weak) => {
                self.check_gone(id);
                self.put_weak(weak, id);
            }
        }
        Some(())
    }

    fn into_unique(&mut self) -> Option<()> {
        let (arc, id) = self.take_arc()?;
        let place = Arc::as_ptr(&arc);
        let result =
            if self.rng.bool() { Arc::try_into_unique(arc) } else { Ok(Arc::into_unique(arc)?) };
        match result {
            Ok(mut unique) => {
                if std::ptr::eq(place, &*unique) {
                    assert_eq!(self.world.handles(id), (0, 0), "a UniqueArc, with another handle");
                } else {
                    unique.moved();
                }
                unique.write();
                let id = unique.id;
                self.world.strong(id, 1);
                self.uniques.push((unique, id));
            }
            Err(arc) => self.put_arc(arc, id),
        }
        Some(())
    }

    fn unique_downgrade(&mut self) -> Option<()> {
        let n = pick(&mut self.rng, &self.uniques)?;
        let (unique, id) = &mut self.uniques[n];
        let (weak, id) = (UniqueArc::downgrade(unique), *id);
        assert!(weak.upgrade().is_none(), "an upgrade while there is a UniqueArc");
        unique.write();
        self.put_weak(weak, id);
        Some(())
    }

    fn unique_into_arc(&mut self) -> Option<()> {
        let (unique, id) = self.take_unique()?;
        self.put_arc(UniqueArc::into_arc(unique), id);
        Some(())
    }

    fn unique_drop(&mut self) -> Option<()> {
        drop(self.take_unique()?.0);
        Some(())
    }

    /// While no thread runs, the counts are those of the handles. `uniques` are the values with a
    /// `UniqueArc`.
    fn check_counts(&self, uniques: &[usize]) {
        for (arc, id) in &self.arcs {
            let (strong, weak) = self.world.handles(*id);
            assert_eq!(Arc::counts(arc), Counts { strong, weak }, "the counts, and the handles");
        }
        for (weak, id) in &self.weaks {
            let (strong, weaks) = self.world.handles(*id);
            let shared = strong > 0 && !uniques.contains(id);
            let expected = if shared { (strong, weaks) } else { (0, 0) };
            let seen = (weak.strong_count(), weak.weak_count());
            assert_eq!(seen, expected, "the counts of a Weak, and the handles");
        }
    }
}

/// Runs the program of a seed on `threads` threads. Each calls `start` before its first step.
pub(crate) fn run(seed: usize, threads: usize, start: impl Fn() + Sync) {
    let mut rng = Rng::with_seed(seed as u64);
    let world = World::new(threads);
    let mut threads: Vec<_> = (0..threads).map(|_| Thread::new(&world, rng.u64(..))).collect();
    for _ in 0..rng.usize(1..=BEFORE) {
        let value = world.value();
        let id = value.id;
        let arc = Arc::new(value);
        for thread in &mut threads {
            (0..rng.usize(..3)).for_each(|_| thread.put_arc(arc.clone(), id));
            (0..rng.usize(..3)).for_each(|_| thread.put_weak(Arc::downgrade(&arc), id));
        }
        drop(arc);
    }

    scope(|scope| {
        let running: Vec<_> = threads
            .iter_mut()
            .map(|thread| {
                let start = &start;
                scope.spawn(move || {
                    start();
                    thread.run();
                })
            })
            .collect();
        // ThreadSanitizer sees a join, but not that the scope waits.
        running.into_iter().for_each(|thread| thread.join().expect("a thread that does not panic"));
    });

    let uniques: Vec<_> =
        threads.iter().flat_map(|thread| &thread.uniques).map(|of| of.1).collect();
    threads.iter().for_each(|thread| thread.check_counts(&uniques));
    for thread in &mut threads {
        while thread.drop_one().or_else(|| thread.weak_drop()).is_some() {}
        while thread.unique_drop().is_some() {}
    }
    drop(threads);
    let made = &world.records[..world.made.load(Relaxed)];
    assert!(made.iter().all(|record| record.ended.load(Relaxed)), "a value was not dropped");
    assert_eq!(heap::live_marked(), 0, "allocations that were not freed");
}
