//! Programs that the compiler has to reject, as documentation tests.
//!
//! Each is there twice: as it is rejected, and with one line changed, as it is accepted. So none is
//! rejected for a reason that has nothing to do with the matter. (Only nightly checks the number of
//! the error, and nobody its text, which changes with the compiler.) And each is tried on std's
//! types, which have to agree.

macro_rules! programs {
    ($($name:ident { $error:literal, $before:expr, $accepted:literal, $rejected:literal })*) => {$(
        #[doc = program!("", "std::sync::{Arc, Weak}", $before, $accepted)]
        #[doc = program!("", "proven_arc::{Arc, Weak}", $before, $accepted)]
        #[doc = program!($error, "std::sync::{Arc, Weak}", $before, $rejected)]
        #[doc = program!($error, "proven_arc::{Arc, Weak}", $before, $rejected)]
        mod $name {}
    )*};
}

/// Those of the types that std does not have, or has on nightly only.
macro_rules! programs_of_ours {
    ($($name:ident { $error:literal, $before:expr, $accepted:literal, $rejected:literal })*) => {$(
        #[doc = program!("", "proven_arc::{Arc, UniqueArc, Weak}", $before, $accepted)]
        #[doc = program!($error, "proven_arc::{Arc, UniqueArc, Weak}", $before, $rejected)]
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

programs! {
    // What drops a value that looks at a borrowed one goes before that.
    arc_outlives_what_its_value_looks_at {
        "compile_fail,E0597",
        look!(),
        "let text = String::from(\"there\"); let arc; arc = Arc::new(Look(&text));",
        "let arc; let text = String::from(\"there\"); arc = Arc::new(Look(&text));"
    }
    // And so does a handle on an unsized one.
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
    // A `Weak<&'static str>` that was made before must not see a shorter string written.
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
        "let text = String::from(\"there\"); let all; all = Arc::clone_many(&Arc::new(Look(&text)), 3);",
        "let all; let text = String::from(\"there\"); all = Arc::clone_many(&Arc::new(Look(&text)), 3);"
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
}
