//! Devices behind a Modbus/TCP gateway, each with its four tables.

use std::collections::BTreeMap;

use tokio_modbus::{ExceptionCode, Request, Response};

/// The four tables of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Coils,
    DiscreteInputs,
    HoldingRegisters,
    InputRegisters,
}

/// The values of all devices by unit, table and address; a bit is 0 or 1. Any other address
/// is illegal.
#[derive(Debug, Default)]
pub(crate) struct Tables(BTreeMap<(u8, Table, u16), u16>);

impl Tables {
    /// Sets the values of a table of a unit, from this address on.
    pub(crate) fn set(&mut self, unit: u8, table: Table, address: u16, values: &[u16]) {
        let values = (address..).zip(values.iter().copied());
        self.0.extend(values.map(|(address, value)| ((unit, table, address), value)));
    }

    /// A bit or register of a unit.
    pub(crate) fn get(&self, unit: u8, table: Table, address: u16) -> Option<u16> {
        self.0.get(&(unit, table, address)).copied()
    }

    /// Executes a request, or refuses it.
    pub(crate) fn answer(
        &mut self,
        unit: u8,
        request: &Request<'_>,
    ) -> Result<Response, ExceptionCode> {
        use Table::{Coils, DiscreteInputs, HoldingRegisters, InputRegisters};
        Ok(match request {
            Request::ReadCoils(address, count) => {
                Response::ReadCoils(bits(&self.read(unit, Coils, *address, *count)?))
            }
            Request::ReadDiscreteInputs(address, count) => Response::ReadDiscreteInputs(bits(
                &self.read(unit, DiscreteInputs, *address, *count)?,
            )),
            Request::ReadHoldingRegisters(address, count) => Response::ReadHoldingRegisters(
                self.read(unit, HoldingRegisters, *address, *count)?,
            ),
            Request::ReadInputRegisters(address, count) => {
                Response::ReadInputRegisters(self.read(unit, InputRegisters, *address, *count)?)
            }
            Request::WriteSingleCoil(address, bit) => {
                self.write(unit, Coils, *address, &[u16::from(*bit)])?;
                Response::WriteSingleCoil(*address, *bit)
            }
            Request::WriteSingleRegister(address, word) => {
                self.write(unit, HoldingRegisters, *address, &[*word])?;
                Response::WriteSingleRegister(*address, *word)
            }
            Request::WriteMultipleRegisters(address, words) => {
                let count = self.write(unit, HoldingRegisters, *address, words)?;
                Response::WriteMultipleRegisters(*address, count)
            }
            _ => return Err(ExceptionCode::IllegalFunction),
        })
    }

    fn read(
        &self,
        unit: u8,
        table: Table,
        address: u16,
        count: u16,
    ) -> Result<Vec<u16>, ExceptionCode> {
        let value = |offset| self.get(unit, table, address.checked_add(offset)?);
        (0..count).map(|offset| value(offset).ok_or(ExceptionCode::IllegalDataAddress)).collect()
    }

    fn write(
        &mut self,
        unit: u8,
        table: Table,
        address: u16,
        values: &[u16],
    ) -> Result<u16, ExceptionCode> {
        let count = u16::try_from(values.len()).map_err(|_| ExceptionCode::IllegalDataValue)?;
        self.read(unit, table, address, count)?;
        self.set(unit, table, address, values);
        Ok(count)
    }
}

fn bits(values: &[u16]) -> Vec<bool> {
    values.iter().map(|&value| value != 0).collect()
}
