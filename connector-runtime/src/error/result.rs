//! The error of the device part, and its result.

/// What went wrong in the device part: any error, with the chain of its causes.
///
/// This is [`anyhow::Error`]: every `std::error::Error` converts into it with `?`, and
/// [`Context`](anyhow::Context) adds what was being done. The whole chain reaches the log
/// topic in one message.
pub type Error = anyhow::Error;

/// The result of a device function; see [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
