//! Why a program ends, and with which exit code.

use std::fmt;

use clap::{Error, error::ErrorKind};

use crate::{error::Causes, settings::fault::describe_other, telemetry::log::text::one_line};

/// `EX_CONFIG` of sysexits.h: the settings are wrong, a restart does not help.
pub(crate) const EXIT_CONFIG: u8 = 78;

/// Why the connector does not start.
#[derive(Debug)]
pub(crate) enum Exit {
    /// The user asked for the help or the version, and here it is.
    Asked(Error),
    /// The settings cannot be used.
    Faults(Vec<String>),
    /// What was asked for did not work.
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
                writeln!(f, "The connector cannot start with these settings:")?;
                faults.iter().try_for_each(|fault| writeln!(f, "  - {}", one_line(fault)))?;
                f.write_str("Try --help for all settings.")
            }
            Self::Failed(error) => write!(f, "error: {}", Causes(error)),
        }
    }
}
