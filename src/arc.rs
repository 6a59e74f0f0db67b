//! [`Arc`]: a strong handle.

use crate::inner::{self, Contents, Taken, Uninit};
use crate::word::{Counts, ImplicitWeak, LastStrong, Sole, Word};
use crate::{AllocError, CloneToUninit, Clones, UniqueArc, Weak};
use core::alloc::Layout;
use core::any::Any;
use core::marker::PhantomData;
use core::mem::{self, ManuallyDrop, MaybeUninit};
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::ptr::{self, NonNull};

/// The implicit weak that [`Arc::new_cyclic`] lends to its closure as a `Weak`. If the closure
/// panics, dropping the `Lent` releases it. Dropping the `Weak` would make a `&T` without a value.
/// Whether that is valid for an uninhabited `T` is undecided.
struct Lent<T>(ManuallyDrop<Weak<T>>);

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        // SAFETY: the implicit weak is not released yet, so the memory is allocated.
        let word = unsafe { inner::word(self.0.value) };
        if let Some(last) = word.release_weak() {
            word.take_memory(last);
            let layout = Layout::new::<T>();
            // SAFETY: the last handle was released, so no other thread can reach the memory. The
            // closure panicked, so there is no value. The layout is that of `allocate_for::<T>`.
            unsafe { inner::deallocate_place(self.0.value.cast(), layout.size(), layout.align()) }
        }
    }
}

/// A strong handle to a value that threads share. Dropping the last strong handle drops the value.
/// A replacement for [`std::sync::Arc`](https://doc.rust-lang.org/std/sync/struct.Arc.html).
///
/// An `Arc` is one pointer, to the value. The counts are in the 8 bytes in front of the value. As
/// in std, functions are called as `Arc::downgrade(&arc)`, so that they hide no method of the
/// value. [Limitations](crate::limitations#differences-from-std) lists the differences from std.
///
/// ```
/// use proven_arc::Arc;
/// use std::thread;
///
/// let numbers = Arc::new(vec![1, 2, 3]);
/// let sums: Vec<i32> = Arc::clone_many(&numbers, 3)
///     .map(|numbers| thread::spawn(move || numbers.iter().sum()))
///     .map(|thread| thread.join().unwrap())
///     .collect();
/// assert_eq!(sums, [6, 6, 6]);
/// ```
#[repr(transparent)]
pub struct Arc<T: ?Sized> {
    /// Points to the value, in an allocation whose strong field counts this handle.
    pub(crate) value: NonNull<T>,
    _owns: PhantomData<T>,
}

// SAFETY: the thread that gets the handle can read the value (`Sync`) and drop it (`Send`).
unsafe impl<T: ?Sized + Sync + Send> Send for Arc<T> {}
// SAFETY: a thread that has a `&Arc` can clone it, and then use the clone as above.
unsafe impl<T: ?Sized + Sync + Send> Sync for Arc<T> {}
impl<T: ?Sized> Unpin for Arc<T> {}
impl<T: ?Sized + RefUnwindSafe> UnwindSafe for Arc<T> {}

impl<T> Arc<T> {
    /// Moves `value` into a new allocation.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// assert_eq!(*five, 5);
    /// ```
    #[inline]
    pub fn new(value: T) -> Arc<T> {
        let value = ManuallyDrop::new(value);
        let place = inner::allocate_for::<T>(Word::unique());
        // SAFETY: the allocation is new: the place is valid for writes, and no other handle points
        // to it.
        unsafe { place.as_ptr().write(ManuallyDrop::into_inner(value)) };
        // The word counts one strong handle: this one.
        Arc { value: place, _owns: PhantomData }
    }

    /// Makes a value that has [`Weak`]s to itself.
    ///
    /// `data_fn` gets a `Weak` to the allocation, which it can clone into the value. Such a `Weak`
    /// does not upgrade until `new_cyclic` has written the value. If `data_fn` panics, the memory
    /// is freed once no such `Weak` is left.
    ///
    /// One `Release` read-modify-write ([publish](crate::proofs::publish)), so that the writes of
    /// the value happen-before each successful upgrade.
    ///
    /// ```
    /// use proven_arc::{Arc, Weak};
    ///
    /// struct Node {
    ///     me: Weak<Node>,
    /// }
    ///
    /// let node = Arc::new_cyclic(|me| {
    ///     assert!(me.upgrade().is_none());
    ///     Node { me: me.clone() }
    /// });
    /// assert!(Arc::ptr_eq(&node, &node.me.upgrade().unwrap()));
    /// ```
    pub fn new_cyclic<F>(data_fn: F) -> Arc<T>
    where
        F: FnOnce(&Weak<T>) -> T,
    {
        let place = inner::allocate_for::<T>(Word::building());
        // SAFETY: the word of `building` counts the implicit weak, and this call owns it.
        let implicit_weak = Lent(ManuallyDrop::new(unsafe { Weak::from_value(place) }));
        let value = data_fn(&implicit_weak.0);
        // SAFETY: the implicit weak keeps the allocation alive. Only strong handles access the
        // place, and none can exist: the word counts none, so no `Weak` upgrades.
        unsafe { place.write(value) };
        mem::forget(implicit_weak);
        // SAFETY: the value was just written, this call owns it and the implicit weak, and the word
        // counts no strong handle.
        UniqueArc::into_arc(unsafe { UniqueArc::from_value(place) })
    }

    /// Allocates memory for a `T`, and leaves it uninitialised.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut five = Arc::<u32>::new_uninit();
    /// Arc::get_mut(&mut five).unwrap().write(5);
    /// // SAFETY: just written.
    /// let five = unsafe { five.assume_init() };
    /// assert_eq!(*five, 5);
    /// ```
    #[inline]
    #[must_use]
    pub fn new_uninit() -> Arc<MaybeUninit<T>> {
        Uninit::<T>::new(Contents::Uninit).into_uninit_arc()
    }

    /// Allocates memory for a `T`, and fills it with zero bytes.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let zero = Arc::<u32>::new_zeroed();
    /// // SAFETY: 0 is a `u32`.
    /// assert_eq!(*unsafe { zero.assume_init() }, 0);
    /// ```
    #[inline]
    #[must_use]
    pub fn new_zeroed() -> Arc<MaybeUninit<T>> {
        Uninit::<T>::new(Contents::Zeroed).into_uninit_arc()
    }

    /// Moves `data` into a new allocation, and pins it.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let pinned = Arc::pin(5);
    /// assert_eq!(*pinned, 5);
    /// ```
    #[inline]
    #[must_use]
    pub fn pin(data: T) -> Pin<Arc<T>> {
        // SAFETY: safe code can move the value only through an `Arc`, for example by `get_mut`. The
        // only `Arc` is inside the `Pin`, which hands out neither it nor an unpinned clone.
        unsafe { Pin::new_unchecked(Arc::new(data)) }
    }

    /// Like [`new`](Arc::new), but returns an error if allocation fails. (Unstable in std.)
    ///
    /// # Errors
    ///
    /// If the allocator returns no memory. The value is dropped.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// assert_eq!(*Arc::try_new(5)?, 5);
    /// # Ok::<(), proven_arc::AllocError>(())
    /// ```
    #[inline]
    pub fn try_new(value: T) -> Result<Arc<T>, AllocError> {
        Ok(Uninit::try_new(Contents::Uninit)?.write(value))
    }

    /// Like [`new_uninit`](Arc::new_uninit), but returns an error if allocation fails. (Unstable in
    /// std.)
    ///
    /// # Errors
    ///
    /// If the allocator returns no memory.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut five = Arc::<u32>::try_new_uninit()?;
    /// Arc::get_mut(&mut five).unwrap().write(5);
    /// # Ok::<(), proven_arc::AllocError>(())
    /// ```
    #[inline]
    pub fn try_new_uninit() -> Result<Arc<MaybeUninit<T>>, AllocError> {
        Ok(Uninit::<T>::try_new(Contents::Uninit)?.into_uninit_arc())
    }

    /// Like [`new_zeroed`](Arc::new_zeroed), but returns an error if allocation fails. (Unstable in
    /// std.)
    ///
    /// # Errors
    ///
    /// If the allocator returns no memory.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let zero = Arc::<u32>::try_new_zeroed()?;
    /// // SAFETY: 0 is a `u32`.
    /// assert_eq!(*unsafe { zero.assume_init() }, 0);
    /// # Ok::<(), proven_arc::AllocError>(())
    /// ```
    #[inline]
    pub fn try_new_zeroed() -> Result<Arc<MaybeUninit<T>>, AllocError> {
        Ok(Uninit::<T>::try_new(Contents::Zeroed)?.into_uninit_arc())
    }

    /// Returns the value, if this is the only strong handle. From then on, no [`Weak`] upgrades. A
    /// handle [to a static](crate::limitations#handles-to-statics) is never the only one.
    ///
    /// If threads call this on all handles at once, every call can fail. With
    /// [`into_inner`](Arc::into_inner), one of the calls returns the value.
    ///
    /// One `Acquire` load. If there are `Weak`s, also a compare-exchange and a read-modify-write
    /// ([sole](crate::proofs::sole), [steal](crate::proofs::steal),
    /// [release_weak](crate::proofs::release_weak)).
    ///
    /// # Errors
    ///
    /// Returns the `Arc` if there are other strong handles.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// assert_eq!(Arc::try_unwrap(Arc::new(3)), Ok(3));
    ///
    /// let four = Arc::new(4);
    /// let _other = Arc::clone(&four);
    /// assert_eq!(*Arc::try_unwrap(four).unwrap_err(), 4);
    /// ```
    #[inline]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let implicit_weak = loop {
            match this.word().sole() {
                Sole::Unique => break ImplicitWeak::of_unique(),
                Sole::WithWeaks(seen) => {
                    if let Some(implicit_weak) = this.word().steal(seen) {
                        break implicit_weak;
                    }
                }
                Sole::Shared => return Err(this),
            }
        };
        let this = ManuallyDrop::new(this);
        // SAFETY: [sole] or [steal] found that this is the only strong handle. It is forgotten, so
        // nothing else drops the value or releases the implicit weak.
        Ok(unsafe { Taken::new(this.value, implicit_weak) }.into_value())
    }

    /// Drops this handle, and returns the value if it was the last strong handle. A handle [to a
    /// static](crate::limitations#handles-to-statics) is never the last.
    ///
    /// If `into_inner` is called on every strong handle, and no [`Weak`] upgrades, exactly one of
    /// the calls returns the value.
    ///
    /// One `Release` read-modify-write ([release_strong](crate::proofs::release_strong),
    /// [take_value](crate::proofs::take_value)), as for a drop.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let x = Arc::new(3);
    /// let y = Arc::clone(&x);
    /// let thread = std::thread::spawn(|| Arc::into_inner(x));
    /// let here = Arc::into_inner(y);
    /// let there = thread.join().unwrap();
    /// assert_eq!(here.xor(there), Some(3));
    /// ```
    #[inline]
    pub fn into_inner(this: Self) -> Option<T> {
        let this = ManuallyDrop::new(this);
        let last = this.word().release_strong(1)?;
        // SAFETY: `last` is what the release of this handle returned.
        Some(unsafe { Taken::claim(this.value, Some(last)) }.into_value())
    }

    /// Returns the value if this is the only strong handle, otherwise a clone of the value.
    ///
    /// Takes the atomic operations of [`try_unwrap`](Arc::try_unwrap). After a clone, this handle
    /// is dropped, which takes those of a drop.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let inner = String::from("test");
    /// let address = inner.as_ptr();
    /// let unwrapped = Arc::unwrap_or_clone(Arc::new(inner));
    /// assert_eq!(unwrapped.as_ptr(), address);
    /// ```
    #[inline]
    pub fn unwrap_or_clone(this: Self) -> T
    where
        T: Clone,
    {
        Arc::try_unwrap(this).unwrap_or_else(|arc| {
            let clone = (*arc).clone();
            // If this panics, the local `clone` is dropped. The result of the closure would be
            // leaked.
            drop(arc);
            clone
        })
    }

    /// Returns an `Arc` of the result of `f`. Reuses the allocation if the layouts are equal and
    /// this is the only handle ([is_unique](crate::proofs::is_unique)). (Stable in std from Rust
    /// 1.100 on.)
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let seven = Arc::new(7);
    /// assert_eq!(*Arc::map(seven, |n| n + 7), 14);
    /// ```
    pub fn map<U>(this: Self, f: impl FnOnce(&T) -> U) -> Arc<U> {
        let Ok(arc) = Arc::try_map(this, |value| Ok::<U, core::convert::Infallible>(f(value)));
        arc
    }

    /// Like [`map`](Arc::map), for an `f` that can fail. (Unstable in std, for every `Try` type.)
    ///
    /// # Errors
    ///
    /// Returns the error of `f`. This handle is dropped.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let seven = Arc::try_map(Arc::new(7_i32), |&n| u8::try_from(n))?;
    /// assert_eq!(*seven, 7_u8);
    /// assert!(Arc::try_map(Arc::new(-7_i32), |&n| u8::try_from(n)).is_err());
    /// # Ok::<(), std::num::TryFromIntError>(())
    /// ```
    pub fn try_map<U, E>(this: Self, f: impl FnOnce(&T) -> Result<U, E>) -> Result<Arc<U>, E> {
        let same_layout = Layout::new::<T>() == Layout::new::<U>();
        if !(same_layout && this.word().is_unique()) {
            let mapped = f(&this);
            // If this panics, the local `mapped` is dropped. The result of the function would be
            // leaked.
            drop(this);
            return mapped.map(Arc::new);
        }
        let this = ManuallyDrop::new(this);
        // SAFETY: `is_unique` found no other handle, and this one is forgotten. So only the local
        // `value` drops the value.
        let value = unsafe { this.value.read() };
        // SAFETY: the word counts one strong handle, which was forgotten above and becomes `place`.
        // `MaybeUninit<U>` has the layout of `U`, which is that of `T`, and needs no value.
        let mut place = unsafe { Arc::from_value(this.value.cast::<MaybeUninit<U>>()) };
        let mapped = f(&value);
        // Dropped while `mapped` is a local, so that `mapped` is dropped if this panics.
        drop(value);
        // SAFETY: `place` is the only handle: `is_unique` found no other, and none was made since.
        unsafe { Arc::get_mut_unchecked(&mut place) }.write(mapped?);
        // SAFETY: just written.
        Ok(unsafe { place.assume_init() })
    }
}

impl<T> Arc<[T]> {
    /// Allocates a slice of `len` elements, and leaves them uninitialised.
    ///
    /// # Panics
    ///
    /// If the allocation would be larger than `isize::MAX` bytes.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut squares = Arc::<[usize]>::new_uninit_slice(3);
    /// for (n, place) in Arc::get_mut(&mut squares).unwrap().iter_mut().enumerate() {
    ///     place.write(n * n);
    /// }
    /// // SAFETY: all places were written.
    /// assert_eq!(*unsafe { squares.assume_init() }, [0, 1, 4]);
    /// ```
    #[inline]
    #[must_use]
    pub fn new_uninit_slice(len: usize) -> Arc<[MaybeUninit<T>]> {
        Uninit::<[T]>::slice(len, Contents::Uninit).into_uninit_arc()
    }

    /// Allocates a slice of `len` elements, and fills it with zero bytes.
    ///
    /// # Panics
    ///
    /// If the allocation would be larger than `isize::MAX` bytes.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let zeros = Arc::<[u32]>::new_zeroed_slice(3);
    /// // SAFETY: 0 is a `u32`.
    /// assert_eq!(*unsafe { zeros.assume_init() }, [0, 0, 0]);
    /// ```
    #[inline]
    #[must_use]
    pub fn new_zeroed_slice(len: usize) -> Arc<[MaybeUninit<T>]> {
        Uninit::<[T]>::slice(len, Contents::Zeroed).into_uninit_arc()
    }

    /// Turns the handle into a handle to an array. If the slice does not have `N` elements, drops
    /// the handle and returns `None`. (Unstable in std.)
    ///
    /// [`Arc::try_from`](Arc#impl-TryFrom%3CArc%3C%5BT%5D%3E%3E-for-Arc%3C%5BT;+N%5D%3E) returns
    /// the handle instead.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let slice: Arc<[i32]> = Arc::from([1, 2, 3]);
    /// assert_eq!(slice.into_array(), Some(Arc::new([1, 2, 3])));
    /// ```
    #[inline]
    #[must_use]
    pub fn into_array<const N: usize>(self) -> Option<Arc<[T; N]>> {
        self.try_into().ok()
    }
}

impl<T> Arc<MaybeUninit<T>> {
    /// Turns the handle into an `Arc<T>`. The caller asserts that the value was written.
    ///
    /// # Safety
    ///
    /// The value was written, as for [`MaybeUninit::assume_init`].
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut five = Arc::<u32>::new_uninit();
    /// Arc::get_mut(&mut five).unwrap().write(5);
    /// // SAFETY: just written.
    /// assert_eq!(*unsafe { five.assume_init() }, 5);
    /// ```
    #[inline]
    #[must_use = "`self` is dropped if the `Arc` is not used"]
    pub unsafe fn assume_init(self) -> Arc<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the forgotten handle becomes the new one. By the contract, the value was written.
        unsafe { Arc::from_value(this.value.cast()) }
    }
}

impl<T> Arc<[MaybeUninit<T>]> {
    /// Turns the handle into an `Arc<[T]>`. The caller asserts that all values of the slice were
    /// written.
    ///
    /// # Safety
    ///
    /// All values were written, as for [`MaybeUninit::assume_init`].
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut pair = Arc::<[u32]>::new_uninit_slice(2);
    /// Arc::get_mut(&mut pair).unwrap().iter_mut().for_each(|place| { place.write(5); });
    /// // SAFETY: all places were written.
    /// assert_eq!(*unsafe { pair.assume_init() }, [5, 5]);
    /// ```
    #[inline]
    #[must_use = "`self` is dropped if the `Arc` is not used"]
    pub unsafe fn assume_init(self) -> Arc<[T]> {
        let this = ManuallyDrop::new(self);
        let len = this.value.len();
        // SAFETY: the forgotten handle becomes the new one. By the contract, the values were
        // written.
        unsafe { Arc::from_value(NonNull::slice_from_raw_parts(this.value.cast(), len)) }
    }
}

impl<T: ?Sized> Arc<T> {
    /// # Safety
    ///
    /// `value` is in an allocation whose strong field counts this handle.
    #[inline]
    pub(crate) unsafe fn from_value(value: NonNull<T>) -> Self {
        Self { value, _owns: PhantomData }
    }

    #[inline]
    pub(crate) fn word(&self) -> &Word {
        // SAFETY: the word counts this handle, so the memory is allocated while `self` is borrowed.
        unsafe { inner::word(self.value) }
    }

    /// Drops the value after the last strong handle was released, and releases the implicit weak.
    ///
    /// # Safety
    ///
    /// The release of the last strong handle of this `value` returned `last`.
    #[inline(never)]
    pub(crate) unsafe fn drop_slow(value: NonNull<T>, last: LastStrong) {
        // SAFETY: the release of the last strong handle left the implicit weak to the caller. It is
        // not released yet, so the memory is allocated.
        let implicit_weak = unsafe { inner::word(value) }.take_value(Some(last));
        Taken { value, implicit_weak }.drop_value();
    }

    /// Makes an `Arc` from the pointer that [`into_raw`](Arc::into_raw) returned.
    ///
    /// # Safety
    ///
    /// * The pointer came from [`into_raw`](Arc::into_raw) or [`as_ptr`](Arc::as_ptr) of an `Arc`
    ///   of this crate.
    /// * The pointer owns a strong handle, which this call takes over.
    /// * The type is the one that the `Arc` had, or differs from it as std's `from_raw` allows. It
    ///   can be a sized `T` of the same size and alignment for which the value is valid, as in a
    ///   transmute. It can be the result of unsizing, of a cast between slices and strings, or of a
    ///   cast back to the sized type.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let raw = Arc::into_raw(Arc::new("hello".to_owned()));
    /// // SAFETY: from `into_raw`, and used once.
    /// let arc = unsafe { Arc::from_raw(raw) };
    /// assert_eq!(&*arc, "hello");
    /// ```
    #[inline]
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: an `Arc`'s pointer is never null.
        let value = unsafe { NonNull::new_unchecked(ptr.cast_mut()) };
        // SAFETY: by the contract, the pointer owns a counted strong handle.
        unsafe { Self::from_value(value) }
    }

    /// Turns the handle into a pointer to the value. The pointer owns the handle.
    /// [`from_raw`](Arc::from_raw) turns it back into an `Arc`.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let raw = Arc::into_raw(Arc::new(5));
    /// // SAFETY: `raw` owns a handle, which keeps the value alive.
    /// assert_eq!(unsafe { *raw }, 5);
    /// // SAFETY: from `into_raw`, and used once.
    /// drop(unsafe { Arc::from_raw(raw) });
    /// ```
    #[inline]
    #[must_use = "the strong handle is leaked if the pointer is not turned back"]
    pub fn into_raw(this: Self) -> *const T {
        Arc::as_ptr(&ManuallyDrop::new(this))
    }

    /// Returns a pointer to the value. It is valid as long as there is a strong handle.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let arc = Arc::new(5);
    /// assert!(core::ptr::eq(Arc::as_ptr(&arc), &*arc));
    /// ```
    #[inline]
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const T {
        this.value.as_ptr()
    }

    /// Adds a strong handle to the allocation that `ptr` points into, like a forgotten `clone`
    /// ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Safety
    ///
    /// `ptr` came from an `Arc`, as for [`from_raw`](Arc::from_raw). During the whole call, there
    /// is a strong handle.
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// let raw = Arc::into_raw(five);
    /// // SAFETY: `raw` owns one handle, then two. Each of them is released once.
    /// unsafe {
    ///     Arc::increment_strong_count(raw);
    ///     let five = Arc::from_raw(raw);
    ///     assert_eq!(Arc::strong_count(&five), 2);
    ///     Arc::decrement_strong_count(raw);
    /// }
    /// ```
    #[inline]
    pub unsafe fn increment_strong_count(ptr: *const T) {
        // SAFETY: by the contract, there is a strong handle during the call. `ManuallyDrop` does
        // not release that handle.
        let arc = ManuallyDrop::new(unsafe { Arc::from_raw(ptr) });
        mem::forget(Arc::clone(&arc));
    }

    /// Releases a strong handle of the allocation that `ptr` points into, like a drop
    /// ([release_strong](crate::proofs::release_strong), [take_value](crate::proofs::take_value)).
    ///
    /// # Safety
    ///
    /// `ptr` came from an `Arc`, as for [`from_raw`](Arc::from_raw), and owns the strong handle
    /// that this call releases.
    ///
    /// ```
    /// # use proven_arc::Arc;
    /// let five = Arc::new(5);
    /// let raw = Arc::into_raw(Arc::clone(&five));
    /// // SAFETY: `raw` owns a handle, which is released here.
    /// unsafe { Arc::decrement_strong_count(raw) };
    /// assert_eq!(Arc::strong_count(&five), 1);
    /// ```
    #[inline]
    pub unsafe fn decrement_strong_count(ptr: *const T) {
        // SAFETY: by the contract, the pointer owns a strong handle.
        drop(unsafe { Arc::from_raw(ptr) });
    }

    /// Returns a [`Weak`] to the same allocation.
    ///
    /// One `Relaxed` read-modify-write ([add_weak](crate::proofs::add_weak)). In std, `downgrade`
    /// can wait for another thread's `get_mut`.
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 `Weak`s. (std panics at its limit.)
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// let weak = Arc::downgrade(&five);
    /// assert!(weak.upgrade().is_some());
    /// ```
    #[inline]
    #[must_use = "this returns a new `Weak`, without changing the `Arc`"]
    pub fn downgrade(this: &Self) -> Weak<T> {
        this.word().add_weak();
        // SAFETY: the handle was counted just now.
        unsafe { Weak::from_value(this.value) }
    }

    /// Turns this handle into a [`Weak`]. Drops the value if this was the last strong handle. (Not
    /// in std.)
    ///
    /// Like [`downgrade`](Arc::downgrade) and a drop of the `Arc`, but with one `Release`
    /// read-modify-write instead of two ([strong_into_weak](crate::proofs::strong_into_weak),
    /// [take_value](crate::proofs::take_value)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 [`Weak`]s.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let first = Arc::new(5);
    /// let second = Arc::into_weak(first.clone());
    /// assert_eq!(second.upgrade().as_deref(), Some(&5));
    ///
    /// let first = Arc::into_weak(first);
    /// assert!(first.upgrade().is_none());
    /// ```
    #[inline]
    #[must_use = "a `Weak` that is not used is dropped: drop the `Arc` instead"]
    pub fn into_weak(this: Self) -> Weak<T> {
        let this = ManuallyDrop::new(this);
        let last = this.word().strong_into_weak();
        // SAFETY: the same step counted the `Weak`. It is made before the value is dropped, so that
        // it is released if the value's destructor panics.
        let weak = unsafe { Weak::from_value(this.value) };
        if let Some(last) = last {
            // SAFETY: `last` is what the release of this handle returned.
            unsafe { Arc::drop_slow(weak.value, last) };
        }
        weak
    }

    /// Returns an iterator over `n` new handles. (Not in std.)
    ///
    /// All handles are counted at once, by one `Relaxed` read-modify-write for each 1,024 of them
    /// ([add_strong](crate::proofs::add_strong)). Dropping the iterator releases the handles that
    /// are left, by one `Release` read-modify-write. A loop of `clone`s takes one read-modify-write
    /// for each handle.
    ///
    /// # Aborts
    ///
    /// If there would be more than 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let message = Arc::new("hello");
    /// let inboxes: Vec<Arc<&str>> = Arc::clone_many(&message, 1_000).collect();
    /// assert_eq!(inboxes.len(), 1_000);
    /// assert_eq!(Arc::strong_count(&message), 1_001);
    /// ```
    #[inline]
    pub fn clone_many(this: &Self, n: usize) -> Clones<T> {
        Clones::new(this, n)
    }

    /// Returns an array of `N` new handles. (Not in std.)
    ///
    /// They are counted at once, as by [`clone_many`](Arc::clone_many)
    /// ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Aborts
    ///
    /// If there would be more than 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// let [a, b, c] = Arc::clone_array(&five);
    /// assert_eq!(*a + *b + *c, 15);
    /// ```
    #[inline]
    #[must_use]
    pub fn clone_array<const N: usize>(this: &Self) -> [Arc<T>; N] {
        Clones::new(this, N).into_array()
    }

    /// Returns the number of `Arc`s, including this one.
    ///
    /// One `Acquire` load ([counts](crate::proofs::counts); std: `Relaxed`). If the returned count
    /// no longer includes a released handle, every access through that handle happens-before this
    /// call returns. Other threads may change the count at any time, unless this is the only
    /// handle, strong or weak.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// let _also_five = Arc::clone(&five);
    /// assert_eq!(Arc::strong_count(&five), 2);
    /// ```
    #[inline]
    #[must_use]
    pub fn strong_count(this: &Self) -> usize {
        Arc::counts(this).strong
    }

    /// Returns the number of [`Weak`]s.
    ///
    /// One `Acquire` load ([counts](crate::proofs::counts)). Other threads may change the count at
    /// any time.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// let _weak = Arc::downgrade(&five);
    /// assert_eq!(Arc::weak_count(&five), 1);
    /// ```
    #[inline]
    #[must_use]
    pub fn weak_count(this: &Self) -> usize {
        Arc::counts(this).weak
    }

    /// Returns both counts, as they were at one moment. (Not in std, where another thread can
    /// change the counts between the two calls.)
    ///
    /// One `Acquire` load ([counts](crate::proofs::counts)).
    ///
    /// ```
    /// use proven_arc::{Arc, Counts};
    ///
    /// let five = Arc::new(5);
    /// let _also_five = Arc::clone(&five);
    /// assert_eq!(Arc::counts(&five), Counts { strong: 2, weak: 0 });
    /// ```
    #[inline]
    #[must_use]
    pub fn counts(this: &Self) -> Counts {
        this.word().counts()
    }

    /// Returns whether both handles point to the same allocation. Does not compare the metadata of
    /// the pointers.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// assert!(Arc::ptr_eq(&five, &Arc::clone(&five)));
    /// assert!(!Arc::ptr_eq(&five, &Arc::new(5)));
    /// ```
    #[inline]
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        ptr::addr_eq(this.value.as_ptr(), other.value.as_ptr())
    }

    /// Returns a mutable reference to the value, if this is the only handle, strong or weak. A
    /// handle [to a static](crate::limitations#handles-to-statics) is never the only one.
    ///
    /// One `Acquire` load ([is_unique](crate::proofs::is_unique)). Every access through a released
    /// handle happens-before this call returns. In std, this takes a compare-exchange, a load and a
    /// store, and a `downgrade` in another thread waits for them.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut x = Arc::new(3);
    /// *Arc::get_mut(&mut x).unwrap() = 4;
    /// assert_eq!(*x, 4);
    ///
    /// let _y = Arc::clone(&x);
    /// assert!(Arc::get_mut(&mut x).is_none());
    /// ```
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        // Reads the pointer before the `Acquire` load, after which the compiler would read it
        // again.
        let value = this.value.as_ptr();
        if Arc::is_unique(this) {
            // SAFETY: `is_unique` found no other handle, and every earlier access happens-before
            // this one. Only this handle can make another, and it is borrowed exclusively. The word
            // in front of the value is not borrowed.
            Some(unsafe { &mut *value })
        } else {
            None
        }
    }

    /// Returns a mutable reference to the value, without checking the counts. (Unstable in std.)
    ///
    /// # Safety
    ///
    /// * While the reference lives, the value is not accessed through any other handle, nor through
    ///   an upgraded [`Weak`].
    /// * Every earlier access through another handle happens-before this call, and the last use of
    ///   the reference happens-before every later access.
    /// * Every other handle has exactly this type, including lifetimes, since the written value
    ///   must be valid for all of them.
    /// * A part that an [`ArcRef`](crate::ArcRef) or a [`WeakRef`](crate::WeakRef) points at is
    ///   neither moved nor dropped.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut x = Arc::new(String::new());
    /// // SAFETY: there is no other handle.
    /// unsafe { Arc::get_mut_unchecked(&mut x) }.push_str("foo");
    /// assert_eq!(*x, "foo");
    /// ```
    #[inline]
    pub unsafe fn get_mut_unchecked(this: &mut Self) -> &mut T {
        // SAFETY: by the caller's contract, the reference is exclusive. The word in front of the
        // value is not borrowed.
        unsafe { this.value.as_mut() }
    }

    /// Returns whether this is the only handle, strong or weak, so that [`get_mut`](Arc::get_mut)
    /// would succeed. (Unstable in std.)
    ///
    /// One `Acquire` load ([is_unique](crate::proofs::is_unique)). If other threads share the
    /// reference, `true` is out of date as soon as one of them clones the handle.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let x = Arc::new(3);
    /// assert!(Arc::is_unique(&x));
    /// let _weak = Arc::downgrade(&x);
    /// assert!(!Arc::is_unique(&x));
    /// ```
    #[inline]
    #[must_use]
    pub fn is_unique(this: &Self) -> bool {
        this.word().is_unique()
    }

    /// Turns this handle into a [`UniqueArc`], if it is the only strong handle. From then on, no
    /// [`Weak`] upgrades. A handle [to a static](crate::limitations#handles-to-statics) is never
    /// the only one. (Proposed for std.)
    ///
    /// * No other handle: the value stays in its allocation. An `Acquire` load and a
    ///   read-modify-write ([sole](crate::proofs::sole),
    ///   [release_strong](crate::proofs::release_strong)).
    /// * No other strong handle, but [`Weak`]s: the value is moved into a new allocation, as by
    ///   [`make_mut`](Arc::make_mut) ([steal](crate::proofs::steal),
    ///   [release_weak](crate::proofs::release_weak)).
    ///
    /// If threads call this on all handles at once, every call can fail. With
    /// [`into_unique`](Arc::into_unique), one of the calls returns the value.
    ///
    /// # Errors
    ///
    /// Returns the `Arc` if there are other strong handles.
    ///
    /// ```
    /// use proven_arc::{Arc, UniqueArc};
    ///
    /// let three = Arc::new(3);
    /// let other = Arc::clone(&three);
    /// let three = Arc::try_into_unique(three).unwrap_err();
    ///
    /// drop(other);
    /// let mut unique = Arc::try_into_unique(three).unwrap();
    /// *unique += 1;
    /// assert_eq!(*UniqueArc::into_arc(unique), 4);
    /// ```
    #[inline]
    pub fn try_into_unique(mut this: Self) -> Result<UniqueArc<T>, Self> {
        loop {
            match this.word().sole() {
                Sole::Unique => break,
                Sole::WithWeaks(seen) => {
                    // Allocate first, so that a failed allocation leaves the handle unchanged.
                    let place = Uninit::<T>::like(&this);
                    if let Some(implicit_weak) = this.word().steal(seen) {
                        // SAFETY: [steal] returned `implicit_weak` just now, and the place was made
                        // `like` the value.
                        unsafe { Arc::leave_weaks(&mut this, place, implicit_weak) };
                        break;
                    }
                }
                Sole::Shared => return Err(this),
            }
        }
        // SAFETY: [sole] found no other handle, or `leave_weaks` moved the value to a new
        // allocation. Every earlier access happens-before this call, by [sole] or [steal].
        Ok(unsafe { UniqueArc::from_only_handle(this) })
    }

    /// Drops this handle, and returns the value as a [`UniqueArc`] if it was the last strong
    /// handle. From then on, no [`Weak`] upgrades. (Accepted for std, not there yet.)
    ///
    /// If `into_unique` is called on every strong handle, and no `Weak` upgrades, exactly one of
    /// the calls returns the value. A handle [to a static](crate::limitations#handles-to-statics)
    /// is never the last.
    ///
    /// One `Release` read-modify-write ([release_strong](crate::proofs::release_strong),
    /// [take_value](crate::proofs::take_value)). If there are `Weak`s, the value is moved into a
    /// new allocation, as by [`make_mut`](Arc::make_mut).
    ///
    /// ```
    /// use proven_arc::{Arc, UniqueArc};
    ///
    /// let three = Arc::new(3);
    /// let other = Arc::clone(&three);
    /// assert!(Arc::into_unique(three).is_none());
    ///
    /// let mut unique = Arc::into_unique(other).unwrap();
    /// *unique += 1;
    /// assert_eq!(*UniqueArc::into_arc(unique), 4);
    /// ```
    #[inline]
    pub fn into_unique(this: Self) -> Option<UniqueArc<T>> {
        let this = ManuallyDrop::new(this);
        let last = this.word().release_strong(1)?;
        // SAFETY: `last` is what the release of this handle returned.
        Some(unsafe { Taken::claim(this.value, Some(last)) }.into_unique())
    }

    /// Moves the value to `place`. The `Weak`s keep the old allocation.
    ///
    /// # Safety
    ///
    /// [steal] gave up this handle, which was the only strong one, and returned `implicit_weak`.
    /// The place was made [`like`](Uninit::like) the value.
    unsafe fn leave_weaks(this: &mut Self, place: Uninit<T>, implicit_weak: ImplicitWeak) {
        let stolen = this.value;
        // SAFETY: by the contract, the caller owns the value and the implicit weak.
        let taken = unsafe { Taken::new(stolen, implicit_weak) };
        // SAFETY: the place was made `like` this value. The value at `stolen` is not used again:
        // releasing `taken` only frees the memory.
        let moved = unsafe { place.move_from(stolen) };
        mem::forget(mem::replace(this, moved));
        taken.release();
    }
}

impl<T: ?Sized + CloneToUninit> Arc<T> {
    /// Clones `value` into a new allocation. If `clone` panics, nothing is leaked. (Unstable in
    /// std.)
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let word: Arc<str> = Arc::clone_from_ref("arc");
    /// assert_eq!(&*word, "arc");
    /// ```
    #[inline]
    #[must_use]
    pub fn clone_from_ref(value: &T) -> Arc<T> {
        Uninit::clone_of(value)
    }

    /// Returns a mutable reference to the value. If this is not the only handle, moves or clones
    /// the value into a new allocation first. A handle [to a
    /// static](crate::limitations#handles-to-statics) is never the only one.
    ///
    /// * No other handle: the value stays where it is. One `Acquire` load
    ///   ([is_unique](crate::proofs::is_unique)).
    /// * No other strong handle, but [`Weak`]s: the value is moved into a new allocation, and the
    ///   `Weak`s no longer upgrade. This also takes another load, a compare-exchange and a
    ///   read-modify-write ([sole](crate::proofs::sole), [steal](crate::proofs::steal),
    ///   [release_weak](crate::proofs::release_weak)).
    /// * Other strong handles: the value is cloned, and this handle is dropped.
    ///
    /// If the value's `clone` panics, this handle is unchanged.
    ///
    /// An `Arc<dyn Trait>` has no `make_mut`, since only the concrete type can be cloned. A method
    /// of the trait can clone into a new handle:
    ///
    /// ```
    /// use proven_arc::{Arc, coerce};
    ///
    /// trait Shape {
    ///     fn grow(&mut self);
    ///     fn size(&self) -> u32;
    ///     fn clone_arc(&self) -> Arc<dyn Shape>;
    /// }
    /// # #[derive(Clone)]
    /// # struct Square(u32);
    /// impl Shape for Square {
    ///     fn clone_arc(&self) -> Arc<dyn Shape> {
    ///         coerce!(Arc::new(self.clone()))
    ///     }
    ///     // …
    /// #    fn grow(&mut self) { self.0 += 1 }
    /// #    fn size(&self) -> u32 { self.0 }
    /// }
    ///
    /// fn make_mut(shape: &mut Arc<dyn Shape>) -> &mut dyn Shape {
    ///     if !Arc::is_unique(shape) {
    ///         *shape = shape.clone_arc();
    ///     }
    ///     Arc::get_mut(shape).expect("the only handle")
    /// }
    ///
    /// let mut shape: Arc<dyn Shape> = coerce!(Arc::new(Square(1)));
    /// let other = Arc::clone(&shape);
    /// make_mut(&mut shape).grow();
    /// assert_eq!((shape.size(), other.size()), (2, 1));
    /// ```
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let mut data = Arc::new(5);
    /// *Arc::make_mut(&mut data) += 1; // in place
    /// let mut other = Arc::clone(&data);
    /// *Arc::make_mut(&mut data) += 1; // clones
    /// *Arc::make_mut(&mut other) *= 2; // in place
    /// assert_eq!((*data, *other), (7, 12));
    /// ```
    #[inline]
    pub fn make_mut(this: &mut Self) -> &mut T {
        // Reads the pointer before the `Acquire` load, after which the compiler would read it
        // again.
        let value = this.value.as_ptr();
        if !this.word().is_unique() {
            return Self::make_mut_slow(this);
        }
        // SAFETY: `is_unique` found no other handle, and every earlier access happens-before this
        // one. This handle is borrowed exclusively. The word in front of the value is not borrowed.
        unsafe { &mut *value }
    }

    /// The part of [`make_mut`](Arc::make_mut) for a handle that is not the only one.
    #[cold]
    #[inline(never)]
    fn make_mut_slow(this: &mut Self) -> &mut T {
        Self::make_unique(this);
        // SAFETY: `make_unique` returns with the only handle of an allocation, and every earlier
        // access happens-before its return. The handle is borrowed exclusively.
        unsafe { Arc::get_mut_unchecked(this) }
    }

    /// Makes `this` the only handle of its allocation.
    #[inline]
    fn make_unique(this: &mut Self) {
        // Allocate first, so that a failed allocation leaves the handle unchanged.
        let place = Uninit::<T>::like(this);
        loop {
            match this.word().sole() {
                // Other threads have dropped the other handles in the meantime.
                Sole::Unique => return,
                Sole::WithWeaks(seen) => {
                    if let Some(implicit_weak) = this.word().steal(seen) {
                        // SAFETY: [steal] returned `implicit_weak` just now, and the place was made
                        // `like` the value.
                        unsafe { Self::leave_weaks(this, place, implicit_weak) };
                        return;
                    }
                }
                Sole::Shared => {
                    // SAFETY: the place was made `like` the value.
                    *this = unsafe { place.clone_from(&**this) };
                    return;
                }
            }
        }
    }
}

impl Arc<dyn Any + Send + Sync> {
    /// Turns the handle into an `Arc<T>`, if the value is a `T`.
    ///
    /// # Errors
    ///
    /// Returns the `Arc` if the value has another type.
    ///
    /// ```
    /// use proven_arc::Arc;
    /// use std::any::Any;
    ///
    /// let boxed: Box<dyn Any + Send + Sync> = Box::new("text".to_owned());
    /// let any: Arc<dyn Any + Send + Sync> = Arc::from(boxed);
    /// let any = any.downcast::<i32>().unwrap_err();
    /// assert_eq!(*any.downcast::<String>().unwrap(), "text");
    /// ```
    #[inline]
    pub fn downcast<T>(self) -> Result<Arc<T>, Self>
    where
        T: Any + Send + Sync,
    {
        if (*self).is::<T>() {
            let this = ManuallyDrop::new(self);
            // SAFETY: the forgotten handle becomes the new one. `is` compared the type ids, so the
            // value is a `T`.
            Ok(unsafe { Arc::from_value(this.value.cast()) })
        } else {
            Err(self)
        }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    /// Makes another strong handle to the same value. One `Relaxed` read-modify-write
    /// ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    #[inline]
    fn clone(&self) -> Arc<T> {
        // SAFETY: the word counts this handle, so the memory is allocated while `self` is borrowed.
        unsafe { inner::word(self.value) }.add_strong(1);
        // The word counts this handle now.
        Arc { value: self.value, _owns: PhantomData }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the word counts this handle, so the value is not dropped. Writing the value takes
        // exclusive access to the only handle, and this handle is borrowed.
        unsafe { self.value.as_ref() }
    }
}

may_dangle_drop! {
    /// One `Release` read-modify-write ([release_strong](crate::proofs::release_strong),
    /// [take_value](crate::proofs::take_value)). The last strong handle drops the value, and frees
    /// the memory if no [`Weak`] is left.
    impl Drop for Arc {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: the word counts this handle until the release, so the memory is allocated.
            if let Some(last) = unsafe { inner::word(self.value) }.release_strong(1) {
                // SAFETY: `last` is what the release of this handle returned.
                unsafe { Arc::drop_slow(self.value, last) }
            }
        }
    }
}
