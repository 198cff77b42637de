//! Reasons why a program ends before it runs, and exit codes.

use std::fmt;

use clap::{Error, error::ErrorKind};

use crate::{
    error::Causes,
    settings::{fault::describe_other, shown},
    telemetry::log::text::one_line,
};

/// `EX_CONFIG` of sysexits.h: the settings are invalid, so a restart does not help.
pub(crate) const EXIT_CONFIG: u8 = 78;

/// The reason why the connector does not start.
#[derive(Debug)]
pub(crate) enum Exit {
    /// The help or the version that the user asked for.
    Asked(Error),
    /// The settings are invalid: one text for each problem.
    Faults(Vec<String>),
    /// The subcommand failed.
    Failed(crate::error::Error),
}

impl From<crate::error::Error> for Exit {
    fn from(error: crate::error::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Error> for Exit {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Self::Asked(error),
            _ => Self::Faults(vec![describe_other(&error)]),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(text) => text.render().fmt(f),
            Self::Faults(faults) => {
                writeln!(f, "The settings are invalid:")?;
                faults
                    .iter()
                    .try_for_each(|fault| writeln!(f, "  - {}", shown::fault(&one_line(fault))))?;
                f.write_str("Use --help to list all settings.")
            }
            Self::Failed(error) => write!(f, "error: {}", Causes(error)),
        }
    }
}
