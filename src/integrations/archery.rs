//! `archery`: [`ProvenArcK`], by which a `SharedPointer` is an [`Arc`].

use crate::Arc;
use alloc::boxed::Box;
use archery::SharedPointerKind;
use core::fmt;
use core::ptr::{NonNull, drop_in_place};

/// The pointer kind of [`Arc`] for `archery`: a `SharedPointer<T, ProvenArcK>` is an `Arc<T>`. The
/// persistent collections of `rpds` are generic over the kind. Requires the feature `archery`.
///
/// ```
/// use proven_arc::ProvenArcK;
/// use rpds::List;
///
/// let one: List<&str, ProvenArcK> = List::new_with_ptr_kind().push_front("one");
/// let two = one.push_front("two"); // shares the elements of `one`
/// assert_eq!((one.len(), two.len()), (1, 2));
/// ```
///
/// A `ProvenArcK` is the pointer of an `Arc`, without its type. Dropping it outside of a
/// `SharedPointer` leaks the handle.
pub struct ProvenArcK {
    value: NonNull<()>,
}

// SAFETY: only unsafe functions use the pointer. `SharedPointer`, which calls them, is `Send` and
// `Sync` only if the value is both.
unsafe impl Send for ProvenArcK {}
// SAFETY: as above.
unsafe impl Sync for ProvenArcK {}

impl ProvenArcK {
    #[inline]
    fn of<T>(arc: Arc<T>) -> Self {
        let value = arc.value.cast();
        core::mem::forget(arc);
        Self { value }
    }

    /// # Safety
    ///
    /// `self` was made from an `Arc<T>`.
    #[inline]
    unsafe fn arc<T>(&self) -> &Arc<T> {
        // SAFETY: by the contract, `value` is the pointer of an `Arc<T>`. An `Arc<T>` of a sized
        // `T` is `repr(transparent)` over such a pointer.
        unsafe { NonNull::from(&self.value).cast().as_ref() }
    }

    /// # Safety
    ///
    /// `self` was made from an `Arc<T>`.
    #[inline]
    unsafe fn arc_mut<T>(&mut self) -> &mut Arc<T> {
        // SAFETY: as for `arc`, and `self` is borrowed exclusively.
        unsafe { NonNull::from(&mut self.value).cast().as_mut() }
    }
}

// The contract of each unsafe function below includes that of `arc`.
// SAFETY: only `try_unwrap` moves the value out. `make_mut` would move a value that has `Weak`s,
// but a `ProvenArcK` cannot be downgraded.
unsafe impl SharedPointerKind for ProvenArcK {
    #[inline]
    fn new<T>(v: T) -> Self {
        Self::of(Arc::new(v))
    }

    #[inline]
    fn from_box<T>(v: Box<T>) -> Self {
        Self::of::<T>(Arc::from(v))
    }

    #[inline]
    unsafe fn as_ptr<T>(&self) -> *const T {
        self.value.as_ptr().cast()
    }

    #[inline]
    unsafe fn deref<T>(&self) -> &T {
        // SAFETY: by the contract, `self` was made from an `Arc<T>`.
        unsafe { self.arc() }
    }

    #[inline]
    unsafe fn try_unwrap<T>(self) -> Result<T, Self> {
        // SAFETY: by the contract, `self` owns the handle of an `Arc<T>`. It is consumed.
        let arc = unsafe { Arc::from_value(self.value.cast::<T>()) };
        Arc::try_unwrap(arc).map_err(Self::of)
    }

    #[inline]
    unsafe fn get_mut<T>(&mut self) -> Option<&mut T> {
        // SAFETY: by the contract, `self` was made from an `Arc<T>`.
        Arc::get_mut(unsafe { self.arc_mut() })
    }

    #[inline]
    unsafe fn make_mut<T: Clone>(&mut self) -> &mut T {
        // SAFETY: by the contract, `self` was made from an `Arc<T>`.
        Arc::make_mut(unsafe { self.arc_mut() })
    }

    #[inline]
    unsafe fn strong_count<T>(&self) -> usize {
        // SAFETY: by the contract, `self` was made from an `Arc<T>`.
        Arc::strong_count(unsafe { self.arc::<T>() })
    }

    #[inline]
    unsafe fn clone<T>(&self) -> Self {
        // SAFETY: by the contract, `self` was made from an `Arc<T>`.
        Self::of(Arc::clone(unsafe { self.arc::<T>() }))
    }

    #[inline]
    unsafe fn drop<T>(&mut self) {
        // SAFETY: by the contract, `self` was made from an `Arc<T>`.
        let arc = unsafe { self.arc_mut::<T>() };
        // SAFETY: by the contract, `self` is not used again, so the handle is released once.
        unsafe { drop_in_place(arc) };
    }
}

impl fmt::Debug for ProvenArcK {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProvenArcK")
    }
}
