//! Turns methods with the receiver `self: Arc<Self>` into functions with the parameter
//! `this: Arc<Self>`, and their calls into calls of functions. Stable Rust allows only std's `Arc` as
//! a receiver.

use crate::compiler::Problem;
use crate::edit::{Edit, join};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, FnArg, ImplItemFn, Type};

/// Returns the traits that the sources define and do not use as `dyn Trait`, nor as a supertrait of
/// such a trait. Their methods can become functions.
pub fn traits<'a>(sources: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    /// Finds each trait with the names of its bounds, and all names after `dyn`.
    fn find(
        tokens: TokenStream,
        traits: &mut Vec<(String, BTreeSet<String>)>,
        objects: &mut BTreeSet<String>,
    ) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let names = || {
                let ends = |token: &&TokenTree| {
                    matches!(token, TokenTree::Group(_)) || token.to_string() == ";"
                };
                let rest = tokens[at + 1..].iter().take_while(move |token| !ends(token));
                rest.filter_map(|token| match token {
                    TokenTree::Ident(name) => Some(name.to_string()),
                    _ => None,
                })
            };
            match token {
                TokenTree::Group(group) => find(group.stream(), traits, objects),
                TokenTree::Ident(word) if word == "dyn" => objects.extend(names()),
                TokenTree::Ident(word) if word == "trait" => {
                    traits.extend(names().next().map(|name| (name, names().skip(1).collect())));
                }
                _ => {}
            }
        }
    }
    let (mut traits, mut objects) = (Vec::new(), BTreeSet::new());
    for tokens in sources.filter_map(|source| source.parse().ok()) {
        find(tokens, &mut traits, &mut objects);
    }
    while let Some(at) = traits.iter().position(|(name, _)| objects.contains(name)) {
        objects.extend(traits.swap_remove(at).1);
    }
    traits.into_iter().map(|(name, _)| name).collect()
}

/// Returns the edits of a method with a typed receiver.
pub fn with_this(parameters: TokenStream, body: Option<TokenStream>) -> Option<Vec<Edit>> {
    let mut parameters = parameters.into_iter().skip_while(|token| token.to_string() != "self");
    let receiver = parameters.next()?.span().byte_range();
    parameters.next().filter(|token| token.to_string() == ":")?;
    let reference = if parameters.next()?.to_string() == "&" { "" } else { "&" };
    let mut edits = vec![(receiver, "this".to_owned())];
    this(body.unwrap_or_default(), reference, &mut edits);
    Some(edits)
}

/// Replaces `self` by `this`, and `self.wake_by_ref()` by a call without a receiver.
fn this(tokens: TokenStream, reference: &str, edits: &mut Vec<Edit>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, text: &str| {
        tokens.get(at).is_some_and(|token: &TokenTree| token.to_string() == text)
    };
    let mut item = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            // An item in the body has its own `self`.
            TokenTree::Ident(name) if ["fn", "impl", "trait"].iter().any(|kind| name == kind) => {
                item = true;
            }
            TokenTree::Group(group) if item && group.delimiter() == Delimiter::Brace => {
                item = false
            }
            TokenTree::Ident(_) if item => {}
            // `format!("{self:?}")`.
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let named = text.replace("{self}", "{this}").replace("{self:", "{this:");
                if named != text && !text.contains("{{self") {
                    edits.push((literal.span().byte_range(), named));
                }
            }
            // A path.
            TokenTree::Ident(name) if name == "self" && is(at + 1, ":") && is(at + 2, ":") => {}
            TokenTree::Group(group) => this(group.stream(), reference, edits),
            TokenTree::Ident(name) if name == "self" => {
                let start = name.span().byte_range();
                match &tokens[at + 1..] {
                    [_, TokenTree::Ident(function), TokenTree::Group(arguments), ..]
                        if function == "wake_by_ref" && arguments.stream().is_empty() =>
                    {
                        let call = format!("Self::wake_by_ref({reference}this)");
                        let end = arguments.span().byte_range();
                        edits.push((start.start..end.end, call));
                    }
                    _ => edits.push((start, "this".to_owned())),
                }
            }
            _ => {}
        }
    }
}

/// Returns the edit of the method whose receiver the compiler refuses: an inherent method, or a
/// method of one of these traits. It may be in a macro.
pub fn function(problem: &Problem, source: &str, traits: &BTreeSet<String>) -> Option<Edit> {
    let edits = method(source.parse().ok()?, false, problem.bytes.start, traits)?;
    join(source, edits)
}

/// Returns the edits of the method whose receiver has its type at this offset. `may` says whether
/// the methods of the surrounding item may become functions.
fn method(
    tokens: TokenStream,
    may: bool,
    receiver: usize,
    traits: &BTreeSet<String>,
) -> Option<Vec<Edit>> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let braces = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let is_end = |token: &TokenTree| braces(token) || token.to_string() == ";";
    let found = |(at, token): (usize, &TokenTree)| {
        let TokenTree::Group(group) = token else { return None };
        let bytes = group.span().byte_range();
        if !(bytes.start..bytes.end).contains(&receiver) {
            return None;
        }
        let parameters: Vec<TokenTree> = group.stream().into_iter().collect();
        let is_here = |pair: &[TokenTree]| {
            pair[0].to_string() == ":" && pair[1].span().byte_range().start == receiver
        };
        if parameters.windows(2).any(is_here) {
            let end = tokens[at..].iter().find(|token| is_end(token));
            let body = end.filter(|end| braces(end)).map(|body| body.clone().into());
            return may.then(|| with_this(group.stream(), body)).flatten();
        }
        let header = tokens[..at].rsplit(is_end).next().unwrap_or_default();
        let may = of_header(header, traits).unwrap_or(may);
        method(group.stream(), may, receiver, traits)
    };
    tokens.iter().enumerate().find_map(found)
}

/// Returns whether the methods of the `impl` or `trait` may become functions. `header` is what
/// precedes its braces.
fn of_header(header: &[TokenTree], traits: &BTreeSet<String>) -> Option<bool> {
    let is_kind = |token: &TokenTree| ["impl", "trait", "fn"].contains(&&*token.to_string());
    let kind = header.iter().position(is_kind)?;
    match &*header[kind].to_string() {
        "trait" => Some(traits.contains(&header.get(kind + 1)?.to_string())),
        "impl" => {
            let (mut depth, mut name) = (0, String::new());
            for token in &header[kind + 1..] {
                match &*token.to_string() {
                    "<" => depth += 1,
                    ">" => depth -= 1,
                    "for" if depth == 0 => return Some(traits.contains(&name)),
                    text if depth == 0 => name = text.to_owned(),
                    _ => {}
                }
            }
            Some(true)
        }
        _ => None,
    }
}

/// Returns what precedes the receiver of the call, if it is the parameter of this function.
fn receiver(function: &str, is_reference: bool) -> Option<&'static str> {
    let function: ImplItemFn = syn::parse_str(&format!("{function} {{}}")).ok()?;
    let Some(FnArg::Typed(parameter)) = function.sig.inputs.first() else { return None };
    match (&*parameter.ty, is_reference) {
        (Type::Reference(_), true) | (Type::Path(_), false) => Some(""),
        (Type::Reference(_), false) => Some("&"),
        _ => None,
    }
}

/// Returns the edit of a handle that is the argument of such a call, if a reference is expected.
pub fn borrow(problem: &Problem, source: &str) -> Option<Edit> {
    let is_borrowed = |(expected, found): &(String, String)| {
        expected.starts_with("&Arc<") && found.starts_with("Arc<")
    };
    let text = source.get(problem.bytes.clone())?;
    let is_borrowed = problem.code == "E0308" && problem.types.iter().any(is_borrowed);
    is_borrowed.then(|| (problem.bytes.clone(), format!("&{text}")))
}

/// Returns the edit of a method call, if the method is a function with a handle as its first
/// parameter: `arc.run(1)` becomes `Server::run(arc, 1)`.
pub fn call(problem: &Problem, source: &str) -> Option<Edit> {
    let found = |kind: &str| problem.message.contains(&format!("{kind}proven_arc::Arc<"));
    let is_reference = found("reference `&") || found("reference `&mut ");
    if !is_reference && !found("struct `") {
        return None;
    }
    let defined = problem.note("the candidate is defined in ")?;
    let suggested = problem.note("use associated function syntax instead")?;
    let method = source.get(problem.bytes.clone())?;
    // For a function of another crate, [`borrow`] is called in the next round.
    let borrow =
        if defined.text.is_empty() { Some("") } else { receiver(&defined.text, is_reference) }?;
    let owner = match defined.message.split_once("in the trait `") {
        Some((_, path)) => path.trim_end_matches('`'),
        // The compiler leaves out the receiver.
        None => {
            let path = suggested.replacement.as_ref()?.split_once(&format!("::{method}("))?.0;
            path.split("::<").next()?
        }
    };
    // Where it is not in scope, the compiler suggests an import in the next round.
    let owner = owner.rsplit("::").next()?;
    let bytes = suggested.bytes.clone();
    let text = source.get(bytes.clone()).filter(|_| suggested.file == problem.file)?;
    let call: ExprMethodCall = match syn::parse_str(text).ok()? {
        Expr::MethodCall(call) => call,
        _ => return None,
    };
    let types = call.turbofish.as_ref().map_or("", |types| &text[types.span().byte_range()]);
    let parentheses = call.paren_token.span;
    let arguments =
        &text[parentheses.open().byte_range().end..parentheses.close().byte_range().start];
    let separator = if call.args.is_empty() { "" } else { ", " };
    let receiver = &text[call.receiver.span().byte_range()];
    let call = format!("{owner}::{method}{types}({borrow}{receiver}{separator}{arguments})");
    Some((bytes, call))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;

    #[test]
    fn traits_that_are_used_as_objects_stay() {
        let sources = [
            "pub trait One: Base {} trait Base<T = u8> {} mod m { trait Two {} }",
            "fn f(_: &dyn for<'a> m::One, _: Box<dyn Fn(Two)>) {} macro_rules! m { ($x:ty) => { trait Three {} } }",
        ];
        let traits = traits(sources.map(str::to_owned).iter());
        assert_eq!(traits.into_iter().collect::<Vec<_>>(), ["Three", "Two"]);
    }

    #[track_caller]
    fn becomes(source: &str, changed: Option<&str>) {
        let receiver = source.find("self: ").unwrap() + "self: ".len();
        let traits = BTreeSet::from(["Local".to_owned()]);
        let edits = method(source.parse().unwrap(), false, receiver, &traits);
        assert_eq!(edits.map(|edits| apply(source, edits)).as_deref(), changed);
    }

    #[test]
    fn receivers_become_parameters() {
        becomes(
            "impl<T: Fn() -> u8> S<T> { fn f(self: Arc<Self>, x: u8) -> u8 where T: X { (self.0)(self::x) } fn g(&self) {} }",
            Some(
                "impl<T: Fn() -> u8> S<T> { fn f(this: Arc<Self>, x: u8) -> u8 where T: X { (this.0)(self::x) } fn g(&self) {} }",
            ),
        );
        becomes(
            "trait Local { fn f(mut self: &Arc<Self>); fn g(self) { self } }",
            Some("trait Local { fn f(mut this: &Arc<Self>); fn g(self) { self } }"),
        );
        becomes(
            "macro_rules! m { ($t:ty) => { impl<T: Other> a::Local<T> for $t { fn f(self: &Arc<Self>) { x!(\"{self:?} {}\", self) } } } }",
            Some(
                "macro_rules! m { ($t:ty) => { impl<T: Other> a::Local<T> for $t { fn f(this: &Arc<Self>) { x!(\"{this:?} {}\", this) } } } }",
            ),
        );
        becomes(
            "impl S { fn f(self: Arc<Self>) { impl S { fn g(&self) { self } } self } }",
            Some("impl S { fn f(this: Arc<Self>) { impl S { fn g(&self) { self } } this } }"),
        );
    }

    #[test]
    fn receivers_of_other_traits_stay() {
        becomes("impl<T: Local> Other for T { fn f(self: Arc<Self>) { self } }", None);
        becomes("trait Other: Local { fn f(self: Arc<Self>) { self } }", None);
    }
}
