//! What survives from the device to the bus: connectors under load while the line or the broker is
//! harmed.
//!
//! `cargo test --test faults -- --nocapture` prints what was counted. It
//! needs `mosquitto`.
//!
//! Two more take longer, and are to be asked for with `--ignored`: `peers::` puts plain MQTT clients
//! in the place of the connector, and `soak` goes on for hours.

mod checker;
mod client;
mod fault;
mod load;
mod peers;
mod sensors;
mod soak;
mod subscriber;
mod traffic;
