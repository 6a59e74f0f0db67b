//! [`Weak`]: a weak handle, which keeps the allocation alive, but not the value.

use crate::Arc;
use crate::inner::{self, deallocate, is_dangling};
use crate::word::{Counts, LastWeak, Word};
use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// A handle to an [`Arc`]'s allocation that does not keep the value alive. A replacement for
/// [`std::sync::Weak`](https://doc.rust-lang.org/std/sync/struct.Weak.html).
///
/// [`upgrade`](Weak::upgrade) returns an [`Arc`] to the value. It fails once the last [`Arc`] is
/// gone. A `Weak` keeps the memory allocated.
///
/// ```
/// use proven_arc::Arc;
///
/// let five = Arc::new(5);
/// let weak = Arc::downgrade(&five);
/// assert_eq!(weak.upgrade().as_deref(), Some(&5));
///
/// drop(five);
/// assert!(weak.upgrade().is_none());
/// ```
#[repr(transparent)]
pub struct Weak<T: ?Sized> {
    /// Points into an allocation whose weak field counts this handle, or is [`inner::dangling`].
    pub(crate) value: NonNull<T>,
}

// SAFETY: the other thread can upgrade the `Weak` to an `Arc`, which is `Send` under these bounds.
unsafe impl<T: ?Sized + Sync + Send> Send for Weak<T> {}
// SAFETY: a thread that has a `&Weak` can clone it, and then use the clone as above.
unsafe impl<T: ?Sized + Sync + Send> Sync for Weak<T> {}

impl<T> Weak<T> {
    /// A `Weak` without an allocation. Its [`upgrade`](Weak::upgrade) always returns `None`.
    ///
    /// ```
    /// use proven_arc::Weak;
    ///
    /// static NONE: Weak<i64> = Weak::new();
    /// assert!(NONE.upgrade().is_none());
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> Weak<T> {
        Weak { value: inner::dangling() }
    }
}

impl<T: ?Sized> Weak<T> {
    /// # Safety
    ///
    /// `value` points into an allocation whose weak field counts this handle.
    #[inline]
    pub(crate) unsafe fn from_value(value: NonNull<T>) -> Self {
        Self { value }
    }

    /// Returns the word, or `None` if there is no allocation.
    #[inline(always)]
    fn word(&self) -> Option<&Word> {
        if is_dangling(self.value) {
            None
        } else {
            // SAFETY: the weak field counts this handle, so the memory is allocated while `self` is
            // borrowed.
            Some(unsafe { inner::word(self.value) })
        }
    }

    /// Makes a `Weak` from the pointer that [`into_raw`](Weak::into_raw) returned. Does not access
    /// the value, which another thread may be dropping at the same time.
    ///
    /// # Safety
    ///
    /// * The pointer came from [`into_raw`](Weak::into_raw) or [`as_ptr`](Weak::as_ptr), or from
    ///   [`Arc::as_ptr`].
    /// * The pointer owns a weak handle, which this call takes over.
    /// * The type is the one that the handle had, or differs from it as for [`Arc::from_raw`].
    ///
    /// ```
    /// use proven_arc::{Arc, Weak};
    ///
    /// let strong = Arc::new("hello".to_owned());
    /// let raw = Arc::downgrade(&strong).into_raw();
    /// drop(strong);
    /// // SAFETY: from `into_raw`, and used once.
    /// assert!(unsafe { Weak::from_raw(raw) }.upgrade().is_none());
    /// ```
    #[inline]
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: a `Weak`'s pointer is never null.
        let value = unsafe { NonNull::new_unchecked(ptr.cast_mut()) };
        // SAFETY: by the contract, the pointer owns a counted weak handle.
        unsafe { Self::from_value(value) }
    }

    /// Turns the `Weak` into a pointer. The pointer owns the handle. [`from_raw`](Weak::from_raw)
    /// turns it back into a `Weak`.
    ///
    /// ```
    /// use proven_arc::{Arc, Weak};
    ///
    /// let strong = Arc::new(7);
    /// let raw = Arc::downgrade(&strong).into_raw();
    /// assert_eq!(Arc::weak_count(&strong), 1);
    /// // SAFETY: from `into_raw`, and used once.
    /// drop(unsafe { Weak::from_raw(raw) });
    /// assert_eq!(Arc::weak_count(&strong), 0);
    /// ```
    #[inline]
    #[must_use = "the weak handle is leaked if the pointer is not turned back"]
    pub fn into_raw(self) -> *const T {
        ManuallyDrop::new(self).as_ptr()
    }

    /// Returns a pointer to the value, or to the place where it was. It is valid for reads as long
    /// as there is an [`Arc`]. If there is no allocation, it is dangling and may be unaligned.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let strong = Arc::new(3);
    /// assert!(core::ptr::eq(Arc::downgrade(&strong).as_ptr(), &*strong));
    /// ```
    #[inline]
    #[must_use]
    pub fn as_ptr(&self) -> *const T {
        self.value.as_ptr()
    }

    /// Returns a new [`Arc`]. Returns `None` if the last [`Arc`] is gone, if the value is [still
    /// being built](Arc::new_cyclic), or if there is no allocation.
    ///
    /// One load ([upgrade_look](crate::proofs::upgrade_look)), and a compare-exchange
    /// ([upgrade](crate::proofs::upgrade)), which is repeated while other threads change the
    /// counts. The creation of the first `Arc` happens-before a successful upgrade.
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let five = Arc::new(5);
    /// let weak = Arc::downgrade(&five);
    /// let again = weak.upgrade().unwrap();
    /// drop((five, again));
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[inline]
    #[must_use = "this returns a new `Arc`, without changing the `Weak`"]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        if self.word()?.upgrade() {
            // SAFETY: the strong field has counted this handle, next to at least one other. So the
            // value is not dropped.
            Some(unsafe { Arc::from_value(self.value) })
        } else {
            None
        }
    }

    /// Turns this `Weak` into an [`Arc`], if there is another `Arc`. (Not in std.)
    ///
    /// Like [`upgrade`](Weak::upgrade) and a drop of the `Weak`, but without the drop's
    /// read-modify-write: one load and a compare-exchange
    /// ([upgrade_look](crate::proofs::upgrade_look), [upgrade](crate::proofs::upgrade)).
    ///
    /// # Errors
    ///
    /// Returns the `Weak` if `upgrade` would return `None`.
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let arc = Arc::new(5);
    /// let weak = Arc::downgrade(&arc);
    /// let second = weak.into_strong().unwrap();
    /// assert_eq!(Arc::strong_count(&arc), 2);
    /// assert_eq!(Arc::weak_count(&arc), 0);
    ///
    /// let weak = Arc::downgrade(&arc);
    /// drop((arc, second));
    /// assert!(weak.into_strong().is_err());
    /// ```
    #[inline]
    pub fn into_strong(self) -> Result<Arc<T>, Weak<T>> {
        if self.word().is_some_and(Word::weak_into_strong) {
            let this = ManuallyDrop::new(self);
            // SAFETY: the strong field has counted this handle, next to at least one other. So the
            // value is not dropped. The weak field does not count it any more, and it is forgotten
            // as a `Weak`.
            Ok(unsafe { Arc::from_value(this.value) })
        } else {
            Err(self)
        }
    }

    /// Returns the number of [`Arc`]s, or 0 if there is no value or no allocation.
    ///
    /// One `Acquire` load ([counts](crate::proofs::counts)). Other threads may change the count at
    /// any time.
    ///
    /// ```
    /// # use proven_arc::Arc;
    /// let arc = Arc::new(());
    /// assert_eq!(Arc::downgrade(&arc).strong_count(), 1);
    /// ```
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.word().map_or(0, |word| word.counts().strong)
    }

    /// Returns the number of `Weak`s, including this one, or 0 if there is no [`Arc`] or no
    /// allocation.
    ///
    /// One `Acquire` load ([counts](crate::proofs::counts)). Other threads may change the count at
    /// any time.
    ///
    /// ```
    /// # use proven_arc::Arc;
    /// let arc = Arc::new(());
    /// let weak = Arc::downgrade(&arc);
    /// assert_eq!(weak.weak_count(), 1);
    /// drop(arc);
    /// assert_eq!(weak.weak_count(), 0);
    /// ```
    #[must_use]
    pub fn weak_count(&self) -> usize {
        match self.word().map(Word::counts) {
            Some(Counts { strong: 1.., weak }) => weak,
            _ => 0,
        }
    }

    /// Returns whether both handles point to the same allocation, or neither has one. Does not
    /// compare the metadata of the pointers.
    ///
    /// ```
    /// use proven_arc::{Arc, Weak};
    ///
    /// let arc = Arc::new(5);
    /// assert!(Arc::downgrade(&arc).ptr_eq(&Arc::downgrade(&arc)));
    /// assert!(!Arc::downgrade(&arc).ptr_eq(&Weak::new()));
    /// ```
    #[inline]
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        core::ptr::addr_eq(self.value.as_ptr(), other.value.as_ptr())
    }
}

impl<T: ?Sized> Weak<T> {
    /// Releases the handle. Returns `true` if it was the last handle, strong or weak. The caller
    /// has to free the memory then.
    #[inline]
    pub(crate) fn release(&self) -> bool {
        if let Some(word) = self.word() {
            if let Some(last) = word.release_weak() {
                word.take_memory(last);
                return true;
            }
        }
        false
    }

    /// Frees the memory.
    ///
    /// # Safety
    ///
    /// [`release`](Self::release) returned `true` for the last handle of this allocation.
    #[inline]
    pub(crate) unsafe fn free(value: NonNull<T>) {
        // SAFETY: by the contract, no handle is left. So the implicit weak was released too, which
        // happens only after the value was dropped or moved out.
        unsafe { deallocate(value) }
    }

    /// Frees the memory after the last weak handle was released.
    ///
    /// # Safety
    ///
    /// The release of the last weak handle of this `value` returned `last`.
    #[inline(never)]
    pub(crate) unsafe fn drop_slow(value: NonNull<T>, last: LastWeak) {
        // SAFETY: the release of the last weak handle left the memory to the caller, and it is not
        // freed yet.
        unsafe { inner::word(value) }.take_memory(last);
        // SAFETY: the last weak handle was released. So the implicit weak was released before,
        // which happens only after the value was dropped or moved out.
        unsafe { deallocate(value) }
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    /// Makes another `Weak` to the same allocation. One `Relaxed` read-modify-write
    /// ([add_weak](crate::proofs::add_weak)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 `Weak`s.
    #[inline]
    fn clone(&self) -> Weak<T> {
        if let Some(word) = self.word() {
            word.add_weak();
        }
        Weak { value: self.value }
    }
}

impl<T> Default for Weak<T> {
    /// Returns a `Weak` without an allocation, like [`Weak::new`].
    fn default() -> Weak<T> {
        Weak::new()
    }
}

may_dangle_drop! {
    /// One `Release` read-modify-write ([release_weak](crate::proofs::release_weak),
    /// [release_weak_last](crate::proofs::release_weak_last)). The last `Weak` frees the memory if
    /// no [`Arc`] is left.
    impl Drop for Weak {
        #[inline]
        fn drop(&mut self) {
            if let Some(word) = self.word() {
                if let Some(last) = word.release_weak() {
                    // SAFETY: `last` is what the release of this handle returned.
                    unsafe { Weak::drop_slow(self.value, last) }
                }
            }
        }
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
