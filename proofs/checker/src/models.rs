//! Reads the models: the functions with `#[test]` in `tests/loom/`. Those with `#[should_panic]` do
//! not count: they model something broken, and pass if it is reported.

use crate::tree::Tree;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use syn::spanned::Spanned;

const DIR: &str = "tests/loom";

/// A model, and its place.
pub struct Model {
    pub file: String,
    pub line: usize,
    /// Its doc comment, without the mutants that it catches.
    pub meaning: String,
    /// The function, without its attributes.
    pub code: String,
}

/// The models by the names that `cargo loom -- --list` prints.
pub type Models = BTreeMap<String, Model>;

pub fn read(tree: &Tree) -> Result<Models> {
    let mut models = Models::new();
    for file in tree.files(DIR, "rs")? {
        let text = tree.read(&file)?;
        let items = syn::parse_file(&text).with_context(|| file.clone())?.items;
        collect(&file, &text, &module(&file), &items, &mut models);
    }
    Ok(models)
}

/// The path of the file's module. It is empty for `main.rs`.
fn module(file: &str) -> String {
    let path = file.trim_start_matches(DIR).trim_start_matches('/').trim_end_matches(".rs");
    path.trim_end_matches("main").trim_end_matches("/mod").replace('/', "::")
}

fn collect(file: &str, text: &str, module: &str, items: &[syn::Item], models: &mut Models) {
    let within = |name: &syn::Ident| {
        if module.is_empty() { name.to_string() } else { format!("{module}::{name}") }
    };
    for item in items {
        match item {
            syn::Item::Fn(item) => {
                let has = |name| item.attrs.iter().any(|attr| attr.path().is_ident(name));
                if has("test") && !has("should_panic") {
                    let start = item.sig.span().start().line;
                    let lines =
                        text.lines().skip(start - 1).take(item.span().end().line + 1 - start);
                    let model = Model {
                        file: file.to_owned(),
                        line: start,
                        meaning: meaning(&item.attrs),
                        code: lines.collect::<Vec<_>>().join("\n"),
                    };
                    models.insert(within(&item.sig.ident), model);
                }
            }
            syn::Item::Mod(item) => {
                if let Some((_, items)) = &item.content {
                    collect(file, text, &within(&item.ident), items, models);
                }
            }
            _ => {}
        }
    }
}

/// The doc comment up to "Catches", which begins the list of the mutants that the model catches.
fn meaning(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let text = lines.collect::<Vec<_>>().concat();
    text.split("Catches ").next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_after_files() {
        assert_eq!(module("tests/loom/main.rs"), "");
        assert_eq!(module("tests/loom/weak.rs"), "weak");
        assert_eq!(module("tests/loom/a/mod.rs"), "a");
        assert_eq!(module("tests/loom/a/b.rs"), "a::b");
    }

    #[test]
    fn only_tests_are_models() {
        let text = "/// It\n/// does. Catches\n/// x.\n#[test] fn a() {\n} fn b() {} #[test] #[should_panic = \"x\"] fn d() {}
            mod m { #[test] fn c() {} }";
        let mut models = Models::new();
        collect("f.rs", text, "weak", &syn::parse_file(text).unwrap().items, &mut models);
        assert_eq!(models.keys().collect::<Vec<_>>(), ["weak::a", "weak::m::c"]);
        let model = &models["weak::a"];
        assert_eq!((model.line, &*model.meaning), (4, "It does."));
        assert_eq!(
            model.code,
            "#[test] fn a() {\n} fn b() {} #[test] #[should_panic = \"x\"] fn d() {}"
        );
    }
}
