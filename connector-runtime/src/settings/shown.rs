//! The part of an invalid text that an error contains.

use std::borrow::Cow;

/// The maximum number of characters of a value in an error or a table.
const VALUE: usize = 80;

/// The maximum number of characters of an error, which may be a message of a parser that repeats the value.
const FAULT: usize = 1000;

/// Truncates a value, so that the text after it can be read.
pub(crate) fn value(text: &str) -> Cow<'_, str> {
    truncated(text, VALUE)
}

/// Truncates an error.
pub(super) fn fault(text: &str) -> Cow<'_, str> {
    truncated(text, FAULT)
}

fn truncated(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{} ..", &text[..end]).into(),
        None => text.into(),
    }
}
