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

use crate::word::{ImplicitWeak, LastStrong, MODELLED, Released, Word, dealloc};
use crate::{AllocError, Arc, CloneToUninit, UniqueArc, Weak};
use alloc::alloc::{alloc, alloc_zeroed, handle_alloc_error};
use alloc::vec::Vec;
use core::alloc::Layout;
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
#[inline(always)]
pub(crate) unsafe fn word<'a, T: ?Sized>(value: NonNull<T>) -> &'a Word {
    // Written with as few steps as there are: a debug build takes each by itself.
    let word = (value.as_ptr() as *const Word).wrapping_offset(-1);
    // SAFETY: by the contract the value is in an allocation of `allocate`, which has put the word
    // in front of it. The word is interior mutable.
    unsafe { &*word }
}

/// # Safety
///
/// `value` points into an allocation of `allocate`.
#[inline]
unsafe fn word_of<T: ?Sized>(value: NonNull<T>) -> NonNull<Word> {
    // SAFETY: by the contract, the word stands in front of the value.
    unsafe { value.cast::<Word>().sub(1) }
}

/// An allocation: its layout, and where in it the value starts.
#[derive(Clone, Copy)]
struct Block {
    layout: Layout,
    offset: usize,
}

impl Block {
    /// The one for a value of the layout `value`. `None` if that is more than `isize::MAX` bytes.
    ///
    /// A value without a size has one byte. So a handle points into the block and not to its end,
    /// where leak checkers would not take it for a pointer to the block.
    #[inline(always)]
    const fn of(value: Layout) -> Option<Self> {
        let word = Layout::new::<Word>();
        let align = if value.align() > word.align() { value.align() } else { word.align() };
        // The word, rounded up.
        let offset = (word.size() + (align - 1)) & !(align - 1);
        let size = if value.size() == 0 { 1 } else { value.size() };
        // Neither is more than `isize::MAX`, so there is no overflow.
        match Layout::from_size_align(offset + size, align) {
            Ok(layout) => Some(Self { layout, offset }),
            Err(_) => None,
        }
    }

    /// The size of the value, by the pointer's metadata: the value may be gone.
    ///
    /// # Safety
    ///
    /// `value` is a handle's pointer, and no other thread can reach the memory, which is there.
    #[inline(always)]
    unsafe fn size_of_value<T: ?Sized>(value: NonNull<T>) -> usize {
        // SAFETY: the metadata of a handle's pointer is that of a value that was there, or could
        // be.
        #[cfg(feature = "nightly")]
        return unsafe { Layout::for_value_raw(value.as_ptr()) }.size();
        // SAFETY: the value is not read. Stable Rust has no way to the layout of an unsized type
        // but a reference. That it may point at a value that is gone is what .github/SECURITY.md
        // says that this rests on.
        #[cfg(not(feature = "nightly"))]
        return size_of_val(unsafe { value.as_ref() });
    }

    /// The alignment of the value, as [`size_of_value`](Self::size_of_value).
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    unsafe fn align_of_value<T: ?Sized>(value: NonNull<T>) -> usize {
        // SAFETY: as in `size_of_value`.
        #[cfg(feature = "nightly")]
        return unsafe { Layout::for_value_raw(value.as_ptr()) }.align();
        // SAFETY: as in `size_of_value`.
        #[cfg(not(feature = "nightly"))]
        return align_of_val(unsafe { value.as_ref() });
    }
}

/// What stands in the place of the value in a new allocation.
#[derive(Clone, Copy)]
pub(crate) enum Contents {
    Uninit,
    Zeroed,
}

/// Allocates the block and writes the word. Returns the value's place.
///
/// # Panics
///
/// If there is no such block: it would be more than `isize::MAX` bytes.
#[inline(always)]
fn try_allocate(
    block: Option<Block>,
    contents: Contents,
    word: Word,
) -> Result<NonNull<u8>, AllocError> {
    let Some(Block { layout, offset }) = block else { capacity_overflow() };
    let start = match contents {
        // SAFETY: the word is in it, so the size is not 0.
        Contents::Uninit => unsafe { alloc(layout) },
        // SAFETY: as above.
        Contents::Zeroed => unsafe { alloc_zeroed(layout) },
    };
    if start.is_null() {
        return Err(AllocError::new(layout));
    }
    // SAFETY: `offset` is inside the new allocation.
    let value = unsafe { start.add(offset) };
    // SAFETY: so it is not null.
    let value = unsafe { NonNull::new_unchecked(value) };
    // SAFETY: the value starts where `Block::of` put it, behind the word and its padding.
    let place = unsafe { word_of(value) };
    // SAFETY: the place of the word is ours and aligned: `offset` is a multiple of both alignments
    // and the word's size one of its own.
    unsafe { place.write(word) };
    Ok(value)
}

/// As [`try_allocate`], where failure is final as it is for `Box` and `Vec`.
#[inline(always)]
fn allocate(block: Option<Block>, contents: Contents, word: Word) -> NonNull<u8> {
    match try_allocate(block, contents, word) {
        Ok(value) => value,
        Err(error) => handle_alloc_error(error.layout()),
    }
}

/// A place for a `T`, with the word in front of it. As [`allocate`], written out: debug builds call
/// each function that there is.
#[inline]
pub(crate) fn allocate_for<T>(word: Word) -> NonNull<T> {
    let block = const { Block::of(Layout::new::<T>()) };
    let Some(Block { layout, offset }) = block else { capacity_overflow() };
    // SAFETY: the word is in it, so the size is not 0.
    let start = unsafe { alloc(layout) };
    if start.is_null() {
        handle_alloc_error(layout);
    }
    let value = start.wrapping_add(offset).cast::<T>();
    // SAFETY: as in `try_allocate`.
    unsafe { value.cast::<Word>().wrapping_sub(1).write(word) };
    // SAFETY: inside the new allocation.
    unsafe { NonNull::new_unchecked(value) }
}

/// As [`allocate_for`], with an error where that would end the process without memory.
#[inline]
pub(crate) fn try_allocate_for<T>(
    contents: Contents,
    word: Word,
) -> Result<NonNull<T>, AllocError> {
    Ok(try_allocate(Block::of(Layout::new::<T>()), contents, word)?.cast())
}

#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn capacity_overflow() -> ! {
    panic!("capacity overflow: an allocation of more than isize::MAX bytes")
}

/// Frees the memory of a value of that size and alignment. Does not drop the value.
///
/// # Safety
///
/// `value` came from `allocate` for such a value, every access of anybody to the allocation
/// happens-before this call, and none comes after.
#[inline(always)]
pub(crate) unsafe fn deallocate_as(value: NonNull<u8>, size: usize, align: usize) {
    // As `Block::of`, which takes longer in a debug build.
    let align = if align > align_of::<Word>() { align } else { align_of::<Word>() };
    let offset = (size_of::<Word>() + (align - 1)) & !(align - 1);
    let size = if size == 0 { 1 } else { size };
    let value = value.as_ptr();
    let word = value.wrapping_sub(size_of::<Word>());
    // SAFETY: the layout that `allocate` asked for, which was checked there.
    let layout = unsafe { Layout::from_size_align_unchecked(offset + size, align) };
    // SAFETY: the value starts `offset` bytes behind the start, and the word stands directly in
    // front of it.
    unsafe { dealloc(word.cast(), value.wrapping_sub(offset), layout) }
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
    // SAFETY: the caller's contract.
    let size = unsafe { Block::size_of_value(value) };
    // SAFETY: the caller's contract.
    let align = unsafe { Block::align_of_value(value) };
    // SAFETY: the caller's contract.
    unsafe { deallocate_as(value.cast(), size, align) }
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
        Self { value: allocate(Block::of(layout), contents, Word::unique()).cast(), layout }
    }

    #[inline]
    pub(crate) fn try_new(contents: Contents) -> Result<Self, AllocError> {
        let layout = Layout::new::<T>();
        Ok(Self {
            value: try_allocate(Block::of(layout), contents, Word::unique())?.cast(),
            layout,
        })
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
    /// A place for as many elements, if there is memory for them.
    #[inline]
    pub(crate) fn try_slice(len: usize) -> Option<Self> {
        let layout = Layout::array::<T>(len).ok()?;
        let block = Block::of(layout);
        block?;
        let place = try_allocate(block, Contents::Uninit, Word::unique()).ok()?.cast();
        Some(Self { value: NonNull::slice_from_raw_parts(place, len), layout })
    }

    #[inline]
    pub(crate) fn slice(len: usize, contents: Contents) -> Self {
        let Ok(layout) = Layout::array::<T>(len) else { capacity_overflow() };
        let place = allocate(Block::of(layout), contents, Word::unique()).cast();
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
        let place = allocate(Block::of(layout), Contents::Uninit, Word::unique());
        Self { value: value(place), layout }
    }

    /// As [`with_layout`](Self::with_layout), if there is memory for it.
    ///
    /// # Safety
    ///
    /// As for `with_layout`.
    #[inline]
    pub(crate) unsafe fn try_with_layout(
        layout: Layout,
        value: impl FnOnce(NonNull<u8>) -> NonNull<T>,
    ) -> Option<Self> {
        let block = Block::of(layout);
        block?;
        let place = try_allocate(block, Contents::Uninit, Word::unique()).ok()?;
        Some(Self { value: value(place), layout })
    }

    /// A place for a value of the size, alignment and metadata of `value`.
    #[inline]
    pub(crate) fn like(value: &T) -> Self {
        let layout = Layout::for_value(value);
        let place = allocate(Block::of(layout), Contents::Uninit, Word::unique());
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
        unsafe { deallocate_as(self.value.cast(), self.layout.size(), self.layout.align()) }
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

    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.len == self.capacity
    }

    /// # Safety
    ///
    /// It is not full.
    #[inline(always)]
    pub(crate) unsafe fn push(&mut self, value: T) {
        // SAFETY: below the capacity, and not written before.
        unsafe { self.place.wrapping_add(self.len).write(value) };
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

/// Whether a panic ends the process, so that nothing unwinds.
const PANICS_ABORT: bool = cfg!(panic = "abort");

/// An allocation whose value belongs to the one who has this, and the implicit weak with it. It
/// gives back the implicit weak, and frees the memory behind the last weak handle, when it goes:
/// also when it goes because the value's destructor panics.
pub(crate) struct Taken<T: ?Sized> {
    pub(crate) value: NonNull<T>,
    pub(crate) implicit_weak: ImplicitWeak,
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
        Self { value, implicit_weak }
    }

    /// Drops the value where it is.
    ///
    /// What stays on the stack meanwhile counts for each level of a recursive drop. Without
    /// unwinding it can be the pointer alone: then there are two copies of the destructor, and no
    /// need to remember which handle is released behind it.
    #[inline]
    pub(crate) fn drop_value(self) {
        if PANICS_ABORT {
            if !self.implicit_weak.is_alone() {
                return self.drop_beside_weaks();
            }
            let value = ManuallyDrop::new(self).value;
            // SAFETY: the value is ours, and dropped once, since `self` is not used again.
            unsafe { value.drop_in_place() };
            // SAFETY: ours was the last handle of all, and the value is gone.
            unsafe { deallocate(value) }
        } else {
            // SAFETY: the value is ours, and dropped once, since `self` goes with it.
            unsafe { self.value.drop_in_place() }
        }
    }

    /// [`drop_value`](Self::drop_value) next to a `Weak`, without unwinding.
    #[inline(never)]
    fn drop_beside_weaks(self) {
        let value = ManuallyDrop::new(self).value;
        // SAFETY: the value is ours, and dropped once, since `self` is not used again.
        unsafe { value.drop_in_place() };
        // SAFETY: the implicit weak is a weak handle, and ours.
        drop(unsafe { Weak::from_value(value) });
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
        let alone = self.implicit_weak.is_alone();
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
        if !(self.implicit_weak.is_alone() && Layout::new::<T>() == Layout::new::<U>()) {
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
        let value = self.value;
        if !self.implicit_weak.is_alone() {
            // SAFETY: the implicit weak keeps the memory, until it is released here.
            let word = unsafe { word(value) };
            if let Released::Shared = word.release_weak() {
                return;
            }
        }
        // SAFETY: the last handle of all was released, and the value is gone.
        unsafe { deallocate(value) }
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
    (value.as_ptr() as *const u8).addr() == DANGLING
}

const _: () = assert!(MODELLED || size_of::<Word>() == 8);
