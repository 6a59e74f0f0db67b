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

/// Returns the text with the line ends of the source.
pub fn with_line_ends(source: &str, text: &str) -> String {
    if source.contains("\r\n") { text.replace('\n', "\r\n") } else { text.to_owned() }
}

/// Returns one edit that makes all these changes, which are not empty.
pub fn join(source: &str, edits: Vec<Edit>) -> Option<Edit> {
    let start = edits.iter().map(|(bytes, _)| bytes.start).min()?;
    let end = edits.iter().map(|(bytes, _)| bytes.end).max()?;
    let moved = edits.into_iter().map(|(at, text)| (at.start - start..at.end - start, text));
    Some((start..end, apply(source.get(start..end)?, moved.collect())))
}

/// Returns where the text at this offset is after the edits.
pub fn moved(at: usize, edits: &[Edit]) -> usize {
    let before = edits.iter().filter(|(bytes, _)| bytes.end <= at);
    before.fold(at, |at, (bytes, text)| at + text.len() - bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_move_with_the_text() {
        let source = "let a = b + c;";
        let edits =
            vec![(8..9, "f(b)".to_owned()), (12..13, "x".to_owned()), (0..0, "# ".to_owned())];
        let changed = apply(source, edits.clone());
        assert_eq!(changed, "# let a = f(b) + x;");
        assert_eq!(&changed[moved(4, &edits)..moved(9, &edits)], "a = f(b)");
        let (bytes, text) = join(source, edits[..2].to_vec()).unwrap();
        assert_eq!((bytes, &*text), (8..13, "f(b) + x"));
    }
}
