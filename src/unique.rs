//! [`UniqueArc`]: the only handle, before sharing.

use crate::inner::{self, Taken};
use crate::word::Word;
use crate::{Arc, Weak};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// An [`Arc`] that is known to be the only one, so that its value can be written. (On nightly in
/// std, as `std::sync::UniqueArc`.)
///
/// [`Weak`]s can be made of it, which do not upgrade before it has become an `Arc`. So it builds
/// cyclic data where [`Arc::new_cyclic`] does not fit: when building can fail, or is `async`.
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
/// It is invariant in `T`: a `Weak<&'static str>` that was made of it must not see a shorter
/// string written through it.
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
    pub(crate) value: NonNull<T>,
    _invariant: PhantomData<*mut T>,
    _owns: PhantomData<T>,
}

// SAFETY: it owns the value, and `Weak`s of it may become `Arc`s elsewhere: the bounds of `Arc`.
unsafe impl<T: ?Sized + Sync + Send> Send for UniqueArc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync + Send> Sync for UniqueArc<T> {}
impl<T: ?Sized> Unpin for UniqueArc<T> {}

impl<T> UniqueArc<T> {
    /// Allocates and moves the value in.
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
        let place = inner::allocate_for(Word::building());
        // SAFETY: the place is ours.
        unsafe { place.write(value) };
        // SAFETY: the word counts no strong handle, and the value is there.
        unsafe { Self::from_value(place) }
    }
}

impl<T: ?Sized> UniqueArc<T> {
    /// # Safety
    ///
    /// The word of the allocation counts no strong handle, and the value and the implicit weak
    /// are the caller's.
    #[inline]
    pub(crate) unsafe fn from_value(value: NonNull<T>) -> Self {
        Self { value, _invariant: PhantomData, _owns: PhantomData }
    }

    #[inline]
    fn word(&self) -> &Word {
        // SAFETY: the implicit weak, which is ours, keeps the memory.
        unsafe { inner::word(self.value) }
    }

    /// Turns it into an [`Arc`]. From now on its [`Weak`]s upgrade.
    ///
    /// One `Release` read-modify-write ([publish](crate::proofs::publish)): what was written to the
    /// value happens-before each successful upgrade.
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
        // SAFETY: the word counts one strong handle now, and the value is there.
        unsafe { Arc::from_value(this.value) }
    }

    /// A [`Weak`], which does not upgrade before this has become an [`Arc`].
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
        // SAFETY: just counted.
        unsafe { Weak::from_value(this.value) }
    }
}

impl<T: ?Sized> Deref for UniqueArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the value is there, and ours.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for UniqueArc<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the value is there, and ours: no `Weak` of it upgrades.
        unsafe { self.value.as_mut() }
    }
}

may_dangle_drop! {
    /// Drops the value, and frees the memory if no [`Weak`] is left. An `Acquire` load; with
    /// `Weak`s about, a `Release` read-modify-write ([take_value](crate::proofs::take_value),
    /// [release_weak](crate::proofs::release_weak),
    /// [release_weak_last](crate::proofs::release_weak_last)).
    impl Drop for UniqueArc {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: the value is ours, and so is the implicit weak.
            unsafe { Taken::claim(self.value, None) }.drop_value();
        }
    }
}
