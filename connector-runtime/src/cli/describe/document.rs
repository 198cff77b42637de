//! The documents that are made of a manifest.

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
