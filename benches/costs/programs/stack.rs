//! Measures the bytes of stack that each level of a recursive drop takes, on std's `Arc` and on
//! ours. The values are lists of several kinds of nodes. For each kind, prints a line with its
//! name, and std's bytes and ours.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::hint::black_box;

thread_local! {
    /// The address of the stack when the last node of a list was dropped.
    static DEEPEST: Cell<usize> = const { Cell::new(0) };
}

pub struct End;

impl Drop for End {
    #[inline(never)]
    fn drop(&mut self) {
        let here = 0_u8;
        DEEPEST.set(black_box(&raw const here).addr());
    }
}

macro_rules! lists {
    ($($module:ident: $arc:path;)*) => {$(
        #[allow(dead_code, reason = "the fields are only dropped")]
        mod $module {
            use super::*;
            use $arc as Arc;

            pub struct Number { next: Option<Arc<Number>>, end: Option<End>, n: u32 }
            pub struct Text { next: Option<Arc<Text>>, end: Option<End>, text: String }
            pub struct TextFirst { text: String, next: Option<Arc<TextFirst>>, end: Option<End> }
            pub struct Object { next: Option<Arc<Object>>, value: Box<dyn Any>, end: Option<End> }
            pub struct Many {
                texts: [String; 3],
                numbers: Vec<u32>,
                next: Option<Arc<Many>>,
                map: BTreeMap<u32, String>,
                end: Option<End>,
            }

            pub struct Tree { children: Vec<Arc<Tree>>, end: Option<End> }
            pub struct Objects { next: Option<Arc<dyn Any>>, end: Option<End> }
            pub struct Slices { next: Option<Arc<[Slices]>>, end: Option<End> }

            fn deepest_of<T: ?Sized>(
                len: usize,
                node: impl Fn(Option<Arc<T>>, Option<End>) -> Arc<T>,
            ) -> usize {
                let mut end = Some(End);
                let list = (0..len).fold(None, |next, _| Some(node(next, end.take())));
                drop(black_box(list));
                DEEPEST.get()
            }

            fn a_level<T>(node: impl Fn(Option<Arc<T>>, Option<End>) -> T + Copy) -> usize {
                a_level_of(|next, end| Arc::new(node(next, end)))
            }

            fn a_level_of<T: ?Sized>(
                node: impl Fn(Option<Arc<T>>, Option<End>) -> Arc<T> + Copy,
            ) -> usize {
                (deepest_of(100, node) - deepest_of(1_100, node)) / 1_000
            }

            pub fn levels() -> [(&'static str, usize); 8] {
                let text = || "text".to_owned();
                [
                    ("a number", a_level(|next, end| Number { next, end, n: 1 })),
                    ("a `String`", a_level(|next, end| Text { next, end, text: text() })),
                    ("a `String` first", a_level(|next, end| TextFirst { text: text(), next, end })),
                    ("a `Box<dyn Any>`", a_level(|next, end| Object { next, value: Box::new(1), end })),
                    ("many things", a_level(|next, end| Many {
                        texts: [text(), text(), text()],
                        numbers: vec![1],
                        next,
                        map: BTreeMap::from([(1, text())]),
                        end,
                    })),
                    ("the next in a `Vec`", a_level(|next, end| Tree {
                        children: Vec::from_iter(next),
                        end,
                    })),
                    ("the next as `Arc<dyn Any>`", a_level_of(|next, end| {
                        let node: Box<dyn Any> = Box::new(Objects { next, end });
                        Arc::from(node)
                    })),
                    ("the next as `Arc<[T]>`", a_level_of(|next, end| {
                        Arc::from(vec![Slices { next, end }])
                    })),
                ]
            }
        }
    )*};
}
lists! {
    theirs: std::sync::Arc;
    ours: proven_arc::Arc;
}

fn main() {
    for ((name, theirs), (_, ours)) in theirs::levels().into_iter().zip(ours::levels()) {
        println!("{name}\t{theirs}\t{ours}");
    }
}
