//! [`UniqueArc`]: a handle that owns its value alone, before it is shared.

use crate::inner::{self, Contents, Taken, Uninit, allocate_for, try_allocate_for};
use crate::word::Word;
use crate::{AllocError, Arc, Weak};
use alloc::alloc::handle_alloc_error;
use core::convert::Infallible;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// An [`Arc`] that is the only one, so that its value can be written. (Unstable in std.)
///
/// Its [`Weak`]s do not upgrade until it becomes an `Arc`. So it can build cyclic data where
/// [`Arc::new_cyclic`] cannot: if building can fail, or is `async`.
///
/// ```
/// use proven_arc::{Arc, UniqueArc, Weak};
///
/// struct Gadget {
///     me: Weak<Gadget>,
/// }
///
/// let mut gadget = UniqueArc::new(Gadget { me: Weak::new() });
/// gadget.me = UniqueArc::downgrade(&gadget);
/// assert!(gadget.me.upgrade().is_none());
///
/// let gadget: Arc<Gadget> = UniqueArc::into_arc(gadget);
/// assert!(Arc::ptr_eq(&gadget.me.upgrade().unwrap(), &gadget));
/// ```
///
/// It is invariant in `T`. Otherwise, a shorter-lived `&str` could be written to a value that has a
/// `Weak<&'static str>`.
///
/// ```compile_fail
/// use proven_arc::UniqueArc;
///
/// fn shorten<'a>(long: UniqueArc<&'static str>) -> UniqueArc<&'a str> {
///     long
/// }
/// ```
#[repr(transparent)]
pub struct UniqueArc<T: ?Sized> {
    /// Points to the value, in an allocation whose word counts no strong handle. This handle owns
    /// the value and the implicit weak.
    pub(crate) value: NonNull<T>,
    _invariant: PhantomData<*mut T>,
    _owns: PhantomData<T>,
}

// SAFETY: a `UniqueArc` can become an `Arc`, and its `Weak`s on other threads can then upgrade.
// `Arc` is `Send` under these bounds.
unsafe impl<T: ?Sized + Sync + Send> Send for UniqueArc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync + Send> Sync for UniqueArc<T> {}
impl<T: ?Sized> Unpin for UniqueArc<T> {}

impl<T> UniqueArc<T> {
    /// Moves `value` into a new allocation.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let mut list = UniqueArc::new(vec![1]);
    /// list.push(2);
    /// assert_eq!(*UniqueArc::into_arc(list), [1, 2]);
    /// ```
    #[inline]
    #[must_use]
    pub fn new(value: T) -> Self {
        let place = allocate_for(Word::building());
        // SAFETY: the allocation is new: the place is valid for writes, and no other handle points
        // to it.
        unsafe { place.write(value) };
        // SAFETY: the word of `building` counts no strong handle. This call owns the value, which
        // was written just now, and the implicit weak.
        unsafe { Self::from_value(place) }
    }

    /// Like [`new`](UniqueArc::new), but returns an error if allocation fails.
    ///
    /// # Errors
    ///
    /// If the allocator returns no memory. The value is dropped.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// assert_eq!(*UniqueArc::try_new(5)?, 5);
    /// # Ok::<(), proven_arc::AllocError>(())
    /// ```
    #[inline]
    pub fn try_new(value: T) -> Result<Self, AllocError> {
        Ok(UniqueArc::write(Self::try_new_uninit()?, value))
    }

    /// Allocates memory for a `T`, and leaves it uninitialised.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let place = UniqueArc::<[u8; 4]>::new_uninit();
    /// assert_eq!(*UniqueArc::write(place, [1, 2, 3, 4]), [1, 2, 3, 4]);
    /// ```
    #[inline]
    #[must_use]
    pub fn new_uninit() -> UniqueArc<MaybeUninit<T>> {
        UniqueArc::place(allocate_for(Word::building()))
    }

    /// Like [`new_uninit`](UniqueArc::new_uninit), but returns an error if allocation fails.
    ///
    /// # Errors
    ///
    /// If the allocator returns no memory.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let place = UniqueArc::<u32>::try_new_uninit()?;
    /// assert_eq!(*UniqueArc::write(place, 5), 5);
    /// # Ok::<(), proven_arc::AllocError>(())
    /// ```
    #[inline]
    pub fn try_new_uninit() -> Result<UniqueArc<MaybeUninit<T>>, AllocError> {
        try_allocate_for(Contents::Uninit, Word::building()).map(UniqueArc::place)
    }

    /// Allocates memory for a `T`, and fills it with zero bytes.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let zero = UniqueArc::<u32>::new_zeroed();
    /// // SAFETY: 0 is a `u32`.
    /// assert_eq!(*unsafe { zero.assume_init() }, 0);
    /// ```
    #[inline]
    #[must_use]
    pub fn new_zeroed() -> UniqueArc<MaybeUninit<T>> {
        let zeroed = UniqueArc::try_new_zeroed();
        zeroed.unwrap_or_else(|error| handle_alloc_error(error.layout()))
    }

    /// Like [`new_zeroed`](UniqueArc::new_zeroed), but returns an error if allocation fails.
    ///
    /// # Errors
    ///
    /// If the allocator returns no memory.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let zero = UniqueArc::<u32>::try_new_zeroed()?;
    /// // SAFETY: 0 is a `u32`.
    /// assert_eq!(*unsafe { zero.assume_init() }, 0);
    /// # Ok::<(), proven_arc::AllocError>(())
    /// ```
    #[inline]
    pub fn try_new_zeroed() -> Result<UniqueArc<MaybeUninit<T>>, AllocError> {
        try_allocate_for(Contents::Zeroed, Word::building()).map(UniqueArc::place)
    }

    /// Moves the value out. From then on, no [`Weak`] upgrades. (In std, on nightly, as `unwrap`.)
    ///
    /// One `Acquire` load. If there are `Weak`s, also a `Release` read-modify-write
    /// ([take_value](crate::proofs::take_value), [release_weak](crate::proofs::release_weak)).
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let unique = UniqueArc::new(String::from("mine"));
    /// let weak = UniqueArc::downgrade(&unique);
    /// assert_eq!(UniqueArc::into_inner(unique), "mine");
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[inline]
    #[must_use]
    pub fn into_inner(this: Self) -> T {
        UniqueArc::take(this).into_value()
    }

    /// Returns a `UniqueArc` of the result of `f`. Reuses the allocation if `U` has the layout of
    /// `T` and there is no [`Weak`]. Otherwise the [`Weak`]s keep the old allocation, and never
    /// upgrade.
    ///
    /// Takes the atomic operations of [`into_inner`](UniqueArc::into_inner), before it calls `f`.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let seven = UniqueArc::new(7);
    /// assert_eq!(*UniqueArc::map(seven, |n| n + 7), 14);
    /// ```
    #[inline]
    pub fn map<U>(this: Self, f: impl FnOnce(T) -> U) -> UniqueArc<U> {
        let Ok(mapped) = UniqueArc::try_map(this, |value| Ok::<U, Infallible>(f(value)));
        mapped
    }

    /// Like [`map`](UniqueArc::map), for an `f` that can fail. (std's accepts every `Try` type.)
    ///
    /// # Errors
    ///
    /// Returns the error of `f`.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let seven = UniqueArc::try_map(UniqueArc::new(7_i32), u8::try_from)?;
    /// assert_eq!(*seven, 7_u8);
    /// assert!(UniqueArc::try_map(UniqueArc::new(-7_i32), u8::try_from).is_err());
    /// # Ok::<(), std::num::TryFromIntError>(())
    /// ```
    pub fn try_map<U, E>(this: Self, f: impl FnOnce(T) -> Result<U, E>) -> Result<UniqueArc<U>, E> {
        let (value, place) = UniqueArc::take(this).into_value_and_place();
        let mapped = f(value)?;
        Ok(match place {
            Some(place) => UniqueArc::write(place, mapped),
            None => UniqueArc::new(mapped),
        })
    }

    fn take(this: Self) -> Taken<T> {
        let this = ManuallyDrop::new(this);
        // SAFETY: a `UniqueArc` owns the value and the implicit weak, and this one is not used
        // again.
        unsafe { Taken::claim(this.value, None) }
    }
}

impl<T> UniqueArc<MaybeUninit<T>> {
    /// Precondition: `place` is a new allocation for a `T`, whose word counts no strong handle.
    fn place(place: NonNull<T>) -> Self {
        // SAFETY: by the precondition, the word counts no strong handle, and the caller owns the
        // implicit weak. A `MaybeUninit` needs no value.
        unsafe { Self::from_value(place.cast()) }
    }

    /// Writes the value.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let place = UniqueArc::<String>::new_uninit();
    /// assert_eq!(*UniqueArc::write(place, "written".to_owned()), "written");
    /// ```
    #[inline]
    #[must_use = "`this` is dropped if the `UniqueArc` is not used"]
    pub fn write(mut this: Self, value: T) -> UniqueArc<T> {
        (*this).write(value);
        // SAFETY: the value was written just now.
        unsafe { this.assume_init() }
    }

    /// Turns the handle into a `UniqueArc<T>`. The caller asserts that the value was written.
    ///
    /// # Safety
    ///
    /// The value was written, as for [`MaybeUninit::assume_init`].
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let mut five = UniqueArc::<u32>::new_uninit();
    /// five.write(5);
    /// // SAFETY: just written.
    /// assert_eq!(*unsafe { five.assume_init() }, 5);
    /// ```
    #[inline]
    #[must_use = "`self` is dropped if the `UniqueArc` is not used"]
    pub unsafe fn assume_init(self) -> UniqueArc<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the forgotten handle becomes the new one. By the contract, the value was written.
        unsafe { UniqueArc::from_value(this.value.cast()) }
    }
}

impl<T: ?Sized> UniqueArc<T> {
    /// # Safety
    ///
    /// The word of the allocation counts no strong handle. The caller owns the value and the
    /// implicit weak, and gives them up.
    #[inline]
    pub(crate) unsafe fn from_value(value: NonNull<T>) -> Self {
        Self { value, _invariant: PhantomData, _owns: PhantomData }
    }

    /// # Safety
    ///
    /// `arc` is the only handle to its allocation, strong or weak, and every earlier access to the
    /// allocation happens-before this call.
    #[inline]
    pub(crate) unsafe fn from_only_handle(arc: Arc<T>) -> Self {
        let arc = ManuallyDrop::new(arc);
        let _last = arc.word().release_strong(1).expect("there is no other handle");
        // SAFETY: the last strong handle has been released, which leaves the value and the implicit
        // weak to this call.
        unsafe { Self::from_value(arc.value) }
    }

    /// Moves the value into a new allocation. The `Weak`s keep the old one, and never upgrade.
    #[cold]
    pub(crate) fn leave_weaks(self) -> Self {
        // Allocate first, so that a failed allocation still drops `self`, and the value with it.
        let place = Uninit::like(&*self);
        let this = ManuallyDrop::new(self);
        // SAFETY: the forgotten `self` owned the value and the implicit weak.
        let taken = unsafe { Taken::claim(this.value, None) };
        // SAFETY: the place was made `like` this value. The value is not used again: releasing
        // `taken` only frees the memory.
        let moved = unsafe { place.move_from(this.value) };
        // SAFETY: `moved` is the only handle to a new allocation, and was made by this thread.
        let unique = unsafe { Self::from_only_handle(moved) };
        taken.release();
        unique
    }

    #[inline]
    fn word(&self) -> &Word {
        // SAFETY: a `UniqueArc` owns the implicit weak, so the memory is allocated while `self` is
        // borrowed.
        unsafe { inner::word(self.value) }
    }

    /// Turns the handle into an [`Arc`]. From then on, its [`Weak`]s upgrade.
    ///
    /// One `Release` read-modify-write ([publish](crate::proofs::publish)), so that the writes of
    /// the value happen-before each successful upgrade.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let unique = UniqueArc::new(1);
    /// let weak = UniqueArc::downgrade(&unique);
    /// let arc = UniqueArc::into_arc(unique);
    /// assert_eq!(weak.upgrade(), Some(arc));
    /// ```
    #[inline]
    #[must_use]
    pub fn into_arc(this: Self) -> Arc<T> {
        let this = ManuallyDrop::new(this);
        this.word().publish();
        // SAFETY: `publish` counted one strong handle, which becomes the `Arc`. The forgotten
        // `this` owned the value.
        unsafe { Arc::from_value(this.value) }
    }

    /// Returns a [`Weak`], which does not upgrade until `this` becomes an [`Arc`].
    ///
    /// One `Relaxed` read-modify-write ([add_weak](crate::proofs::add_weak)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 [`Weak`]s.
    ///
    /// ```
    /// use proven_arc::UniqueArc;
    ///
    /// let unique = UniqueArc::new(());
    /// assert!(UniqueArc::downgrade(&unique).upgrade().is_none());
    /// ```
    #[inline]
    #[must_use]
    pub fn downgrade(this: &Self) -> Weak<T> {
        this.word().add_weak();
        // SAFETY: the weak field has counted this handle.
        unsafe { Weak::from_value(this.value) }
    }
}

impl<T: ?Sized> Deref for UniqueArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: a `UniqueArc` owns the value: there is no strong handle, and no `Weak` upgrades.
        // `self` is borrowed.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for UniqueArc<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: a `UniqueArc` owns the value: there is no strong handle, and no `Weak` upgrades.
        // `self` is borrowed exclusively.
        unsafe { self.value.as_mut() }
    }
}

may_dangle_drop! {
    /// Drops the value, and frees the memory if no [`Weak`] is left. One `Acquire` load. If there
    /// are `Weak`s, also a `Release` read-modify-write ([take_value](crate::proofs::take_value),
    /// [release_weak](crate::proofs::release_weak),
    /// [release_weak_last](crate::proofs::release_weak_last)).
    impl Drop for UniqueArc {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: a `UniqueArc` owns the value and the implicit weak, and this one is not used
            // again.
            unsafe { Taken::claim(self.value, None) }.drop_value();
        }
    }
}
