//! A datapoint map that selects everything: to begin without an administrator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    bus::DatapointMap,
    cli::describe::{identifier::replaced, manifest::Manifest},
};

/// Sensors on `{name}/messages/{key}/value`, actuators on `{name}/messages/{key}/set`.
pub(super) fn of(manifest: &Manifest) -> DatapointMap {
    let name = &manifest.name;
    let topic = |key: &str, last| format!("{name}/messages/{}/{last}", level(key));
    let (sensors, actuators) = (manifest.sensors.iter(), manifest.actuators.iter());
    DatapointMap {
        sensor: sensors.map(|it| (it.key.clone(), topic(&it.key, "value").into())).collect(),
        actuator: actuators.map(|it| (topic(&it.key, "set"), it.key.clone())).collect(),
    }
}

/// A key as one level of a topic: what a topic cannot contain is written as `%23`.
fn level(key: &str) -> String {
    let is_plain = |c: char| !(matches!(c, '/' | '+' | '#' | '%') || c.is_control());
    replaced(key, is_plain, |c| format!("%{:02X}", u32::from(c)))
}

/// As it goes over the bus, in order.
pub(super) fn json(map: &DatapointMap) -> Value {
    let sensor: BTreeMap<_, _> = map.sensor.iter().map(|(key, topic)| (key, &**topic)).collect();
    let actuator: BTreeMap<_, _> = map.actuator.iter().collect();
    json!({ "sensor": sensor, "actuator": actuator })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_becomes_one_level() {
        assert_eq!(level("room_1__°C"), "room_1__°C");
        assert_eq!(level("a/b+c#d%\n"), "a%2Fb%2Bc%23d%25%0A");
    }
}
