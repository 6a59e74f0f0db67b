//! Reads the output of a model.

use regex::Regex;
use std::sync::LazyLock;

/// The kind of report that a failed model made. `None` if the failure is not a report: the model
/// crashed, or loom gave up.
pub fn classify(output: &str) -> Option<String> {
    static PANIC: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"panicked at \S+:\d+:\d+:\n\s*([^\n]*)").unwrap());
    static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^assertion (?:`[^`]*` )?failed(?:: (?P<message>.*))?$").unwrap()
    });
    // The first report counts. Later ones may be consequences.
    let panic = PANIC.captures(output)?;
    let message = panic.get(1).map_or("", |message| message.as_str().trim());
    let races =
        ["Causality violation: Concurrent read and write", "Causality violation: Concurrent write"];
    if races.iter().any(|race| message.starts_with(race)) {
        return Some("data race".to_owned());
    }
    if message.starts_with("Causality violation: Concurrent") {
        return Some("the free races with an access".to_owned());
    }
    for kind in ["use after free", "double free"] {
        if message.starts_with(kind) {
            return Some(kind.to_owned());
        }
    }
    if message.starts_with("Allocation leaked") {
        return Some("leak".to_owned());
    }
    if message.contains("a reference count is past its limit") {
        return Some("count check".to_owned());
    }
    if message.starts_with("Model exceeded") || message.starts_with("deadlock") {
        return None;
    }
    Some(match ASSERTION.captures(message).map(|assertion| assertion.name("message")) {
        Some(None) => "failed assertion".to_owned(),
        Some(Some(message)) => format!("failed assertion: {}", message.as_str()),
        None => format!("failed assertion: {message}"),
    })
}

/// The accesses that race, each with its thread and its line of code: ``read by thread 1,
/// `assert_eq!(arc.read(), 1);` ``. Empty if the report names no places.
pub fn steps(output: &str, line_at: impl Fn(&str, usize) -> Option<String>) -> Vec<String> {
    static STEP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^ *([a-z_ ]+): thread #(\d+) @ (\S+\.rs):(\d+):\d+").unwrap()
    });
    let step = |(_, [what, thread, file, line]): (&str, [&str; 4])| {
        // loom's name for the access to the word when it is freed.
        if what == "with_mut" {
            return Some(format!("free by thread {thread}"));
        }
        let code = line_at(file, line.parse().ok()?)?;
        Some(format!("{what} by thread {thread}, `{}`", code.trim()))
    };
    // As in `classify`, the first report counts.
    let first = output.split("panicked at ").nth(1).unwrap_or_default();
    STEP.captures_iter(first).filter_map(|captures| step(captures.extract())).collect()
}

#[cfg(test)]
mod tests {
    use super::{classify, steps};

    #[test]
    fn steps_have_their_code() {
        let output = "panicked at a.rs:1:1:\nCausality violation: x\n    created: a.rs:1:2\n\
            \x20   read: thread #1 @ a.rs:3:4\n  with_mut: thread #0 @ b.rs:5:6\n\
            panicked at a.rs:1:1:\n    write: thread #1 @ a.rs:3:4\n";
        let steps = steps(output, |file, line| Some(format!(" {file} {line} ")));
        assert_eq!(steps, ["read by thread 1, `a.rs 3`", "free by thread 0"]);
    }

    #[test]
    fn reports_have_kinds() {
        let panic = |message: &str| {
            format!(
                "running 1 test\n\nthread 'a::b' (12) panicked at tests/loom/a.rs:1:2:\n{message}\nnote: ..."
            )
        };
        for (message, kind) in [
            ("Causality violation: Concurrent read and write accesses.", "data race"),
            (
                "Causality violation: Concurrent write accesses to `UnsafeCell`.\n created: x",
                "data race",
            ),
            (
                "Causality violation: Concurrent load and mut accesses.",
                "the free races with an access",
            ),
            (
                "Causality violation: Concurrent atomic store and unsync mut accesses.",
                "the free races with an access",
            ),
            ("use after free: the reference count of a freed allocation", "use after free"),
            ("double free: the allocation was freed before", "double free"),
            ("Allocation leaked.\n  Index: 1", "leak"),
            (
                "assertion `left == right` failed: dropped once\n  left: 1\n right: 2",
                "failed assertion: dropped once",
            ),
            ("assertion `left == right` failed\n  left: 1\n right: 2", "failed assertion"),
            ("assertion failed: x", "failed assertion: x"),
            ("outcomes", "failed assertion: outcomes"),
            ("proven-arc: a reference count is past its limit", "count check"),
        ] {
            assert_eq!(classify(&panic(message)).as_deref(), Some(kind));
        }
    }

    #[test]
    fn the_first_report_counts() {
        let output = "panicked at a.rs:1:1:\nAllocation leaked.\nthread panicked at b.rs:1:1:\ndouble free: x";
        assert_eq!(classify(output).as_deref(), Some("leak"));
    }

    #[test]
    fn giving_up_is_no_report() {
        for output in [
            "",
            "running 1 test\n",
            "panicked at a.rs:1:1:\nModel exceeded maximum number of branches. ...",
            "panicked at a.rs:1:1:\ndeadlock; threads = []",
        ] {
            assert_eq!(classify(output), None, "{output}");
        }
    }
}
