//! A whole bus for a test: a broker, a listener, a device, and a connector as its own process.
//!
//! Nothing here waits for a time to pass; everything waits for an event, and gives up after
//! [`PATIENCE`] with all that was seen until then.

#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::new_without_default,
    reason = "a test reads the names, and panics where something is wrong"
)]

mod broker;
mod bus;
mod certificates;
pub mod connector;
mod device;
mod effort;
mod embedded;
mod folder;
mod http;
mod moment;
mod mosquitto;
mod output;
mod patience;
mod port;
pub mod proxy;
mod signal;
mod workspace;
mod world;

pub use self::signal::stop_signals;
pub use self::{
    broker::Broker,
    bus::{Bus, Message},
    certificates::{Authority, Files},
    connector::{ConnectorProcess, Launch, NAME},
    device::{Device, DeviceLink},
    effort::cases,
    embedded::Embedded,
    folder::Folder,
    http::get,
    moment::Moment,
    mosquitto::Mosquitto,
    output::Output,
    patience::{PATIENCE, patiently},
    port::free_port,
    workspace::at_the_root,
    world::{World, launch},
};
