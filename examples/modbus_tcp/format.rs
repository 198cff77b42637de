//! Python's struct format strings: the layout of values in a sequence of bytes.
//!
//! They are those of <https://docs.python.org/3/library/struct.html>. Native order, sizes and alignment
//! (`@`, or no order at all) are those of 64-bit Linux, wherever this runs.

mod codec;
#[cfg(test)]
mod tests;

use connector_runtime::prelude::*;

/// The maximum size of one answer of a device.
const MAX_SIZE: usize = 250;

/// A parsed format string.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Format {
    /// The values; the bytes between them are padding.
    pub(crate) fields: Vec<Field>,
    /// The total length in bytes.
    pub(crate) size: usize,
    is_little_endian: bool,
}

/// One value within a sequence of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its offset.
    pub(crate) offset: usize,
    pub(crate) kind: Kind,
    size: usize,
}

/// The encoding of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    Text,
    /// Text after a byte with its length.
    Pascal,
}

impl Kind {
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Signed | Self::Unsigned | Self::Float)
    }
}

/// A value, as wide as the widest of its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
}

impl TryFrom<String> for Format {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let (is_native, is_little_endian) = match text.chars().next() {
            Some('<' | '=') => (false, true),
            Some('>' | '!') => (false, false),
            _ => (true, true),
        };
        let mut format = Self { fields: Vec::new(), size: 0, is_little_endian };
        let mut count = None;
        for code in text.strip_prefix(['@', '=', '<', '>', '!']).unwrap_or(&text).chars() {
            if let Some(digit) = code.to_digit(10) {
                count = Some((count.unwrap_or(0) * 10 + digit as usize).min(MAX_SIZE + 1));
            } else if count.is_some() || !code.is_ascii_whitespace() {
                format.add(code, count.take(), is_native)?;
            }
        }
        ensure!(count.is_none(), "the number at the end has no format character");
        Ok(format)
    }
}

impl Format {
    fn add(&mut self, code: char, count: Option<usize>, is_native: bool) -> Result<()> {
        let (kind, size) = kind(code, is_native)
            .with_context(|| format!("{code:?} is not a format character with this byte order"))?;
        if is_native {
            self.size = self.size.next_multiple_of(size);
        }
        let (count, size) = match (code, count.unwrap_or(1)) {
            ('s' | 'p', length) => (length.min(1), length),
            (_, count) => (count, size),
        };
        ensure!(self.size + count * size <= MAX_SIZE, "it has more than {MAX_SIZE} bytes");
        for offset in (self.size..).step_by(size.max(1)).take(count) {
            self.fields.extend(kind.map(|kind| Field { offset, kind, size }));
        }
        self.size += count * size;
        Ok(())
    }
}

/// Returns the encoding and size of a format character; padding has no encoding.
fn kind(code: char, is_native: bool) -> Option<(Option<Kind>, usize)> {
    let (kind, size) = match code {
        'x' => return Some((None, 1)),
        '?' => (Kind::Bool, 1),
        'b' => (Kind::Signed, 1),
        'B' => (Kind::Unsigned, 1),
        'h' => (Kind::Signed, 2),
        'H' => (Kind::Unsigned, 2),
        'i' => (Kind::Signed, 4),
        'I' => (Kind::Unsigned, 4),
        'l' => (Kind::Signed, if is_native { 8 } else { 4 }),
        'L' => (Kind::Unsigned, if is_native { 8 } else { 4 }),
        'q' => (Kind::Signed, 8),
        'Q' => (Kind::Unsigned, 8),
        'n' if is_native => (Kind::Signed, 8),
        'N' | 'P' if is_native => (Kind::Unsigned, 8),
        'e' => (Kind::Float, 2),
        'f' => (Kind::Float, 4),
        'd' => (Kind::Float, 8),
        'c' | 's' => (Kind::Text, 1),
        'p' => (Kind::Pascal, 1),
        _ => return None,
    };
    Some((Some(kind), size))
}
