//! Turns `impl`s of std's `Wake` and of futures' `ArcWake` into `impl`s of `task::Wake`.

use crate::edit::{Edit, with_line_ends};
use crate::receivers::with_this;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{ImplItem, ItemImpl};

/// Returns the edits of each function that has to change. A parameter replaces the receiver, which
/// stable Rust allows only for std's `Arc`. A `wake` is added if there is only a `wake_by_ref`,
/// which is all that `ArcWake` requires.
pub fn receivers(source: &str) -> Vec<Vec<Edit>> {
    let mut functions = Functions(source, Vec::new());
    if let Ok(file) = syn::parse_str(source) {
        functions.visit_file(&file);
    }
    functions.1
}

struct Functions<'a>(&'a str, Vec<Vec<Edit>>);

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        visit::visit_item_impl(self, item);
        let name = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        let Some(name) = name.map(|name| name.ident.to_string()) else { return };
        if !["Wake", "ArcWake"].contains(&&*name) {
            return;
        }
        let mut wakes = false;
        for function in &item.items {
            let ImplItem::Fn(function) = function else { continue };
            wakes |= function.sig.ident == "wake";
            let parameters = function.sig.inputs.to_token_stream();
            self.1.extend(with_this(parameters, Some(function.block.to_token_stream())));
        }
        if name == "ArcWake" && !wakes {
            let open = item.brace_token.span.open().byte_range().end;
            let wake = "\n    fn wake(this: proven_arc::Arc<Self>) {\n        \
                        <Self as proven_arc::task::Wake>::wake_by_ref(&this);\n    }\n";
            self.1.push(vec![(open..open, with_line_ends(self.0, wake))]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::paths;

    #[track_caller]
    fn becomes(source: &str, changed: &str) {
        assert_eq!(paths::rust(source).unwrap().text, changed);
    }

    #[test]
    fn receivers_of_wake_become_parameters() {
        becomes(
            "use std::task::Wake;\nimpl Wake for T {\n    fn wake(self: Arc<Self>) { x!(self.0); }\n    \
             fn wake_by_ref(self: &Arc<Self>) { Self::f(self) }\n}\nimpl T { fn f(self: &Arc<Self>) {} }\n",
            "use proven_arc::task::Wake;\nimpl Wake for T {\n    fn wake(this: Arc<Self>) { x!(this.0); }\n    \
             fn wake_by_ref(this: &Arc<Self>) { Self::f(this) }\n}\nimpl T { fn f(self: &Arc<Self>) {} }\n",
        );
        becomes(
            "impl std::task::Wake for T { fn wake(mut self: std::sync::Arc<Self>) { self.f() } }",
            "impl proven_arc::task::Wake for T { fn wake(mut this: proven_arc::Arc<Self>) { this.f() } }",
        );
    }

    #[test]
    fn wake_calls_wake_by_ref() {
        becomes(
            "impl std::task::Wake for T { fn wake(self: Arc<Self>) { self.wake_by_ref(); self.x() } }",
            "impl proven_arc::task::Wake for T { fn wake(this: Arc<Self>) { Self::wake_by_ref(&this); this.x() } }",
        );
    }

    #[test]
    fn arc_wake_becomes_wake() {
        becomes(
            "use futures::task::{waker, ArcWake};\nimpl ArcWake for T {\n    fn wake_by_ref(a: &Arc<Self>) {}\n}\n",
            "use proven_arc::task::Wake as ArcWake;\nuse futures::task::{waker};\nimpl ArcWake for T {\n    \
             fn wake(this: proven_arc::Arc<Self>) {\n        <Self as proven_arc::task::Wake>::wake_by_ref(&this);\n    }\n\n    \
             fn wake_by_ref(a: &Arc<Self>) {}\n}\n",
        );
    }

    #[test]
    fn other_traits_stay() {
        becomes(
            "use crate::Wake;\nimpl Wake for T { fn wake(self: Box<Self>) {} }",
            "use crate::Wake;\nimpl Wake for T { fn wake(self: Box<Self>) {} }",
        );
    }
}
