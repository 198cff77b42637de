//! A block of bits or registers that one request reads, and the values in the answer.

use connector_runtime::prelude::*;
use tokio_modbus::{Request, Response};

use super::{block::Block, entry::Entry, point::Point};
use crate::format::Value;

/// A function code that reads.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// The maximum number of bits or registers of one request.
    limit: u16,
    request: fn(u16, u16) -> Request<'static>,
}

pub(super) const FUNCTIONS: [Function; 4] = [
    Function { name: "read_coils", limit: 2000, request: Request::ReadCoils },
    Function { name: "read_discrete_inputs", limit: 2000, request: Request::ReadDiscreteInputs },
    Function { name: "read_holding_registers", limit: 125, request: Request::ReadHoldingRegisters },
    Function { name: "read_input_registers", limit: 125, request: Request::ReadInputRegisters },
];

/// A block of bits or registers that one request reads.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) function: &'static str,
    /// Its index in the list of the function.
    pub(crate) index: usize,
    pub(crate) unit: u8,
    pub(crate) request: Request<'static>,
    pub(crate) points: Vec<Point>,
    block: Block,
}

/// The answer of a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Bits(Vec<bool>),
    Registers(Vec<u16>),
}

impl Read {
    pub(super) fn take(entry: &mut Entry, function: &Function, index: usize) -> Option<Self> {
        let (count, block) = (entry.need("count"), Block::take(entry, function.name));
        let (count, block): (u16, Block) = (count?, block?);
        let limit = function.limit;
        entry.check((1..=limit).contains(&count), "count", || format!("use 1 to {limit}"));
        if let Some(format) = &block.format {
            let (size, expected) = (format.size, 2 * usize::from(count));
            entry.check(size == expected, "datatypes", || {
                format!("they have {size} bytes, but {count} registers have {expected}")
            });
        }
        let points = block.points(count);
        block.check(entry, &points, count.into());
        let (unit, request) = (block.unit, (function.request)(block.address, count));
        Some(Self { function: function.name, index, unit, request, points, block })
    }

    /// Returns the values in an answer, by their keys.
    pub(crate) fn values(&self, answer: &Answer) -> Result<Vec<(String, Value)>> {
        let values: Vec<_> = match (&self.block.format, answer) {
            (Some(format), Answer::Registers(registers)) => {
                let bytes = registers.iter().flat_map(|register| register.to_be_bytes());
                format.unpack(&bytes.collect::<Vec<_>>())?
            }
            (None, Answer::Bits(bits)) => bits.iter().map(|&bit| Value::Bool(bit)).collect(),
            _ => bail!("this is not an answer to {}", self.function),
        };
        // Bits come in whole bytes.
        let (expected, got) = (self.points.len(), values.len());
        ensure!(got >= expected, "expected {expected} values, got {got}");
        let values = self.points.iter().zip(values);
        Ok(values.map(|(point, value)| (point.key.clone(), point.scale(value))).collect())
    }
}

impl TryFrom<Response> for Answer {
    type Error = Error;

    fn try_from(response: Response) -> Result<Self> {
        use Response::{ReadCoils, ReadDiscreteInputs, ReadHoldingRegisters, ReadInputRegisters};
        match response {
            ReadCoils(bits) | ReadDiscreteInputs(bits) => Ok(Self::Bits(bits)),
            ReadHoldingRegisters(words) | ReadInputRegisters(words) => Ok(Self::Registers(words)),
            other => bail!("{other:?} is not an answer to a read request"),
        }
    }
}
