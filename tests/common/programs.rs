//! Random programs on a pool of handles, for several threads at once. Under any schedule they check
//! that each value is dropped once, that no thread reads a dropped value, that a writer has
//! exclusive access, and that in the end the counts are those of the remaining handles.
#![allow(clippy::wrong_self_convention, reason = "the steps have the names of what they do")]

use super::common::forwards;
use super::heap;

use fastrand::Rng;
use proven_arc::{Arc, ArcBorrow, Counts, ThinArc, ThinWeak, UniqueArc, Weak};
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

/// A kind of handles.
trait Strong<'w>: Clone + Send {
    type Weak: Clone + Send;

    /// The steps that other kinds do not have.
    fn own_steps() -> Vec<(u32, Step<'w, Self>)>;

    fn new(value: Value<'w>) -> Self;
    fn value(&self) -> &Value<'w>;
    fn counts(&self) -> Counts;
    fn get_mut(&mut self) -> Option<&mut Value<'w>>;
    fn make_mut(&mut self) -> &mut Value<'w>;
    /// Into a raw pointer and back, with a handle that is added and released in between.
    fn through_raw(self) -> Self;
    fn downgrade(&self) -> Self::Weak;
    fn into_weak(self) -> Self::Weak;
    fn upgrade(weak: &Self::Weak) -> Option<Self>;
    fn into_strong(weak: Self::Weak) -> Result<Self, Self::Weak>;
    fn weak_through_raw(weak: Self::Weak) -> Self::Weak;
    fn weak_counts(weak: &Self::Weak) -> (usize, usize);
}

macro_rules! strong {
    (
        $arc:ident, $weak:ident of $target:ty;
        $value:ident => $new:expr;
        $this:ident => $get:expr;
        $target_mut:ident => $get_mut:expr;
        $own_steps:expr
    ) => {
        impl<'w> Strong<'w> for $arc<$target> {
            type Weak = $weak<$target>;

            fn own_steps() -> Vec<(u32, Step<'w, Self>)> {
                $own_steps
            }
            fn new($value: Value<'w>) -> Self {
                $new
            }
            fn value(&self) -> &Value<'w> {
                let $this = self;
                $get
            }
            fn counts(&self) -> Counts {
                Self::counts(self)
            }
            fn get_mut(&mut self) -> Option<&mut Value<'w>> {
                Self::get_mut(self).map(|$target_mut| $get_mut)
            }
            fn make_mut(&mut self) -> &mut Value<'w> {
                let $target_mut = Self::make_mut(self);
                $get_mut
            }
            fn through_raw(self) -> Self {
                let raw = Self::into_raw(self);
                // SAFETY: from `into_raw`, of a handle that is not used any more but here.
                unsafe { Self::increment_strong_count(raw) };
                // SAFETY: as above; one of the two.
                unsafe { Self::decrement_strong_count(raw) };
                // SAFETY: as above; the other.
                unsafe { Self::from_raw(raw) }
            }
            forwards!($weak<$target>);
        }
    };
}
strong! {
    Arc, Weak of Value<'w>;
    value => Arc::new(value);
    arc => arc;
    value => value;
    Thread::of_arcs()
}
strong! {
    ThinArc, ThinWeak of [Value<'w>];
    value => [value].into();
    thin => &thin[0];
    values => &mut values[0];
    vec![]
}

/// The handles of one thread.
struct Thread<'w, A: Strong<'w>> {
    world: &'w World,
    rng: Rng,
    arcs: Vec<Of<A>>,
    weaks: Vec<Of<A::Weak>>,
    uniques: Vec<Of<UniqueArc<Value<'w>>>>,
}

/// A step returns `None`, and does nothing, if there is no handle for it.
type Step<'w, A> = fn(&mut Thread<'w, A>) -> Option<()>;

fn pick<T>(rng: &mut Rng, handles: &[T]) -> Option<usize> {
    (!handles.is_empty()).then(|| rng.usize(..handles.len()))
}

fn take<T>(rng: &mut Rng, handles: &mut Vec<T>) -> Option<T> {
    pick(rng, handles).map(|n| handles.swap_remove(n))
}

impl<'w, A: Strong<'w>> Thread<'w, A> {
    fn new(world: &'w World, seed: u64) -> Self {
        let rng = Rng::with_seed(seed);
        Self { world, rng, arcs: Vec::new(), weaks: Vec::new(), uniques: Vec::new() }
    }

    /// The steps of all kinds, and the relative frequency of each.
    const STEPS: [(u32, Step<'w, A>); 15] = [
        (1, Self::make),
        (6, Self::clone_one),
        (6, Self::drop_one),
        (4, Self::read),
        (4, Self::look_at_counts),
        (2, Self::through_raw),
        (4, Self::get_mut),
        (5, Self::make_mut),
        (5, Self::downgrade),
        (4, Self::into_weak),
        (2, Self::weak_clone),
        (5, Self::weak_drop),
        (1, Self::weak_through_raw),
        (6, Self::upgrade),
        (4, Self::into_strong),
    ];

    fn run(&mut self) {
        let steps = [&Self::STEPS[..], &A::own_steps()].concat();
        let weights: u32 = steps.iter().map(|(weight, _)| weight).sum();
        for _ in 0..STEPS {
            let mut chosen = self.rng.u32(..weights);
            for (weight, step) in &steps {
                if chosen < *weight {
                    let _nothing_to_do = step(self);
                    break;
                }
                chosen -= weight;
            }
        }
    }

    /// Takes a handle from the pool, to give it up.
    fn take_arc(&mut self) -> Option<Of<A>> {
        take(&mut self.rng, &mut self.arcs).inspect(|(_, id)| self.world.strong(*id, -1))
    }

    fn put_arc(&mut self, arc: A, id: usize) {
        self.world.strong(id, 1);
        arc.value().read(id);
        self.arcs.push((arc, id));
    }

    fn take_weak(&mut self) -> Option<Of<A::Weak>> {
        take(&mut self.rng, &mut self.weaks).inspect(|(_, id)| self.world.weak(*id, -1))
    }

    fn put_weak(&mut self, weak: A::Weak, id: usize) {
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
        self.put_arc(A::new(value), id);
        Some(())
    }

    fn clone_one(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let (arc, id) = (arc.clone(), *id);
        self.put_arc(arc, id);
        Some(())
    }

    fn drop_one(&mut self) -> Option<()> {
        drop(self.take_arc()?.0);
        Some(())
    }

    fn read(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        arc.value().read(*id);
        Some(())
    }

    /// The counts are at least this thread's own handles.
    fn look_at_counts(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let strong = self.arcs.iter().filter(|(_, other)| other == id).count();
        let weak = self.weaks.iter().filter(|(_, other)| other == id).count();
        let counts = arc.counts();
        assert!(counts.strong >= strong && counts.weak >= weak, "{counts:?}: {strong}, {weak}");
        Some(())
    }

    fn through_raw(&mut self) -> Option<()> {
        let (arc, id) = take(&mut self.rng, &mut self.arcs)?;
        self.arcs.push((arc.through_raw(), id));
        Some(())
    }

    fn get_mut(&mut self) -> Option<()> {
        let n = pick(&mut self.rng, &self.arcs)?;
        let (arc, id) = &mut self.arcs[n];
        let value = arc.get_mut()?;
        assert_eq!(self.world.handles(*id), (1, 0), "exclusive access, with another handle");
        value.write();
        Some(())
    }

    fn make_mut(&mut self) -> Option<()> {
        let (mut arc, id) = self.take_arc()?;
        let place: *const Value<'_> = arc.value();
        let value = arc.make_mut();
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

    fn downgrade(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let (weak, id) = (arc.downgrade(), *id);
        self.put_weak(weak, id);
        Some(())
    }

    fn into_weak(&mut self) -> Option<()> {
        let (arc, id) = self.take_arc()?;
        self.put_weak(arc.into_weak(), id);
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

    fn weak_through_raw(&mut self) -> Option<()> {
        let (weak, id) = take(&mut self.rng, &mut self.weaks)?;
        self.weaks.push((A::weak_through_raw(weak), id));
        Some(())
    }

    /// A `Weak` upgrades as long as this thread has an `Arc` to its value.
    fn check_gone(&self, id: usize) {
        assert!(self.arcs.iter().all(|(_, other)| *other != id), "a value that was not gone");
    }

    fn upgrade(&mut self) -> Option<()> {
        let (weak, id) = &self.weaks[pick(&mut self.rng, &self.weaks)?];
        let (arc, id) = (A::upgrade(weak), *id);
        match arc {
            Some(arc) => self.put_arc(arc, id),
            None => self.check_gone(id),
        }
        Some(())
    }

    fn into_strong(&mut self) -> Option<()> {
        let (weak, id) = self.take_weak()?;
        match A::into_strong(weak) {
            Ok(arc) => self.put_arc(arc, id),
            Err(weak) => {
                self.check_gone(id);
                self.put_weak(weak, id);
            }
        }
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
            assert_eq!(arc.counts(), Counts { strong, weak }, "the counts, and the handles");
        }
        for (weak, id) in &self.weaks {
            let (strong, weaks) = self.world.handles(*id);
            let shared = strong > 0 && !uniques.contains(id);
            let expected = if shared { (strong, weaks) } else { (0, 0) };
            assert_eq!(A::weak_counts(weak), expected, "the counts of a Weak, and the handles");
        }
    }
}

impl<'w> Thread<'w, Arc<Value<'w>>> {
    fn of_arcs() -> Vec<(u32, Step<'w, Arc<Value<'w>>>)> {
        vec![
            (1, Self::make_cyclic),
            (1, Self::clone_many),
            (1, Self::clone_borrowed),
            (2, Self::try_unwrap),
            (2, Self::into_inner),
            (1, Self::unwrap_or_clone),
            (3, Self::into_unique),
            (2, Self::unique_downgrade),
            (3, Self::unique_into_arc),
            (1, Self::unique_drop),
        ]
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

    fn clone_many(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let (clones, id) = (Arc::clone_many(arc, self.rng.usize(..5)), *id);
        let kept: Vec<_> = clones.take(self.rng.usize(..5)).collect();
        kept.into_iter().for_each(|arc| self.put_arc(arc, id));
        Some(())
    }

    fn clone_borrowed(&mut self) -> Option<()> {
        let (arc, id) = &self.arcs[pick(&mut self.rng, &self.arcs)?];
        let (borrow, id) = (ArcBorrow::from(arc), *id);
        borrow.read(id);
        let clone = ArcBorrow::clone_arc(&borrow);
        self.put_arc(clone, id);
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
}

/// Runs the program of a seed on `threads` threads. Each calls `start` before its first step. One
/// program in four uses thin handles.
pub(crate) fn run(seed: usize, threads: usize, start: impl Fn() + Sync) {
    let world = World::new(threads);
    if seed % 4 == 3 {
        run_of::<ThinArc<[Value<'_>]>>(&world, seed, threads, start);
    } else {
        run_of::<Arc<Value<'_>>>(&world, seed, threads, start);
    }
    let made = &world.records[..world.made.load(Relaxed)];
    assert!(made.iter().all(|record| record.ended.load(Relaxed)), "a value was not dropped");
    assert_eq!(heap::live_marked(), 0, "allocations that were not freed");
}

fn run_of<'w, A: Strong<'w>>(
    world: &'w World,
    seed: usize,
    threads: usize,
    start: impl Fn() + Sync,
) {
    let mut rng = Rng::with_seed(seed as u64);
    let mut threads: Vec<_> = (0..threads).map(|_| Thread::<A>::new(world, rng.u64(..))).collect();
    for _ in 0..rng.usize(1..=BEFORE) {
        let value = world.value();
        let id = value.id;
        let arc = A::new(value);
        for thread in &mut threads {
            (0..rng.usize(..3)).for_each(|_| thread.put_arc(arc.clone(), id));
            (0..rng.usize(..3)).for_each(|_| thread.put_weak(arc.downgrade(), id));
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
}
