//! The types, in as much detail as it takes to resolve methods and destructors.

use quote::ToTokens;
use std::collections::BTreeSet;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// What the place of the value contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    There,
    /// A `MaybeUninit`, which has no destructor.
    Uninit,
}

impl Value {
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Unit,
    Never,
    Bool,
    /// A number of 64 bits or an address.
    Int,
    /// A number as an `i64`, whose comparisons are signed.
    Signed,
    /// A pointer or a reference to the value, or to its place.
    Pointer,
    /// The same, with the type of a pointer to a `MaybeUninit`.
    Place,
    /// A value or a closure of the client.
    Client,
    /// Things that the proof does not model: layouts, markers, messages.
    Erased,
    /// A struct or an enum of the crate, and what the place that it points to contains.
    Of(String, Value),
    Option(Box<Ty>),
    Result(Box<Ty>, Box<Ty>),
    ManuallyDrop(Box<Ty>),
    Ref(Box<Ty>),
    RefMut(Box<Ty>),
}

/// The types of `Erased`.
const ERASED: [&str; 7] =
    ["Layout", "Contents", "PhantomData", "AllocError", "LayoutError", "Infallible", "str"];

impl Ty {
    /// The type that is written like this. `Self` is `own`, and `known` are the crate's types.
    /// `None` if the type is not supported.
    pub fn read(ty: &Type, own: Option<&Ty>, known: &BTreeSet<String>) -> Option<Self> {
        let read = |ty| Self::read(ty, own, known);
        Some(match ty {
            Type::Never(_) => Self::Never,
            Type::Tuple(tuple) if tuple.elems.is_empty() => Self::Unit,
            Type::Ptr(_) => Self::Pointer,
            Type::ImplTrait(_) => Self::Client,
            Type::Paren(ty) => read(&ty.elem)?,
            Type::Reference(reference) => match read(&reference.elem) {
                None | Some(Self::Client) => Self::Pointer,
                Some(Self::Erased) => Self::Erased,
                Some(ty) if reference.mutability.is_some() => Self::RefMut(Box::new(ty)),
                Some(ty) => Self::Ref(Box::new(ty)),
            },
            Type::Path(path) => {
                let last = path.path.segments.last()?;
                let argument = |n| match &last.arguments {
                    PathArguments::AngleBracketed(arguments) => {
                        let types = arguments.args.iter().filter_map(|argument| match argument {
                            GenericArgument::Type(ty) => Some(ty),
                            _ => None,
                        });
                        types.into_iter().nth(n).and_then(read).map(Box::new)
                    }
                    _ => None,
                };
                match &*last.ident.to_string() {
                    "Self" => own?.clone(),
                    "bool" => Self::Bool,
                    "u64" | "usize" => Self::Int,
                    "i64" => Self::Signed,
                    "NonNull" => Self::Pointer,
                    "Option" => Self::Option(argument(0)?),
                    "Result" => Self::Result(argument(0)?, argument(1)?),
                    "ManuallyDrop" => Self::ManuallyDrop(argument(0)?),
                    "MaybeUninit" => Self::Client,
                    name if ERASED.contains(&name) => Self::Erased,
                    name if known.contains(name) => {
                        let is_uninit = last.arguments.to_token_stream().to_string();
                        let is_uninit = is_uninit.contains("MaybeUninit");
                        let value = if is_uninit { Value::Uninit } else { Value::There };
                        Self::Of(name.to_owned(), value)
                    }
                    // A type parameter: `T`, `U`, `E`, `F`.
                    name if path.path.segments.len() == 1 && name.len() == 1 => Self::Client,
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    pub fn returned(ty: &ReturnType, own: Option<&Ty>, known: &BTreeSet<String>) -> Option<Self> {
        match ty {
            ReturnType::Default => Some(Self::Unit),
            ReturnType::Type(_, ty) => Self::read(ty, own, known),
        }
    }

    pub fn of(name: &str) -> Self {
        Self::Of(name.to_owned(), Value::There)
    }

    /// What the place of the value contains.
    pub fn value(&self) -> Value {
        match self.peeled() {
            Self::Of(_, value) => *value,
            Self::Place => Value::Uninit,
            _ => Value::There,
        }
    }

    /// The same type, with `value` in the place of the value.
    pub fn on(self, value: Value) -> Self {
        match (self, value) {
            (ty, Value::There) => ty,
            (Self::Of(of, _), value) => Self::Of(of, value),
            (Self::Pointer | Self::Place, _) => Self::Place,
            (Self::Option(ty), value) => Self::Option(Box::new(ty.on(value))),
            (Self::Ref(ty), value) => Self::Ref(Box::new(ty.on(value))),
            (Self::RefMut(ty), value) => Self::RefMut(Box::new(ty.on(value))),
            (Self::ManuallyDrop(ty), value) => Self::ManuallyDrop(Box::new(ty.on(value))),
            (ty, _) => ty,
        }
    }

    /// The type that a method call finds through references and `ManuallyDrop`.
    pub fn peeled(&self) -> &Self {
        match self {
            Self::Ref(ty) | Self::RefMut(ty) | Self::ManuallyDrop(ty) => ty.peeled(),
            ty => ty,
        }
    }

    /// The type that `*` leads to.
    pub fn target(&self) -> Self {
        match self {
            Self::Ref(ty) | Self::RefMut(ty) | Self::ManuallyDrop(ty) => (**ty).clone(),
            // An `Arc` or a `UniqueArc`, or a pointer to a value.
            _ => Self::Client,
        }
    }
}
