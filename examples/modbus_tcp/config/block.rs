//! The part that all entries of the configuration share: the address and the format of the values.

use std::{collections::BTreeMap, fmt::Display};

use super::{entry::Entry, point::Point};
use crate::format::{Format, Kind};

/// Some bits or registers of a device, one after another.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) function: &'static str,
    pub(super) address: u16,
    pub(super) unit: u8,
    /// The format of the values in registers; `None` for bits.
    pub(super) format: Option<Format>,
    factors: BTreeMap<String, f64>,
    description: String,
}

impl Block {
    pub(super) fn take(entry: &mut Entry, function: &'static str) -> Option<Self> {
        let has_registers = function.contains("register");
        let (address, unit) = (entry.need("address"), entry.need("unit"));
        let description = entry.get("description").unwrap_or_default();
        let (mut format, mut factors) = (None, BTreeMap::new());
        if has_registers {
            format = entry.need("datatypes");
            factors = entry.get("scaling_factors").unwrap_or_default();
        }
        let (address, unit) = (address?, unit?);
        let block = Self { function, address, unit, format, factors, description };
        (block.format.is_some() == has_registers).then_some(block)
    }

    /// Returns the datapoints of this number of bits, or of the registers.
    pub(super) fn points(&self, bits: u16) -> Vec<Point> {
        let start = usize::from(self.address);
        let Some(format) = &self.format else {
            let bits = start..start + usize::from(bits);
            return bits.map(|address| self.point(address, Kind::Bool)).collect();
        };
        let mut last = None;
        let points = format.fields.iter().map(|field| {
            let register = start + field.offset / 2;
            let is_second = last.replace(register) == Some(register);
            let suffix = if is_second { "_low" } else { "" };
            self.point(format_args!("{register}{suffix}"), field.kind)
        });
        points.collect()
    }

    /// Returns the datapoint at an address.
    pub(super) fn point(&self, place: impl Display, kind: Kind) -> Point {
        let factor = self.factors.get(&place.to_string()).copied();
        Point { key: self.key(place), kind, factor, description: self.description.clone() }
    }

    fn key(&self, place: impl Display) -> String {
        format!("{}__{}__{place}", self.function, self.unit)
    }

    /// Reports the faults of this number of addresses and of these datapoints.
    pub(super) fn check(&self, entry: &mut Entry, points: &[Point], count: usize) {
        let is_within = usize::from(self.address) + count <= 1 << 16;
        entry.check(is_within, "address", || "the last one is beyond 65535".to_owned());
        for (place, factor) in &self.factors {
            let is_used = points.iter().any(|p| p.key == self.key(place) && p.kind.is_number());
            let name = format!("scaling_factors.{place}");
            entry.check(is_used, &name, || "no number begins at this address".to_owned());
            entry.check(*factor != 0.0, &name, || "a factor cannot be zero".to_owned());
        }
    }
}
