//! The error and result types of the device part.

/// An error of the device part: any error, with the chain of its causes.
///
/// This is [`anyhow::Error`]. Every `std::error::Error` converts into it with `?`, and
/// [`Context`](anyhow::Context) adds a description of the failed operation. The whole chain is published
/// on
/// the log topic in one message.
pub type Error = anyhow::Error;

/// The result of a method of the device part, with [`Error`] as the default error type.
pub type Result<T, E = Error> = std::result::Result<T, E>;
