//! A datapoint map that selects all datapoints, to start without an administrator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    bus::DatapointMap,
    cli::describe::{identifier::replaced, manifest::Manifest},
};

/// Maps sensors to `{name}/messages/{key}/value`, and actuators to `{name}/messages/{key}/set`.
pub(super) fn of(manifest: &Manifest) -> DatapointMap {
    let name = &manifest.name;
    let topic = |key: &str, last| format!("{name}/messages/{}/{last}", level(key));
    let (sensors, actuators) = (manifest.sensors.iter(), manifest.actuators.iter());
    DatapointMap {
        sensor: sensors.map(|it| (it.key.clone(), topic(&it.key, "value").into())).collect(),
        actuator: actuators.map(|it| (topic(&it.key, "set"), it.key.clone())).collect(),
    }
}

/// Converts a key to one level of a topic. Invalid characters are percent-encoded, such as `%23`.
fn level(key: &str) -> String {
    let is_plain = |c: char| !(matches!(c, '/' | '+' | '#' | '%') || c.is_control());
    replaced(key, is_plain, |c| format!("%{:02X}", u32::from(c)))
}

/// Converts the map to its JSON, in order.
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
