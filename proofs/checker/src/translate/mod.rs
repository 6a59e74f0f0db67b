//! `cargo proofs translate`: writes the text of `src/` as `proofs/coq/Code.v`, for the proof.
//!
//! Each function of the files below becomes a `Definition` with its name: `Arc::drop` is
//! `Arc_drop`. The definitions are in the order of the source, but a callee precedes its callers.
//! So are the constants. [`lower`] translates the syntax of Rust to the commands of
//! `proofs/coq/Syntax.v`. Unsupported syntax is refused, with its place.
//! `proofs/checker/translate.toml` lists the functions that are not translated, each with the
//! reason. None of them may call a method of `Word`.

pub mod code;
mod lower;
pub mod program;
mod types;

use crate::accesses::{self, WORD};
use crate::tree::{Finding, Tree, line_of};
use anyhow::{Context, Result, anyhow};
use code::{Body, Cmd, Definition, Exp};
use lower::Lower;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use program::{Entry, Program, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use types::{Ty, Value};

/// The generated file.
pub const FILE: &str = "proofs/coq/Code.v";
/// The list of the functions that are left out.
pub const LEFT_OUT: &str = "proofs/checker/translate.toml";
/// The translated files, in the order in which they are printed.
pub const SOURCES: [&str; 6] =
    [WORD, "src/inner.rs", "src/arc.rs", "src/weak.rs", "src/unique.rs", "src/clones.rs"];

const TO_DO: &str = "write it like the functions around it, or add it to \
                     proofs/checker/src/translate/ and proofs/coq/Syntax.v";

/// Reports syntax that cannot be translated.
fn refuse(file: &str, at: Span, what: &str) -> Finding {
    Finding::new(file, at.start().line, format!("cannot be translated: {what}"), TO_DO)
}

/// A function that is not translated.
pub struct LeftOut {
    file: String,
    /// As in the code: `Arc::ptr_eq`.
    function: String,
}

pub fn is_left_out(function: &program::Function, left_out: &[LeftOut]) -> bool {
    left_out.iter().any(|row| row.file == function.file && row.function == function.path)
}

/// The translated files that exist, and the functions that are left out.
pub fn read(tree: &Tree) -> Result<(Sources, Vec<LeftOut>)> {
    let mut sources = Sources::new();
    for file in SOURCES {
        if let Some(text) = tree.read_if_any(file)? {
            sources.insert(file, text);
        }
    }
    let table = tree.read_if_any(LEFT_OUT)?.unwrap_or_default();
    // The reasons of the functions of each file.
    let table: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(&table).context(LEFT_OUT)?;
    let left_out = table.into_iter().flat_map(|(file, reasons)| {
        reasons.into_keys().map(move |function| LeftOut { file: file.clone(), function })
    });
    Ok((sources, left_out.collect()))
}

/// Compares Code.v with the translation. Returns the number of functions in it.
pub fn check(tree: &Tree, findings: &mut Vec<Finding>) -> Result<usize> {
    let (sources, left_out) = read(tree)?;
    elsewhere(tree, findings)?;
    let (code, functions) = match translate(&sources, &left_out) {
        Ok(translated) => translated,
        Err(refused) => {
            findings.extend(refused);
            return Ok(0);
        }
    };
    let there = tree.read_if_any(FILE)?.unwrap_or_default();
    if there != code {
        let same = there.lines().zip(code.lines()).take_while(|(a, b)| a == b).count();
        let what = "this is not what src/ says";
        findings.push(Finding::new(FILE, same + 1, what, "run `cargo proofs translate`"));
    }
    Ok(functions)
}

/// Only translated files may use these: to reach the word, to take the value, to free the memory.
const ONLY_TRANSLATED: [&str; 6] =
    ["word", "drop_slow", "Taken", "deallocate", "deallocate_as", "deallocate_place"];

/// Finds uses in the other files.
fn elsewhere(tree: &Tree, findings: &mut Vec<Finding>) -> Result<()> {
    for file in tree.files("src", "rs")? {
        if SOURCES.contains(&&*file) || accesses::FACADE.contains(&&*file) {
            continue;
        }
        let text = tree.read(&file)?;
        let tokens: TokenStream = text.parse().map_err(|error| anyhow!("{file}: {error}"))?;
        let mut found = Vec::new();
        uses(tokens, &mut found);
        findings.extend(found.into_iter().map(|ident| {
            let what = format!("`{ident}` is used here, in a file that is not translated");
            let to_do = format!("let a function of {} do this", SOURCES[1..].join(", "));
            Finding::new(&*file, ident.span().start().line, what, to_do)
        }));
    }
    Ok(())
}

/// Finds where one of these is named, such as `Taken::new`. `word` counts only if it is called.
fn uses(tokens: TokenStream, found: &mut Vec<Ident>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => uses(group.stream(), found),
            TokenTree::Ident(ident) if ONLY_TRANSLATED.contains(&&*ident.to_string()) => {
                let is_call = matches!(tokens.peek(), Some(TokenTree::Group(_)));
                if is_call || ident != "word" {
                    found.push(ident);
                }
            }
            _ => {}
        }
    }
}

/// Writes Code.v.
pub fn write(tree: &Tree) -> Result<Vec<Finding>> {
    let (sources, left_out) = read(tree)?;
    match translate(&sources, &left_out) {
        Ok((code, functions)) => {
            fs::write(tree.path(FILE), code)?;
            println!("{FILE}: {functions} functions");
            Ok(Vec::new())
        }
        Err(refused) => Ok(refused),
    }
}

/// The text of Code.v, and the number of functions in it.
pub fn translate(sources: &Sources, left_out: &[LeftOut]) -> Result<(String, usize), Vec<Finding>> {
    let program = Program::read(sources, &SOURCES).map_err(|refused| vec![refused])?;
    let mut findings = Vec::new();
    let mut translator = Translator::new(&program, sources, left_out, &mut findings);
    for entry in &program.entries {
        let refused = match *entry {
            Entry::Constant(constant) => translator.constant(constant).err(),
            Entry::Function(function) => {
                match translator.function(function, program.functions[function].value) {
                    Err(Failure::Of(refused)) => Some(refused),
                    _ => None,
                }
            }
        };
        findings.extend(refused);
    }
    findings.sort();
    findings.dedup();
    if !findings.is_empty() {
        return Err(findings);
    }
    let is_function = |definition: &&Definition| matches!(definition.body, Body::Function(_));
    let functions = translator.definitions.iter().filter(is_function).count();
    Ok((code::print(&translator.definitions), functions))
}

/// A translated function.
#[derive(Clone)]
pub struct Translated {
    name: String,
    returns: Ty,
    /// If the function only reads a field of its first parameter, this field. A call becomes the
    /// field.
    view: Option<View>,
    is_macro: bool,
    /// Whether it assigns to its first parameter, which is a `&mut`.
    assigns_lent: bool,
    /// Whether it drops the value, or calls a function that does.
    drops_value: bool,
}

/// The path of fields from the parameter to the value.
#[derive(Clone, Default)]
struct View(Vec<String>);

impl View {
    /// The view of the parameter, if the body is nothing else.
    fn read(body: &Cmd, parameter: &str) -> Option<Self> {
        let Cmd::Val(mut exp) = body.clone() else { return None };
        let mut fields = Vec::new();
        while let Exp::Dot(inner, field) = exp {
            fields.insert(0, field);
            exp = *inner;
        }
        matches!(exp, Exp::Var(name) if name == parameter).then_some(Self(fields))
    }

    fn of(&self, exp: Exp) -> Exp {
        self.0.iter().fold(exp, |exp, field| Exp::Dot(exp.into(), field.clone()))
    }
}

/// Why a function has no translation.
pub enum Failure {
    Of(Finding),
    LeftOut,
    CallsItself,
}

/// The state of the translation.
pub struct Translator<'p> {
    program: &'p Program,
    /// The names of the accesses, by their lines.
    accesses: BTreeMap<usize, String>,
    left_out: BTreeSet<usize>,
    /// The functions, each with what the place of the value contains. `None` marks one in progress.
    functions: BTreeMap<(usize, Value), Option<Result<Translated, Finding>>>,
    constants: BTreeSet<usize>,
    definitions: Vec<Definition>,
}

impl<'p> Translator<'p> {
    fn new(
        program: &'p Program,
        sources: &Sources,
        left_out: &[LeftOut],
        findings: &mut Vec<Finding>,
    ) -> Self {
        let accesses = sources.get(WORD).map(|text| accesses::of_word(text, &mut Vec::new()));
        let accesses = accesses.and_then(Result::ok).unwrap_or_default();
        let mut indices = BTreeSet::new();
        for LeftOut { file, function } in left_out {
            let is_it = |f: &program::Function| f.file == file && f.path == *function;
            match program.functions.iter().position(is_it) {
                Some(index) => {
                    findings.extend(word_in(&program.functions[index], &sources[&**file]));
                    indices.insert(index);
                }
                None => findings.push(Finding::new(
                    LEFT_OUT,
                    1,
                    format!("there is no function `{function}` in {file}"),
                    "remove it from the table",
                )),
            }
        }
        Self {
            program,
            accesses: accesses.into_iter().map(|(id, access)| (access.line, id.0)).collect(),
            left_out: indices,
            functions: BTreeMap::new(),
            constants: BTreeSet::new(),
            definitions: Vec::new(),
        }
    }

    /// Prints the function after those that it calls, unless that is done already.
    fn function(&mut self, index: usize, value: Value) -> Result<Translated, Failure> {
        if self.left_out.contains(&index) {
            return Err(Failure::LeftOut);
        }
        let usual = self.program.functions[index].value;
        if value == Value::Uninit && usual == Value::There {
            // A value without a destructor may need a second translation.
            let translated = self.function(index, usual)?;
            if !translated.drops_value {
                return Ok(translated);
            }
        }
        let key = (index, value);
        match self.functions.get(&key) {
            Some(None) => return Err(Failure::CallsItself),
            Some(Some(Ok(translated))) => return Ok(translated.clone()),
            Some(Some(Err(refused))) => return Err(Failure::Of(refused.clone())),
            None => {}
        }
        self.functions.insert(key, None);
        let result = self.new_function(index, value);
        self.functions.insert(key, Some(result.clone()));
        result.map_err(Failure::Of)
    }

    fn new_function(&mut self, index: usize, value: Value) -> Result<Translated, Finding> {
        let program = self.program;
        let function = &program.functions[index];
        let mut name = function.coq_name();
        if value != function.value {
            name += "_uninit";
        }
        if self.definitions.iter().any(|definition| definition.name == name) {
            return Err(refuse(
                function.file,
                function.span,
                "there is already one with this name",
            ));
        }
        let parameters = function.parameters(program)?;
        let returns = function.returns(program)?;
        let mut lower = |pure| -> Result<_, Finding> {
            let own = function.of.clone();
            let mut lower = Lower::new(self, function.file, own, returns.clone(), value, pure);
            let body = lower.function(function)?;
            Ok((body, lower.assigns_lent, lower.drops_value))
        };
        let mut is_macro = is_macro(function, &parameters, &returns);
        let (mut body, mut assigns_lent, mut drops_value) = lower(is_macro)?;
        if is_macro && !matches!(body, Cmd::Val(_)) {
            is_macro = false;
            (body, assigns_lent, drops_value) = lower(false)?;
        }
        let view = parameters.first().and_then(|first| View::read(&body, &first.name));
        let body = match body {
            Cmd::Val(exp) if is_macro => Body::Macro(exp),
            body => Body::Function(body),
        };
        let parameters = parameters.into_iter().filter(|parameter| parameter.ty != Ty::Erased);
        self.definitions.push(Definition {
            name: name.clone(),
            parameters: parameters.map(|parameter| parameter.name).collect(),
            body,
            comment: match value == function.value {
                true => format!("[{}]", function.head),
                false => {
                    format!("[{}], of a [MaybeUninit], which has no destructor", function.head)
                }
            },
            file: function.file.to_owned(),
        });
        Ok(Translated { name, returns, view, is_macro, assigns_lent, drops_value })
    }

    /// The name of the constant. Prints the constant, unless that is done already.
    fn constant(&mut self, index: usize) -> Result<(Exp, Ty), Finding> {
        let constant = &self.program.constants[index];
        let ty = match &constant.ty {
            syn::Type::Path(path) if path.path.is_ident("Ordering") => Ty::Erased,
            ty => Ty::read(ty, None, &BTreeSet::new()).unwrap_or(Ty::Erased),
        };
        let name = match ty {
            Ty::Bool => Exp::Flag(constant.name.clone()),
            _ => Exp::Name(constant.name.clone()),
        };
        if !self.constants.insert(index) {
            return Ok((name, ty));
        }
        let body = match ty {
            Ty::Int => {
                let mut lower = Lower::new(self, constant.file, None, Ty::Int, Value::There, true);
                Body::Macro(lower.constant(&constant.value)?)
            }
            Ty::Bool => Body::Variable,
            _ => Body::Ordering(self.ordering(index)?),
        };
        self.definitions.push(Definition {
            name: constant.name.clone(),
            parameters: Vec::new(),
            body,
            comment: String::new(),
            file: constant.file.to_owned(),
        });
        Ok((name, ty))
    }

    /// `if RELEASE_ACQUIRES { AcqRel } else { Release }`
    fn ordering(&mut self, index: usize) -> Result<String, Finding> {
        let constant = &self.program.constants[index];
        let unknown = || refuse(constant.file, constant.span, "this constant is not supported");
        let name = |expression: &syn::Expr| match expression {
            syn::Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let only = |block: &syn::Block| match &block.stmts[..] {
            [syn::Stmt::Expr(expression, None)] => name(expression),
            _ => None,
        };
        let syn::Expr::If(choice) = &constant.value else { return Err(unknown()) };
        let flag = name(&choice.cond).and_then(|name| self.program.constant(&name));
        let then = only(&choice.then_branch);
        let otherwise = match choice.else_branch.as_ref().map(|(_, otherwise)| &**otherwise) {
            Some(syn::Expr::Block(block)) => only(&block.block),
            _ => None,
        };
        let (Some(flag), Some(then), Some(otherwise)) = (flag, then, otherwise) else {
            return Err(unknown());
        };
        self.constant(flag)?;
        Ok(format!("if {} then {then} else {otherwise}", self.program.constants[flag].name))
    }
}

/// Whether the function is printed as an expression of its parameters: it is one line of
/// arithmetic, or it makes a new word.
fn is_macro(function: &program::Function, parameters: &[program::Parameter], returns: &Ty) -> bool {
    let computes = function.of.is_none()
        && parameters.iter().all(|parameter| matches!(parameter.ty, Ty::Int | Ty::Pointer))
        && matches!(returns, Ty::Int | Ty::Bool | Ty::Pointer);
    let is_word = parameters.is_empty() && *returns == Ty::of("Word");
    (computes || is_word) && matches!(function.block.stmts[..], [syn::Stmt::Expr(_, None)])
}

/// Reports a function that is left out, but calls a method of the word.
fn word_in(function: &program::Function, text: &str) -> Option<Finding> {
    let body = function.block.brace_token.span.join().byte_range();
    let at = text[body.clone()].find(".word()").or(text[body.clone()].find("inner::word("))?;
    Some(Finding::new(
        function.file,
        line_of(text, body.start + at),
        format!("`{}` uses the word, but is left out of the translation", function.path),
        format!("remove it from {LEFT_OUT}"),
    ))
}
