//! Suggestions for errors that have to be fixed by hand. The table of the migration page has the
//! same ones.

use crate::compiler::Problem;

/// Returns what the author can write, if the switch caused the error.
pub fn remedy(problem: &Problem) -> Option<&'static str> {
    let Problem { code, message, notes, .. } = problem;
    let says = |text: &str| message.contains(text) || notes.contains(text);
    let distinct = says("distinct types") || says("`std::sync::Arc<") || says("`std::sync::Weak<");
    Some(match &**code {
        "E0658" | "E0307" if says("`self`") || says("`self` parameter") => {
            "`this: Arc<Self>`, called as `Type::name(arc)`, or your own trait on `Arc<Type>`, with \
             which the calls stay as they are"
        }
        "E0038" => "`&self` and a `Weak` to itself in the value, for methods of a `dyn Trait`",
        "E0053" | "E0185" | "E0186" if says("wake") => {
            "`impl proven_arc::task::Wake`, whose functions take `this: Arc<Self>`"
        }
        "E0277" if says("Wake") || says("for Waker") || says("for `Waker`") => {
            "`impl proven_arc::task::Wake` instead of std's `Wake` or futures' `ArcWake`"
        }
        "E0277" if distinct => {
            "another crate's trait for std's `Arc`: a feature of proven-arc, or your own type around the handle"
        }
        "E0599"
            if ["lock_owned", "acquire_owned", "lock_arc", "read_owned", "write_owned"]
                .iter()
                .any(|name| says(name)) =>
        {
            "keep std's `Arc` for this value: `use std::sync::Arc as StdArc;`"
        }
        "E0599" => {
            "now an associated function, called as `Type::name(arc)`, or your own trait on `Arc<Type>`"
        }
        "E0308" | "E0271" if distinct => {
            "another crate's function takes std's `Arc`: keep std's for this value, \
             `use std::sync::Arc as StdArc;`"
        }
        "E0308" | "E0605" | "E0606" if says("Arc<") || says("Weak<") => {
            "`coerce!(handle)`, or `coerce!(handle => Arc<dyn Trait>)` where the context names no type"
        }
        "E0282" | "E0283" if problem.in_coerce => "`coerce!(handle => Arc<dyn Trait>)`",
        "E0597" | "E0505" | "E0716" if says("Arc") || says("Weak") => {
            "declare the handle after what it borrows"
        }
        _ => return None,
    })
}
