//! Combines the bus and the device into a running connector.

mod connections;
mod device_part;
mod health;
mod operation;
mod preflight;
mod process;
mod run;
pub(crate) mod signals;

pub use self::run::run;
#[cfg(feature = "testing")]
pub(crate) use self::run::serve;
pub(crate) use self::{
    device_part::device_alone,
    preflight::{address_of, faults, identity_of},
    process::until_stopped,
};
