//! The search-and-replace of `src/docs/migrating.md` on whole sources: what they import from std's
//! `sync` they import from proven-arc, also in nested `use`s, by full paths, and in the examples of
//! doc comments.

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Span, TokenStream, TokenTree};
use similar::{DiffOp, TextDiff};
use std::ops::Range;
use syn::UseTree;
use syn::spanned::Spanned;

/// Bytes of the source, and what takes their place.
type Edit = (Range<usize>, String);

/// A Rust source with its imports changed.
pub fn rust(source: &str) -> Result<String> {
    let mut edits = of_code(source).context("not understood as Rust")?;
    edits.extend(of_examples(source, |line| {
        let text = line.trim_start();
        let comment = text.strip_prefix("///").or_else(|| text.strip_prefix("//!"))?;
        Some(line.len() - comment.len())
    }));
    Ok(apply(source, edits))
}

/// A Markdown file with the imports of its examples changed.
pub fn markdown(source: &str) -> String {
    apply(source, of_examples(source, |_| Some(0)))
}

/// How many lines one text has that the other one has not, a changed line counted once.
pub fn lines_changed(old: &str, new: &str) -> usize {
    let diff = TextDiff::from_lines(old, new);
    let changed = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.map(|op| op.old_range().len().max(op.new_range().len())).sum()
}

fn apply(source: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
    let mut patched = source.to_owned();
    for (bytes, text) in edits.into_iter().rev() {
        patched.replace_range(bytes, &text);
    }
    patched
}

fn of_code(source: &str) -> Result<Vec<Edit>> {
    let tokens: TokenStream = source.parse().map_err(|error| anyhow!("{error}"))?;
    let mut edits = Vec::new();
    of_tokens(tokens, &mut edits);
    Ok(edits)
}

/// The edits of the examples: what is between fences, in the lines of which `prefix` says how long
/// what stands in front of the text is. What is not Rust stays as it is.
fn of_examples(source: &str, prefix: impl Fn(&str) -> Option<usize>) -> Vec<Edit> {
    let mut edits = Vec::new();
    // The example so far, with spaces for all that is not code, so that offsets stay.
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
                        // A line that is hidden in the documentation.
                        let hidden = text.trim_start().starts_with("# ");
                        *code += &if hidden { text.replacen('#', " ", 1) } else { text.to_owned() };
                    }
                    (Some((start, code)), true) => {
                        let of_code = of_code(code).unwrap_or_default();
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

fn of_tokens(tokens: TokenStream, edits: &mut Vec<Edit>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((end, found)) = of_use(&tokens, at) {
            edits.extend(found);
            at = end;
            continue;
        }
        if let TokenTree::Group(group) = &tokens[at] {
            of_tokens(group.stream(), edits);
        }
        edits.extend(of_path(&tokens, at));
        at += 1;
    }
}

fn is(token: Option<&TokenTree>, text: &str) -> bool {
    match token {
        Some(TokenTree::Ident(ident)) => ident == text,
        Some(TokenTree::Punct(punct)) => text.starts_with(punct.as_char()) && text.len() == 1,
        _ => false,
    }
}

fn bytes(from: Span, to: Span) -> Range<usize> {
    from.byte_range().start..to.byte_range().end
}

/// What has another place in proven-arc than in std: that place.
fn place(path: &[String]) -> Option<String> {
    let [krate, path @ ..] = path else { return None };
    if !["std", "alloc"].contains(&&**krate) {
        return None;
    }
    match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["sync"] => Some("sync".to_owned()),
        ["sync", "*"] => Some("sync::*".to_owned()),
        ["sync", name @ ("Arc" | "Weak")] => Some(name.to_owned()),
        ["task", "Wake"] => Some("task::Wake".to_owned()),
        _ => None,
    }
}

/// `std::sync::Arc` and its like at `at`, outside of a `use`.
fn of_path(tokens: &[TokenTree], at: usize) -> Option<Edit> {
    let colons = |at: usize| is(tokens.get(at), ":") && is(tokens.get(at + 1), ":");
    // Not `name::std::…`: there, the `::` follows a name immediately.
    if at >= 3 && colons(at - 2) {
        if let name @ TokenTree::Ident(_) = &tokens[at - 3] {
            if name.span().byte_range().end == tokens[at - 2].span().byte_range().start {
                return None;
            }
        }
    }
    let mut path = vec![tokens[at].to_string()];
    let mut end = at;
    while path.len() < 3 && colons(end + 1) {
        end += 3;
        path.push(tokens.get(end)?.to_string());
    }
    let found = place(&path).filter(|_| path.len() == 3)?;
    Some((bytes(tokens[at].span(), tokens[end].span()), format!("proven_arc::{found}")))
}

/// If there is a `use` at `at`, where it ends, and its edits.
fn of_use(tokens: &[TokenTree], at: usize) -> Option<(usize, Vec<Edit>)> {
    if !is(tokens.get(at), "use") {
        return None;
    }
    let end = at + tokens[at..].iter().position(|token| is(Some(token), ";"))?;
    let root = is(tokens.get(at + 1), ":") && is(tokens.get(at + 2), ":");
    let first = if root { at + 3 } else { at + 1 };
    let tree: TokenStream = tokens.get(first..end)?.iter().cloned().collect();
    let whole = bytes(tokens.get(first)?.span(), tokens[end - 1].span());
    let tree: UseTree = syn::parse2(tree).ok()?;

    let mut names = Vec::new();
    let mut cuts = Vec::new();
    let all = split(&tree, &mut Vec::new(), &mut names, &mut cuts);
    let names = match &names[..] {
        [] => return Some((end, Vec::new())),
        [name] => format!("proven_arc::{name}"),
        names => format!("proven_arc::{{{}}}", names.join(", ")),
    };
    if all {
        return Some((end, vec![(whole, names)]));
    }
    // One `use` for both, under the same attributes and with the same visibility.
    let (start, root) =
        if root { (tokens[at + 1].span().byte_range().start, "::") } else { (whole.start, "") };
    let mut edits = vec![(start..start, format!("{{{root}{names}, "))];
    edits.extend(cuts.into_iter().map(|cut| (cut, String::new())));
    edits.push((whole.end..whole.end, "}".to_owned()));
    Some((end, edits))
}

/// Finds the names that have another place, and what has to be cut out of the tree for them. Tells
/// whether that is all of it.
fn split(
    tree: &UseTree,
    path: &mut Vec<String>,
    names: &mut Vec<String>,
    cuts: &mut Vec<Range<usize>>,
) -> bool {
    let depth = path.len();
    let mut leaf = |name: String, rename: Option<String>| {
        if name != "self" {
            path.push(name);
        }
        let found = place(path);
        path.truncate(depth);
        let all = found.is_some();
        names.extend(found.map(|found| found + &rename.unwrap_or_default()));
        all
    };
    match tree {
        UseTree::Name(name) => leaf(name.ident.to_string(), None),
        UseTree::Rename(rename) => {
            leaf(rename.ident.to_string(), Some(format!(" as {}", rename.rename)))
        }
        UseTree::Glob(_) => leaf("*".to_owned(), None),
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            let all = split(&inner.tree, path, names, cuts);
            path.truncate(depth);
            all
        }
        UseTree::Group(group) => {
            let before = cuts.len();
            let end = group.brace_token.span.close().byte_range().start;
            let starts = group.items.iter().map(|item| item.span().byte_range().start);
            let ends = starts.clone().skip(1).chain([end]);
            let mut all = true;
            for (item, cut) in group.items.iter().zip(starts.zip(ends)) {
                if split(item, path, names, cuts) {
                    cuts.push(cut.0..cut.1);
                } else {
                    all = false;
                }
            }
            if all {
                cuts.truncate(before);
            }
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(source: &str, patched: &str) {
        assert_eq!(rust(source).unwrap(), patched);
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
        becomes("use std::sync;", "use proven_arc::sync;");
        becomes("pub use std::sync::*;", "pub use proven_arc::sync::*;");
        becomes("use std::task::Wake;", "use proven_arc::task::Wake;");
    }

    #[test]
    fn a_use_of_both_stays_one() {
        becomes(
            "#[cfg(x)]\nuse std::sync::{Arc, Mutex};",
            "#[cfg(x)]\nuse {proven_arc::Arc, std::sync::{Mutex}};",
        );
        becomes("use std::sync::{Mutex, Arc};", "use {proven_arc::Arc, std::sync::{Mutex, }};");
        becomes(
            "pub use ::std::sync::{Arc, Mutex, Weak};",
            "pub use {::proven_arc::{Arc, Weak}, ::std::sync::{Mutex, }};",
        );
    }

    #[test]
    fn nested_groups_lose_what_moves() {
        becomes(
            "use std::{fmt, sync::{self, Arc}};",
            "use {proven_arc::{sync, Arc}, std::{fmt, }};",
        );
        becomes(
            "use std::{\n    fmt,\n    sync::{\n        atomic::{AtomicU8, Ordering},\n        Arc,\n    },\n    thread,\n};\n",
            "use {proven_arc::Arc, std::{\n    fmt,\n    sync::{\n        atomic::{AtomicU8, Ordering},\n        },\n    thread,\n}};\n",
        );
        becomes(
            "use {crate::x, std::sync::Arc, std::fmt};",
            "use {proven_arc::Arc, {crate::x, std::fmt}};",
        );
    }

    #[test]
    fn aliases_stay() {
        becomes("use std::sync::Arc as StdArc;", "use proven_arc::Arc as StdArc;");
        becomes(
            "use std::sync::{Arc as A, Weak as _, Once};",
            "use {proven_arc::{Arc as A, Weak as _}, std::sync::{Once}};",
        );
        becomes("use std::sync::{self as s};", "use proven_arc::sync as s;");
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
            "/// A `std::sync::Arc`:\n///\n/// ```\n/// # use {proven_arc::Arc, std::sync::{\n/// #   Once,\n/// # }};\n/// let a = proven_arc::Arc::new(1);\n/// ```\n/// std::sync::Arc\nfn f() {}\n",
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

    #[test]
    fn lines_are_counted_once() {
        assert_eq!(lines_changed("a\nb\nc\n", "a\nb\nc\n"), 0);
        assert_eq!(lines_changed("a\nb\nc\n", "a\nx\nc\nd\n"), 2);
        assert_eq!(lines_changed("a\nb\nc\n", "x\n"), 3);
    }
}
