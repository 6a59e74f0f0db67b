//! Suggestions for errors that have to be fixed by hand. The table of the migration page has the
//! same ones.

use crate::compiler::Problem;

/// Returns what the author can write, if the switch caused the error.
pub fn remedy(problem: &Problem) -> Option<&'static str> {
    let says = |text: &str| problem.says(text);
    let distinct = problem.has_both_kinds();
    Some(match &*problem.code {
        "E0658" | "E0307" if says("`self`") => {
            "A method of a trait that is used as `dyn Trait`, or that is in a macro. For `dyn Trait`, \
             keep std's `Arc` for these values (`use std::sync::Arc as StdArc;`), or take `&self`, and \
             hold a `Weak` to itself in the value. Otherwise, write `this: Arc<Self>`, and call it as \
             `Trait::name(arc)`"
        }
        "E0038" => {
            "A method of the trait takes `self: Arc<Self>`, or a function of it takes `this: \
             Arc<Self>`. Keep std's `Arc` for the values of the trait, or take `&self`"
        }
        "E0053" | "E0185" | "E0186" if says("wake") => {
            "Write `impl proven_arc::task::Wake`, whose functions take `this: Arc<Self>`"
        }
        "E0277" if says("Wake") || says("for Waker") || says("for `Waker`") => {
            "Write `impl proven_arc::task::Wake` instead of std's `Wake` or futures' `ArcWake`"
        }
        "E0277" if distinct => {
            "Another crate's trait for std's `Arc`. Use a feature of proven-arc, or your own type \
             around the handle"
        }
        "E0599"
            if ["lock_owned", "acquire_owned", "lock_arc", "read_owned", "write_owned"]
                .iter()
                .any(|name| says(name)) =>
        {
            "Keep std's `Arc` for this value: `use std::sync::Arc as StdArc;`"
        }
        "E0599" if says("proven_arc::") => {
            "If this was a method with `self: Arc<Self>`, it is a function now. Call it as \
             `Type::name(arc)`, or write your own trait on `Arc<Type>`"
        }
        "E0308" | "E0271" if distinct && problem.calls_workspace => {
            "A function or macro of this workspace takes or returns std's `Arc`. Switch its package, too (`--package`), \
             or change an import that was missed"
        }
        "E0308" | "E0271" if distinct => {
            "Another crate's function takes or returns std's `Arc`. Keep std's for this value: \
             `use std::sync::Arc as StdArc;`"
        }
        "E0308" | "E0605" if problem.is_given_up => {
            "`coerce!` does not help here. The value may not implement the trait, or the error follows \
             from another one"
        }
        "E0308" | "E0605" | "E0606" if says("Arc<") || says("Weak<") => {
            "Write `coerce!(handle)`, or `coerce!(handle => Arc<dyn Trait>)` where the context names \
             no type"
        }
        "E0282" | "E0283" if problem.in_coerce => "Write `coerce!(handle => Arc<dyn Trait>)`",
        "E0597" | "E0505" | "E0716" if says("Arc") || says("Weak") => {
            "Declare the handle after what it borrows"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_this_workspace_can_be_switched() {
        let message =
            "`std::sync::Arc<u8>` and `proven_arc::Arc<u8>` have similar names".to_owned();
        let problem = Problem { code: "E0308".to_owned(), message, ..Problem::default() };
        assert!(remedy(&problem).unwrap().starts_with("Another crate's function"));
        let problem = Problem { calls_workspace: true, ..problem };
        assert!(remedy(&problem).unwrap().starts_with("A function or macro of this workspace"));
    }
}
