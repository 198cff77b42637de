//! The trait that a connector implements, by the macro or by hand.

use std::time::Duration;

use serde::Serialize;

use crate::{
    connector::source::Source,
    datapoint::{Actuator, Command, Sensor},
    error::Result,
    raw::RawMessage,
    readings::FlatReadings,
    settings::ConnectorSettings,
};

/// How long it may take to open a session where nothing else is said.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The device part of a connector.
///
/// `#[connector]` on an `impl` block writes this for you. By hand it is the way out for a device
/// whose datapoints are known only at run time:
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
    message = "`{Self}` does not say how to reach its device",
    label = "this is not a connector yet",
    note = "write `#[connector] impl {Self} {{ .. }}` with a `#[receive]` and a `#[parse]` method"
)]
pub trait Connector: ConnectorSettings {
    /// What is open while the connector talks to the device: a connection, a socket, a login. `()` for
    /// a device that is reached anew each time.
    ///
    /// Several calls use it at the same time. When it has ended it is dropped, once none does.
    type Session: Send + Sync + 'static;

    /// What the device hands over: text, bytes, or any serde type.
    type Raw: RawMessage;

    /// What [`parse`](Self::parse) makes of it: an object whose leaves are the sensors. Nested
    /// keys are joined with `__`.
    type Readings: Serialize;

    /// Where raw messages come from, each with its rhythm. All run side by side.
    fn sources(&self) -> Vec<Source>;

    /// Opens a session with the device. After an error it is called again, with growing pauses.
    fn connect(&self) -> impl Future<Output = Result<Self::Session>> + Send;

    /// How long [`connect`](Self::connect) may take; then the call is dropped, which counts as an error.
    fn connect_timeout(&self) -> Duration {
        CONNECT_TIMEOUT
    }

    /// Gets the next raw message of one source, given by its index in [`sources`](Self::sources).
    ///
    /// `Ok(None)` says that there is nothing to process this time. An error ends the session, and the
    /// source is asked again as soon as there is another one. If the error is [`KeepSession`], or the
    /// session `()`, the source is asked again at its next turn if it is polled, and after a growing
    /// pause if it pushes. The first five harmless errors in a row cost a source that pushes no pause.
    ///
    /// When the session ends for another reason this is dropped while it waits, as the answer may
    /// never come.
    ///
    /// [`KeepSession`]: crate::KeepSession
    fn receive(
        &self,
        session: &Self::Session,
        source: usize,
    ) -> impl Future<Output = Result<Option<Self::Raw>>> + Send;

    /// Reads the sensors out of a raw message. It is pure: the same message always gives the
    /// same readings, so that recorded messages can be replayed.
    ///
    /// `Ok(None)` drops the message silently, an error drops it with a log message.
    fn parse(&self, raw: &Self::Raw) -> Result<Option<Self::Readings>>;

    /// Takes the readings apart, into sensors and their values.
    ///
    /// By default serde writes them. For a type with `#[derive(Datapoints)]` the macro writes
    /// `to.record(readings)`: then the names are those of the derive, and `None` is nothing.
    fn flatten(&self, readings: &Self::Readings, to: &mut FlatReadings) -> Result<()> {
        to.serialize(readings)
    }

    /// The sensors that are known before the first message: they are announced at the start, with
    /// an example in the place of a value. All others are found on first sight.
    fn sensors(&self) -> Vec<Sensor> {
        Vec::new()
    }

    /// The key of a sensor that tells whether there is a session with the device: `true` or `false`.
    /// It is announced with the other sensors. Without one, only the log tells.
    fn state_sensor(&self) -> Option<&str> {
        None
    }

    /// The datapoints that take commands. This is asked again for each new session and whenever a new
    /// sensor was found, so that actuators may come and go with what the device reports.
    fn actuators(&self) -> Vec<Actuator> {
        Vec::new()
    }

    /// Hands a command to the device. Commands of one actuator come one after another, those of
    /// different actuators may overlap.
    ///
    /// An error is logged and ends the session, unless it is [`KeepSession`](crate::KeepSession) as those of
    /// [`Command::value`] are.
    fn send(
        &self,
        session: &Self::Session,
        command: &Command,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = session;
        std::future::ready(Err(command.unknown()))
    }
}
