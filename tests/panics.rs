//! `Clone`, `Drop`, an iterator or a closure of the user panics in the middle of an operation.
//! Nothing is leaked, nothing is dropped twice, and the handle stays valid.

#[allow(dead_code, reason = "other test files use the rest")]
mod common;
use common::{Tracked, World, catch, leak_free, on_both};

/// An iterator of `len` values of the world, whose `size_hint` is `claims`. It panics in place of
/// value number `panics_at`, or in its drop.
struct Values<'w> {
    world: &'w World,
    given: usize,
    len: usize,
    claims: (usize, Option<usize>),
    panics_at: Option<usize>,
    drop_panics: bool,
}

impl<'w> Values<'w> {
    fn new(world: &'w World, len: usize, claims: (usize, Option<usize>)) -> Self {
        Self { world, given: 0, len, claims, panics_at: None, drop_panics: false }
    }
}

impl Drop for Values<'_> {
    fn drop(&mut self) {
        assert!(!self.drop_panics, "drop");
    }
}

impl<'w> Iterator for Values<'w> {
    type Item = Tracked<'w>;

    fn next(&mut self) -> Option<Tracked<'w>> {
        if self.panics_at == Some(self.given) {
            panic!("next");
        }
        if self.given == self.len {
            return None;
        }
        self.given += 1;
        Some(self.world.value())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.claims;
        (least.saturating_sub(self.given), most.map(|most| most.saturating_sub(self.given)))
    }
}

/// `size_hint`s for an iterator of `len` elements: exact ones, vague ones, and wrong ones.
fn claims(len: usize) -> [(usize, Option<usize>); 8] {
    [
        (len, Some(len)),
        (len, None),
        (0, Some(len)),
        (0, None),
        (len / 2, Some(len * 2)),
        (len + 3, Some(len + 3)),
        (len.saturating_sub(2), Some(len.saturating_sub(2))),
        (0, Some(0)),
    ]
}

/// Two values that are dropped one after the other.
#[allow(dead_code, reason = "only their drops matter")]
struct Pair<'w>(Tracked<'w>, Tracked<'w>);

/// A value whose `clone` drops the other handle to it, so that the handle that is cloned becomes
/// the last.
macro_rules! leaving {
    ($Arc:ident) => {
        struct Leaving<'w>(Tracked<'w>, std::cell::RefCell<Option<$Arc<Leaving<'w>>>>);

        impl<'w> Leaving<'w> {
            fn last_in_its_clone(world: &'w World) -> $Arc<Self> {
                let arc = $Arc::new(Leaving(world.value(), Default::default()));
                *arc.1.borrow_mut() = Some(arc.clone());
                arc
            }
        }

        impl Clone for Leaving<'_> {
            fn clone(&self) -> Self {
                let clone = Leaving(self.0.clone(), Default::default());
                drop(self.1.take());
                clone
            }
        }
    };
}

on_both! {
    fn make_mut_with_a_panicking_clone() {
        let world = World::new();
        let mut arc = Arc::new(world.value());
        let (other, weak) = (arc.clone(), Arc::downgrade(&arc));
        world.clone_panics_after(0);
        assert_eq!(catch(|| Arc::make_mut(&mut arc).id), Err("clone".to_owned()));
        assert!(Arc::ptr_eq(&arc, &other));
        assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (2, 1));
        assert_eq!(world.alive(), 1);
        assert_eq!(Arc::make_mut(&mut arc).id, 1, "the next one succeeds");
        drop((arc, other, weak));
        world.ends();
    }

    fn make_mut_of_a_slice_with_a_panicking_clone() {
        for position in 0..4 {
            let world = World::new();
            let mut arc: Arc<[Tracked]> = world.values(4).into();
            let other = arc.clone();
            world.clone_panics_after(position);
            assert_eq!(catch(|| Arc::make_mut(&mut arc).len()), Err("clone".to_owned()));
            assert!(Arc::ptr_eq(&arc, &other));
            assert_eq!((Arc::strong_count(&arc), world.alive()), (2, 4));
            assert_eq!(world.dropped(), (4..4 + position).collect::<Vec<_>>());
            drop((arc, other));
            world.ends();
        }
    }

    fn unwrap_or_clone_with_a_panicking_clone() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let other = arc.clone();
        world.clone_panics_after(0);
        assert_eq!(catch(|| Arc::unwrap_or_clone(arc).id), Err("clone".to_owned()));
        assert_eq!((Arc::strong_count(&other), world.alive()), (1, 1));
        drop(other);
        world.ends();
    }

    fn a_slice_cloned_from_a_reference_with_a_panicking_clone() {
        for position in 0..3 {
            let world = World::new();
            let mut values = world.values(3);
            world.clone_panics_after(position);
            let cloned = catch(|| drop(Arc::<[Tracked]>::from(&values[..])));
            assert_eq!(cloned, Err("clone".to_owned()));
            world.clone_panics_after(position);
            let cloned = catch(|| drop(Arc::<[Tracked]>::from(&mut values[..])));
            assert_eq!(cloned, Err("clone".to_owned()));
            assert_eq!(world.alive(), 3);
            drop(values);
            world.ends();
        }
    }

    fn new_cyclic_with_a_panicking_closure() {
        let world = World::new();
        for keep in [false, true] {
            let mut kept = Weak::new();
            let result = catch(|| {
                Arc::new_cyclic(|me: &Weak<Tracked>| {
                    if keep {
                        kept = me.clone();
                    }
                    let _value = world.value();
                    panic!("closure")
                })
            });
            assert_eq!(result.err(), Some("closure".to_owned()));
            assert!(kept.upgrade().is_none());
            assert_eq!((kept.strong_count(), kept.weak_count(), world.alive()), (0, 0, 0));
            drop(kept.clone());
        }
        world.ends();
    }

    fn new_cyclic_of_a_type_without_values() {
        use std::convert::Infallible;
        for keep in [false, true] {
            let mut kept = Weak::new();
            let result = catch(|| {
                Arc::<Infallible>::new_cyclic(|me| {
                    if keep {
                        kept = me.clone();
                    }
                    panic!("closure")
                })
            });
            assert_eq!(result.err(), Some("closure".to_owned()));
            assert!(kept.upgrade().is_none());
        }
    }

    fn the_last_arc_with_a_panicking_drop() {
        for weaks in 0..3 {
            let world = World::new();
            let arc = Arc::new(Pair(world.value(), world.value()));
            let weaks: Vec<_> = (0..weaks).map(|_| Arc::downgrade(&arc)).collect();
            world.drop_panics_at(0);
            assert_eq!(catch(|| drop(arc)), Err("drop of 0".to_owned()));
            assert!(weaks.iter().all(|weak| weak.upgrade().is_none() && weak.strong_count() == 0));
            assert_eq!(world.dropped(), [0, 1]);
            world.ends();
        }
    }

    fn a_slice_with_a_panicking_drop() {
        for position in 0..3 {
            let world = World::new();
            let arc: Arc<[Tracked]> = world.values(3).into();
            world.drop_panics_at(position);
            assert_eq!(catch(|| drop(arc)), Err(format!("drop of {position}")));
            world.ends();
        }
    }

    fn a_trait_object_with_a_panicking_drop() {
        let world = World::new();
        let boxed: Box<dyn std::fmt::Debug + '_> = Box::new(world.value());
        let arc: Arc<dyn std::fmt::Debug + '_> = Arc::from(boxed);
        let weak = Arc::downgrade(&arc);
        world.drop_panics_at(0);
        assert_eq!(catch(|| drop(arc)), Err("drop of 0".to_owned()));
        drop(weak);
        world.ends();
    }

    fn a_panicking_drop_during_another_panic() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let result = catch(|| {
            let _arc = arc;
            panic!("the first one");
        });
        assert_eq!(result, Err::<(), _>("the first one".to_owned()));
        world.ends();
    }

    fn make_mut_with_a_panicking_drop_of_the_old_value() {
        leaving!(Arc);
        let world = World::new();
        let mut arc = Leaving::last_in_its_clone(&world);
        world.drop_panics_at(0);
        assert_eq!(catch(|| Arc::make_mut(&mut arc).0.id), Err("drop of 0".to_owned()));
        assert_eq!((arc.0.id, Arc::strong_count(&arc), world.dropped()), (1, 1, vec![0]));
        drop(arc);
        world.ends();
    }

    fn into_inner_and_a_panicking_drop_of_the_value() {
        let world = World::new();
        let arc = Arc::new(world.value());
        let weak = Arc::downgrade(&arc);
        world.drop_panics_at(0);
        assert_eq!(catch(|| drop(Arc::into_inner(arc))), Err("drop of 0".to_owned()));
        assert!(weak.upgrade().is_none());
        drop(weak);
        world.ends();
    }

    fn try_unwrap_and_a_panicking_drop_of_the_value() {
        let world = World::new();
        for weaks in 0..2 {
            let arc = Arc::new(world.value());
            let _weaks: Vec<_> = (0..weaks).map(|_| Arc::downgrade(&arc)).collect();
            world.drop_panics_at(weaks);
            assert_eq!(catch(|| drop(Arc::try_unwrap(arc).ok())), Err(format!("drop of {weaks}")));
        }
        world.ends();
    }

    fn a_panicking_drop_by_the_raw_count() {
        let world = World::new();
        let raw = Arc::into_raw(Arc::new(world.value()));
        world.drop_panics_at(0);
        // SAFETY: the handle that `raw` owns.
        let dropped = catch(|| unsafe { Arc::decrement_strong_count(raw) });
        assert_eq!(dropped, Err("drop of 0".to_owned()));
        world.ends();
    }

    fn assigning_over_the_last_arc_with_a_panicking_drop() {
        let world = World::new();
        let mut arc = Arc::new(world.value());
        world.drop_panics_at(0);
        assert_eq!(catch(|| arc = Arc::new(world.value())), Err("drop of 0".to_owned()));
        assert_eq!(arc.id, 1);
        drop(arc);
        world.ends();
    }

    fn a_cycle_with_a_panicking_drop() {
        #[allow(dead_code, reason = "only its drop matters")]
        struct Node<'w>(Weak<Node<'w>>, Tracked<'w>);
        let world = World::new();
        let node = Arc::new_cyclic(|me| Node(me.clone(), world.value()));
        world.drop_panics_at(0);
        assert_eq!(catch(|| drop(node)), Err("drop of 0".to_owned()));
        world.ends();
    }

    /// Whatever the size hint says, the slice has the elements.
    fn from_iter_with_every_size_hint() {
        for len in [0, 1, 5] {
            for claims in claims(len) {
                let world = World::new();
                let arc: Arc<[Tracked]> = Values::new(&world, len, claims).collect();
                let ids: Vec<usize> = arc.iter().map(|value| value.id).collect();
                assert_eq!(ids, (0..len).collect::<Vec<_>>(), "size hint {claims:?}");
                assert_eq!(world.alive(), len);
                drop(arc);
                world.ends();
            }
        }
    }

    fn from_iter_with_a_panicking_iterator() {
        let len = 5;
        for claims in claims(len) {
            for position in 0..=len {
                let world = World::new();
                let mut values = Values::new(&world, len, claims);
                values.panics_at = Some(position);
                let result = catch(|| drop(values.collect::<Arc<[Tracked]>>()));
                assert_eq!(result, Err("next".to_owned()), "size hint {claims:?}, at {position}");
                assert_eq!(world.alive(), 0);
                world.ends();
            }
        }
    }

    fn from_iter_with_an_iterator_that_panics_when_it_is_dropped() {
        for len in [0, 1, 5] {
            for claims in claims(len) {
                let world = World::new();
                let mut values = Values::new(&world, len, claims);
                values.drop_panics = true;
                let result = catch(|| drop(values.collect::<Arc<[Tracked]>>()));
                assert_eq!(result, Err("drop".to_owned()), "size hint {claims:?}");
                assert_eq!((world.dropped().len(), world.alive()), (len, 0));
                world.ends();
            }
        }
    }

    /// An iterator whose length std and this crate trust.
    fn from_iter_with_a_panicking_closure_in_map() {
        for position in 0..4 {
            let world = World::new();
            let result = catch(|| {
                let values = (0..4).map(|n| {
                    assert!(n != position, "map");
                    world.value()
                });
                drop(values.collect::<Arc<[Tracked]>>());
            });
            assert_eq!(result, Err("map".to_owned()));
            assert_eq!((world.dropped().len(), world.alive()), (position, 0));
            world.ends();
        }
    }

    fn default_that_panics() {
        struct Never;
        impl Default for Never {
            fn default() -> Self {
                panic!("default");
            }
        }
        assert_eq!(catch(|| drop(Arc::<Never>::default())), Err("default".to_owned()));
    }
}

mod only_here {
    use super::*;
    use common::in_a_world;
    use proven_arc::{Arc, Counts, UniqueArc};

    #[test]
    fn into_weak_with_a_panicking_drop() {
        for weaks in 0..3 {
            in_a_world(|world| {
                let arc = Arc::new(world.value());
                let weaks: Vec<_> = (0..weaks).map(|_| Arc::downgrade(&arc)).collect();
                world.drop_panics_at(0);
                assert_eq!(catch(|| drop(Arc::into_weak(arc))), Err("drop of 0".to_owned()));
                assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
            });
        }
    }

    #[test]
    fn unique_arc_with_a_panicking_drop() {
        for weaks in 0..3 {
            in_a_world(|world| {
                let unique = UniqueArc::new(Pair(world.value(), world.value()));
                let weaks: Vec<_> = (0..weaks).map(|_| UniqueArc::downgrade(&unique)).collect();
                world.drop_panics_at(0);
                assert_eq!(catch(|| drop(unique)), Err("drop of 0".to_owned()));
                assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
                assert_eq!(world.dropped(), [0, 1]);
            });
        }
    }

    /// The handles that are left in the iterator are the last strong handles.
    #[test]
    fn clones_left_over_with_a_panicking_drop() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let clones = Arc::clone_many(&arc, 5);
            drop(arc);
            world.drop_panics_at(0);
            assert_eq!(catch(|| drop(clones)), Err("drop of 0".to_owned()));
        });
    }

    #[test]
    fn nth_of_clones_with_a_panicking_drop() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let weak = Arc::downgrade(&arc);
            let mut clones = Arc::clone_many(&arc, 5);
            drop(arc);
            world.drop_panics_at(0);
            assert_eq!(catch(|| drop(clones.nth(7))), Err("drop of 0".to_owned()));
            assert!(clones.next().is_none());
            assert!(weak.upgrade().is_none());
        });
    }

    #[test]
    fn a_panic_while_clones_are_handed_out() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let result = catch(|| {
                for (n, _clone) in Arc::clone_many(&arc, 5).enumerate() {
                    assert!(n < 3, "enough");
                }
            });
            assert_eq!(result, Err("enough".to_owned()));
            assert_eq!(Arc::counts(&arc), Counts { strong: 1, weak: 0 });
        });
    }

    #[test]
    fn map_with_a_panicking_closure() {
        in_a_world(|world| {
            let alone = Arc::new(world.value());
            // In the same allocation, and in another one.
            assert_eq!(
                catch(|| drop(Arc::map(alone, |_| -> Tracked { panic!("f") }))),
                Err("f".to_owned())
            );
            let alone = Arc::new(world.value());
            assert_eq!(
                catch(|| drop(Arc::map(alone, |_| -> u8 { panic!("f") }))),
                Err("f".to_owned())
            );
            assert_eq!(world.dropped(), [0, 1]);

            let arc = Arc::new(world.value());
            let (other, weak) = (arc.clone(), Arc::downgrade(&arc));
            assert_eq!(
                catch(|| drop(Arc::map(arc, |_| -> Tracked { panic!("f") }))),
                Err("f".to_owned())
            );
            assert_eq!(Arc::counts(&other), Counts { strong: 1, weak: 1 });
            assert_eq!(
                catch(|| drop(Arc::map(other, |_| -> Tracked { panic!("f") }))),
                Err("f".to_owned())
            );
            assert!(weak.upgrade().is_none());
        });
    }

    #[test]
    fn try_map_with_a_panicking_closure() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            let result =
                catch(|| drop(Arc::try_map(arc, |_| -> Result<Tracked, ()> { panic!("f") })));
            assert_eq!(result, Err("f".to_owned()));
            assert_eq!(world.dropped(), [0]);
        });
    }

    /// std leaks the clone.
    #[test]
    fn unwrap_or_clone_with_a_panicking_drop_of_the_old_value() {
        leaving!(Arc);
        in_a_world(|world| {
            let arc = Leaving::last_in_its_clone(world);
            world.drop_panics_at(0);
            assert_eq!(catch(|| Arc::unwrap_or_clone(arc).0.id), Err("drop of 0".to_owned()));
            assert_eq!(world.dropped(), [0, 1]);
        });
    }

    /// The new value exists when the old value is dropped, and that drop panics.
    #[test]
    fn map_with_a_panicking_drop_of_the_old_value() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            world.drop_panics_at(0);
            let result = catch(|| drop(Arc::map(arc, Tracked::clone)));
            assert_eq!(result, Err("drop of 0".to_owned()));
            assert_eq!(world.alive(), 0, "the new value too");
        });
    }

    #[test]
    fn map_into_another_allocation_with_a_panicking_drop_of_the_old_value() {
        in_a_world(|world| {
            let arc = Arc::new(world.value());
            world.drop_panics_at(0);
            let result = catch(|| drop(Arc::map(arc, |old| [old.clone(), old.clone()])));
            assert_eq!(result, Err("drop of 0".to_owned()));
            assert_eq!(world.alive(), 0, "the new values too");
        });
    }

    #[test]
    fn unique_map_with_a_panicking_closure() {
        in_a_world(|world| {
            for with_weak in [false, true] {
                let unique = UniqueArc::new((world.value(), 5_u8));
                let weak = with_weak.then(|| UniqueArc::downgrade(&unique));
                // In the same allocation, and in another one.
                let result =
                    catch(|| drop(UniqueArc::map(unique, |_| -> (u8, Tracked) { panic!("f") })));
                assert_eq!(result, Err("f".to_owned()));
                let unique = UniqueArc::new(world.value());
                let result = catch(|| drop(UniqueArc::map(unique, |_| -> u8 { panic!("f") })));
                assert_eq!(result, Err("f".to_owned()));
                assert_eq!(world.alive(), 0);
                assert!(weak.is_none_or(|weak| weak.upgrade().is_none()));
            }
        });
    }

    #[test]
    fn unique_map_with_a_panicking_drop_of_the_old_value() {
        in_a_world(|world| {
            let unique = UniqueArc::new(world.value());
            world.drop_panics_at(0);
            let result = catch(|| drop(UniqueArc::map(unique, |old| [old; 1])));
            assert_eq!(result, Err("drop of 0".to_owned()));
            let unique = UniqueArc::new(world.value());
            world.drop_panics_at(1);
            let result = catch(|| drop(UniqueArc::map(unique, drop)));
            assert_eq!((result, world.alive()), (Err("drop of 1".to_owned()), 0));
        });
    }

    #[test]
    fn try_map_to_an_error_with_a_panicking_drop_of_the_old_value() {
        in_a_world(|world| {
            for with_weak in [false, true] {
                let arc = Arc::new(world.value());
                let id = arc.id;
                let _weak = with_weak.then(|| Arc::downgrade(&arc));
                world.drop_panics_at(id);
                let result =
                    catch(|| drop(Arc::try_map(arc, |old| Err::<Tracked, _>(old.clone()))));
                assert_eq!(result, Err(format!("drop of {id}")));
                assert_eq!(world.alive(), 0, "the error too");
            }
        });
    }
}
