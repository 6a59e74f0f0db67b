//! A tree whose nodes know their parents, parsed from text that may be malformed.
//!
//! A child needs a `Weak` to its parent before the parent is complete. `Arc::new_cyclic` provides
//! such a `Weak`, but its closure cannot fail. A [`UniqueArc`] can be changed until `into_arc`
//! shares it. If `?` returns an error before that, the nodes built so far are dropped.

use proven_arc::{Arc, UniqueArc, Weak};
use std::iter::{Peekable, successors};
use std::str::Lines;

#[derive(Debug)]
struct Node {
    name: String,
    parent: Weak<Node>,
    children: Vec<Arc<Node>>,
}

/// Parses a node and its children, which are indented by two more columns.
fn parse(
    lines: &mut Peekable<Lines<'_>>,
    depth: usize,
    parent: Weak<Node>,
) -> Result<Arc<Node>, String> {
    let line = lines.next().ok_or("the text is empty")?;
    let name = line.trim();
    if name.is_empty() {
        return Err("a node has no name".to_owned());
    }
    let mut node = UniqueArc::new(Node { name: name.to_owned(), parent, children: Vec::new() });
    while let Some(next) = lines.peek() {
        let indent = next.len() - next.trim_start().len();
        if indent <= 2 * depth {
            break;
        }
        if indent != 2 * (depth + 1) {
            return Err(format!("{:?} is indented too far", next.trim()));
        }
        let child = parse(lines, depth + 1, UniqueArc::downgrade(&node))?;
        node.children.push(child);
    }
    Ok(UniqueArc::into_arc(node))
}

impl Node {
    fn find(&self, name: &str) -> Option<&Node> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// The path of names from the root to this node.
    fn path(&self) -> String {
        let ancestors = successors(self.parent.upgrade(), |node| node.parent.upgrade());
        let path = ancestors.fold(self.name.clone(), |path, node| format!("{}/{path}", node.name));
        format!("/{path}")
    }
}

fn main() {
    let text = "usr\n  bin\n    cargo\n    rustc\n  lib\n    libc.so\n  share";
    let root = parse(&mut text.lines().peekable(), 0, Weak::new()).unwrap();
    for name in ["usr", "rustc", "libc.so"] {
        println!("{name} is {}", root.find(name).unwrap().path());
    }
    assert_eq!(root.find("rustc").unwrap().path(), "/usr/bin/rustc");
    assert!(root.parent.upgrade().is_none());

    let wrong = "usr\n  bin\n        cargo";
    let error = parse(&mut wrong.lines().peekable(), 0, Weak::new()).unwrap_err();
    println!("the other text is malformed: {error}");
    assert_eq!(error, "\"cargo\" is indented too far");
}
