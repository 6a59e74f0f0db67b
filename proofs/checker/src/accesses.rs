//! Reads the atomic accesses of the code.

use crate::tree::{Finding, Tree, line_of};
use anyhow::{Context, Result, anyhow};
use proc_macro2::{Ident, TokenStream, TokenTree};
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;
use std::sync::LazyLock;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The file with all atomic accesses.
pub const WORD: &str = "src/word.rs";
/// The facade that forwards to `core`, `portable-atomic` or `loom`, and adds no access of its own.
pub const FACADE: [&str; 2] = ["src/atomic.rs", "src/atomic/loom.rs"];

/// The name of an access: `upgrade_look`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(pub String);

impl Id {
    pub fn note(&self) -> String {
        format!("proofs/{self}.md")
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Id {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            return Err(anyhow!("`{text}` is not the name of an access"));
        }
        Ok(Self(text.to_owned()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordering {
    Relaxed,
    Acquire,
    Release,
    AcqRel,
    SeqCst,
}

impl Ordering {
    const ALL: [Self; 5] =
        [Self::Relaxed, Self::Acquire, Self::Release, Self::AcqRel, Self::SeqCst];

    fn of(ident: &Ident) -> Option<Self> {
        Self::ALL.into_iter().find(|ordering| ident == ordering.name())
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Relaxed => "Relaxed",
            Self::Acquire => "Acquire",
            Self::Release => "Release",
            Self::AcqRel => "AcqRel",
            Self::SeqCst => "SeqCst",
        }
    }

    /// Every ordering that promises less. The protocol never uses `SeqCst`, see [`check`].
    pub fn weaker(self) -> &'static [Self] {
        match self {
            Self::Relaxed | Self::SeqCst => &[],
            Self::Acquire | Self::Release => &[Self::Relaxed],
            Self::AcqRel => &[Self::Acquire, Self::Release, Self::Relaxed],
        }
    }
}

impl fmt::Display for Ordering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An ordering, and its place in the source.
#[derive(Clone, Debug)]
pub struct Site {
    pub ordering: Ordering,
    pub bytes: Range<usize>,
}

/// An atomic access in `src/word.rs`.
#[derive(Clone, Debug)]
pub struct Access {
    pub line: usize,
    /// Its lines: the comment, and the statement below it.
    pub lines: RangeInclusive<usize>,
    /// `Word::add_strong_if_any`
    pub function: String,
    /// `compare_exchange_weak`
    pub operation: String,
    /// One ordering, or those of success and failure of a compare-exchange.
    pub orderings: Vec<Site>,
}

impl Access {
    /// `Acquire`, or `Acquire / Relaxed`.
    pub fn ordering(&self) -> String {
        let names: Vec<_> = self.orderings.iter().map(|site| site.ordering.name()).collect();
        names.join(" / ")
    }
}

pub type Accesses = BTreeMap<Id, Access>;

/// The accesses in the order of the code, which is the order of a handle's life.
pub fn in_order(accesses: &Accesses) -> Vec<(&Id, &Access)> {
    let mut all: Vec<_> = accesses.iter().collect();
    all.sort_by_key(|(_, access)| access.line);
    all
}

/// Returns the accesses of the tree, and reports what is wrong with them.
pub fn check(tree: &Tree, findings: &mut Vec<Finding>) -> Result<Accesses> {
    for file in tree.files("src", "rs")? {
        if file != WORD && !FACADE.contains(&&*file) {
            outside(&file, &tree.read(&file)?, findings)?;
        }
    }
    of_word(&tree.read(WORD)?, findings)
}

/// Finds atomics in a file that should have none.
fn outside(file: &str, text: &str, findings: &mut Vec<Finding>) -> Result<()> {
    let mut lines = BTreeMap::new();
    for (offset, name) in atomic_words(&tokens(file, text)?) {
        lines.entry(line_of(text, offset)).or_insert(name);
    }
    for (line, name) in lines {
        findings.push(Finding::new(
            file,
            line,
            format!("an atomic access or ordering, `{name}`, outside {WORD}"),
            format!("make it a method of `Word` in {WORD}, with a name in brackets and a note"),
        ));
    }
    Ok(())
}

fn tokens(file: &str, text: &str) -> Result<TokenStream> {
    text.parse().map_err(|error| anyhow!("{file}: {error}"))
}

/// Every word that only a user of atomics needs, with its offset, also inside of macros.
fn atomic_words(tokens: &TokenStream) -> Vec<(usize, String)> {
    static TYPE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^Atomic(Bool|Ptr|[IU](8|16|32|64|128|size))?$").unwrap());
    let tokens: Vec<_> = tokens.clone().into_iter().collect();
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let mut words = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => words.extend(atomic_words(&group.stream())),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let before = i.checked_sub(1).map(|i| &tokens[i]);
                let is_member = is_colon(before)
                    || matches!(before, Some(TokenTree::Punct(p)) if p.as_char() == '.');
                let in_path = is_colon(before) || is_colon(tokens.get(i + 1));
                let atomic = match &*name {
                    "atomic" => in_path,
                    "portable_atomic" => is_colon(tokens.get(i + 1)),
                    "fence" | "compiler_fence" => true,
                    _ if is_read_modify_write(&name) => is_member,
                    _ => Ordering::of(ident).is_some() || TYPE.is_match(&name),
                };
                if atomic {
                    words.push((ident.span().byte_range().start, name));
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    words
}

fn is_read_modify_write(method: &str) -> bool {
    method.starts_with("fetch_") || method.starts_with("compare_exchange")
}

/// The number of orderings that the atomic operation takes, or `None` for another method.
fn orderings_of(operation: &str) -> Option<usize> {
    match operation {
        "fetch_update" | "update" | "try_update" => Some(2),
        "load" | "store" | "swap" | "compare_and_swap" | "fence" | "compiler_fence" => Some(1),
        _ if operation.starts_with("compare_exchange") => Some(2),
        _ if operation.starts_with("fetch_") => Some(1),
        _ => None,
    }
}

/// The accesses of `src/word.rs`.
pub fn of_word(text: &str, findings: &mut Vec<Finding>) -> Result<Accesses> {
    let file = syn::parse_file(text).with_context(|| format!("parsing {WORD}"))?;
    let mut finder = Finder::default();
    finder.visit_file(&file);

    let explained: Vec<Range<usize>> =
        finder.found.iter().flat_map(|found| found.explains()).chain(finder.not_accesses).collect();
    for (offset, name) in atomic_words(&tokens(WORD, text)?) {
        let is_type = name.starts_with("Atomic");
        if !is_type && !explained.iter().any(|range| range.contains(&offset)) {
            findings.push(Finding::new(
                WORD,
                line_of(text, offset),
                format!("`{name}` is not part of an access that can be checked"),
                "write each access as a method call, with its orderings as literal names, \
                 outside of macros",
            ));
        }
    }

    let mut accesses = Accesses::new();
    for found in finder.found {
        let mut access = found.access;
        let line = access.line;
        let mut find = |what: String, to_do: &str| {
            findings.push(Finding::new(WORD, line, what, to_do));
        };
        let operation = &access.operation;
        if Some(access.orderings.len()) != orderings_of(operation) {
            find(
                format!("the orderings of this `{operation}` are not literal"),
                "write them out, so that they can be compared with the note",
            );
            continue;
        }
        for site in &access.orderings {
            if matches!(site.ordering, Ordering::AcqRel | Ordering::SeqCst) {
                find(
                    format!("{} is stronger than anything that the proof needs", site.ordering),
                    "use Acquire or Release, and name its edge",
                );
            }
        }
        let Some(Label { id, stated, line: first }) = label(text, *found.statement.start()) else {
            find(
                format!("this `{operation}` has no name"),
                "begin the comment directly above its statement with \
                 `// [name] <Ordering>: <why>`",
            );
            continue;
        };
        let orderings = access.ordering();
        let success = access.orderings[0].ordering.name();
        if stated != success && stated != orderings {
            find(
                format!("the comment of {id} says {stated}, the code {orderings}"),
                "make them say the same",
            );
        }
        if let Some(other) = accesses.get(&id) {
            let other: &Access = other;
            find(
                format!("{id} is also the name of the access in line {}", other.line),
                "give each access its own",
            );
            continue;
        }
        access.lines = first..=*found.statement.end();
        accesses.insert(id, access);
    }
    Ok(accesses)
}

/// The start of the comment above a statement.
struct Label {
    id: Id,
    /// The orderings.
    stated: String,
    line: usize,
}

/// The label in the comment directly above the line.
fn label(text: &str, line: usize) -> Option<Label> {
    static LABEL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^// \[([a-z_]+)\] (\w+(?: / \w+)?):").unwrap());
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let comment = lines[..line - 1].iter().rev().take_while(|line| line.starts_with("//")).count();
    let line = line - comment;
    let captures = LABEL.captures(lines[line - 1])?;
    Some(Label { id: captures[1].parse().ok()?, stated: captures[2].to_owned(), line })
}

struct Found {
    access: Access,
    /// The lines of its statement.
    statement: RangeInclusive<usize>,
    /// The name of the method.
    method: Range<usize>,
}

impl Found {
    /// The ranges of the source that belong to this access.
    fn explains(&self) -> Vec<Range<usize>> {
        let sites = self.access.orderings.iter().map(|site| site.bytes.clone());
        sites.chain([self.method.clone()]).collect()
    }
}

#[derive(Default)]
struct Finder {
    self_type: Option<String>,
    functions: Vec<String>,
    statements: Vec<RangeInclusive<usize>>,
    /// Where orderings are named outside of accesses: imports, constants.
    not_accesses: Vec<Range<usize>>,
    /// The constants that stand for an ordering.
    named: BTreeMap<Ident, Ordering>,
    found: Vec<Found>,
}

impl Finder {
    fn in_function<'a>(&mut self, name: &Ident, visit: impl FnOnce(&mut Self) + 'a) {
        let name = match &self.self_type {
            Some(self_type) => format!("{self_type}::{name}"),
            None => name.to_string(),
        };
        self.functions.push(name);
        visit(self);
        self.functions.pop();
    }

    fn found<'a>(&mut self, name: &Ident, arguments: impl Iterator<Item = &'a syn::Expr>) {
        let operation = name.to_string();
        let sites = arguments.filter_map(|argument| {
            let ident = last_ident(argument)?;
            let ordering = Ordering::of(ident).or(self.named.get(ident).copied())?;
            Some(Site { ordering, bytes: ident.span().byte_range() })
        });
        let line = name.span().start().line;
        self.found.push(Found {
            statement: self.statements.last().cloned().unwrap_or(line..=line),
            method: name.span().byte_range(),
            access: Access {
                line,
                lines: line..=line,
                function: self.functions.last().cloned().unwrap_or_default(),
                operation,
                orderings: sites.collect(),
            },
        });
    }
}

fn last_ident(expression: &syn::Expr) -> Option<&Ident> {
    match expression {
        syn::Expr::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// The ordering in `const NAME: Ordering = if ... { STRONGER } else { ORDERING };`. The protocol
/// relies on `ORDERING`, which holds everywhere.
fn at_least(item: &syn::ItemConst) -> Option<Ordering> {
    let syn::Expr::If(choice) = &*item.expr else { return None };
    let only = |block: &syn::Block| match &*block.stmts {
        [syn::Stmt::Expr(expression, None)] => Ordering::of(last_ident(expression)?),
        _ => None,
    };
    let stronger = only(&choice.then_branch)?;
    let syn::Expr::Block(otherwise) = &*choice.else_branch.as_ref()?.1 else { return None };
    let ordering = only(&otherwise.block)?;
    stronger.weaker().contains(&ordering).then_some(ordering)
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.not_accesses.push(item.span().byte_range());
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if let Some(ordering) = at_least(item) {
            self.not_accesses.push(item.span().byte_range());
            self.named.insert(item.ident.clone(), ordering);
        }
        visit::visit_item_const(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let outer = self.self_type.take();
        if let syn::Type::Path(path) = &*item.self_ty {
            self.self_type = path.path.segments.last().map(|segment| segment.ident.to_string());
        }
        visit::visit_item_impl(self, item);
        self.self_type = outer;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.in_function(&item.sig.ident, |this| visit::visit_impl_item_fn(this, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let outer = self.self_type.take();
        self.in_function(&item.sig.ident, |this| visit::visit_item_fn(this, item));
        self.self_type = outer;
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        let span = statement.span();
        self.statements.push(span.start().line..=span.end().line);
        visit::visit_stmt(self, statement);
        self.statements.pop();
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if orderings_of(&call.method.to_string()).is_some() {
            self.found(&call.method, call.args.iter());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func {
            if let Some(segment) = path.path.segments.last() {
                if matches!(&*segment.ident.to_string(), "fence" | "compiler_fence") {
                    self.found(&segment.ident, call.args.iter());
                }
            }
        }
        visit::visit_expr_call(self, call);
    }
}

/// The bodies of all functions of that name, also inside of macros.
pub fn bodies(tokens: TokenStream, function: &str) -> Vec<Range<usize>> {
    let mut bodies = Vec::new();
    // Whether the function whose head is being read has the name.
    let mut head = None;
    let mut after_fn = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if after_fn => head = Some(ident == function),
            TokenTree::Punct(punct) if punct.as_char() == ';' => head = None,
            TokenTree::Group(group) => {
                bodies.extend(self::bodies(group.stream(), function));
                if group.delimiter() == proc_macro2::Delimiter::Brace && head.take() == Some(true) {
                    bodies.push(group.span().byte_range());
                }
            }
            _ => {}
        }
        after_fn = matches!(&token, TokenTree::Ident(ident) if ident == "fn");
    }
    bodies
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNIPPET: &str = "
        use x::Ordering::{Acquire, Relaxed, SeqCst};
        struct W(AtomicU64);
        impl W {
            fn a(&self) -> bool {
                // [add_strong] Acquire: é.
                // More.
                self.0.load(Acquire) == 1
            }
            fn b(&self) {
                // [release_strong] Acquire: b.
                match self.0.compare_exchange(0, 1, Ordering::Acquire, Relaxed) {
                    Ok(_) => {}
                    Err(_) => {}
                }
            }
        }";

    #[test]
    fn finds_accesses() {
        let mut findings = Vec::new();
        let accesses = of_word(SNIPPET, &mut findings).unwrap();
        assert_eq!(findings, []);
        let found: Vec<_> = accesses
            .iter()
            .map(|(id, a)| (&*id.0, a.line, &*a.function, &*a.operation, a.ordering()))
            .collect();
        assert_eq!(
            found,
            [
                ("add_strong", 8, "W::a", "load", "Acquire".to_owned()),
                ("release_strong", 12, "W::b", "compare_exchange", "Acquire / Relaxed".to_owned()),
            ]
        );
        let lines: Vec<_> = accesses.values().map(|access| access.lines.clone()).collect();
        assert_eq!(lines, [6..=8, 11..=15]);
        for site in accesses.values().flat_map(|access| &access.orderings) {
            assert_eq!(&SNIPPET[site.bytes.clone()], site.ordering.name());
        }
    }

    #[test]
    fn constants_for_orderings() {
        let check = |constant: &str| {
            let text = format!(
                "use x::Ordering::{{Acquire, Release}};
                const RELEASE: Ordering = {constant};
                fn f(word: &AtomicU64) {{
                    // [add_strong] Release: for a reason.
                    word.fetch_add(1, RELEASE);
                }}"
            );
            let mut findings = Vec::new();
            let accesses = of_word(&text, &mut findings).unwrap();
            (accesses.get(&Id("add_strong".to_owned())).map(Access::ordering), findings.len())
        };
        assert_eq!(check("if X { AcqRel } else { Release }"), (Some("Release".to_owned()), 0));
        for wrong in [
            "if X { Acquire } else { Release }",
            "if X { Release } else { AcqRel }",
            "if X { Relaxed } else { Release }",
            "if X { AcqRel } else { f(); Release }",
            "Release",
            "f(Release)",
        ] {
            let (ordering, findings) = check(wrong);
            assert!(ordering.is_none() && findings > 0, "{wrong}");
        }
    }

    #[test]
    fn cmp_ordering_is_not_atomic() {
        let text = "
            use core::cmp::Ordering;
            fn f(a: u8, v: &mut [u8]) -> Option<Ordering> {
                v.swap(0, 1);
                a.partial_cmp(&1).filter(|o| o.is_lt() || *o == Ordering::Less)
            }
            mod atomic;
            #[cfg(loom)] fn g() {}";
        let mut findings = Vec::new();
        outside("src/a.rs", text, &mut findings).unwrap();
        assert_eq!(findings, []);
    }

    #[test]
    fn atomics_are_seen_everywhere() {
        for text in [
            "fn f() { x.load(Acquire) }",
            "fn f() { m! { x.load(Ordering::Relaxed) } }",
            "fn f() { core::sync::atomic::fence(o) }",
            "use core::sync::atomic;",
            "use crate::atomic::Ordering as Order;",
            "fn f(x: &AtomicUsize) {}",
            "fn f() { x.fetch_add(1, o) }",
            "use portable_atomic::*;",
            "use loom::sync::atomic::*;",
        ] {
            let mut findings = Vec::new();
            outside("src/a.rs", text, &mut findings).unwrap();
            assert_eq!(findings.len(), 1, "{text}");
        }
    }

    #[test]
    fn finds_bodies_of_functions() {
        let text = "fn f() -> [u8; 2] { 1 } m! { fn f() { 2 } fn g() { fn f(); {3} } }";
        let found: Vec<_> =
            bodies(text.parse().unwrap(), "f").into_iter().map(|b| &text[b]).collect();
        assert_eq!(found, ["{ 1 }", "{ 2 }"]);
    }
}
