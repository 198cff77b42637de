//! Settings of the bus and of the connector itself, from the command line, the environment and a `.env`
//! file.

mod bus;
mod dotenv;
mod effective;
mod environment;
mod exit;
mod fault;
mod identity;
mod read;
mod report;
mod secret;
mod shown;
pub(crate) mod state_dir;
mod suggest;
#[cfg(test)]
mod tests;
pub mod value_parser;

#[cfg(any(test, feature = "testing"))]
pub(crate) use self::read::read;
pub use self::{bus::BusSettings, identity::ConnectorSettings, secret::Secret};
pub(crate) use self::{
    effective::{Effective, Unknown, effective, unknown},
    environment::Environment,
    exit::{EXIT_CONFIG, Exit},
    fault::is_secret,
    read::{AFTER_HELP, Nothing, Read, command, read_bus, read_with, with_settings},
    suggest::nearest,
};
