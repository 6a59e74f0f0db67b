//! Each operation together with each other one, on handles to one value.
//!
//! The other files say what the outcome of a pair has to be. Here it is enough that nothing is
//! reported: no data race, no use after free, no leak, and every value dropped once.

use crate::support::{Value, both, model};
use proven_arc::{Arc, UniqueArc, Weak};

/// The operations that a thread may do with its own handle. They consume it.
type Operations<H> = &'static [fn(H)];

const STRONG: Operations<Arc<Value>> = &[
    drop,
    read,
    // clone
    |arc| read(arc.clone()),
    |arc| Arc::clone_many(&arc, 2).take(1).for_each(read),
    |arc| Arc::clone_array::<2>(&arc).into_iter().for_each(read),
    // downgrade
    |arc| visit(&Arc::downgrade(&arc)),
    |arc| visit(&Arc::into_weak(arc)),
    // take
    |arc| {
        if let Some(mut value) = Arc::into_inner(arc) {
            value.write(2);
        }
    },
    |arc| match Arc::try_unwrap(arc) {
        Ok(mut value) => value.write(2),
        Err(arc) => read(arc),
    },
    |arc| Arc::unwrap_or_clone(arc).write(2),
    |arc| match Arc::try_into_unique(arc) {
        Ok(mut unique) => unique.write(2),
        Err(arc) => read(arc),
    },
    |arc| read(Arc::map(arc, Value::clone)),
    // write
    |mut arc| match Arc::get_mut(&mut arc) {
        Some(value) => value.write(2),
        None => read(arc),
    },
    |mut arc| {
        Arc::make_mut(&mut arc).write(2);
        read(arc);
    },
    // counts
    |mut arc| {
        if Arc::is_unique(&arc) {
            // SAFETY: this is the only handle, and it is not borrowed.
            unsafe { Arc::get_mut_unchecked(&mut arc) }.write(2);
        }
    },
    |arc| assert!(Arc::counts(&arc).strong >= 1),
];

const WEAK: Operations<Weak<Value>> = &[
    drop,
    |weak| visit(&weak),
    |weak| visit(&weak.clone()),
    |weak| match weak.into_strong() {
        Ok(arc) => read(arc),
        Err(weak) => drop(weak),
    },
    // The handle stays as a `Weak`, and another one becomes the last strong handle.
    |weak| drop(weak.upgrade().map(Arc::into_weak)),
    |weak| drop(weak.upgrade().map(Arc::into_inner)),
    |weak| {
        if let Some(mut arc) = weak.upgrade() {
            Arc::make_mut(&mut arc).write(2);
        }
    },
    |weak| assert!(weak.strong_count() + weak.weak_count() <= 4),
];

const UNIQUE: Operations<UniqueArc<Value>> = &[
    drop,
    |mut unique| {
        unique.write(2);
        read(UniqueArc::into_arc(unique));
    },
    |unique| drop(UniqueArc::downgrade(&unique)),
];

fn read(arc: Arc<Value>) {
    arc.read();
}

fn visit(weak: &Weak<Value>) {
    if let Some(arc) = weak.upgrade() {
        read(arc);
    }
}

/// Explores each operation of the first list with each of the second, on handles made by `make`.
fn pairs<A: Send + 'static, B: Send + 'static>(
    (left, right): (Operations<A>, Operations<B>),
    make: fn() -> (A, B),
) {
    for &one in left {
        for &other in right {
            concurrently(one, other, make);
        }
    }
}

fn concurrently<A: Send + 'static, B: Send + 'static>(
    one: fn(A),
    other: fn(B),
    make: fn() -> (A, B),
) {
    model([], move || {
        let (a, b) = make();
        both(move || one(a), move || other(b));
    });
}

/// Two strong handles.
#[test]
fn strong_and_strong() {
    for (i, &one) in STRONG.iter().enumerate() {
        for &other in &STRONG[i..] {
            concurrently(one, other, || {
                let arc = Arc::new(Value::new(1));
                (arc.clone(), arc)
            });
        }
    }
}

/// The only strong handle, and a weak one.
#[test]
fn strong_and_weak() {
    pairs((STRONG, WEAK), || {
        let arc = Arc::new(Value::new(1));
        let weak = Arc::downgrade(&arc);
        (arc, weak)
    });
}

/// Two weak handles. The strong one goes with the second, so either can be the last handle.
#[test]
fn weak_and_weak() {
    pairs((WEAK, &[|(weak, arc)| visit_and_drop(&weak, arc)]), || {
        let arc = Arc::new(Value::new(1));
        (Arc::downgrade(&arc), (Arc::downgrade(&arc), arc))
    });
}

fn visit_and_drop(weak: &Weak<Value>, arc: Arc<Value>) {
    drop(arc);
    visit(weak);
}

/// Two weak handles after the value is gone.
#[test]
fn weak_and_weak_after_the_value() {
    pairs((WEAK, WEAK), || {
        let weak = Arc::into_weak(Arc::new(Value::new(1)));
        (weak.clone(), weak)
    });
}

/// A value that is not shared yet, and a weak handle.
#[test]
fn unique_and_weak() {
    pairs((UNIQUE, WEAK), || {
        let unique = UniqueArc::new(Value::new(1));
        let weak = UniqueArc::downgrade(&unique);
        (unique, weak)
    });
}
