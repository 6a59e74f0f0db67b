//! The persistent collections of `rpds` and of `imbl`, on each kind of pointer that `archery` has.
//!
//! Versions share their common nodes, and a shared node is copied when it is written. That takes a
//! `clone` of each pointer in a copied node, and a `get_mut` or `make_mut` on each node on the way
//! down.

use crate::contenders::{PROVEN, STANDARD, TRIOMPHE};
use crate::{Program, Workload};
use archery::{ArcK, ArcTK, SharedPointerKind};
use proven_arc::ProvenArcK;
use rustc_hash::FxBuildHasher;
use std::collections::VecDeque;

/// The number of snapshots. Each is followed by a change.
pub const CHANGES: u64 = 256;
/// The number of snapshots that are kept.
pub const KEPT: usize = 8;

/// `n` numbers, with the keys 0 to `n - 1`.
pub trait Collection: Clone + Default + 'static {
    /// Adds the `n`-th number, after those before it.
    fn add(&mut self, n: u64);
    fn get(&self, n: u64) -> Option<u64>;
    fn change(&mut self, n: u64, value: u64);
    fn sum(&self) -> u64;
}

pub type HashTrieMap<P> = rpds::HashTrieMap<u64, u64, P, FxBuildHasher>;
pub type RedBlackTreeMap<P> = rpds::RedBlackTreeMap<u64, u64, P>;
pub type RpdsVector<P> = rpds::Vector<u64, P>;
pub type List<P> = rpds::List<u64, P>;
pub type HashMap<P> = imbl::GenericHashMap<u64, u64, FxBuildHasher, P>;
pub type OrdMap<P> = imbl::GenericOrdMap<u64, u64, P>;
pub type ImblVector<P> = imbl::GenericVector<u64, P>;

/// The keys of maps are not in order.
fn key(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// One of `size` elements, in an order that no cache predicts.
fn scattered(n: u64, size: u64) -> u64 {
    key(n) % size
}

macro_rules! map {
    ($Map:ident, $insert:ident) => {
        impl<P: SharedPointerKind + 'static> Collection for $Map<P> {
            fn add(&mut self, n: u64) {
                self.$insert(key(n), n);
            }
            fn get(&self, n: u64) -> Option<u64> {
                self.get(&key(n)).copied()
            }
            fn change(&mut self, n: u64, value: u64) {
                self.$insert(key(n), value);
            }
            fn sum(&self) -> u64 {
                self.values().sum()
            }
        }
    };
}

macro_rules! vector {
    ($Vector:ident, $push:ident, $set:ident) => {
        impl<P: SharedPointerKind + 'static> Collection for $Vector<P> {
            fn add(&mut self, n: u64) {
                self.$push(n);
            }
            fn get(&self, n: u64) -> Option<u64> {
                self.get(n as usize).copied()
            }
            fn change(&mut self, n: u64, value: u64) {
                self.$set(n as usize, value);
            }
            fn sum(&self) -> u64 {
                self.iter().sum()
            }
        }
    };
}

map!(HashTrieMap, insert_mut);
map!(RedBlackTreeMap, insert_mut);
map!(HashMap, insert);
map!(OrdMap, insert);
vector!(RpdsVector, push_back_mut, set_mut);
vector!(ImblVector, push_back, set);

/// A list is read and written at its front.
impl<P: SharedPointerKind + 'static> Collection for List<P> {
    fn add(&mut self, n: u64) {
        self.push_front_mut(n);
    }
    fn get(&self, _: u64) -> Option<u64> {
        self.first().copied()
    }
    fn change(&mut self, _: u64, value: u64) {
        self.drop_first_mut();
        self.push_front_mut(value);
    }
    fn sum(&self) -> u64 {
        self.iter().sum()
    }
}

/// Makes a collection of `size` elements, in place: nothing is shared.
pub fn filled<C: Collection>(size: u64) -> C {
    let mut collection = C::default();
    (0..size).for_each(|n| collection.add(n));
    collection
}

/// Builds a collection, and drops it.
fn build<C: Collection>(size: u64) -> impl Program {
    move || filled::<C>(size).get(size - 1).unwrap_or_default()
}

fn look_up<C: Collection>(size: u64) -> impl Program {
    let full = filled::<C>(size);
    move || (0..size).filter_map(|n| full.get(scattered(n, size))).sum()
}

fn iterate<C: Collection>(size: u64) -> impl Program {
    let full = filled::<C>(size);
    move || full.sum()
}

/// An undo history: keeps the last versions, and changes elements that they share.
fn snapshots<C: Collection>(size: u64) -> impl Program {
    let full = filled::<C>(size);
    move || {
        let mut current = full.clone();
        let mut history = VecDeque::from(vec![current.clone(); KEPT]);
        for n in 0..CHANGES {
            current.change(scattered(n, size), n);
            history.pop_front();
            history.push_back(current.clone());
        }
        // The oldest version has none of the later changes, if shared nodes were copied.
        let last_changes = (CHANGES - KEPT as u64..CHANGES).map(|n| scattered(n, size));
        let of = |version: &C, n| version.get(n).unwrap_or_default();
        last_changes.map(|n| of(&current, n).wrapping_mul(31) + of(&history[0], n)).sum()
    }
}

/// Each collection, with `size` elements.
pub fn workloads(size: u64) -> Vec<Workload> {
    let mut all = Vec::new();
    macro_rules! collection {
        ($name:literal, $Collection:ident, $($does:literal $program:ident),+) => {
            $(all.push(
                Workload::new($name, $does)
                    .on(STANDARD, move || $program::<$Collection<ArcK>>(size))
                    .on(PROVEN, move || $program::<$Collection<ProvenArcK>>(size))
                    .on(TRIOMPHE, move || $program::<$Collection<ArcTK>>(size)),
            );)+
        };
        ($name:literal, $Collection:ident) => {
            collection!(
                $name, $Collection,
                "build" build, "look up" look_up, "iterate" iterate, "snapshots" snapshots
            );
        };
    }
    collection!("rpds HashTrieMap", HashTrieMap);
    collection!("rpds RedBlackTreeMap", RedBlackTreeMap);
    collection!("rpds Vector", RpdsVector);
    collection!("rpds List", List, "build" build, "iterate" iterate, "snapshots" snapshots);
    collection!("imbl HashMap", HashMap);
    collection!("imbl OrdMap", OrdMap);
    collection!("imbl Vector", ImblVector);
    all
}
