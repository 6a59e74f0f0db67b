//! The allocator returns no memory. `try_new` and its relatives return an error, everything else
//! ends the process, as `Box` and `Vec` do. Neither leaves anything half-built.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::heap::{self, without_memory};
use common::{Loud, World, catch, child, leak_free};

use proven_arc::{Arc, ThinArc, UniqueArc, Weak};
use std::alloc::Layout;

#[test]
fn try_new() {
    leak_free(|| {
        let world = World::new();
        let value = world.value();
        let (error, dropped) = without_memory(|| {
            let error = Arc::try_new((value, 1_u64)).err();
            (error, world.alive() == 0)
        });
        let error = error.expect("an error");
        assert!(dropped, "the value");
        assert_eq!(error.layout(), Layout::from_size_align(32, 8).unwrap());
        assert_eq!(error.to_string(), "memory allocation of 32 bytes failed");
        world.ends();
    });
}

#[test]
fn try_new_with_a_panicking_drop() {
    leak_free(|| {
        let world = World::new();
        let value = world.value();
        world.drop_panics_at(0);
        // The panic itself needs memory.
        let value = AfterThat(value);
        assert_eq!(
            catch(|| without_memory(|| Arc::try_new(value).is_err())),
            Err("drop of 0".into())
        );
        world.ends();
    });
}

/// Lets allocations succeed again before the value is dropped.
struct AfterThat<T>(#[allow(dead_code, reason = "only its drop matters")] T);

impl<T> Drop for AfterThat<T> {
    fn drop(&mut self) {
        heap::give_memory();
    }
}

#[test]
fn try_new_of_nothing_yet() {
    let uninit = without_memory(|| Arc::<[u64; 4]>::try_new_uninit().err());
    assert_eq!(uninit.unwrap().layout(), Layout::from_size_align(40, 8).unwrap());
    let zeroed = without_memory(|| Arc::<u128>::try_new_zeroed().err());
    assert_eq!(zeroed.unwrap().layout(), Layout::from_size_align(32, 16).unwrap());
}

#[test]
fn unique_try_new() {
    leak_free(|| {
        let world = World::new();
        let value = world.value();
        let error = without_memory(|| UniqueArc::try_new((value, 1_u64)).err());
        assert_eq!(error.expect("no memory").layout(), Layout::from_size_align(32, 8).unwrap());
        world.ends();
        let uninit = without_memory(|| UniqueArc::<[u64; 4]>::try_new_uninit().err());
        assert_eq!(uninit.unwrap().layout(), Layout::from_size_align(40, 8).unwrap());
        let zeroed = without_memory(|| UniqueArc::<u128>::try_new_zeroed().err());
        assert_eq!(zeroed.unwrap().layout(), Layout::from_size_align(32, 16).unwrap());
    });
}

/// A later call may succeed.
#[test]
fn memory_comes_back() {
    leak_free(|| {
        assert!(without_memory(|| Arc::try_new(5).is_err()));
        assert_eq!(Arc::try_new(5).map(|arc| *arc), Ok(5));
    });
}

/// Operations that allocate nothing, and so cannot fail.
#[test]
fn nothing_is_allocated_for_handles() {
    leak_free(|| {
        let mut arc = Arc::new(5);
        let mapped = without_memory(|| {
            assert!(Weak::<u8>::new().upgrade().is_none());
            *Arc::make_mut(&mut arc) += 1;
            let weak = Arc::downgrade(&arc);
            let [a, b] = Arc::clone_array(&arc);
            assert_eq!(Arc::clone_many(&arc, 10).count(), 10);
            drop((weak.upgrade(), a, b, weak));
            let unique =
                Arc::try_into_unique(arc).unwrap_or_else(|_| unreachable!("the others are gone"));
            let unique = UniqueArc::map(unique, |n| n + 1);
            let unique = Arc::into_unique(UniqueArc::into_arc(unique)).expect("the last handle");
            Arc::map(UniqueArc::into_arc(unique), |n| *n as u32)
        });
        assert_eq!(*mapped, 7);
        let default = without_memory(|| (Arc::<str>::default(), Arc::<[u64]>::default()));
        assert_eq!((default.0.len(), default.1.len()), (0, 0));
    });
}

/// Runs `step` while allocations fail, in the child process that has to end there.
fn starve<R>(step: impl FnOnce() -> R) {
    child::ready();
    let result = without_memory(step);
    println!("survived");
    drop(result);
}

/// Tests that run in a child process, which has to abort with this message. Nothing is dropped.
macro_rules! aborts {
    ($($(#[$attr:meta])* fn $name:ident() $body:block)*) => {$(
        #[test]
        #[cfg_attr(miri, ignore = "starts a process")]
        $(#[$attr])*
        fn $name() {
            if let Some(stderr) = child::aborts(stringify!($name), || $body) {
                assert!(stderr.contains("memory allocation of "), "{stderr}");
            }
        }
    )*};
}

aborts! {
    fn new() {
        starve(|| Arc::new(Loud));
    }

    fn new_uninit() {
        starve(Arc::<Loud>::new_uninit);
    }

    fn new_zeroed_slice() {
        starve(|| Arc::<[u8]>::new_zeroed_slice(100));
    }

    fn new_cyclic() {
        starve(|| Arc::new_cyclic(|_| Loud));
    }

    fn unique_new() {
        starve(|| UniqueArc::new(Loud));
    }

    fn make_mut_that_clones() {
        let mut arc = Arc::new(5);
        let _other = arc.clone();
        starve(|| *Arc::make_mut(&mut arc));
    }

    fn make_mut_that_moves() {
        let mut arc = Arc::new([5]);
        let _weak = Arc::downgrade(&arc);
        starve(|| Arc::make_mut(&mut arc)[0]);
    }

    fn into_unique_that_moves() {
        let arc = Arc::new((Loud, 1));
        let _weak = Arc::downgrade(&arc);
        starve(|| Arc::into_unique(arc));
    }

    fn try_into_unique_that_moves() {
        let arc = Arc::new((Loud, 1));
        let _weak = Arc::downgrade(&arc);
        starve(|| Arc::try_into_unique(arc));
    }

    fn map_to_another_layout() {
        let arc = Arc::new(5);
        starve(|| Arc::map(arc, |n| [*n; 7]));
    }

    fn from_vec() {
        let values = vec![Loud];
        starve(|| Arc::<[Loud]>::from(values));
    }

    fn thin_from_iter() {
        let values = 0..4_000_u32;
        starve(|| values.map(|n| n as u8).collect::<ThinArc<[u8]>>());
    }

    fn from_iter() {
        let values = (0..3).map(|_| Loud);
        starve(|| values.collect::<Arc<[Loud]>>());
    }

    fn from_str() {
        starve(|| Arc::<str>::from("text"));
    }

    fn from_box() {
        let boxed: Box<dyn Send> = Box::new((Loud, 1));
        starve(|| Arc::<dyn Send>::from(boxed));
    }

    /// The largest layout. With one byte more there is no layout, and the function panics.
    fn the_largest_slice() {
        child::ready();
        drop(Arc::<[u8]>::new_uninit_slice(isize::MAX as usize - 15));
    }
}

#[test]
fn one_more_than_the_largest_slice() {
    leak_free(|| {
        let len = isize::MAX as usize - 14;
        let message = catch(|| drop(Arc::<[u8]>::new_uninit_slice(len))).unwrap_err();
        assert_eq!(message, "capacity overflow: an allocation of more than isize::MAX bytes");
    });
}
