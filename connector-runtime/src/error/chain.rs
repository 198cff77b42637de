//! An error and its causes on one line.

use std::fmt;

use crate::error::result::Error;

/// Formats an error and its causes, separated by `: `. Many libraries repeat the cause in the text of the
/// error; such a cause is written once.
pub(crate) struct Causes<'a>(pub(crate) &'a Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = String::new();
        for cause in self.0.chain() {
            let text = cause.to_string();
            if last.is_empty() {
                f.write_str(&text)?;
            } else if !last.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            last = text;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("I/O: {0}")]
    struct Repeats(#[source] io::Error);

    #[test]
    fn a_repeated_cause_is_written_once() {
        let error = Err::<(), _>(Repeats(io::Error::other("refused"))).context("cannot connect");
        let error = error.unwrap_err();
        assert_eq!(Causes(&error).to_string(), "cannot connect: I/O: refused");
        let error = anyhow::anyhow!("refused").context("no answer").context("poll");
        assert_eq!(Causes(&error).to_string(), "poll: no answer: refused");
    }
}
