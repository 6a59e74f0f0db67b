//! Sizes and places: handles and allocations, zero-sized and over-aligned values, slices that are
//! too large for memory.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{World, catch, heap::last_allocation, leak_free, on_both, word};

use proven_arc::{Arc, Clones, Counts, UniqueArc, Weak};
use static_assertions::{assert_eq_align, assert_eq_size, const_assert_eq};
use std::alloc::Layout;
use std::any::Any;
use std::fmt::Debug;
use std::mem::{MaybeUninit, align_of_val, size_of};
use std::sync::OnceLock;

// Each handle is a pointer, and has a niche.
assert_eq_size!(*const u8, Arc<u64>, Weak<u64>, UniqueArc<u64>, Arc<()>, Arc<[u64; 99]>);
assert_eq_size!(*const u8, Option<Arc<u64>>, Option<Weak<u64>>, Option<UniqueArc<u64>>);
assert_eq_size!(*const [u8], Arc<str>, Weak<[u64]>, UniqueArc<str>, Arc<dyn Any>, Weak<dyn Any>);
assert_eq_size!(*const [u8], Option<Arc<str>>, Option<Weak<[u64]>>, Option<UniqueArc<dyn Any>>);
assert_eq_align!(*const u8, Arc<u64>, Weak<str>, UniqueArc<u64>);
const_assert_eq!(size_of::<Clones<u64>>(), 2 * size_of::<usize>());

fn allocated<R>(f: impl FnOnce() -> R) -> Layout {
    let (result, layout) = last_allocation(f);
    drop(result);
    layout.expect("an allocation")
}

#[test]
fn the_header_has_8_bytes() {
    let layout = |size, align| Layout::from_size_align(size, align).unwrap();
    assert_eq!(allocated(|| Arc::new(5_u64)), layout(16, 8));
    assert_eq!(allocated(|| UniqueArc::new(5_u64)), layout(16, 8));
    assert_eq!(allocated(|| Arc::new_cyclic(|_| 5_u64)), layout(16, 8));
    assert_eq!(allocated(|| Arc::try_new(5_u64)), layout(16, 8));
    assert_eq!(allocated(|| Arc::new(5_u8)), layout(9, 8));
    assert_eq!(allocated(|| Arc::new([5_u8; 9])), layout(17, 8));
    assert_eq!(allocated(|| Arc::new(5_u128)), layout(32, 16));
    assert_eq!(allocated(|| Arc::<str>::from("abc")), layout(11, 8));
    assert_eq!(allocated(|| Arc::<str>::from("12345678")), layout(16, 8));
    assert_eq!(allocated(|| Arc::<[u32]>::from([1, 2, 3])), layout(20, 8));
    assert_eq!(allocated(|| Arc::<[u64]>::new_zeroed_slice(100)), layout(808, 8));
    let any: Box<dyn Any> = Box::new(5_u64);
    assert_eq!(allocated(|| Arc::<dyn Any>::from(any)), layout(16, 8));
    // std: two counts.
    assert_eq!(allocated(|| std::sync::Arc::new(5_u64)), layout(8 + 2 * size_of::<usize>(), 8));
}

/// A handle to a zero-sized value points into its block, where a leak checker looks for it, and not
/// to the end of the block.
#[test]
fn a_zero_sized_value_has_a_byte() {
    #[repr(align(64))]
    struct Aligned;
    let layout = |size, align| Layout::from_size_align(size, align).unwrap();
    assert_eq!(allocated(|| Arc::new(())), layout(9, 8));
    assert_eq!(allocated(|| Arc::downgrade(&Arc::new(()))), layout(9, 8));
    assert_eq!(allocated(|| UniqueArc::new(())), layout(9, 8));
    assert_eq!(allocated(|| Arc::new_cyclic(|_| ())), layout(9, 8));
    assert_eq!(allocated(Arc::<()>::try_new_zeroed), layout(9, 8));
    assert_eq!(allocated(|| Arc::<str>::from("")), layout(9, 8));
    assert_eq!(allocated(|| Arc::<[u64]>::from([])), layout(9, 8));
    assert_eq!(allocated(|| Arc::<[u64]>::new_uninit_slice(0)), layout(9, 8));
    assert_eq!(allocated(|| Arc::new(Aligned)), layout(65, 64));
    assert_eq!(allocated(|| Arc::<[Aligned]>::from([])), layout(65, 64));
    assert_eq!(allocated(|| Arc::<dyn Any>::from(Box::new(()) as Box<dyn Any>)), layout(9, 8));
}

/// A handle in a static is no leak at the end of the process. valgrind and LeakSanitizer check it:
/// `memcheck` and `address_sanitizer` in `.ci/run`.
#[test]
fn what_is_kept_is_not_lost() {
    #[repr(align(64))]
    struct Aligned;
    #[allow(dead_code, clippy::type_complexity, reason = "they are only kept")]
    struct Kept(
        (Arc<()>, Arc<str>, Arc<[u64]>, Arc<Aligned>, Arc<[Aligned]>),
        (Weak<()>, Weak<str>, Weak<Aligned>, UniqueArc<()>, UniqueArc<Aligned>),
        (Arc<u64>, Weak<u64>, UniqueArc<String>, Arc<[String]>),
    );
    static KEPT: OnceLock<Kept> = OnceLock::new();
    let kept = KEPT.get_or_init(|| {
        Kept(
            (Arc::new(()), Arc::from(""), Arc::from([]), Arc::new(Aligned), Arc::from([])),
            (
                Arc::downgrade(&Arc::new(())),
                Arc::downgrade(&Arc::from("")),
                Arc::downgrade(&Arc::new(Aligned)),
                UniqueArc::new(()),
                UniqueArc::new(Aligned),
            ),
            (
                Arc::new(1),
                Arc::downgrade(&Arc::new(2)),
                UniqueArc::new("3".into()),
                Arc::from(["4".into()]),
            ),
        )
    });
    std::mem::forget(kept.2.0.clone()); // valgrind takes a word of 1 for the length of an array
    assert_eq!(Arc::counts(&kept.0.0), Counts { strong: 1, weak: 0 });
    assert_eq!(kept.1.0.strong_count(), 0);
}

#[test]
fn one_allocation_for_an_iterator_of_known_length() {
    let values = [1_u64, 2, 3];
    let before = Layout::new::<[u64; 4]>();
    assert_eq!(allocated(|| values.iter().copied().collect::<Arc<[u64]>>()), before);
    assert_eq!(allocated(|| Arc::<[u64]>::from(vec![1, 2, 3])), before);
}

#[test]
fn a_handle_is_the_pointer_to_the_value() {
    leak_free(|| {
        let arc = Arc::new(5_u64);
        let weak = Arc::downgrade(&arc);
        let value = Arc::as_ptr(&arc);
        assert_eq!(&raw const *arc, value);
        assert_eq!(weak.as_ptr(), value);
        assert_eq!(format!("{arc:p}"), format!("{value:p}"));
        assert_eq!(word::get(value), word::of(1, 1));
        assert_eq!(Arc::into_raw(arc.clone()), value);
        assert_eq!(word::get(value), word::of(2, 1));
        // SAFETY: from `into_raw`.
        unsafe { Arc::decrement_strong_count(value) };
    });
}

/// A value that knows its place and its content.
trait Aligned: Debug + Clone + PartialEq + 'static {
    const ALIGN: usize;
    fn new(n: u8) -> Self;
    fn tag(&self) -> u8;
}

fn is_aligned<A: Aligned>(value: *const A) -> bool {
    value.addr() % A::ALIGN == 0
}

/// A value with a tail that can be unsized.
#[derive(Debug)]
struct Tail<T: ?Sized> {
    head: u16,
    tail: T,
}

fn sized_values<A: Aligned>() {
    let (arc, layout) = last_allocation(|| Arc::new(A::new(1)));
    let align = A::ALIGN.max(8);
    let size = align + size_of::<A>();
    assert_eq!(layout, Layout::from_size_align(size, align).ok());
    let raw = Arc::as_ptr(&arc);
    assert!(is_aligned(raw));
    assert!(std::ptr::eq(raw, &*arc));
    assert_eq!(word::get(raw), word::of(1, 0), "the word is in front of the value");
    assert_eq!(arc.tag(), 1);

    // Through a raw pointer.
    // SAFETY: from `into_raw`, used once.
    let mut arc = unsafe { Arc::from_raw(Arc::into_raw(arc)) };
    *Arc::get_mut(&mut arc).unwrap() = A::new(2);
    let other = arc.clone();
    assert_eq!(other.tag(), 2);
    assert_eq!(Arc::counts(&arc), Counts { strong: 2, weak: 0 });

    // To another allocation, by cloning and by moving.
    assert!(is_aligned(Arc::make_mut(&mut arc)));
    let weak = Arc::downgrade(&arc);
    assert!(is_aligned(Arc::make_mut(&mut arc)));
    assert_eq!((arc.tag(), other.tag()), (2, 2));
    assert!(weak.upgrade().is_none());

    // A `Weak` that outlives the value.
    let weak = Arc::downgrade(&other);
    assert_eq!(Arc::into_inner(other).map(|value| value.tag()), Some(2));
    // SAFETY: from `into_raw`, used once.
    let weak = unsafe { Weak::from_raw(weak.into_raw()) };
    assert!(weak.clone().upgrade().is_none());
    assert!(is_aligned(weak.as_ptr()));

    let mut unique = UniqueArc::new(A::new(3));
    assert!(is_aligned(&raw const *unique));
    *unique = A::new(4);
    let weak = UniqueArc::downgrade(&unique);
    assert_eq!(UniqueArc::into_arc(unique).tag(), 4);
    drop(weak);
    assert_eq!(Arc::map(arc, |value| (value.clone(), value.clone())).1.tag(), 2);
    // SAFETY: the types are made of integers.
    let zeroed = unsafe { Arc::<A>::new_zeroed().assume_init() };
    assert!(is_aligned(Arc::as_ptr(&zeroed)) && zeroed.tag() == 0);
    assert_eq!(Arc::try_unwrap(zeroed), Ok(A::new(0)));
    drop(Arc::<A>::new_uninit());
}

fn slices<A: Aligned>() {
    for len in [0, 1, 2, 5] {
        let values: Vec<A> = (0..len).map(A::new).collect();
        let tags = |arc: &[A]| arc.iter().map(A::tag).collect::<Vec<_>>();
        let expected: Vec<u8> = (0..len).collect();
        let makers: [Arc<[A]>; 4] = [
            Arc::from(values.clone()),
            Arc::from(&values[..]),
            values.iter().cloned().collect(),
            Arc::from(values.clone().into_boxed_slice()),
        ];
        for mut arc in makers {
            assert!(is_aligned(arc.as_ptr()));
            assert_eq!(tags(&arc), expected);
            assert_eq!(word::get(Arc::as_ptr(&arc)), word::of(1, 0));
            let other = arc.clone();
            assert_eq!(tags(Arc::make_mut(&mut arc)), expected);
            let weak = Arc::downgrade(&arc);
            assert_eq!(tags(Arc::make_mut(&mut arc)), expected);
            assert!(is_aligned(arc.as_ptr()) && weak.upgrade().is_none());
            // SAFETY: from `into_raw`, used once.
            let weak = unsafe { Weak::from_raw(Arc::into_weak(other).into_raw()) };
            assert_eq!(weak.strong_count(), 0);
        }
        let default = Arc::<[A]>::default();
        assert!(is_aligned(default.as_ptr()) && default.is_empty());
        drop(Arc::<[A]>::new_uninit_slice(usize::from(len)));
    }
}

fn unsized_values<A: Aligned>() {
    let boxed: Box<dyn Debug> = Box::new(A::new(5));
    let arc: Arc<dyn Debug> = Arc::from(boxed);
    assert_eq!(Arc::as_ptr(&arc).addr() % A::ALIGN, 0);
    assert_eq!(align_of_val(&*arc), A::ALIGN);
    assert_eq!(format!("{arc:?}"), format!("{:?}", A::new(5)));
    let weak = Arc::downgrade(&arc);
    // SAFETY: from `into_raw`, used once.
    let arc = unsafe { Arc::from_raw(Arc::into_raw(arc)) };
    assert!(weak.upgrade().is_some());
    drop(arc);
    // SAFETY: from `into_raw`, used once. The value is gone, but its metadata is intact.
    assert!(unsafe { Weak::from_raw(weak.into_raw()) }.upgrade().is_none());

    let boxed: Box<dyn Any + Send + Sync> = Box::new(Sendable(A::new(6)));
    let any: Arc<dyn Any + Send + Sync> = Arc::from(boxed);
    assert_eq!(any.downcast::<Sendable<A>>().unwrap().0.tag(), 6);

    let boxed: Box<Tail<[A]>> = Box::new(Tail { head: 7, tail: [A::new(1), A::new(2), A::new(3)] });
    let arc: Arc<Tail<[A]>> = Arc::from(boxed);
    assert!(is_aligned(arc.tail.as_ptr()));
    assert_eq!((arc.head, arc.tail.len(), arc.tail[2].tag()), (7, 3, 3));
    let unique = Arc::try_into_unique(arc).unwrap();
    let weak = UniqueArc::downgrade(&unique);
    drop(unique);
    assert!(weak.upgrade().is_none());
}

/// Lets other threads use the value: all the aligned types are plain bytes.
struct Sendable<A>(A);
// SAFETY: it has no pointers.
unsafe impl<A: Aligned> Send for Sendable<A> {}
// SAFETY: as above.
unsafe impl<A: Aligned> Sync for Sendable<A> {}

macro_rules! alignments {
    ($($name:ident($align:literal))*) => {$(
        mod $name {
            use super::*;

            #[derive(Debug, Clone, PartialEq)]
            #[repr(C, align($align))]
            struct Value(u8);
            impl Aligned for Value {
                const ALIGN: usize = $align;
                fn new(n: u8) -> Self {
                    Self(n)
                }
                fn tag(&self) -> u8 {
                    self.0
                }
            }

            /// A zero-sized value with an alignment.
            #[derive(Debug, Clone, PartialEq)]
            #[repr(align($align))]
            struct Zero;
            impl Aligned for Zero {
                const ALIGN: usize = $align;
                fn new(_: u8) -> Self {
                    Self
                }
                fn tag(&self) -> u8 {
                    0
                }
            }

            #[test]
            fn sized() {
                leak_free(sized_values::<Value>);
            }

            #[test]
            fn slice() {
                leak_free(slices::<Value>);
            }

            #[test]
            fn not_sized() {
                leak_free(unsized_values::<Value>);
            }

            #[test]
            fn zero_sized() {
                leak_free(|| {
                    let arc = Arc::new(Zero);
                    let weak = Arc::downgrade(&arc);
                    assert!(is_aligned(Arc::as_ptr(&arc)));
                    assert_eq!(word::get(Arc::as_ptr(&arc)), word::of(1, 1));
                    assert_eq!(Arc::try_unwrap(arc), Ok(Zero));
                    assert!(weak.upgrade().is_none());
                    for len in [0, 1, 1_000] {
                        let slice: Arc<[Zero]> = vec![Zero; len].into();
                        let mut other = slice.clone();
                        assert!(is_aligned(slice.as_ptr()));
                        assert_eq!((slice.len(), Arc::make_mut(&mut other).len()), (len, len));
                    }
                });
            }
        }
    )*};
}
alignments! {
    align_1(1) align_2(2) align_4(4) align_8(8) align_16(16) align_32(32) align_64(64)
    align_128(128) align_256(256) align_512(512) align_1024(1024) align_2048(2048) align_4096(4096)
}

#[test]
fn a_tail_that_is_less_aligned_than_its_head() {
    leak_free(|| {
        let boxed: Box<Tail<[u8]>> = Box::new(Tail { head: 7, tail: [1, 2, 3] });
        let (arc, layout) = last_allocation(|| Arc::<Tail<[u8]>>::from(boxed));
        // 8, and 2 + 3 padded to 6.
        assert_eq!(layout, Layout::from_size_align(14, 8).ok());
        assert_eq!((arc.head, &arc.tail), (7, &[1, 2, 3][..]));
        let weak = Arc::downgrade(&arc);
        drop(arc);
        assert!(weak.upgrade().is_none());
    });
}

on_both! {
    fn zero_sized_values() {
        use std::cell::Cell;
        thread_local!(static DROPPED: Cell<usize> = const { Cell::new(0) });
        struct Zero;
        impl Drop for Zero {
            fn drop(&mut self) {
                DROPPED.set(DROPPED.get() + 1);
            }
        }
        impl Clone for Zero {
            fn clone(&self) -> Self {
                Self
            }
        }
        DROPPED.set(0);
        let mut arc = Arc::new(Zero);
        let other = arc.clone();
        let _: &mut Zero = Arc::make_mut(&mut arc);
        assert!(!Arc::ptr_eq(&arc, &other));
        drop((arc, Arc::into_inner(other)));
        assert_eq!(DROPPED.get(), 2);
        let slice: Arc<[Zero]> = (0..5).map(|_| Zero).collect();
        let boxed: Arc<[Zero]> = Box::<[Zero]>::from(vec![Zero; 3]).into();
        drop((slice, boxed));
        assert_eq!(DROPPED.get(), 2 + 5 + 3);
    }

    fn no_elements() {
        let world = World::new();
        let empty: Arc<[common::Tracked]> = Arc::from([]);
        let mut other: Arc<[common::Tracked]> = Vec::new().into();
        assert!(empty.is_empty() && !Arc::ptr_eq(&empty, &other));
        assert!(Arc::make_mut(&mut other).is_empty());
        assert_eq!(&*Arc::<str>::from(""), "");
        let weak = Arc::downgrade(&empty);
        drop(empty);
        assert!(weak.upgrade().is_none());
        world.ends();
    }

    /// A slice that does not fit into memory panics before anything is allocated.
    fn slices_past_the_largest_size() {
        const MAX: usize = isize::MAX as usize;
        fn too_large<R>(make: impl FnOnce() -> R) {
            let (result, allocated) = last_allocation(|| catch(|| drop(make())));
            let message = result.unwrap_err();
            // If anything was allocated, the last allocation is the panic's own message.
            let small = allocated.is_none_or(|layout| layout.size() < 1024);
            assert!(small, "{message}: {allocated:?}");
        }
        for len in [usize::MAX, MAX + 1, MAX, MAX - 1, MAX - 6, MAX - 7] {
            too_large(|| Arc::<[u8]>::new_uninit_slice(len));
            too_large(|| Arc::<[u8]>::new_zeroed_slice(len));
        }
        for len in [usize::MAX, usize::MAX / 2, usize::MAX / 8, MAX / 8, usize::MAX / 8 + 2] {
            too_large(|| Arc::<[u64]>::new_uninit_slice(len));
            too_large(|| Arc::<[u64]>::new_zeroed_slice(len));
        }
        #[repr(align(4096))]
        #[allow(dead_code, reason = "no value of it is made")]
        struct Page([u8; 4096]);
        for len in [MAX / 4096, MAX / 4096 + 1, usize::MAX / 4096, usize::MAX] {
            too_large(|| Arc::<[Page]>::new_uninit_slice(len));
        }
    }

    /// A slice of zero-sized values can have any length.
    fn usize_max_zero_sized_values() {
        let arc = Arc::<[()]>::new_uninit_slice(usize::MAX);
        assert_eq!((arc.len(), size_of_val(&*arc)), (usize::MAX, 0));
        let weak = Arc::downgrade(&arc);
        drop(arc);
        assert!(weak.upgrade().is_none());
        let arc = Arc::<[[u64; 0]]>::new_zeroed_slice(usize::MAX);
        assert_eq!(Arc::<[MaybeUninit<[u64; 0]>]>::strong_count(&arc), 1);
    }

    fn from_iter_with_a_huge_hint() {
        struct Endless(usize);
        impl Iterator for Endless {
            type Item = u64;
            fn next(&mut self) -> Option<u64> {
                panic!("asked");
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.0, Some(self.0))
            }
        }
        for len in [usize::MAX, isize::MAX as usize, usize::MAX / 8 + 1] {
            assert!(catch(|| drop(Endless(len).collect::<Arc<[u64]>>())).is_err());
        }
    }
}
