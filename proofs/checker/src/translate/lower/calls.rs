//! Structs, calls and methods: those of the crate, of pointers and of numbers, and the atomic
//! accesses.

use super::branches::COMBINATORS;
use super::{Lower, Res, Steps, last_two};
use crate::translate::code::{Binary, Cmd, Exp, Pat as Pattern, Step, unit, variant};
use crate::translate::types::{Ty, Value};
use crate::translate::{Failure, Translated, refuse};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Member, UnOp};

/// Functions that return their argument with another type.
const SAME: [&str; 4] =
    ["NonNull::new_unchecked", "NonNull::from", "ptr::from_ref", "ptr::without_provenance_mut"];
/// Methods of a pointer that return their receiver with another type.
const SAME_POINTER: [&str; 8] =
    ["cast", "as_ptr", "cast_mut", "addr", "get", "as_ref", "as_mut", "as_mut_ptr"];

impl Lower<'_, '_> {
    pub(super) fn structure(
        &mut self,
        literal: &syn::ExprStruct,
        steps: &mut Steps,
    ) -> Res<(Cmd, Ty)> {
        let name = last_two(&literal.path);
        let own = self.own.clone();
        let name = match &*name {
            "Self" => own.unwrap_or(name),
            _ => name,
        };
        let Some(the_struct) = self.program.structs.get(&name) else {
            return self.refuse(literal, "this struct is not supported");
        };
        if literal.rest.is_some() {
            return self.refuse(literal, "`..` in a struct is not supported");
        }
        let values = self.values(literal.fields.iter().map(|field| &field.expr), steps)?;
        let mut fields = Vec::new();
        for (field, (exp, ty)) in literal.fields.iter().zip(values) {
            self.owns_nothing(&ty, field)?;
            let Member::Named(member) = &field.member else {
                return self.refuse(field, "this field is not supported");
            };
            let member = member.to_string();
            let known = the_struct.fields.iter().find(|(field, _)| *field == member);
            match known {
                Some((_, Ty::Erased)) => {}
                Some(_) if ty != Ty::Erased => fields.push((member, exp)),
                _ => return self.refuse(field, "this field is not supported"),
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

    /// A struct field may not have a destructor: dropping the struct would not run it.
    fn owns_nothing(&self, ty: &Ty, at: impl Spanned) -> Res<()> {
        if self.owns(ty) {
            return self.refuse(at, "a handle is stored in a struct without a `ManuallyDrop`");
        }
        Ok(())
    }

    pub(super) fn call(&mut self, call: &syn::ExprCall, steps: &mut Steps) -> Res<(Cmd, Ty)> {
        let Expr::Path(function) = &*call.func else {
            return self.refuse(call, "this call is not supported");
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
                    return self.refuse(call, "this is not a `ManuallyDrop`");
                };
                return Ok((Cmd::Val(exp), *ty));
            }
            ("ManuallyDrop::take", [Expr::Reference(argument)]) => {
                let (exp, ty) = self.place(&argument.expr, steps)?;
                let Ty::ManuallyDrop(ty) = ty else {
                    return self.refuse(call, "this is not a `ManuallyDrop`");
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
                    _ => self.refuse(call, "this drops something without a destructor"),
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
            (
                "deallocate_as" | "deallocate_place" | "inner::deallocate_place",
                [value, others @ ..],
            ) => {
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
        if matches!(names[..], [.., "Layout", _] | ["size_of_value" | "align_of_value"]) {
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
                let (exp, ty) = self.value(argument, steps)?;
                self.owns_nothing(&ty, argument)?;
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
            None => self.refuse(call, &format!("`{}` is not supported", names.join("::"))),
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
            _ => self.refuse(argument, "this forgets something that owns nothing"),
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

    /// The translation of the called function.
    pub(super) fn callee(
        &mut self,
        callee: usize,
        value: Value,
        at: impl Spanned,
    ) -> Res<Translated> {
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

    /// A call. The receiver is already evaluated.
    pub(super) fn call_of(
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
        // Whether one of the handles has a place without a value.
        let mut on = Value::There;
        let mut rest = &parameters[..];
        if let (Some((exp, ty)), [first, others @ ..]) = (receiver, rest) {
            values.push(self.lend_or_move(exp, &ty, &first.ty, at)?);
            on = on.and(ty.value());
            rest = others;
        }
        if rest.len() != arguments.len() {
            return self.refuse(at, "the number of arguments is wrong");
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
            // The function asserts that the value is there, or takes it.
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
                return self.refuse(at, "only a local can be lent to a function that changes it");
            };
            self.changes(&local, at)?;
            return Ok((Cmd::CallMut(local, translated.name, values), ty));
        }
        Ok((Cmd::Call(translated.name, values), ty))
    }

    /// An argument. It is moved if the parameter owns it, and lent otherwise.
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
            _ => self.refuse(at, "a temporary handle is lent here, and dropped afterwards"),
        }
    }

    /// Requires that no step changes what was evaluated before it.
    pub(super) fn unchanged(&self, before: &[Exp], steps: &[Step], at: impl Spanned) -> Res<()> {
        let assigns = |step: &Step| matches!(step, Step::Bind(_, cmd) if cmd.assigns());
        if before.iter().any(|exp| !matches!(exp, Exp::Num(_))) && steps.iter().any(assigns) {
            return self.refuse(at, "this changes what was evaluated before it");
        }
        Ok(())
    }

    /// Requires that the expression, which is not translated, has no effect.
    fn ignored(&mut self, expression: &Expr) -> Res<()> {
        let mut steps = Steps::new();
        self.place(expression, &mut steps)?;
        if !steps.is_empty() {
            return self.refuse(expression, "this has an effect, which would be lost");
        }
        Ok(())
    }

    pub(super) fn method(&mut self, call: &ExprMethodCall, steps: &mut Steps) -> Res<(Cmd, Ty)> {
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
            // A call that makes a pointer is not bound to a name for a cast of the pointer.
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
                None => self.refuse(call, &format!("`{of}::{method}` is not supported")),
            },
            Ty::Int => self.of_number(call, receiver, &arguments, steps),
            Ty::Pointer | Ty::Client => {
                self.of_pointer(call, &method, receiver, Value::There, steps)
            }
            Ty::Place => self.of_pointer(call, &method, receiver, Value::Uninit, steps),
            Ty::Erased => {
                arguments.iter().try_for_each(|argument| self.ignored(argument))?;
                Ok((Cmd::Val(unit()), Ty::Erased))
            }
            _ => self.refuse(call, &format!("the method `{method}` is not supported here")),
        }
    }

    /// The place of the expression, or its value if it is not a place.
    pub(super) fn place_or_value(
        &mut self,
        expression: &Expr,
        steps: &mut Steps,
    ) -> Res<(Exp, Ty)> {
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
        let before = steps.len();
        let mut values = self.values(arguments.iter().copied(), steps)?;
        self.unchanged(std::slice::from_ref(&receiver), &steps[before..], call)?;
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
            _ => return self.refuse(call, "this method of a number is not supported"),
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
                // The client has the value. Evaluating it comes first.
                let (_, ty) = self.value(value, steps)?;
                if self.owns(&ty) {
                    return self.refuse(value, "this writes a handle to a place");
                }
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
            _ => self.refuse(call, &format!("the method `{method}` of a pointer is not supported")),
        }
    }

    /// The function of the crate with that path.
    pub(super) fn resolve(&self, path: &syn::Path) -> Option<usize> {
        let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let (name, before) = names.split_last()?;
        let of = match before.last().map(String::as_str) {
            None | Some("inner") => None,
            Some("Self") => self.own.as_deref(),
            Some(of) => Some(of),
        };
        self.program.function(of, name)
    }

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
            _ => return self.refuse(&call.method, "this atomic operation is not supported"),
        };
        if operands.len() != operands_wanted {
            return self.refuse(call, "the number of arguments is wrong");
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
        self.refuse(ordering, "this ordering is not supported")
    }
}

fn memory(operation: &str, value: Exp) -> Cmd {
    Cmd::Primitive("Mem", vec![operation.to_owned()], vec![value])
}
