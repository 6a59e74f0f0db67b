//! [`ArcBorrow`]: a borrowed strong handle.

use crate::Arc;
use core::marker::PhantomData;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

/// A borrowed [`Arc`]. It is like a `&'a Arc<T>`, but points to the value directly. (Not in std.)
///
/// It is for code that reads the value, and sometimes makes an `Arc` to it. Making, copying and
/// dropping an `ArcBorrow` does not change the counts.
///
/// ```
/// use proven_arc::{Arc, ArcBorrow};
///
/// fn longest<'a>(words: &'a [Arc<str>], kept: &mut Vec<Arc<str>>) -> Option<&'a str> {
///     let longest: ArcBorrow<str> = words.iter().max_by_key(|word| word.len())?.into();
///     kept.push(ArcBorrow::clone_arc(&longest));
///     Some(ArcBorrow::get(longest))
/// }
///
/// let mut kept = Vec::new();
/// assert_eq!(longest(&["one".into(), "three".into()], &mut kept), Some("three"));
/// assert_eq!(&*kept[0], "three");
/// ```
///
/// It also fits a callback from C. The callback gets the pointer of [`Arc::into_raw`], and must not
/// release the handle that the pointer owns:
///
/// ```
/// use proven_arc::{Arc, ArcBorrow};
/// use std::ffi::c_void;
///
/// extern "C" fn on_event(context: *const c_void) -> u32 {
///     // SAFETY: the context comes from `into_raw`. Its handle is released after the last event.
///     let context: ArcBorrow<u32> = unsafe { ArcBorrow::from_raw(context.cast()) };
///     *context + 1
/// }
///
/// let context = Arc::into_raw(Arc::new(1_u32));
/// assert_eq!(on_event(context.cast()), 2);
/// // SAFETY: from `into_raw`, and used once.
/// drop(unsafe { Arc::from_raw(context) });
/// ```
///
/// The borrowed `Arc` must outlive the `ArcBorrow`:
///
/// ```compile_fail,E0505
/// use proven_arc::{Arc, ArcBorrow};
///
/// let arc = Arc::new(5);
/// let borrow = ArcBorrow::from(&arc);
/// drop(arc);
/// assert_eq!(*borrow, 5);
/// ```
#[repr(transparent)]
pub struct ArcBorrow<'a, T: ?Sized> {
    value: NonNull<T>,
    _borrows: PhantomData<&'a Arc<T>>,
}

// SAFETY: an `ArcBorrow` is like a `&Arc<T>`, which is `Send` and `Sync` under these bounds.
unsafe impl<T: ?Sized + Sync + Send> Send for ArcBorrow<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync + Send> Sync for ArcBorrow<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> UnwindSafe for ArcBorrow<'_, T> {}

impl<'a, T: ?Sized> ArcBorrow<'a, T> {
    /// Borrows the handle that a raw pointer owns.
    ///
    /// # Safety
    ///
    /// The pointer came from an `Arc`, as for [`Arc::from_raw`]. There is a strong handle for all
    /// of `'a`. The pointer still owns its handle afterwards.
    ///
    /// ```
    /// use proven_arc::{Arc, ArcBorrow};
    ///
    /// let raw = Arc::into_raw(Arc::new(5));
    /// // SAFETY: `raw` owns a handle.
    /// let five = unsafe { ArcBorrow::from_raw(raw) };
    /// assert_eq!(Arc::strong_count(ArcBorrow::as_arc(&five)), 1);
    /// // SAFETY: from `into_raw`, and used once.
    /// drop(unsafe { Arc::from_raw(raw) });
    /// ```
    #[inline]
    #[must_use]
    pub const unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: an `Arc`'s pointer is never null.
        let value = unsafe { NonNull::new_unchecked(ptr.cast_mut()) };
        Self { value, _borrows: PhantomData }
    }

    /// Returns a new strong handle. Like [`Arc::clone`] ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::{Arc, ArcBorrow};
    ///
    /// let arc = Arc::new(5);
    /// let again = ArcBorrow::clone_arc(&ArcBorrow::from(&arc));
    /// assert!(Arc::ptr_eq(&arc, &again));
    /// ```
    #[inline]
    #[must_use]
    pub fn clone_arc(this: &Self) -> Arc<T> {
        Arc::clone(ArcBorrow::as_arc(this))
    }

    /// Returns the handle as an `&Arc<T>`, for functions such as [`Arc::downgrade`],
    /// [`Arc::counts`] and [`Arc::ptr_eq`].
    ///
    /// ```
    /// use proven_arc::{Arc, ArcBorrow};
    ///
    /// let arc = Arc::new(5);
    /// let borrow = ArcBorrow::from(&arc);
    /// let weak = Arc::downgrade(ArcBorrow::as_arc(&borrow));
    /// assert_eq!(weak.upgrade(), Some(arc));
    /// ```
    #[inline]
    #[must_use]
    pub fn as_arc(this: &Self) -> &Arc<T> {
        // SAFETY: both types are `repr(transparent)` over the same pointer. The borrowed strong
        // handle outlives `'a`, and so the returned reference. A `&Arc` does not release the
        // handle.
        unsafe { NonNull::from(this).cast::<Arc<T>>().as_ref() }
    }

    /// Returns a reference to the value that lives as long as the `Arc` is borrowed. The reference
    /// that `Deref` returns lives only as long as `this` is borrowed.
    ///
    /// ```
    /// use proven_arc::{Arc, ArcBorrow};
    ///
    /// let arc = Arc::new(String::from("arc"));
    /// let value: &String = ArcBorrow::get(ArcBorrow::from(&arc));
    /// assert_eq!(value, "arc");
    /// ```
    #[inline]
    #[must_use]
    pub const fn get(this: Self) -> &'a T {
        // SAFETY: a strong handle is borrowed for `'a`. So the value is not dropped, and no thread
        // has the exclusive access that writing it takes.
        unsafe { this.value.as_ref() }
    }
}

impl<'a, T: ?Sized> From<&'a Arc<T>> for ArcBorrow<'a, T> {
    /// Borrows the handle.
    #[inline]
    fn from(arc: &'a Arc<T>) -> Self {
        Self { value: arc.value, _borrows: PhantomData }
    }
}

impl<T: ?Sized> Clone for ArcBorrow<'_, T> {
    /// Copies the pointer. Does not count a handle.
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for ArcBorrow<'_, T> {}

impl<T: ?Sized> Deref for ArcBorrow<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        ArcBorrow::get(*self)
    }
}
