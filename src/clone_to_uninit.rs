//! [`CloneToUninit`]: the types that `make_mut` can clone, which are sized values, slices and
//! strings.

use crate::HeaderSlice;
use crate::inner::SliceWriter;
use crate::thin::WithLength;
use core::ffi::CStr;
use core::mem::{self, needs_drop};
use core::ptr;

mod sealed {
    pub trait Sealed {}
}
use sealed::Sealed;

/// The types that [`Arc::make_mut`](crate::Arc::make_mut) can clone into a new allocation: each `T:
/// Clone`, `[T]` with `T: Clone`, `str`, `CStr`, and with the feature `std` also `OsStr` and
/// `Path`.
///
/// std has an unstable trait of the same name, with the same types. This one is sealed.
///
/// ```
/// use proven_arc::{Arc, CloneToUninit};
///
/// fn edit<T: CloneToUninit + ?Sized>(arc: &mut Arc<T>, edit: impl FnOnce(&mut T)) {
///     edit(Arc::make_mut(arc));
/// }
///
/// let mut word: Arc<str> = Arc::from("arc");
/// let before = word.clone();
/// edit(&mut word, str::make_ascii_uppercase);
/// assert_eq!((&*before, &*word), ("arc", "ARC"));
/// ```
///
/// # Safety
///
/// `clone_to_uninit` writes a valid value, or drops what it wrote and unwinds.
#[diagnostic::on_unimplemented(
    message = "the trait bound `{Self}: Clone` is not satisfied",
    label = "needs `Clone`",
    note = "`make_mut` and its like clone a value that other handles share"
)]
#[allow(private_bounds)]
pub unsafe trait CloneToUninit: Sealed {
    /// Writes a clone of `self` to `place`.
    ///
    /// # Safety
    ///
    /// `place` is valid for writes of `size_of_val(self)` bytes, aligned to `align_of_val(self)`,
    /// and does not overlap `self`.
    unsafe fn clone_to_uninit(&self, place: *mut u8);
}

impl<T: Clone> Sealed for T {}
// SAFETY: the only write is that of a value that `clone` returned.
unsafe impl<T: Clone> CloneToUninit for T {
    #[inline]
    unsafe fn clone_to_uninit(&self, place: *mut u8) {
        // SAFETY: by the contract, `place` is valid for writes of a `T`, and aligned.
        unsafe { place.cast::<T>().write(self.clone()) }
    }
}

impl<T: Clone> Sealed for [T] {}
// SAFETY: if a `clone` unwinds, `SliceWriter` drops what was written. The elements that
// `clone_runs` writes need no drop.
unsafe impl<T: Clone> CloneToUninit for [T] {
    #[inline]
    unsafe fn clone_to_uninit(&self, place: *mut u8) {
        let place = place.cast::<T>();
        if !needs_drop::<T>() {
            // SAFETY: by the contract, `place` is valid for writes of `self.len()` elements, and
            // does not overlap them.
            return unsafe { clone_runs(self, place) };
        }
        // SAFETY: as above.
        let mut writer =
            unsafe { SliceWriter::new(ptr::slice_from_raw_parts_mut(place, self.len())) };
        for element in self {
            // SAFETY: the writer has as many places as `self` has elements.
            unsafe { writer.push(element.clone()) };
        }
        writer.finish();
    }
}

/// Clones elements that need no drop.
///
/// std uses specialisation to copy `Copy` elements, which stable Rust does not have. But std's
/// `clone` of an array uses that specialisation, and compiles to one copy. So this function clones
/// the elements in runs, each as an array.
///
/// # Safety
///
/// `place` is valid for writes of `elements.len()` elements, and does not overlap them.
#[inline]
unsafe fn clone_runs<T: Clone>(elements: &[T], place: *mut T) {
    /// The size of the largest array. A debug build makes a few calls for each array, so they are
    /// large. An optimised build makes one copy of all arrays, whatever their size. If the elements
    /// cannot be copied, small arrays are faster, since their clones stay in registers.
    const LIMIT: usize = if cfg!(debug_assertions) { 1 << 13 } else { 1 << 6 };

    /// Clones as many arrays of `N` elements as `left` elements contain. Returns how many elements
    /// are left then.
    #[inline]
    unsafe fn run<T: Clone, const N: usize>(from: *const T, to: *mut T, left: usize) -> usize {
        let (mut from, mut to) = (from.cast::<[T; N]>(), to.cast::<[T; N]>());
        let mut arrays = left / N;
        while arrays > 0 {
            // SAFETY: at least `N` elements are left at `from`, and an array has the layout of its
            // elements. (A debug build would check `&*from`.)
            #[allow(clippy::transmute_ptr_to_ref)]
            let clones = unsafe { mem::transmute::<*const [T; N], &[T; N]>(from) }.clone();
            // SAFETY: `to` has a place for each element that is left. The assignment drops nothing,
            // since the elements need no drop. (`write` takes two copies more in a debug build.)
            unsafe { *to = clones };
            from = from.wrapping_add(1);
            to = to.wrapping_add(1);
            arrays -= 1;
        }
        left % N
    }

    let len = elements.len();
    let mut left = len;
    macro_rules! runs {
        ($($n:literal)*) => {$(
            if const { $n == 1 || size_of::<T>() <= LIMIT / $n } && left >= $n {
                let done = len - left;
                let (from, to) = (elements.as_ptr().wrapping_add(done), place.wrapping_add(done));
                // SAFETY: the first `done` elements are cloned, and `left` elements and places
                // follow them.
                left = unsafe { run::<T, $n>(from, to, left) };
            }
        )*};
    }
    runs!(2048 256 32 8 1);
    debug_assert!(left == 0);
}

impl<T: ?Sized + CloneToUninit> Sealed for WithLength<T> {}
// SAFETY: if the value's `clone_to_uninit` unwinds, it has dropped what it wrote. The length needs
// no drop.
unsafe impl<T: ?Sized + CloneToUninit> CloneToUninit for WithLength<T> {
    #[inline]
    unsafe fn clone_to_uninit(&self, place: *mut u8) {
        // SAFETY: by the contract, `place` is valid for a value of the size of `self`. The field is
        // inside it.
        let value = unsafe { place.add(offset_in(self, &self.value)) };
        // SAFETY: as above.
        unsafe { self.value.clone_to_uninit(value) };
        // SAFETY: as above.
        unsafe { place.cast::<usize>().write(self.length) };
    }
}

impl<H: Clone, T: ?Sized + CloneToUninit> Sealed for HeaderSlice<H, T> {}
// SAFETY: if the slice's `clone_to_uninit` unwinds, it has dropped what it wrote. The clone of the
// header is a local, which unwinding drops.
unsafe impl<H: Clone, T: ?Sized + CloneToUninit> CloneToUninit for HeaderSlice<H, T> {
    #[inline]
    unsafe fn clone_to_uninit(&self, place: *mut u8) {
        let header = self.header.clone();
        // SAFETY: by the contract, `place` is valid for a value of the size of `self`. The field is
        // inside it.
        let slice = unsafe { place.add(offset_in(self, &self.slice)) };
        // SAFETY: as above.
        unsafe { self.slice.clone_to_uninit(slice) };
        // SAFETY: as above. The header is the first field, since the type is `repr(C)`.
        unsafe { place.cast::<H>().write(header) };
    }
}

/// Returns the offset of `field` in `whole`.
#[inline]
fn offset_in<T: ?Sized, U: ?Sized>(whole: &T, field: &U) -> usize {
    ptr::from_ref(field).addr() - ptr::from_ref(whole).addr()
}

macro_rules! clone_bytes {
    ($($(#[$meta:meta])* $ty:ty;)*) => {$(
        $(#[$meta])*
        impl Sealed for $ty {}
        $(#[$meta])*
        // SAFETY: the type is a string of bytes, so a copy is a clone, and nothing unwinds.
        unsafe impl CloneToUninit for $ty {
            #[inline]
            unsafe fn clone_to_uninit(&self, place: *mut u8) {
                let (bytes, size) = (ptr::from_ref(self).cast(), size_of_val(self));
                // SAFETY: by the contract, `place` is valid for writes of `size` bytes, and does
                // not overlap `self`.
                unsafe { place.copy_from_nonoverlapping(bytes, size) }
            }
        }
    )*};
}
clone_bytes! {
    str;
    CStr;
    #[cfg(feature = "std")] std::ffi::OsStr;
    #[cfg(feature = "std")] std::path::Path;
}
