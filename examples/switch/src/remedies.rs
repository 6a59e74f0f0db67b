//! What to do about an error that needs a hand. The table of the migration page says the same.

use crate::compiler::Problem;

/// What its author can write, if the error comes of the switch.
pub fn remedy(problem: &Problem) -> Option<&'static str> {
    let Problem { code, message, notes, .. } = problem;
    let says = |text: &str| message.contains(text) || notes.contains(text);
    let distinct = says("distinct types") || says("`std::sync::Arc<") || says("`std::sync::Weak<");
    Some(match &**code {
        "E0658" | "E0307" if says("`self`") || says("`self` parameter") => {
            "`this: Arc<Self>`, called as `Type::name(arc)`; or a trait of yours on `Arc<Type>`, \
             which leaves the calls as they are"
        }
        "E0038" => "`&self` and a `Weak` of itself in the value, for methods of a `dyn Trait`",
        "E0053" | "E0185" | "E0186" if says("wake") => {
            "`impl proven_arc::task::Wake`, whose functions take `this: Arc<Self>`"
        }
        "E0277" if says("Wake") || says("for Waker") || says("for `Waker`") => {
            "`impl proven_arc::task::Wake` in place of std's `Wake` or futures' `ArcWake`"
        }
        "E0277" if distinct => {
            "a trait of others, for std's `Arc`: a feature of proven-arc, or a type of yours around the handle"
        }
        "E0599"
            if ["lock_owned", "acquire_owned", "lock_arc", "read_owned", "write_owned"]
                .iter()
                .any(|name| says(name)) =>
        {
            "keep std's `Arc` for this value: `use std::sync::Arc as StdArc;`"
        }
        "E0599" => {
            "an associated function now, called as `Type::name(arc)`; or a trait of yours on `Arc<Type>`"
        }
        "E0308" | "E0271" if distinct => {
            "a function of others asks for std's `Arc`: keep std's for this value, \
             `use std::sync::Arc as StdArc;`"
        }
        "E0308" | "E0605" | "E0606" if says("Arc<") || says("Weak<") => {
            "`coerce!(handle)`, or `coerce!(handle => Arc<dyn Trait>)` where the place says no type"
        }
        "E0282" | "E0283" if problem.in_coerce => "`coerce!(handle => Arc<dyn Trait>)`",
        "E0597" | "E0505" | "E0716" if says("Arc") || says("Weak") => {
            "declare the handle behind what it borrows"
        }
        _ => return None,
    })
}
