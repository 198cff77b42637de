//! A coil, or a value in registers, that can be written, and the request for a command.

use connector_runtime::prelude::*;
use tokio_modbus::Request;

use super::{block::Block, entry::Entry, point::Point};
use crate::format::{Kind, Value};

/// The function codes that write, each with the maximum number of registers of one request.
pub(super) const FUNCTIONS: [(&str, usize); 3] =
    [("write_coil", 0), ("write_register", 1), ("write_registers", 123)];

/// A value that can be written.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) unit: u8,
    pub(crate) point: Point,
    example: serde_json::Value,
    block: Block,
}

impl Write {
    pub(super) fn take(entry: &mut Entry, function: &'static str, limit: usize) -> Option<Self> {
        let (example, block) = (entry.need("example_value"), Block::take(entry, function));
        let (example, block) = (example?, block?);
        let (mut kind, mut count) = (Some(Kind::Bool), 1);
        if let Some(format) = &block.format {
            let (size, values) = (format.size, format.fields.len());
            kind = format.fields.first().map(|field| field.kind);
            count = size / 2;
            entry.check(size % 2 == 0 && count <= limit, "datatypes", || {
                format!("they have {size} bytes; use whole registers of 2 bytes, {limit} at most")
            });
            entry.check(values == 1, "datatypes", || {
                format!("they have {values} values; use one, and x for padding")
            });
        }
        let point = block.point(block.address, kind?);
        block.check(entry, std::slice::from_ref(&point), count);
        Some(Self { unit: block.unit, point, example, block })
    }

    pub(crate) fn actuator(&self) -> Actuator {
        let Point { key, description, .. } = self.point.clone();
        Actuator::new(key).example(self.example.clone()).description(description)
    }

    /// Returns the request that executes a command.
    pub(crate) fn request(&self, command: &Command) -> Result<Request<'static>> {
        let Block { address, function, .. } = self.block;
        let value = self.point.value_of(command)?;
        let Some(format) = &self.block.format else {
            return Ok(Request::WriteSingleCoil(address, value == Value::Bool(true)));
        };
        let bytes = format.pack(&value)?;
        let words: Vec<_> =
            bytes.as_chunks().0.iter().map(|&word| u16::from_be_bytes(word)).collect();
        Ok(match (function, &words[..]) {
            ("write_register", &[word]) => Request::WriteSingleRegister(address, word),
            _ => Request::WriteMultipleRegisters(address, words.into()),
        })
    }
}
