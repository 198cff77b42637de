//! The description of a connector as data: its datapoints, topics and settings. All documents are
//! generated from it alone.

use clap::Command;
use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::describe::{
        topics::{self, Topic},
        variables::{self, Variable},
    },
    connector::Connector,
    datapoint::{Actuator, Kind, Sensor},
    error::{Result, isolated_call},
    settings::BusSettings,
};

/// The description of a connector.
#[derive(Debug, Serialize)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) version: &'static str,
    pub(crate) about: &'static str,
    pub(crate) sources: Vec<Source>,
    pub(crate) sensors: Vec<Datapoint>,
    pub(crate) actuators: Vec<Datapoint>,
    pub(crate) topics: Vec<Topic>,
    pub(crate) variables: Vec<Variable>,
    /// Its user name at the broker.
    #[serde(skip)]
    pub(super) user: String,
    /// The prefixes of the topics of its values.
    #[serde(skip)]
    pub(super) prefixes: Vec<String>,
}

/// A source of raw messages.
#[derive(Debug, Serialize)]
pub(crate) struct Source {
    pub(super) name: String,
    /// Seconds between two polls; `None` if the device pushes.
    pub(super) every_seconds: Option<f64>,
}

/// A sensor or an actuator.
#[derive(Debug, Serialize)]
pub(crate) struct Datapoint {
    pub(crate) key: String,
    /// `number`, `integer`, `bool`, `text`, `word` or `list`; `None` if unknown.
    pub(crate) kind: Option<&'static str>,
    pub(crate) unit: Option<String>,
    pub(crate) range: Option<[Value; 2]>,
    /// The allowed values; with a range, those in addition to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) one_of: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_len: Option<usize>,
    pub(crate) description: String,
}

impl Manifest {
    /// Creates the description from a connector, its settings and its command line.
    pub(crate) fn of<C: Connector>(
        connector: &C,
        settings: &BusSettings,
        command: &Command,
    ) -> Result<Self> {
        let name = settings.connector_name.clone();
        isolated_call(|| {
            let sources = connector.sources();
            let sources = sources.iter().filter(|source| source.is_there()).map(|source| Source {
                name: source.name().to_owned(),
                every_seconds: source.every().map(|every| every.as_secs_f64()),
            });
            Ok(Self {
                sources: sources.collect(),
                sensors: connector.sensors().iter().map(Datapoint::of_sensor).collect(),
                actuators: connector.actuators().iter().map(Datapoint::of_actuator).collect(),
                topics: topics::of(&name),
                variables: variables::of(command),
                version: C::VERSION,
                about: C::ABOUT,
                user: match &*settings.mqtt_username {
                    "" => name.clone(),
                    user => user.to_owned(),
                },
                prefixes: settings.mqtt_topic_prefixes.clone(),
                name,
            })
        })
    }
}

impl Datapoint {
    fn of_sensor(sensor: &Sensor) -> Self {
        let words = match sensor.kind {
            Kind::Word(words) => words.iter().map(|word| (*word).into()).collect(),
            _ => Vec::new(),
        };
        Self {
            key: sensor.key.to_string(),
            kind: Some(sensor.kind.name()),
            unit: sensor.unit.as_ref().map(ToString::to_string),
            range: sensor.range.map(|(low, high)| [low.to_json(), high.to_json()]),
            one_of: words,
            max_len: None,
            description: sensor.description.to_string(),
        }
    }

    fn of_actuator(actuator: &Actuator) -> Self {
        let words = !actuator.one_of.is_empty() && actuator.one_of.iter().all(Value::is_string);
        let kind = actuator.kind().map(Kind::name);
        Self {
            key: actuator.key.to_string(),
            kind: if words && actuator.range.is_none() { Some("word") } else { kind },
            unit: actuator.unit.as_ref().map(ToString::to_string),
            range: actuator.range.map(|(low, high)| [low.to_json(), high.to_json()]),
            one_of: actuator.one_of.clone(),
            max_len: actuator.max_len,
            description: actuator.description.to_string(),
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.kind, Some("number" | "integer")) || self.range.is_some()
    }
}
