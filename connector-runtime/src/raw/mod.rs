//! Raw messages: their JSON form, and archives of them.

pub(crate) mod archive;
mod message;

pub(crate) use self::message::text_or_base64;
pub use self::message::{RawMessage, bytes};
