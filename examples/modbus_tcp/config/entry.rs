//! A JSON object whose members are removed one by one, and the faults that are found in them.

use connector_runtime::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// An object at some place in the configuration.
pub(super) struct Entry {
    place: String,
    members: Map<String, Value>,
    faults: Vec<String>,
}

impl Entry {
    pub(super) fn root(json: &str) -> serde_json::Result<Self> {
        let (members, place) = (serde_json::from_str(json)?, String::new());
        Ok(Self { place, members, faults: Vec::new() })
    }

    /// Reads each object of a list; nothing if the list is missing.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        take: impl Fn(&mut Self, usize) -> Option<T>,
    ) -> Vec<T> {
        let objects: Vec<Map<String, Value>> = self.get(name).unwrap_or_default();
        let found = objects.into_iter().enumerate().filter_map(|(index, members)| {
            let place = format!("{name}[{index}].");
            let mut entry = Self { place, members, faults: Vec::new() };
            let taken = take(&mut entry, index);
            entry.refuse_the_rest();
            self.faults.append(&mut entry.faults);
            taken
        });
        found.collect()
    }

    /// Removes a required member; a missing one is a fault.
    pub(super) fn need<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.check(self.members.contains_key(name), name, || "it is missing".to_owned());
        self.get(name)
    }

    /// Removes an optional member.
    pub(super) fn get<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let taken = serde_json::from_value(self.members.remove(name)?);
        taken.map_err(|error| self.check(false, name, || error.to_string())).ok()
    }

    /// Records a fault if a member is invalid.
    pub(super) fn check(&mut self, is_right: bool, name: &str, fault: impl FnOnce() -> String) {
        if !is_right {
            self.faults.push(format!("{}{name}: {}", self.place, fault()));
        }
    }

    /// Finishes the whole configuration. The error has one line for each fault.
    pub(super) fn finish(mut self) -> Result<(), String> {
        self.refuse_the_rest();
        let lines = self.faults.join("\n    ");
        if lines.is_empty() { Ok(()) } else { Err(format!("\n    {lines}")) }
    }

    fn refuse_the_rest(&mut self) {
        for name in std::mem::take(&mut self.members).keys() {
            self.check(false, name, || "nobody knows this, is it misspelt?".to_owned());
        }
    }
}
