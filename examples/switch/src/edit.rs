//! Changes of a text.

use std::ops::Range;

/// Bytes of the source, and what takes their place.
pub type Edit = (Range<usize>, String);

/// The source with all the edits, which do not overlap. Of edits that insert in the same place, the
/// first one's text comes first.
pub fn apply(source: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
    let mut changed = source.to_owned();
    for (bytes, text) in edits.into_iter().rev() {
        changed.replace_range(bytes, &text);
    }
    changed
}
