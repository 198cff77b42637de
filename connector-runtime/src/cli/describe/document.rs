//! The documents that are generated from a manifest.

use serde::Serialize;

use crate::{
    bus::DatapointMap,
    cli::describe::{
        acl, asyncapi, compose, dotenv, hass, manifest::Manifest, map, markdown, systemd, table,
    },
    error::Result,
};

/// The kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Settings, datapoints and topics as text.
    Table,
    /// The same for programs.
    Json,
    /// Tables for a Readme.
    Markdown,
    /// `.env.example`.
    Env,
    /// `AsyncAPI` 3.0 document in JSON.
    Asyncapi,
    /// docker-compose.yml with a broker.
    Compose,
    /// systemd unit.
    Systemd,
    /// Access control list for mosquitto (`acl_file`).
    Acl,
    /// Discovery messages for Home Assistant, as an object from topic to payload.
    Hass,
    /// Datapoint map that selects all datapoints.
    Map,
}

impl Manifest {
    /// Generates a document. The topics of values are those of the map, or without it those of
    /// [`Format::Map`].
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
