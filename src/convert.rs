//! Conversions into an [`Arc`], and the default values of `Arc`s.

use crate::inner::{Contents, SliceWriter, Uninit, with_address_of};
use crate::{Arc, CloneToUninit};
use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::ptr::NonNull;
#[cfg(feature = "std")]
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

impl<T: Default> Default for Arc<T> {
    /// Returns an `Arc` of the default value.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let zero: Arc<i32> = Default::default();
    /// assert_eq!(*zero, 0);
    /// ```
    fn default() -> Self {
        Uninit::new(Contents::Uninit).write(T::default())
    }
}

impl<T> Default for Arc<[T]> {
    /// Returns an empty slice. Up to an alignment of 16, all empty defaults share one
    /// [static](crate::limitations#handles-to-statics) allocation.
    #[inline]
    fn default() -> Self {
        // SAFETY: the value is empty.
        unsafe { empty(&[]) }
    }
}

impl Default for Arc<str> {
    /// Returns an empty string. All empty defaults share one
    /// [static](crate::limitations#handles-to-statics) allocation.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// assert_eq!(&*Arc::<str>::default(), "");
    /// ```
    #[inline]
    fn default() -> Self {
        // SAFETY: the value is empty.
        unsafe { empty("") }
    }
}

impl Default for Arc<CStr> {
    /// Returns an empty string. All empty defaults share one
    /// [static](crate::limitations#handles-to-statics) allocation.
    #[inline]
    fn default() -> Self {
        // SAFETY: the value is empty.
        unsafe { empty(c"") }
    }
}

impl<T: ?Sized> Default for Pin<Arc<T>>
where
    Arc<T>: Default,
{
    /// Returns the default `Arc`, pinned.
    #[inline]
    fn default() -> Self {
        // SAFETY: no unpinned `Arc` can move a value out of this allocation. Either the allocation
        // is new, or it is the shared empty one, which has no elements.
        unsafe { Pin::new_unchecked(Arc::default()) }
    }
}

cfg_not_loom! {
    use crate::word::Word;
    use core::mem::offset_of;

    /// The allocation that the empty defaults share. As in every allocation, the word stands
    /// directly in front of the value.
    #[repr(C, align(16))]
    struct Empty {
        _padding: [u8; 8],
        word: Word,
        /// The terminator of an empty `CStr`. An empty `[T]` or `str` has no bytes.
        value: [u8; 1],
    }

    const _: () = assert!(
        offset_of!(Empty, value) % align_of::<Empty>() == 0
            && offset_of!(Empty, word) + size_of::<Word>() == offset_of!(Empty, value)
    );

    /// The word counts a strong handle that is never released. So the value is never dropped, the
    /// memory is never freed, and no handle to it is ever the only one.
    static EMPTY: Empty = Empty { _padding: [0; 8], word: Word::unique(), value: [0] };

    /// Returns the place of the value in [`EMPTY`], if it is aligned to `align`.
    #[inline]
    fn shared_empty(align: usize) -> Option<NonNull<u8>> {
        // SAFETY: the field is inside the static. The pointer comes from a reference to the whole
        // static, so it may be used for the word too.
        let place = unsafe { NonNull::from(&EMPTY).cast::<u8>().add(offset_of!(Empty, value)) };
        (align <= align_of::<Empty>()).then_some(place)
    }
}

/// Returns whether this is the value in the allocation that the empty defaults share.
#[cfg(feature = "rkyv")]
pub(crate) fn is_shared_empty<T: ?Sized>(value: &T) -> bool {
    shared_empty(1).is_some_and(|place| core::ptr::addr_eq(place.as_ptr(), value))
}

cfg_loom! {
    /// There is no shared allocation, since loom's atomics cannot be in a static.
    fn shared_empty(_align: usize) -> Option<NonNull<u8>> {
        None
    }
}

/// Returns an `Arc` of an empty value. Uses the shared empty allocation if its alignment is
/// sufficient, otherwise a new one.
///
/// # Safety
///
/// `value` is an empty slice, or an empty string.
#[inline]
unsafe fn empty<T: ?Sized>(value: &T) -> Arc<T> {
    if let Some(place) = shared_empty(align_of_val(value)) {
        let value = with_address_of(core::ptr::from_ref(value).cast_mut(), place);
        // SAFETY: the word of `EMPTY` counts one strong handle. `ManuallyDrop` borrows that handle
        // without releasing it. An empty value has at most one byte, the terminator of an empty
        // `CStr`.
        let held = ManuallyDrop::new(unsafe { Arc::from_value(value) });
        return Arc::clone(&held);
    }
    // SAFETY: the place was made `like` this value, which has no element to drop.
    unsafe { Uninit::like(value).move_from(NonNull::from(value)) }
}

impl<T> From<T> for Arc<T> {
    /// Like [`Arc::new`].
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// assert_eq!(Arc::from(5), Arc::new(5));
    /// ```
    fn from(value: T) -> Self {
        Arc::new(value)
    }
}

impl<T, const N: usize> From<[T; N]> for Arc<[T]> {
    /// Moves the elements into one new allocation.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let shared: Arc<[i32]> = Arc::from([1, 2, 3]);
    /// assert_eq!(&*shared, [1, 2, 3]);
    /// ```
    #[inline]
    fn from(value: [T; N]) -> Self {
        // SAFETY: the pointer owns the handle of `into_raw`. `from_raw` allows unsizing.
        unsafe { Arc::from_raw(Arc::into_raw(Arc::new(value)) as *const [T]) }
    }
}

impl<T: Clone> From<&[T]> for Arc<[T]> {
    /// Clones the elements into one new allocation. If a `clone` panics, the elements cloned so far
    /// are dropped, and nothing is leaked.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let shared: Arc<[i32]> = Arc::from(&[1, 2, 3][..]);
    /// assert_eq!(&*shared, [1, 2, 3]);
    /// ```
    #[inline]
    fn from(value: &[T]) -> Self {
        let mut place = Uninit::<[T]>::slice(value.len(), Contents::Uninit);
        // SAFETY: the new allocation has a place for each element.
        unsafe { value.clone_to_uninit(place.as_mut_ptr().cast()) };
        // SAFETY: the value was written just now.
        unsafe { place.assume_init() }
    }
}

impl<T: Clone> From<&mut [T]> for Arc<[T]> {
    /// Clones the elements, like `From<&[T]>`.
    #[inline]
    fn from(value: &mut [T]) -> Self {
        Arc::from(&*value)
    }
}

/// Conversions from a borrowed and from an owned string.
macro_rules! from_strings {
    ($($(#[$meta:meta])* $borrowed:ty, $owned:ty;)*) => {$(
        $(#[$meta])*
        impl From<&$borrowed> for Arc<$borrowed> {
            /// Copies the string into a new allocation.
            #[inline]
            fn from(value: &$borrowed) -> Self {
                Uninit::clone_of(value)
            }
        }

        $(#[$meta])*
        impl From<&mut $borrowed> for Arc<$borrowed> {
            /// Copies the string into a new allocation.
            #[inline]
            fn from(value: &mut $borrowed) -> Self {
                Arc::from(&*value)
            }
        }

        $(#[$meta])*
        impl From<$owned> for Arc<$borrowed> {
            /// Copies the string into a new allocation, and frees the string's buffer.
            #[inline]
            fn from(value: $owned) -> Self {
                Arc::from(&*value)
            }
        }
    )*};
}
from_strings! {
    str, String;
    CStr, CString;
    #[cfg(feature = "std")] OsStr, OsString;
    #[cfg(feature = "std")] Path, PathBuf;
}

impl<T: ?Sized> From<Box<T>> for Arc<T> {
    /// Moves the value into a new allocation, and frees the box. Turns a `Box<dyn Trait>` into an
    /// `Arc<dyn Trait>`.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let boxed: Box<dyn Fn(i32) -> i32 + Send + Sync> = Box::new(|n| n + 1);
    /// let shared: Arc<dyn Fn(i32) -> i32 + Send + Sync> = Arc::from(boxed);
    /// assert_eq!(shared(1), 2);
    /// ```
    #[inline]
    fn from(value: Box<T>) -> Self {
        let place = Uninit::like(&*value);
        // SAFETY: the place was made `like` this value. `forget_value` frees the box without
        // dropping the value.
        let moved = unsafe { place.move_from(NonNull::from(&*value)) };
        forget_value(value);
        moved
    }
}

/// Frees the memory of a box whose value was moved out.
pub(crate) fn forget_value<T: ?Sized>(value: Box<T>) {
    let value = Box::into_raw(value) as *mut ManuallyDrop<T>;
    // SAFETY: the pointer came from `Box::into_raw`. `ManuallyDrop<T>` has the layout of `T`, as
    // std documents, and does not drop its value.
    drop(unsafe { Box::from_raw(value) });
}

impl<T> From<Vec<T>> for Arc<[T]> {
    /// Moves the elements into a new allocation, and frees the buffer.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let shared: Arc<[String]> = Arc::from(vec!["a".to_owned(), "b".to_owned()]);
    /// assert_eq!(&*shared, ["a", "b"]);
    /// ```
    #[inline]
    fn from(mut value: Vec<T>) -> Self {
        let place = Uninit::like(value.as_slice());
        // SAFETY: the place was made `like` this slice. `set_len` makes the `Vec` forget the
        // elements.
        let moved = unsafe { place.move_from(NonNull::from(value.as_slice())) };
        // SAFETY: 0 is within the capacity, and no element has to be initialised.
        unsafe { value.set_len(0) };
        moved
    }
}

impl<'a, B> From<Cow<'a, B>> for Arc<B>
where
    B: ToOwned + ?Sized,
    Arc<B>: From<&'a B> + From<B::Owned>,
{
    /// Converts the borrowed or the owned value.
    ///
    /// ```
    /// use proven_arc::Arc;
    /// use std::borrow::Cow;
    ///
    /// let shared: Arc<str> = Arc::from(Cow::Borrowed("eggplant"));
    /// assert_eq!(&*shared, "eggplant");
    /// ```
    #[inline]
    fn from(cow: Cow<'a, B>) -> Self {
        match cow {
            Cow::Borrowed(value) => Arc::from(value),
            Cow::Owned(value) => Arc::from(value),
        }
    }
}

impl From<Arc<str>> for Arc<[u8]> {
    /// Turns the handle into a handle to the string's bytes.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let string: Arc<str> = Arc::from("eggplant");
    /// let bytes: Arc<[u8]> = Arc::from(string);
    /// assert_eq!(&*bytes, b"eggplant");
    /// ```
    #[inline]
    fn from(value: Arc<str>) -> Self {
        // SAFETY: the pointer owns the handle of `into_raw`. A `str` has the layout of its bytes,
        // as the Reference says.
        unsafe { Arc::from_raw(Arc::into_raw(value) as *const [u8]) }
    }
}

impl<T, const N: usize> TryFrom<Arc<[T]>> for Arc<[T; N]> {
    type Error = Arc<[T]>;

    /// Turns the handle into a handle to an array.
    ///
    /// # Errors
    ///
    /// Returns the `Arc` if the slice does not have `N` elements.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let slice: Arc<[i32]> = Arc::from([1, 2, 3]);
    /// let slice = <Arc<[i32; 2]>>::try_from(slice).unwrap_err();
    /// assert_eq!(*<Arc<[i32; 3]>>::try_from(slice).unwrap(), [1, 2, 3]);
    /// ```
    #[inline]
    fn try_from(slice: Arc<[T]>) -> Result<Self, Self::Error> {
        if slice.len() == N {
            // SAFETY: the pointer owns the handle of `into_raw`. A slice of `N` elements has the
            // layout of the array, as the Reference says.
            Ok(unsafe { Arc::from_raw(Arc::into_raw(slice).cast::<[T; N]>()) })
        } else {
            Err(slice)
        }
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    /// Collects the same elements as a `Vec` would.
    ///
    /// If the iterator's `size_hint` is exact and correct, the elements are written in place, into
    /// one allocation. Otherwise they are collected into a `Vec` and moved out of it. If the
    /// iterator panics, the elements written so far are dropped, and nothing is leaked.
    ///
    /// # Panics
    ///
    /// If the slice would be larger than `isize::MAX` bytes, by its elements or by the `size_hint`.
    ///
    /// ```
    /// use proven_arc::Arc;
    ///
    /// let squares: Arc<[u32]> = (0..5).map(|n| n * n).collect(); // one allocation
    /// assert_eq!(&*squares, [0, 1, 4, 9, 16]);
    ///
    /// let even: Arc<[u32]> = (0..9).filter(|n| n % 2 == 0).collect();
    /// assert_eq!(&*even, [0, 2, 4, 6, 8]);
    /// ```
    #[inline]
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        let iter = iter.into_iter();
        match iter.size_hint() {
            (least, Some(most)) if least == most => from_iter_exact(iter, least),
            _ => Arc::from(Vec::from_iter(iter)),
        }
    }
}

/// Collects an iterator whose `size_hint` says that it has `len` elements.
#[inline]
fn from_iter_exact<T>(iter: impl Iterator<Item = T>, len: usize) -> Arc<[T]> {
    let mut place = Uninit::<[T]>::slice(len, Contents::Uninit);
    // SAFETY: `place` is a new allocation, and no handle to it exists yet.
    match unsafe { write_all(place.as_mut_ptr(), iter) } {
        // SAFETY: all elements were written.
        Ok(()) => unsafe { place.assume_init() },
        Err(elements) => Arc::from(elements),
    }
}

/// Writes the elements, if the iterator has exactly as many as `place`. Does not call `next` after
/// the first `None`, since the iterator may not be fused.
///
/// # Errors
///
/// Returns all elements if there are more or fewer.
///
/// # Safety
///
/// `place` is valid for writes, and nothing else accesses it during the call.
#[inline]
pub(crate) unsafe fn write_all<T>(
    place: *mut [T],
    mut iter: impl Iterator<Item = T>,
) -> Result<(), Vec<T>> {
    // SAFETY: by the contract, `place` is valid for writes, and nothing else accesses it.
    let mut writer = unsafe { SliceWriter::new(place) };
    while let Some(element) = iter.next() {
        if writer.is_full() {
            let mut elements = writer.into_vec();
            elements.push(element);
            return Err(collect_rest(elements, iter));
        }
        // SAFETY: the writer is not full.
        unsafe { writer.push(element) };
    }
    // If this panics, the writer drops the elements.
    drop(iter);
    if writer.is_full() {
        writer.finish();
        Ok(())
    } else {
        Err(writer.into_vec())
    }
}

/// Collects the rest of an iterator whose `size_hint` was wrong, without calling `size_hint` again.
#[cold]
#[inline(never)]
fn collect_rest<T>(mut elements: Vec<T>, iter: impl Iterator<Item = T>) -> Vec<T> {
    for element in iter {
        elements.push(element);
    }
    elements
}
