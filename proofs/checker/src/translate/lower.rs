//! From Rust to the commands of `proofs/coq/Syntax.v`: one rule for each form of syntax, and what is
//! left is refused.
//!
//! * A handle, a reference and `ManuallyDrop` are the pointer that they hold. Borrows, casts and
//!   `unsafe` leave nothing behind; nor do layouts, markers and messages.
//! * What has an effect inside an expression is bound first, to `"_1"`, `"_2"`, and so on, in the
//!   order in which Rust evaluates it.
//! * A local or a parameter whose type has a destructor is dropped at the end of its scope, unless
//!   it was moved. The moves are those that Rust sees: by value, out of a place that owns.

use super::code::{
    Arm, Binary, Cmd, Exp, Pat as Pattern, Step, finish, pat_variant, unit, variant,
};
use super::program::{Function, Program};
use super::refuse;
use super::types::{Ty, Value};
use super::{Failure, Translated, Translator};
use crate::tree::Finding;
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{BinOp, Block, Expr, ExprClosure, ExprMethodCall, Lit, Member, Pat, Stmt, Token, UnOp};

type Res<T> = Result<T, Finding>;
type Steps = Vec<Step>;

/// The functions that are their argument, whatever they are said to make of it.
const SAME: [&str; 4] =
    ["NonNull::new_unchecked", "NonNull::from", "ptr::from_ref", "ptr::without_provenance_mut"];
/// The methods that are their receiver, of a pointer.
const SAME_POINTER: [&str; 8] =
    ["cast", "as_ptr", "cast_mut", "addr", "get", "as_ref", "as_mut", "as_mut_ptr"];

/// The methods of `Option`, `Result` and `bool` that are branches.
const COMBINATORS: [&str; 6] = ["map", "map_or", "is_some_and", "then", "unwrap_or_else", "expect"];

/// A function while it is translated.
pub struct Lower<'a, 'p> {
    translator: &'a mut Translator<'p>,
    program: &'p Program,
    file: &'static str,
    returns: Ty,
    /// What is in scope, the innermost last.
    locals: Vec<(String, Ty)>,
    temporaries: usize,
    /// Inside of a closure, where `return` and `?` mean something else.
    in_closure: bool,
    /// The first parameter, if it is a `&mut` to something that is not the value.
    lent: Option<String>,
    /// Whether that is assigned to.
    pub assigns_lent: bool,
    /// The types of the `break`s of the loop.
    breaks: Vec<Ty>,
    /// What `Self` is.
    own: Option<String>,
    /// What is in the place that the handles are on.
    of_value: Value,
    /// Whether there is something that depends on that.
    pub drops_value: bool,
    /// The parameters are names of Coq's: the function is printed as a macro.
    pure: bool,
}

impl<'a, 'p> Lower<'a, 'p> {
    pub fn new(
        translator: &'a mut Translator<'p>,
        file: &'static str,
        own: Option<String>,
        returns: Ty,
        of_value: Value,
        pure: bool,
    ) -> Self {
        Self {
            program: translator.program,
            translator,
            file,
            own,
            breaks: Vec::new(),
            of_value,
            drops_value: false,
            returns,
            locals: Vec::new(),
            temporaries: 0,
            in_closure: false,
            lent: None,
            assigns_lent: false,
            pure,
        }
    }

    /// The body of the function, its parameters in scope.
    pub fn function(&mut self, function: &Function) -> Res<Cmd> {
        let parameters = function.parameters(self.program)?;
        if let Some(first) = parameters.first() {
            if matches!(first.ty, Ty::RefMut(_)) {
                self.lent = Some(first.name.clone());
            }
        }
        let mut steps = Steps::new();
        for parameter in parameters {
            if parameter.ty != Ty::Erased {
                self.declare(&parameter.name, &parameter.ty, &mut steps, function.span)?;
            } else {
                self.locals.push((parameter.name, parameter.ty));
            }
        }
        let (body, _) = self.block(&function.block)?;
        Ok(finish(steps, body))
    }

    /// The value of a constant.
    pub fn constant(&mut self, value: &Expr) -> Res<Exp> {
        let mut steps = Steps::new();
        match self.expr(value, &mut steps)? {
            (Cmd::Val(exp), Ty::Int) if steps.is_empty() => Ok(exp),
            _ => self.refuse(value, "this is not an expression"),
        }
    }

    fn refuse<T>(&self, at: impl Spanned, what: &str) -> Res<T> {
        Err(refuse(self.file, at.span(), what))
    }

    // ---- Locals ----

    /// Brings a local into scope, which is dropped at its end if it has to be.
    fn declare(&mut self, name: &str, ty: &Ty, steps: &mut Steps, at: impl Spanned) -> Res<()> {
        let at = at.span();
        self.locals.push((name.to_owned(), ty.clone()));
        match ty {
            Ty::Of(of, value) if self.program.destructors.contains(of) => {
                let drop = self.destructor(of, *value, at)?;
                steps.push(Step::Drops(name.to_owned(), drop));
                Ok(())
            }
            ty if self.owns(ty) => self.refuse(at, "a handle inside of an enum is kept here"),
            _ => Ok(()),
        }
    }

    fn local(&self, name: &str) -> Option<&Ty> {
        self.locals.iter().rev().find(|(local, _)| local == name).map(|(_, ty)| ty)
    }

    /// Whether something of the type has a destructor of the crate's.
    fn owns(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Of(of, _) => self.program.destructors.contains(of),
            Ty::Option(ty) => self.owns(ty),
            Ty::Result(ok, err) => self.owns(ok) || self.owns(err),
            _ => false,
        }
    }

    /// The function that is the destructor of a handle on such a value.
    fn destructor(&mut self, of: &str, value: Value, at: impl Spanned) -> Res<String> {
        let Some(drop) = self.program.function(Some(of), "drop") else {
            return self.refuse(at, "its destructor is not here");
        };
        Ok(self.callee(drop, value, at)?.name)
    }

    fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!("_{}", self.temporaries)
    }

    /// The command's value: of one that computes only, the expression; otherwise it is bound.
    fn bind(&mut self, cmd: Cmd, steps: &mut Steps) -> Exp {
        match cmd {
            Cmd::Val(exp) => exp,
            cmd => {
                let name = self.temporary();
                steps.push(Step::Bind(Pattern::Var(name.clone()), cmd));
                Exp::Var(name)
            }
        }
    }

    /// What `inner` does in a scope of its own.
    fn scope<T>(&mut self, inner: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        let before = self.locals.len();
        let result = inner(self);
        self.locals.truncate(before);
        result
    }

    // ---- Blocks and statements ----

    fn block(&mut self, block: &Block) -> Res<(Cmd, Ty)> {
        self.scope(|this| {
            let mut steps = Steps::new();
            let mut last = (Cmd::Val(unit()), Ty::Unit);
            let (tail, statements) = match block.stmts.split_last() {
                Some((Stmt::Expr(tail, None), before)) => (Some(tail), before),
                _ => (None, &block.stmts[..]),
            };
            for statement in statements {
                this.statement(statement, &mut steps)?;
            }
            if let Some(tail) = tail {
                last = this.expr(tail, &mut steps)?;
            }
            Ok((finish(steps, last.0), last.1))
        })
    }

    fn statement(&mut self, statement: &Stmt, steps: &mut Steps) -> Res<()> {
        match statement {
            Stmt::Local(local) => {
                let Some(init) = &local.init else {
                    return self.refuse(local, "this variable is not initialised");
                };
                if init.diverge.is_some() {
                    return self.refuse(local, "`let else` is not known");
                }
                let pat = match &local.pat {
                    Pat::Type(typed) => &*typed.pat,
                    pat => pat,
                };
                let (cmd, ty) = self.expr(&init.expr, steps)?;
                let name = match pat {
                    Pat::Ident(name) => name.ident.to_string(),
                    Pat::Wild(_) if !self.owns(&ty) => {
                        steps.push(Step::Bind(Pattern::Any, cmd));
                        return Ok(());
                    }
                    _ => return self.refuse(pat, "this pattern is not known in a `let`"),
                };
                if ty == Ty::Erased {
                    self.locals.push((name, ty));
                    return Ok(());
                }
                self.unconditional(statement)?;
                steps.push(Step::Bind(Pattern::Var(name.clone()), cmd));
                self.declare(&name, &ty, steps, local)
            }
            Stmt::Expr(expression, _) => {
                self.unconditional(statement)?;
                let (cmd, ty) = self.expr(expression, steps)?;
                if self.owns(&ty) {
                    return self
                        .refuse(expression, "a handle is dropped at the end of the statement");
                }
                match cmd {
                    // What has been done is in the steps.
                    Cmd::Val(exp) if !matches!(exp, Exp::Move(_)) => {}
                    cmd => steps.push(Step::Bind(Pattern::Any, cmd)),
                }
                Ok(())
            }
            Stmt::Macro(inner) => {
                self.unconditional(statement)?;
                let (cmd, _) = self.a_macro(&inner.mac, steps)?;
                steps.push(Step::Bind(Pattern::Any, cmd));
                Ok(())
            }
            Stmt::Item(item) => self.refuse(item, "an item inside of a function is not known"),
        }
    }

    /// It has no attribute, which could take it away.
    fn unconditional(&self, statement: &Stmt) -> Res<()> {
        let first = statement.to_token_stream().into_iter().next();
        match first {
            Some(TokenTree::Punct(punct)) if punct.as_char() == '#' => {
                self.refuse(statement, "an attribute of a statement is not known")
            }
            _ => Ok(()),
        }
    }

    fn a_macro(&mut self, call: &syn::Macro, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let panic = || Cmd::Primitive("Panic", Vec::new(), Vec::new());
        let malformed = |error: syn::Error| refuse(self.file, error.span(), "this is malformed");
        match call.path.get_ident().map(ToString::to_string).as_deref() {
            Some("panic") => Ok((panic(), Ty::Never)),
            Some("assert") => {
                let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
                let arguments = call.parse_body_with(parser).map_err(malformed)?;
                let (condition, _) = self.value(&arguments[0], steps)?;
                let holds = Cmd::Val(unit());
                Ok((Cmd::If(condition, holds.into(), panic().into()), Ty::Unit))
            }
            Some("matches") => {
                let parser = |input: ParseStream| {
                    let matched: Expr = input.parse()?;
                    input.parse::<Token![,]>()?;
                    Ok((matched, Pat::parse_multi(input)?))
                };
                let (matched, pat) = call.parse_body_with(parser).map_err(malformed)?;
                let (cmd, ty) = self.expr(&matched, steps)?;
                let yes = |_: &mut Self| Ok((Cmd::Val(Exp::Bool(true)), Ty::Bool));
                let (yes, _) = self.arm(&pat, &ty, None, yes)?;
                let no = Arm { pat: Pattern::Any, guard: None, body: Cmd::Val(Exp::Bool(false)) };
                Ok((Cmd::Match(cmd.into(), vec![yes, no]), Ty::Bool))
            }
            _ => self.refuse(call, "this macro is not known"),
        }
    }

    // ---- Expressions ----

    /// The expression in steps of its own.
    fn alone(&mut self, expression: &Expr) -> Res<(Cmd, Ty)> {
        self.scope(|this| {
            let mut steps = Steps::new();
            let (cmd, ty) = this.expr(expression, &mut steps)?;
            Ok((finish(steps, cmd), ty))
        })
    }

    /// The value of the expression, which is moved if it is owned.
    fn value(&mut self, expression: &Expr, steps: &mut Steps) -> Res<(Exp, Ty)> {
        let (cmd, ty) = self.expr(expression, steps)?;
        Ok((self.bind(cmd, steps), ty))
    }

    /// The values of several, from left to right.
    fn values<'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Expr>,
        steps: &mut Steps,
    ) -> Res<Vec<(Exp, Ty)>> {
        let mut values: Vec<(Exp, Ty)> = Vec::new();
        for expression in expressions {
            let before = steps.len();
            let value = self.value(expression, steps)?;
            let earlier: Vec<_> = values.iter().map(|(exp, _): &(Exp, Ty)| exp.clone()).collect();
            self.unchanged(&earlier, &steps[before..], expression)?;
            values.push(value);
        }
        Ok(values)
    }

    /// What the expression names, which is not moved.
    fn place(&mut self, expression: &Expr, steps: &mut Steps) -> Res<(Exp, Ty)> {
        match expression {
            Expr::Paren(inner) => self.place(&inner.expr, steps),
            Expr::Unsafe(inner) => match &inner.block.stmts[..] {
                [Stmt::Expr(inner, None)] => self.place(inner, steps),
                _ => self.refuse(inner, "this is no place"),
            },
            Expr::Reference(inner) => {
                let (exp, ty) = self.place(&inner.expr, steps)?;
                Ok((exp, self.reference(ty, inner.mutability.is_some())))
            }
            Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => {
                let (exp, ty) = self.place(&inner.expr, steps)?;
                Ok((exp, ty.target()))
            }
            Expr::Field(field) => {
                let (base, ty) = self.place(&field.base, steps)?;
                let Ty::Of(of, value) = ty.peeled() else {
                    return self.refuse(field, "this field is not known");
                };
                let name = match &field.member {
                    Member::Named(name) => name.to_string(),
                    Member::Unnamed(index) => index.index.to_string(),
                };
                let the_struct = self.program.structs.get(of);
                let found = the_struct.and_then(|the_struct| {
                    let field = the_struct.fields.iter().find(|(field, _)| *field == name)?;
                    Some((the_struct.transparent, field.1.clone().on(*value)))
                });
                match found {
                    Some((_, Ty::Erased)) => Ok((unit(), Ty::Erased)),
                    Some((true, ty)) => Ok((base, ty)),
                    Some((false, ty)) => Ok((Exp::Dot(Box::new(base), name), ty)),
                    None => self.refuse(field, "this field is not known"),
                }
            }
            Expr::Path(path) => match path.path.get_ident().map(ToString::to_string) {
                Some(name) if self.local(&name).is_some() => {
                    let ty = self.local(&name).cloned().expect("just looked up");
                    Ok((if self.pure { Exp::Name(name) } else { Exp::Var(name) }, ty))
                }
                _ => self.value(expression, steps),
            },
            _ => {
                let (exp, ty) = self.value(expression, steps)?;
                if self.owns(&ty) {
                    let what = "a handle without a name is borrowed here, and dropped thereafter";
                    return self.refuse(expression, what);
                }
                Ok((exp, ty))
            }
        }
    }

    fn reference(&self, ty: Ty, mutable: bool) -> Ty {
        match ty {
            Ty::Client | Ty::Pointer => Ty::Pointer,
            Ty::Place => Ty::Place,
            Ty::Erased => Ty::Erased,
            ty if mutable => Ty::RefMut(Box::new(ty)),
            ty => Ty::Ref(Box::new(ty)),
        }
    }

    fn expr(&mut self, expression: &Expr, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let value = |exp, ty| Ok((Cmd::Val(exp), ty));
        match expression {
            Expr::Paren(inner) => self.expr(&inner.expr, steps),
            Expr::Unsafe(inner) => match &inner.block.stmts[..] {
                [Stmt::Expr(inner, None)] => self.expr(inner, steps),
                _ => self.block(&inner.block),
            },
            Expr::Block(inner) if inner.label.is_none() => self.block(&inner.block),
            Expr::Lit(literal) => match &literal.lit {
                Lit::Bool(literal) => value(Exp::Bool(literal.value), Ty::Bool),
                Lit::Int(number) => match number.base10_parse() {
                    Ok(number) => value(Exp::Num(number), Ty::Int),
                    Err(_) => self.refuse(literal, "this number does not fit 64 bits"),
                },
                Lit::Str(_) => value(unit(), Ty::Erased),
                _ => self.refuse(literal, "this literal is not known"),
            },
            Expr::Path(path) => self.path(path),
            Expr::Reference(_) | Expr::Field(_) => {
                let (exp, ty) = self.place(expression, steps)?;
                if self.owns(&ty) {
                    return self.refuse(expression, "a handle is moved out of a field");
                }
                value(exp, ty)
            }
            Expr::Unary(unary) => match unary.op {
                UnOp::Not(_) => {
                    let (exp, ty) = self.value(&unary.expr, steps)?;
                    if ty != Ty::Bool {
                        return self.refuse(unary, "`!` of a number is not known");
                    }
                    value(Exp::Not(Box::new(exp)), Ty::Bool)
                }
                UnOp::Deref(_) => {
                    let (exp, ty) = self.place(expression, steps)?;
                    if self.owns(&ty) {
                        return self.refuse(unary, "a handle is moved out of a reference");
                    }
                    value(exp, ty)
                }
                _ => self.refuse(unary, "this operator is not known"),
            },
            Expr::Cast(cast) => {
                let (exp, from) = self.value(&cast.expr, steps)?;
                let to = Ty::read(&cast.ty, None, &self.program.types);
                match (from, to) {
                    (Ty::Int | Ty::Signed, Some(to @ (Ty::Int | Ty::Signed))) => value(exp, to),
                    (from @ (Ty::Pointer | Ty::Place), Some(Ty::Pointer)) => value(exp, from),
                    _ => self.refuse(cast, "this cast is not known"),
                }
            }
            Expr::Binary(binary) => self.binary(binary, steps),
            Expr::Assign(assign) => self.assign(assign, steps),
            Expr::If(choice) => self.choice(choice, steps),
            Expr::Match(choice) => {
                let (cmd, ty) = self.expr(&choice.expr, steps)?;
                let mut arms = Vec::new();
                let mut types = Vec::new();
                for arm in &choice.arms {
                    let guard = arm.guard.as_ref().map(|(_, guard)| &**guard);
                    let (arm, ty) = self.arm(&arm.pat, &ty, guard, |this| this.alone(&arm.body))?;
                    arms.push(arm);
                    types.push(ty);
                }
                Ok((Cmd::Match(Box::new(cmd), arms), one_type(types)))
            }
            Expr::Loop(repeated) if repeated.label.is_none() => {
                let outer = std::mem::take(&mut self.breaks);
                let (body, _) = self.block(&repeated.body)?;
                let breaks = std::mem::replace(&mut self.breaks, outer);
                Ok((Cmd::Loop(Box::new(body)), one_type(breaks)))
            }
            Expr::While(repeated) if repeated.label.is_none() => {
                let mut condition = Steps::new();
                let (exp, ty) = self.value(&repeated.cond, &mut condition)?;
                if ty != Ty::Bool {
                    return self.refuse(&repeated.cond, "this is not a condition");
                }
                let (body, _) = self.block(&repeated.body)?;
                let choice = Cmd::If(exp, body.into(), Cmd::Break(unit()).into());
                Ok((Cmd::Loop(finish(condition, choice).into()), Ty::Unit))
            }
            Expr::Break(leave) if leave.label.is_none() && !self.in_closure => {
                let (exp, ty) = match &leave.expr {
                    Some(exp) => self.value(exp, steps)?,
                    None => (unit(), Ty::Unit),
                };
                self.breaks.push(ty);
                Ok((Cmd::Break(exp), Ty::Never))
            }
            Expr::Return(leave) if !self.in_closure => {
                let exp = match &leave.expr {
                    Some(exp) => match self.expr(exp, steps)? {
                        (cmd @ Cmd::Call(..), Ty::Unit) => {
                            steps.push(Step::Bind(Pattern::Any, cmd));
                            unit()
                        }
                        (cmd, _) => self.bind(cmd, steps),
                    },
                    None => unit(),
                };
                Ok((Cmd::Return(exp), Ty::Never))
            }
            Expr::Struct(literal) => self.structure(literal, steps),
            Expr::Try(question) => self.question(question, steps),
            Expr::Call(call) => self.call(call, steps),
            Expr::MethodCall(call) => self.method(call, steps),
            Expr::Macro(call) => self.a_macro(&call.mac, steps),
            _ => {
                let text = expression.to_token_stream().to_string();
                let short: String = text.chars().take(40).collect();
                self.refuse(expression, &format!("`{short}` is not known"))
            }
        }
    }

    /// A variable, a constant, or a variant without a payload.
    fn path(&mut self, path: &syn::ExprPath) -> Res<(Cmd, Ty)> {
        let names: Vec<_> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
        let value = |exp, ty| Ok((Cmd::Val(exp), ty));
        if let [name] = &names[..] {
            if let Some(ty) = self.local(name).cloned() {
                let exp = match &ty {
                    _ if self.pure => Exp::Name(name.clone()),
                    ty if self.owns(ty) => Exp::Move(name.clone()),
                    _ => Exp::Var(name.clone()),
                };
                return value(exp, ty);
            }
            if name == "None" {
                return value(variant("None", None), Ty::Option(Box::new(Ty::Never)));
            }
            if name == "PhantomData" {
                return value(unit(), Ty::Erased);
            }
            if let Some(constant) = self.program.constant(name) {
                let (exp, ty) = self.translator.constant(constant)?;
                return value(exp, ty);
            }
        }
        if let [.., of, name] = &names[..] {
            if of == "usize" && name == "MAX" {
                return value(Exp::Num(u64::MAX), Ty::Int);
            }
            if of == "Contents" {
                return value(unit(), Ty::Erased);
            }
            let full = format!("{of}::{name}");
            if let Some(None) = self.program.variants.get(&full) {
                return value(variant(&full, None), Ty::Of(of.clone(), Value::There));
            }
        }
        self.refuse(path, &format!("`{}` is not known", names.join("::")))
    }

    fn binary(&mut self, binary: &syn::ExprBinary, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let lazy = |this: &mut Self, steps: &mut Steps, if_left: bool| {
            let (left, _) = this.value(&binary.left, steps)?;
            let (right, ty) = this.alone(&binary.right)?;
            if ty != Ty::Bool {
                return this.refuse(binary, "this is not a condition");
            }
            let known = Box::new(Cmd::Val(Exp::Bool(!if_left)));
            let right = Box::new(right);
            let (a, b) = if if_left { (right, known) } else { (known, right) };
            Ok((Cmd::If(left, a, b), Ty::Bool))
        };
        let (op, signed) = match binary.op {
            BinOp::And(_) => return lazy(self, steps, true),
            BinOp::Or(_) => return lazy(self, steps, false),
            BinOp::SubAssign(_) | BinOp::AddAssign(_) => return self.assign_op(binary, steps),
            BinOp::Add(_) => (Binary::Add, None),
            BinOp::Sub(_) => (Binary::Sub, None),
            BinOp::Mul(_) => (Binary::Mul, None),
            BinOp::Div(_) => (Binary::Div, None),
            BinOp::Rem(_) => (Binary::Rem, None),
            BinOp::Shl(_) => (Binary::Shl, None),
            BinOp::BitOr(_) => (Binary::BitOr, None),
            BinOp::Eq(_) => (Binary::Eq, Some(Binary::Eq)),
            BinOp::Ne(_) => (Binary::Ne, Some(Binary::Ne)),
            BinOp::Lt(_) => (Binary::Lt, Some(Binary::SignedLt)),
            BinOp::Le(_) => (Binary::Le, Some(Binary::SignedLe)),
            BinOp::Gt(_) => (Binary::Gt, Some(Binary::SignedGt)),
            BinOp::Ge(_) => (Binary::Ge, Some(Binary::SignedGe)),
            _ => return self.refuse(binary.op, "this operator is not known"),
        };
        let values = self.values([&*binary.left, &*binary.right], steps)?;
        let Ok([(left, of_left), (right, of_right)]) = <[_; 2]>::try_from(values) else {
            unreachable!("two operands")
        };
        if (&of_left, &of_right) == (&Ty::Erased, &Ty::Erased) && op == Binary::Eq {
            // What layouts there are is the client's affair.
            return Ok((Cmd::User("same_layout".to_owned(), Vec::new()), Ty::Bool));
        }
        let is_signed = of_left == Ty::Signed || of_right == Ty::Signed;
        match (signed, is_signed) {
            (None, true) => self.refuse(binary, "signed numbers are compared only"),
            (Some(signed), true) => {
                Ok((Cmd::Val(Exp::Binary(signed, left.into(), right.into())), Ty::Bool))
            }
            (compares, false) => {
                let numbers = [&of_left, &of_right].iter().all(|ty| matches!(ty, Ty::Int));
                if !numbers {
                    return self.refuse(binary, "this operator is known for numbers only");
                }
                let ty = if compares.is_some() { Ty::Bool } else { Ty::Int };
                Ok((Cmd::Val(Exp::Binary(op, left.into(), right.into())), ty))
            }
        }
    }

    // ---- Assignments ----

    fn assign_op(&mut self, binary: &syn::ExprBinary, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let (right, _) = self.value(&binary.right, steps)?;
        let (left, ty) = self.place(&binary.left, &mut Steps::new())?;
        if ty != Ty::Int {
            return self.refuse(binary, "this operator is known for numbers only");
        }
        let op = match binary.op {
            BinOp::SubAssign(_) => Binary::Sub,
            _ => Binary::Add,
        };
        let new = Exp::Binary(op, left.clone().into(), right.into());
        Ok((self.store(&binary.left, left, new)?, Ty::Unit))
    }

    fn assign(&mut self, assign: &syn::ExprAssign, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let (new, _) = self.value(&assign.right, steps)?;
        let (place, ty) = self.place(&assign.left, &mut Steps::new())?;
        if !self.owns(&ty) {
            return Ok((self.store(&assign.left, place, new)?, Ty::Unit));
        }
        // The old handle is dropped.
        let Ty::Of(of, value) = &ty else {
            return self.refuse(assign, "a handle inside of an enum is dropped here");
        };
        let drop = self.destructor(of, *value, assign)?;
        let old = self.temporary();
        steps.push(Step::Bind(Pattern::Var(old.clone()), Cmd::Val(place.clone())));
        let store = self.store(&assign.left, place, new)?;
        steps.push(Step::Bind(Pattern::Any, store));
        Ok((Cmd::Call(drop, vec![Exp::Var(old)]), Ty::Unit))
    }

    /// Writes a local, or a field of it. One that is lent is the caller's: it gets it back.
    fn store(&mut self, at: impl Spanned, place: Exp, new: Exp) -> Res<Cmd> {
        let (local, field) = match place {
            Exp::Var(local) => (local, None),
            Exp::Dot(local, field) => match *local {
                Exp::Var(local) => (local, Some(field)),
                _ => return self.refuse(at, "only a local or its field can be assigned to"),
            },
            _ => return self.refuse(at, "only a local or its field can be assigned to"),
        };
        self.changes(&local, at)?;
        Ok(match field {
            None => Cmd::Assign(local, new),
            Some(field) => Cmd::AssignField(local, field, new),
        })
    }

    /// The local is assigned to.
    fn changes(&mut self, local: &str, at: impl Spanned) -> Res<()> {
        match self.local(local) {
            _ if self.in_closure => self.refuse(at, "a closure assigns to this"),
            Some(Ty::RefMut(_)) if self.lent.as_deref() == Some(local) => {
                self.assigns_lent = true;
                Ok(())
            }
            Some(Ty::RefMut(_) | Ty::Ref(_)) => {
                self.refuse(at, "of all references, only the first parameter can be assigned to")
            }
            Some(_) => Ok(()),
            None => self.refuse(at, "only a local or its field can be assigned to"),
        }
    }

    // ---- Branches ----

    fn choice(&mut self, choice: &syn::ExprIf, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let otherwise = |this: &mut Self| match &choice.else_branch {
            Some((_, expression)) => this.alone(expression),
            None => Ok((Cmd::Val(unit()), Ty::Unit)),
        };
        if let Expr::Let(pattern) = &*choice.cond {
            let (cmd, ty) = self.expr(&pattern.expr, steps)?;
            let then = |this: &mut Self| this.block(&choice.then_branch);
            let (arm, of_then) = self.arm(&pattern.pat, &ty, None, then)?;
            let (otherwise, of_else) = otherwise(self)?;
            let other = Arm { pat: Pattern::Any, guard: None, body: otherwise };
            return Ok((
                Cmd::Match(Box::new(cmd), vec![arm, other]),
                one_type(vec![of_then, of_else]),
            ));
        }
        let (condition, ty) = self.value(&choice.cond, steps)?;
        if ty != Ty::Bool {
            return self.refuse(&choice.cond, "this is not a condition");
        }
        let (then, of_then) = self.block(&choice.then_branch)?;
        let (otherwise, of_else) = otherwise(self)?;
        Ok((Cmd::If(condition, then.into(), otherwise.into()), one_type(vec![of_then, of_else])))
    }

    fn arm(
        &mut self,
        pat: &Pat,
        ty: &Ty,
        guard: Option<&Expr>,
        body: impl FnOnce(&mut Self) -> Res<(Cmd, Ty)>,
    ) -> Res<(Arm, Ty)> {
        self.scope(|this| {
            let mut bound = Vec::new();
            let mut conditions = Vec::new();
            let pattern = this.pattern(pat, ty, &mut bound, &mut conditions)?;
            let mut steps = Steps::new();
            for (name, ty) in bound {
                this.declare(&name, &ty, &mut steps, pat)?;
            }
            if let Some(guard) = guard {
                let mut effects = Steps::new();
                let (cmd, _) = this.expr(guard, &mut effects)?;
                match cmd {
                    Cmd::Val(exp) if effects.is_empty() => conditions.push(exp),
                    _ => return this.refuse(guard, "this guard has an effect"),
                }
            }
            let guard = match &conditions[..] {
                [] => None,
                [guard] => Some(guard.clone()),
                _ => return this.refuse(pat, "this has more than one condition"),
            };
            let (body, ty) = body(this)?;
            Ok((Arm { pat: pattern, guard, body: finish(steps, body) }, ty))
        })
    }

    fn pattern(
        &mut self,
        pat: &Pat,
        ty: &Ty,
        bound: &mut Vec<(String, Ty)>,
        conditions: &mut Vec<Exp>,
    ) -> Res<Pattern> {
        match pat {
            Pat::Wild(_) => Ok(Pattern::Any),
            Pat::Paren(inner) => self.pattern(&inner.pat, ty, bound, conditions),
            Pat::Ident(ident) if ident.ident == "None" => {
                Ok(Pattern::Con("None".to_owned(), Vec::new()))
            }
            Pat::Ident(ident) if ident.subpat.is_none() && ident.by_ref.is_none() => {
                let name = ident.ident.to_string();
                bound.push((name.clone(), ty.clone()));
                Ok(Pattern::Var(name))
            }
            Pat::Path(path) => {
                let name = last_two(&path.path);
                match self.program.variants.get(&name) {
                    Some(None) => Ok(Pattern::Con(name, Vec::new())),
                    _ => self.refuse(pat, "this pattern is not known"),
                }
            }
            Pat::TupleStruct(tuple) if tuple.elems.len() == 1 => {
                let name = last_two(&tuple.path);
                let payload = match (&*name, ty) {
                    ("Some", Ty::Option(ty)) => (**ty).clone(),
                    ("Ok", Ty::Result(ok, _)) => (**ok).clone(),
                    ("Err", Ty::Result(_, err)) => (**err).clone(),
                    ("Ok" | "Err", Ty::Client) => Ty::Client,
                    (name, _) => match self.program.variants.get(name) {
                        Some(Some(ty)) => ty.clone(),
                        _ => return self.refuse(pat, "this pattern is not known"),
                    },
                };
                let inner = self.pattern(&tuple.elems[0], &payload, bound, conditions)?;
                Ok(pat_variant(&name, inner))
            }
            Pat::Struct(the_struct) if the_struct.rest.is_none() => {
                let name = last_two(&the_struct.path);
                let mut fields = Vec::new();
                for field in &the_struct.fields {
                    let Member::Named(member) = &field.member else {
                        return self.refuse(field, "this field is not known");
                    };
                    let member = member.to_string();
                    let known =
                        self.program.structs.get(&name).and_then(|known| {
                            known.fields.iter().find(|(field, _)| *field == member)
                        });
                    let Some((_, ty)) = known else {
                        return self.refuse(field, "this field is not known");
                    };
                    let ty = ty.clone();
                    let inner = match &*field.pat {
                        // At least so many.
                        Pat::Range(range) if range.end.is_none() => {
                            let start = range.start.as_ref().expect("a range has an end");
                            let (least, _) = self.value(start, &mut Steps::new())?;
                            let name = Exp::Var(member.clone());
                            let at_least = Exp::Binary(Binary::Ge, name.into(), least.into());
                            conditions.push(at_least);
                            Pattern::Var(member.clone())
                        }
                        pat => self.pattern(pat, &ty, bound, conditions)?,
                    };
                    fields.push((member, inner));
                }
                Ok(Pattern::Con(name, fields))
            }
            _ => self.refuse(pat, "this pattern is not known"),
        }
    }

    /// `?`
    fn question(&mut self, question: &syn::ExprTry, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        if self.in_closure {
            return self.refuse(question, "`?` inside of a closure is not known");
        }
        let (cmd, ty) = self.expr(&question.expr, steps)?;
        let name = self.temporary();
        let go_on = |constructor| Arm {
            pat: pat_variant(constructor, Pattern::Var(name.clone())),
            guard: None,
            body: Cmd::Val(Exp::Var(name.clone())),
        };
        let leave = |pat, exp| Arm { pat, guard: None, body: Cmd::Return(exp) };
        let (arms, ty) = match (ty, &self.returns) {
            (Ty::Option(ty), Ty::Option(_)) => {
                (vec![go_on("Some"), leave(Pattern::Any, variant("None", None))], *ty)
            }
            (Ty::Client, Ty::Result(..)) => {
                let error = Exp::Var(name.clone());
                let pat = pat_variant("Err", Pattern::Var(name.clone()));
                (vec![go_on("Ok"), leave(pat, variant("Err", Some(error)))], Ty::Client)
            }
            _ => return self.refuse(question, "`?` is not known on this type"),
        };
        Ok((Cmd::Match(Box::new(cmd), arms), ty))
    }

    // ---- Structs and calls ----

    fn structure(&mut self, literal: &syn::ExprStruct, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let name = last_two(&literal.path);
        let own = self.own.clone();
        let name = match &*name {
            "Self" => own.unwrap_or(name),
            _ => name,
        };
        let Some(the_struct) = self.program.structs.get(&name) else {
            return self.refuse(literal, "this struct is not known");
        };
        if literal.rest.is_some() {
            return self.refuse(literal, "`..` in a struct is not known");
        }
        let values = self.values(literal.fields.iter().map(|field| &field.expr), steps)?;
        let mut fields = Vec::new();
        for (field, (exp, ty)) in literal.fields.iter().zip(values) {
            let Member::Named(member) = &field.member else {
                return self.refuse(field, "this field is not known");
            };
            let member = member.to_string();
            let known = the_struct.fields.iter().find(|(field, _)| *field == member);
            match known {
                Some((_, Ty::Erased)) => {}
                Some(_) if ty != Ty::Erased => fields.push((member, exp)),
                _ => return self.refuse(field, "this field is not known"),
            }
        }
        if literal.fields.len() != the_struct.fields.len() {
            return self.refuse(literal, "a field is missing");
        }
        let exp = match the_struct.transparent {
            true => fields.pop().expect("it has one field").1,
            false => Exp::Con(name.clone(), fields),
        };
        Ok((Cmd::Val(exp), Ty::Of(name, Value::There)))
    }

    fn call(&mut self, call: &syn::ExprCall, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let Expr::Path(function) = &*call.func else {
            return self.refuse(call, "this call is not known");
        };
        let names: Vec<_> = function.path.segments.iter().map(|s| s.ident.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let full = names[names.len().saturating_sub(2)..].join("::");

        match (&*full, &arguments[..]) {
            ("Some" | "Ok" | "Err", [argument]) => {
                let (exp, ty) = self.value(argument, steps)?;
                let never = Box::new(Ty::Never);
                let ty = match &*full {
                    "Some" => Ty::Option(Box::new(ty)),
                    "Ok" => Ty::Result(Box::new(ty), never),
                    _ => Ty::Result(never, Box::new(ty)),
                };
                return Ok((Cmd::Val(variant(&full, Some(exp))), ty));
            }
            ("ManuallyDrop::new", [argument]) => {
                let (exp, ty) = self.value(argument, steps)?;
                return Ok((Cmd::Val(exp), Ty::ManuallyDrop(Box::new(ty))));
            }
            ("ManuallyDrop::into_inner", [argument]) => {
                let (exp, ty) = self.value(argument, steps)?;
                let Ty::ManuallyDrop(ty) = ty else {
                    return self.refuse(call, "this is no `ManuallyDrop`");
                };
                return Ok((Cmd::Val(exp), *ty));
            }
            ("ManuallyDrop::take", [Expr::Reference(argument)]) => {
                let (exp, ty) = self.place(&argument.expr, steps)?;
                let Ty::ManuallyDrop(ty) = ty else {
                    return self.refuse(call, "this is no `ManuallyDrop`");
                };
                return Ok((Cmd::Val(exp), *ty));
            }
            ("mem::forget", [argument]) => return self.forget(argument, steps),
            ("drop", [argument]) => {
                let (exp, ty) = self.value(argument, steps)?;
                return match ty {
                    Ty::Of(of, value) if self.program.destructors.contains(&of) => {
                        Ok((Cmd::Call(self.destructor(&of, value, call)?, vec![exp]), Ty::Unit))
                    }
                    Ty::Client => Ok((Cmd::User("drop".to_owned(), vec![exp]), Ty::Unit)),
                    _ => self.refuse(call, "what is dropped here has no destructor"),
                };
            }
            (name, [argument]) if SAME.contains(&name) => return self.expr(argument, steps),
            ("inner::word" | "word", [argument]) => {
                let (exp, _) = self.place(argument, steps)?;
                return Ok((Cmd::Val(exp), Ty::Ref(Box::new(Ty::of("Word")))));
            }
            ("with_address_of", [like, place]) => {
                self.ignored(like)?;
                return self.expr(place, steps);
            }
            ("allocate" | "allocate_for" | "inner::allocate_for", [others @ .., word]) => {
                others.iter().try_for_each(|other| self.ignored(other))?;
                let (word, _) = self.value(word, steps)?;
                return Ok((Cmd::Primitive("Allocate", Vec::new(), vec![word]), Ty::Pointer));
            }
            ("deallocate_as" | "inner::deallocate_as", [value, others @ ..]) => {
                others.iter().try_for_each(|other| self.ignored(other))?;
                let (value, _) = self.place(value, steps)?;
                return Ok((memory("MFree", value), Ty::Unit));
            }
            ("abort::abort", [_]) => {
                return Ok((Cmd::Primitive("Abort", Vec::new(), Vec::new()), Ty::Never));
            }
            ("AtomicU64::new", [word]) => {
                let (exp, _) = self.value(word, steps)?;
                return Ok((Cmd::Val(exp), Ty::of("AtomicU64")));
            }
            _ => {}
        }
        if names.len() >= 2 && ["Layout", "Block"].contains(&names[names.len() - 2]) {
            arguments.iter().try_for_each(|argument| self.ignored(argument))?;
            return Ok((Cmd::Val(unit()), Ty::Erased));
        }
        if let [name] = names[..] {
            match self.local(name) {
                Some(Ty::Client) => {
                    let arguments = self.places(arguments, steps)?;
                    return Ok((Cmd::User(name.to_owned(), arguments), Ty::Client));
                }
                Some(_) => return self.refuse(call, "this is not a function"),
                None => {}
            }
        }

        // A tuple struct or a variant.
        let own = self.own.clone();
        let of_struct = match names[..] {
            ["Self"] => own.clone(),
            [name] => Some(name.to_owned()),
            _ => None,
        };
        if let Some(name) = of_struct {
            if let Some(the_struct) = self.program.structs.get(&name) {
                let [argument] = arguments[..] else {
                    return self.refuse(call, "a struct with several fields has no names for them");
                };
                let (exp, _) = self.value(argument, steps)?;
                let exp = if the_struct.transparent { exp } else { variant(&name, Some(exp)) };
                return Ok((Cmd::Val(exp), Ty::Of(name, Value::There)));
            }
        }
        if let (Some(Some(_)), [argument]) = (self.program.variants.get(&full), &arguments[..]) {
            let (exp, _) = self.value(argument, steps)?;
            let of = Ty::of(names[names.len() - 2]);
            return Ok((Cmd::Val(variant(&full, Some(exp))), of));
        }

        match self.resolve(&function.path) {
            Some(callee) => self.call_of(callee, None, &arguments, steps, call),
            None => self.refuse(call, &format!("`{}` is not known", names.join("::"))),
        }
    }

    /// `mem::forget(x)`, and `mem::forget(mem::replace(this, x))`: an assignment that does not drop.
    fn forget(&mut self, argument: &Expr, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        if let Expr::Call(inner) = argument {
            let is_replace =
                matches!(&*inner.func, Expr::Path(path) if last_two(&path.path) == "mem::replace");
            if let (true, [place, new]) = (is_replace, &inner.args.iter().collect::<Vec<_>>()[..]) {
                let (new, _) = self.value(new, steps)?;
                let (place, _) = self.place(place, &mut Steps::new())?;
                return Ok((self.store(argument, place, new)?, Ty::Unit));
            }
        }
        let (cmd, _) = self.expr(argument, steps)?;
        match cmd {
            Cmd::Val(Exp::Move(_)) | Cmd::Call(..) => {
                steps.push(Step::Bind(Pattern::Any, cmd));
                Ok((Cmd::Val(unit()), Ty::Unit))
            }
            _ => self.refuse(argument, "what is forgotten here owns nothing"),
        }
    }

    fn places(&mut self, expressions: Vec<&Expr>, steps: &mut Steps) -> Res<Vec<Exp>> {
        let mut places = Vec::new();
        for expression in expressions {
            let (exp, ty) = self.place(expression, steps)?;
            if ty != Ty::Erased {
                places.push(exp);
            }
        }
        Ok(places)
    }

    /// What the function that is called is in Code.v.
    fn callee(&mut self, callee: usize, value: Value, at: impl Spanned) -> Res<Translated> {
        let file = self.file;
        let value = value.and(self.of_value);
        let translated = self.translator.function(callee, value).map_err(|error| match error {
            Failure::Of(finding) => finding,
            Failure::LeftOut => refuse(file, at.span(), "what this calls is left out"),
            Failure::CallsItself => refuse(file, at.span(), "this function calls itself"),
        })?;
        self.drops_value |= translated.drops_value;
        Ok(translated)
    }

    /// A call, of whose arguments the receiver is evaluated already.
    fn call_of(
        &mut self,
        callee: usize,
        receiver: Option<(Exp, Ty)>,
        arguments: &[&Expr],
        steps: &mut Steps,
        at: impl Spanned,
    ) -> Res<(Cmd, Ty)> {
        let (program, at) = (self.program, at.span());
        let parameters = program.functions[callee].parameters(program)?;
        let mut values: Vec<Exp> = Vec::new();
        // Whether one of the handles is on a place without a value.
        let mut on = Value::There;
        let mut rest = &parameters[..];
        if let (Some((exp, ty)), [first, others @ ..]) = (receiver, rest) {
            values.push(self.lend_or_move(exp, &ty, &first.ty, at)?);
            on = on.and(ty.value());
            rest = others;
        }
        if rest.len() != arguments.len() {
            return self.refuse(at, "it has another number of parameters");
        }
        for (parameter, argument) in rest.iter().zip(arguments) {
            let before = steps.len();
            let (exp, ty) = self.place_or_value(argument, steps)?;
            self.unchanged(&values, &steps[before..], argument)?;
            if parameter.ty != Ty::Erased {
                values.push(self.lend_or_move(exp, &ty, &parameter.ty, argument)?);
                on = on.and(ty.value());
            }
        }

        let translated = self.callee(callee, on, at)?;
        let ty = match program.functions[callee].value {
            // It says the value to be there, or takes it.
            Value::Uninit => translated.returns.clone(),
            Value::There => translated.returns.clone().on(on),
        };
        if let Some(view) = &translated.view {
            return Ok((Cmd::Val(view.of(values.swap_remove(0))), ty));
        }
        if translated.is_macro {
            let exp = match values.is_empty() {
                true => Exp::Name(translated.name),
                false => Exp::Macro(translated.name, values),
            };
            return Ok((Cmd::Val(exp), ty));
        }
        if translated.assigns_lent {
            let Exp::Var(local) = values.remove(0) else {
                return self.refuse(at, "only a local can be lent to what changes it");
            };
            self.changes(&local, at)?;
            return Ok((Cmd::CallMut(local, translated.name, values), ty));
        }
        Ok((Cmd::Call(translated.name, values), ty))
    }

    /// An argument: moved where the parameter owns it, lent where it does not.
    fn lend_or_move(&self, exp: Exp, ty: &Ty, parameter: &Ty, at: impl Spanned) -> Res<Exp> {
        let local = match &exp {
            Exp::Var(name) => self.local(name),
            _ => None,
        };
        match exp {
            exp if !self.owns(ty) => Ok(exp),
            Exp::Var(name) if self.owns(parameter) && local.is_some_and(|ty| self.owns(ty)) => {
                Ok(Exp::Move(name))
            }
            exp if self.owns(parameter) && !matches!(exp, Exp::Dot(..)) => Ok(exp),
            exp if local.is_some() || matches!(exp, Exp::Dot(..)) => Ok(exp),
            _ => self.refuse(at, "a handle without a name is lent here, and dropped thereafter"),
        }
    }

    /// No step changes what was evaluated before it.
    fn unchanged(&self, before: &[Exp], steps: &[Step], at: impl Spanned) -> Res<()> {
        let assigns = |step: &Step| matches!(step, Step::Bind(_, cmd) if cmd.assigns());
        if before.iter().any(|exp| !matches!(exp, Exp::Num(_))) && steps.iter().any(assigns) {
            return self.refuse(at, "this changes what was evaluated before it");
        }
        Ok(())
    }

    /// What is not looked at has no effect.
    fn ignored(&mut self, expression: &Expr) -> Res<()> {
        let mut steps = Steps::new();
        self.place(expression, &mut steps)?;
        if !steps.is_empty() {
            return self.refuse(expression, "this has an effect, which would get lost");
        }
        Ok(())
    }

    fn method(&mut self, call: &ExprMethodCall, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let method = call.method.to_string();
        let arguments: Vec<&Expr> = call.args.iter().collect();
        // `usize::try_from(x).unwrap_or(usize::MAX)`
        if let (Expr::Call(inner), "unwrap_or", [most]) =
            (&*call.receiver, &*method, &arguments[..])
        {
            if matches!(&*inner.func, Expr::Path(path) if last_two(&path.path) == "usize::try_from")
            {
                let (x, _) = self.value(&inner.args[0], steps)?;
                let (most, _) = self.value(most, steps)?;
                return Ok((Cmd::Val(Exp::Binary(Binary::Min, x.into(), most.into())), Ty::Int));
            }
        }
        if COMBINATORS.contains(&&*method) {
            let (cmd, ty) = self.expr(&call.receiver, steps)?;
            return self.combinator(call, &method, &arguments, cmd, ty, steps);
        }
        let (receiver, ty) = match &*call.receiver {
            // What makes a pointer is not bound to a name of its own for a cast of it.
            Expr::Call(made) if SAME_POINTER.contains(&&*method) => {
                let (cmd, ty) = self.call(made, steps)?;
                if ty == Ty::Pointer {
                    return Ok((cmd, ty));
                }
                (self.bind(cmd, steps), ty)
            }
            receiver => self.place_or_value(receiver, steps)?,
        };
        match ty.peeled() {
            Ty::Of(of, _) if of == "AtomicU64" => self.access(call, receiver, &arguments, steps),
            Ty::Of(of, _) => match self.program.function(Some(of), &method) {
                Some(callee) => self.call_of(callee, Some((receiver, ty)), &arguments, steps, call),
                None => self.refuse(call, &format!("`{of}::{method}` is not known")),
            },
            Ty::Int => self.of_number(call, receiver, &arguments, steps),
            Ty::Pointer | Ty::Client => {
                self.of_pointer(call, &method, receiver, Value::There, steps)
            }
            Ty::Place => self.of_pointer(call, &method, receiver, Value::Uninit, steps),
            Ty::Erased => Ok((Cmd::Val(unit()), Ty::Erased)),
            _ => self.refuse(call, &format!("the method `{method}` is not known here")),
        }
    }

    /// A place where it is one, and the value of anything else.
    fn place_or_value(&mut self, expression: &Expr, steps: &mut Steps) -> Res<(Exp, Ty)> {
        match expression {
            Expr::Path(_) | Expr::Field(_) | Expr::Reference(_) | Expr::Paren(_) => {
                self.place(expression, steps)
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
                self.place(expression, steps)
            }
            _ => self.value(expression, steps),
        }
    }

    fn of_number(
        &mut self,
        call: &ExprMethodCall,
        receiver: Exp,
        arguments: &[&Expr],
        steps: &mut Steps,
    ) -> Res<(Cmd, Ty)> {
        let mut values = self.values(arguments.iter().copied(), steps)?;
        let receiver = Box::new(receiver);
        let exp = match (&*call.method.to_string(), values.pop().map(|(exp, _)| Box::new(exp))) {
            ("wrapping_neg", None) => Exp::Binary(Binary::Sub, Exp::Num(0).into(), receiver),
            ("get", None) => *receiver,
            ("wrapping_add", Some(exp)) => Exp::Binary(Binary::Add, receiver, exp),
            ("wrapping_sub", Some(exp)) => Exp::Binary(Binary::Sub, receiver, exp),
            ("saturating_sub", Some(exp)) => Exp::Binary(Binary::SaturatingSub, receiver, exp),
            ("min", Some(exp)) => Exp::Binary(Binary::Min, receiver, exp),
            ("checked_sub", Some(exp)) => {
                let exp = Exp::CheckedSub(receiver, exp);
                return Ok((Cmd::Val(exp), Ty::Option(Box::new(Ty::Int))));
            }
            _ => return self.refuse(call, "this method of a number is not known"),
        };
        Ok((Cmd::Val(exp), Ty::Int))
    }

    fn of_pointer(
        &mut self,
        call: &ExprMethodCall,
        method: &str,
        receiver: Exp,
        value: Value,
        steps: &mut Steps,
    ) -> Res<(Cmd, Ty)> {
        let arguments: Vec<&Expr> = call.args.iter().collect();
        match (method, &arguments[..]) {
            (_, []) if SAME_POINTER.contains(&method) => {
                let to_place = call.turbofish.as_ref().is_some_and(|turbofish| {
                    turbofish.to_token_stream().to_string().contains("MaybeUninit")
                });
                let ty = match method {
                    "addr" => Ty::Int,
                    _ if to_place => Ty::Place,
                    _ => Ty::Pointer.on(value),
                };
                Ok((Cmd::Val(receiver), ty))
            }
            ("read", []) => Ok((memory("MMove", receiver), Ty::Client)),
            ("drop_in_place", []) => {
                self.drops_value = true;
                match self.of_value.and(value) {
                    Value::There => Ok((memory("MDrop", receiver), Ty::Unit)),
                    // A `MaybeUninit` has no destructor.
                    Value::Uninit => Ok((Cmd::Val(unit()), Ty::Unit)),
                }
            }
            ("write", [value]) => {
                // The value is the client's; what makes it is done first.
                self.value(value, steps)?;
                Ok((memory("MInit", receiver), Ty::Unit))
            }
            ("copy_from_nonoverlapping", [source, size]) => {
                self.ignored(size)?;
                let (source, _) = self.place(source, steps)?;
                steps.push(Step::Bind(Pattern::Any, memory("MMove", source)));
                Ok((memory("MInit", receiver), Ty::Unit))
            }
            ("clone_to_uninit", [place]) => {
                let (place, _) = self.place(place, steps)?;
                let clone = Cmd::User("clone_to_uninit".to_owned(), vec![receiver]);
                steps.push(Step::Bind(Pattern::Any, clone));
                Ok((memory("MInit", place), Ty::Unit))
            }
            ("clone", []) => Ok((Cmd::User("clone".to_owned(), vec![receiver]), Ty::Client)),
            _ => self.refuse(call, &format!("the method `{method}` of a pointer is not known")),
        }
    }

    /// The methods of `Option`, `Result` and `bool` that are branches.
    fn combinator(
        &mut self,
        call: &ExprMethodCall,
        method: &str,
        arguments: &[&Expr],
        cmd: Cmd,
        ty: Ty,
        steps: &mut Steps,
    ) -> Res<(Cmd, Ty)> {
        let matched = |cmd, arms| Cmd::Match(Box::new(cmd), arms);
        let otherwise = |body| Arm { pat: Pattern::Any, guard: None, body };
        let same = |this: &mut Self, constructor: &str, whole: bool| {
            let name = this.temporary();
            let exp = Exp::Var(name.clone());
            Arm {
                pat: pat_variant(constructor, Pattern::Var(name)),
                guard: None,
                body: Cmd::Val(if whole { variant(constructor, Some(exp)) } else { exp }),
            }
        };
        match (method, ty, arguments) {
            ("then", Ty::Bool, [closure]) => {
                let condition = self.bind(cmd, steps);
                let Expr::Closure(closure) = closure else {
                    return self.refuse(closure, "this is not a closure");
                };
                let (then, ty) = self.closure_body(closure)?;
                let then = self.wrapped("Some", then);
                let none = Cmd::Val(variant("None", None));
                Ok((Cmd::If(condition, then.into(), none.into()), Ty::Option(Box::new(ty))))
            }
            ("map", Ty::Option(ty), [closure]) => {
                let (mut arm, ty) = self.applied("Some", closure, &ty)?;
                arm.body = self.wrapped("Some", arm.body);
                let none = otherwise(Cmd::Val(variant("None", None)));
                Ok((matched(cmd, vec![arm, none]), Ty::Option(Box::new(ty))))
            }
            ("map", Ty::Client, [closure]) => {
                let (mut arm, ty) = self.applied("Ok", closure, &Ty::Client)?;
                arm.body = self.wrapped("Ok", arm.body);
                let error = same(self, "Err", true);
                let ty = Ty::Result(Box::new(ty), Box::new(Ty::Client));
                Ok((matched(cmd, vec![arm, error]), ty))
            }
            ("map_or", Ty::Option(ty), [default, closure]) => {
                let (default, of_default) = self.value(default, steps)?;
                let (arm, _) = self.applied("Some", closure, &ty)?;
                Ok((matched(cmd, vec![arm, otherwise(Cmd::Val(default))]), of_default))
            }
            ("is_some_and", Ty::Option(ty), [closure]) => {
                let (arm, _) = self.applied("Some", closure, &ty)?;
                Ok((matched(cmd, vec![arm, otherwise(Cmd::Val(Exp::Bool(false)))]), Ty::Bool))
            }
            ("expect", Ty::Option(ty), [_]) => {
                let some = same(self, "Some", false);
                let panic = otherwise(Cmd::Primitive("Panic", Vec::new(), Vec::new()));
                Ok((matched(cmd, vec![some, panic]), *ty))
            }
            ("unwrap_or_else", Ty::Result(ok, err), [closure]) => {
                let right = same(self, "Ok", false);
                let (wrong, _) = self.applied("Err", closure, &err)?;
                Ok((matched(cmd, vec![right, wrong]), *ok))
            }
            _ => self.refuse(call, &format!("the method `{method}` is not known here")),
        }
    }

    /// The value of the command in a variant.
    fn wrapped(&mut self, constructor: &str, cmd: Cmd) -> Cmd {
        let mut steps = Steps::new();
        let exp = self.bind(cmd, &mut steps);
        finish(steps, Cmd::Val(variant(constructor, Some(exp))))
    }

    fn closure_body(&mut self, closure: &ExprClosure) -> Res<(Cmd, Ty)> {
        let outer = std::mem::replace(&mut self.in_closure, true);
        let result = self.alone(&closure.body);
        self.in_closure = outer;
        result
    }

    /// The arm in which the closure, or the function, is called with the payload of a variant.
    fn applied(&mut self, constructor: &str, function: &Expr, payload: &Ty) -> Res<(Arm, Ty)> {
        if let Expr::Closure(closure) = function {
            let Some(parameter) = closure.inputs.first() else {
                return self.refuse(closure, "this closure has no parameter");
            };
            let (mut arm, ty) =
                self.arm(parameter, payload, None, |this| this.closure_body(closure))?;
            arm.pat = pat_variant(constructor, arm.pat);
            return Ok((arm, ty));
        }
        let callee = match function {
            Expr::Path(path) => self.resolve(&path.path),
            _ => None,
        };
        let Some(callee) = callee else {
            return self.refuse(function, "this is not a function of the crate");
        };
        let name = self.temporary();
        let payload = (Exp::Var(name.clone()), payload.clone());
        let mut steps = Steps::new();
        let (cmd, ty) = self.call_of(callee, Some(payload), &[], &mut steps, function)?;
        let pat = pat_variant(constructor, Pattern::Var(name));
        Ok((Arm { pat, guard: None, body: finish(steps, cmd) }, ty))
    }

    /// The function of the crate that the path names.
    fn resolve(&self, path: &syn::Path) -> Option<usize> {
        let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let (name, before) = names.split_last()?;
        let of = match before.last().map(String::as_str) {
            None | Some("inner") => None,
            Some("Self") => self.own.as_deref(),
            Some(of) => Some(of),
        };
        self.program.function(of, name)
    }

    // ---- Atomic accesses ----

    fn access(
        &mut self,
        call: &ExprMethodCall,
        word: Exp,
        arguments: &[&Expr],
        steps: &mut Steps,
    ) -> Res<(Cmd, Ty)> {
        let method = call.method.to_string();
        let count = arguments.len();
        let orderings = if method.starts_with("compare_exchange") { 2 } else { 1 };
        let (arguments, of_orderings) = arguments.split_at(count.saturating_sub(orderings));
        let mut names = Vec::new();
        if orderings == 2 {
            names.push((method == "compare_exchange_weak").to_string());
        }
        for ordering in of_orderings {
            names.push(self.ordering(ordering)?);
        }
        let line = call.method.span().start().line;
        let Some(name) = self.translator.accesses.get(&line) else {
            return self.refuse(call, "this access has no name");
        };
        names.insert(0, format!("Access.{name}"));
        let values = self.values(arguments.iter().copied(), steps)?;
        let mut operands = vec![word];
        operands.extend(values.into_iter().map(|(exp, _)| exp));
        let (primitive, operands_wanted, ty) = match &*method {
            "load" => ("Load", 1, Ty::Int),
            "fetch_add" => ("FetchAdd", 2, Ty::Int),
            "fetch_sub" => ("FetchSub", 2, Ty::Int),
            "compare_exchange" | "compare_exchange_weak" => {
                let int = || Box::new(Ty::Int);
                ("CompareExchange", 3, Ty::Result(int(), int()))
            }
            _ => return self.refuse(&call.method, "this atomic operation is not known"),
        };
        if operands.len() != operands_wanted {
            return self.refuse(call, "it has another number of parameters");
        }
        Ok((Cmd::Primitive(primitive, names, operands), ty))
    }

    fn ordering(&mut self, ordering: &Expr) -> Res<String> {
        if let Expr::Path(path) = ordering {
            if let Some(name) = path.path.get_ident().map(ToString::to_string) {
                if ["Relaxed", "Acquire", "Release", "AcqRel"].contains(&&*name) {
                    return Ok(name);
                }
                if let Some(constant) = self.program.constant(&name) {
                    self.translator.constant(constant)?;
                    return Ok(name);
                }
            }
        }
        self.refuse(ordering, "this ordering is not known")
    }
}

fn memory(operation: &str, value: Exp) -> Cmd {
    Cmd::Primitive("Mem", vec![operation.to_owned()], vec![value])
}

/// The last two names of the path.
fn last_two(path: &syn::Path) -> String {
    let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names[names.len().saturating_sub(2)..].join("::")
}

/// The type of a branch, where some branches have none.
fn one_type(types: Vec<Ty>) -> Ty {
    fn knows(ty: &Ty) -> bool {
        match ty {
            Ty::Never => false,
            Ty::Option(ty) => knows(ty),
            Ty::Result(ok, err) => knows(ok) && knows(err),
            _ => true,
        }
    }
    let best = types.iter().position(knows).or(types.iter().position(|ty| *ty != Ty::Never));
    best.map_or(Ty::Never, |n| types[n].clone())
}
