//! Errors after which the session with the device stays open.

use std::{error, fmt};

use crate::error::result::{Error, Result};

/// Marks errors after which the [session](crate::guide#glossary) with the device still works.
///
/// An error from `receive` or `send` ends the session, because the connection is probably broken. If the
/// device did answer, but with an error, mark the error to keep the session:
///
/// ```
/// # use connector_runtime::prelude::*;
/// fn check(answer: &str) -> Result<()> {
///     ensure!(!answer.is_empty(), "the device closed the connection");
///     Err(anyhow!("the device answered: {answer}")).keep_session()
/// }
/// ```
///
/// An error keeps its mark when context is added to it.
pub trait KeepSession {
    /// The same type, with its error marked.
    type Marked;

    /// Marks the error.
    fn keep_session(self) -> Self::Marked;
}

impl<T, E: Into<Error>> KeepSession for Result<T, E> {
    type Marked = Result<T>;

    fn keep_session(self) -> Result<T> {
        self.map_err(|error| Error::new(Marked(error.into())))
    }
}

impl KeepSession for Error {
    type Marked = Self;

    fn keep_session(self) -> Self {
        Self::new(Marked(self))
    }
}

/// The mark around an error. It is formatted like the error itself.
struct Marked(Error);

impl fmt::Debug for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for Marked {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source()
    }
}

/// Whether the error is marked.
pub(crate) fn keeps_session(error: &Error) -> bool {
    error.chain().any(<dyn error::Error>::is::<Marked>)
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context;

    use super::*;

    #[test]
    fn a_mark_survives_context_and_adds_no_text() {
        let broken = || io::Error::other("no such register");
        assert!(!keeps_session(&broken().into()));
        let marked = Err::<(), _>(broken()).context("register 7").keep_session().unwrap_err();
        assert!(keeps_session(&marked));
        assert_eq!(format!("{marked:#}"), "register 7: no such register");
        let marked = marked.context("poll");
        assert!(keeps_session(&marked));
        assert_eq!(format!("{marked:#}"), "poll: register 7: no such register");
        assert!(keeps_session(&anyhow::anyhow!("text").keep_session()));
    }
}
