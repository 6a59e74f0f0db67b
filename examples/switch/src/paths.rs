//! Replaces paths of std's `Arc` and `Weak` by proven-arc's: in nested `use`s, in full paths, in
//! macros, and in the examples of the documentation. All other paths stay as they are.

use crate::edit::{Edit, apply, with_line_ends};
use crate::wakers;
use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::ops::Range;
use syn::UseTree;
use syn::spanned::Spanned;

/// The name of proven-arc in a macro that other crates use. The crate that exports the macro has to
/// re-export proven-arc under this name.
pub const REEXPORT: &str = "__proven_arc";

/// Macros of the crates `quote` and `syn`. Their contents are compiled in the crates that use the
/// procedural macro. These need not depend on proven-arc, so the contents are not changed.
const QUOTES: [&str; 4] = ["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"];

/// A Rust source with its paths changed.
pub struct Changed {
    pub text: String,
    /// The number of `use`s and paths that were changed.
    pub paths: usize,
    /// The number of functions of wakers that were changed.
    pub wakers: usize,
    /// Whether an exported macro needs the re-export.
    pub exported: bool,
}

/// Changes a Rust source.
pub fn rust(source: &str) -> Result<Changed> {
    let mut code = of_code(source, source).context("not understood as Rust")?;
    let wakers = if code.wakers { wakers::receivers(source) } else { Vec::new() };
    let (paths, functions) = (code.paths, wakers.len());
    code.edits.extend(wakers.into_iter().flatten());
    code.edits.extend(of_examples(source, |line| {
        let text = line.trim_start();
        let comment = text.strip_prefix("///").or_else(|| text.strip_prefix("//!"))?;
        Some(line.len() - comment.len())
    }));
    let text = apply(source, code.edits);
    Ok(Changed { text, paths, wakers: functions, exported: code.exported })
}

/// Changes the examples of a Markdown file.
pub fn markdown(source: &str) -> String {
    apply(source, of_examples(source, |_| Some(0)))
}

/// Returns the lines of the paths that are not changed because they are in `quote!`.
pub fn quoted(source: &str) -> BTreeSet<usize> {
    let code = of_code(source, source).unwrap_or_default();
    let line = |at: usize| source[..at].matches('\n').count() + 1;
    code.quoted.into_iter().map(line).collect()
}

/// Whether these bytes are in a macro that other crates use.
pub fn in_exported_macro(source: &str, bytes: &Range<usize>) -> bool {
    let Ok(tokens) = source.parse::<TokenStream>() else { return false };
    let within = |tokens: &[TokenTree]| {
        let body = exported_macro(tokens)?;
        let span = body.span().byte_range();
        Some(span.start <= bytes.start && bytes.end <= span.end)
    };
    fn any(tokens: TokenStream, within: &dyn Fn(&[TokenTree]) -> Option<bool>) -> bool {
        let tokens: Vec<_> = tokens.into_iter().collect();
        (0..tokens.len()).any(|at| {
            within(&tokens[at..]) == Some(true)
                || matches!(&tokens[at], TokenTree::Group(group) if any(group.stream(), within))
        })
    }
    any(tokens, &within)
}

/// Returns the contents of `#[macro_export] macro_rules! name { ... }`, if the tokens begin with
/// that.
fn exported_macro(tokens: &[TokenTree]) -> Option<&TokenTree> {
    let TokenTree::Group(attribute) = tokens.get(1)? else { return None };
    let mut words = attribute.stream().into_iter();
    if !is(tokens.first(), "#") || !is(words.next().as_ref(), "macro_export") {
        return None;
    }
    let mut at = 2;
    while is(tokens.get(at), "#") {
        at += 2;
    }
    let names = is(tokens.get(at), "macro_rules") && is(tokens.get(at + 1), "!");
    tokens.get(at + 3).filter(|_| names)
}

/// Returns the contents of `quote! { ... }` or a similar macro, if the tokens begin with that.
fn quote(tokens: &[TokenTree]) -> Option<TokenStream> {
    let named = QUOTES.iter().any(|name| is(tokens.first(), name)) && is(tokens.get(1), "!");
    match tokens.get(2)? {
        TokenTree::Group(group) if named => Some(group.stream()),
        _ => None,
    }
}

/// The changes of some code.
#[derive(Default)]
struct Code {
    edits: Vec<Edit>,
    paths: usize,
    /// Whether the paths include a trait of wakers.
    wakers: bool,
    exported: bool,
    /// The offsets of the paths that are in `quote!`.
    quoted: Vec<usize>,
    /// The names in front of `::Arc` and `::Weak`: modules that have to contain ours.
    modules: BTreeSet<String>,
}

/// Returns the edits of the code. `source` contains its text, with comment markers in between if it
/// is an example.
fn of_code(code: &str, source: &str) -> Result<Code> {
    let tokens: TokenStream = code.parse().map_err(|error| anyhow!("{error}"))?;
    let mut code = Code::default();
    modules(tokens.clone(), &mut code.modules);
    code.of_tokens(source, tokens, false);
    Ok(code)
}

fn modules(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for at in 0..tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => modules(group.stream(), names),
            TokenTree::Ident(name)
                if colons(&tokens, at + 1)
                    && ["Arc", "Weak"].iter().any(|ours| is(tokens.get(at + 3), ours)) =>
            {
                names.insert(name.to_string());
            }
            _ => {}
        }
    }
}

/// Returns the edits of the examples between fences. `prefix` returns the length of what precedes
/// the text in a line. Examples that are not Rust are not changed.
fn of_examples(source: &str, prefix: impl Fn(&str) -> Option<usize>) -> Vec<Edit> {
    let mut edits = Vec::new();
    // The example so far. Everything that is not code is replaced by spaces, so that offsets stay
    // valid.
    let mut example: Option<(usize, String)> = None;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        match prefix(line) {
            None => example = None,
            Some(before) => {
                let text = &line[before..];
                let fence = ["```", "~~~"].iter().any(|fence| text.trim_start().starts_with(fence));
                match (&mut example, fence) {
                    (None, false) => {}
                    (None, true) => example = Some((start + line.len(), String::new())),
                    (Some((_, code)), false) => {
                        *code += &" ".repeat(before);
                        // A line that the documentation hides.
                        let hidden = text.trim_start().starts_with("# ");
                        *code += &if hidden { text.replacen('#', " ", 1) } else { text.to_owned() };
                    }
                    (Some((start, code)), true) => {
                        let text = &source[*start..];
                        let of_code = of_code(code, text).unwrap_or_default().edits;
                        let moved =
                            |(bytes, text): Edit| (*start + bytes.start..*start + bytes.end, text);
                        edits.extend(of_code.into_iter().map(moved));
                        example = None;
                    }
                }
            }
        }
        start += line.len();
    }
    edits
}

fn is(token: Option<&TokenTree>, text: &str) -> bool {
    match token {
        Some(TokenTree::Ident(ident)) => ident == text,
        Some(TokenTree::Punct(punct)) => text.starts_with(punct.as_char()) && text.len() == 1,
        _ => false,
    }
}

fn colons(tokens: &[TokenTree], at: usize) -> bool {
    is(tokens.get(at), ":") && is(tokens.get(at + 1), ":")
}

fn bytes(from: Span, to: Span) -> Range<usize> {
    from.byte_range().start..to.byte_range().end
}

/// The path of an item in proven-arc, and its name if the source does not give one.
struct Place {
    path: &'static str,
    name: Option<&'static str>,
}

/// Returns the place in proven-arc of an item of std or futures, if the place differs.
fn place(path: &[String]) -> Option<Place> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let (path, name) = match path[..] {
        ["std" | "alloc", "sync"] => ("sync", None),
        ["std" | "alloc", "sync", "*"] => ("sync::*", None),
        ["std" | "alloc", "sync", "Arc"] => ("Arc", None),
        ["std" | "alloc", "sync", "Weak"] => ("Weak", None),
        ["std" | "alloc", "task", "Wake"] => ("task::Wake", None),
        ["futures" | "futures_util", "task", "ArcWake"] | ["futures_task", "ArcWake"] => {
            ("task::Wake", Some("ArcWake"))
        }
        _ => return None,
    };
    Some(Place { path, name })
}

impl Code {
    fn of_tokens(&mut self, source: &str, tokens: TokenStream, exported: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut inside = None;
        let mut at = 0;
        while at < tokens.len() {
            if let Some(body) = exported_macro(&tokens[at..]) {
                inside = Some(body.span().byte_range());
            }
            if let Some(end) = self.of_use(source, &tokens, at, exported) {
                at = end;
                continue;
            }
            if let Some(body) = quote(&tokens[at..]) {
                let modules = self.modules.clone();
                let mut code = Self { modules, ..Self::default() };
                code.of_tokens(source, body, false);
                self.quoted.extend(code.edits.into_iter().map(|(bytes, _)| bytes.start));
                self.quoted.extend(code.quoted);
                at += 3;
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at] {
                let exported = exported || inside == Some(group.span().byte_range());
                self.of_tokens(source, group.stream(), exported);
            }
            self.of_path(&tokens, at, exported);
            at += 1;
        }
    }

    fn found(&mut self, place: &Place, exported: bool) {
        self.paths += 1;
        self.wakers |= place.path == "task::Wake";
        self.exported |= exported;
    }

    /// Changes a path such as `std::sync::Arc` at `at`, outside of a `use`.
    fn of_path(&mut self, tokens: &[TokenTree], at: usize, exported: bool) {
        let mut start = at;
        if at >= 2 && colons(tokens, at - 2) {
            start = at - 2;
            // Excludes `name::std::…`, in which the `::` follows a name immediately.
            if let Some(TokenTree::Ident(name)) = at.checked_sub(3).map(|at| &tokens[at]) {
                if name.span().byte_range().end == tokens[at - 2].span().byte_range().start {
                    return;
                }
            }
        }
        let mut path = vec![tokens[at].to_string()];
        let mut end = at;
        let found = loop {
            // Of a module, only paths to its items are changed.
            match place(&path) {
                Some(place) if place.path != "sync" => break place,
                _ if path.len() < 3 && colons(tokens, end + 1) => {}
                _ => return,
            }
            end += 3;
            let Some(name @ TokenTree::Ident(_)) = tokens.get(end) else { return };
            path.push(name.to_string());
        };
        self.found(&found, exported);
        let start = if exported { start } else { at };
        let krate = krate(exported);
        let path = format!("{krate}::{}", found.path);
        self.edits.push((bytes(tokens[start].span(), tokens[end].span()), path));
    }

    /// Returns the end of the `use` at `at`, if there is one.
    fn of_use(
        &mut self,
        source: &str,
        tokens: &[TokenTree],
        at: usize,
        exported: bool,
    ) -> Option<usize> {
        if !is(tokens.get(at), "use") {
            return None;
        }
        let end = at + tokens[at..].iter().position(|token| is(Some(token), ";"))?;
        let root = colons(tokens, at + 1);
        let first = if root { at + 3 } else { at + 1 };
        let tree: TokenStream = tokens.get(first..end)?.iter().cloned().collect();
        let whole = bytes(tokens.get(first)?.span(), tokens[end - 1].span());
        let tree: UseTree = syn::parse2(tree).ok()?;

        let (start, public) = start_of_use(tokens, at);
        let (mut names, mut cuts) = (Vec::new(), Vec::new());
        let all = self.split(&tree, &mut Vec::new(), public, exported, &mut names, &mut cuts);
        let root = if root && !exported { "::" } else { "" };
        let krate = krate(exported);
        let ours = match &names[..] {
            [] => return Some(end),
            [name] => format!("{root}{krate}::{name}"),
            names => format!("{root}{krate}::{{{}}}", names.join(", ")),
        };
        let path = bytes(tokens[at + 1].span(), tokens[end - 1].span());
        if all {
            self.edits.push((path, ours));
            return Some(end);
        }
        match start {
            // Adds a separate `use`, with the same attributes and the same visibility.
            Some(start) => {
                let item = tokens[start].span().byte_range().start;
                let before = &source[item..path.start];
                let line = source[..item].rfind('\n').map_or(0, |newline| newline + 1);
                let indent =
                    source[line..item].trim_start_matches(['\u{feff}', '/', '!', '#', ' ', '\t']);
                let between = match indent {
                    "" => with_line_ends(source, "\n") + &source[line..item],
                    _ => " ".to_owned(),
                };
                self.edits.push((item..item, format!("{before}{ours};{between}")));
            }
            // Makes one `use` of both. In a macro, what precedes the `use` cannot be repeated.
            None => {
                self.edits.push((path.start..path.start, format!("{{{ours}, ")));
                self.edits.push((whole.end..whole.end, "}".to_owned()));
            }
        }
        self.edits.extend(cuts.into_iter().map(|cut| (cut, String::new())));
        Some(end)
    }

    /// Finds the names that move, and the ranges to cut out of the tree. Returns whether the whole
    /// tree moves.
    fn split(
        &mut self,
        tree: &UseTree,
        path: &mut Vec<String>,
        public: bool,
        exported: bool,
        names: &mut Vec<String>,
        cuts: &mut Vec<Range<usize>>,
    ) -> bool {
        let depth = path.len();
        let mut leaf = |name: &str, rename: Option<&Ident>| {
            if name != "self" {
                path.push(name.to_owned());
            }
            // `Arc as StdArc` is std's on purpose.
            let on_purpose = rename.is_some_and(|name| name.to_string().starts_with("Std"));
            let found = place(path).filter(|_| !on_purpose);
            path.truncate(depth);
            let found = found.filter(|place| {
                // The module itself moves if an `Arc` or a `Weak` is used through it.
                let name = rename.map_or("sync".to_owned(), Ident::to_string);
                place.path != "sync" || public || self.modules.contains(&name)
            });
            let Some(place) = found else { return false };
            self.found(&place, exported);
            let name = rename.map(Ident::to_string).or(place.name.map(str::to_owned));
            let name = name.map_or(String::new(), |name| format!(" as {name}"));
            names.push(format!("{}{name}", place.path));
            true
        };
        match tree {
            UseTree::Name(name) => leaf(&name.ident.to_string(), None),
            UseTree::Rename(rename) => leaf(&rename.ident.to_string(), Some(&rename.rename)),
            UseTree::Glob(_) => leaf("*", None),
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                let all = self.split(&inner.tree, path, public, exported, names, cuts);
                path.truncate(depth);
                all
            }
            UseTree::Group(group) => {
                let before = cuts.len();
                let split = |item| self.split(item, path, public, exported, names, cuts);
                let moves: Vec<bool> = group.items.iter().map(split).collect();
                let all = moves.iter().all(|moves| *moves);
                if all {
                    cuts.truncate(before);
                    return true;
                }
                let items: Vec<_> =
                    group.items.iter().map(|item| item.span().byte_range()).collect();
                for at in (0..items.len()).filter(|at| moves[*at]) {
                    // With the comma after it, or before it if nothing after it stays.
                    cuts.push(match moves[at..].iter().all(|moves| *moves) {
                        false => items[at].start..items[at + 1].start,
                        true => items[at - 1].end..items[at].end,
                    });
                }
                false
            }
        }
    }
}

fn krate(exported: bool) -> String {
    if exported { format!("$crate::{REEXPORT}") } else { "proven_arc".to_owned() }
}

/// Returns the start of the item whose `use` is at `at`, unless a macro has something in front of
/// it. Also returns whether the item has a visibility.
fn start_of_use(tokens: &[TokenTree], at: usize) -> (Option<usize>, bool) {
    let group = |at: usize, delimiter| matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == delimiter);
    let mut start = at;
    if start >= 2 && group(start - 1, Delimiter::Parenthesis) && is(tokens.get(start - 2), "pub") {
        start -= 2;
    } else if start >= 1 && is(tokens.get(start - 1), "pub") {
        start -= 1;
    }
    let public = start < at;
    while start >= 2 && group(start - 1, Delimiter::Bracket) && is(tokens.get(start - 2), "#") {
        start -= 2;
    }
    let follows = start == 0
        || is(tokens.get(start - 1), ";")
        || group(start - 1, Delimiter::Brace)
        || (group(start - 1, Delimiter::Bracket) && is(tokens.get(start - 2), "!"));
    (follows.then_some(start), public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(source: &str, patched: &str) {
        assert_eq!(rust(source).unwrap().text, patched);
        syn::parse_file(patched).unwrap();
    }

    #[track_caller]
    fn stays(source: &str) {
        becomes(source, source);
    }

    #[test]
    fn a_use_of_nothing_else_is_replaced() {
        becomes("use std::sync::Arc;", "use proven_arc::Arc;");
        becomes("use alloc::sync::{Arc, Weak};", "use proven_arc::{Arc, Weak};");
        becomes("pub(crate) use ::std::sync::Arc;", "pub(crate) use ::proven_arc::Arc;");
        becomes("use std::{sync::{Weak}};", "use proven_arc::Weak;");
        becomes("pub use std::sync::*;", "pub use proven_arc::sync::*;");
        becomes("use alloc::sync::*;", "use proven_arc::sync::*;");
        becomes("use std::task::Wake;", "use proven_arc::task::Wake;");
    }

    #[test]
    fn a_use_of_both_becomes_two() {
        becomes(
            "#[cfg(x)]\nuse std::sync::{Arc, Mutex};",
            "#[cfg(x)]\nuse proven_arc::Arc;\n#[cfg(x)]\nuse std::sync::{Mutex};",
        );
        becomes(
            "mod a {\n    pub(crate) use std::sync::{Mutex, Arc};\n}",
            "mod a {\n    pub(crate) use proven_arc::Arc;\n    pub(crate) use std::sync::{Mutex};\n}",
        );
        becomes(
            "#![no_std] pub use ::std::sync::{Arc, Mutex, Weak};",
            "#![no_std] pub use ::proven_arc::{Arc, Weak}; pub use ::std::sync::{Mutex};",
        );
        // What precedes the `use` cannot be repeated.
        becomes(
            "macro_rules! m { ($v:vis) => { $v use std::sync::{Arc, Mutex}; } }",
            "macro_rules! m { ($v:vis) => { $v use {proven_arc::Arc, std::sync::{Mutex}}; } }",
        );
    }

    #[test]
    fn nested_groups_lose_what_moves() {
        becomes(
            "use std::{fmt, sync::{self, Arc}};\ntype A = sync::Weak<u8>;",
            "use proven_arc::{sync, Arc};\nuse std::{fmt};\ntype A = sync::Weak<u8>;",
        );
        becomes(
            "use std::{\n    fmt,\n    sync::{\n        atomic::{AtomicU8, Ordering},\n        Arc,\n    },\n    thread,\n};\n",
            "use proven_arc::Arc;\nuse std::{\n    fmt,\n    sync::{\n        atomic::{AtomicU8, Ordering},\n    },\n    thread,\n};\n",
        );
        becomes(
            "use {crate::x, std::sync::Arc, std::fmt};",
            "use proven_arc::Arc;\nuse {crate::x, std::fmt};",
        );
    }

    #[test]
    fn aliases_stay() {
        becomes("use std::sync::Arc as Shared;", "use proven_arc::Arc as Shared;");
        stays("use std::sync::Arc as StdArc;");
        becomes(
            "use std::sync::{Arc as A, Weak as _, Once};",
            "use proven_arc::{Arc as A, Weak as _};\nuse std::sync::{Once};",
        );
    }

    /// A module is replaced if an `Arc` or a `Weak` is used through it.
    #[test]
    fn modules() {
        becomes(
            "use std::sync;\nfn f(_: sync::Arc<u8>) {}",
            "use proven_arc::sync;\nfn f(_: sync::Arc<u8>) {}",
        );
        becomes(
            "use std::sync as s;\nfn f(_: s::Weak<u8>) {}",
            "use proven_arc::sync as s;\nfn f(_: s::Weak<u8>) {}",
        );
        becomes(
            "use alloc::{sync, vec};\nfn f(_: sync::Arc<u8>) {}",
            "use proven_arc::sync;\nuse alloc::{vec};\nfn f(_: sync::Arc<u8>) {}",
        );
        becomes("pub use std::sync;", "pub use proven_arc::sync;");
        stays("use std::sync;\nfn f(_: sync::Mutex<u8>) {}");
    }

    #[test]
    fn full_paths() {
        becomes(
            "type A = std::sync::Arc<dyn Fn(::std::sync::Weak<u8>) -> std::sync::Mutex<u8>>;",
            "type A = proven_arc::Arc<dyn Fn(::proven_arc::Weak<u8>) -> std::sync::Mutex<u8>>;",
        );
        becomes(
            "fn f() { x(&[alloc::sync::Arc::new(1)]) }",
            "fn f() { x(&[proven_arc::Arc::new(1)]) }",
        );
        becomes("impl X for dyn ::std::sync::Arc {}", "impl X for dyn ::proven_arc::Arc {}");
        stays("type A = sync::Arc<u8>;");
        stays("type A = crate::std::sync::Arc<u8>;");
        stays("type A = std::sync::ArcLike<std::rc::Weak<u8>>;");
    }

    #[test]
    fn macros_are_seen() {
        becomes(
            "cfg! { mod a { use std::sync::Arc; } }\nmacro_rules! m { ($t:ty) => { std::sync::Arc<$t> } }",
            "cfg! { mod a { use proven_arc::Arc; } }\nmacro_rules! m { ($t:ty) => { proven_arc::Arc<$t> } }",
        );
        stays("macro_rules! m { ($($t:tt)*) => { use $crate::std::sync::$($t)*; } }");
    }

    /// A crate that uses a macro of this crate may not depend on proven-arc.
    #[test]
    fn exported_macros_go_through_the_crate() {
        let source = "#[macro_export]\n#[doc(hidden)]\nmacro_rules! m { () => { { use std::sync::{Arc, Mutex}; \
            ::std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0)) } } }\nfn f() -> std::sync::Arc<u8> {}";
        let changed = "#[macro_export]\n#[doc(hidden)]\nmacro_rules! m { () => { { use $crate::__proven_arc::Arc; use std::sync::{Mutex}; \
            $crate::__proven_arc::Arc::new(std::sync::atomic::AtomicU32::new(0)) } } }\nfn f() -> proven_arc::Arc<u8> {}";
        let found = rust(source).unwrap();
        assert_eq!(found.text, changed);
        assert!(found.exported);
        let (inside, after) = (source.find("AtomicU32").unwrap(), source.find("fn f").unwrap());
        assert!(in_exported_macro(source, &(inside..inside + 3)));
        assert!(!in_exported_macro(source, &(after..after + 3)));
        assert!(!rust("macro_rules! m { () => { std::sync::Arc<u8> } }").unwrap().exported);
    }

    #[test]
    fn quoted_code_stays() {
        let source = "use proven_arc::Arc;\nfn f() {\n    quote::quote_spanned! { s =>\n        use std::sync::{Arc, Mutex};\n        #(quote!(::std::sync::Weak))*\n    }\n}";
        stays(source);
        assert_eq!(quoted(source).into_iter().collect::<Vec<_>>(), [4, 5]);
        assert!(
            quoted("fn quote() { x!(std::sync::Arc, quote! { std::sync::Mutex }) }").is_empty()
        );
    }

    #[test]
    fn lines_end_as_they_do_in_the_source() {
        becomes(
            "use std::sync::{Arc, Mutex};\r\nfn f() {}\r\n",
            "use proven_arc::Arc;\r\nuse std::sync::{Mutex};\r\nfn f() {}\r\n",
        );
    }

    #[test]
    fn what_is_not_ours_stays() {
        stays("use std::sync::{Mutex, atomic::AtomicBool};\nuse std::rc::{Rc, Weak};");
        stays("use core::task::Waker;\nuse crate::sync::Arc;\nuse other::sync::*;");
        stays("fn f<'a>() -> impl Sized + use<'a> { \"use std::sync::Arc;\" }");
        stays("// use std::sync::Arc;\n");
    }

    #[test]
    fn examples_in_doc_comments() {
        becomes(
            "/// A `std::sync::Arc`:\n///\n/// ```\n/// # use std::sync::{\n/// #   Arc, Once,\n/// # };\n/// let a = std::sync::Arc::new(1);\n/// ```\n/// std::sync::Arc\nfn f() {}\n",
            "/// A `std::sync::Arc`:\n///\n/// ```\n/// # use proven_arc::Arc;\n/// # use std::sync::{\n/// #   Once,\n/// # };\n/// let a = proven_arc::Arc::new(1);\n/// ```\n/// std::sync::Arc\nfn f() {}\n",
        );
        becomes(
            "//! ```text\n//! (a std::sync::Arc\n//! ```\n//! ```rust\n//! use std::sync::Arc;\n//! ```\n",
            "//! ```text\n//! (a std::sync::Arc\n//! ```\n//! ```rust\n//! use proven_arc::Arc;\n//! ```\n",
        );
        assert_eq!(
            markdown("std::sync::Arc\n```\nuse std::sync::Arc;\n```\n"),
            "std::sync::Arc\n```\nuse proven_arc::Arc;\n```\n"
        );
    }
}
