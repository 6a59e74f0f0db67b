//! The allocation: the count word, and behind it the value.
//!
//! ```text
//!        | padding | word (8 bytes) | value ... |
//!        ^ start                    ^ the pointer of every handle
//! ```
//!
//! A handle points **at the value**, and the word stands directly in front of it, whatever the
//! alignment. So a handle is the raw pointer that `into_raw` gives out, reading through it adds
//! no offset, and going from the value to the word needs neither the value nor its metadata: that
//! makes `Weak::from_raw` sound for a value that is being dropped at that moment.

use crate::word::{ImplicitWeak, LastStrong, Released, Word};
use crate::{AllocError, Arc, CloneToUninit, UniqueArc};
#[cfg(not(loom))]
use alloc::alloc::dealloc;
use alloc::alloc::{alloc, alloc_zeroed, handle_alloc_error};
use alloc::vec::Vec;
use core::alloc::{Layout, LayoutError};
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::{self, NonNull};

/// The word of the allocation that `value` points into. No reference to the value is made.
///
/// # Safety
///
/// `value` is a handle's pointer, and the memory is allocated for all of `'a`. Only a release may
/// end that while the reference is still there: the word is an `UnsafeCell`, and a reference to one
/// does not promise that its memory stays (rust-lang/rust#98017).
#[inline]
pub(crate) unsafe fn word<'a, T: ?Sized>(value: NonNull<T>) -> &'a Word {
    // SAFETY: the value is in an allocation of `allocate`.
    let word = unsafe { word_of(value) };
    // SAFETY: `allocate` has put the word there, which is interior mutable.
    unsafe { word.as_ref() }
}

/// # Safety
///
/// `value` points into an allocation of `allocate`.
#[inline]
unsafe fn word_of<T: ?Sized>(value: NonNull<T>) -> NonNull<Word> {
    // SAFETY: by the contract, the word stands in front of the value.
    unsafe { value.cast::<Word>().sub(1) }
}

/// The layout of the allocation for a value of the layout `value`, and where the value starts.
#[inline]
fn layout(value: Layout) -> Result<(Layout, usize), LayoutError> {
    let (layout, offset) = Layout::new::<Word>().extend(value)?;
    Ok((layout.pad_to_align(), offset))
}

/// What stands in the place of the value in a new allocation.
#[derive(Clone, Copy)]
pub(crate) enum Contents {
    Uninit,
    Zeroed,
}

/// Allocates for a value of the layout `value` and writes the word. Gives the value's place.
///
/// # Panics
///
/// If that is more than `isize::MAX` bytes.
#[inline]
pub(crate) fn try_allocate(
    value: Layout,
    contents: Contents,
    word: Word,
) -> Result<NonNull<u8>, AllocError> {
    let Ok((layout, offset)) = layout(value) else { capacity_overflow() };
    let start = match contents {
        // SAFETY: the word is in it, so the size is not 0.
        Contents::Uninit => unsafe { alloc(layout) },
        // SAFETY: as above.
        Contents::Zeroed => unsafe { alloc_zeroed(layout) },
    };
    let Some(start) = NonNull::new(start) else {
        return Err(AllocError::new(layout));
    };
    // SAFETY: `offset` is inside the new allocation.
    let value = unsafe { start.add(offset) };
    // SAFETY: the value starts where `layout` put it, behind the word and its padding.
    let place = unsafe { word_of(value) };
    // SAFETY: the place of the word is ours and aligned: `offset` is a multiple of both alignments
    // and the word's size one of its own.
    unsafe { place.write(word) };
    Ok(value)
}

/// As [`try_allocate`], where failure is final as it is for `Box` and `Vec`.
#[inline]
pub(crate) fn allocate(value: Layout, contents: Contents, word: Word) -> NonNull<u8> {
    try_allocate(value, contents, word).unwrap_or_else(|error| handle_alloc_error(error.layout()))
}

#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn capacity_overflow() -> ! {
    panic!("capacity overflow: an allocation of more than isize::MAX bytes")
}

/// Frees the memory, whose value was of the layout `layout`. Does not drop the value.
///
/// # Safety
///
/// `value` came from `allocate` for a value of that layout, every access of anybody to the
/// allocation happens-before this call, and none comes after.
#[inline]
pub(crate) unsafe fn deallocate_as(value: NonNull<u8>, value_layout: Layout) {
    // SAFETY: it was computed for the allocation, without an error.
    let (layout, offset) = unsafe { layout(value_layout).unwrap_unchecked() };
    // SAFETY: the value starts `offset` bytes behind the start.
    let start = unsafe { value.sub(offset) };
    #[cfg(loom)]
    {
        // SAFETY: `allocate` put the word there.
        let word = unsafe { word_of(value) };
        // SAFETY: by the contract, this is the end of the allocation.
        unsafe { Word::free(word, start, layout) };
    }
    #[cfg(not(loom))]
    // SAFETY: `allocate` got it from the global allocator, with this layout.
    unsafe {
        dealloc(start.as_ptr(), layout);
    }
}

/// Frees the memory. Does not drop the value.
///
/// # Safety
///
/// As for the last handle, strong or weak: every access of anybody to the allocation
/// happens-before this call, and none comes after. The value was dropped or moved out, or was
/// never there.
#[inline]
pub(crate) unsafe fn deallocate<T: ?Sized>(value: NonNull<T>) {
    // SAFETY: the metadata of a handle's pointer is that of a value that was there, or could be.
    #[cfg(feature = "nightly")]
    let layout = unsafe { Layout::for_value_raw(value.as_ptr()) };
    // SAFETY: the memory is still there, and no other thread can reach it. Size and alignment come
    // from the metadata: the value, which may be gone, is not read. Stable Rust has no way to the
    // layout of an unsized type but a reference. That it may point at a value that is gone is what
    // .github/SECURITY.md says that this rests on.
    #[cfg(not(feature = "nightly"))]
    let layout = Layout::for_value(unsafe { value.as_ref() });
    // SAFETY: the caller's contract.
    unsafe { deallocate_as(value.cast(), layout) }
}

/// `value`, with its address and provenance replaced by those of `place`.
#[inline]
pub(crate) fn with_address_of<T: ?Sized>(mut value: *mut T, place: NonNull<u8>) -> NonNull<T> {
    // SAFETY: a pointer begins with its address; the metadata behind it is not touched.
    unsafe { (&raw mut value).cast::<*mut u8>().write(place.as_ptr()) };
    assert!(value.cast::<u8>() == place.as_ptr(), "a pointer begins with its address");
    // SAFETY: just compared with a pointer that is not null.
    unsafe { NonNull::new_unchecked(value) }
}

/// An allocation whose value is not there yet, with the word of one strong handle. Its memory is
/// freed again if nothing comes of it.
pub(crate) struct Uninit<T: ?Sized> {
    value: NonNull<T>,
    layout: Layout,
}

impl<T> Uninit<T> {
    #[inline]
    pub(crate) fn new(contents: Contents) -> Self {
        let layout = Layout::new::<T>();
        Self { value: allocate(layout, contents, Word::unique()).cast(), layout }
    }

    #[inline]
    pub(crate) fn try_new(contents: Contents) -> Result<Self, AllocError> {
        let layout = Layout::new::<T>();
        Ok(Self { value: try_allocate(layout, contents, Word::unique())?.cast(), layout })
    }

    #[inline]
    pub(crate) fn write(self, value: T) -> Arc<T> {
        // SAFETY: the place of the value is ours.
        unsafe { self.value.write(value) };
        // SAFETY: just written.
        unsafe { self.assume_init() }
    }

    #[inline]
    pub(crate) fn into_uninit_arc(self) -> Arc<MaybeUninit<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: as `assume_init`; a `MaybeUninit` needs no value.
        unsafe { Arc::from_value(this.value.cast()) }
    }
}

impl<T> Uninit<[T]> {
    #[inline]
    pub(crate) fn slice(len: usize, contents: Contents) -> Self {
        let Ok(layout) = Layout::array::<T>(len) else { capacity_overflow() };
        let place = allocate(layout, contents, Word::unique()).cast();
        Self { value: NonNull::slice_from_raw_parts(place, len), layout }
    }

    #[inline]
    pub(crate) fn into_uninit_arc(self) -> Arc<[MaybeUninit<T>]> {
        let this = ManuallyDrop::new(self);
        let len = this.value.len();
        // SAFETY: as `assume_init`; a `MaybeUninit` needs no value.
        unsafe { Arc::from_value(NonNull::slice_from_raw_parts(this.value.cast(), len)) }
    }
}

impl<T: ?Sized> Uninit<T> {
    /// A place of the layout `layout`, to which `value` makes the pointer.
    ///
    /// # Safety
    ///
    /// `value` returns the address that it gets, and `layout` is that of a value with the metadata
    /// that it adds.
    #[inline]
    pub(crate) unsafe fn with_layout(
        layout: Layout,
        value: impl FnOnce(NonNull<u8>) -> NonNull<T>,
    ) -> Self {
        Self { value: value(allocate(layout, Contents::Uninit, Word::unique())), layout }
    }

    /// A place for a value of the size, alignment and metadata of `value`.
    #[inline]
    pub(crate) fn like(value: &T) -> Self {
        let layout = Layout::for_value(value);
        let place = allocate(layout, Contents::Uninit, Word::unique());
        Self { value: with_address_of(ptr::from_ref(value).cast_mut(), place), layout }
    }

    #[inline]
    pub(crate) fn as_mut_ptr(&mut self) -> *mut T {
        self.value.as_ptr()
    }

    /// Moves the value in by copying its bytes.
    ///
    /// # Safety
    ///
    /// `source` is valid, of the layout and metadata of the value that the place was made
    /// [like](Self::like), and the caller gives up the value there.
    #[inline]
    pub(crate) unsafe fn move_from(self, source: NonNull<T>) -> Arc<T> {
        let place = self.value.cast::<u8>();
        // SAFETY: of the same size by the contract, and the place is a new allocation.
        unsafe { place.copy_from_nonoverlapping(source.cast::<u8>(), self.layout.size()) };
        // SAFETY: all bytes of the value are there.
        unsafe { self.assume_init() }
    }

    /// # Safety
    ///
    /// The value was written.
    #[inline]
    pub(crate) unsafe fn assume_init(self) -> Arc<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the word counts one strong handle: this one.
        unsafe { Arc::from_value(this.value) }
    }
}

impl<T: ?Sized + CloneToUninit> Uninit<T> {
    /// A clone of `value`. Nothing is left behind if its `clone` panics.
    #[inline]
    pub(crate) fn clone_of(value: &T) -> Arc<T> {
        let mut place = Self::like(value);
        // SAFETY: the place was made like it, in a new allocation.
        unsafe { value.clone_to_uninit(place.as_mut_ptr().cast()) };
        // SAFETY: just written.
        unsafe { place.assume_init() }
    }
}

impl<T: ?Sized> Drop for Uninit<T> {
    fn drop(&mut self) {
        // SAFETY: no handle was made of it.
        unsafe { deallocate_as(self.value.cast(), self.layout) }
    }
}

/// The first elements of a slice, written one after the other. They are dropped if the writer is:
/// when making the next one panics.
pub(crate) struct SliceWriter<'a, T> {
    place: *mut T,
    capacity: usize,
    len: usize,
    _place: PhantomData<&'a mut T>,
}

impl<'a, T> SliceWriter<'a, T> {
    /// # Safety
    ///
    /// `place` is valid for writes for `'a`, and of nobody else's concern.
    #[inline]
    pub(crate) unsafe fn new(place: *mut [T]) -> Self {
        Self { place: place.cast(), capacity: place.len(), len: 0, _place: PhantomData }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.len == self.capacity
    }

    /// # Panics
    ///
    /// When it is full.
    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        assert!(!self.is_full(), "more elements than places");
        // SAFETY: below the capacity.
        let next = unsafe { self.place.add(self.len) };
        // SAFETY: not written before.
        unsafe { next.write(value) };
        self.len += 1;
    }

    /// The elements written, which are the caller's from now on.
    #[inline]
    pub(crate) fn finish(self) -> *mut [T] {
        let this = ManuallyDrop::new(self);
        ptr::slice_from_raw_parts_mut(this.place, this.len)
    }

    /// Moves the elements written into a `Vec`.
    pub(crate) fn into_vec(self) -> Vec<T> {
        let mut elements = Vec::<T>::with_capacity(self.len);
        let written = self.finish();
        // SAFETY: the `Vec` has room for as many, in memory of its own.
        unsafe { elements.as_mut_ptr().copy_from_nonoverlapping(written.cast(), written.len()) };
        // SAFETY: they are the `Vec`'s now: `finish` gave them up.
        unsafe { elements.set_len(written.len()) };
        elements
    }
}

impl<T> Drop for SliceWriter<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the first `len` elements are written, and ours as long as nobody called `finish`.
        unsafe { ptr::slice_from_raw_parts_mut(self.place, self.len).drop_in_place() }
    }
}

/// An allocation whose value belongs to the one who has this, and the implicit weak with it. It
/// gives back the implicit weak, and frees the memory behind the last weak handle, when it goes:
/// also when it goes because the value's destructor panics.
pub(crate) struct Taken<T: ?Sized> {
    value: NonNull<T>,
    implicit_weak: ManuallyDrop<ImplicitWeak>,
}

impl<T: ?Sized> Taken<T> {
    /// With the last strong handle, or where there is none.
    ///
    /// # Safety
    ///
    /// `last` is what the word of this `value` answered to the release of a strong handle. Or it
    /// is `None`, and the caller has the right to the value as the owner of a `UniqueArc`.
    #[inline]
    pub(crate) unsafe fn claim(value: NonNull<T>, last: Option<LastStrong>) -> Self {
        // SAFETY: the implicit weak is the caller's, so the memory is there.
        let word = unsafe { word(value) };
        // SAFETY: the value is the caller's, with the implicit weak that `take_value` gives.
        unsafe { Self::new(value, word.take_value(last)) }
    }

    /// # Safety
    ///
    /// The caller has the right to the value, and `implicit_weak` goes with it.
    #[inline]
    pub(crate) unsafe fn new(value: NonNull<T>, implicit_weak: ImplicitWeak) -> Self {
        Self { value, implicit_weak: ManuallyDrop::new(implicit_weak) }
    }

    /// Drops the value where it is.
    #[inline]
    pub(crate) fn drop_value(self) {
        // SAFETY: the value is ours, and dropped once, since `self` goes with it.
        unsafe { self.value.drop_in_place() }
    }
}

impl<T> Taken<T> {
    /// Moves the value out.
    #[inline]
    pub(crate) fn into_value(self) -> T {
        // SAFETY: the value is ours, and moved out once, since `self` goes with it.
        unsafe { self.value.read() }
    }
}

impl<T: ?Sized> Taken<T> {
    /// Keeps the value, in this allocation if no `Weak` is left, and moved into a new one
    /// otherwise.
    #[inline]
    pub(crate) fn into_unique(self) -> UniqueArc<T> {
        let alone = self.implicit_weak.alone;
        let this = ManuallyDrop::new(self);
        // SAFETY: the value is ours, and so is the implicit weak. The word counts no strong handle.
        let unique = unsafe { UniqueArc::from_value(this.value) };
        if alone { unique } else { unique.leave_weaks() }
    }
}

impl<T> Taken<T> {
    /// Moves the value out. Returns the place for another one, if no `Weak` is left that could see
    /// it, and a `U` has the same layout.
    #[inline]
    pub(crate) fn into_value_and_place<U>(self) -> (T, Option<UniqueArc<MaybeUninit<U>>>) {
        if !(self.implicit_weak.alone && Layout::new::<T>() == Layout::new::<U>()) {
            return (self.into_value(), None);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: the value is ours, and moved out once: from here on, this is a place without one.
        let value = unsafe { this.value.read() };
        // SAFETY: the place is ours, of the layout of a `U`, and so is the implicit weak.
        (value, Some(unsafe { UniqueArc::from_value(this.value.cast()) }))
    }
}

impl<T: ?Sized> Drop for Taken<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken here only, and `self` is not used again.
        let implicit_weak = unsafe { ManuallyDrop::take(&mut self.implicit_weak) };
        // SAFETY: the implicit weak keeps the memory.
        let word = unsafe { word(self.value) };
        if let Released::Last = word.release_implicit_weak(implicit_weak) {
            // SAFETY: the last handle of all was released, and the value is gone.
            unsafe { deallocate(self.value) }
        }
    }
}

/// The address that a `Weak` without an allocation has: odd where words are even, and the last
/// one of all, so no value is there.
const DANGLING: usize = usize::MAX;

#[inline]
pub(crate) const fn dangling<T>() -> NonNull<T> {
    // SAFETY: not null.
    unsafe { NonNull::new_unchecked(ptr::without_provenance_mut(DANGLING)) }
}

#[inline]
pub(crate) fn is_dangling<T: ?Sized>(value: NonNull<T>) -> bool {
    value.cast::<u8>().addr().get() == DANGLING
}

#[cfg(not(any(loom, shuttle)))]
const _: () = assert!(size_of::<Word>() == 8);
