//! Reads the translated files: types, constants and functions.

use super::refuse;
use super::types::{Ty, Value};
use crate::tree::Finding;
use proc_macro2::{Span, TokenStream};
use std::collections::{BTreeMap, BTreeSet};
use syn::spanned::Spanned;
use syn::{Fields, FnArg, ImplItem, Item, ItemImpl, Pat, ReturnType, Type};

/// The text of each file.
pub type Sources = BTreeMap<&'static str, String>;

/// Macros that leave the functions inside them unchanged. They are read as if they were not there.
const TRANSPARENT_MACROS: [&str; 3] = ["const_unless_loom", "may_dangle_drop", "never_unwind"];

pub struct Parameter {
    pub name: String,
    pub ty: Ty,
}

pub struct Function {
    pub file: &'static str,
    /// Its name in the table of functions that are left out: `Arc::drop`, `Uninit<[T]>::slice`.
    pub path: String,
    /// The type of the crate that has this method.
    pub of: Option<String>,
    pub name: String,
    /// What the place of the handles contains.
    pub value: Value,
    pub inputs: Vec<FnArg>,
    pub output: ReturnType,
    pub block: syn::Block,
    pub span: Span,
    /// Its head in the source.
    pub head: String,
}

impl Function {
    /// Its name in Code.v.
    pub fn coq_name(&self) -> String {
        match &self.of {
            Some(of) => format!("{of}_{}", self.name),
            None => self.name.clone(),
        }
    }

    fn own(&self) -> Option<Ty> {
        self.of.clone().map(|of| Ty::Of(of, self.value))
    }

    /// The parameters, `self` first.
    pub fn parameters(&self, program: &Program) -> Result<Vec<Parameter>, Finding> {
        let own = self.own();
        let parameter = |input: &FnArg| match input {
            FnArg::Receiver(receiver) => {
                let own = Box::new(own.clone().expect("only a method has a receiver"));
                let ty = match (&receiver.reference, receiver.mutability) {
                    (None, _) => *own,
                    (Some(_), None) => Ty::Ref(own),
                    (Some(_), Some(_)) => Ty::RefMut(own),
                };
                Ok(Parameter { name: "self".to_owned(), ty })
            }
            FnArg::Typed(typed) => {
                let Pat::Ident(name) = &*typed.pat else {
                    return Err(refuse(self.file, typed.span(), "this parameter has no name"));
                };
                let ty = Ty::read(&typed.ty, own.as_ref(), &program.types).ok_or_else(|| {
                    refuse(self.file, typed.ty.span(), "this type is not supported")
                })?;
                Ok(Parameter { name: name.ident.to_string(), ty })
            }
        };
        self.inputs.iter().map(parameter).collect()
    }

    pub fn returns(&self, program: &Program) -> Result<Ty, Finding> {
        Ty::returned(&self.output, self.own().as_ref(), &program.types)
            .ok_or_else(|| refuse(self.file, self.output.span(), "this type is not supported"))
    }
}

pub struct Constant {
    pub file: &'static str,
    pub name: String,
    pub ty: Type,
    pub value: syn::Expr,
    pub span: Span,
}

pub struct Struct {
    pub fields: Vec<(String, Ty)>,
    /// It is the same as its only field: a handle is its pointer, the word its place.
    pub transparent: bool,
}

/// A constant or a function, in the order of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    Constant(usize),
    Function(usize),
}

#[derive(Default)]
pub struct Program {
    pub types: BTreeSet<String>,
    pub structs: BTreeMap<String, Struct>,
    /// The payload of each `Enum::Variant`, if it has one.
    pub variants: BTreeMap<String, Option<Ty>>,
    pub constants: Vec<Constant>,
    pub functions: Vec<Function>,
    pub entries: Vec<Entry>,
    /// The types with a destructor.
    pub destructors: BTreeSet<String>,
}

impl Program {
    pub fn read(sources: &Sources, order: &[&'static str]) -> Result<Self, Finding> {
        let mut program = Self::default();
        let mut files = Vec::new();
        for file in order {
            let Some(text) = sources.get(file) else { continue };
            let parsed = syn::parse_file(text).map_err(|error| {
                refuse(file, error.span(), &format!("this is not Rust: {error}"))
            })?;
            files.push((*file, &**text, parsed.items));
        }
        for (_, _, items) in &files {
            for item in items {
                match item {
                    Item::Struct(item) => program.types.insert(item.ident.to_string()),
                    Item::Enum(item) => program.types.insert(item.ident.to_string()),
                    _ => continue,
                };
            }
        }
        for (file, text, items) in files {
            program.items(file, text, items)?;
        }
        Ok(program)
    }

    fn items(&mut self, file: &'static str, text: &str, items: Vec<Item>) -> Result<(), Finding> {
        for item in items {
            match item {
                Item::Fn(item) if !only_under_loom(&item.attrs) => {
                    let head = head(text, item.sig.span());
                    self.entries.push(Entry::Function(self.functions.len()));
                    self.functions.push(Function {
                        file,
                        path: item.sig.ident.to_string(),
                        of: None,
                        name: item.sig.ident.to_string(),
                        value: Value::There,
                        inputs: item.sig.inputs.into_iter().collect(),
                        output: item.sig.output,
                        span: item.sig.ident.span(),
                        block: *item.block,
                        head,
                    });
                }
                Item::Impl(item) if !only_under_loom(&item.attrs) => {
                    self.implementation(file, text, item)?;
                }
                Item::Const(item) if item.ident != "_" => {
                    self.entries.push(Entry::Constant(self.constants.len()));
                    self.constants.push(Constant {
                        file,
                        name: item.ident.to_string(),
                        span: item.ident.span(),
                        ty: *item.ty,
                        value: *item.expr,
                    });
                }
                Item::Struct(item) => self.structure(file, &item)?,
                Item::Enum(item) => self.enumeration(file, &item)?,
                Item::Macro(item) => {
                    let name = item.mac.path.segments.last().map(|s| s.ident.to_string());
                    if !name.is_some_and(|name| TRANSPARENT_MACROS.contains(&&*name)) {
                        return Err(refuse(file, item.span(), "this macro is not supported"));
                    }
                    let tokens: TokenStream = item.mac.tokens.clone();
                    let items: syn::File = syn::parse2(tokens)
                        .map_err(|error| refuse(file, error.span(), "these are no items"))?;
                    self.items(file, text, items.items)?;
                }
                // The translation goes by names, so an import may not change them.
                Item::Use(item) if renames(&item.tree) => {
                    return Err(refuse(file, item.span(), "an import with another name"));
                }
                // What is left exists under loom only, or is a `const _`.
                Item::Use(_) | Item::Fn(_) | Item::Impl(_) | Item::Const(_) => {}
                other => return Err(refuse(file, other.span(), "this item is not supported")),
            }
        }
        Ok(())
    }

    fn implementation(
        &mut self,
        file: &'static str,
        text: &str,
        item: ItemImpl,
    ) -> Result<(), Finding> {
        let Type::Path(ty) = &*item.self_ty else {
            return Err(refuse(file, item.self_ty.span(), "this type is not supported"));
        };
        let last = ty.path.segments.last().expect("a path has segments");
        let of = last.ident.to_string();
        let mut path = of.clone();
        if let syn::PathArguments::AngleBracketed(arguments) = &last.arguments {
            if let Some(syn::GenericArgument::Type(Type::Slice(_))) = arguments.args.first() {
                path += "<[T]>";
            }
        }
        let value = match Ty::read(&item.self_ty, None, &self.types) {
            Some(Ty::Of(_, value)) => value,
            _ => Value::There,
        };
        let the_trait = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        if the_trait.is_some_and(|the_trait| the_trait.ident == "Drop") {
            self.destructors.insert(of.clone());
        }
        for item in item.items {
            match item {
                ImplItem::Fn(item) => {
                    self.entries.push(Entry::Function(self.functions.len()));
                    self.functions.push(Function {
                        file,
                        path: format!("{path}::{}", item.sig.ident),
                        of: Some(of.clone()),
                        name: item.sig.ident.to_string(),
                        value,
                        inputs: item.sig.inputs.iter().cloned().collect(),
                        output: item.sig.output.clone(),
                        span: item.sig.ident.span(),
                        head: head(text, item.sig.span()),
                        block: item.block,
                    });
                }
                ImplItem::Type(_) => {}
                other => return Err(refuse(file, other.span(), "this item is not supported")),
            }
        }
        Ok(())
    }

    fn structure(&mut self, file: &'static str, item: &syn::ItemStruct) -> Result<(), Finding> {
        let mut fields = Vec::new();
        for (n, field) in item.fields.iter().enumerate() {
            let name = field.ident.as_ref().map_or_else(|| n.to_string(), ToString::to_string);
            match Ty::read(&field.ty, None, &self.types) {
                Some(ty) => fields.push((name, ty)),
                // The place of the word is where the accesses are.
                None if item.ident == "Word" => fields.push((name, Ty::of("AtomicU64"))),
                // No translated function may use this type.
                None => fields.push((name, Ty::Client)),
            }
        }
        let marked = item.attrs.iter().any(|attribute| {
            attribute.path().is_ident("repr")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "transparent")
        });
        let transparent = marked || item.ident == "Word";
        if transparent && fields.iter().filter(|(_, ty)| *ty != Ty::Erased).count() != 1 {
            return Err(refuse(file, item.span(), "a handle is one pointer"));
        }
        self.structs.insert(item.ident.to_string(), Struct { fields, transparent });
        Ok(())
    }

    fn enumeration(&mut self, file: &'static str, item: &syn::ItemEnum) -> Result<(), Finding> {
        for variant in &item.variants {
            let payload = match &variant.fields {
                Fields::Unit => None,
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                    let ty = Ty::read(&fields.unnamed[0].ty, None, &self.types);
                    Some(ty.ok_or_else(|| {
                        refuse(file, variant.span(), "this type is not supported")
                    })?)
                }
                _ => return Err(refuse(file, variant.span(), "a variant has at most one field")),
            };
            self.variants.insert(format!("{}::{}", item.ident, variant.ident), payload);
        }
        Ok(())
    }

    /// The function of that name, the first if there are several. Those for one value and for a
    /// slice do the same.
    pub fn function(&self, of: Option<&str>, name: &str) -> Option<usize> {
        self.functions.iter().position(|f| f.of.as_deref() == of && f.name == name)
    }

    pub fn constant(&self, name: &str) -> Option<usize> {
        self.constants.iter().position(|constant| constant.name == name)
    }
}

fn renames(tree: &syn::UseTree) -> bool {
    match tree {
        syn::UseTree::Path(path) => renames(&path.tree),
        syn::UseTree::Group(group) => group.items.iter().any(renames),
        syn::UseTree::Rename(_) => true,
        syn::UseTree::Name(_) | syn::UseTree::Glob(_) => false,
    }
}

/// `#[cfg(loom)]`
fn only_under_loom(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "loom")
    })
}

/// The source text, on one line.
fn head(text: &str, span: Span) -> String {
    let words: Vec<_> = text[span.byte_range()].split_whitespace().collect();
    words.join(" ").replace("( ", "(").replace(", )", ")")
}
