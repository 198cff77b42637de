//! Text as an identifier of another system.

/// The characters of a text, others in the place of those that are not plain.
pub(super) fn replaced(
    text: &str,
    is_plain: impl Fn(char) -> bool,
    others: impl Fn(char) -> String,
) -> String {
    text.chars().map(|c| if is_plain(c) { c.to_string() } else { others(c) }).collect()
}
