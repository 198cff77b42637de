//! A connector that wraps another one and replaces a part of it.
//!
//! A subcommand can thus use the runtime unchanged, to intercept the messages of the device or to
//! simulate it.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::settings::ConnectorSettings;

/// A connector with a replaced part.
pub(crate) struct Around<C, X> {
    pub(crate) connector: C,
    pub(crate) with: X,
}

impl<C: ConnectorSettings, X: Default + Send + Sync + 'static> ConnectorSettings for Around<C, X> {
    const NAME: &'static str = C::NAME;
    const VERSION: &'static str = C::VERSION;
    const ABOUT: &'static str = C::ABOUT;
}

impl<C: ConnectorSettings, X> Args for Around<C, X>
where
    Self: FromArgMatches,
{
    fn augment_args(command: Command) -> Command {
        C::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        C::augment_args_for_update(command)
    }
}

impl<C: ConnectorSettings, X: Default> FromArgMatches for Around<C, X> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        C::from_arg_matches(matches).map(|connector| Self { connector, with: X::default() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.connector.update_from_arg_matches(matches)
    }
}
