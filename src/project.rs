//! [`ArcRef`] and [`WeakRef`]: handles to a part of a value.

use crate::{Arc, Weak};
use core::fmt;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

/// Every type implements this trait. As a trait object, it erases the type of the whole.
trait Whole {}
impl<T> Whole for T {}

type Erased = dyn Whole + Send + Sync;

/// A handle to a part of a shared value. It keeps the whole value alive, and erases the type of the
/// whole. [`Arc::project`] makes it. (Accepted for std, not there yet.)
///
/// An `ArcRef` gives no access to the rest of the whole, and no mutable access to the part. The
/// part cannot borrow from a guard, such as that of a `Mutex` in the whole:
///
/// ```compile_fail,E0515
/// use proven_arc::Arc;
/// use std::sync::Mutex;
///
/// let list = Arc::new(Mutex::new(vec![1]));
/// let first = Arc::project(list, |list| &list.lock().unwrap()[0]);
/// ```
///
/// An `ArcRef` consists of a pointer to the part and the [`Arc`] of the whole, which is 24 bytes
/// for a sized part. It counts as one strong handle to the whole. Reading the part follows one
/// pointer, like reading the value of an `Arc`.
///
/// ```
/// use proven_arc::{Arc, ArcRef};
///
/// struct Config {
///     name: String,
///     ports: Vec<u16>,
/// }
///
/// let config = Arc::new(Config { name: "server".to_owned(), ports: vec![80, 443] });
/// let name: ArcRef<str> = Arc::project(config.clone(), |config| &*config.name);
/// let port: ArcRef<u16> = Arc::project(config, |config| &config.ports[1]);
/// assert_eq!((&*name, *port), ("server", 443));
/// ```
pub struct ArcRef<U: ?Sized> {
    /// Points into the whole, or to a value that lives as long as the whole.
    part: NonNull<U>,
    whole: Arc<Erased>,
}

// SAFETY: `Erased` requires the whole to be `Send` and `Sync`, as an `Arc` does. The bounds on `U`
// allow the other thread to read the part.
unsafe impl<U: ?Sized + Sync + Send> Send for ArcRef<U> {}
// SAFETY: as above.
unsafe impl<U: ?Sized + Sync + Send> Sync for ArcRef<U> {}
impl<U: ?Sized> Unpin for ArcRef<U> {}
impl<U: ?Sized + RefUnwindSafe> UnwindSafe for ArcRef<U> {}
impl<U: ?Sized + RefUnwindSafe> RefUnwindSafe for ArcRef<U> {}

impl<T: Send + Sync + 'static> Arc<T> {
    /// Turns the handle into a handle to the part of the value that `f` returns. The new handle
    /// keeps the whole value alive. Takes no atomic operation. If `f` panics, the handle is
    /// dropped. (Accepted for std, not there yet.)
    ///
    /// The type of the whole is erased, so it has to be `Send`, `Sync`, `'static` and sized. To
    /// project an `Arc<str>` or an `Arc<dyn Trait>`, put that handle into another `Arc`. The type
    /// of the part is `'static`, so that `f` cannot return a shorter-lived reference that it has
    /// captured.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let pair = Arc::new((1, String::from("two")));
    /// let two = Arc::project(pair, |pair| &pair.1[..]);
    /// assert_eq!(&*two, "two");
    /// ```
    #[inline]
    pub fn project<U: ?Sized + 'static>(this: Self, f: impl FnOnce(&T) -> &U) -> ArcRef<U> {
        let part = NonNull::from(f(&this));
        ArcRef { part, whole: crate::coerce!(this) }
    }
}

impl<U: ?Sized + 'static> ArcRef<U> {
    /// Turns the handle into a handle to a part of this part. Both parts are `'static`, as for
    /// [`Arc::project`].
    ///
    /// ```
    /// use proven_arc::{Arc, ArcRef};
    ///
    /// let words = Arc::project(Arc::new(vec!["one", "two"]), |words| &words[..]);
    /// let second = ArcRef::project(words, |words| words[1]);
    /// assert_eq!(&*second, "two");
    /// ```
    #[inline]
    pub fn project<V: ?Sized + 'static>(this: Self, f: impl FnOnce(&U) -> &V) -> ArcRef<V> {
        let part = NonNull::from(f(&this));
        ArcRef { part, whole: this.whole }
    }
}

impl<U: ?Sized> ArcRef<U> {
    /// Returns a [`WeakRef`] to the same part. Like [`Arc::downgrade`]
    /// ([add_weak](crate::proofs::add_weak)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 weak handles of the whole.
    ///
    /// ```
    /// use proven_arc::{Arc, ArcRef};
    ///
    /// let arc = Arc::new((1, 2));
    /// let weak = ArcRef::downgrade(&Arc::project(arc.clone(), |pair| &pair.1));
    /// assert_eq!(weak.upgrade().as_deref(), Some(&2));
    ///
    /// drop(arc);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[inline]
    #[must_use = "this returns a new `WeakRef`, without changing the `ArcRef`"]
    pub fn downgrade(this: &Self) -> WeakRef<U> {
        WeakRef { part: this.part, whole: Arc::downgrade(&this.whole) }
    }

    /// Returns whether both handles point to the same address in the same allocation. Does not
    /// compare the metadata of the pointers.
    ///
    /// ```
    /// use proven_arc::{Arc, ArcRef};
    ///
    /// let [one, two] = Arc::clone_array(&Arc::new((1, 2)));
    /// let one = Arc::project(one, |pair| &pair.0);
    /// assert!(ArcRef::ptr_eq(&one, &one.clone()));
    /// assert!(!ArcRef::ptr_eq(&one, &Arc::project(two, |pair| &pair.1)));
    /// ```
    #[inline]
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        let same_part = core::ptr::addr_eq(this.part.as_ptr(), other.part.as_ptr());
        same_part && Arc::ptr_eq(&this.whole, &other.whole)
    }
}

impl<T: Send + Sync + 'static> From<Arc<T>> for ArcRef<T> {
    /// Turns the handle into a handle whose part is the whole value.
    #[inline]
    fn from(arc: Arc<T>) -> Self {
        Arc::project(arc, |whole| whole)
    }
}

impl<U: ?Sized> Clone for ArcRef<U> {
    /// Makes another handle to the same part. Like [`Arc::clone`]
    /// ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles of the whole.
    #[inline]
    fn clone(&self) -> Self {
        Self { part: self.part, whole: Arc::clone(&self.whole) }
    }
}

impl<U: ?Sized> Deref for ArcRef<U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: the part came from an `f` that accepts a borrow of the whole of any lifetime. All
        // types in its signature are `'static`, so no implied bound excludes a lifetime. So the
        // reference that `f` returned is valid until the whole is moved, written or dropped. This
        // handle keeps the whole alive, and while it exists, no other handle gets exclusive access.
        unsafe { self.part.as_ref() }
    }
}

/// A weak handle to a part of a shared value. It is to [`ArcRef`] what [`Weak`] is to [`Arc`].
///
/// ```
/// use proven_arc::{Arc, ArcRef, WeakRef};
///
/// let part = Arc::project(Arc::new((1, 2)), |pair| &pair.1);
/// let weak: WeakRef<i32> = ArcRef::downgrade(&part);
/// assert_eq!(weak.upgrade().as_deref(), Some(&2));
///
/// drop(part);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakRef<U: ?Sized> {
    part: NonNull<U>,
    whole: Weak<Erased>,
}

// SAFETY: the other thread can upgrade the `WeakRef` to an `ArcRef`, which is `Send` under these
// bounds.
unsafe impl<U: ?Sized + Sync + Send> Send for WeakRef<U> {}
// SAFETY: as above.
unsafe impl<U: ?Sized + Sync + Send> Sync for WeakRef<U> {}
impl<U: ?Sized> Unpin for WeakRef<U> {}
impl<U: ?Sized + RefUnwindSafe> UnwindSafe for WeakRef<U> {}
impl<U: ?Sized + RefUnwindSafe> RefUnwindSafe for WeakRef<U> {}

impl<U: ?Sized> WeakRef<U> {
    /// Returns a new [`ArcRef`] to the part, if the whole is not dropped yet. Like
    /// [`Weak::upgrade`] ([upgrade](crate::proofs::upgrade)).
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles of the whole.
    ///
    /// ```
    /// use proven_arc::{Arc, ArcRef};
    ///
    /// let part = Arc::project(Arc::new((1, 2)), |pair| &pair.1);
    /// let again = ArcRef::downgrade(&part).upgrade().unwrap();
    /// assert!(ArcRef::ptr_eq(&part, &again));
    /// ```
    #[inline]
    #[must_use = "this returns a new `ArcRef`, without changing the `WeakRef`"]
    pub fn upgrade(&self) -> Option<ArcRef<U>> {
        Some(ArcRef { part: self.part, whole: self.whole.upgrade()? })
    }
}

impl<U: ?Sized> Clone for WeakRef<U> {
    /// Makes another handle to the same part. Like [`Weak::clone`]
    /// ([add_weak](crate::proofs::add_weak)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 weak handles of the whole.
    #[inline]
    fn clone(&self) -> Self {
        Self { part: self.part, whole: Weak::clone(&self.whole) }
    }
}

impl<U: ?Sized> fmt::Debug for WeakRef<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole.fmt(f)
    }
}
