//! What a connector is, as data: its datapoints, its topics and its settings.
//!
//! The documents in [`self`] are made of it alone, so that they change when the code does, and never with
//! the environment of who makes them.

mod acl;
mod asyncapi;
mod compose;
mod dotenv;
mod hass;
mod map;
mod markdown;
mod systemd;
mod table;
mod topics;
mod variables;

use clap::Command;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Actuator, BusSettings, Connector, Kind, Result, Sensor, isolation::isolated_call,
    map::DatapointMap,
};

pub(crate) use self::{topics::Topic, variables::Variable};

/// A connector.
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
    /// Who it is at the broker.
    #[serde(skip)]
    user: String,
    /// How the topics of its values begin.
    #[serde(skip)]
    prefixes: Vec<String>,
}

/// Where raw messages come from.
#[derive(Debug, Serialize)]
pub(crate) struct Source {
    name: String,
    /// From one poll to the next; none where the device speaks by itself.
    every_seconds: Option<f64>,
}

/// A sensor or an actuator.
#[derive(Debug, Serialize)]
pub(crate) struct Datapoint {
    pub(crate) key: String,
    /// `number`, `integer`, `bool`, `text`, `word` or `list`, if it is known.
    pub(crate) kind: Option<&'static str>,
    pub(crate) unit: Option<String>,
    pub(crate) range: Option<[Value; 2]>,
    /// The values that it can have; beside a range: further ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) one_of: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_len: Option<usize>,
    pub(crate) description: String,
}

/// The kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people, on a terminal.
    Table,
    /// All of it, for programs.
    Json,
    /// The tables of a Readme.
    Markdown,
    /// An `.env.example`.
    Env,
    /// The specification of `AsyncAPI` 3.0, as JSON.
    Asyncapi,
    /// A docker-compose.yml with a broker.
    Compose,
    /// A unit of systemd.
    Systemd,
    /// What mosquitto has to allow (`acl_file`).
    Acl,
    /// Discovery messages for Home Assistant: an object of topic and payload.
    Hass,
    /// A datapoint map that selects everything.
    Map,
}

impl Manifest {
    /// Asks a connector, and its command line.
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
                actuators: connector.actuators().iter().map(Actuator::datapoint).collect(),
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

    /// A document. The map tells which topics the datapoints have; without one, those of [`Format::Map`].
    pub(crate) fn document(&self, format: Format, map: Option<DatapointMap>) -> Result<String> {
        let map = map.unwrap_or_else(|| map::of(self));
        Ok(match format {
            Format::Table => table::of(self),
            Format::Json => pretty(self)?,
            Format::Markdown => markdown::of(self),
            Format::Env => dotenv::of(self),
            Format::Asyncapi => pretty(&asyncapi::of(self, &map))?,
            Format::Compose => compose::of(self),
            Format::Systemd => systemd::of(self),
            Format::Acl => acl::of(self),
            Format::Hass => pretty(&hass::of(self, &map))?,
            Format::Map => pretty(&map::json(&map))?,
        })
    }
}

fn pretty(document: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

impl Datapoint {
    fn of_sensor(sensor: &Sensor) -> Self {
        let words = match sensor.kind {
            Kind::Word(words) => words.iter().map(|word| (*word).into()).collect(),
            _ => Vec::new(),
        };
        Self {
            key: sensor.key.to_string(),
            kind: Some(kind(sensor.kind)),
            unit: sensor.unit.as_ref().map(ToString::to_string),
            range: sensor.range.map(|(low, high)| [low.to_json(), high.to_json()]),
            one_of: words,
            max_len: None,
            description: sensor.description.to_string(),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self.kind, Some("number" | "integer")) || self.range.is_some()
    }
}

/// The characters of a text, others in the place of those that are not plain.
fn replaced(
    text: &str,
    is_plain: impl Fn(char) -> bool,
    others: impl Fn(char) -> String,
) -> String {
    text.chars().map(|c| if is_plain(c) { c.to_string() } else { others(c) }).collect()
}

/// What a kind is called.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Integer => "integer",
        Kind::Bool => "bool",
        Kind::Text => "text",
        Kind::Word(_) => "word",
        Kind::List => "list",
    }
}
