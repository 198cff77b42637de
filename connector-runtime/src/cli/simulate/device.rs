//! The simulated device, which replaces the real one.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::bail;
use fastrand::Rng;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use tokio::time::sleep;

use crate::{
    cli::{around::Around, simulate::values},
    connector::{Connector, Source},
    datapoint::{Actuator, Command, Sensor},
    error::Result,
    raw::{RawMessage, archive::Stored},
    readings::FlatReadings,
};

/// On average, one in `BAD` messages is invalid, and one in `SILENT` is replaced by silence.
const BAD: u32 = 10;
const SILENT: u32 = 30;

/// The source of invalid messages without a recording; they are its first half.
const BAD_FRAME: &str = "\u{1}\u{7f}{]an invalid message of --faults";

/// The length of a silence in messages.
const SILENCE: u32 = 10;

/// The state of a simulated device.
pub(crate) struct Simulation {
    messages: Messages,
    every: Duration,
    faults: Option<Mutex<Rng>>,
    next: AtomicU64,
    /// The last command for each actuator, which the sensor with the same key reports.
    commanded: Mutex<HashMap<String, Value>>,
}

/// The source of its messages.
pub(crate) enum Messages {
    Recorded(Vec<Stored>),
    MadeUp(Vec<Sensor>),
}

/// A message of a simulated device.
pub(crate) enum Raw<R> {
    Recorded(R),
    MadeUp(Map<String, Value>),
    /// A message that `parse` must reject, for types of raw messages that cannot hold any text.
    Bad,
}

/// The readings of a message.
pub(crate) enum Readings<R> {
    Recorded(R),
    MadeUp(Map<String, Value>),
}

/// A simulated fault.
enum Fault {
    Bad,
    Silence,
}

impl Default for Simulation {
    fn default() -> Self {
        Self::new(Messages::MadeUp(Vec::new()), Duration::from_secs(1), None)
    }
}

impl Simulation {
    pub(super) fn new(messages: Messages, every: Duration, faults: Option<u64>) -> Self {
        let faults = faults.map(|seed| Mutex::new(Rng::with_seed(seed)));
        Self { messages, every, faults, next: AtomicU64::new(0), commanded: Mutex::default() }
    }

    fn fault(&self) -> Option<Fault> {
        let mut rng = self.faults.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        match (rng.u32(..SILENT), rng.u32(..BAD)) {
            (0, _) => Some(Fault::Silence),
            (_, 0) => Some(Fault::Bad),
            _ => None,
        }
    }

    /// Returns an invalid message: the first half of a recorded text, or of [`BAD_FRAME`] without a
    /// recording.
    fn bad<R: RawMessage>(&self) -> Raw<R> {
        let recorded = match &self.messages {
            Messages::Recorded(recorded) => {
                serde_json::from_str(recorded[self.turn(recorded.len())].raw_message.get()).ok()
            }
            Messages::MadeUp(_) => None,
        };
        let text: String = recorded.unwrap_or_else(|| BAD_FRAME.to_owned());
        let cut: String = text.chars().take(text.chars().count() / 2).collect();
        R::from_json(&Value::String(cut).to_string()).map_or(Raw::Bad, Raw::Recorded)
    }

    /// Returns the next index below `count`, in turn.
    fn turn(&self, count: usize) -> usize {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        usize::try_from(number).unwrap_or_default() % count
    }

    fn message<R: RawMessage>(&self) -> Result<Raw<R>> {
        match &self.messages {
            Messages::Recorded(recorded) => {
                let stored = &recorded[self.turn(recorded.len())];
                Ok(Raw::Recorded(R::from_json(stored.raw_message.get())?))
            }
            Messages::MadeUp(sensors) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let commanded = self.commanded.lock().unwrap_or_else(PoisonError::into_inner);
                let value = |(phase, sensor): (usize, &Sensor)| {
                    let value = commanded.get(&*sensor.key).cloned();
                    let value = value.unwrap_or_else(|| values::value(sensor, phase, number));
                    (sensor.key.to_string(), value)
                };
                Ok(Raw::MadeUp(sensors.iter().enumerate().map(value).collect()))
            }
        }
    }
}

impl<C: Connector> Connector for Around<C, Simulation> {
    type Session = ();
    type Raw = Raw<C::Raw>;
    type Readings = Readings<C::Readings>;

    fn sources(&self) -> Vec<Source> {
        vec![Source::poll("simulation", self.with.every)]
    }

    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn receive(&self, (): &(), _: usize) -> Result<Option<Raw<C::Raw>>> {
        match self.with.fault() {
            None => self.with.message().map(Some),
            Some(Fault::Bad) => Ok(Some(self.with.bad())),
            Some(Fault::Silence) => {
                tracing::info!("the simulated device is silent for a while");
                sleep(self.with.every * SILENCE).await;
                Ok(None)
            }
        }
    }

    fn parse(&self, raw: &Raw<C::Raw>) -> Result<Option<Readings<C::Readings>>> {
        match raw {
            Raw::Recorded(raw) => Ok(self.connector.parse(raw)?.map(Readings::Recorded)),
            Raw::MadeUp(values) => Ok(Some(Readings::MadeUp(values.clone()))),
            Raw::Bad => bail!("an invalid message of --faults"),
        }
    }

    fn flatten(&self, readings: &Readings<C::Readings>, to: &mut FlatReadings) -> Result<()> {
        match readings {
            Readings::Recorded(readings) => self.connector.flatten(readings, to),
            Readings::MadeUp(values) => to.serialize(values),
        }
    }

    fn sensors(&self) -> Vec<Sensor> {
        self.connector.sensors()
    }

    fn state_sensor(&self) -> Option<&str> {
        self.connector.state_sensor()
    }

    fn actuators(&self) -> Vec<Actuator> {
        self.connector.actuators()
    }

    async fn send(&self, (): &(), command: &Command) -> Result<()> {
        let (key, json) = (command.key(), command.json());
        let actuators = self.connector.actuators();
        if let Some(actuator) = actuators.iter().find(|actuator| actuator.key == key) {
            actuator.check_type(command)?;
        }
        let value = serde_json::from_str(json)?;
        self.with
            .commanded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.to_owned(), value);
        tracing::info!(
            limit.subject = key,
            "the simulated device received {json:.100} for `{key}`"
        );
        Ok(())
    }
}

impl<R: RawMessage> RawMessage for Raw<R> {
    fn to_json(&self) -> serde_json::Result<String> {
        match self {
            Self::Recorded(raw) => raw.to_json(),
            Self::MadeUp(values) => serde_json::to_string(values),
            Self::Bad => serde_json::to_string(BAD_FRAME),
        }
    }

    fn from_json(json: &str) -> serde_json::Result<Self> {
        R::from_json(json).map(Self::Recorded)
    }
}

impl<R: Serialize> Serialize for Readings<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Recorded(readings) => readings.serialize(serializer),
            Self::MadeUp(values) => values.serialize(serializer),
        }
    }
}
