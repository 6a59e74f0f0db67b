//! [`ThinArc`] and [`ThinWeak`]: handles of one pointer on values whose length is known at run
//! time.
//!
//! ```text
//!        | word (8 bytes) | length | value ... |
//!                         ^ the pointer of every handle
//! ```
//!
//! The length is part of the value that is shared, and stands at its start. So a `ThinArc<T>` is an
//! `Arc<WithLength<T>>` whose pointer has no metadata: to the allocation and to the counts it is an
//! `Arc<usize>`, on the length. What needs more than that, the drop of the value and of the memory,
//! reads the length and goes on as any other `Arc`.

use crate::convert::collect_rest;
use crate::inner::{SliceWriter, Uninit, capacity_overflow};
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
    /// The size and alignment of a value follow from its length, as `layout` says.
    pub unsafe trait Sealed {
        fn len(&self) -> usize;
        fn layout(len: usize) -> Result<Layout, LayoutError>;
        /// The pointer to the value behind a length.
        fn behind(length: NonNull<usize>, len: usize) -> NonNull<WithLength<Self>>;
    }
}
use sealed::Sealed;

/// The types that a [`ThinArc`] can hold: `str`, `[T]`, and a [`HeaderSlice`] of these. It cannot
/// be implemented elsewhere.
pub trait SliceLike: Sealed {}

/// What a [`ThinArc`] points at.
#[repr(C)]
#[derive(Debug)]
pub struct WithLength<T: ?Sized> {
    pub(crate) length: usize,
    pub(crate) value: T,
}

/// A value of any sized type, and behind it a slice or a string, in one allocation: for
/// [`ThinArc`].
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
    /// The value in front.
    pub header: H,
    /// The slice or the string.
    pub slice: T,
}

// SAFETY: a slice of as many elements.
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
        // SAFETY: the address is that of `length`.
        unsafe { NonNull::new_unchecked(value) }
    }
}
impl<T> SliceLike for [T] {}

// SAFETY: as many bytes.
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
        // SAFETY: the address is that of `length`.
        unsafe { NonNull::new_unchecked(value) }
    }
}
impl SliceLike for str {}

// SAFETY: the slice behind the header, which is `repr(C)`.
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
        // SAFETY: the address is that of `length`.
        unsafe { NonNull::new_unchecked(value) }
    }
}
impl<H, T: ?Sized + SliceLike> SliceLike for HeaderSlice<H, T> {}

/// An [`Arc`] of a string, a slice, or a header and a slice, that is one pointer: the length stands
/// in front of the value, and not in each handle. (Not in std.)
///
/// `Option<ThinArc<str>>` takes 8 bytes where an `Option<Arc<str>>` takes 16, and the allocation
/// takes 8 more. So it pays where there are several handles on a value, or many empty `Option`s. A
/// use of the value loads the length first, from the same allocation. Counts, [`ThinWeak`] and all
/// costs are those of [`Arc`] and [`Weak`].
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
    /// The strong handle, as one on the length alone.
    length: ManuallyDrop<Arc<usize>>,
    _owns: PhantomData<T>,
}

// SAFETY: it is an `Arc<T>`, which is `Send` under these bounds.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Send for ThinArc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Sync for ThinArc<T> {}
impl<T: ?Sized + SliceLike> Unpin for ThinArc<T> {}
impl<T: ?Sized + SliceLike + RefUnwindSafe> UnwindSafe for ThinArc<T> {}

impl<T: ?Sized + SliceLike> ThinArc<T> {
    /// The layout of a value of the length `len`, with the length in front.
    #[inline]
    fn layout(len: usize) -> Option<Layout> {
        let (layout, _) = Layout::new::<usize>().extend(T::layout(len).ok()?).ok()?;
        Some(layout.pad_to_align())
    }

    /// A place for a value of the length `len`, if there is memory for it.
    #[inline]
    fn try_place(len: usize) -> Option<Uninit<WithLength<T>>> {
        let layout = Self::layout(len)?;
        // SAFETY: the layout is that of a `WithLength` of this length: it is `repr(C)`.
        unsafe { Uninit::try_with_layout(layout, |place| T::behind(place.cast(), len)) }
    }

    /// A place for a value of the length `len`.
    #[inline]
    fn place(len: usize) -> Uninit<WithLength<T>> {
        let Some(layout) = Self::layout(len) else { capacity_overflow() };
        // SAFETY: as in `try_place`.
        unsafe { Uninit::with_layout(layout, |place| T::behind(place.cast(), len)) }
    }

    /// Has `write` write the value, of the length `len`, into the place for it.
    ///
    /// # Safety
    ///
    /// The place is for that length. If `write` returns `Ok`, the value is written.
    #[inline]
    unsafe fn try_write<E>(
        mut place: Uninit<WithLength<T>>,
        len: usize,
        write: impl FnOnce(*mut T) -> Result<(), E>,
    ) -> Result<Self, E> {
        let whole: *mut WithLength<T> = place.as_mut_ptr();
        // SAFETY: inside the new allocation.
        write(unsafe { &raw mut (*whole).value })?;
        // SAFETY: as above.
        let length = unsafe { &raw mut (*whole).length };
        // SAFETY: the place is ours.
        unsafe { length.write(len) };
        // SAFETY: both fields are written.
        Ok(Self::from_whole(unsafe { place.assume_init() }))
    }

    /// Allocates for a value of the length `len`, and has `write` write it.
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
        // SAFETY: the caller's contract.
        let Ok(built) = unsafe { Self::try_write(Self::place(len), len, write) };
        built
    }

    /// Moves the value out of `source`.
    ///
    /// # Safety
    ///
    /// The caller gives up the value, and does not drop it.
    #[inline]
    unsafe fn move_from(source: &T) -> Self {
        let (from, size) = (ptr::from_ref(source).cast::<u8>(), size_of_val(source));
        // SAFETY: the new place has the layout of a value of this length.
        let copy =
            |place: *mut T| unsafe { place.cast::<u8>().copy_from_nonoverlapping(from, size) };
        // SAFETY: all bytes of the value are there, and it is given up where it was.
        unsafe { Self::build(source.len(), copy) }
    }

    fn from_whole(arc: Arc<WithLength<T>>) -> Self {
        let arc = ManuallyDrop::new(arc);
        // SAFETY: the handle is handed on, as one on the first field.
        Self::from_length(unsafe { Arc::from_value(arc.value.cast()) })
    }

    fn from_length(length: Arc<usize>) -> Self {
        Self { length: ManuallyDrop::new(length), _owns: PhantomData }
    }

    /// # Safety
    ///
    /// `length` is the pointer of a `ThinArc<T>` or a `ThinWeak<T>`, and its memory is there.
    #[inline]
    unsafe fn whole(length: NonNull<usize>) -> NonNull<WithLength<T>> {
        // SAFETY: the length is written once, before there is a handle, and is not dropped.
        T::behind(length, unsafe { length.read() })
    }

    #[inline]
    fn value(&self) -> NonNull<T> {
        // SAFETY: this handle keeps the memory.
        let whole = unsafe { Self::whole(self.length.value) };
        // SAFETY: as above.
        let value = unsafe { &raw mut (*whole.as_ptr()).value };
        // SAFETY: inside the allocation.
        unsafe { NonNull::new_unchecked(value) }
    }

    /// A [`ThinWeak`] for the same allocation. As [`Arc::downgrade`]
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

    /// The number of `ThinArc`s, this one included. As [`Arc::strong_count`].
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

    /// The number of [`ThinWeak`]s. As [`Arc::weak_count`].
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

    /// Both counts, as they were at one moment. As [`Arc::counts`].
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

    /// Whether this is the only handle, strong or weak. As [`Arc::is_unique`].
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

    /// Whether the two are handles on the same allocation.
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

    /// The value for writing, if this is the only handle, strong or weak. As [`Arc::get_mut`]
    /// ([is_unique](crate::proofs::is_unique)).
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
            // SAFETY: the only handle is borrowed exclusively, so it stays the only one.
            Some(unsafe { this.value().as_mut() })
        } else {
            None
        }
    }

    /// The thin pointer of this handle, which keeps it: to be turned back by
    /// [`from_raw`](ThinArc::from_raw). What it points at is opaque.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let raw: *const () = ThinArc::into_raw(ThinArc::<str>::from("thin"));
    /// // SAFETY: from `into_raw`, and used once.
    /// assert_eq!(&*unsafe { ThinArc::<str>::from_raw(raw) }, "thin");
    /// ```
    #[inline]
    #[must_use = "the strong handle is lost if the pointer is not turned back"]
    pub fn into_raw(this: Self) -> *const () {
        ManuallyDrop::new(this).length.value.as_ptr().cast()
    }

    /// Turns back the pointer of [`into_raw`](ThinArc::into_raw) into the `ThinArc` that it was.
    ///
    /// # Safety
    ///
    /// The pointer came from [`into_raw`](ThinArc::into_raw) of a `ThinArc<T>`, and owns its strong
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
        // SAFETY: by the contract, a strong handle comes with it, on a length.
        Self::from_length(unsafe { Arc::from_raw(ptr.cast()) })
    }
}

impl<T: ?Sized + SliceLike + CloneToUninit> ThinArc<T> {
    /// A clone of `value` in a new allocation. If a `clone` panics, nothing is leaked.
    ///
    /// # Panics
    ///
    /// If that is more than `isize::MAX` bytes.
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
        // SAFETY: the value is written, or unwinds.
        unsafe { Self::build(value.len(), clone) }
    }

    /// The value for writing: this one if it is the only handle, a copy in a new allocation if not.
    /// As [`Arc::make_mut`]: [`ThinWeak`]s stay behind without a value.
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
        // SAFETY: this is the only handle of its allocation, and borrowed exclusively.
        unsafe { this.value().as_mut() }
    }

    #[inline(never)]
    fn make_unique(this: &mut Self) {
        /// The handle with its length. Whatever becomes of it becomes of the thin one, also when
        /// a destructor panics.
        struct Whole<'a, T: ?Sized + SliceLike>(
            &'a mut ThinArc<T>,
            ManuallyDrop<Arc<WithLength<T>>>,
        );

        impl<T: ?Sized + SliceLike> Drop for Whole<'_, T> {
            fn drop(&mut self) {
                self.0.length.value = self.1.value.cast();
            }
        }

        // SAFETY: this handle keeps the memory.
        let whole = unsafe { Self::whole(this.length.value) };
        // SAFETY: the strong handle is this one, which is not used until `Whole` is dropped.
        let arc = unsafe { Arc::from_value(whole) };
        let mut whole = Whole(this, ManuallyDrop::new(arc));
        Arc::make_mut(&mut whole.1);
    }
}

impl<H, T> ThinArc<HeaderSlice<H, [T]>> {
    /// Moves `header` and the elements of `iter` into a new allocation.
    ///
    /// If the iterator's `size_hint` says how many there are, they are written in place. If it does
    /// not, or has not told the truth, they are collected into a `Vec` first. If the iterator
    /// panics, nothing is leaked.
    ///
    /// # Panics
    ///
    /// If that is more than `isize::MAX` bytes.
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
        let (len, most) = iter.size_hint();
        if most != Some(len) {
            return Self::from_header_and_vec(header, Vec::from_iter(iter));
        }
        // The iterator may not tell the truth: then there may be no such memory.
        match Self::try_place(len) {
            Some(place) => Self::collect_into(place, len, header, iter),
            None => Self::from_header_and_vec(header, collect_rest(Vec::new(), iter)),
        }
    }

    /// Moves the elements, as many as there are.
    fn from_header_and_vec(header: H, elements: Vec<T>) -> Self {
        let len = elements.len();
        Self::collect_into(Self::place(len), len, header, elements.into_iter())
    }

    /// Collects into a place for `len` elements, or into another if there are more or fewer.
    #[inline]
    fn collect_into(
        place: Uninit<WithLength<HeaderSlice<H, [T]>>>,
        len: usize,
        header: H,
        iter: impl Iterator<Item = T>,
    ) -> Self {
        let mut header = Some(header);
        let write = |place: *mut HeaderSlice<H, [T]>| -> Result<(), Vec<T>> {
            // SAFETY: inside the new allocation.
            let slice = unsafe { &raw mut (*place).slice };
            // SAFETY: the place is ours.
            unsafe { write_all(slice, iter) }?;
            // SAFETY: inside the new allocation.
            let place = unsafe { &raw mut (*place).header };
            // SAFETY: the place is ours.
            unsafe { place.write(header.take().expect("written once")) };
            Ok(())
        };
        // SAFETY: both fields are written.
        unsafe { Self::try_write(place, len, write) }.unwrap_or_else(|elements| {
            Self::from_header_and_vec(header.expect("not written"), elements)
        })
    }

    /// Moves `header` and the elements that `f` makes, of 0 to `len - 1`, into a new allocation.
    /// If `f` panics, nothing is leaked.
    ///
    /// # Panics
    ///
    /// If that is more than `isize::MAX` bytes.
    ///
    /// ```
    /// use proven_arc::ThinArc;
    ///
    /// let thin = ThinArc::from_header_and_fn("squares", 4, |n| n * n);
    /// assert_eq!((thin.header, &thin.slice), ("squares", &[0, 1, 4, 9][..]));
    /// ```
    #[inline]
    pub fn from_header_and_fn(header: H, len: usize, f: impl FnMut(usize) -> T) -> Self {
        Self::collect_into(Self::place(len), len, header, (0..len).map(f))
    }
}

impl<H> ThinArc<HeaderSlice<H, str>> {
    /// Moves `header` and copies the string into a new allocation.
    ///
    /// # Panics
    ///
    /// If that is more than `isize::MAX` bytes.
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
        // SAFETY: a string has the layout of its bytes, with the same length in front.
        unsafe { ThinArc::from_raw(ThinArc::into_raw(bytes)) }
    }
}

/// Writes as many elements as there are places, if that is what the iterator has.
///
/// # Errors
///
/// All elements, if there are more or fewer.
///
/// # Safety
///
/// `place` is valid for writes, and not used by others.
#[inline]
unsafe fn write_all<T>(place: *mut [T], mut iter: impl Iterator<Item = T>) -> Result<(), Vec<T>> {
    // SAFETY: the caller's contract.
    let mut writer = unsafe { SliceWriter::new(place) };
    let mut next = iter.next();
    // After its first `None` the iterator is not asked again: it may not be fused.
    while let Some(element) = next {
        if writer.is_full() {
            let mut elements = writer.into_vec();
            elements.push(element);
            return Err(collect_rest(elements, iter));
        }
        // SAFETY: it is not full.
        unsafe { writer.push(element) };
        next = iter.next();
    }
    // The elements are still the writer's to drop if this panics.
    drop(iter);
    if writer.is_full() {
        writer.finish();
        Ok(())
    } else {
        Err(writer.into_vec())
    }
}

impl<T> From<ThinArc<HeaderSlice<(), [T]>>> for ThinArc<[T]> {
    /// The same handle, without the empty header.
    #[inline]
    fn from(thin: ThinArc<HeaderSlice<(), [T]>>) -> Self {
        // SAFETY: `()` in front takes no place: both have the same layout, length and elements.
        unsafe { ThinArc::from_raw(ThinArc::into_raw(thin)) }
    }
}

impl<T> FromIterator<T> for ThinArc<[T]> {
    /// As [`ThinArc::from_header_and_iter`].
    #[inline]
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        ThinArc::from_header_and_iter((), iter).into()
    }
}

impl<T: ?Sized + SliceLike> From<Box<T>> for ThinArc<T> {
    /// Moves the value into a new allocation, and frees the box.
    #[inline]
    fn from(value: Box<T>) -> Self {
        // SAFETY: the value is given up: the box goes without it.
        let moved = unsafe { Self::move_from(&value) };
        crate::convert::forget_value(value);
        moved
    }
}

impl<T> From<Vec<T>> for ThinArc<[T]> {
    /// Moves the elements into a new allocation, and frees the buffer.
    #[inline]
    fn from(mut value: Vec<T>) -> Self {
        // SAFETY: the elements are given up: the buffer goes without them.
        let moved = unsafe { Self::move_from(value.as_slice()) };
        // SAFETY: nothing is left in it.
        unsafe { value.set_len(0) };
        moved
    }
}

impl<T, const N: usize> From<[T; N]> for ThinArc<[T]> {
    /// Moves the elements into a new allocation.
    #[inline]
    fn from(value: [T; N]) -> Self {
        let value = ManuallyDrop::new(value);
        // SAFETY: the elements are given up: the array is not dropped.
        unsafe { Self::move_from(&value[..]) }
    }
}

impl<T: Clone> From<&[T]> for ThinArc<[T]> {
    /// As [`ThinArc::clone_from_ref`].
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

impl From<String> for ThinArc<str> {
    /// Copies the string into a new allocation, and frees its buffer.
    #[inline]
    fn from(value: String) -> Self {
        ThinArc::from(&*value)
    }
}

impl<'a, B> From<Cow<'a, B>> for ThinArc<B>
where
    B: ToOwned + ?Sized + SliceLike,
    ThinArc<B>: From<&'a B> + From<B::Owned>,
{
    /// As from what the `Cow` holds.
    #[inline]
    fn from(cow: Cow<'a, B>) -> Self {
        match cow {
            Cow::Borrowed(value) => ThinArc::from(value),
            Cow::Owned(value) => ThinArc::from(value),
        }
    }
}

impl<T> Default for ThinArc<[T]> {
    /// An empty slice, in an allocation of its own.
    #[inline]
    fn default() -> Self {
        ThinArc::from([])
    }
}

impl Default for ThinArc<str> {
    /// An empty string, in an allocation of its own.
    #[inline]
    fn default() -> Self {
        ThinArc::from("")
    }
}

impl<T: ?Sized + SliceLike> Clone for ThinArc<T> {
    /// Another handle for the same value. As [`Arc::clone`]
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
        // SAFETY: the value is there as long as this handle, and not written meanwhile.
        unsafe { self.value().as_ref() }
    }
}

impl<T: ?Sized + SliceLike> Drop for ThinArc<T> {
    /// As the drop of an [`Arc`] ([release_strong](crate::proofs::release_strong),
    /// [take_value](crate::proofs::take_value)).
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this handle keeps the memory.
        let whole = unsafe { Self::whole(self.length.value) };
        // SAFETY: the strong handle is this one, which is not used again.
        drop(unsafe { Arc::from_value(whole) });
    }
}

/// A handle on a [`ThinArc`]'s allocation that does not keep the value alive, and is one pointer:
/// what
/// [`Weak`] is to [`Arc`].
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
    /// The weak handle, as one on the length alone.
    length: ManuallyDrop<Weak<usize>>,
    _value: PhantomData<*const T>,
}

// SAFETY: it is a `Weak<T>`, which is `Send` under these bounds.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Send for ThinWeak<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + SliceLike + Sync + Send> Sync for ThinWeak<T> {}
impl<T: ?Sized + SliceLike> Unpin for ThinWeak<T> {}

impl<T: ?Sized + SliceLike> ThinWeak<T> {
    /// A `ThinWeak` without an allocation, on which [`upgrade`](ThinWeak::upgrade) always returns
    /// `None`.
    ///
    /// ```
    /// use proven_arc::ThinWeak;
    ///
    /// static NOBODY: ThinWeak<str> = ThinWeak::new();
    /// assert!(NOBODY.upgrade().is_none());
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self::from_length(Weak::new())
    }

    const fn from_length(length: Weak<usize>) -> Self {
        Self { length: ManuallyDrop::new(length), _value: PhantomData }
    }

    /// A new [`ThinArc`] to the value, if there still is one. As [`Weak::upgrade`]
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

    /// The number of [`ThinArc`]s. As [`Weak::strong_count`].
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

    /// The number of `ThinWeak`s. As [`Weak::weak_count`].
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

    /// Whether the two are handles on the same allocation, or both have none.
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
    /// Another `ThinWeak` for the same allocation. As [`Weak::clone`]
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
    /// A `ThinWeak` without an allocation, as [`ThinWeak::new`].
    fn default() -> Self {
        ThinWeak::new()
    }
}

impl<T: ?Sized + SliceLike> Drop for ThinWeak<T> {
    /// As the drop of a [`Weak`] ([release_weak](crate::proofs::release_weak),
    /// [release_weak_last](crate::proofs::release_weak_last)).
    #[inline]
    fn drop(&mut self) {
        // Before the release another thread may be dropping the whole: the length is read after.
        if self.length.release() {
            // SAFETY: the last handle of all was released, and the memory is still there.
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
