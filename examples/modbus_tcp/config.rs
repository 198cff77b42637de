//! `MODBUS_CONFIG`: the bits and registers to read from each device, and those that can be written.

mod block;
mod entry;
mod point;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::str::FromStr;

use self::entry::Entry;
pub(crate) use self::{
    point::Point,
    read::{Answer, Read},
    write::Write,
};

/// A parsed configuration.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) reads: Vec<Read>,
    pub(crate) writes: Vec<Write>,
}

impl FromStr for Config {
    type Err = String;

    /// Parses a configuration. The error lists all faults, each with its place.
    fn from_str(json: &str) -> Result<Self, String> {
        let mut root = Entry::root(json).map_err(|error| error.to_string())?;
        let reads = read::FUNCTIONS.iter().flat_map(|function| {
            root.list(function.name, |entry, index| Read::take(entry, function, index))
        });
        let reads = reads.collect();
        let writes = write::FUNCTIONS.iter().flat_map(|&(function, limit)| {
            root.list(function, |entry, _| Write::take(entry, function, limit))
        });
        let writes = writes.collect();
        root.finish().map(|()| Self { reads, writes })
    }
}
