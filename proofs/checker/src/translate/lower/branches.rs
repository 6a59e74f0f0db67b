//! Branches: `if`, `match`, `?`, and the methods that branch.

use super::{Lower, Res, Steps, last_two};
use crate::translate::code::{
    Arm, Binary, Cmd, Exp, Pat as Pattern, finish, pat_variant, unit, variant,
};
use crate::translate::types::Ty;
use syn::{Expr, ExprClosure, ExprMethodCall, Member, Pat};

/// The methods of `Option`, `Result` and `bool` that branch.
pub(super) const COMBINATORS: [&str; 6] =
    ["map", "map_or", "is_some_and", "then", "unwrap_or_else", "expect"];

impl Lower<'_, '_> {
    pub(super) fn choice(&mut self, choice: &syn::ExprIf, steps: &mut Steps) -> Res<(Cmd, Ty)> {
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

    pub(super) fn arm(
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
                    _ => self.refuse(pat, "this pattern is not supported"),
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
                        _ => return self.refuse(pat, "this pattern is not supported"),
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
                        return self.refuse(field, "this field is not supported");
                    };
                    let member = member.to_string();
                    let known =
                        self.program.structs.get(&name).and_then(|known| {
                            known.fields.iter().find(|(field, _)| *field == member)
                        });
                    let Some((_, ty)) = known else {
                        return self.refuse(field, "this field is not supported");
                    };
                    let ty = ty.clone();
                    let inner = match &*field.pat {
                        // `field: n..` requires at least `n`.
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
            _ => self.refuse(pat, "this pattern is not supported"),
        }
    }

    /// `?`
    pub(super) fn question(
        &mut self,
        question: &syn::ExprTry,
        steps: &mut Steps,
    ) -> Res<(Cmd, Ty)> {
        if self.in_closure {
            return self.refuse(question, "`?` inside of a closure is not supported");
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
            _ => return self.refuse(question, "`?` is not supported on this type"),
        };
        Ok((Cmd::Match(Box::new(cmd), arms), ty))
    }

    /// The methods of `Option`, `Result` and `bool` that branch.
    pub(super) fn combinator(
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
            _ => self.refuse(call, &format!("the method `{method}` is not supported here")),
        }
    }

    /// Wraps the value of the command in a variant.
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

    /// The arm that calls the closure, or the function, with the payload of a variant.
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
}

/// The type of the whole, if some branches have none.
pub(super) fn one_type(types: Vec<Ty>) -> Ty {
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
