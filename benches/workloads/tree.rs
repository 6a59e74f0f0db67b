//! A tree whose nodes know their parents by `Weak`s, such as a document or a syntax tree.

use crate::contenders::{PORTABLE, PROVEN, STANDARD};
use crate::{Program, Workload};
use fastrand::Rng;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An `Arc` type and its `Weak` type.
trait Family: 'static {
    type Arc<T>: Clone + Deref<Target = T>;
    type Weak<T>: Clone + Default;

    fn new<T>(value: T) -> Self::Arc<T>;
    fn new_cyclic<T>(value: impl FnOnce(&Self::Weak<T>) -> T) -> Self::Arc<T>;
    fn downgrade<T>(arc: &Self::Arc<T>) -> Self::Weak<T>;
    fn upgrade<T>(weak: &Self::Weak<T>) -> Option<Self::Arc<T>>;
    fn ptr_eq<T>(one: &Self::Arc<T>, other: &Self::Arc<T>) -> bool;
}

macro_rules! family {
    ($Family:ident, $($path:ident)::+) => {
        struct $Family;

        impl Family for $Family {
            type Arc<T> = $($path)::+::Arc<T>;
            type Weak<T> = $($path)::+::Weak<T>;

            fn new<T>(value: T) -> Self::Arc<T> {
                $($path)::+::Arc::new(value)
            }
            fn new_cyclic<T>(value: impl FnOnce(&Self::Weak<T>) -> T) -> Self::Arc<T> {
                $($path)::+::Arc::new_cyclic(value)
            }
            fn downgrade<T>(arc: &Self::Arc<T>) -> Self::Weak<T> {
                $($path)::+::Arc::downgrade(arc)
            }
            fn upgrade<T>(weak: &Self::Weak<T>) -> Option<Self::Arc<T>> {
                weak.upgrade()
            }
            fn ptr_eq<T>(one: &Self::Arc<T>, other: &Self::Arc<T>) -> bool {
                $($path)::+::Arc::ptr_eq(one, other)
            }
        }
    };
}

family!(Standard, std::sync);
family!(Proven, proven_arc);
family!(PortableAtomicUtil, portable_atomic_util);

struct Node<F: Family> {
    number: u64,
    parent: Mutex<F::Weak<Self>>,
    children: Mutex<Vec<F::Arc<Self>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<F: Family> Node<F> {
    fn new(number: u64) -> F::Arc<Self> {
        F::new(Self { number, parent: Mutex::default(), children: Mutex::default() })
    }

    fn append(this: &F::Arc<Self>, child: F::Arc<Self>) {
        *locked(&child.parent) = F::downgrade(this);
        locked(&this.children).push(child);
    }

    fn parent(&self) -> Option<F::Arc<Self>> {
        F::upgrade(&locked(&self.parent))
    }

    fn is_inside(this: &F::Arc<Self>, other: &F::Arc<Self>) -> bool {
        let mut at = Some(this.clone());
        while let Some(node) = at {
            if F::ptr_eq(&node, other) {
                return true;
            }
            at = node.parent();
        }
        false
    }

    /// Takes a node out of its parent, and appends it to `target`, unless `target` is inside the
    /// node.
    fn move_to(this: &F::Arc<Self>, target: &F::Arc<Self>) {
        let Some(parent) = this.parent().filter(|_| !Self::is_inside(target, this)) else { return };
        let mut siblings = locked(&parent.children);
        let place = siblings.iter().position(|sibling| F::ptr_eq(sibling, this));
        let taken = place.map(|place| siblings.remove(place));
        drop(siblings);
        if let Some(taken) = taken {
            Self::append(target, taken);
        }
    }

    /// Equal trees have the same digest. Other trees very probably do not.
    fn digest(&self) -> u64 {
        let children = locked(&self.children);
        let digests = children.iter().map(|child| child.digest());
        digests.fold(self.number, |all, one| (all.rotate_left(5) ^ one).wrapping_mul(0x2545_f491))
    }
}

/// Returns all `size` nodes of a tree, the root first. The parent of each is among those before it.
fn document<F: Family>(size: u64) -> Vec<F::Arc<Node<F>>> {
    let mut random = Rng::with_seed(size);
    let mut nodes = vec![Node::<F>::new(0)];
    for number in 1..size {
        let node = Node::<F>::new(number);
        Node::<F>::append(&nodes[random.usize(..nodes.len())], node.clone());
        nodes.push(node);
    }
    nodes
}

fn build<F: Family>(size: u64) -> impl Program {
    move || document::<F>(size)[0].digest()
}

/// Each node knows its parent from the start.
fn build_cyclic<F: Family>(size: u64) -> impl Program {
    fn node<F: Family>(
        parent: F::Weak<Node<F>>,
        left: &mut u64,
        random: &mut Rng,
    ) -> F::Arc<Node<F>> {
        F::new_cyclic(|this| {
            let number = *left;
            let children = random.u64(1..8).min(*left);
            *left -= children;
            let children = (0..children).map(|_| node::<F>(this.clone(), left, random)).collect();
            Node { number, parent: Mutex::new(parent), children: Mutex::new(children) }
        })
    }
    move || node::<F>(F::Weak::default(), &mut (size - 1), &mut Rng::with_seed(size)).digest()
}

/// Goes from each node up to the root.
fn walk_up<F: Family>(size: u64) -> impl Program {
    let nodes = document::<F>(size);
    move || {
        let mut numbers = 0;
        for node in &nodes {
            let mut at = node.parent();
            while let Some(node) = at {
                numbers += node.number;
                at = node.parent();
            }
        }
        numbers
    }
}

fn move_subtrees<F: Family>(size: u64) -> impl Program {
    move || {
        let nodes = document::<F>(size);
        let mut random = Rng::with_seed(size);
        for _ in 0..size / 4 {
            let node = &nodes[random.usize(1..nodes.len())];
            Node::<F>::move_to(node, &nodes[random.usize(..nodes.len())]);
        }
        nodes[0].digest()
    }
}

/// The workloads on trees with `size` nodes.
pub fn workloads(size: u64) -> [Workload; 4] {
    macro_rules! on_each {
        ($name:literal, $program:ident) => {
            Workload::new("tree with parents", $name)
                .on(STANDARD, move || $program::<Standard>(size))
                .on(PROVEN, move || $program::<Proven>(size))
                .on(PORTABLE, move || $program::<PortableAtomicUtil>(size))
        };
    }
    [
        on_each!("build", build),
        on_each!("build by new_cyclic", build_cyclic),
        on_each!("walk up", walk_up),
        on_each!("build, move subtrees", move_subtrees),
    ]
}
