//! Mutants of the translated text, made by rule. In each function of Code.v, and in each constant,
//!
//! * each number becomes one more, and one less; each `true` becomes `false`; each constant becomes
//!   another one;
//! * each operator and each comparison becomes another one, each condition is negated, and the
//!   bodies of two arms of a `match` are swapped;
//! * each ordering is weakened;
//! * each call of a method of `Word` is replaced by each value that it may return, and by a call of
//!   another method with the same signature;
//! * each other statement is left out, and each `forget` becomes a `drop`, and the reverse.

use crate::translate::program::{Entry, Function, Program, Sources};
use crate::translate::{LeftOut, SOURCES, is_left_out};
use crate::tree::{Finding, line_of};
use quote::ToTokens;
use std::collections::BTreeMap;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprMethodCall, Lit, ReturnType, Stmt, UnOp};

type Edit = (Range<usize>, String);

/// The sources with one small bug.
pub struct Mutant {
    /// `Word::publish: STRONG -> WEAK`
    pub name: String,
    pub file: &'static str,
    pub line: usize,
    edits: Vec<Edit>,
}

impl Mutant {
    pub fn apply(&self, sources: &Sources) -> Sources {
        let mut sources = sources.clone();
        let text = sources.get_mut(self.file).expect("it was made from this file");
        let mut edits = self.edits.clone();
        edits.sort_by_key(|(bytes, _)| bytes.start);
        for (bytes, replacement) in edits.into_iter().rev() {
            text.replace_range(bytes, &replacement);
        }
        sources
    }
}

/// All mutants, in the order of the source.
pub fn all(sources: &Sources, left_out: &[LeftOut]) -> Result<Vec<Mutant>, Finding> {
    let program = Program::read(sources, &SOURCES)?;
    let is_number = |ty: &syn::Type| matches!(&*ty.to_token_stream().to_string(), "u64" | "usize");
    let constants = program.constants.iter().filter(|constant| is_number(&constant.ty));
    let constants: Vec<_> = constants.map(|constant| constant.name.clone()).collect();
    let word: Vec<_> =
        program.functions.iter().filter(|f| f.of.as_deref() == Some("Word")).collect();

    let mut mutants = Vec::new();
    for entry in &program.entries {
        let (file, path) = match *entry {
            Entry::Constant(n) => (program.constants[n].file, program.constants[n].name.clone()),
            Entry::Function(n) => (program.functions[n].file, program.functions[n].path.clone()),
        };
        let text = &*sources[file];
        let mut rules = Rules { text, constants: &constants, word: &word, found: Vec::new() };
        match *entry {
            Entry::Constant(n) if is_number(&program.constants[n].ty) => {
                rules.visit_expr(&program.constants[n].value);
            }
            // An ordering that depends on the target. Code.v has no other constants of this type.
            Entry::Constant(n) => {
                if let Expr::If(choice) = &program.constants[n].value {
                    rules.visit_expr_if(choice);
                }
            }
            Entry::Function(n) if is_left_out(&program.functions[n], left_out) => {}
            Entry::Function(n) => rules.visit_block(&program.functions[n].block),
        }
        let mut names = BTreeMap::new();
        for Found { what, at, edits } in rules.found {
            let count = names.entry(what.clone()).or_insert(0);
            *count += 1;
            let again = if *count > 1 { format!(" #{count}") } else { String::new() };
            let name = format!("{path}: {what}{again}");
            mutants.push(Mutant { name, file, line: line_of(text, at), edits });
        }
    }
    Ok(mutants)
}

struct Found {
    what: String,
    at: usize,
    edits: Vec<Edit>,
}

struct Rules<'a> {
    text: &'a str,
    constants: &'a [String],
    /// The methods of `Word`.
    word: &'a [&'a Function],
    found: Vec<Found>,
}

impl Rules<'_> {
    fn source(&self, node: &impl Spanned) -> &str {
        &self.text[node.span().byte_range()]
    }

    /// Without comments: another one is no other mutant.
    fn short(text: &str) -> String {
        let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        let words: Vec<_> = code.flat_map(str::split_whitespace).collect();
        let text = words.join(" ");
        match text.char_indices().nth(60) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// Replaces the text of the node.
    fn replace(&mut self, node: &impl Spanned, to: &str) {
        let bytes = node.span().byte_range();
        let what = format!("{} -> {}", Self::short(&self.text[bytes.clone()]), Self::short(to));
        self.found.push(Found { what, at: bytes.start, edits: vec![(bytes, to.to_owned())] });
    }

    fn leave_out(&mut self, node: &impl Spanned) {
        let bytes = node.span().byte_range();
        let what = format!("without {}", Self::short(&self.text[bytes.clone()]));
        self.found.push(Found { what, at: bytes.start, edits: vec![(bytes, String::new())] });
    }

    fn negate(&mut self, condition: &Expr) {
        if !matches!(condition, Expr::Let(_)) {
            let negated = format!("!({})", self.source(condition));
            self.replace(condition, &negated);
        }
    }

    /// The method of `Word` of that name, if there is one.
    fn method(&self, name: &syn::Ident) -> Option<&Function> {
        self.word.iter().find(|method| name == &method.name).copied()
    }

    /// Replaces the name of a method of `Word` by that of another one with the same signature.
    fn swap(&mut self, name: &syn::Ident) {
        let Some(method) = self.method(name) else { return };
        let shape = |f: &Function| {
            let types: Vec<_> = f.inputs.iter().map(type_of).collect();
            (types, f.output.to_token_stream().to_string())
        };
        let same = self.word.iter().filter(|f| f.name != method.name && shape(f) == shape(method));
        for other in same.map(|f| f.name.clone()).collect::<Vec<_>>() {
            self.replace(name, &other);
        }
    }
}

fn type_of(input: &syn::FnArg) -> String {
    match input {
        syn::FnArg::Receiver(receiver) => receiver.to_token_stream().to_string(),
        syn::FnArg::Typed(typed) => typed.ty.to_token_stream().to_string(),
    }
}

/// The values that the method may return.
fn answers(method: &Function) -> &'static [&'static str] {
    let ReturnType::Type(_, ty) = &method.output else { return &[] };
    match &*ty.to_token_stream().to_string() {
        "bool" => &["true", "false"],
        "Sole" => &["Sole::Unique", "Sole::Shared"],
        "ImplicitWeak" => &["ImplicitWeak::of_unique()"],
        "Counts" => &["Counts { strong: 1, weak: 0 }"],
        ty if ty.starts_with("Option") => &["None"],
        _ => &[],
    }
}

fn others(op: &BinOp) -> &'static [&'static str] {
    match op {
        BinOp::Lt(_) => &["<=", ">"],
        BinOp::Le(_) => &["<", ">"],
        BinOp::Gt(_) => &[">=", "<"],
        BinOp::Ge(_) => &[">", "<"],
        BinOp::Eq(_) => &["!="],
        BinOp::Ne(_) => &["=="],
        BinOp::Add(_) => &["-"],
        BinOp::Sub(_) => &["+"],
        BinOp::Mul(_) => &["+"],
        BinOp::Div(_) => &["%"],
        BinOp::Rem(_) => &["/"],
        BinOp::Shl(_) => &["+"],
        BinOp::BitOr(_) => &["-"],
        BinOp::And(_) => &["||"],
        BinOp::Or(_) => &["&&"],
        BinOp::SubAssign(_) => &["+="],
        BinOp::AddAssign(_) => &["-="],
        _ => &[],
    }
}

/// The weaker orderings.
fn weaker(ordering: &str) -> &'static [&'static str] {
    match ordering {
        "AcqRel" => &["Acquire", "Release"],
        "Acquire" | "Release" | "RELEASE" => &["Relaxed"],
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Rules<'_> {
    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let leaves = |expression: &Expr| matches!(expression, Expr::Return(_) | Expr::Break(_));
        match statement {
            Stmt::Expr(expression, Some(_)) if !leaves(expression) => self.leave_out(statement),
            Stmt::Expr(Expr::If(choice), None) if choice.else_branch.is_none() => {
                self.leave_out(statement);
            }
            Stmt::Macro(_) => self.leave_out(statement),
            _ => {}
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_expr_lit(&mut self, literal: &'ast syn::ExprLit) {
        match &literal.lit {
            Lit::Bool(value) => self.replace(literal, &(!value.value).to_string()),
            Lit::Int(number) => {
                let number: u64 = number.base10_parse().unwrap_or(0);
                self.replace(literal, &(number + 1).to_string());
                if let Some(less) = number.checked_sub(1) {
                    self.replace(literal, &less.to_string());
                }
            }
            _ => {}
        }
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let Some(name) = path.path.get_ident().map(ToString::to_string) else {
            // `Word::counts` as a function.
            if let [of, name] = &path.path.segments.iter().collect::<Vec<_>>()[..] {
                if of.ident == "Word" {
                    self.swap(&name.ident);
                }
            }
            return;
        };
        for ordering in weaker(&name) {
            self.replace(path, ordering);
        }
        if let Some(n) = self.constants.iter().position(|constant| *constant == name) {
            let next = self.constants[(n + 1) % self.constants.len()].clone();
            if next != name {
                self.replace(path, &next);
            }
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        for op in others(&binary.op) {
            let (left, right) = (self.source(&*binary.left), self.source(&*binary.right));
            let whole = format!("{left} {op} {right}");
            self.replace(binary, &whole);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        if matches!(unary.op, UnOp::Not(_)) {
            let inner = self.source(&*unary.expr).to_owned();
            self.replace(unary, &inner);
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_if(&mut self, choice: &'ast syn::ExprIf) {
        self.negate(&choice.cond);
        visit::visit_expr_if(self, choice);
    }

    fn visit_expr_while(&mut self, repeated: &'ast syn::ExprWhile) {
        self.negate(&repeated.cond);
        visit::visit_expr_while(self, repeated);
    }

    fn visit_expr_match(&mut self, choice: &'ast syn::ExprMatch) {
        for pair in choice.arms.windows(2) {
            let [a, b] = pair else { unreachable!("of two") };
            let body = |arm: &syn::Arm, place: &syn::Arm| {
                let comma = if place.comma.is_none() { "," } else { "" };
                format!("{}{comma}", self.source(&*arm.body))
            };
            let short = [a, b].map(|arm| Self::short(self.source(&*arm.body)));
            let [at_a, at_b] = [a, b].map(|arm| arm.body.span().byte_range());
            let edits = vec![(at_a.clone(), body(b, a)), (at_b, body(a, b))];
            self.found.push(Found { what: short.join(" <-> "), at: at_a.start, edits });
        }
        for (_, guard) in choice.arms.iter().filter_map(|arm| arm.guard.as_ref()) {
            self.negate(guard);
        }
        visit::visit_expr_match(self, choice);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let [argument] = &call.args.iter().collect::<Vec<_>>()[..] {
            let argument = self.source(argument).to_owned();
            match self.source(&*call.func) {
                "ManuallyDrop::new" => self.replace(call, &argument),
                "mem::forget" => self.replace(call, &format!("drop({argument})")),
                "drop" => self.replace(call, &format!("mem::forget({argument})")),
                _ => {}
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let pairs = [("wrapping_add", "wrapping_sub"), ("fetch_add", "fetch_sub")];
        for (a, b) in pairs.into_iter().chain(pairs.map(|(a, b)| (b, a))) {
            if call.method == a {
                self.replace(&call.method, b);
            }
        }
        if call.method == "saturating_sub" {
            self.replace(&call.method, "wrapping_sub");
        }
        let answers = self.method(&call.method).map(answers).unwrap_or_default();
        for answer in answers {
            self.replace(call, answer);
        }
        self.swap(&call.method);
        visit::visit_expr_method_call(self, call);
    }
}
