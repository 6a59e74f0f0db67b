//! The part of a README that this program writes.

const BEGIN: &str = "<!-- versus -->\n";
const END: &str = "<!-- /versus -->\n";

/// Returns the text with `part` between the two markers, or `None` unless each marker occurs once.
pub fn with_part(text: &str, part: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let once = !rest.contains(BEGIN) && !before.contains(END) && !after.contains(END);
    once.then(|| format!("{before}{BEGIN}{part}{END}{after}"))
}
