//! The allocation: the count word, and behind it the value.
//!
//! ```text
//!        | padding | word (8 bytes) | value ... |
//!        ^ start                    ^ the pointer of every handle
//! ```
//!
//! A handle points **at the value**, and the word stands directly in front of the value, whatever
//! its alignment. So a handle is the raw pointer that `into_raw` returns, and reading through it
//! adds no offset. The address of the word follows from the address of the value alone, without the
//! value or its metadata. So `Weak::from_raw` is sound while another thread drops the value.

use crate::word::{ImplicitWeak, LastStrong, MODELLED, Word, dealloc};
use crate::{AllocError, Arc, CloneToUninit, UniqueArc, Weak};
use alloc::alloc::{alloc, alloc_zeroed, handle_alloc_error};
use alloc::vec::Vec;
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{self, ManuallyDrop, MaybeUninit};
use core::ptr::{self, NonNull};

/// Returns the word of the allocation that `value` points into. Does not make a reference to the
/// value.
///
/// # Safety
///
/// `value` is a handle's pointer, and the memory is allocated for all of `'a`. There is one
/// exception: after a release through the returned reference, another thread may free the memory
/// while the reference still exists. The word is an `UnsafeCell`, and std's documentation of
/// `UnsafeCell` allows a shared reference to one to outlive its memory (rust-lang/rust#98017).
#[inline(always)]
pub(crate) unsafe fn word<'a, T: ?Sized>(value: NonNull<T>) -> &'a Word {
    // Few steps, since a debug build calls each function, stores each variable, and checks each
    // `&*`.
    // SAFETY: `allocate` wrote the word directly in front of the value, and by the contract the
    // memory is allocated. Other threads change the word only atomically.
    #[allow(clippy::transmute_ptr_to_ref)]
    unsafe {
        mem::transmute::<*const Word, &Word>((value.as_ptr() as *const Word).wrapping_offset(-1))
    }
}

/// Returns the alignment of the block for a value with the alignment `align`. The value starts as
/// many bytes behind the start of the block. So it is aligned too, and the word fits in front of
/// it.
#[inline(always)]
const fn block_align(align: usize) -> usize {
    let least = const { size_of::<Word>().next_power_of_two() };
    if align > least { align } else { least }
}

/// Returns the layout of the block for a value of the layout `value`, or `None` if it is larger
/// than `isize::MAX` bytes.
///
/// A zero-sized value gets one byte, so that a handle points into the block. Leak checkers do not
/// recognise a pointer to the end of a block.
#[inline(always)]
const fn block(value: Layout) -> Option<Layout> {
    let align = block_align(value.align());
    let size = if value.size() == 0 { 1 } else { value.size() };
    // Neither is larger than `isize::MAX`, so the sum does not overflow.
    match Layout::from_size_align(align.wrapping_add(size), align) {
        Ok(layout) => Some(layout),
        Err(_) => None,
    }
}

/// Computes the size of the value from the pointer's metadata. The value may have been dropped.
///
/// # Safety
///
/// `value` is a handle's pointer, the memory is allocated, and no other thread can reach it.
#[inline(always)]
unsafe fn size_of_value<T: ?Sized>(value: NonNull<T>) -> usize {
    // SAFETY: the metadata comes from a handle's pointer, so it is valid for a value in the block.
    #[cfg(feature = "nightly")]
    return unsafe { Layout::for_value_raw(value.as_ptr()) }.size();
    // SAFETY: by the contract the memory is allocated, and `size_of_val` reads only the metadata.
    // The reference may point to a value that was dropped, since stable Rust computes a layout only
    // from a reference. See "References to a value that is gone" in .github/SECURITY.md.
    #[cfg(not(feature = "nightly"))]
    return size_of_val(unsafe { value.as_ref() });
}

/// Computes the alignment of the value, like [`size_of_value`].
///
/// # Safety
///
/// As for `size_of_value`.
#[inline(always)]
unsafe fn align_of_value<T: ?Sized>(value: NonNull<T>) -> usize {
    // SAFETY: as in `size_of_value`.
    #[cfg(feature = "nightly")]
    return unsafe { Layout::for_value_raw(value.as_ptr()) }.align();
    // SAFETY: as in `size_of_value`.
    #[cfg(not(feature = "nightly"))]
    return align_of_val(unsafe { value.as_ref() });
}

/// The initial contents of the value's place in a new allocation.
#[derive(Clone, Copy)]
pub(crate) enum Contents {
    Uninit,
    Zeroed,
}

/// Allocates a block and writes the word. Returns the place of the value, or `None` if the
/// allocation fails.
#[inline(always)]
fn try_allocate(block: Layout, contents: Contents, word: Word) -> Option<NonNull<u8>> {
    let start = match contents {
        // SAFETY: the block contains the word, so its size is not 0.
        Contents::Uninit => unsafe { alloc(block) },
        // SAFETY: as above.
        Contents::Zeroed => unsafe { alloc_zeroed(block) },
    };
    if start.is_null() {
        return None;
    }
    let value = start.wrapping_add(block.align());
    // SAFETY: the allocation is new. The alignment of the block is a power of two, and at least the
    // size of the word. So the word fits in front of the value, and is aligned.
    unsafe { value.cast::<Word>().wrapping_sub(1).write(word) };
    // SAFETY: a pointer into an allocation is not null.
    Some(unsafe { NonNull::new_unchecked(value) })
}

/// Allocates a place for a value of the layout `value`, and writes the word. A failed allocation
/// ends the process, as it does for `Box` and `Vec`.
///
/// # Panics
///
/// If the allocation would be larger than `isize::MAX` bytes.
#[inline]
fn allocate(value: Layout, contents: Contents, word: Word) -> NonNull<u8> {
    let Some(block) = block(value) else { capacity_overflow() };
    match try_allocate(block, contents, word) {
        Some(value) => value,
        None => handle_alloc_error(block),
    }
}

/// Allocates a place for a `T`, and writes the word. This is [`allocate`] inlined by hand, since a
/// debug build calls each function.
#[inline]
pub(crate) fn allocate_for<T>(word: Word) -> NonNull<T> {
    let block = const { block(Layout::new::<T>()) };
    let Some(block) = block else { capacity_overflow() };
    match try_allocate(block, Contents::Uninit, word) {
        Some(value) => value.cast(),
        None => handle_alloc_error(block),
    }
}

/// Like [`allocate_for`], but returns an error if the allocation fails.
#[inline]
pub(crate) fn try_allocate_for<T>(
    contents: Contents,
    word: Word,
) -> Result<NonNull<T>, AllocError> {
    let Some(block) = block(Layout::new::<T>()) else { capacity_overflow() };
    match try_allocate(block, contents, word) {
        Some(value) => Ok(value.cast()),
        None => Err(AllocError::new(block)),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn capacity_overflow() -> ! {
    panic!("capacity overflow: an allocation of more than isize::MAX bytes")
}

/// Frees the memory of a value of size `size` and alignment `align`. Does not drop the value.
///
/// # Safety
///
/// `value` came from `allocate` for a value of this size and alignment. Every other access to the
/// allocation happens-before this call.
#[inline(always)]
unsafe fn deallocate_as(value: NonNull<u8>, size: usize, align: usize) {
    // `block` inlined by hand, since a debug build calls each function.
    let align = block_align(align);
    let size = if size == 0 { 1 } else { size };
    // SAFETY: by the contract, `allocate` was called for this size and alignment, and `block`
    // checked the same layout then.
    let block = unsafe { Layout::from_size_align_unchecked(align.wrapping_add(size), align) };
    let value = value.as_ptr();
    let word = value.wrapping_sub(size_of::<Word>()).cast();
    // SAFETY: `allocate` returned the address `align` bytes behind the start of a block of this
    // layout, with the word directly in front. By the contract, nothing uses the block any more.
    unsafe { dealloc(word, value.wrapping_sub(align), block) }
}

/// Frees the memory of a place that got no value, mostly because of a panic. Out of line and not
/// generic, which makes the code of its callers small.
///
/// # Safety
///
/// As for [`deallocate_as`].
#[cold]
#[inline(never)]
pub(crate) unsafe fn deallocate_place(value: NonNull<u8>, size: usize, align: usize) {
    // SAFETY: the caller's contract.
    unsafe { deallocate_as(value, size, align) }
}

/// Frees the memory. Does not drop the value.
///
/// # Safety
///
/// The last handle, strong or weak, was released: every other access to the allocation
/// happens-before this call. The value was dropped or moved out, or was never written.
#[inline]
pub(crate) unsafe fn deallocate<T: ?Sized>(value: NonNull<T>) {
    // SAFETY: by the contract, the last handle was released. So no other thread can reach the
    // memory, and it is allocated until this function frees it.
    let size = unsafe { size_of_value(value) };
    // SAFETY: as above.
    let align = unsafe { align_of_value(value) };
    // SAFETY: `allocate` was called for a value with the metadata of `value`, from which the size
    // and the alignment were computed. By the contract, every other access happens-before this
    // call.
    unsafe { deallocate_as(value.cast(), size, align) }
}

/// Returns `value` with its address and provenance replaced by those of `place`.
#[inline]
pub(crate) fn with_address_of<T: ?Sized>(mut value: *mut T, place: NonNull<u8>) -> NonNull<T> {
    // SAFETY: every pointer is at least as large and as aligned as a thin one. The assertion below
    // checks that a wide pointer begins with its address.
    unsafe { (&raw mut value).cast::<*mut u8>().write(place.as_ptr()) };
    assert!(value.cast::<u8>() == place.as_ptr(), "a pointer begins with its address");
    // SAFETY: its address is that of `place`, which is not null.
    unsafe { NonNull::new_unchecked(value) }
}

/// An allocation whose value is not written yet. The word counts one strong handle. Dropping an
/// `Uninit` frees the memory.
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
        Ok(Self { value: try_allocate_for(contents, Word::unique())?, layout: Layout::new::<T>() })
    }

    #[inline]
    pub(crate) fn write(self, value: T) -> Arc<T> {
        // SAFETY: no handle to this allocation exists yet, and the place has the layout of a `T`.
        unsafe { self.value.write(value) };
        // SAFETY: the value was written just now.
        unsafe { self.assume_init() }
    }

    #[inline]
    pub(crate) fn into_uninit_arc(self) -> Arc<MaybeUninit<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the word counts one strong handle, which becomes the `Arc`. A `MaybeUninit` needs
        // no value.
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
        // SAFETY: the word counts one strong handle, which becomes the `Arc`. A `MaybeUninit` needs
        // no value.
        unsafe { Arc::from_value(NonNull::slice_from_raw_parts(this.value.cast(), len)) }
    }
}

impl<T: ?Sized> Uninit<T> {
    /// Allocates a place with the layout `layout`. `value` turns its address into a pointer to `T`.
    ///
    /// # Safety
    ///
    /// `value` returns its argument with metadata added. A value with that metadata has the layout
    /// `layout`.
    #[inline]
    pub(crate) unsafe fn with_layout(
        layout: Layout,
        value: impl FnOnce(NonNull<u8>) -> NonNull<T>,
    ) -> Self {
        let place = allocate(layout, Contents::Uninit, Word::unique());
        Self { value: value(place), layout }
    }

    /// Allocates a place for a value with the size, alignment and metadata of `value`.
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
    /// The place was made [`like`](Self::like) the value at `source`, or like another value with
    /// the same layout and metadata. The caller neither uses nor drops the value at `source`
    /// afterwards.
    #[inline]
    pub(crate) unsafe fn move_from(self, source: NonNull<T>) -> Arc<T> {
        let place = self.value.cast::<u8>();
        // SAFETY: by the contract, `source` has the size of `layout`. The place is in another
        // allocation, of that layout.
        unsafe { place.copy_from_nonoverlapping(source.cast::<u8>(), self.layout.size()) };
        // SAFETY: all bytes of the value were copied, including its padding, and the caller gave up
        // the value.
        unsafe { self.assume_init() }
    }

    /// # Safety
    ///
    /// The value is written.
    #[inline]
    pub(crate) unsafe fn assume_init(self) -> Arc<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the word counts one strong handle, which becomes the `Arc`. By the contract, the
        // value is written.
        unsafe { Arc::from_value(this.value) }
    }
}

impl<T: ?Sized + CloneToUninit> Uninit<T> {
    /// Clones `value` into a new allocation. If `clone` panics, the allocation is freed.
    #[inline]
    pub(crate) fn clone_of(value: &T) -> Arc<T> {
        // SAFETY: the place was made `like` the value.
        unsafe { Self::like(value).clone_from(value) }
    }

    /// Clones `value` into this place. If `clone` panics, the allocation is freed.
    ///
    /// # Safety
    ///
    /// The place was made [`like`](Self::like) the value.
    #[inline]
    pub(crate) unsafe fn clone_from(mut self, value: &T) -> Arc<T> {
        // SAFETY: `like` made the place for this size and alignment, in a new allocation.
        unsafe { value.clone_to_uninit(self.as_mut_ptr().cast()) };
        // SAFETY: the value was written just now.
        unsafe { self.assume_init() }
    }
}

impl<T: ?Sized> Drop for Uninit<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: no handle to this allocation exists, since each function that makes one forgets
        // the `Uninit`. The memory was allocated for a value with the layout `layout`.
        unsafe { deallocate_place(self.value.cast(), self.layout.size(), self.layout.align()) }
    }
}

/// Writes the elements of a slice, one after the other. Dropping the writer drops the elements that
/// it has written, for example if making the next one panics.
pub(crate) struct SliceWriter<'a, T> {
    place: *mut T,
    capacity: usize,
    len: usize,
    _place: PhantomData<&'a mut T>,
}

impl<'a, T> SliceWriter<'a, T> {
    /// # Safety
    ///
    /// `place` is valid for writes for all of `'a`, and nothing else accesses it.
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
    /// The writer is not full.
    #[inline(always)]
    pub(crate) unsafe fn push(&mut self, value: T) {
        // SAFETY: by the contract, `len` is below the capacity, so this is inside the place of
        // `new`.
        unsafe { self.place.wrapping_add(self.len).write(value) };
        self.len += 1;
    }

    /// Returns the elements written so far. The caller owns them.
    #[inline]
    pub(crate) fn finish(self) -> *mut [T] {
        let this = ManuallyDrop::new(self);
        ptr::slice_from_raw_parts_mut(this.place, this.len)
    }

    /// Moves the elements written so far into a `Vec`.
    pub(crate) fn into_vec(self) -> Vec<T> {
        let mut elements = Vec::<T>::with_capacity(self.len);
        let written = self.finish();
        // SAFETY: the `Vec` has just allocated room for `len` elements, so the places do not
        // overlap.
        unsafe { elements.as_mut_ptr().copy_from_nonoverlapping(written.cast(), written.len()) };
        // SAFETY: the elements were copied, and `finish` forgot the writer. So only the `Vec` owns
        // them.
        unsafe { elements.set_len(written.len()) };
        elements
    }
}

impl<T> Drop for SliceWriter<'_, T> {
    fn drop(&mut self) {
        // SAFETY: `push` wrote the first `len` elements. The writer owns them, since `finish`
        // forgets it.
        unsafe { ptr::slice_from_raw_parts_mut(self.place, self.len).drop_in_place() }
    }
}

/// Whether a panic aborts the process, so that nothing unwinds.
const PANICS_ABORT: bool = cfg!(panic = "abort");

/// Owns the value of an allocation, and the implicit weak, which [`release`](Taken::release)
/// releases after the value. Dropping a `Taken` does the same, if the value's destructor panics.
pub(crate) struct Taken<T: ?Sized> {
    pub(crate) value: NonNull<T>,
    pub(crate) implicit_weak: ImplicitWeak,
}

impl<T: ?Sized> Taken<T> {
    /// Takes the value after the release of the last strong handle, or for a `UniqueArc`.
    ///
    /// # Safety
    ///
    /// The release of a strong handle of this `value` returned `last`. Or `last` is `None`, and the
    /// caller owns the value and the implicit weak by a `UniqueArc`.
    #[inline]
    pub(crate) unsafe fn claim(value: NonNull<T>, last: Option<LastStrong>) -> Self {
        // SAFETY: the caller owns the implicit weak, so the memory is allocated.
        let word = unsafe { word(value) };
        // SAFETY: the caller owns the value, and the implicit weak that `take_value` returns.
        unsafe { Self::new(value, word.take_value(last)) }
    }

    /// # Safety
    ///
    /// The caller owns the value and `implicit_weak`, which is that of `value`'s allocation.
    #[inline]
    pub(crate) unsafe fn new(value: NonNull<T>, implicit_weak: ImplicitWeak) -> Self {
        Self { value, implicit_weak }
    }

    /// Drops the value in place, and then releases the implicit weak.
    ///
    /// In a recursive drop, each level keeps on the stack what it needs after the destructor. If
    /// panics abort, that is only the pointer. The destructor is then called in two places, with
    /// and without `Weak`s, so neither has to remember whether an implicit weak is left to release.
    #[inline(always)]
    pub(crate) fn drop_value(self) {
        if PANICS_ABORT {
            let alone = self.implicit_weak.is_alone();
            let value = ManuallyDrop::new(self).value;
            if !alone {
                // SAFETY: the forgotten `self` owned the value and the implicit weak.
                return unsafe { Self::drop_with_weaks(value) };
            }
            // SAFETY: `self` owned the value, and is forgotten. So the value is dropped once.
            unsafe { value.drop_in_place() };
            // SAFETY: no `Weak` is left, so this was the last handle, and the value was dropped
            // just now.
            unsafe { deallocate(value) }
        } else {
            // SAFETY: `self` owns the value, and is consumed. Releasing a `Taken` does not touch
            // the value.
            unsafe { self.value.drop_in_place() };
            self.release();
        }
    }

    /// [`drop_value`](Self::drop_value) for a value that has `Weak`s, if panics abort.
    ///
    /// # Safety
    ///
    /// The caller owns the value and the implicit weak.
    #[inline(never)]
    unsafe fn drop_with_weaks(value: NonNull<T>) {
        // SAFETY: by the contract, the caller owns the value.
        unsafe { value.drop_in_place() };
        // SAFETY: the weak field counts the implicit weak, which the caller owned.
        drop(unsafe { Weak::from_value(value) });
    }
}

impl<T> Taken<T> {
    /// Moves the value out.
    #[inline]
    pub(crate) fn into_value(self) -> T {
        // SAFETY: `self` owns the value, and is consumed. Releasing a `Taken` does not touch the
        // value.
        let value = unsafe { self.value.read() };
        self.release();
        value
    }
}

impl<T: ?Sized> Taken<T> {
    /// Keeps the value: in this allocation if no `Weak` is left, otherwise in a new one.
    #[inline]
    pub(crate) fn into_unique(self) -> UniqueArc<T> {
        let alone = self.implicit_weak.is_alone();
        let this = ManuallyDrop::new(self);
        // SAFETY: the forgotten `self` owned the value and the implicit weak. The word counts no
        // strong handle.
        let unique = unsafe { UniqueArc::from_value(this.value) };
        if alone { unique } else { unique.leave_weaks() }
    }
}

impl<T> Taken<T> {
    /// Moves the value out. Also returns its place, if no `Weak` is left and a `U` has the same
    /// layout.
    #[inline]
    pub(crate) fn into_value_and_place<U>(self) -> (T, Option<UniqueArc<MaybeUninit<U>>>) {
        if !(self.implicit_weak.is_alone() && Layout::new::<T>() == Layout::new::<U>()) {
            return (self.into_value(), None);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: the forgotten `self` owned the value. From here on, the place counts as
        // uninitialised.
        let value = unsafe { this.value.read() };
        // SAFETY: the forgotten `self` owned the place and the implicit weak. The place has the
        // layout of a `U`, and a `MaybeUninit` needs no value. The word counts no strong handle.
        (value, Some(unsafe { UniqueArc::from_value(this.value.cast()) }))
    }
}

impl<T: ?Sized> Taken<T> {
    /// Releases the implicit weak, and frees the memory if that was the last weak handle. The value
    /// was dropped or moved out.
    #[inline]
    pub(crate) fn release(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: the forgotten `self` owned the implicit weak.
        unsafe { release_implicit_weak(this.value, this.implicit_weak.is_alone()) }
    }
}

impl<T: ?Sized> Drop for Taken<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `self` owns the implicit weak, and is not used again.
        unsafe { release_after_panic(self.value, self.implicit_weak.is_alone()) }
    }
}

/// Releases the implicit weak, and frees the memory if that was the last weak handle.
///
/// # Safety
///
/// The caller owned the value, which was dropped or moved out, and owns the implicit weak. If
/// `alone`, no `Weak` is left.
#[inline]
unsafe fn release_implicit_weak<T: ?Sized>(value: NonNull<T>, alone: bool) {
    if !alone {
        // SAFETY: the implicit weak is not released yet, so the memory is allocated.
        if let Some(last) = unsafe { word(value) }.release_weak() {
            // SAFETY: `last` is what the release of the implicit weak returned.
            unsafe { Weak::drop_slow(value, last) }
        }
        return;
    }
    // SAFETY: no `Weak` is left, so this was the last handle. The value was dropped or moved out.
    unsafe { deallocate(value) }
}

/// Like [`release_implicit_weak`]. Out of line, so that a function with a `Taken` keeps it in
/// registers, which takes less stack.
///
/// # Safety
///
/// As for `release_implicit_weak`.
#[cold]
#[inline(never)]
unsafe fn release_after_panic<T: ?Sized>(value: NonNull<T>, alone: bool) {
    // SAFETY: the caller's contract.
    unsafe { release_implicit_weak(value, alone) }
}

/// The address of a `Weak` without an allocation. No value has this address: the word in front of a
/// value is aligned, so the address of the value is even.
const DANGLING: usize = usize::MAX;

#[inline]
pub(crate) const fn dangling<T>() -> NonNull<T> {
    // SAFETY: `DANGLING` is not 0.
    unsafe { NonNull::new_unchecked(ptr::without_provenance_mut(DANGLING)) }
}

#[inline(always)]
pub(crate) fn is_dangling<T: ?Sized>(value: NonNull<T>) -> bool {
    (value.as_ptr() as *const u8).addr() == DANGLING
}

const _: () = assert!(MODELLED || size_of::<Word>() == 8);
