//! What generated code calls; not for use by hand.

use crate::{Command, Error, Result};

/// What a method with `#[receive]` or `#[parse]` may return in the place of a message.
pub fn message<T, E: Into<Error>>(outcome: Result<T, E>) -> Result<Option<T>> {
    outcome.map(Some).map_err(Into::into)
}

/// The same for a method that may have nothing to say.
pub fn optional<T, E: Into<Error>>(outcome: Result<Option<T>, E>) -> Result<Option<T>> {
    outcome.map_err(Into::into)
}

/// What a method with `#[send]` may return.
pub fn sent<E: Into<Error>>(outcome: Result<(), E>) -> Result<()> {
    outcome.map_err(Into::into)
}

/// The command's timestamp as the type that the method takes.
#[must_use]
pub fn timestamp<T: From<crate::Timestamp>>(command: &Command) -> T {
    command.timestamp().into()
}
