//! Edits of a text.

use std::ops::Range;

/// A range of bytes of the source, and its replacement.
pub type Edit = (Range<usize>, String);

/// Returns the source with all edits applied. They do not overlap. If several edits insert at the
/// same place, the text of the first comes first.
pub fn apply(source: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
    let mut changed = source.to_owned();
    for (bytes, text) in edits.into_iter().rev() {
        changed.replace_range(bytes, &text);
    }
    changed
}
