//! Decodes values from bytes, and encodes a value as bytes.

use connector_runtime::prelude::*;
use half::f16;

use super::{Field, Format, Kind, Value};

impl Format {
    /// Returns the values in a sequence of bytes.
    pub(crate) fn unpack(&self, bytes: &[u8]) -> Result<Vec<Value>> {
        let (size, length) = (self.size, bytes.len());
        ensure!(length == size, "expected {size} bytes, got {length}");
        Ok(self.fields.iter().map(|field| self.read(*field, bytes)).collect())
    }

    /// Returns the bytes of this value, if the format contains exactly one.
    pub(crate) fn pack(&self, value: &Value) -> Result<Vec<u8>> {
        let &[Field { offset, size, kind }] = &self.fields[..] else {
            bail!("expected one value, got {}", self.fields.len());
        };
        let mut bytes = vec![0; self.size];
        let place = &mut bytes[offset..offset + size];
        if let Some(text) = text(kind, size, value)? {
            place[..text.len()].copy_from_slice(&text);
            return Ok(bytes);
        }
        place.copy_from_slice(&bits(kind, size, value)?.to_be_bytes()[8 - size..]);
        if self.is_little_endian {
            place.reverse();
        }
        Ok(bytes)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a field of that size has no more bits")]
    fn read(&self, Field { offset, kind, size }: Field, bytes: &[u8]) -> Value {
        let bytes = &bytes[offset..offset + size];
        let shift = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        let bits = if self.is_little_endian {
            bytes.iter().rev().fold(0, shift)
        } else {
            bytes.iter().fold(0, shift)
        };
        match (kind, size) {
            (Kind::Bool, _) => Value::Bool(bits != 0),
            (Kind::Signed, _) => {
                let unused = 64 - 8 * size;
                Value::Integer(((bits << unused).cast_signed() >> unused).into())
            }
            (Kind::Float, 2) => Value::Float(f16::from_bits(bits as u16).to_f64()),
            (Kind::Float, 4) => Value::Float(f32::from_bits(bits as u32).into()),
            (Kind::Float, _) => Value::Float(f64::from_bits(bits)),
            (Kind::Unsigned, _) => Value::Integer(bits.into()),
            (Kind::Text, _) => Value::text(bytes),
            (Kind::Pascal, _) => {
                let (length, text) = bytes.split_first().unwrap_or((&0, &[]));
                Value::text(&text[..text.len().min((*length).into())])
            }
        }
    }
}

impl Value {
    /// Devices fill up text with NUL.
    fn text(bytes: &[u8]) -> Self {
        Self::Text(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned())
    }
}

/// Returns the bytes of a text; `None` for a value of another kind.
fn text(kind: Kind, size: usize, value: &Value) -> Result<Option<Vec<u8>>> {
    let Value::Text(text) = value else { return Ok(None) };
    let mut bytes = text.as_bytes().to_vec();
    if kind == Kind::Pascal {
        bytes.insert(0, u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    }
    ensure!(matches!(kind, Kind::Text | Kind::Pascal), "text is not expected here");
    ensure!(bytes.len() <= size, "{text:?} has more bytes than there is room for");
    Ok(Some(bytes))
}

/// Returns the bits of a value that is not text, the lowest last. No bit is ever cut off.
#[expect(clippy::cast_possible_truncation, reason = "it is checked that the value fits")]
fn bits(kind: Kind, size: usize, value: &Value) -> Result<u64> {
    let bits = 8 * size;
    match (kind, value) {
        (Kind::Bool, Value::Bool(value)) => Ok((*value).into()),
        (Kind::Signed | Kind::Unsigned, Value::Integer(value)) => {
            let (low, high) = match kind {
                Kind::Signed => (-1_i128 << (bits - 1), (1 << (bits - 1)) - 1),
                _ => (0, (1 << bits) - 1),
            };
            ensure!((low..=high).contains(value), "{value} is outside of {low} to {high}");
            Ok((*value as i64).cast_unsigned())
        }
        (Kind::Float, Value::Float(value)) => {
            let (half, single) = (f16::from_f64(*value), *value as f32);
            let (is_infinite, bits) = match size {
                2 => (half.is_infinite(), half.to_bits().into()),
                4 => (single.is_infinite(), single.to_bits().into()),
                _ => (false, value.to_bits()),
            };
            ensure!(!is_infinite, "{value} is too large for a float of {size} bytes");
            Ok(bits)
        }
        _ => bail!("{value:?} is not of the expected kind"),
    }
}
