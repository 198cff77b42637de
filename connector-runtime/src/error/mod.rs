//! Failures in the device part: errors, their chains of causes, and panics.

mod chain;
mod keep_session;
mod panic;
mod result;

pub(crate) use self::{
    chain::Causes,
    keep_session::keeps_session,
    panic::{Panic, catch, isolated, isolated_call},
};
pub use self::{
    keep_session::KeepSession,
    result::{Error, Result},
};
