//! Conversion of text to identifiers of other systems.

/// Replaces the characters of a text that are not plain.
pub(super) fn replaced(
    text: &str,
    is_plain: impl Fn(char) -> bool,
    others: impl Fn(char) -> String,
) -> String {
    text.chars().map(|c| if is_plain(c) { c.to_string() } else { others(c) }).collect()
}
