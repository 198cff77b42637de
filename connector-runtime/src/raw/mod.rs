//! Raw messages: as JSON, and in archives.

pub(crate) mod archive;
mod message;

pub(crate) use self::message::text_or_base64;
pub use self::message::{RawMessage, bytes};
