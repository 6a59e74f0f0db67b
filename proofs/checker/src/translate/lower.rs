//! Translates Rust to the commands of `proofs/coq/Syntax.v`. There is one rule for each supported
//! form of syntax, and every other form is refused.
//!
//! * A handle, a reference and `ManuallyDrop` are the pointer that they hold. Borrows, casts and
//!   `unsafe` leave nothing behind; nor do layouts, markers and messages.
//! * What has an effect inside an expression is bound first, to `"_1"`, `"_2"`, and so on, in the
//!   order in which Rust evaluates it.
//! * A local or a parameter whose type has a destructor is dropped at the end of its scope, unless
//!   it was moved. The moves are those that Rust sees: by value, out of a place that owns.

mod branches;
mod calls;

use super::Translator;
use super::code::{Arm, Binary, Cmd, Exp, Pat as Pattern, Step, finish, unit, variant};
use super::program::{Function, Program};
use super::refuse;
use super::types::{Ty, Value};
use crate::tree::Finding;
use branches::one_type;
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{BinOp, Block, Expr, Lit, Member, Pat, Stmt, Token, UnOp};

type Res<T> = Result<T, Finding>;
type Steps = Vec<Step>;

/// The state of the translation of one function.
pub struct Lower<'a, 'p> {
    translator: &'a mut Translator<'p>,
    program: &'p Program,
    file: &'static str,
    returns: Ty,
    /// The locals in scope, the innermost last.
    locals: Vec<(String, Ty)>,
    temporaries: usize,
    /// Whether this is inside a closure, where `return` and `?` have another meaning.
    in_closure: bool,
    /// The first parameter, if it is a `&mut` to something other than the value.
    lent: Option<String>,
    /// Whether the function assigns to it.
    pub assigns_lent: bool,
    /// The types of the loop's `break`s.
    breaks: Vec<Ty>,
    /// The type that `Self` stands for.
    own: Option<String>,
    /// What the handles' places contain.
    of_value: Value,
    /// Whether the translation depends on `of_value`: it drops the value.
    pub drops_value: bool,
    /// The parameters are Coq variables, because the function is printed as a macro.
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

    /// Brings a local into scope. If its type has a destructor, it is dropped at the end of the
    /// scope.
    fn declare(&mut self, name: &str, ty: &Ty, steps: &mut Steps, at: impl Spanned) -> Res<()> {
        let at = at.span();
        self.locals.push((name.to_owned(), ty.clone()));
        match ty {
            Ty::Of(of, value) if self.program.destructors.contains(of) => {
                let drop = self.destructor(of, *value, at)?;
                steps.push(Step::Drops(name.to_owned(), drop));
                Ok(())
            }
            ty if self.owns(ty) => self.refuse(at, "an enum with a handle is stored here"),
            _ => Ok(()),
        }
    }

    fn local(&self, name: &str) -> Option<&Ty> {
        self.locals.iter().rev().find(|(local, _)| local == name).map(|(_, ty)| ty)
    }

    /// Whether a part of the type has a destructor of the crate.
    fn owns(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Of(of, _) => self.program.destructors.contains(of),
            Ty::Option(ty) => self.owns(ty),
            Ty::Result(ok, err) => self.owns(ok) || self.owns(err),
            _ => false,
        }
    }

    /// The destructor of a handle to such a value.
    fn destructor(&mut self, of: &str, value: Value, at: impl Spanned) -> Res<String> {
        let Some(drop) = self.program.function(Some(of), "drop") else {
            return self.refuse(at, "its destructor is not among the translated functions");
        };
        Ok(self.callee(drop, value, at)?.name)
    }

    fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!("_{}", self.temporaries)
    }

    /// The value of the command. A command that only computes is its own value, any other is bound
    /// first.
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

    /// Runs `inner` in a new scope.
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
                    return self.refuse(local, "`let else` is not supported");
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
                    _ => return self.refuse(pat, "this pattern is not supported in a `let`"),
                };
                if ty == Ty::Erased {
                    if !matches!(cmd, Cmd::Val(_)) {
                        steps.push(Step::Bind(Pattern::Any, cmd));
                    }
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
                    return self.refuse(
                        expression,
                        "a temporary handle is dropped at the end of the statement",
                    );
                }
                match cmd {
                    // The effects are in the steps.
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
            Stmt::Item(item) => self.refuse(item, "an item inside of a function is not supported"),
        }
    }

    /// A statement may have no attribute, because an attribute could remove it.
    fn unconditional(&self, statement: &Stmt) -> Res<()> {
        let first = statement.to_token_stream().into_iter().next();
        match first {
            Some(TokenTree::Punct(punct)) if punct.as_char() == '#' => {
                self.refuse(statement, "an attribute of a statement is not supported")
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
            _ => self.refuse(call, "this macro is not supported"),
        }
    }

    // ---- Expressions ----

    /// Translates the expression with its steps, as a command.
    fn alone(&mut self, expression: &Expr) -> Res<(Cmd, Ty)> {
        self.scope(|this| {
            let mut steps = Steps::new();
            let (cmd, ty) = this.expr(expression, &mut steps)?;
            Ok((finish(steps, cmd), ty))
        })
    }

    /// The value of the expression. An owned value is moved.
    fn value(&mut self, expression: &Expr, steps: &mut Steps) -> Res<(Exp, Ty)> {
        let (cmd, ty) = self.expr(expression, steps)?;
        Ok((self.bind(cmd, steps), ty))
    }

    /// The values of several expressions, from left to right.
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

    /// The place that the expression names. It is not moved.
    fn place(&mut self, expression: &Expr, steps: &mut Steps) -> Res<(Exp, Ty)> {
        match expression {
            Expr::Paren(inner) => self.place(&inner.expr, steps),
            Expr::Unsafe(inner) => match &inner.block.stmts[..] {
                [Stmt::Expr(inner, None)] => self.place(inner, steps),
                _ => self.refuse(inner, "this is not a place"),
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
                    return self.refuse(field, "this field is not supported");
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
                    None => self.refuse(field, "this field is not supported"),
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
                    let what = "a temporary handle is borrowed here, and dropped afterwards";
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
                _ => self.refuse(literal, "this literal is not supported"),
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
                        return self.refuse(unary, "`!` of a number is not supported");
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
                _ => self.refuse(unary, "this operator is not supported"),
            },
            Expr::Cast(cast) => {
                let (exp, from) = self.value(&cast.expr, steps)?;
                let to = Ty::read(&cast.ty, None, &self.program.types);
                match (from, to) {
                    (Ty::Int | Ty::Signed, Some(to @ (Ty::Int | Ty::Signed))) => value(exp, to),
                    (from @ (Ty::Pointer | Ty::Place), Some(Ty::Pointer)) => value(exp, from),
                    _ => self.refuse(cast, "this cast is not supported"),
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
                self.refuse(expression, &format!("`{short}` is not supported"))
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
        self.refuse(path, &format!("`{}` is not supported", names.join("::")))
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
            _ => return self.refuse(binary.op, "this operator is not supported"),
        };
        let values = self.values([&*binary.left, &*binary.right], steps)?;
        let Ok([(left, of_left), (right, of_right)]) = <[_; 2]>::try_from(values) else {
            unreachable!("two operands")
        };
        if (&of_left, &of_right) == (&Ty::Erased, &Ty::Erased) && op == Binary::Eq {
            // The client decides which layouts are the same.
            return Ok((Cmd::User("same_layout".to_owned(), Vec::new()), Ty::Bool));
        }
        let is_signed = of_left == Ty::Signed || of_right == Ty::Signed;
        match (signed, is_signed) {
            (None, true) => self.refuse(binary, "signed numbers can only be compared"),
            (Some(signed), true) => {
                Ok((Cmd::Val(Exp::Binary(signed, left.into(), right.into())), Ty::Bool))
            }
            (compares, false) => {
                let numbers = [&of_left, &of_right].iter().all(|ty| matches!(ty, Ty::Int));
                if !numbers {
                    return self.refuse(binary, "this operator is supported for numbers only");
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
            return self.refuse(binary, "this operator is supported for numbers only");
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
        if matches!(ty, Ty::Ref(_) | Ty::RefMut(_)) {
            return self.refuse(assign, "this assigns to a reference, not to its target");
        }
        if !self.owns(&ty) {
            return Ok((self.store(&assign.left, place, new)?, Ty::Unit));
        }
        // The assignment drops the old handle.
        let Ty::Of(of, value) = &ty else {
            return self.refuse(assign, "an enum with a handle is dropped here");
        };
        let drop = self.destructor(of, *value, assign)?;
        let old = self.temporary();
        steps.push(Step::Bind(Pattern::Var(old.clone()), Cmd::Val(place.clone())));
        let store = self.store(&assign.left, place, new)?;
        steps.push(Step::Bind(Pattern::Any, store));
        Ok((Cmd::Call(drop, vec![Exp::Var(old)]), Ty::Unit))
    }

    /// Writes a local, or a field of it. If the local is lent, its caller gets the new value.
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

    /// Records that the local is assigned to.
    fn changes(&mut self, local: &str, at: impl Spanned) -> Res<()> {
        match self.local(local) {
            _ if self.in_closure => self.refuse(at, "a closure assigns to this"),
            Some(Ty::RefMut(_)) if self.lent.as_deref() == Some(local) => {
                self.assigns_lent = true;
                Ok(())
            }
            Some(Ty::RefMut(_) | Ty::Ref(_)) => {
                self.refuse(at, "the only reference that can be assigned to is the first parameter")
            }
            Some(_) => Ok(()),
            None => self.refuse(at, "only a local or its field can be assigned to"),
        }
    }
}

/// The last two names of the path.
fn last_two(path: &syn::Path) -> String {
    let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names[names.len().saturating_sub(2)..].join("::")
}
