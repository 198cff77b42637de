//! JSON text within readings. It is preserved: numbers keep their digits, and objects their order.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::value::RawValue;

use crate::readings::{
    flat::{FlattenError, MAX_NESTED, MAX_NESTING},
    walker::Walker,
};

/// Serializes JSON text as a part of the readings.
pub(super) fn walk(walker: &mut Walker<'_>, json: &str) -> Result<(), FlattenError> {
    let json = json.trim_ascii();
    // Each level is parsed and copied once more for each level around it.
    if walker.place.nesting <= 1 {
        match depth(json) {
            depth if depth > MAX_NESTING => return Err(FlattenError::TooDeep),
            depth if depth.saturating_mul(json.len()) > MAX_NESTED => {
                return Err(FlattenError::TooLarge);
            }
            _ => {}
        }
    }
    match json.as_bytes().first() {
        Some(b'{') => {
            let mut object = walker.serialize_map(None)?;
            for (key, value) in serde_json::from_str::<Members<'_>>(json)?.0 {
                object.serialize_entry(&key, value)?;
            }
            SerializeMap::end(object)
        }
        Some(b'[') => {
            let mut list = walker.serialize_seq(None)?;
            for element in serde_json::from_str::<Elements<'_>>(json)?.0 {
                list.serialize_element(element)?;
            }
            SerializeSeq::end(list)
        }
        Some(b'"') => serde_json::from_str::<Text>(json)?.serialize(walker),
        Some(b'n') => walker.serialize_unit(),
        _ => literal(walker, json),
    }
}

/// Returns the depth to which the objects and lists of a JSON text are nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Writes a number, `true` or `false`.
fn literal(walker: &mut Walker<'_>, json: &str) -> Result<(), FlattenError> {
    if json.parse().is_ok_and(f64::is_infinite) {
        return walker.serialize_f64(f64::INFINITY);
    }
    let start = walker.flat.json.len();
    walker.write(json);
    walker.end_value(start)
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(Text, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyMembers;

        impl<'de> Visitor<'de> for AnyMembers {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(AnyMembers)
    }
}

/// The elements of a list.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyElements;

        impl<'de> Visitor<'de> for AnyElements {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }

        deserializer.deserialize_seq(AnyElements)
    }
}

/// Text in which lone surrogates are replaced by U+FFFD: JSON can represent them, and UTF-8 cannot.
struct Text(String);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyText;

        impl Visitor<'_> for AnyText {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(replace_surrogates(bytes).into_owned()))
            }
        }

        deserializer.deserialize_bytes(AnyText)
    }
}

/// Replaces lone surrogates, which `serde_json` returns as three bytes beginning with 0xED.
fn replace_surrogates(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if chunk.invalid().first().is_some_and(|&byte| byte >= 0xc0) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Cow::Owned(text)
}
