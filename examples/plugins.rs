//! Plugins behind a trait. [`coerce!`] turns the `Arc` of any plugin into an `Arc<dyn Plugin>`.
//!
//! For std's `Arc`, the compiler does that implicitly. On stable Rust, it does so for no other
//! crate's `Arc`. If the context names the type, write `coerce!(handle)`. Otherwise, name the type:
//! `coerce!(handle => Arc<dyn Plugin>)`.

use proven_arc::{Arc, Weak, coerce};
use std::sync::Mutex;

trait Plugin: Send + Sync {
    fn name(&self) -> &str;
    fn run(&self, text: &str) -> String;
}

struct Upper;

impl Plugin for Upper {
    fn name(&self) -> &str {
        "upper"
    }

    fn run(&self, text: &str) -> String {
        text.to_uppercase()
    }
}

/// Counts its runs.
#[derive(Default)]
struct Counting {
    runs: Mutex<u32>,
}

impl Plugin for Counting {
    fn name(&self) -> &str {
        "counting"
    }

    fn run(&self, text: &str) -> String {
        *self.runs.lock().unwrap() += 1;
        text.to_owned()
    }
}

type Hook = Arc<dyn Fn(&str, &str) + Send + Sync>;

struct Registry {
    plugins: Vec<Arc<dyn Plugin>>,
    hook: Hook,
}

impl Registry {
    fn run(&self, text: &str) -> String {
        self.plugins.iter().fold(text.to_owned(), |text, plugin| {
            let result = plugin.run(&text);
            (self.hook)(plugin.name(), &result);
            result
        })
    }
}

fn main() {
    let counting = Arc::new(Counting::default());
    let registry = Registry {
        // The same allocation as `counting`. Only the type of the handle differs.
        plugins: vec![coerce!(Arc::clone(&counting)), coerce!(Arc::new(Upper))],
        // This also works for a closure.
        hook: coerce!(Arc::new(|name: &str, result: &str| println!("{name}: {result}"))),
    };
    assert_eq!(registry.run("some text"), "SOME TEXT");
    assert_eq!(registry.run("more"), "MORE");
    assert_eq!(*counting.runs.lock().unwrap(), 2);

    // Here the context names no type.
    let upper = Some(Arc::new(Upper)).map(|plugin| coerce!(plugin => Arc<dyn Plugin>));
    assert_eq!(upper.unwrap().run("x"), "X");

    // This also works for a `Weak`, and for an array, which becomes a slice.
    let weak: Weak<dyn Plugin> = coerce!(Arc::downgrade(&counting));
    assert_eq!(weak.upgrade().unwrap().name(), "counting");
    let names: Arc<[&str]> = coerce!(Arc::new(["counting", "upper"]));
    assert_eq!(names.len(), registry.plugins.len());
}
