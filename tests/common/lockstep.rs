//! Programs on a pool of handles, run on std's types and on this crate's. Each step must have the
//! same results, counts, panics and drops, in the same order, on both.
//!
//! std's side imitates what std does not have: `into_weak` is a `downgrade` and a drop,
//! `clone_many` is several clones, and a `UniqueArc` is an `Arc` whose `Weak`s are told not to
//! upgrade.

use super::common::{forwards, leak_free};

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

thread_local! {
    /// The clones and drops of the values.
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// Counts down clones and drops: the one that finds 0 panics.
    static FUSE: Cell<Option<u8>> = const { Cell::new(None) };
}

/// The message of that panic.
struct Blown;

fn event(told: String) {
    LOG.with_borrow_mut(|log| log.push(told));
    // A failed assertion may drop values, too.
    if !std::thread::panicking() && FUSE.get().is_some() {
        FUSE.set(FUSE.get().and_then(|left| left.checked_sub(1)));
        if FUSE.get().is_none() {
            resume_unwind(Box::new(Blown));
        }
    }
}

/// A value that records its clones and its drop.
struct Logged(u64);
#[repr(align(64))]
struct Aligned(u64);
struct Zero;

macro_rules! logs {
    ($($ty:ident($this:ident) $id:expr, $clone:expr;)*) => {$(
        impl Clone for $ty {
            fn clone(&self) -> Self {
                let $this = self;
                event(format!("clone {}", $id));
                $clone
            }
        }
        impl Drop for $ty {
            fn drop(&mut self) {
                let $this = self;
                event(format!("drop {}", $id));
            }
        }
        impl Debug for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $this = self;
                write!(f, "{}", $id)
            }
        }
    )*};
}
logs! {
    Logged(this) this.0, Self(this.0);
    Aligned(this) this.0, Self(this.0);
    Zero(_this) 0, Self;
}

/// The values that the programs run on.
trait Value: Debug {
    fn boxed(seed: u8) -> Box<Self>;
    fn edit(&mut self, seed: u8);
}

impl Value for Logged {
    fn boxed(seed: u8) -> Box<Self> {
        Box::new(Self(seed.into()))
    }
    fn edit(&mut self, seed: u8) {
        self.0 = self.0 * 256 % 1_000_003 + u64::from(seed);
    }
}

impl Value for Aligned {
    fn boxed(seed: u8) -> Box<Self> {
        Box::new(Self(seed.into()))
    }
    fn edit(&mut self, seed: u8) {
        assert_eq!((&raw const *self).addr() % 64, 0);
        self.0 += u64::from(seed);
    }
}

impl Value for Zero {
    fn boxed(_: u8) -> Box<Self> {
        Box::new(Self)
    }
    fn edit(&mut self, _: u8) {}
}

impl Value for str {
    fn boxed(seed: u8) -> Box<str> {
        "abcdefghijk"[..usize::from(seed % 12)].into()
    }
    fn edit(&mut self, seed: u8) {
        if seed % 2 == 0 { self.make_ascii_uppercase() } else { self.make_ascii_lowercase() }
    }
}

impl Value for [Logged] {
    fn boxed(seed: u8) -> Box<[Logged]> {
        (0..seed % 5).map(|n| Logged(u64::from(seed) + u64::from(n))).collect()
    }
    fn edit(&mut self, seed: u8) {
        self.iter_mut().for_each(|value| value.0 += u64::from(seed));
    }
}

/// Drops the value explicitly. If a drop at a function's end panics, the result of the function is
/// leaked (rust-lang/rust#47949).
fn show_and_drop<T: Debug>(value: T) -> String {
    let shown = format!("{value:?}");
    drop(value);
    shown
}

/// A value of one of the types above, with its size and alignment.
trait Object: Debug {
    fn alter(&mut self, seed: u8);
    fn copy(&self) -> Box<dyn Object>;
}

impl<T: Value + Clone + 'static> Object for T {
    fn alter(&mut self, seed: u8) {
        self.edit(seed);
    }
    fn copy(&self) -> Box<dyn Object> {
        Box::new(self.clone())
    }
}

impl Value for dyn Object {
    fn boxed(seed: u8) -> Box<dyn Object> {
        match seed % 3 {
            0 => Logged::boxed(seed),
            1 => Aligned::boxed(seed),
            _ => Zero::boxed(seed),
        }
    }
    fn edit(&mut self, seed: u8) {
        self.alter(seed);
    }
}

/// Applies `make` to a value that is borrowed.
fn borrowed<V: Value + ?Sized, R>(seed: u8, make: impl FnOnce(&mut V) -> R) -> R {
    let mut value = V::boxed(seed);
    let made = make(&mut value);
    drop(value);
    made
}

/// A strong handle with its `Weak` and `UniqueArc`, of std or of this crate. A function that can
/// fail returns the handle.
trait Strong: Clone + Sized {
    type Weak: Clone;
    type Unique;
    type Value: Value + ?Sized;

    /// `way` selects one of several constructors.
    fn new(seed: u8, way: u8) -> Self;
    fn new_cyclic(seed: u8) -> Option<(Self, Self::Weak)>;
    fn value(&self) -> &Self::Value;
    fn counts(&self) -> (usize, usize);
    fn get_mut(&mut self) -> Option<&mut Self::Value>;
    fn make_mut(&mut self) -> &mut Self::Value;
    fn is_same(&self, other: &Self) -> bool;
    fn through_raw(self) -> Self;
    fn add_raw(&self, n: usize) -> Vec<Self>;
    fn clone_many(&self, n: usize, keep: usize) -> Vec<Self>;
    /// For sized values only.
    fn try_unwrap(self) -> Result<String, Self>;
    fn into_inner(self) -> Result<Option<String>, Self>;
    fn unwrap_or_clone(self) -> Result<String, Self>;

    fn downgrade(&self) -> Self::Weak;
    fn into_weak(self) -> Self::Weak;
    fn upgrade(weak: &Self::Weak) -> Option<Self>;
    fn into_strong(weak: Self::Weak) -> Result<Self, Self::Weak>;
    fn weak_counts(weak: &Self::Weak) -> (usize, usize);
    fn weak_is_same(weak: &Self::Weak, other: &Self::Weak) -> bool;
    fn weak_through_raw(weak: Self::Weak) -> Self::Weak;

    fn into_unique(self) -> Result<Self::Unique, Self>;
    fn unique_edit(unique: &mut Self::Unique, seed: u8);
    fn unique_value(unique: &Self::Unique) -> &Self::Value;
    fn unique_downgrade(unique: &Self::Unique) -> Self::Weak;
    fn unique_into_arc(unique: Self::Unique) -> Self;
}

/// std's `Weak`, which upgrades only if there is an `Arc` and not a `UniqueArc`.
struct StdWeak<T: ?Sized>(std::sync::Weak<T>, Rc<Cell<bool>>);

impl<T: ?Sized> Clone for StdWeak<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

/// std's `Arc` while it stands for a `UniqueArc`, and the flag that its `Weak`s read.
struct StdUnique<T: ?Sized>(std::sync::Arc<T>, Rc<Cell<bool>>);

/// Moves the value of the only strong handle into a new allocation.
fn leave_weaks<T: ?Sized>(arc: std::sync::Arc<T>) -> std::sync::Arc<T> {
    use std::{alloc::Layout, mem::ManuallyDrop, ptr, sync::Arc};
    let layout = Layout::for_value(&*arc);
    let place = match layout.size() {
        0 => ptr::without_provenance_mut(layout.align()),
        // SAFETY: the size is not 0.
        _ => unsafe { std::alloc::alloc(layout) },
    };
    assert!(!place.is_null());
    let value = Arc::into_raw(arc);
    // SAFETY: the place is new, and has the layout of the value.
    unsafe { place.copy_from_nonoverlapping(value.cast(), layout.size()) };
    // SAFETY: from `into_raw`; `ManuallyDrop` has the layout of its value.
    drop(unsafe { Arc::from_raw(value as *const ManuallyDrop<T>) });
    let mut moved = value.cast_mut();
    // SAFETY: a pointer starts with its address.
    unsafe { (&raw mut moved).cast::<*mut u8>().write(place) };
    // SAFETY: the value was moved there, and the memory is the global allocator's.
    Arc::from(unsafe { Box::from_raw(moved) })
}

macro_rules! strong_in_both {
    ($($ty:ty: $kind:ident { $($way:expr;)* })*) => {$(
        impl Strong for std::sync::Arc<$ty> {
            type Weak = StdWeak<$ty>;
            type Unique = StdUnique<$ty>;
            strong_in_both!(same $kind $ty { $($way;)* });

            fn new_cyclic(seed: u8) -> Option<(Self, Self::Weak)> {
                strong_in_both!(cyclic $kind (seed) |weak| StdWeak(weak, Rc::new(Cell::new(true))))
            }
            fn counts(&self) -> (usize, usize) {
                (Self::strong_count(self), Self::weak_count(self))
            }
            fn clone_many(&self, n: usize, keep: usize) -> Vec<Self> {
                (0..n).map(|_| self.clone()).collect::<Vec<_>>().into_iter().take(keep).collect()
            }
            fn downgrade(&self) -> Self::Weak {
                StdWeak(Self::downgrade(self), Rc::new(Cell::new(true)))
            }
            fn into_weak(self) -> Self::Weak {
                let weak = Strong::downgrade(&self);
                drop(self);
                weak
            }
            fn upgrade(weak: &Self::Weak) -> Option<Self> {
                if weak.1.get() { weak.0.upgrade() } else { None }
            }
            fn into_strong(weak: Self::Weak) -> Result<Self, Self::Weak> {
                Self::upgrade(&weak).ok_or(weak)
            }
            fn weak_counts(weak: &Self::Weak) -> (usize, usize) {
                if weak.1.get() { (weak.0.strong_count(), weak.0.weak_count()) } else { (0, 0) }
            }
            fn weak_is_same(weak: &Self::Weak, other: &Self::Weak) -> bool {
                weak.0.ptr_eq(&other.0)
            }
            fn weak_through_raw(weak: Self::Weak) -> Self::Weak {
                // SAFETY: from `into_raw`, used once.
                StdWeak(unsafe { std::sync::Weak::from_raw(weak.0.into_raw()) }, weak.1)
            }
            fn into_unique(self) -> Result<Self::Unique, Self> {
                if Self::strong_count(&self) > 1 {
                    return Err(self);
                }
                let alone = Self::weak_count(&self) == 0;
                let arc = if alone { self } else { leave_weaks(self) };
                Ok(StdUnique(arc, Rc::new(Cell::new(false))))
            }
            fn unique_edit(unique: &mut Self::Unique, seed: u8) {
                // SAFETY: no other handle is an `Arc`, and no `Weak` upgrades until the flag is
                // set.
                unsafe { &mut *Self::as_ptr(&unique.0).cast_mut() }.edit(seed);
            }
            fn unique_value(unique: &Self::Unique) -> &Self::Value {
                &*unique.0
            }
            fn unique_downgrade(unique: &Self::Unique) -> Self::Weak {
                StdWeak(Self::downgrade(&unique.0), unique.1.clone())
            }
            fn unique_into_arc(unique: Self::Unique) -> Self {
                unique.1.set(true);
                unique.0
            }
        }

        impl Strong for proven_arc::Arc<$ty> {
            type Weak = proven_arc::Weak<$ty>;
            type Unique = proven_arc::UniqueArc<$ty>;
            strong_in_both!(same $kind $ty { $($way;)* });

            fn new_cyclic(seed: u8) -> Option<(Self, Self::Weak)> {
                strong_in_both!(cyclic $kind (seed) |weak| weak)
            }
            strong_in_both!(ours proven_arc::Weak<$ty>);

            fn clone_many(&self, n: usize, keep: usize) -> Vec<Self> {
                Self::clone_many(self, n).take(keep).collect()
            }
            fn into_unique(self) -> Result<Self::Unique, Self> {
                Self::try_into_unique(self)
            }
            fn unique_edit(unique: &mut Self::Unique, seed: u8) {
                unique.edit(seed);
            }
            fn unique_value(unique: &Self::Unique) -> &Self::Value {
                &**unique
            }
            fn unique_downgrade(unique: &Self::Unique) -> Self::Weak {
                proven_arc::UniqueArc::downgrade(unique)
            }
            fn unique_into_arc(unique: Self::Unique) -> Self {
                proven_arc::UniqueArc::into_arc(unique)
            }
        }

        strong_in_both!(thin $kind $ty { $($way;)* });
    )*};

    // What the handles of this crate, wide and thin, have by the same names.
    (ours $weak:ty) => {
        fn counts(&self) -> (usize, usize) {
            let counts = Self::counts(self);
            assert_eq!(counts.strong, Self::strong_count(self));
            assert_eq!(counts.weak, Self::weak_count(self));
            (counts.strong, counts.weak)
        }
        fn weak_is_same(weak: &Self::Weak, other: &Self::Weak) -> bool {
            weak.ptr_eq(other)
        }
        forwards!($weak);
    };

    // The thin handles of this crate. They have no `UniqueArc`.
    (thin slice $ty:ty { $($way:expr;)* }) => {
        impl Strong for proven_arc::ThinArc<$ty> {
            type Weak = proven_arc::ThinWeak<$ty>;
            type Unique = Infallible;
            strong_in_both!(same slice $ty { $($way;)* });

            fn new_cyclic(_: u8) -> Option<(Self, Self::Weak)> {
                None
            }
            strong_in_both!(ours proven_arc::ThinWeak<$ty>);

            fn clone_many(&self, n: usize, keep: usize) -> Vec<Self> {
                (0..n).map(|_| self.clone()).collect::<Vec<_>>().into_iter().take(keep).collect()
            }
            fn into_unique(self) -> Result<Self::Unique, Self> {
                unreachable!("`check_thin` leaves the step out")
            }
            fn unique_edit(unique: &mut Self::Unique, _: u8) {
                match *unique {}
            }
            fn unique_value(unique: &Self::Unique) -> &Self::Value {
                match *unique {}
            }
            fn unique_downgrade(unique: &Self::Unique) -> Self::Weak {
                match *unique {}
            }
            fn unique_into_arc(unique: Self::Unique) -> Self {
                match unique {}
            }
        }
    };
    (thin $kind:ident $ty:ty { $($way:expr;)* }) => {};

    // The same text for both.
    (same $kind:ident $ty:ty { $($way:expr;)* }) => {
        type Value = $ty;

        fn new(seed: u8, way: u8) -> Self {
            let ways: &[fn(u8) -> Self] = &[$($way),*];
            ways[usize::from(way) % ways.len()](seed)
        }
        fn value(&self) -> &Self::Value {
            &**self
        }
        fn get_mut(&mut self) -> Option<&mut Self::Value> {
            Self::get_mut(self)
        }
        fn is_same(&self, other: &Self) -> bool {
            Self::ptr_eq(self, other)
        }
        fn through_raw(self) -> Self {
            // SAFETY: from `into_raw`, used once.
            unsafe { Self::from_raw(Self::into_raw(self)) }
        }
        fn add_raw(&self, n: usize) -> Vec<Self> {
            let raw = Self::as_ptr(self);
            let add = |_| {
                // SAFETY: `self` is a strong handle.
                unsafe { Self::increment_strong_count(raw) };
                // SAFETY: the handle just added.
                unsafe { Self::from_raw(raw) }
            };
            let more = (0..n).map(add).collect();
            // SAFETY: as above.
            unsafe { Self::increment_strong_count(raw) };
            // SAFETY: the handle just added.
            unsafe { Self::decrement_strong_count(raw) };
            more
        }
        strong_in_both!($kind);
    };
    (sized) => {
        strong_in_both!(clone_to_uninit);
        fn try_unwrap(self) -> Result<String, Self> {
            Self::try_unwrap(self).map(show_and_drop)
        }
        fn into_inner(self) -> Result<Option<String>, Self> {
            Ok(Self::into_inner(self).map(show_and_drop))
        }
        fn unwrap_or_clone(self) -> Result<String, Self> {
            Ok(show_and_drop(Self::unwrap_or_clone(self)))
        }
    };
    (slice) => {
        strong_in_both!(clone_to_uninit);
        strong_in_both!(unsized_);
    };
    (object) => {
        /// There is no `make_mut` for these values.
        fn make_mut(&mut self) -> &mut Self::Value {
            if Self::get_mut(self).is_none() {
                *self = Self::from(self.copy());
            }
            Self::get_mut(self).expect("the only handle")
        }
        strong_in_both!(unsized_);
    };
    (clone_to_uninit) => {
        fn make_mut(&mut self) -> &mut Self::Value {
            Self::make_mut(self)
        }
    };
    (unsized_) => {
        fn try_unwrap(self) -> Result<String, Self> {
            Err(self)
        }
        fn into_inner(self) -> Result<Option<String>, Self> {
            Err(self)
        }
        fn unwrap_or_clone(self) -> Result<String, Self> {
            Err(self)
        }
    };
    (cyclic sized ($seed:ident) |$weak:ident| $wrap:expr) => {{
        let mut kept = None;
        let arc = Self::new_cyclic(|me| {
            assert!(me.upgrade().is_none());
            kept = Some(me.clone());
            *Value::boxed($seed)
        });
        kept.map(|$weak| (arc, $wrap))
    }};
    (cyclic $kind:ident ($seed:ident) |$weak:ident| $wrap:expr) => {{
        let _ = $seed;
        None
    }};
}

strong_in_both! {
    Logged: sized {
        |seed| Self::from(Value::boxed(seed));
        |seed| Self::from(Logged(seed.into()));
        |seed| Self::new(Logged(seed.into()));
    }
    Aligned: sized {
        |seed| Self::from(Value::boxed(seed));
        |seed| Self::new(Aligned(seed.into()));
    }
    Zero: sized {
        |seed| Self::from(Value::boxed(seed));
        |_| Self::new(Zero);
    }
    str: slice {
        |seed| Self::from(str::boxed(seed));
        |seed| borrowed(seed, |value: &mut str| Self::from(&*value));
        |seed| borrowed(seed, |value: &mut str| Self::from(value));
        |seed| Self::from(String::from(str::boxed(seed)));
        |seed| Self::from(String::from(str::boxed(seed)) + "l");
        |seed| borrowed(seed, |value: &mut str| Self::from(Cow::Borrowed(&*value)));
        |seed| Self::from(Cow::Owned(String::from(str::boxed(seed))));
    }
    [Logged]: slice {
        |seed| Self::from(<[Logged]>::boxed(seed));
        |seed| borrowed(seed, |values: &mut [_]| Self::from(&*values));
        |seed| borrowed(seed, |values: &mut [_]| Self::from(values));
        |seed| Self::from(<[Logged]>::boxed(seed).into_vec());
        |seed| Self::from([seed, 1].map(|id| Logged(id.into())));
        |seed| borrowed(seed, |values: &mut [_]| Self::from(Cow::Borrowed(&*values)));
        |seed| Self::from(Cow::Owned(<[Logged]>::boxed(seed).into_vec()));
        |seed| <[Logged]>::boxed(seed).into_vec().into_iter().collect();
        |seed| {
            let values = <[Logged]>::boxed(seed).into_vec().into_iter();
            values.filter(|value| value.0 % 2 == 0).collect()
        };
        |seed| borrowed(seed, |values: &mut [_]| values.iter().cloned().collect());
    }
    dyn Object: object {
        |seed| Self::from(<dyn Object>::boxed(seed));
    }
}

macro_rules! steps {
    ($($(#[$doc:meta])* $weight:literal $name:ident($($number:ident),*);)*) => {
        /// A step of a program, with arbitrary numbers.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Step {
            $($(#[$doc])* $name($(steps!(u8 $number)),*),)*
        }

        /// The relative frequency of a kind of step, and its constructor.
        pub(crate) const STEPS: &[(u32, fn([u8; 3]) -> Step)] =
            &[$(($weight, |[$($number,)* ..]| Step::$name($($number),*))),*];
    };
    (u8 $number:ident) => { u8 };
}
// `i` and `j` select handles from the pool.
steps! {
    /// One of the next clones or drops panics.
    1 Panic(after);
    8 New(seed, way);
    2 NewCyclic(seed);
    8 Clone(i);
    5 Drop(i);
    1 CloneMany(i, n, keep);
    1 AddRaw(i, n);
    1 ThroughRaw(i);
    3 GetMut(i, seed);
    5 MakeMut(i, seed);
    1 TryUnwrap(i);
    2 IntoInner(i);
    1 UnwrapOrClone(i);
    1 Compare(i, j);
    6 Downgrade(i);
    3 IntoWeak(i);
    4 IntoUnique(i);
    2 WeakClone(i);
    5 WeakDrop(i);
    1 WeakThroughRaw(i);
    1 WeakCompare(i, j);
    5 Upgrade(i);
    3 IntoStrong(i);
    3 UniqueEdit(i, seed);
    3 UniqueDowngrade(i);
    2 UniqueIntoArc(i);
    1 UniqueDrop(i);
}

/// The handles of a running program.
struct Pool<A: Strong> {
    arcs: Vec<A>,
    weaks: Vec<A::Weak>,
    uniques: Vec<A::Unique>,
}

/// The index of the handle that a step means, if there is one.
fn pick<T>(pool: &[T], index: u8) -> Option<usize> {
    usize::from(index).checked_rem(pool.len())
}

impl<A: Strong> Pool<A> {
    /// Returns what the step reports, or `None` if there is no handle for it.
    fn run(&mut self, step: Step) -> Option<String> {
        let Self { arcs, weaks, uniques } = self;
        let mut told = String::new();
        match step {
            Step::Panic(after) => FUSE.set(Some(after % 8)),
            Step::New(seed, way) => arcs.push(A::new(seed, way)),
            Step::NewCyclic(seed) => {
                let (arc, weak) = A::new_cyclic(seed)?;
                arcs.push(arc);
                weaks.push(weak);
            }
            Step::Clone(i) => arcs.push(arcs[pick(arcs, i)?].clone()),
            Step::Drop(i) => drop(arcs.remove(pick(arcs, i)?)),
            Step::CloneMany(i, n, keep) => {
                let more =
                    arcs[pick(arcs, i)?].clone_many(usize::from(n % 5), usize::from(keep % 5));
                arcs.extend(more);
            }
            Step::AddRaw(i, n) => {
                let more = arcs[pick(arcs, i)?].add_raw(usize::from(n % 3));
                arcs.extend(more);
            }
            Step::ThroughRaw(i) => {
                let arc = arcs.remove(pick(arcs, i)?);
                arcs.push(arc.through_raw());
            }
            Step::GetMut(i, seed) => {
                let i = pick(arcs, i)?;
                let value = arcs[i].get_mut();
                told = format!("{}", value.is_some());
                value.into_iter().for_each(|value| value.edit(seed));
            }
            Step::MakeMut(i, seed) => {
                let i = pick(arcs, i)?;
                arcs[i].make_mut().edit(seed);
            }
            Step::TryUnwrap(i) => match arcs.remove(pick(arcs, i)?).try_unwrap() {
                Ok(value) => told = value,
                Err(arc) => arcs.push(arc),
            },
            Step::IntoInner(i) => match arcs.remove(pick(arcs, i)?).into_inner() {
                Ok(value) => told = format!("{value:?}"),
                Err(arc) => arcs.push(arc),
            },
            Step::UnwrapOrClone(i) => match arcs.remove(pick(arcs, i)?).unwrap_or_clone() {
                Ok(value) => told = value,
                Err(arc) => arcs.push(arc),
            },
            Step::Compare(i, j) => {
                told = format!("{}", arcs[pick(arcs, i)?].is_same(&arcs[pick(arcs, j)?]));
            }
            Step::Downgrade(i) => weaks.push(arcs[pick(arcs, i)?].downgrade()),
            Step::IntoWeak(i) => weaks.push(arcs.remove(pick(arcs, i)?).into_weak()),
            Step::IntoUnique(i) => match arcs.remove(pick(arcs, i)?).into_unique() {
                Ok(unique) => uniques.push(unique),
                Err(arc) => arcs.push(arc),
            },
            Step::WeakClone(i) => weaks.push(weaks[pick(weaks, i)?].clone()),
            Step::WeakDrop(i) => drop(weaks.remove(pick(weaks, i)?)),
            Step::WeakThroughRaw(i) => {
                let weak = weaks.remove(pick(weaks, i)?);
                weaks.push(A::weak_through_raw(weak));
            }
            Step::WeakCompare(i, j) => {
                let (one, other) = (&weaks[pick(weaks, i)?], &weaks[pick(weaks, j)?]);
                told = format!("{}", A::weak_is_same(one, other));
            }
            Step::Upgrade(i) => arcs.extend(A::upgrade(&weaks[pick(weaks, i)?])),
            Step::IntoStrong(i) => match A::into_strong(weaks.remove(pick(weaks, i)?)) {
                Ok(arc) => arcs.push(arc),
                Err(weak) => weaks.push(weak),
            },
            Step::UniqueEdit(i, seed) => {
                let i = pick(uniques, i)?;
                A::unique_edit(&mut uniques[i], seed);
            }
            Step::UniqueDowngrade(i) => {
                weaks.push(A::unique_downgrade(&uniques[pick(uniques, i)?]));
            }
            Step::UniqueIntoArc(i) => {
                arcs.push(A::unique_into_arc(uniques.remove(pick(uniques, i)?)));
            }
            Step::UniqueDrop(i) => drop(uniques.remove(pick(uniques, i)?)),
        }
        Some(told)
    }

    /// Everything that can be seen of the handles.
    fn look(&self) -> String {
        let arcs: Vec<_> = self.arcs.iter().map(|arc| (arc.counts(), arc.value())).collect();
        let weaks: Vec<_> = self.weaks.iter().map(A::weak_counts).collect();
        let uniques: Vec<_> = self.uniques.iter().map(A::unique_value).collect();
        format!("arcs {arcs:?}, weaks {weaks:?}, uniques {uniques:?}")
    }
}

/// The result of `step`, or `None` if it panicked at the fuse.
fn until_blown<R>(step: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => Some(result),
        Err(payload) if payload.is::<Blown>() => None,
        Err(failure) => resume_unwind(failure),
    }
}

/// What a program shows after each step, and at its end.
fn run<A: Strong>(program: &[Step]) -> Vec<String> {
    let mut pool = Pool::<A> { arcs: Vec::new(), weaks: Vec::new(), uniques: Vec::new() };
    let show = |told: Option<Option<String>>, look: String| {
        let log = LOG.take().join(", ");
        format!("{told:?}; {log}; {look}")
    };
    let mut seen: Vec<_> = program
        .iter()
        .map(|step| {
            let told = until_blown(|| pool.run(*step));
            show(told, pool.look())
        })
        .collect();
    let end = until_blown(|| drop(pool)).map(|()| None);
    seen.push(show(end, String::new()));
    FUSE.set(None);
    seen
}

/// Runs a program on both. They must show the same, and leave nothing allocated.
fn check<Theirs: Strong, Ours: Strong>(program: &[Step]) {
    leak_free(|| {
        let theirs = run::<Theirs>(program);
        let ours = run::<Ours>(program);
        for (n, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
            assert_eq!(ours, theirs, "after step {n}, {:?}", program.get(n));
        }
    });
}

/// The same for thin handles, without the step that makes a `UniqueArc`.
fn check_thin<Theirs: Strong, Ours: Strong>(program: &[Step]) {
    let has = |step: &Step| !matches!(step, Step::IntoUnique(_));
    let program: Vec<_> = program.iter().copied().filter(has).collect();
    check::<Theirs, Ours>(&program);
}

macro_rules! checks {
    ($($name:ident: $check:ident $ours:ident<$ty:ty>;)*) => {$(
        pub(crate) fn $name(program: &[Step]) {
            $check::<std::sync::Arc<$ty>, proven_arc::$ours<$ty>>(program);
        }
    )*
        #[cfg(fuzzing)]
        pub(crate) const CHECKS: &[fn(&[Step])] = &[$($name),*];
    };
}
checks! {
    values: check Arc<Logged>;
    aligned_values: check Arc<Aligned>;
    zero_sized_values: check Arc<Zero>;
    strings: check Arc<str>;
    slices: check Arc<[Logged]>;
    objects: check Arc<dyn Object>;
    thin_strings: check_thin ThinArc<str>;
    thin_slices: check_thin ThinArc<[Logged]>;
}
