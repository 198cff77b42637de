//! Conversion of readings, which can be any type that serde can serialize, to keys and values of
//! datapoints.

mod compound;
mod datapoints;
mod describer;
mod flat;
mod json_text;
mod key_clash;
mod map_key;
mod recorder;
mod serializer;
#[cfg(test)]
mod tests;
mod timestamped;
mod walker;

pub(crate) use self::flat::Reading;
pub use self::{
    datapoints::Datapoints,
    describer::{Describer, Field},
    flat::{FlatReadings, FlattenError},
    key_clash::{Held, Key, Keys, apart},
    recorder::Recorder,
    timestamped::Timestamped,
    walker::Walker,
};
