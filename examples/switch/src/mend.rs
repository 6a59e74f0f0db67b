//! The edit that fixes an error, if one is known.

use crate::compiler::Problem;
use crate::edit::Edit;
use crate::paths::{REEXPORT, in_exported_macro};
use proc_macro2::{TokenStream, TokenTree};
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A handle is wrapped in `coerce!`.
    Coerced,
    /// A call of futures' `waker` becomes `Waker::from`.
    Waker,
}

pub fn mend(problem: &Problem, source: &str) -> Option<(Kind, Vec<Edit>)> {
    let text = source.get(problem.bytes.clone())?;
    if problem.code == "E0605" && problem.message.matches("proven_arc::").count() > 1 {
        return Some((Kind::Coerced, cast(problem, source)?));
    }
    if problem.code != "E0308" {
        return None;
    }
    let (expected, found) = problem.types.as_ref()?;
    let distinct = problem.notes.contains("distinct types");
    if distinct {
        return Some((Kind::Waker, waker(problem, source)?));
    }
    let handle = handle(expected)?;
    if self::handle(found) != Some(handle) || expected == found || text.is_empty() {
        return None;
    }
    Some((Kind::Coerced, wrap(problem.bytes.clone(), source)))
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

fn wrap(bytes: Range<usize>, source: &str) -> Vec<Edit> {
    let open = format!("{}(", coerce(&bytes, source));
    vec![(bytes.start..bytes.start, open), (bytes.end..bytes.end, ")".to_owned())]
}

fn coerce(bytes: &Range<usize>, source: &str) -> String {
    if in_exported_macro(source, bytes) {
        format!("$crate::{REEXPORT}::coerce!")
    } else {
        "proven_arc::coerce!".to_owned()
    }
}

/// `handle as Type` becomes `coerce!(handle => Type)`.
fn cast(problem: &Problem, source: &str) -> Option<Vec<Edit>> {
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
    Some(vec![(bytes.clone(), call)])
}

/// `waker(arc)` becomes `Waker::from(arc)`, and `waker_ref(&arc)` becomes the same of a clone.
fn waker(problem: &Problem, source: &str) -> Option<Vec<Edit>> {
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
    Some(edits)
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
    calls.visit_file(&syn::parse_file(source).ok()?);
    calls.1
}

/// Returns the innermost `coerce!` of proven-arc's around these bytes, without `=>`: the range of
/// the whole call, and the range in its parentheses.
pub fn coerce_around(source: &str, bytes: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    fn find(
        tokens: TokenStream,
        bytes: &Range<usize>,
        found: &mut Option<(Range<usize>, Range<usize>)>,
    ) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            let span = group.span().byte_range();
            if span.end < bytes.end || bytes.end <= span.start {
                continue;
            }
            let named = |back: usize, text: &str| {
                at.checked_sub(back).is_some_and(|at| tokens[at].to_string() == text)
            };
            if named(1, "!") && named(2, "coerce") && named(5, "proven_arc") {
                let start = tokens[at - 5].span().byte_range().start;
                *found = Some((start..span.end, span.start + 1..span.end - 1));
            }
            find(group.stream(), bytes, found);
        }
    }
    let mut found = None;
    find(source.parse().ok()?, bytes, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use std::path::PathBuf;

    fn problem(source: &str, at: &str, code: &str, types: (&str, &str)) -> Problem {
        let start = source.find(at).unwrap();
        Problem {
            code: code.to_owned(),
            message: "non-primitive cast: `proven_arc::Arc<A>` as `proven_arc::Arc<B>`".to_owned(),
            notes: String::new(),
            types: Some((types.0.to_owned(), types.1.to_owned())),
            file: PathBuf::new(),
            line: 1,
            column: 1,
            bytes: start..start + at.len(),
            in_coerce: false,
        }
    }

    #[track_caller]
    fn becomes(source: &str, problem: &Problem, mended: &str) {
        let (_, edits) = mend(problem, source).unwrap();
        assert_eq!(apply(source, edits), mended);
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
            assert!(mend(&problem(source, "a.clone()", "E0308", others), source).is_none());
        }
        let macros = "#[macro_export] macro_rules! m { () => { g(a) } }";
        let error = problem(macros, "a)", "E0308", OBJECT);
        let error = Problem { bytes: error.bytes.start..error.bytes.end - 1, ..error };
        let mended =
            "#[macro_export] macro_rules! m { () => { g($crate::__proven_arc::coerce!(a)) } }";
        becomes(macros, &error, mended);
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
            Problem { notes: "are actually distinct types".to_owned(), ..error }
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
        assert!(mend(&distinct("&c"), source).is_none());
    }

    #[test]
    fn a_coerce_is_found_around_its_bytes() {
        let source = "fn f() { a(proven_arc::coerce!(g(x))) }";
        let x = source.find('x').unwrap();
        let (all, inner) = coerce_around(source, &(x..x + 1)).unwrap();
        assert_eq!(&source[all], "proven_arc::coerce!(g(x))");
        assert_eq!(&source[inner], "g(x)");
        assert!(coerce_around(source, &(0..1)).is_none());
    }
}
