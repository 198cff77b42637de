//! A whole bus for a test: a broker, a listener, a device, and a connector as its own process.
//!
//! Nothing here waits for a time to pass; everything waits for an event, and gives up after
//! [`PATIENCE`] with all that was seen until then.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test needs a part of it")]

mod broker;
mod bus;
mod certificates;
pub(crate) mod connector;
mod device;
mod embedded;
mod folder;
mod http;
mod mosquitto;
mod output;
mod port;
pub(crate) mod proxy;
mod signal;
mod world;

use std::time::Duration;

use tokio::time::timeout;

pub(crate) use self::{
    broker::{Broker, on_both_brokers},
    bus::{Bus, Message},
    certificates::{Authority, Files},
    connector::{ConnectorProcess, Launch},
    device::{Device, DeviceLink},
    embedded::Embedded,
    folder::Folder,
    http::get,
    mosquitto::Mosquitto,
    port::free_port,
    world::{NAME, World, launch},
};

/// How long anything may take that should happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Awaits something that should happen; otherwise panics with what was there instead.
pub(crate) async fn patiently<T>(
    future: impl Future<Output = T>,
    instead: impl Fn() -> String,
) -> T {
    match timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(elapsed) => panic!("after {} s: {elapsed}: {}", PATIENCE.as_secs(), instead()),
    }
}
