//! The functions in the language of `proofs/coq/Syntax.v`, and how they are printed.

use std::fmt::Write;

/// An expression. It computes a value, and has no effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Exp {
    Num(u64),
    Bool(bool),
    /// `RELEASE_ACQUIRES`, which Code.v leaves open.
    Flag(String),
    Var(String),
    /// The variable, which owns nothing afterwards.
    Move(String),
    /// A constant, or a parameter of a [`Macro`](Body::Macro).
    Name(String),
    Binary(Binary, Box<Exp>, Box<Exp>),
    Not(Box<Exp>),
    CheckedSub(Box<Exp>, Box<Exp>),
    /// `strong "seen"`
    Macro(String, Vec<Exp>),
    Con(String, Vec<(String, Exp)>),
    Dot(Box<Exp>, String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Shl,
    BitOr,
    SaturatingSub,
    Min,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    SignedLt,
    SignedLe,
    SignedGt,
    SignedGe,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pat {
    Any,
    Var(String),
    Con(String, Vec<(String, Pat)>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    pub pat: Pat,
    pub guard: Option<Exp>,
    pub body: Cmd,
}

/// A command. It has an effect and a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    Val(Exp),
    Let(Pat, Box<Cmd>, Box<Cmd>),
    /// The local, its destructor, and the rest of its scope.
    Drops(String, String, Box<Cmd>),
    Assign(String, Exp),
    AssignField(String, String, Exp),
    If(Exp, Box<Cmd>, Box<Cmd>),
    Match(Box<Cmd>, Vec<Arm>),
    Loop(Box<Cmd>),
    Break(Exp),
    Return(Exp),
    Call(String, Vec<Exp>),
    /// A call of a function that changes its first parameter, which is this local.
    CallMut(String, String, Vec<Exp>),
    /// A command whose arguments are only expressions: the constructor, its names, and the
    /// arguments.
    Primitive(&'static str, Vec<String>, Vec<Exp>),
    /// Code of the client.
    User(String, Vec<Exp>),
}

#[derive(Clone, Debug)]
pub enum Body {
    Function(Cmd),
    /// An expression in the parameters.
    Macro(Exp),
    /// An ordering: one if the flag is set, another if not.
    Ordering(String),
    /// A constant whose value depends on the target.
    Variable,
}

/// A definition in Code.v.
#[derive(Clone, Debug)]
pub struct Definition {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Body,
    /// Its head in the source. Empty for a constant.
    pub comment: String,
    pub file: String,
}

pub fn unit() -> Exp {
    Exp::Con("()".to_owned(), Vec::new())
}

pub fn variant(name: &str, payload: Option<Exp>) -> Exp {
    Exp::Con(name.to_owned(), payload.into_iter().map(|e| ("0".to_owned(), e)).collect())
}

pub fn pat_variant(name: &str, payload: Pat) -> Pat {
    Pat::Con(name.to_owned(), vec![("0".to_owned(), payload)])
}

impl Cmd {
    /// Whether a local is assigned to.
    pub fn assigns(&self) -> bool {
        match self {
            Self::Assign(..) | Self::AssignField(..) | Self::CallMut(..) => true,
            Self::Let(_, a, b) | Self::If(_, a, b) => a.assigns() || b.assigns(),
            Self::Drops(_, _, a) | Self::Loop(a) => a.assigns(),
            Self::Match(a, arms) => a.assigns() || arms.iter().any(|arm| arm.body.assigns()),
            _ => false,
        }
    }

    /// Whether control never passes beyond it.
    fn leaves(&self) -> bool {
        matches!(self, Self::Break(_) | Self::Return(_))
            || matches!(self, Self::Primitive("Abort" | "Panic", ..))
    }
}

/// The whole of Code.v.
pub fn print(definitions: &[Definition]) -> String {
    let mut out = String::from(
        "(** * The shipped text: printed from [src/] by [cargo proofs translate].  Do not edit.\n\n    \
         Syntax.v says what stands here, Lang.v what it means. *)\n\n\
         From Coq Require Import List ZArith String.\n\
         From ProvenArc Require Import Accesses Syntax.\n\
         Import ListNotations.\n\
         Local Open Scope string_scope.\n\
         Local Open Scope Z_scope.\n\
         Local Open Scope rust_scope.\n\n\
         Section Code.\n",
    );
    let mut file = "";
    let mut constant = false;
    for definition in definitions {
        if definition.file != file {
            file = &definition.file;
            write!(out, "\n(** ** {file} *)\n").unwrap();
            constant = false;
        }
        let is_constant = definition.comment.is_empty();
        if !(constant && is_constant) {
            out.push('\n');
        }
        constant = is_constant;
        if !is_constant {
            writeln!(out, "(** {} *)", definition.comment.replace("(*", "( *")).unwrap();
        }
        out.push_str(&definition.print());
        out.push('\n');
    }
    out.push_str("\nEnd Code.\n");
    out
}

impl Definition {
    fn print(&self) -> String {
        let name = &self.name;
        match &self.body {
            Body::Variable => format!("Variable {name} : bool."),
            Body::Ordering(choice) => format!("Definition {name} : ordering := {choice}."),
            Body::Macro(exp) if self.parameters.is_empty() => {
                format!("Definition {name} : exp := {}.", exp.print(0))
            }
            Body::Macro(exp) => format!(
                "Definition {name} ({} : exp) : exp := {}.",
                self.parameters.join(" "),
                exp.print(0)
            ),
            Body::Function(cmd) => {
                let parameters: Vec<_> = self.parameters.iter().map(|p| quoted(p)).collect();
                let mut out =
                    format!("Definition {name} : fn := Fn [{}] (\n  ", parameters.join("; "));
                cmd.print(&mut out, 1);
                out.push_str(").");
                out
            }
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn list(items: &[Exp]) -> String {
    let items: Vec<_> = items.iter().map(Exp::element).collect();
    format!("[{}]", items.join("; "))
}

/// The precedence of a function's argument.
const ARGUMENT: u8 = 10;

impl Binary {
    /// The notation, and its precedence. A higher one is a lower level in Coq.
    fn notation(self) -> (&'static str, u8) {
        match self {
            Self::Add => ("+%", 5),
            Self::Sub => ("-%", 5),
            Self::Mul => ("*", 6),
            Self::Div => ("/", 6),
            Self::Rem => ("mod", 6),
            Self::Shl => ("<<", 4),
            Self::BitOr => ("||", 4),
            Self::Eq => ("==", 3),
            Self::Ne => ("!=", 3),
            Self::Lt => ("<", 3),
            Self::Le => ("<=", 3),
            Self::Gt => (">", 3),
            Self::Ge => (">=", 3),
            Self::SignedLt => ("<s", 3),
            Self::SignedLe => ("<=s", 3),
            Self::SignedGt => (">s", 3),
            Self::SignedGe => (">=s", 3),
            Self::SaturatingSub => ("SaturatingSub", ARGUMENT),
            Self::Min => ("Min", ARGUMENT),
        }
    }
}

impl Exp {
    /// With parentheses where it binds less strongly than its place asks for.
    fn print(&self, place: u8) -> String {
        let (text, strength) = match self {
            Self::Num(n) => return n.to_string(),
            Self::Var(x) => return quoted(x),
            Self::Name(x) => return x.clone(),
            Self::Con(name, fields) if fields.is_empty() && name == "()" => return "unit".into(),
            Self::Con(name, fields) if fields.is_empty() && name == "None" => return "none".into(),
            Self::Bool(b) => (format!("Bool {b}"), ARGUMENT - 1),
            Self::Flag(name) => (format!("Bool {name}"), ARGUMENT - 1),
            Self::Move(x) => (format!("Move {}", quoted(x)), ARGUMENT - 1),
            Self::Not(e) => (format!("Not {}", e.print(ARGUMENT)), ARGUMENT - 1),
            Self::CheckedSub(a, b) => {
                (format!("CheckedSub {} {}", a.print(ARGUMENT), b.print(ARGUMENT)), ARGUMENT - 1)
            }
            Self::Dot(e, field) => {
                (format!("Dot {} {}", e.print(ARGUMENT), quoted(field)), ARGUMENT - 1)
            }
            Self::Macro(name, arguments) => {
                let arguments: Vec<_> = arguments.iter().map(|e| e.print(ARGUMENT)).collect();
                (format!("{name} {}", arguments.join(" ")), ARGUMENT - 1)
            }
            Self::Con(name, fields) => (construct(name, fields, Self::print, Self::element), 9),
            Self::Binary(op, a, b) => match op.notation() {
                (name, ARGUMENT) => {
                    let arguments = (a.print(ARGUMENT), b.print(ARGUMENT));
                    (format!("Bin {name} {} {}", arguments.0, arguments.1), ARGUMENT - 1)
                }
                (sign, strength) => {
                    (format!("{} {sign} {}", a.print(strength), b.print(strength + 1)), strength)
                }
            },
        };
        if strength < place { format!("({text})") } else { text }
    }

    /// As an element of a list, where Coq asks for the constructor of a number or a variable.
    fn element(&self) -> String {
        match self {
            Self::Num(n) => format!("Num {n}"),
            Self::Var(x) => format!("Var {}", quoted(x)),
            _ => self.print(0),
        }
    }
}

/// `some e`, or `Con "Name" [("field", e)]`.
fn construct<E>(
    name: &str,
    fields: &[(String, E)],
    print: impl Fn(&E, u8) -> String,
    element: impl Fn(&E) -> String,
) -> String {
    match (name, fields) {
        ("Some" | "Ok" | "Err", [(_, e)]) => {
            format!("{} {}", name.to_lowercase(), print(e, ARGUMENT))
        }
        _ => {
            let fields: Vec<_> =
                fields.iter().map(|(f, e)| format!("({}, {})", quoted(f), element(e))).collect();
            format!("Con {} [{}]", quoted(name), fields.join("; "))
        }
    }
}

impl Pat {
    fn print(&self, place: u8) -> String {
        let text = match self {
            Self::Any => return "PAny".to_owned(),
            Self::Con(name, fields) if fields.is_empty() && name == "None" => {
                return "None_".into();
            }
            Self::Var(x) => format!("PVar {}", quoted(x)),
            Self::Con(name, fields) => match (&**name, &fields[..]) {
                ("Some" | "Ok" | "Err", [(_, pat)]) => format!("{name}_ {}", pat.print(ARGUMENT)),
                _ => {
                    let fields: Vec<_> = fields
                        .iter()
                        .map(|(field, pat)| format!("({}, {})", quoted(field), pat.print(0)))
                        .collect();
                    format!("PCon {} [{}]", quoted(name), fields.join("; "))
                }
            },
        };
        if place >= ARGUMENT { format!("({text})") } else { text }
    }
}

/// How long a line may be.
const WIDTH: usize = 110;

impl Cmd {
    /// On one line, if it has no parts that stand on lines of their own.
    fn flat(&self) -> Option<String> {
        Some(match self {
            Self::Val(exp) => exp.print(0),
            Self::Assign(x, e) => format!("Assign {} {}", quoted(x), e.print(ARGUMENT)),
            Self::AssignField(x, field, e) => {
                format!("AssignField {} {} {}", quoted(x), quoted(field), e.print(ARGUMENT))
            }
            Self::Break(e) => format!("Break {}", e.print(ARGUMENT)),
            Self::Return(e) => format!("Return {}", e.print(ARGUMENT)),
            Self::Call(function, arguments) => format!("call {function} {}", list(arguments)),
            Self::CallMut(x, function, arguments) => {
                format!("call_mut {} {function} {}", quoted(x), list(arguments))
            }
            Self::User(what, arguments) => format!("User {} {}", quoted(what), list(arguments)),
            Self::Primitive(name, names, arguments) => {
                let mut text = (*name).to_owned();
                for name in names {
                    text += &format!(" {name}");
                }
                for argument in arguments {
                    text += &format!(" {}", argument.print(ARGUMENT));
                }
                text
            }
            Self::If(c, a, b) if !matches!(**b, Self::If(..)) => {
                let (a, b) = (a.flat()?, b.flat()?);
                format!("if_ {} then_ {a} else_ {b}", c.print(1))
            }
            _ => return None,
        })
    }

    fn fits(&self, indent: usize) -> Option<String> {
        self.flat().filter(|text| 2 * indent + text.len() <= WIDTH)
    }

    /// Prints the command at `indent` levels. The text ends where its first line starts.
    fn print(&self, out: &mut String, indent: usize) {
        if let Some(text) = self.fits(indent) {
            out.push_str(&text);
            return;
        }
        let newline = |out: &mut String, indent: usize| {
            out.push('\n');
            out.push_str(&"  ".repeat(indent));
        };
        match self {
            Self::Let(pat, cmd, rest) => {
                match pat {
                    Pat::Var(x) => write!(out, "let_ {} := ", quoted(x)).unwrap(),
                    Pat::Any => {}
                    Pat::Con(..) => unreachable!("patterns are for `match_`"),
                }
                if matches!(**cmd, Self::If(..) | Self::Let(..) | Self::Drops(..)) {
                    out.push('(');
                    cmd.print(out, indent);
                    out.push(')');
                } else {
                    cmd.print(out, indent);
                }
                out.push_str(";;");
                newline(out, indent);
                rest.print(out, indent);
            }
            Self::Drops(x, drop, rest) => {
                write!(out, "drops {} {drop} (", quoted(x)).unwrap();
                newline(out, indent);
                rest.print(out, indent);
                out.push(')');
            }
            Self::If(c, a, b) => {
                write!(out, "if_ {} then_ ", c.print(1)).unwrap();
                a.print_part(out, indent);
                newline(out, indent);
                out.push_str("else_ ");
                if matches!(**b, Self::If(..)) {
                    b.print(out, indent);
                } else {
                    b.print_part(out, indent);
                }
            }
            Self::Match(cmd, arms) => {
                out.push_str("match_ ");
                match cmd.fits(indent).filter(|_| !matches!(**cmd, Self::If(..))) {
                    Some(text) => out.push_str(&text),
                    None => cmd.print_part(out, indent),
                }
                out.push_str(" with_ [");
                for (n, arm) in arms.iter().enumerate() {
                    if n > 0 {
                        out.push(';');
                    }
                    newline(out, indent + 1);
                    out.push_str(&arm.pat.print(0));
                    if let Some(guard) = &arm.guard {
                        write!(out, " if_ {}", guard.print(1)).unwrap();
                    }
                    out.push_str(" ==> ");
                    arm.body.print_part(out, indent + 1);
                }
                out.push(']');
            }
            Self::Loop(body) => {
                out.push_str("Loop ");
                body.print_part(out, indent);
            }
            _ => out.push_str(&self.flat().expect("what is left has no parts")),
        }
    }

    /// As a part of another one: on the same line, or in parentheses.
    fn print_part(&self, out: &mut String, indent: usize) {
        match self.fits(indent + 1).filter(|_| !matches!(self, Self::If(..))) {
            Some(text) => out.push_str(&text),
            None => {
                out.push_str("(\n");
                out.push_str(&"  ".repeat(indent + 1));
                self.print(out, indent + 1);
                out.push(')');
            }
        }
    }
}

/// The steps before a command, in their order.
pub enum Step {
    Bind(Pat, Cmd),
    Drops(String, String),
}

pub fn finish(steps: Vec<Step>, last: Cmd) -> Cmd {
    steps.into_iter().rev().fold(last, |rest, step| match step {
        // Unreachable steps are not printed.
        Step::Bind(Pat::Any, cmd) if cmd.leaves() => cmd,
        Step::Bind(pat, cmd) => Cmd::Let(pat, Box::new(cmd), Box::new(rest)),
        Step::Drops(x, drop) => Cmd::Drops(x, drop, Box::new(rest)),
    })
}
