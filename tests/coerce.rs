//! [`coerce!`](proven_arc::coerce): each kind of handle, each kind of unsizing, and each place that
//! determines a type. `src/docs/compile_fail.rs` has what it must reject.
#![forbid(unsafe_code)]

use proven_arc::{Arc, UniqueArc, Weak, coerce};
use std::any::Any;
use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;

trait Shape {
    fn corners(&self) -> usize;
}

/// Counts its drops.
#[derive(Debug)]
struct Square<'a>(&'a Cell<usize>);
impl Shape for Square<'_> {
    fn corners(&self) -> usize {
        4
    }
}
impl Drop for Square<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

fn corners(shape: Arc<dyn Shape + '_>) -> usize {
    shape.corners()
}

fn square(dropped: &Cell<usize>) -> Arc<dyn Shape + '_> {
    coerce!(Arc::new(Square(dropped)))
}

struct Scene<'a> {
    shape: Arc<dyn Shape + 'a>,
    watcher: Weak<dyn Shape + 'a>,
}

#[test]
fn every_place_that_says_a_type() {
    let dropped = Cell::new(0);
    let sized = Arc::new(Square(&dropped));
    let local: Arc<dyn Shape + '_> = coerce!(sized.clone());
    assert_eq!(local.corners(), 4);
    assert_eq!(corners(coerce!(sized.clone())), 4);
    assert_eq!(square(&dropped).corners(), 4);
    assert_eq!(dropped.get(), 1);
    let scene = Scene { shape: coerce!(sized.clone()), watcher: coerce!(Arc::downgrade(&sized)) };
    let array: [Arc<dyn Shape + '_>; 2] = [coerce!(sized.clone()), coerce!(sized.clone(),)];
    let mut list: Vec<Arc<dyn Shape + '_>> = Vec::new();
    list.push(coerce!(sized));
    let mut assigned = local;
    assert_eq!((Arc::strong_count(&assigned), Arc::weak_count(&assigned)), (5, 1));
    assigned = coerce!(Arc::new(Square(&dropped)));
    let closure = || -> Arc<dyn Shape + '_> { coerce!(scene.shape) };
    let returned = closure();
    assert!(Arc::ptr_eq(&returned, &array[1]));
    drop((assigned, returned, array));
    assert_eq!(dropped.get(), 2);
    assert!(scene.watcher.upgrade().is_some());
    drop(list);
    assert_eq!(dropped.get(), 3);
    assert!(scene.watcher.upgrade().is_none());
}

#[test]
fn the_handle_is_the_same_one() {
    let dropped = Cell::new(0);
    let sized = Arc::new(Square(&dropped));
    let place = Arc::as_ptr(&sized).cast::<()>();
    let object: Arc<dyn Shape + '_> = coerce!(sized);
    assert_eq!(Arc::as_ptr(&object).cast::<()>(), place);
    assert_eq!((Arc::strong_count(&object), Arc::weak_count(&object)), (1, 0));
    assert_eq!(size_of_val(&*object), size_of::<Square>());
    drop(object);
    assert_eq!(dropped.get(), 1);
}

#[test]
fn to_the_same_type() {
    let same: Arc<u8> = coerce!(Arc::new(5));
    let inferred = coerce!(same);
    let object: Arc<dyn Display> = coerce!(inferred);
    let object: Arc<dyn Display> = coerce!(object);
    assert_eq!(object.to_string(), "5");
    fn shorten<'a>(long: Arc<&'static str>, _: &'a str) -> Arc<&'a str> {
        coerce!(long)
    }
    let short = String::from("short");
    let shorter = shorten(Arc::new("long"), &short);
    assert_eq!(*shorter, "long");
}

#[test]
fn slices() {
    let slice: Arc<[String]> = coerce!(Arc::new(["a".to_owned(), "b".to_owned()]));
    assert_eq!(*slice, ["a", "b"]);
    let empty: Arc<[u64]> = coerce!(Arc::new([]));
    assert!(empty.is_empty());
    let nested: Arc<[[u8; 2]]> = coerce!(Arc::new([[1, 2], [3, 4], [5, 6]]));
    assert_eq!(nested.len(), 3);
}

/// The last field of a struct can be unsized, too.
#[test]
fn the_last_field() {
    struct Named<T: ?Sized> {
        name: &'static str,
        value: T,
    }
    let sized = Arc::new(Named { name: "pair", value: [1_u8, 2] });
    let slice: Arc<Named<[u8]>> = coerce!(sized);
    assert_eq!((slice.name, &slice.value), ("pair", &[1, 2][..]));
    let weak = Arc::downgrade(&slice);
    drop(slice);
    assert!(weak.upgrade().is_none());
}

#[test]
fn closures() {
    let greeting = String::from("hello ");
    let greet: Arc<dyn Fn(&str) -> String> =
        coerce!(Arc::new(move |name: &str| greeting.clone() + name));
    assert_eq!(greet("you"), "hello you");
    let total = Cell::new(0);
    let count: Arc<dyn Fn(i32) + '_> = coerce!(Arc::new(|n: i32| total.set(total.get() + n)));
    count(2);
    count(3);
    assert_eq!(total.get(), 5);
    let pointer: Arc<dyn Fn(i32) -> i32 + Send + Sync> = coerce!(Arc::new(i32::abs));
    assert_eq!(std::thread::spawn(move || pointer(-1)).join().unwrap(), 1);
}

#[test]
fn auto_traits_are_left_out() {
    let all: Arc<dyn Debug + Send + Sync> = coerce!(Arc::new(5));
    let some: Arc<dyn Debug + Send> = coerce!(all);
    let none: Arc<dyn Debug> = coerce!(some);
    assert_eq!(format!("{none:?}"), "5");
    let any: Arc<dyn Any + Send + Sync> = coerce!(Arc::new(String::from("any")));
    assert_eq!(*any.downcast::<String>().unwrap(), "any");
}

#[test]
fn weak_with_and_without_an_allocation() {
    let arc = Arc::new([1_u8, 2, 3]);
    let weak: Weak<[u8]> = coerce!(Arc::downgrade(&arc));
    assert_eq!((Arc::strong_count(&arc), Arc::weak_count(&arc)), (1, 1));
    assert_eq!(*weak.upgrade().unwrap(), [1, 2, 3]);
    drop(arc);
    assert!(weak.upgrade().is_none());
    let late: Weak<[u8]> = coerce!(weak);
    assert!(late.upgrade().is_none());

    let none: Weak<dyn Debug> = coerce!(Weak::<u32>::new());
    assert!(none.upgrade().is_none());
    assert!(none.clone().ptr_eq(&none));
    assert_eq!((none.strong_count(), none.weak_count()), (0, 0));
    let none: Weak<[u64]> = coerce!(Weak::<[u64; 4]>::new());
    assert!(none.into_strong().is_err());
}

#[test]
fn unique() {
    let dropped = Cell::new(0);
    let unique = UniqueArc::new(Square(&dropped));
    let weak: Weak<dyn Shape + '_> = coerce!(UniqueArc::downgrade(&unique));
    let unique: UniqueArc<dyn Shape + '_> = coerce!(unique);
    assert!(weak.upgrade().is_none());
    let arc = UniqueArc::into_arc(unique);
    assert!(Arc::ptr_eq(&arc, &weak.upgrade().unwrap()));
    drop(arc);
    assert_eq!(dropped.get(), 1);

    let mut slice: UniqueArc<[u8]> = coerce!(UniqueArc::new([3, 1, 2]));
    slice.sort_unstable();
    assert_eq!(*UniqueArc::into_arc(slice), [1, 2, 3]);
    drop::<UniqueArc<dyn Shape + '_>>(coerce!(UniqueArc::new(Square(&dropped))));
    assert_eq!(dropped.get(), 2);
}

#[test]
fn pinned() {
    let dropped = Cell::new(0);
    let pinned: Pin<Arc<dyn Shape + '_>> = coerce!(Arc::pin(Square(&dropped)));
    assert_eq!(pinned.clone().corners(), 4);
    drop(pinned);
    assert_eq!(dropped.get(), 1);
    let future: Pin<Arc<dyn Future<Output = i32>>> = coerce!(Arc::pin(async { 5 }));
    assert!(size_of_val(&*future) > 0);
}

#[test]
fn the_expression_is_evaluated_once() {
    let mut times = 0;
    let object: Arc<dyn Debug> = coerce!({
        times += 1;
        Arc::new(times)
    });
    assert_eq!(format!("{object:?}"), "1");
    assert_eq!(times, 1);
    fn early(object: Option<Arc<u8>>) -> Option<Arc<dyn Debug>> {
        Some(coerce!(object?))
    }
    assert!(early(None).is_none());
    assert_eq!(format!("{:?}", early(Some(Arc::new(6))).unwrap()), "6");
}

/// The macro uses only names of the crate, and none of its own names can collide with the caller's.
#[test]
fn hygiene() {
    mod elsewhere {
        #![no_implicit_prelude]
        pub(super) fn object(
            pointer: ::proven_arc::Arc<u8>,
        ) -> ::proven_arc::Arc<dyn ::std::fmt::Debug> {
            let token = pointer;
            ::proven_arc::coerce!(token)
        }
    }
    assert_eq!(format!("{:?}", elsewhere::object(Arc::new(7))), "7");
}

/// A trait object to one of a supertrait: from Rust 1.86 on.
#[test]
fn upcasting() {
    trait Sub: Debug {}
    impl Sub for u8 {}
    let sub: Arc<dyn Sub> = coerce!(Arc::new(8));
    let weak: Weak<dyn Debug> = coerce!(Arc::downgrade(&sub));
    let debug: Arc<dyn Debug> = coerce!(sub);
    assert_eq!(format!("{debug:?} {:?}", weak.upgrade()), "8 Some(8)");
}

/// A closure in `Arc::new` takes its signature from the context, as with std's.
#[test]
fn closures_take_their_signature_from_the_context() {
    let trim: Arc<dyn Fn(&str) -> &str> = coerce!(Arc::new(|text| text.trim()));
    assert_eq!(trim(" a "), "a");
    let trim: Arc<dyn Fn(&str) -> &str> = coerce!(Arc::new(|text: &str| text.trim()));
    assert_eq!(trim(" b "), "b");

    type Answer = Pin<Box<dyn Future<Output = u32> + Send>>;
    type Handler = Arc<dyn Fn(u32) -> Answer + Send + Sync>;
    let handler: Handler = coerce!(Arc::new(|n| Box::pin(async move { n + 1 })));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(handler(1).as_mut().poll(&mut context), std::task::Poll::Ready(2));

    let named = coerce!(Arc::new(|text| text.len()) => Arc<dyn Fn(&str) -> usize>);
    assert_eq!(named("four"), 4);
    type Part = dyn Fn(&str) -> &str;
    fn call(f: Arc<Part>) -> usize {
        f(" c ").len()
    }
    assert_eq!(call(coerce!(Arc::new(|text| &text[1..]))), 2);
    let list: Vec<Arc<Part>> =
        vec![coerce!(Arc::new(|a| a)), coerce!(Arc::new(|a| a.trim_start(),),)];
    assert_eq!(list[1](" d"), "d");
    let full: Option<Arc<Part>> = Some(coerce!(Arc::new(|text| text)));
    assert_eq!(full.as_deref().map(|part| part("e")), Some("e"));
    let nested: Arc<dyn Fn() -> Arc<Part>> =
        coerce!(Arc::new(|| coerce!(Arc::new(|text| text.trim()))));
    assert_eq!(nested()(" d"), "d");

    use proven_arc::sync;
    let path: Arc<Part> = coerce!(sync::Arc::new(|text| text.trim()));
    let longer: Arc<Part> = coerce!(proven_arc::sync::Arc::new(|text| text.trim()));
    let typed = coerce!(proven_arc::Arc::new(|text| text.trim()) => Arc<Part>);
    let both = coerce!(crate::in_a_module::Arc::new(|text| text.trim(),) => Arc<Part>,);
    assert_eq!((path(" f"), longer(" g"), typed(" h"), both(" i")), ("f", "g", "h", "i"));
}

/// The macro of a crate that re-exports this one.
#[test]
fn closures_in_a_macro() {
    macro_rules! part {
        ($closure:expr) => {
            $crate::in_a_module::coerce!($crate::in_a_module::Arc::new($closure))
        };
    }
    let part: Arc<dyn Fn(&str) -> &str> = part!(|text| text.trim());
    assert_eq!(part(" a "), "a");
}

mod in_a_module {
    pub(crate) use proven_arc::{Arc, coerce};
}

#[test]
fn new_handles_may_keep_their_type() {
    let same: Arc<u8> = coerce!(Arc::new(5));
    let inferred = coerce!(Arc::new(6));
    assert_eq!(*same + *inferred, 11_u8);
    let longer: Arc<[Option<Box<dyn Debug>>]> = coerce!(Arc::new([None, Some(Box::new(1))]));
    assert_eq!(longer.len(), 2);
    let cloned: Arc<dyn Debug> = coerce!(Arc::new(7).clone());
    assert_eq!(format!("{cloned:?}"), "7");
}
