//! The trait of a connector, which the macro implements, or you implement by hand.

mod source;

use std::time::Duration;

use serde::Serialize;

use crate::{
    datapoint::{Actuator, Command, Sensor},
    error::Result,
    raw::RawMessage,
    readings::FlatReadings,
    settings::ConnectorSettings,
};

pub use self::source::{Every, Source};

/// The default time limit for opening a session.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The device part of a connector: the code that is specific to the device.
///
/// `#[connector]` on an `impl` block implements this trait. Implement it by hand if the macro does not
/// fit, for example for a device whose sources and datapoints are known only at run time:
///
/// ```
/// use connector_runtime::{Kind, prelude::*};
///
/// /// Reads whatever registers its settings name.
/// #[connector]
/// struct Registers {
///     /// Names of the registers, separated by commas.
///     #[arg(long, env = "REGISTERS", value_delimiter = ',')]
///     names: Vec<String>,
/// }
///
/// impl Connector for Registers {
///     type Session = ();
///     type Raw = Vec<u16>;
///     type Readings = std::collections::BTreeMap<String, u16>;
///
///     fn sources(&self) -> Vec<Source> {
///         vec![Source::poll("registers", Duration::from_secs(10))]
///     }
///
///     async fn connect(&self) -> Result<()> {
///         Ok(())
///     }
///
///     async fn receive(&self, (): &(), _source: usize) -> Result<Option<Vec<u16>>> {
///         Ok(Some(vec![0; self.names.len()]))
///     }
///
///     fn parse(&self, raw: &Vec<u16>) -> Result<Option<Self::Readings>> {
///         Ok(Some(self.names.iter().cloned().zip(raw.iter().copied()).collect()))
///     }
///
///     fn sensors(&self) -> Vec<Sensor> {
///         self.names.iter().map(|name| Sensor::new(name.clone(), Kind::Integer)).collect()
///     }
///
///     fn actuators(&self) -> Vec<Actuator> {
///         self.names.iter().map(|name| Actuator::new(name.clone()).example(0)).collect()
///     }
///
///     async fn send(&self, (): &(), command: &Command) -> Result<()> {
///         println!("{} := {}", command.key(), command.value::<u16>()?);
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the connection to its device",
    label = "this is not a connector yet",
    note = "write `#[connector] impl {Self} {{ .. }}` with a `#[receive]` and a `#[parse]` method"
)]
pub trait Connector: ConnectorSettings {
    /// The [session](crate::guide#glossary) with the device: a connection, a socket, or a login. `()` if
    /// nothing stays open between two calls.
    ///
    /// Several calls use the session concurrently. After it has ended, it is dropped as soon as no call
    /// uses it.
    type Session: Send + Sync + 'static;

    /// The raw message of the device: text, bytes, or any serde type.
    type Raw: RawMessage;

    /// The readings that [`parse`](Self::parse) returns: an object whose leaves are the sensors. Nested
    /// keys are joined with `__`.
    type Readings: Serialize;

    /// Returns the sources of raw messages. All of them run concurrently.
    fn sources(&self) -> Vec<Source>;

    /// Opens a session with the device. After an error it is called again, with growing pauses of up to
    /// one minute.
    fn connect(&self) -> impl Future<Output = Result<Self::Session>> + Send;

    /// Returns the time limit for [`connect`](Self::connect), by default 30 s. After it the call is
    /// dropped, which counts as an error.
    fn connect_timeout(&self) -> Duration {
        CONNECT_TIMEOUT
    }

    /// Receives the next raw message of a source, given by its index in [`sources`](Self::sources).
    ///
    /// `Ok(None)` means that there is nothing to process this time. An error ends the session, and the
    /// source is called again with the next session. If the error is marked with [`KeepSession`], or the
    /// session is `()`, a polled source is called again after its interval, and a source that pushes
    /// after a growing pause. The first five consecutive errors of this kind cause no pause.
    ///
    /// If the session ends for another reason while this waits, the call is dropped, because the answer
    /// may never arrive.
    ///
    /// [`KeepSession`]: crate::KeepSession
    fn receive(
        &self,
        session: &Self::Session,
        source: usize,
    ) -> impl Future<Output = Result<Option<Self::Raw>>> + Send;

    /// Parses a raw message. This must be a pure function: the same message always results in the same
    /// readings, so that recorded messages can be replayed.
    ///
    /// `Ok(None)` drops the message silently, and an error drops it with a log message.
    fn parse(&self, raw: &Self::Raw) -> Result<Option<Self::Readings>>;

    /// Converts readings to keys and values.
    ///
    /// By default the readings are serialized by serde. For a type with `#[derive(Datapoints)]`, the
    /// macro generates `to.record(readings)`, which uses the keys of the derive and omits `None`.
    ///
    /// # Errors
    ///
    /// An error drops the message with a log message.
    fn flatten(&self, readings: &Self::Readings, to: &mut FlatReadings) -> Result<()> {
        to.serialize(readings)
    }

    /// Returns the sensors that are known before the first message. They are announced at the start, with
    /// an example instead of a value. All others are discovered in the messages.
    fn sensors(&self) -> Vec<Sensor> {
        Vec::new()
    }

    /// Returns the key of a sensor that reports whether there is a session with the device, as `true` or
    /// `false`. It is announced with the other sensors. Without it, only the log reports this.
    fn state_sensor(&self) -> Option<&str> {
        None
    }

    /// Returns the actuators. This is called again for each new session and whenever a new sensor is
    /// discovered, so that actuators can depend on what the device reports.
    fn actuators(&self) -> Vec<Actuator> {
        Vec::new()
    }

    /// Sends a command to the device. Commands of one actuator are sent one after another; those of
    /// different actuators may overlap.
    ///
    /// An error is logged and ends the session, unless it is marked with
    /// [`KeepSession`](crate::KeepSession), as the errors of [`Command::value`] are.
    fn send(
        &self,
        session: &Self::Session,
        command: &Command,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = session;
        std::future::ready(Err(command.unknown()))
    }
}
