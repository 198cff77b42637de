//! Discovery messages for Home Assistant: <https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>.
//!
//! The document is an object from topic to payload; publish each message as retained. Names are not
//! abbreviated.

use serde_json::{Map, Value, json};

use crate::{
    bus::DatapointMap,
    cli::describe::{
        identifier::replaced,
        manifest::{Datapoint, Manifest},
    },
};

/// The bound of numbers without a range, for which Home Assistant would otherwise use 1 to 100.
const ANY_NUMBER: i64 = 1_000_000_000;

/// A template for commands. `value` is set by Home Assistant, and `tojson` quotes text.
const COMMAND: &str =
    r#"{"value": {{ value | tojson }}, "timestamp": {{ (now().timestamp() * 1000) | int }}}"#;

pub(super) fn of(manifest: &Manifest, map: &DatapointMap) -> Value {
    let mut messages = Map::new();
    for it in &manifest.sensors {
        let Some(topic) = map.sensor.get(&it.key) else { continue };
        let (component, entity) = sensor(it);
        add(&mut messages, manifest, component, it, "sensor", entity, &[("state_topic", topic)]);
    }
    for it in &manifest.actuators {
        let Some((topic, _)) = map.actuator.iter().find(|(_, key)| **key == it.key) else {
            continue;
        };
        let Some((component, mut entity)) = actuator(it) else { continue };
        let mut topics = vec![("command_topic", &**topic)];
        // The sensor with the same key reports the actual value.
        match map.sensor.get(&it.key) {
            Some(state) => topics.push(("state_topic", state)),
            None => entity["optimistic"] = json!(true),
        }
        if component == "text" {
            // The component `text` lacks this option, and is always optimistic without a state topic.
            entity.as_object_mut().map(|entity| entity.remove("optimistic"));
        }
        add(&mut messages, manifest, component, it, "actuator", entity, &topics);
    }
    Value::Object(messages)
}

fn add(
    messages: &mut Map<String, Value>,
    manifest: &Manifest,
    component: &str,
    it: &Datapoint,
    role: &str,
    mut entity: Value,
    topics: &[(&str, &str)],
) {
    let (name, version) = (&manifest.name, manifest.version);
    let object =
        format!("{role}_{}", replaced(&it.key, is_plain, |c| format!("-{:X}-", u32::from(c))));
    entity["name"] = json!(it.key.replace("__", " ").replace('_', " "));
    entity["unique_id"] = json!(format!("{}_{object}", plain(name)));
    entity["availability_topic"] = json!(format!("{name}/status"));
    entity["device"] = json!({ "identifiers": [name], "name": name, "sw_version": version });
    entity["origin"] = json!({ "name": name, "sw_version": version });
    if let Some(unit) = &it.unit
        && component != "select"
    {
        entity["unit_of_measurement"] = json!(unit);
    }
    for (member, topic) in topics {
        entity[*member] = json!(topic);
    }
    if entity.get("state_topic").is_some() {
        entity["value_template"] = json!("{{ value_json.value }}");
    }
    messages.insert(format!("homeassistant/{component}/{}/{object}/config", plain(name)), entity);
}

fn sensor(it: &Datapoint) -> (&'static str, Value) {
    match it.kind {
        Some("bool") => ("binary_sensor", json!({ "payload_on": "True", "payload_off": "False" })),
        Some("word") => ("sensor", json!({ "device_class": "enum", "options": it.one_of })),
        Some("number" | "integer") => {
            let mut entity = json!({});
            let class = it.unit.as_deref().and_then(device_class);
            if let Some(class) = class {
                entity["device_class"] = json!(class);
            }
            // For energy, the class depends on whether it is a total or a difference, which is unknown.
            if class != Some("energy") && it.unit.is_some() {
                entity["state_class"] = json!("measurement");
            }
            ("sensor", entity)
        }
        _ => ("sensor", json!({})),
    }
}

/// Returns the component for an actuator, if there is one for its kind.
fn actuator(it: &Datapoint) -> Option<(&'static str, Value)> {
    let texts = !it.one_of.is_empty() && it.one_of.iter().all(Value::is_string);
    Some(match it.kind {
        Some("bool") => (
            "switch",
            json!({
                "payload_on": r#"{"value": true}"#,
                "payload_off": r#"{"value": false}"#,
                "state_on": "True",
                "state_off": "False",
            }),
        ),
        _ if it.range.is_none() && texts => {
            ("select", json!({ "options": it.one_of, "command_template": COMMAND }))
        }
        _ if it.is_number() => {
            let step = if it.kind == Some("integer") { json!(1) } else { json!(0.1) };
            let mut entity = json!({ "mode": "box", "step": step, "command_template": COMMAND });
            let [low, high] = it.range.clone().unwrap_or([json!(-ANY_NUMBER), json!(ANY_NUMBER)]);
            (entity["min"], entity["max"]) = (low, high);
            ("number", entity)
        }
        Some("text") => {
            let most = it.max_len.unwrap_or(255).min(255);
            ("text", json!({ "max": most, "command_template": COMMAND }))
        }
        _ => return None,
    })
}

/// Returns the class of a quantity, if the unit determines it.
fn device_class(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "°C" | "°F" | "K" => "temperature",
        "W" | "kW" | "MW" => "power",
        "Wh" | "kWh" | "MWh" => "energy",
        "V" | "mV" => "voltage",
        "A" | "mA" => "current",
        "Hz" | "kHz" => "frequency",
        "Pa" | "hPa" | "kPa" | "bar" | "mbar" => "pressure",
        "lx" => "illuminance",
        "VA" => "apparent_power",
        "m³/h" | "L/min" => "volume_flow_rate",
        _ => return None,
    })
}

fn plain(text: &str) -> String {
    replaced(text, is_plain, |_| "_".to_owned())
}

/// Whether discovery allows this character in a topic: letters, digits, `_` and `-`.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}
