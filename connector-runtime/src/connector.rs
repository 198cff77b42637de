//! The trait that a connector implements, by the macro or by hand.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;

use crate::{Actuator, Command, FlatReadings, RawMessage, Sensor};

/// What went wrong in the device part: any error, with the chain of its causes.
///
/// This is [`anyhow::Error`]: every `std::error::Error` converts into it with `?`, and
/// [`Context`](anyhow::Context) adds what was being done. The whole chain reaches the log
/// topic in one message.
pub type Error = anyhow::Error;

/// The result of a device function; see [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who a connector is and which settings it takes: what `#[connector]` on a struct implements.
///
/// The struct's fields are [`clap`] arguments, so each setting can be a flag, an environment
/// variable, or both.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connector's settings",
    label = "this struct lacks `#[connector]`",
    note = "write `#[connector]` above `struct {Self}`; its fields become flags and environment variables"
)]
pub trait ConnectorSettings: clap::Args + Send + Sync + 'static {
    /// The connector's name where `CONNECTOR_NAME` does not say otherwise: the root of all its
    /// topics.
    const NAME: &'static str;
    /// The connector's own version; it is recorded beside each raw message.
    const VERSION: &'static str;
    /// What it connects, in one line, for `--help`.
    const ABOUT: &'static str;
}

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

/// How long a poll may take where nothing else is said.
const POLL_TIMEOUT: Duration = Duration::from_mins(1);

/// How long it may take to open a session where nothing else is said.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// One way by which raw messages arrive, and its rhythm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: Cow<'static, str>,
    rhythm: Rhythm,
    timeout: Option<Duration>,
}

/// When a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rhythm {
    /// As soon as its last message is processed.
    Push,
    Every(Duration),
    Never,
}

/// The time from one poll to the next: a [`Duration`], or none for a source that is not there.
#[diagnostic::on_unimplemented(
    message = "the rhythm of a source is a `Duration`, and not `{Self}`",
    label = "not a `Duration`",
    note = "write `Duration::from_secs(10)`; with an `Option<Duration>`, `None` says that there is no such source"
)]
pub trait Every {
    /// The time, if the source is there.
    fn every(self) -> Option<Duration>;
}

impl Every for Duration {
    fn every(self) -> Option<Self> {
        Some(self)
    }
}

impl Every for Option<Duration> {
    fn every(self) -> Self {
        self
    }
}

impl Source {
    /// A source that is polled: at once, and then each time the interval has passed since the
    /// last poll *began*. A poll that takes longer is followed at once by the next, none piles up.
    /// With `None` for the interval it is never polled.
    #[must_use]
    pub fn poll(name: impl Into<Cow<'static, str>>, every: impl Every) -> Self {
        let every = every.every();
        let timeout = every.map(|every| every.max(POLL_TIMEOUT));
        let rhythm = every.map_or(Rhythm::Never, Rhythm::Every);
        Self { name: name.into(), rhythm, timeout }
    }

    /// A source that pushes: [`receive`](Connector::receive) waits for its next message.
    #[must_use]
    pub fn push(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), rhythm: Rhythm::Push, timeout: None }
    }

    /// How long [`receive`](Connector::receive) may take; then the call is dropped, which counts as an
    /// error. Without this it is the interval, but at least a minute, for a source that is polled, and
    /// as long as it takes for one that pushes.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What log messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The time from one poll to the next; none for a source that pushes, or that is not there.
    #[must_use]
    pub const fn every(&self) -> Option<Duration> {
        match self.rhythm {
            Rhythm::Every(every) => Some(every),
            Rhythm::Push | Rhythm::Never => None,
        }
    }

    /// How long a call may take.
    pub(crate) const fn limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// How long its data is fresh: two polls may fail, and a slow one is no trouble.
    pub(crate) fn fresh_for(&self) -> Option<Duration> {
        self.every().map(|every| every.saturating_mul(3).max(POLL_TIMEOUT))
    }

    /// Whether it is asked at all.
    pub(crate) fn is_there(&self) -> bool {
        self.rhythm != Rhythm::Never
    }
}
