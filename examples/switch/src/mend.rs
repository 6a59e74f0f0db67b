//! The edit that fixes an error, if one is known.

use crate::compiler::Problem;
use crate::edit::{Edit, join, with_line_ends};
use crate::paths::{REEXPORT, in_exported_macro};
use crate::receivers;
use std::collections::BTreeSet;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, FieldValue};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A handle is wrapped in `coerce!`.
    Coerced,
    /// A call of futures' `waker` becomes `Waker::from`.
    Waker,
    /// A method with the receiver `self: Arc<Self>` becomes a function, or a call of one does.
    Method,
    /// The argument of such a call is borrowed, or its type is imported.
    Completed,
    /// A `coerce!` that did not help is removed.
    GivenUp,
}

/// Returns the edit. `traits` are those whose methods may become functions.
pub fn mend(problem: &Problem, source: &str, traits: &BTreeSet<String>) -> Option<(Kind, Edit)> {
    let text = source.get(problem.bytes.clone())?;
    match &*problem.code {
        "E0658" | "E0307" => Some((Kind::Method, receivers::function(problem, source, traits)?)),
        "E0599" => Some((Kind::Method, receivers::call(problem, source)?)),
        "E0605" if problem.message.matches("proven_arc::").count() > 1 => {
            Some((Kind::Coerced, cast(problem, source)?))
        }
        "E0308" if problem.says("distinct types") => Some((Kind::Waker, waker(problem, source)?)),
        "E0308" => {
            let same = problem.types.iter().any(|(expected, found)| {
                expected != found && handle(expected).is_some_and(|of| handle(found) == Some(of))
            });
            (same && !text.is_empty()).then(|| (Kind::Coerced, wrap(problem, source, text)))
        }
        _ => None,
    }
}

/// Returns the import that the compiler suggests, if it suggests only one, and a new one.
pub fn import(problem: &Problem, source: &str) -> Option<Edit> {
    let suggested = problem.notes.iter().filter_map(|note| {
        let import = note.replacement.clone().filter(|text| text.starts_with("use "))?;
        (note.file == problem.file).then(|| (note.bytes.clone(), import))
    });
    let mut suggested = suggested.collect::<Vec<_>>();
    let only = suggested.pop().filter(|_| suggested.is_empty());
    let (bytes, import) = only?;
    let import = with_line_ends(source, &import);
    let (before, after) = source.split_at_checked(bytes.start)?;
    let is_there = before.ends_with(&*import) || after.starts_with(&*import);
    (!is_there).then_some((bytes, import))
}

/// Returns the handle's name, if the type is a handle.
fn handle(of: &str) -> Option<&str> {
    let path = of.split('<').next()?;
    match path.rsplit("::").next()? {
        name @ ("Arc" | "Weak" | "UniqueArc") if path.len() < of.len() => Some(name),
        "Pin" => handle(of[path.len()..].strip_prefix('<')?).map(|_| "Pin"),
        _ => None,
    }
}

fn wrap(problem: &Problem, source: &str, text: &str) -> Edit {
    let field =
        if is_shorthand(source, &problem.bytes) { format!("{text}: ") } else { String::new() };
    let coerce = coerce(&problem.bytes, source);
    (problem.bytes.clone(), format!("{field}{coerce}({text})"))
}

/// Whether the value is a field's name, as in `Struct { field }`.
fn is_shorthand(source: &str, bytes: &Range<usize>) -> bool {
    struct Fields<'a>(&'a Range<usize>, bool);
    impl<'ast> Visit<'ast> for Fields<'_> {
        fn visit_field_value(&mut self, field: &'ast FieldValue) {
            self.1 |= field.colon_token.is_none() && field.span().byte_range() == *self.0;
            visit::visit_field_value(self, field);
        }
    }
    let mut fields = Fields(bytes, false);
    if let Ok(file) = syn::parse_str(source) {
        fields.visit_file(&file);
    }
    fields.1
}

fn coerce(bytes: &Range<usize>, source: &str) -> String {
    if in_exported_macro(source, bytes) {
        format!("$crate::{REEXPORT}::coerce!")
    } else {
        "proven_arc::coerce!".to_owned()
    }
}

/// `handle as Type` becomes `coerce!(handle => Type)`.
fn cast(problem: &Problem, source: &str) -> Option<Edit> {
    let bytes = &problem.bytes;
    let text = source.get(bytes.clone())?;
    let mut expr = syn::parse_str(text).ok()?;
    while let Expr::Paren(inner) = expr {
        expr = *inner.expr;
    }
    let Expr::Cast(cast) = expr else { return None };
    let mut handle = &*cast.expr;
    while let Expr::Paren(inner) = handle {
        handle = &inner.expr;
    }
    let (handle, ty) = (&text[handle.span().byte_range()], &text[cast.ty.span().byte_range()]);
    let coerce = coerce(bytes, source);
    let call = match ty {
        // The context names the type.
        "_" => format!("{coerce}({handle})"),
        _ => format!("{coerce}({handle} => {ty})"),
    };
    Some((bytes.clone(), call))
}

/// `waker(arc)` becomes `Waker::from(arc)`, and `waker_ref(&arc)` becomes the same of a clone.
fn waker(problem: &Problem, source: &str) -> Option<Edit> {
    let (call, name) = call_of(source, &problem.bytes)?;
    let function = call.func.span().byte_range();
    let argument = call.args.first()?.span().byte_range();
    let mut edits = vec![(function, "::core::task::Waker::from".to_owned())];
    match &*name {
        "waker" => {}
        "waker_ref" => {
            edits.push((argument.start..argument.start, "Clone::clone(".to_owned()));
            edits.push((argument.end..argument.end, ")".to_owned()));
        }
        _ => return None,
    }
    join(source, edits)
}

/// Returns the call with the argument at these bytes, and the last name in its function's path.
fn call_of(source: &str, argument: &Range<usize>) -> Option<(ExprCall, String)> {
    struct Calls<'a>(&'a Range<usize>, Option<(ExprCall, String)>);
    impl<'ast> Visit<'ast> for Calls<'_> {
        fn visit_expr_call(&mut self, call: &'ast ExprCall) {
            let is_argument = |argument: &Expr| argument.span().byte_range() == *self.0;
            if let (Expr::Path(function), true) = (&*call.func, call.args.iter().any(is_argument)) {
                let name = function.path.segments.last().expect("a path is not empty");
                self.1 = Some((call.clone(), name.ident.to_string()));
            }
            visit::visit_expr_call(self, call);
        }
    }
    let mut calls = Calls(argument, None);
    calls.visit_file(&syn::parse_str(source).ok()?);
    calls.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::Note;
    use crate::edit::apply;

    fn problem(source: &str, at: &str, code: &str, types: (&str, &str)) -> Problem {
        let start = source.find(at).unwrap();
        Problem {
            code: code.to_owned(),
            message: "non-primitive cast: `proven_arc::Arc<A>` as `proven_arc::Arc<B>`".to_owned(),
            types: vec![(types.0.to_owned(), types.1.to_owned())],
            bytes: start..start + at.len(),
            ..Problem::default()
        }
    }

    #[track_caller]
    fn becomes(source: &str, problem: &Problem, mended: &str) {
        let (_, edit) = mend(problem, source, &BTreeSet::new()).unwrap();
        assert_eq!(apply(source, vec![edit]), mended);
    }

    const OBJECT: (&str, &str) = ("Arc<dyn Debug>", "Arc<u8>");

    #[test]
    fn handles_are_wrapped() {
        let source = "fn f() { g(a.clone()) }";
        let error = problem(source, "a.clone()", "E0308", OBJECT);
        becomes(source, &error, "fn f() { g(proven_arc::coerce!(a.clone())) }");
        let pinned = ("Pin<Arc<dyn Debug>>", "Pin<Arc<u8>>");
        let error = problem(source, "a.clone()", "E0308", pinned);
        becomes(source, &error, "fn f() { g(proven_arc::coerce!(a.clone())) }");
        for others in [
            ("Arc<u8>", "u8"),
            ("Weak<dyn A>", "Arc<u8>"),
            ("&Arc<dyn A>", "&Arc<u8>"),
            ("Box<dyn A>", "Box<u8>"),
        ] {
            let problem = problem(source, "a.clone()", "E0308", others);
            assert!(mend(&problem, source, &BTreeSet::new()).is_none());
        }
        let macros = "#[macro_export] macro_rules! m { () => { g(a) } }";
        let error = problem(macros, "a)", "E0308", OBJECT);
        let error = Problem { bytes: error.bytes.start..error.bytes.end - 1, ..error };
        let mended =
            "#[macro_export] macro_rules! m { () => { g($crate::__proven_arc::coerce!(a)) } }";
        becomes(macros, &error, mended);
    }

    #[test]
    fn fields_keep_their_name() {
        let source = "fn f() { S { field, other: field } }";
        let error = problem(source, "field", "E0308", OBJECT);
        becomes(source, &error, "fn f() { S { field: proven_arc::coerce!(field), other: field } }");
    }

    #[test]
    fn casts_name_the_type() {
        for (cast, mended) in [
            ("a as Arc<dyn B>", "proven_arc::coerce!(a => Arc<dyn B>)"),
            ("a as _", "proven_arc::coerce!(a)"),
            ("(a as Arc<dyn B>)", "proven_arc::coerce!(a => Arc<dyn B>)"),
            ("(a as A) as Arc<dyn B>", "proven_arc::coerce!(a as A => Arc<dyn B>)"),
        ] {
            let source = format!("fn f() {{ x({cast}) }}");
            let error = problem(&source, cast, "E0605", OBJECT);
            becomes(&source, &error, &format!("fn f() {{ x({mended}) }}"));
        }
    }

    #[test]
    fn wakers_are_made_from_the_handle() {
        let source = "fn f() { task::waker(a.clone()); waker_ref(&b); other(&c); }";
        let distinct = |at| {
            let error = problem(source, at, "E0308", ("Arc<_>", "Arc<T>"));
            let message = "are actually distinct types".to_owned();
            Problem { notes: vec![Note { message, ..Note::default() }], ..error }
        };
        becomes(
            source,
            &distinct("a.clone()"),
            "fn f() { ::core::task::Waker::from(a.clone()); waker_ref(&b); other(&c); }",
        );
        becomes(
            source,
            &distinct("&b"),
            "fn f() { task::waker(a.clone()); ::core::task::Waker::from(Clone::clone(&b)); other(&c); }",
        );
        assert!(mend(&distinct("&c"), source, &BTreeSet::new()).is_none());
    }
}
