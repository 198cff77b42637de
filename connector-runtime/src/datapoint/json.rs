//! JSON values the way controllers write them: numbers as text, integers with a fraction of zero.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// Returns the JSON text of a number or a bool, which may itself be written as text.
pub(super) fn plain(json: &str) -> Option<Cow<'_, str>> {
    let plain = match json.strip_prefix('"') {
        Some(_) => Cow::Owned(serde_json::from_str::<String>(json).ok()?.trim().to_owned()),
        None => Cow::Borrowed(json),
    };
    let starts = plain.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let is_number = starts && serde_json::from_str::<&RawValue>(&plain).is_ok();
    (is_number || matches!(&*plain, "true" | "false")).then_some(plain)
}

/// Returns the integer that a floating-point number represents exactly.
#[allow(clippy::cast_possible_truncation, reason = "checked to be in the range just before")]
pub(super) fn whole(json: &str) -> Option<i64> {
    let float: f64 = json.parse().ok()?;
    (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
}
