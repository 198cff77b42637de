//! BEMCom's protocol, and the connection that carries it.

mod client;
pub(crate) mod exchange;
mod handle;
mod known_sensor;
mod last_values;
mod link;
mod map;
mod map_file;
mod map_reader;
mod presence;
mod protocol;
mod reconnect;
mod registry;
pub(crate) mod reprocess_queue;
mod topics;
mod value_message;
pub(crate) mod wire;

pub(crate) use self::{
    handle::BusHandle, map::DatapointMap, map_file::MapFile, map_reader::MapLimits,
    protocol::Protocol, reconnect::keep_connected, topics::Topics,
};
#[cfg(feature = "testing")]
pub(crate) use self::{
    link::{Event, Link},
    reconnect::serve_once,
    registry::Registry,
};
