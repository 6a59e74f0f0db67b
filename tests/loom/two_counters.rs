//! An `Arc` with two counters and std's algorithm. The orderings in question are parameters, so the
//! broken and the fixed version are the same code.

use loom::alloc::Track;
use loom::sync::atomic::{
    AtomicUsize,
    Ordering::{self, Acquire, Relaxed, Release},
    fence,
};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

/// The orderings in question.
pub(crate) trait Orderings: 'static {
    /// The load of the strong count in `get_mut`.
    const GET_MUT: Ordering;
    /// The load of the weak count in `make_mut`.
    const MAKE_MUT: Ordering;
}

/// The weak count while `get_mut` holds it locked.
const LOCKED: usize = usize::MAX;

struct Inner<T> {
    strong: AtomicUsize,
    /// The number of `Weak`s, plus the implicit weak of the strong handles.
    weak: AtomicUsize,
    value: ManuallyDrop<T>,
    _allocation: Track<()>,
}

/// A strong handle.
pub(crate) struct Arc<T, O: Orderings> {
    inner: NonNull<Inner<T>>,
    _parameters: PhantomData<(T, O)>,
}

/// A weak handle.
pub(crate) struct Weak<T, O: Orderings> {
    inner: NonNull<Inner<T>>,
    _parameters: PhantomData<O>,
}

// SAFETY: the same bounds as std's.
unsafe impl<T: Send + Sync, O: Orderings> Send for Arc<T, O> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync, O: Orderings> Send for Weak<T, O> {}

impl<T, O: Orderings> Arc<T, O> {
    pub(crate) fn new(value: T) -> Self {
        let inner = Box::new(Inner {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(1),
            value: ManuallyDrop::new(value),
            _allocation: Track::new(()),
        });
        Self::from_inner(NonNull::from(Box::leak(inner)))
    }

    fn from_inner(inner: NonNull<Inner<T>>) -> Self {
        Arc { inner, _parameters: PhantomData }
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: this handle keeps the memory.
        unsafe { self.inner.as_ref() }
    }

    pub(crate) fn downgrade(this: &Self) -> Weak<T, O> {
        let counter = &this.inner().weak;
        let mut weak = counter.load(Relaxed);
        loop {
            if weak == LOCKED {
                loom::thread::yield_now();
                weak = counter.load(Relaxed);
                continue;
            }
            match counter.compare_exchange_weak(weak, weak + 1, Acquire, Relaxed) {
                Ok(_) => return Weak::from_inner(this.inner),
                Err(actual) => weak = actual,
            }
        }
    }

    /// Locks the weak count, so that no `Weak` is made between the looks at the two counters.
    fn is_unique(&self) -> bool {
        let Inner { strong, weak, .. } = self.inner();
        if weak.compare_exchange(1, LOCKED, Acquire, Relaxed).is_err() {
            return false;
        }
        let unique = strong.load(O::GET_MUT) == 1;
        weak.store(1, Release);
        unique
    }

    pub(crate) fn get_mut(this: &mut Self) -> Option<&mut T> {
        if this.is_unique() {
            // SAFETY: this is the only handle, if the algorithm is right.
            Some(unsafe { &mut this.inner.as_mut().value })
        } else {
            None
        }
    }

    pub(crate) fn make_mut(this: &mut Self) -> &mut T
    where
        T: Clone,
    {
        let Inner { strong, weak, value, .. } = this.inner();
        if strong.compare_exchange(1, 0, Acquire, Relaxed).is_err() {
            *this = Self::new(T::clone(value));
        } else if weak.load(O::MAKE_MUT) != 1 {
            // SAFETY: there is no strong handle any more: the value is moved out.
            let moved = unsafe { std::ptr::read(value) };
            let implicit_weak = Weak::<T, O>::from_inner(this.inner);
            std::mem::forget(std::mem::replace(this, Self::new(ManuallyDrop::into_inner(moved))));
            drop(implicit_weak);
        } else {
            strong.store(1, Release);
        }
        // SAFETY: this is the only handle, if the algorithm is right.
        unsafe { &mut this.inner.as_mut().value }
    }
}

impl<T, O: Orderings> Clone for Arc<T, O> {
    fn clone(&self) -> Self {
        self.inner().strong.fetch_add(1, Relaxed);
        Self::from_inner(self.inner)
    }
}

impl<T, O: Orderings> Deref for Arc<T, O> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T, O: Orderings> Drop for Arc<T, O> {
    fn drop(&mut self) {
        if self.inner().strong.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            // SAFETY: this was the last strong handle, and the implicit weak keeps the memory.
            let inner = unsafe { self.inner.as_mut() };
            // SAFETY: no strong handle is left to use the value.
            unsafe { ManuallyDrop::drop(&mut inner.value) };
            drop(Weak::<T, O>::from_inner(self.inner));
        }
    }
}

impl<T, O: Orderings> Weak<T, O> {
    fn from_inner(inner: NonNull<Inner<T>>) -> Self {
        Weak { inner, _parameters: PhantomData }
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: this handle keeps the memory.
        unsafe { self.inner.as_ref() }
    }

    pub(crate) fn upgrade(&self) -> Option<Arc<T, O>> {
        let more = |strong| if strong == 0 { None } else { Some(strong + 1) };
        self.inner().strong.fetch_update(Acquire, Relaxed, more).ok()?;
        Some(Arc::from_inner(self.inner))
    }
}

impl<T, O: Orderings> Drop for Weak<T, O> {
    fn drop(&mut self) {
        if self.inner().weak.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            // SAFETY: this was the last handle of all.
            let mut inner = unsafe { Box::from_raw(self.inner.as_ptr()) };
            // loom counts these as accesses, and so checks the free against all others.
            inner.strong.with_mut(|_| ());
            inner.weak.with_mut(|_| ());
        }
    }
}
