//! What survives: connectors under load, between a broker and a device, while the line, the broker
//! or the connector itself is harmed.
//!
//! `cargo build --examples && cargo test --test faults -- --nocapture` prints what was counted. It
//! needs `mosquitto`. Filter by direction: `sensors::` or `commands::`.
//!
//! Two more take longer, and are to be asked for with `--ignored`: `peers::` puts plain MQTT clients
//! in the place of the connector, and `soak` goes on for hours.

#[allow(unused, reason = "other test programs need the rest")]
#[path = "../support/mod.rs"]
mod support;

mod checker;
mod client;
mod commands;
mod fault;
mod load;
mod peers;
mod sensors;
mod soak;
