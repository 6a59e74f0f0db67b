//! The models: the functions with `#[test]` in `tests/loom/`. Those with `#[should_panic]` are not
//! counted: they model something that is broken, and pass when a report comes.

use crate::tree::Tree;
use anyhow::{Context, Result};
use std::collections::BTreeSet;

const DIR: &str = "tests/loom";

/// The names of the models, as `cargo loom -- --list` has them.
pub fn read(tree: &Tree) -> Result<BTreeSet<String>> {
    let mut models = BTreeSet::new();
    for file in tree.files(DIR, "rs")? {
        let items = syn::parse_file(&tree.read(&file)?).with_context(|| file.clone())?.items;
        collect(&module(&file), &items, &mut models);
    }
    Ok(models)
}

/// The path of the module that the file is: empty for `main.rs`.
fn module(file: &str) -> String {
    let path = file.trim_start_matches(DIR).trim_start_matches('/').trim_end_matches(".rs");
    path.trim_end_matches("main").trim_end_matches("/mod").replace('/', "::")
}

fn collect(module: &str, items: &[syn::Item], models: &mut BTreeSet<String>) {
    let within = |name: &syn::Ident| {
        if module.is_empty() { name.to_string() } else { format!("{module}::{name}") }
    };
    for item in items {
        match item {
            syn::Item::Fn(item) => {
                let has = |name| item.attrs.iter().any(|attr| attr.path().is_ident(name));
                if has("test") && !has("should_panic") {
                    models.insert(within(&item.sig.ident));
                }
            }
            syn::Item::Mod(item) => {
                if let Some((_, items)) = &item.content {
                    collect(&within(&item.ident), items, models);
                }
            }
            _ => {}
        }
    }
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
        let file = syn::parse_file(
            "#[test] fn a() {} fn b() {} #[test] #[should_panic = \"x\"] fn d() {}
            mod m { #[test] fn c() {} }",
        );
        let mut models = BTreeSet::new();
        collect("weak", &file.unwrap().items, &mut models);
        assert_eq!(models.into_iter().collect::<Vec<_>>(), ["weak::a", "weak::m::c"]);
    }
}
