//! [`ThinArc`] and [`ThinWeak`]: handles to strings and slices that are one pointer each.
//!
//! ```text
//!        | word (8 bytes) | length | value ... |
//!                         ^ the pointer of every handle
//! ```
//!
//! The shared value is a `WithLength<T>`, which starts with the length. A `ThinArc<T>` is an
//! `Arc<WithLength<T>>` whose pointer has no metadata. It uses the counts as an `Arc<usize>` to the
//! length. To drop the value or to free the memory, it reads the length and continues as an
//! `Arc<WithLength<T>>`.

use crate::convert::write_all;
use crate::inner::{Uninit, capacity_overflow};
use crate::{Arc, CloneToUninit, Counts, Weak};
use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::alloc::{Layout, LayoutError};
use core::convert::Infallible;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::{self, NonNull};

mod sealed {
    use super::WithLength;
    use core::alloc::{Layout, LayoutError};
    use core::ptr::NonNull;

    /// # Safety
    ///
    /// `len` returns the length of the value. `layout` returns the layout of every value of that
    /// length. `behind` returns a pointer with the address of `length`, and with the metadata for
    /// that length.
    pub unsafe trait Sealed {
        fn len(&self) -> usize;
        fn layout(len: usize) -> Result<Layout, LayoutError>;
        /// Returns the pointer to the `WithLength` whose field `length` is at `length` and contains
        /// `len`.
        fn behind(length: NonNull<usize>, len: usize) -> NonNull<WithLength<Self>>;
    }
}
use sealed::Sealed;

/// The types of value that a [`ThinArc`] can have: `str`, `[T]`, and a [`HeaderSlice`] of these.
/// Sealed.
#[diagnostic::on_unimplemented(
    message = "a `ThinArc` holds a `str`, a `[T]` or a `HeaderSlice`, not a `{Self}`",
    label = "has no length",
    note = "an `Arc` of a sized value is one pointer too"
)]
pub trait SliceLike: Sealed {}

/// The value that a [`ThinArc`] points to.
#[repr(C)]
#[derive(Debug)]
pub struct WithLength<T: ?Sized> {
    pub(crate) length: usize,
    pub(crate) value: T,
}

/// A header of any sized type, followed by a slice or a string. Made for [`ThinArc`].
///
/// ```
/// use proven_arc::{HeaderSlice, ThinArc};
///
/// struct Node {
///     name: &'static str,
/// }
/// type Tree = ThinArc<HeaderSlice<Node, [u32]>>;
///
/// let node = Tree::from_header_and_iter(Node { name: "node" }, [1, 2, 3]);
/// assert_eq!((node.header.name, &node.slice), ("node", &[1, 2, 3][..]));
/// ```
#[repr(C)]
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderSlice<H, T: ?Sized> {
    /// The value in front of the slice.
    pub header: H,
    /// The slice or the string.
    pub slice: T,
}

// SAFETY: the metadata of a slice is its number of elements. Its layout is that of an array.
unsafe impl<T> Sealed for [T] {
    #[inline]
    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn layout(len: usize) -> Result<Layout, LayoutError> {
        Layout::array::<T>(len)
    }

    #[inline]
    fn behind(length: NonNull<usize>, len: usize) -> NonNull<WithLength<Self>> {
        let value = ptr::slice_from_raw_parts_mut(length.as_ptr(), len) as *mut WithLength<[T]>;
        // SAFETY: the address is that of `length`, which is not null.
        unsafe { NonNull::new_unchecked(value) }
    }
}
impl<T> SliceLike for [T] {}

// SAFETY: a `str` has the metadata and the layout of its bytes.
unsafe impl Sealed for str {
    #[inline]
    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn layout(len: usize) -> Result<Layout, LayoutError> {
        Layout::array::<u8>(len)
    }

    #[inline]
    fn behind(length: NonNull<usize>, len: usize) -> NonNull<WithLength<Self>> {
        let value = <[u8]>::behind(length, len).as_ptr() as *mut WithLength<str>;
        // SAFETY: the address is that of `length`, which is not null.
        unsafe { NonNull::new_unchecked(value) }
    }
}
impl SliceLike for str {}

// SAFETY: the metadata is that of the last field. `layout` follows the rules of `repr(C)`.
unsafe impl<H, T: ?Sized + SliceLike> Sealed for HeaderSlice<H, T> {
    #[inline]
    fn len(&self) -> usize {
        self.slice.len()
    }

    #[inline]
    fn layout(len: usize) -> Result<Layout, LayoutError> {
        Ok(Layout::new::<H>().extend(T::layout(len)?)?.0.pad_to_align())
    }

    #[inline]
    fn behind(length: NonNull<usize>, len: usize) -> NonNull<WithLength<Self>> {
        let value = T::behind(length, len).as_ptr() as *mut WithLength<Self>;
        // SAFETY: the address is that of `length`, which is not null.
        unsafe { NonNull::new_unchecked(value) }
    }
}
impl<H, T: ?Sized + SliceLike> SliceLike for HeaderSlice<H, T> {}

/// An [`Arc`] of a string, a slice, or a header and a slice, in one pointer. The length is in front
/// of the value, instead of in each handle. (Not in std.)
///
/// `Option<ThinArc<str>>` takes 8 bytes where an `Option<Arc<str>>` takes 16, and the allocation
/// takes 8 more. So it saves memory if a value has several handles, or if there are many empty
/// `Option`s. Each use of the value first loads the length, from the same allocation. Otherwise,
/// counts, [`ThinWeak`] and costs are as for [`Arc`] and [`Weak`].
///
/// ```
/// use proven_arc::ThinArc;
///
/// let word: ThinArc<str> = "thin".into();
/// assert_eq!(size_of_val(&word), size_of::<usize>());
/// assert_eq!(&*word, "thin");
///
/// let squares: ThinArc<[u32]> = (0..4).map(|n| n * n).collect(); // one allocation
/// assert_eq!(*squares, [0, 1, 4, 9]);
/// ```
#[repr(transparent)]
pub struct ThinArc<T: ?Sized + SliceLike> {
    /// The strong handle, as an `Arc` of the length.
    length: ManuallyDrop<Arc<usize>>,
    _owns: PhantomData<T>,
}

// SAFETY: a `ThinArc` is a handle like an `Arc<T>`, which is `Send` and `Sync` under these bounds.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Send for ThinArc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Sync for ThinArc<T> {}
impl<T: ?Sized + SliceLike> Unpin for ThinArc<T> {}
impl<T: ?Sized + SliceLike + RefUnwindSafe> UnwindSafe for ThinArc<T> {}

impl<T: ?Sized + SliceLike> ThinArc<T> {
    /// Returns the layout of a `WithLength` whose value has the length `len`.
    #[inline]
    fn layout(len: usize) -> Option<Layout> {
        let (layout, _) = Layout::new::<usize>().extend(T::layout(len).ok()?).ok()?;
        Some(layout.pad_to_align())
    }

    /// Allocates a place for a value of the length `len`.
    #[inline]
    pub(crate) fn place(len: usize) -> Uninit<WithLength<T>> {
        let Some(layout) = Self::layout(len) else { capacity_overflow() };
        // SAFETY: `behind` makes the pointer to a `WithLength` of this length. `layout` follows the
        // rules of `repr(C)` for it.
        unsafe { Uninit::with_layout(layout, |place| T::behind(place.cast(), len)) }
    }

    /// Calls `write` to write a value of the length `len` into `place`.
    ///
    /// # Safety
    ///
    /// `place` is for a value of that length. If `write` returns `Ok`, the value is written.
    #[inline]
    pub(crate) unsafe fn try_write<E>(
        mut place: Uninit<WithLength<T>>,
        len: usize,
        write: impl FnOnce(*mut T) -> Result<(), E>,
    ) -> Result<Self, E> {
        let whole: *mut WithLength<T> = place.as_mut_ptr();
        // SAFETY: the field is inside the new allocation.
        write(unsafe { &raw mut (*whole).value })?;
        // SAFETY: as above.
        let length = unsafe { &raw mut (*whole).length };
        // SAFETY: the allocation is new, and no handle to it exists yet.
        unsafe { length.write(len) };
        // SAFETY: both fields are written.
        Ok(Self::from_whole(unsafe { place.assume_init() }))
    }

    /// Allocates a place for a value of the length `len`, and calls `write` to write it.
    ///
    /// # Safety
    ///
    /// `write` writes the value.
    #[inline]
    unsafe fn build(len: usize, write: impl FnOnce(*mut T)) -> Self {
        let write = |place: *mut T| {
            write(place);
            Ok::<(), Infallible>(())
        };
        // SAFETY: `place` makes a place for this length. By the contract, `write` writes the value.
        let Ok(built) = unsafe { Self::try_write(Self::place(len), len, write) };
        built
    }

    /// Moves the value out of `source`.
    ///
    /// # Safety
    ///
    /// The caller does not use or drop the value after this call.
    #[inline]
    unsafe fn move_from(source: &T) -> Self {
        let (from, size) = (ptr::from_ref(source).cast::<u8>(), size_of_val(source));
        // SAFETY: the new place has the layout of a value of this length.
        let copy =
            |place: *mut T| unsafe { place.cast::<u8>().copy_from_nonoverlapping(from, size) };
        // SAFETY: all bytes of the value are copied, and the caller gave up the value.
        unsafe { Self::build(source.len(), copy) }
    }

    fn from_whole(arc: Arc<WithLength<T>>) -> Self {
        let arc = ManuallyDrop::new(arc);
        // SAFETY: the forgotten handle becomes a handle to the length, which is the first field.
        Self::from_length(unsafe { Arc::from_value(arc.value.cast()) })
    }

    /// Returns the same handle as an `Arc` of the whole.
    #[inline]
    fn into_whole(this: Self) -> Arc<WithLength<T>> {
        let this = ManuallyDrop::new(this);
        // SAFETY: the word counts this handle, so the memory is allocated.
        let whole = unsafe { Self::whole(this.length.value) };
        // SAFETY: the forgotten `this` owned this strong handle.
        unsafe { Arc::from_value(whole) }
    }

    fn from_length(length: Arc<usize>) -> Self {
        Self { length: ManuallyDrop::new(length), _owns: PhantomData }
    }

    /// # Safety
    ///
    /// `length` is the pointer of a `ThinArc<T>` or a `ThinWeak<T>`, and its memory is allocated.
    #[inline]
    unsafe fn whole(length: NonNull<usize>) -> NonNull<WithLength<T>> {
        // SAFETY: by the contract the memory is allocated. `try_write` wrote the length before
        // there was a handle, and nothing has written it since.
        T::behind(length, unsafe { length.read() })
    }

    #[inline]
    fn value(&self) -> NonNull<T> {
        // SAFETY: the word counts this handle, so the memory is allocated.
        let whole = unsafe { Self::whole(self.length.value) };
        // SAFETY: as above.
        let value = unsafe { &raw mut (*whole.as_ptr()).value };
        // SAFETY: a pointer into an allocation is not null.
        unsafe { NonNull::new_unchecked(value) }
    }

    /// Returns a [`ThinWeak`] to the same allocation. Like [`Arc::downgrade`]
    /// ([add_weak](crate::proofs::add_weak)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 weak handles.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let word: ThinArc<str> = "thin".into();
    /// let weak = ThinArc::downgrade(&word);
    /// assert_eq!(weak.upgrade().as_deref(), Some("thin"));
    /// ```
    #[inline]
    #[must_use = "this returns a new `ThinWeak`, without changing the `ThinArc`"]
    pub fn downgrade(this: &Self) -> ThinWeak<T> {
        ThinWeak::from_length(Arc::downgrade(&this.length))
    }

    /// Turns this handle into a [`ThinWeak`]. Like [`Arc::into_weak`]
    /// ([strong_into_weak](crate::proofs::strong_into_weak)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 weak handles.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let word: ThinArc<str> = "thin".into();
    /// let weak = ThinArc::into_weak(word.clone());
    /// assert_eq!(ThinArc::strong_count(&word), 1);
    /// assert!(weak.upgrade().is_some());
    /// ```
    #[inline]
    #[must_use = "this returns a new `ThinWeak`, which is dropped otherwise"]
    pub fn into_weak(this: Self) -> ThinWeak<T> {
        let weak = ManuallyDrop::new(Arc::into_weak(Self::into_whole(this)));
        // SAFETY: the forgotten handle becomes one to the length, which is the first field.
        ThinWeak::from_length(unsafe { Weak::from_value(weak.value.cast()) })
    }

    /// Returns the number of `ThinArc`s, including this one. Like [`Arc::strong_count`].
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// let _again = word.clone();
    /// assert_eq!(ThinArc::strong_count(&word), 2);
    /// ```
    #[inline]
    #[must_use]
    pub fn strong_count(this: &Self) -> usize {
        Arc::strong_count(&this.length)
    }

    /// Returns the number of [`ThinWeak`]s. Like [`Arc::weak_count`].
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert_eq!(ThinArc::weak_count(&word), 0);
    /// ```
    #[inline]
    #[must_use]
    pub fn weak_count(this: &Self) -> usize {
        Arc::weak_count(&this.length)
    }

    /// Returns both counts, as they were at one moment. Like [`Arc::counts`].
    ///
    /// ```
    /// # use proven_arc::{Counts, ThinArc};
    /// let word: ThinArc<str> = "thin".into();
    /// assert_eq!(ThinArc::counts(&word), Counts { strong: 1, weak: 0 });
    /// ```
    #[inline]
    #[must_use]
    pub fn counts(this: &Self) -> Counts {
        Arc::counts(&this.length)
    }

    /// Returns whether this is the only handle, strong or weak. Like [`Arc::is_unique`].
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert!(ThinArc::is_unique(&word));
    /// ```
    #[inline]
    #[must_use]
    pub fn is_unique(this: &Self) -> bool {
        Arc::is_unique(&this.length)
    }

    /// Returns whether both handles point to the same allocation.
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert!(ThinArc::ptr_eq(&word, &word.clone()));
    /// assert!(!ThinArc::ptr_eq(&word, &"thin".into()));
    /// ```
    #[inline]
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Arc::ptr_eq(&this.length, &other.length)
    }

    /// Returns a mutable reference to the value, if this is the only handle, strong or weak. Like
    /// [`Arc::get_mut`] ([is_unique](crate::proofs::is_unique)).
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let mut word: ThinArc<str> = "thin".into();
    /// ThinArc::get_mut(&mut word).unwrap().make_ascii_uppercase();
    /// assert_eq!(&*word, "THIN");
    ///
    /// let _other = word.clone();
    /// assert!(ThinArc::get_mut(&mut word).is_none());
    /// ```
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if ThinArc::is_unique(this) {
            // SAFETY: `is_unique` found no other handle, and every earlier access happens-before
            // this one. This handle is borrowed exclusively, so it stays the only one.
            Some(unsafe { this.value().as_mut() })
        } else {
            None
        }
    }

    /// Returns the opaque thin pointer that [`into_raw`](ThinArc::into_raw) would return.
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert_eq!(ThinArc::as_ptr(&word), ThinArc::as_ptr(&word.clone()));
    /// ```
    #[inline]
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const () {
        this.length.value.as_ptr().cast()
    }

    /// Turns the handle into an opaque thin pointer. The pointer owns the handle.
    /// [`from_raw`](ThinArc::from_raw) turns it back into a `ThinArc`.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let raw: *const () = ThinArc::into_raw(ThinArc::<str>::from("thin"));
    /// // SAFETY: from `into_raw`, and used once.
    /// assert_eq!(&*unsafe { ThinArc::<str>::from_raw(raw) }, "thin");
    /// ```
    #[inline]
    #[must_use = "the strong handle is leaked if the pointer is not turned back"]
    pub fn into_raw(this: Self) -> *const () {
        ThinArc::as_ptr(&ManuallyDrop::new(this))
    }

    /// Makes a `ThinArc` from the pointer that [`into_raw`](ThinArc::into_raw) returned.
    ///
    /// # Safety
    ///
    /// The pointer came from [`into_raw`](ThinArc::into_raw) of a `ThinArc<T>`. It owns a strong
    /// handle, which this call takes over.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let raw = ThinArc::into_raw(ThinArc::<[u8]>::from(vec![1, 2]));
    /// // SAFETY: from `into_raw`, and used once.
    /// assert_eq!(*unsafe { ThinArc::<[u8]>::from_raw(raw) }, [1, 2]);
    /// ```
    #[inline]
    pub unsafe fn from_raw(ptr: *const ()) -> Self {
        // SAFETY: by the contract, the pointer owns a strong handle, and points to the length.
        Self::from_length(unsafe { Arc::from_raw(ptr.cast()) })
    }

    /// Adds a strong handle for a pointer of [`into_raw`](ThinArc::into_raw). Like
    /// [`Arc::increment_strong_count`] ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Safety
    ///
    /// The pointer came from [`into_raw`](ThinArc::into_raw) or [`as_ptr`](ThinArc::as_ptr) of a
    /// `ThinArc<T>`. There is a strong handle for the whole call.
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let word: ThinArc<str> = "thin".into();
    /// let raw = ThinArc::as_ptr(&word);
    /// // SAFETY: `word` is a strong handle to the same value.
    /// unsafe { ThinArc::<str>::increment_strong_count(raw) };
    /// assert_eq!(ThinArc::strong_count(&word), 2);
    /// // SAFETY: `raw` owns the handle that was added just now.
    /// unsafe { ThinArc::<str>::decrement_strong_count(raw) };
    /// assert_eq!(ThinArc::strong_count(&word), 1);
    /// ```
    #[inline]
    pub unsafe fn increment_strong_count(ptr: *const ()) {
        // SAFETY: by the contract, the pointer is that of an `Arc` of the length, with a handle.
        unsafe { Arc::increment_strong_count(ptr.cast::<usize>()) }
    }

    /// Releases a strong handle that a pointer of [`into_raw`](ThinArc::into_raw) owns. The last
    /// one drops the value.
    ///
    /// # Safety
    ///
    /// As for [`from_raw`](ThinArc::from_raw).
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let word: ThinArc<str> = "thin".into();
    /// let weak = ThinArc::downgrade(&word);
    /// // SAFETY: from `into_raw`, and used once.
    /// unsafe { ThinArc::<str>::decrement_strong_count(ThinArc::into_raw(word)) };
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[inline]
    pub unsafe fn decrement_strong_count(ptr: *const ()) {
        // SAFETY: the caller's contract.
        drop(unsafe { Self::from_raw(ptr) });
    }
}

impl<T: ?Sized + SliceLike + CloneToUninit> ThinArc<T> {
    /// Clones `value` into a new allocation. If a `clone` panics, nothing is leaked.
    ///
    /// # Panics
    ///
    /// If the allocation would be larger than `isize::MAX` bytes.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// assert_eq!(&*ThinArc::<str>::clone_from_ref("thin"), "thin");
    /// ```
    #[inline]
    #[must_use]
    pub fn clone_from_ref(value: &T) -> Self {
        // SAFETY: the new place has the layout of a value of this length.
        let clone = |place: *mut T| unsafe { value.clone_to_uninit(place.cast()) };
        // SAFETY: `clone_to_uninit` writes the value, or unwinds.
        unsafe { Self::build(value.len(), clone) }
    }

    /// Returns a mutable reference to the value. If this is not the only handle, moves or clones
    /// the value into a new allocation first, like [`Arc::make_mut`]. After a move, the
    /// [`ThinWeak`]s no longer upgrade.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let mut word: ThinArc<str> = "thin".into();
    /// let other = word.clone();
    /// ThinArc::make_mut(&mut word).make_ascii_uppercase();
    /// assert_eq!((&*word, &*other), ("THIN", "thin"));
    /// ```
    #[inline]
    pub fn make_mut(this: &mut Self) -> &mut T {
        if !ThinArc::is_unique(this) {
            Self::make_unique(this);
        }
        // SAFETY: this is the only handle, and every earlier access happens-before this one, by
        // `is_unique` or `make_unique`. The handle is borrowed exclusively.
        unsafe { this.value().as_mut() }
    }

    #[inline(never)]
    fn make_unique(this: &mut Self) {
        /// The thin handle as a handle to the whole. Dropping it writes the pointer back, even if
        /// `make_mut` panics.
        struct Whole<'a, T: ?Sized + SliceLike>(
            &'a mut ThinArc<T>,
            ManuallyDrop<Arc<WithLength<T>>>,
        );

        impl<T: ?Sized + SliceLike> Drop for Whole<'_, T> {
            fn drop(&mut self) {
                self.0.length.value = self.1.value.cast();
            }
        }

        // SAFETY: the word counts this handle, so the memory is allocated.
        let whole = unsafe { Self::whole(this.length.value) };
        // SAFETY: this is the same counted handle as `this`, which is not used until `Whole` is
        // dropped. `ManuallyDrop` prevents a second release.
        let arc = unsafe { Arc::from_value(whole) };
        let mut whole = Whole(this, ManuallyDrop::new(arc));
        Arc::make_mut(&mut whole.1);
    }
}

impl<H, T> ThinArc<HeaderSlice<H, [T]>> {
    /// Moves `header` and the elements of `iter` into a new allocation.
    ///
    /// If the iterator's `size_hint` is exact and correct, the elements are written in place.
    /// Otherwise they are collected into a `Vec` first. If the iterator panics, nothing is leaked.
    ///
    /// # Panics
    ///
    /// If the allocation would be larger than `isize::MAX` bytes, by the elements or by the
    /// `size_hint`.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let thin = ThinArc::from_header_and_iter("odd", (1..8).step_by(2));
    /// assert_eq!((thin.header, &thin.slice), ("odd", &[1, 3, 5, 7][..]));
    /// ```
    #[inline]
    pub fn from_header_and_iter(header: H, iter: impl IntoIterator<Item = T>) -> Self {
        let iter = iter.into_iter();
        match iter.size_hint() {
            (least, Some(most)) if least == most => {
                Self::from_header_and_iter_exact(header, iter, least)
            }
            _ => Self::from_header_and_vec(header, Vec::from_iter(iter)),
        }
    }

    /// Moves `header` and `elements` into a new allocation.
    fn from_header_and_vec(header: H, elements: Vec<T>) -> Self {
        let len = elements.len();
        Self::from_header_and_iter_exact(header, elements.into_iter(), len)
    }

    /// Collects an iterator whose `size_hint` says that it has `len` elements.
    #[inline]
    fn from_header_and_iter_exact(header: H, iter: impl Iterator<Item = T>, len: usize) -> Self {
        let mut header = Some(header);
        let write = |place: *mut HeaderSlice<H, [T]>| -> Result<(), Vec<T>> {
            // SAFETY: the field is inside the new allocation.
            let slice = unsafe { &raw mut (*place).slice };
            // SAFETY: the allocation is new, and no handle to it exists yet.
            unsafe { write_all(slice, iter) }?;
            // SAFETY: the field is inside the new allocation.
            let place = unsafe { &raw mut (*place).header };
            // SAFETY: the allocation is new, and no handle to it exists yet.
            unsafe { place.write(header.take().expect("written once")) };
            Ok(())
        };
        // SAFETY: both fields are written.
        unsafe { Self::try_write(Self::place(len), len, write) }.unwrap_or_else(|elements| {
            Self::from_header_and_vec(header.expect("not written"), elements)
        })
    }

    /// Moves `header` and the results of `f` into a new allocation. Calls `f` with 0 to `len - 1`.
    /// If `f` panics, nothing is leaked.
    ///
    /// # Panics
    ///
    /// If the allocation would be larger than `isize::MAX` bytes.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let thin = ThinArc::from_header_and_fn("squares", 4, |n| n * n);
    /// assert_eq!((thin.header, &thin.slice), ("squares", &[0, 1, 4, 9][..]));
    /// ```
    #[inline]
    pub fn from_header_and_fn(header: H, len: usize, f: impl FnMut(usize) -> T) -> Self {
        Self::from_header_and_iter_exact(header, (0..len).map(f), len)
    }
}

impl<H> ThinArc<HeaderSlice<H, str>> {
    /// Moves `header`, and copies `text`, into a new allocation.
    ///
    /// # Panics
    ///
    /// If the allocation would be larger than `isize::MAX` bytes.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let word = ThinArc::from_header_and_str(7, "seven");
    /// assert_eq!((word.header, &word.slice), (7, "seven"));
    /// ```
    #[inline]
    pub fn from_header_and_str(header: H, text: &str) -> Self {
        let bytes = ThinArc::from_header_and_iter(header, text.bytes());
        // SAFETY: a `str` has the layout of its bytes, with the same length in front, and these
        // bytes are UTF-8.
        unsafe { ThinArc::from_raw(ThinArc::into_raw(bytes)) }
    }
}

impl<T> From<ThinArc<HeaderSlice<(), [T]>>> for ThinArc<[T]> {
    /// Turns the handle into a handle to the slice, without the empty header.
    #[inline]
    fn from(thin: ThinArc<HeaderSlice<(), [T]>>) -> Self {
        // SAFETY: a `()` in front takes no space, so both types have the same layout, length and
        // elements.
        unsafe { ThinArc::from_raw(ThinArc::into_raw(thin)) }
    }
}

impl<T> FromIterator<T> for ThinArc<[T]> {
    /// Like [`ThinArc::from_header_and_iter`].
    #[inline]
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        ThinArc::from_header_and_iter((), iter).into()
    }
}

impl<T: ?Sized + SliceLike> From<Box<T>> for ThinArc<T> {
    /// Moves the value into a new allocation, and frees the box.
    #[inline]
    fn from(value: Box<T>) -> Self {
        // SAFETY: `forget_value` frees the box without dropping the value.
        let moved = unsafe { Self::move_from(&value) };
        crate::convert::forget_value(value);
        moved
    }
}

impl<T> From<Vec<T>> for ThinArc<[T]> {
    /// Moves the elements into a new allocation, and frees the buffer.
    #[inline]
    fn from(mut value: Vec<T>) -> Self {
        // SAFETY: `set_len` makes the `Vec` forget the elements.
        let moved = unsafe { Self::move_from(value.as_slice()) };
        // SAFETY: 0 is within the capacity, and no element has to be initialised.
        unsafe { value.set_len(0) };
        moved
    }
}

impl<T, const N: usize> From<[T; N]> for ThinArc<[T]> {
    /// Moves the elements into a new allocation.
    #[inline]
    fn from(value: [T; N]) -> Self {
        let value = ManuallyDrop::new(value);
        // SAFETY: `ManuallyDrop` does not drop the array.
        unsafe { Self::move_from(&value[..]) }
    }
}

impl<T: Clone> From<&[T]> for ThinArc<[T]> {
    /// Like [`ThinArc::clone_from_ref`].
    #[inline]
    fn from(value: &[T]) -> Self {
        ThinArc::clone_from_ref(value)
    }
}

impl From<&str> for ThinArc<str> {
    /// Copies the string into a new allocation.
    #[inline]
    fn from(value: &str) -> Self {
        ThinArc::clone_from_ref(value)
    }
}

impl<T: Clone> From<&mut [T]> for ThinArc<[T]> {
    /// Like [`ThinArc::clone_from_ref`].
    #[inline]
    fn from(value: &mut [T]) -> Self {
        ThinArc::clone_from_ref(value)
    }
}

impl From<&mut str> for ThinArc<str> {
    /// Copies the string into a new allocation.
    #[inline]
    fn from(value: &mut str) -> Self {
        ThinArc::clone_from_ref(value)
    }
}

impl From<String> for ThinArc<str> {
    /// Copies the string into a new allocation, and frees the string's buffer.
    #[inline]
    fn from(value: String) -> Self {
        ThinArc::from(&*value)
    }
}

impl From<ThinArc<str>> for ThinArc<[u8]> {
    /// Turns the handle into one to the string's bytes.
    #[inline]
    fn from(value: ThinArc<str>) -> Self {
        // SAFETY: a `str` has the layout of its bytes, with the same length in front.
        unsafe { ThinArc::from_raw(ThinArc::into_raw(value)) }
    }
}

impl<'a, B> From<Cow<'a, B>> for ThinArc<B>
where
    B: ToOwned + ?Sized + SliceLike,
    ThinArc<B>: From<&'a B> + From<B::Owned>,
{
    /// Converts the borrowed or the owned value.
    #[inline]
    fn from(cow: Cow<'a, B>) -> Self {
        match cow {
            Cow::Borrowed(value) => ThinArc::from(value),
            Cow::Owned(value) => ThinArc::from(value),
        }
    }
}

impl<T> Default for ThinArc<[T]> {
    /// Returns an empty slice, in its own allocation.
    #[inline]
    fn default() -> Self {
        ThinArc::from([])
    }
}

impl Default for ThinArc<str> {
    /// Returns an empty string, in its own allocation.
    #[inline]
    fn default() -> Self {
        ThinArc::from("")
    }
}

impl<T: ?Sized + SliceLike> Clone for ThinArc<T> {
    /// Makes another strong handle to the same value. Like [`Arc::clone`]
    /// ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    #[inline]
    fn clone(&self) -> Self {
        Self::from_length(Arc::clone(&self.length))
    }
}

impl<T: ?Sized + SliceLike> Deref for ThinArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the word counts this handle, so the value is not dropped. Writing the value takes
        // exclusive access to the only handle, and this handle is borrowed.
        unsafe { self.value().as_ref() }
    }
}

impl<T: ?Sized + SliceLike> Drop for ThinArc<T> {
    /// Like the drop of an [`Arc`] ([release_strong](crate::proofs::release_strong),
    /// [take_value](crate::proofs::take_value)).
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the word counts this handle, so the memory is allocated.
        let whole = unsafe { Self::whole(self.length.value) };
        // SAFETY: `self` owned this strong handle, and does not use it again, since `length` is a
        // `ManuallyDrop`.
        drop(unsafe { Arc::from_value(whole) });
    }
}

/// A weak handle to a [`ThinArc`]'s allocation, in one pointer. It is to [`ThinArc`] what [`Weak`]
/// is to [`Arc`].
///
/// ```
/// use proven_arc::ThinArc;
///
/// let word: ThinArc<str> = "thin".into();
/// let weak = ThinArc::downgrade(&word);
/// assert_eq!(weak.upgrade().as_deref(), Some("thin"));
///
/// drop(word);
/// assert!(weak.upgrade().is_none());
/// ```
#[repr(transparent)]
pub struct ThinWeak<T: ?Sized + SliceLike> {
    /// The weak handle, as a `Weak` of the length.
    pub(crate) length: ManuallyDrop<Weak<usize>>,
    _value: PhantomData<*const T>,
}

// SAFETY: a `ThinWeak` is a handle like a `Weak<T>`, which is `Send` and `Sync` under these bounds.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Send for ThinWeak<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Sync for ThinWeak<T> {}
impl<T: ?Sized + SliceLike> Unpin for ThinWeak<T> {}

impl<T: ?Sized + SliceLike> ThinWeak<T> {
    /// Returns a `ThinWeak` without an allocation. Its [`upgrade`](ThinWeak::upgrade) always
    /// returns `None`.
    ///
    /// ```
    /// use proven_arc::ThinWeak;
    ///
    /// static NONE: ThinWeak<str> = ThinWeak::new();
    /// assert!(NONE.upgrade().is_none());
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self::from_length(Weak::new())
    }

    const fn from_length(length: Weak<usize>) -> Self {
        Self { length: ManuallyDrop::new(length), _value: PhantomData }
    }

    /// Returns a new [`ThinArc`], if the value is not dropped yet. Like [`Weak::upgrade`]
    /// ([upgrade](crate::proofs::upgrade)).
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let word: ThinArc<str> = "thin".into();
    /// let weak = ThinArc::downgrade(&word);
    /// assert!(ThinArc::ptr_eq(&weak.upgrade().unwrap(), &word));
    /// ```
    #[inline]
    #[must_use = "this returns a new `ThinArc`, without changing the `ThinWeak`"]
    pub fn upgrade(&self) -> Option<ThinArc<T>> {
        self.length.upgrade().map(ThinArc::from_length)
    }

    /// Turns this `ThinWeak` into a [`ThinArc`], if there is another one. Like
    /// [`Weak::into_strong`] ([upgrade](crate::proofs::upgrade)).
    ///
    /// # Errors
    ///
    /// Returns the `ThinWeak` where `upgrade` would return `None`.
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::{Counts, ThinArc};
    ///
    /// let word: ThinArc<str> = "thin".into();
    /// let second = ThinArc::downgrade(&word).into_strong().unwrap();
    /// assert_eq!(ThinArc::counts(&word), Counts { strong: 2, weak: 0 });
    ///
    /// let weak = ThinArc::downgrade(&word);
    /// drop((word, second));
    /// assert!(weak.into_strong().is_err());
    /// ```
    #[inline]
    pub fn into_strong(self) -> Result<ThinArc<T>, ThinWeak<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the forgotten `this` owned this weak handle, or it is dangling.
        let length = unsafe { Weak::from_value(this.length.value) };
        length.into_strong().map(ThinArc::from_length).map_err(Self::from_length)
    }

    /// Returns the opaque thin pointer that [`into_raw`](ThinWeak::into_raw) would return. It is
    /// also the pointer of each [`ThinArc`] of the allocation. Without an allocation, it dangles.
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert_eq!(ThinArc::downgrade(&word).as_ptr(), ThinArc::as_ptr(&word));
    /// ```
    #[inline]
    #[must_use]
    pub fn as_ptr(&self) -> *const () {
        self.length.as_ptr().cast()
    }

    /// Turns the handle into an opaque thin pointer. The pointer owns the handle.
    /// [`from_raw`](ThinWeak::from_raw) turns it back into a `ThinWeak`.
    ///
    /// ```
    /// use proven_arc::{ThinArc, ThinWeak};
    ///
    /// let word: ThinArc<str> = "thin".into();
    /// let raw: *const () = ThinArc::downgrade(&word).into_raw();
    /// // SAFETY: from `into_raw`, and used once.
    /// let weak = unsafe { ThinWeak::<str>::from_raw(raw) };
    /// assert_eq!(weak.upgrade().as_deref(), Some("thin"));
    /// ```
    #[inline]
    #[must_use = "the weak handle is leaked if the pointer is not turned back"]
    pub fn into_raw(self) -> *const () {
        ManuallyDrop::new(self).as_ptr()
    }

    /// Makes a `ThinWeak` from the pointer that [`into_raw`](ThinWeak::into_raw) returned. Does not
    /// access the length or the value, which another thread may be dropping at the same time.
    ///
    /// # Safety
    ///
    /// The pointer came from [`into_raw`](ThinWeak::into_raw) (or [`as_ptr`](ThinWeak::as_ptr), or
    /// [`ThinArc::as_ptr`]) with the same `T`, and owns a weak handle, which this call takes over.
    ///
    /// ```
    /// use proven_arc::{ThinArc, ThinWeak};
    ///
    /// let raw = ThinArc::downgrade(&ThinArc::<str>::from("thin")).into_raw();
    /// // SAFETY: from `into_raw`, and used once.
    /// assert!(unsafe { ThinWeak::<str>::from_raw(raw) }.upgrade().is_none());
    /// ```
    #[inline]
    pub unsafe fn from_raw(ptr: *const ()) -> Self {
        // SAFETY: by the contract, the pointer owns a counted weak handle, or is dangling.
        Self::from_length(unsafe { Weak::from_raw(ptr.cast()) })
    }

    /// Returns the number of [`ThinArc`]s. Like [`Weak::strong_count`].
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert_eq!(ThinArc::downgrade(&word).strong_count(), 1);
    /// ```
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.length.strong_count()
    }

    /// Returns the number of `ThinWeak`s. Like [`Weak::weak_count`].
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert_eq!(ThinArc::downgrade(&word).weak_count(), 1);
    /// ```
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.length.weak_count()
    }

    /// Returns whether both handles point to the same allocation, or neither has one.
    ///
    /// ```
    /// # use proven_arc::ThinArc;
    /// let word: ThinArc<str> = "thin".into();
    /// assert!(ThinArc::downgrade(&word).ptr_eq(&ThinArc::downgrade(&word)));
    /// ```
    #[inline]
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.length.ptr_eq(&other.length)
    }
}

impl<T: ?Sized + SliceLike> Clone for ThinWeak<T> {
    /// Makes another `ThinWeak` to the same allocation. Like [`Weak::clone`]
    /// ([add_weak](crate::proofs::add_weak)).
    ///
    /// # Aborts
    ///
    /// If there are 2^29 - 1 weak handles.
    #[inline]
    fn clone(&self) -> Self {
        Self::from_length(Weak::clone(&self.length))
    }
}

impl<T: ?Sized + SliceLike> Default for ThinWeak<T> {
    /// Returns a `ThinWeak` without an allocation, like [`ThinWeak::new`].
    fn default() -> Self {
        ThinWeak::new()
    }
}

impl<T: ?Sized + SliceLike> Drop for ThinWeak<T> {
    /// Like the drop of a [`Weak`] ([release_weak](crate::proofs::release_weak),
    /// [release_weak_last](crate::proofs::release_weak_last)).
    #[inline]
    fn drop(&mut self) {
        // The length is read after the release. Before the release, another thread may be dropping
        // the whole value.
        if self.length.release() {
            // SAFETY: `release` returned `true`, so no other handle is left, and this call has to
            // free the memory.
            let whole = unsafe { ThinArc::<T>::whole(self.length.value) };
            // SAFETY: as above.
            unsafe { Weak::free(whole) }
        }
    }
}

impl<T: ?Sized + SliceLike> fmt::Debug for ThinWeak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.length, f)
    }
}
