//! Nothing here has its usual name: there is no prelude, the runtime is called otherwise, and names of
//! the standard library are taken. The macros write code that compiles all the same, without a warning.

#![no_implicit_prelude]
#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

mod taken;

use ::my_runtime::{Connector, Timestamp, connector};

use self::taken::{
    Box, Default, Err, From, Future, Into, Iterator, None, Ok, Option, Result, Send, Some, String,
    Sync, Vec,
};

/// A connector.
#[connector(crate = my_runtime)]
#[derive(::std::fmt::Debug)]
pub struct Device {
    /// Name of the register.
    #[arg(long, env = "REGISTER", default_value = Self::USUAL)]
    pub register: ::std::string::String,
}

/// A session.
#[derive(::std::fmt::Debug)]
pub struct Session;

/// Readings.
#[derive(::std::fmt::Debug, ::serde::Serialize, ::my_runtime::Datapoints)]
#[datapoint(crate = my_runtime)]
pub struct Status {
    /// Power that is fed in.
    #[datapoint(unit = "W", range = 0.0..=5000.0)]
    pub power: f64,
    /// How it is.
    pub mode: Mode,
    /// Absent at times.
    pub level: ::core::option::Option<u8>,
}

/// A mode.
#[derive(::std::fmt::Debug, ::serde::Serialize, ::my_runtime::Datapoints)]
#[datapoint(crate = my_runtime)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing to do.
    Idle,
}

impl Device {
    const USUAL: &str = "power";
}

#[connector(crate = my_runtime)]
impl Device {
    /// Opens a session.
    ///
    /// # Errors
    ///
    /// None.
    #[connect(state = "online")]
    pub async fn open(&self) -> ::my_runtime::Result<Session> {
        ::core::result::Result::Ok(Session)
    }

    #[receive(every = ::core::time::Duration::from_secs(10))]
    async fn poll(&self, _session: &Session) -> ::my_runtime::Result<::std::string::String> {
        ::core::result::Result::Ok(::std::string::String::new())
    }

    #[receive]
    fn push(&self) -> ::my_runtime::Result<::core::option::Option<::std::string::String>> {
        ::core::result::Result::Ok(::core::option::Option::None)
    }

    #[parse]
    fn status(raw: &str) -> ::my_runtime::Result<Status> {
        let level = raw.as_bytes().first().copied();
        ::core::result::Result::Ok(Status { power: 0.0, mode: Mode::Idle, level })
    }

    /// Sets the power.
    #[send("power", range = 0..=5000)]
    fn set_power(&self, _watts: u16) -> ::my_runtime::Result<()> {
        ::core::result::Result::Ok(())
    }

    #[send("a", "b", one_of = ["x", "y"])]
    fn set_word(
        &self,
        _key: &str,
        _word: ::std::string::String,
        _at: Timestamp,
    ) -> ::my_runtime::Result<()> {
        ::core::result::Result::Ok(())
    }

    #[send("{register}__raw", each = [&self.register])]
    fn write(&self, _session: &Session, _register: &str, _value: u16) -> ::my_runtime::Result<()> {
        ::core::result::Result::Ok(())
    }

    #[send(each = ["other"])]
    async fn others(&self, _key: &str, _value: f32) -> ::my_runtime::Result<()> {
        ::core::result::Result::Ok(())
    }
}

/// Proof that the names are taken, and that a connector came out of it.
#[must_use]
pub fn proof(device: &Device) -> (usize, usize) {
    let (words, types) = ([Ok(1).0, Err(1).0, Some(1).0, None(1).0], [Option(1).0, Result(1).0]);
    let more = [String(1).0, Vec(1).0, Box(1).0, Send(1).0, Sync(1).0, Iterator(1).0, Into(1).0];
    let rest = [From(1).0, Default(1).0, Future(1).0];
    (device.actuators().len(), words.len() + types.len() + more.len() + rest.len())
}
