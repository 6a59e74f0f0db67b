//! Programs that the compiler has to reject, as documentation tests.
//!
//! Each program comes in two versions that differ in one line: one is rejected, the other accepted.
//! So no program is rejected for an unrelated reason. Each is also compiled with std's types, with
//! the same result. Only nightly checks the error code. The text of the error is not checked, since
//! it changes with the compiler.

macro_rules! programs {
    ($($name:ident { $error:literal, $before:expr, $accepted:literal, $rejected:literal })*) => {$(
        #[doc = program!("", "std::sync::{Arc, Weak}", $before, $accepted)]
        #[doc = program!("", "proven_arc::{Arc, Weak}", $before, $accepted)]
        #[doc = program!($error, "std::sync::{Arc, Weak}", $before, $rejected)]
        #[doc = program!($error, "proven_arc::{Arc, Weak}", $before, $rejected)]
        mod $name {}
    )*};
}

/// Programs with types that std does not have, or has only on nightly.
macro_rules! programs_of_ours {
    ($($name:ident { $error:literal, $before:expr, $accepted:literal, $rejected:literal })*) => {$(
        #[doc = program!("", "proven_arc::{Arc, UniqueArc, Weak, coerce}", $before, $accepted)]
        #[doc = program!($error, "proven_arc::{Arc, UniqueArc, Weak, coerce}", $before, $rejected)]
        mod $name {}
    )*};
}

macro_rules! program {
    ($error:literal, $types:literal, $before:expr, $rest:literal) => {
        concat!(
            "```",
            $error,
            "\n#![allow(unused)]\nuse ",
            $types,
            ";\n\n",
            $before,
            "\n",
            $rest,
            "\n```\n",
        )
    };
}

macro_rules! look {
    () => {
        "struct Look<'a>(&'a String);
        impl Drop for Look<'_> {
            fn drop(&mut self) { assert_eq!(self.0, \"there\"); }
        }"
    };
}

macro_rules! shapes {
    () => {
        "trait Shape {}
        struct Circle<'a>(&'a u8);
        impl Shape for Circle<'_> {}
        "
    };
}

programs! {
    // A value whose destructor uses a borrow: the handle must be dropped before the borrowed value.
    arc_outlives_what_its_value_looks_at {
        "compile_fail,E0597",
        look!(),
        "let text = String::from(\"there\"); let arc; arc = Arc::new(Look(&text));",
        "let arc; let text = String::from(\"there\"); arc = Arc::new(Look(&text));"
    }
    // The same for a handle to an unsized value.
    unsized_arc_outlives_what_its_value_looks_at {
        "compile_fail,E0597",
        look!(),
        "let text = String::from(\"there\"); let arc: Arc<[Look]>; arc = Arc::from([Look(&text)]);",
        "let arc: Arc<[Look]>; let text = String::from(\"there\"); arc = Arc::from([Look(&text)]);"
    }
    value_borrowed_past_its_handle {
        "compile_fail,E0505",
        "let arc = Arc::new(5); let five: &i32 = &arc;",
        "assert_eq!(*five, 5); drop(arc);",
        "drop(arc); assert_eq!(*five, 5);"
    }
    value_written_while_it_is_read {
        "compile_fail,E0502",
        "let mut arc = Arc::new(5);",
        "let five = *arc; *Arc::get_mut(&mut arc).unwrap() = 6; assert_eq!(five, 5);",
        "let five = &*arc; *Arc::get_mut(&mut arc).unwrap() = 6; assert_eq!(*five, 5);"
    }
    handle_cloned_while_the_value_is_written {
        "compile_fail,E0502",
        "let mut arc = Arc::new(5); let five = Arc::make_mut(&mut arc);",
        "*five = 6; let other = arc.clone();",
        "let other = arc.clone(); *five = 6;"
    }
    value_assigned_through_a_shared_handle {
        "compile_fail,E0594",
        "let mut arc = Arc::new(5);",
        "*Arc::make_mut(&mut arc) = 6;",
        "*arc = 6;"
    }
    handle_used_after_it_was_unwrapped {
        "compile_fail,E0382",
        "let arc = Arc::new(5);",
        "let other = arc.clone(); Arc::try_unwrap(arc); assert_eq!(*other, 5);",
        "let other = arc; Arc::try_unwrap(other); assert_eq!(*arc, 5);"
    }
    cell_shared_with_a_thread {
        "compile_fail,E0277",
        "use std::{cell::Cell, sync::Mutex};",
        "let arc = Arc::new(Mutex::new(5)); std::thread::spawn(move || drop(arc));",
        "let arc = Arc::new(Cell::new(5)); std::thread::spawn(move || drop(arc));"
    }
    weak_of_a_cell_sent_to_a_thread {
        "compile_fail,E0277",
        "use std::{cell::Cell, sync::Mutex};",
        "let weak = Weak::<Mutex<i32>>::new(); std::thread::spawn(move || drop(weak));",
        "let weak = Weak::<Cell<i32>>::new(); std::thread::spawn(move || drop(weak));"
    }
    life_lengthened {
        "compile_fail",
        "fn same<'a>(",
        "arc: Arc<&'static str>) -> Arc<&'a str> { arc }",
        "arc: Arc<&'a str>) -> Arc<&'static str> { arc }"
    }
    life_of_a_weak_lengthened {
        "compile_fail",
        "fn same<'a>(",
        "weak: Weak<&'static str>) -> Weak<&'a str> { weak }",
        "weak: Weak<&'a str>) -> Weak<&'static str> { weak }"
    }
    raw_pointer_without_unsafe {
        "compile_fail,E0133",
        "let raw = Arc::into_raw(Arc::new(5));",
        "let arc = unsafe { Arc::from_raw(raw) };",
        "let arc = Arc::from_raw(raw);"
    }
    building_weak_kept {
        "compile_fail",
        "let mut kept: Option<Weak<i32>> = None;",
        "let arc = Arc::new_cyclic(|me| { kept = Some(me.clone()); 5 });",
        "let mut kept = None; let arc = Arc::new_cyclic(|me: &Weak<i32>| { kept = Some(me); 5 });"
    }
}

programs_of_ours! {
    // Otherwise a shorter-lived string could be written to the value of a `Weak<&'static str>`.
    unique_arc_is_invariant {
        "compile_fail",
        "fn shorten<'a>(",
        "long: Arc<&'static str>) -> Arc<&'a str> { long }",
        "long: UniqueArc<&'static str>) -> UniqueArc<&'a str> { long }"
    }
    unique_arc_outlives_what_its_value_looks_at {
        "compile_fail,E0597",
        look!(),
        "let text = String::from(\"there\"); let arc; arc = UniqueArc::new(Look(&text));",
        "let arc; let text = String::from(\"there\"); arc = UniqueArc::new(Look(&text));"
    }
    clones_outlive_what_their_value_looks_at {
        "compile_fail,E0597",
        look!(),
        "let text = String::from(\"there\");
        let all;
        all = Arc::clone_many(&Arc::new(Look(&text)), 3);",
        "let all;
        let text = String::from(\"there\");
        all = Arc::clone_many(&Arc::new(Look(&text)), 3);"
    }
    unique_arc_is_not_cloned {
        "compile_fail,E0599",
        "struct Value; let unique = UniqueArc::new(Value);",
        "let weak = UniqueArc::downgrade(&unique).clone();",
        "let other = unique.clone();"
    }
    unique_arc_used_after_it_was_shared {
        "compile_fail,E0382",
        "let mut unique = UniqueArc::new(5);",
        "*unique = 6; let arc = UniqueArc::into_arc(unique);",
        "let arc = UniqueArc::into_arc(unique); *unique = 6;"
    }
    // `coerce!` unsizes, and does nothing else.
    coerced_to_what_outlives_the_value {
        "compile_fail",
        shapes!(),
        "fn unsize<'a>(circle: Arc<Circle<'a>>) -> Arc<dyn Shape + 'a> { coerce!(circle) }",
        "fn unsize<'a>(circle: Arc<Circle<'a>>) -> Arc<dyn Shape + 'static> { coerce!(circle) }"
    }
    pinned_coerced_to_what_outlives_the_value {
        "compile_fail",
        concat!(shapes!(), "use std::pin::Pin;"),
        "fn unsize<'a>(c: Pin<Arc<Circle<'a>>>) -> Pin<Arc<dyn Shape + 'a>> { coerce!(c) }",
        "fn unsize<'a>(c: Pin<Arc<Circle<'a>>>) -> Pin<Arc<dyn Shape + 'static>> { coerce!(c) }"
    }
    weak_coerced_to_what_outlives_the_value {
        "compile_fail",
        shapes!(),
        "fn unsize<'a>(circle: Weak<Circle<'a>>) -> Weak<dyn Shape + 'a> { coerce!(circle) }",
        "fn unsize<'a>(circle: Weak<Circle<'a>>) -> Weak<dyn Shape + 'static> { coerce!(circle) }"
    }
    unique_coerced_to_what_outlives_the_value {
        "compile_fail",
        shapes!(),
        "fn unsize<'a>(c: UniqueArc<Circle<'a>>) -> UniqueArc<dyn Shape + 'a> { coerce!(c) }",
        "fn unsize<'a>(c: UniqueArc<Circle<'a>>) -> UniqueArc<dyn Shape + 'static> { coerce!(c) }"
    }
    life_of_an_object_lengthened {
        "compile_fail",
        concat!(shapes!(), "fn same<'a>("),
        "shape: Arc<dyn Shape + 'static>) -> Arc<dyn Shape + 'a> { coerce!(shape) }",
        "shape: Arc<dyn Shape + 'a>) -> Arc<dyn Shape + 'static> { coerce!(shape) }"
    }
    life_of_what_a_handle_holds_lengthened {
        "compile_fail",
        "fn same<'a>(",
        "arc: Arc<[&'static str; 1]>) -> Arc<[&'a str]> { coerce!(arc) }",
        "arc: Arc<[&'a str; 1]>) -> Arc<[&'static str]> { coerce!(arc) }"
    }
    unique_arc_is_invariant_when_coerced {
        "compile_fail",
        "fn shorten<'a>(",
        "long: Arc<&'static str>) -> Arc<&'a str> { coerce!(long) }",
        "long: UniqueArc<&'static str>) -> UniqueArc<&'a str> { coerce!(long) }"
    }
    unique_arc_of_a_slice_is_invariant_when_coerced {
        "compile_fail",
        "fn shorten<'a>(",
        "long: UniqueArc<[&'static str; 1]>) -> UniqueArc<[&'static str]> { coerce!(long) }",
        "long: UniqueArc<[&'static str; 1]>) -> UniqueArc<[&'a str]> { coerce!(long) }"
    }
    coerced_to_another_type {
        "compile_fail,E0308",
        "",
        "let arc: Arc<u32> = coerce!(Arc::new(5_u32));",
        "let arc: Arc<i32> = coerce!(Arc::new(5_u32));"
    }
    coerced_to_a_shorter_array {
        "compile_fail,E0308",
        "",
        "let arc: Arc<[u8]> = coerce!(Arc::new([1_u8, 2, 3]));",
        "let arc: Arc<[u8; 2]> = coerce!(Arc::new([1_u8, 2, 3]));"
    }
    coerced_to_an_array {
        "compile_fail,E0308",
        "",
        "fn same(slice: Arc<[u8]>) -> Arc<[u8]> { coerce!(slice) }",
        "fn same(slice: Arc<[u8]>) -> Arc<[u8; 2]> { coerce!(slice) }"
    }
    coerced_to_what_the_value_dereferences_to {
        "compile_fail",
        "let text = Arc::new(String::from(\"text\"));",
        "let text: Arc<dyn AsRef<str>> = coerce!(text);",
        "let text: Arc<str> = coerce!(text);"
    }
    coerced_to_a_trait_that_the_value_lacks {
        "compile_fail,E0277",
        "use std::fmt::{Debug, Display};",
        "let object: Arc<dyn Debug> = coerce!(Arc::new(()));",
        "let object: Arc<dyn Display> = coerce!(Arc::new(()));"
    }
    coerced_to_send {
        "compile_fail,E0277",
        "use std::{cell::Cell, fmt::Debug};",
        "let object: Arc<dyn Debug> = coerce!(Arc::new(Cell::new(5)));",
        "let object: Arc<dyn Debug + Send + Sync> = coerce!(Arc::new(Cell::new(5)));"
    }
    object_coerced_to_send {
        "compile_fail",
        "use std::fmt::Debug; fn same(",
        "object: Arc<dyn Debug + Send>) -> Arc<dyn Debug> { coerce!(object) }",
        "object: Arc<dyn Debug>) -> Arc<dyn Debug + Send> { coerce!(object) }"
    }
    object_coerced_back {
        "compile_fail,E0308",
        "use std::any::Any; fn same(",
        "any: Arc<dyn Any + Send + Sync>) -> Arc<dyn Any> { coerce!(any) }",
        "any: Arc<dyn Any + Send + Sync>) -> Arc<u8> { coerce!(any) }"
    }
    coerced_to_another_kind_of_handle {
        "compile_fail,E0308",
        "fn same(",
        "arc: Arc<[u8; 1]>) -> Arc<[u8]> { coerce!(arc) }",
        "arc: Arc<[u8; 1]>) -> UniqueArc<[u8]> { coerce!(arc) }"
    }
    coerced_out_of_its_pin {
        "compile_fail,E0308",
        "use std::pin::Pin; fn same(",
        "arc: Pin<Arc<[u8; 1]>>) -> Pin<Arc<[u8]>> { coerce!(arc) }",
        "arc: Pin<Arc<[u8; 1]>>) -> Arc<[u8]> { coerce!(arc) }"
    }
    handle_used_after_it_was_coerced {
        "compile_fail,E0382",
        "let arc = Arc::new(5);",
        "let object: Arc<dyn Send> = coerce!(arc.clone()); drop(arc);",
        "let object: Arc<dyn Send> = coerce!(arc); drop(arc);"
    }
    no_unsafe_around_what_is_coerced {
        "compile_fail,E0133",
        "let raw = Arc::into_raw(Arc::new([1_u8]));",
        "let arc: Arc<[u8]> = coerce!(unsafe { Arc::from_raw(raw) });",
        "let arc: Arc<[u8]> = coerce!(Arc::from_raw(raw));"
    }
    coerced_is_a_foreign_pointer {
        "compile_fail,E0277",
        "",
        "let slice: Arc<[u8]> = coerce!(Arc::new([1_u8]));",
        "let slice: std::rc::Rc<[u8]> = coerce!(std::rc::Rc::new([1_u8]));"
    }
    // A user's type cannot put its own pointer into the macro's `unsafe` block.
    coerced_is_a_type_of_the_users_own {
        "compile_fail,E0277",
        "struct Mine;",
        "use proven_arc::__coerce::Coerce; fn known<T: ?Sized>() where Arc<T>: Coerce {}",
        "impl proven_arc::__coerce::Coerce for Mine { type Parts = (); fn into_parts(self) {} }"
    }
    handle_restored_without_unsafe {
        "compile_fail,E0133",
        "let (token, raw) = proven_arc::__coerce::Coerce::into_parts(Arc::new(5));",
        "let arc = unsafe { token.restore(raw) };",
        "let arc = token.restore(raw);"
    }
    restoring_a_new_handle_is_unsafe {
        "compile_fail,E0133",
        "let raw = proven_arc::__coerce::new_into_raw(Arc::new, 5);",
        "let arc = unsafe { proven_arc::__coerce::Restore::new() }.arc(raw);",
        "let arc = proven_arc::__coerce::Restore::new().arc(raw);"
    }
    // A constant is the only user's name that the macro's variables can clash with.
    constants_with_the_names_of_the_macro {
        "compile_fail,E0004",
        "",
        "const pointer: *const u8 = core::ptr::null();
        let arc = Arc::new(5); let object: Arc<dyn core::fmt::Debug> = coerce!(arc);",
        "const __pointer: *const u8 = core::ptr::null();
        let arc = Arc::new(5); let object: Arc<dyn core::fmt::Debug> = coerce!(arc);"
    }
    // The signature of a projection implies that the part's type outlives the borrow. If that type
    // were not `'static`, the closure could return a reference that it has captured.
    part_that_is_captured {
        "compile_fail,E0521",
        "use proven_arc::ArcRef; type F<'b> = fn(&'b u8) -> u8;",
        "fn part<'b>(x: &'static F<'static>) -> ArcRef<F<'static>> {
            Arc::project(Arc::new(()), move |_| x)
        }",
        "fn part<'b>(x: &'b F<'b>) -> ArcRef<F<'static>> {
            let part: ArcRef<F<'b>> = Arc::project(Arc::new(()), move |_: &()| -> &F<'b> { x });
            part
        }"
    }
    // The same for a part of a part.
    part_of_a_part_that_is_captured {
        "compile_fail,E0521",
        "use proven_arc::ArcRef; type F<'b> = fn(&'b u8) -> u8;",
        "fn part<'b>(whole: ArcRef<()>, x: &'static F<'static>) -> ArcRef<F<'static>> {
            ArcRef::project(whole, move |_| x)
        }",
        "fn part<'b>(whole: ArcRef<()>, x: &'b F<'b>) -> ArcRef<F<'static>> {
            let part: ArcRef<F<'b>> = ArcRef::project(whole, move |_: &()| -> &F<'b> { x });
            part
        }"
    }
    // The signature implies the same for the whole's type.
    part_that_is_captured_next_to_a_shorter_whole {
        "compile_fail,E0521",
        "use proven_arc::ArcRef;",
        "fn part<'b>(x: &'static u64) -> ArcRef<u64> {
            let whole: ArcRef<&'static str> = Arc::new(\"\").into();
            ArcRef::project(whole, move |_| x)
        }",
        "fn part<'b>(x: &'b u64) -> ArcRef<u64> {
            let whole: ArcRef<&'static str> = Arc::new(\"\").into();
            let short: ArcRef<&'b str> = whole;
            ArcRef::project(short, move |_: &&'b str| -> &u64 { x })
        }"
    }
}
