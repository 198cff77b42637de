//! A raw message as JSON, to store it and to restore it.
//!
//! The raw message database stores JSON, while devices send bytes. Text is stored as a JSON string, and
//! any serde type as serde writes it. Bytes are stored as a JSON string if they are valid UTF-8, and
//! otherwise as `{"base64": ".."}` (RFC 4648, standard alphabet, with padding), so that they are restored
//! unchanged.

use std::{
    any::{Any, TypeId},
    borrow::Cow,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The type of a [raw message](crate::guide#glossary): text, bytes, or any type that serde can serialize
/// and deserialize.
///
/// All such types implement it. A `Vec<u8>` is stored as text, or as base64 if it is not valid UTF-8. For
/// bytes *within* a type of your own, name the encoding:
///
/// ```
/// # use serde::{Serialize, Deserialize};
/// #[derive(Serialize, Deserialize)]
/// struct Datagram {
///     from: std::net::SocketAddr,
///     #[serde(with = "connector_runtime::raw::bytes")]
///     payload: Vec<u8>,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a raw message",
    label = "a raw message must be serializable and deserializable, to be stored and parsed again",
    note = "return text (`String`), bytes (`Vec<u8>`), or a type with `#[derive(Serialize, Deserialize)]`"
)]
pub trait RawMessage: Send + Sync + 'static {
    /// Returns the message as JSON text. Fails if its `Serialize` fails.
    fn to_json(&self) -> serde_json::Result<String>;

    /// Restores a message from the JSON text that [`to_json`](Self::to_json) returned. Fails if the text
    /// does not match the type.
    fn from_json(json: &str) -> serde_json::Result<Self>
    where
        Self: Sized;
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> RawMessage for T {
    fn to_json(&self) -> serde_json::Result<String> {
        let this: &dyn Any = self;
        if let Some(vec) = this.downcast_ref::<Vec<u8>>() {
            serde_json::to_string(&Encoded::from(vec.as_slice()))
        } else {
            serde_json::to_string(self)
        }
    }

    fn from_json(json: &str) -> serde_json::Result<Self> {
        if TypeId::of::<Self>() != TypeId::of::<Vec<u8>>() {
            return serde_json::from_str(json);
        }
        let bytes: Box<dyn Any> =
            Box::new(bytes::deserialize(&mut serde_json::Deserializer::from_str(json))?);
        Ok(*bytes.downcast().expect("both are Vec<u8>"))
    }
}

/// Bytes within a raw message, for `#[serde(with = "connector_runtime::raw::bytes")]`.
pub mod bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{Encoded, Engine, STANDARD};

    /// Serializes bytes as text, or as `{"base64": ".."}` if they are not valid UTF-8.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        Encoded::from(bytes).serialize(serializer)
    }

    /// Deserializes bytes from text or from `{"base64": ".."}`. Fails if the base64 is invalid.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        match Encoded::deserialize(deserializer)? {
            Encoded::Text(text) => Ok(text.into_bytes()),
            Encoded::Binary { base64 } => STANDARD.decode(base64).map_err(D::Error::custom),
        }
    }
}

/// Bytes as text, or as base64 if they are not valid UTF-8.
pub(crate) fn text_or_base64(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(STANDARD.encode(bytes)),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "bytes must be text or an object like {\"base64\": \"/wA=\"}")]
enum Encoded {
    Text(String),
    Binary { base64: String },
}

impl From<&[u8]> for Encoded {
    fn from(bytes: &[u8]) -> Self {
        match text_or_base64(bytes) {
            Cow::Borrowed(text) => Self::Text(text.to_owned()),
            Cow::Owned(base64) => Self::Binary { base64 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: RawMessage + PartialEq + std::fmt::Debug>(raw: &T, json: &str) {
        assert_eq!(raw.to_json().unwrap(), json);
        assert_eq!(T::from_json(json).unwrap(), *raw);
    }

    #[test]
    fn every_raw_message_is_restored_unchanged() {
        round_trip(&"a \"line\"\n".to_owned(), r#""a \"line\"\n""#);
        round_trip(&b"plain".to_vec(), r#""plain""#);
        round_trip(&vec![0xff_u8, 0x00, 0x80], r#"{"base64":"/wCA"}"#);
        round_trip(&Vec::<u8>::new(), r#""""#);
        round_trip(&vec![1_u16, 2], "[1,2]");
        round_trip(&serde_json::json!({"base64": "not bytes"}), r#"{"base64":"not bytes"}"#);
    }
}
