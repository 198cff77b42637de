//! `AsyncAPI` 3.0: <https://www.asyncapi.com/docs/reference/specification/v3.0.0>.

use serde_json::{Map, Value, json};

use crate::{
    bus::DatapointMap,
    cli::describe::{
        identifier::replaced,
        manifest::{Datapoint, Manifest},
        topics::Topic,
    },
};

pub(super) fn of(manifest: &Manifest, map: &DatapointMap) -> Value {
    let Manifest { name, version, about, sensors, actuators, topics, .. } = manifest;
    let mut document = Document::default();
    for topic in topics {
        let last = topic.name.rsplit('/').next().unwrap_or_default();
        document.add(last, topic, &payload(last));
    }
    for it in sensors {
        let Some(address) = map.sensor.get(&it.key) else { continue };
        let topic = value_topic(address, "publish", 1, true);
        document.add(&format!("sensor_{}", id(&it.key)), &topic, &value(it));
    }
    for it in actuators {
        let address = map.actuator.iter().find(|(_, key)| **key == it.key);
        let Some((address, _)) = address else { continue };
        let topic = value_topic(address, "subscribe", 2, false);
        document.add(&format!("actuator_{}", id(&it.key)), &topic, &value(it));
    }
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": name, "version": version, "description": about },
        "defaultContentType": "application/json",
        "channels": document.channels,
        "operations": document.operations,
    })
}

#[derive(Default)]
struct Document {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
}

impl Document {
    fn add(&mut self, id: &str, topic: &Topic, payload: &Value) {
        let Topic { name: address, direction, qos, retain, about } = topic;
        let mut message = json!({ "payload": payload });
        if *about == "`online` or `offline`" {
            message["contentType"] = json!("text/plain");
        }
        let channel = json!({
            "address": address,
            "description": about,
            "messages": { "message": message },
        });
        self.channels.insert(id.to_owned(), channel);
        let (action, verb) = match *direction {
            "publish" => ("send", "publish"),
            _ => ("receive", "take"),
        };
        let operation = json!({
            "action": action,
            "channel": { "$ref": format!("#/channels/{id}") },
            "bindings": { "mqtt": { "qos": qos, "retain": retain, "bindingVersion": "0.2.0" } },
        });
        self.operations.insert(format!("{verb}_{id}"), operation);
    }
}

fn value_topic(address: &str, direction: &'static str, qos: u8, retain: bool) -> Topic {
    let about = "On its topic in the datapoint map";
    Topic { name: address.to_owned(), direction, qos, retain, about }
}

/// A key as an id in the document, which may contain letters, digits, `_`, `-` and `.`.
fn id(key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    replaced(key, is_plain, |c| format!("-{:x}-", u32::from(c)))
}

fn value(it: &Datapoint) -> Value {
    let mut value = Map::new();
    let ty = match it.kind {
        Some("bool") => Some("boolean"),
        Some("text" | "word") => Some("string"),
        Some("list") => Some("array"),
        kind => kind,
    };
    value.extend(ty.map(|ty| ("type".to_owned(), json!(ty))));
    let bounds = it.range.as_ref().map(|[low, high]| json!({ "minimum": low, "maximum": high }));
    match (bounds, &*it.one_of) {
        (Some(bounds), []) => value.extend(bounds.as_object().cloned().unwrap_or_default()),
        (Some(bounds), listed) => {
            value.insert("anyOf".to_owned(), json!([bounds, { "enum": listed }]));
        }
        (None, []) => {}
        (None, listed) => {
            value.insert("enum".to_owned(), json!(listed));
        }
    }
    value.extend(it.max_len.map(|most| ("maxLength".to_owned(), json!(most))));
    let unit = it.unit.as_ref().map(|unit| format!("In {unit}."));
    let description: Vec<_> =
        unit.into_iter().chain([it.description.clone()]).filter(|text| !text.is_empty()).collect();
    if !description.is_empty() {
        value.insert("description".to_owned(), json!(description.join(" ")));
    }
    object(&[("value", Value::Object(value)), ("timestamp", timestamp())])
}

fn timestamp() -> Value {
    json!({ "type": "integer", "description": "Milliseconds since 1970-01-01 UTC." })
}

fn object(members: &[(&str, Value)]) -> Value {
    let names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    let properties: Map<_, _> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": names })
}

/// The schema of the payload of a fixed topic.
fn payload(topic: &str) -> Value {
    let any = || json!({ "type": "object" });
    let texts = || json!({ "type": "object", "additionalProperties": { "type": "string" } });
    match topic {
        "available_datapoints" => object(&[("sensor", any()), ("actuator", any())]),
        "datapoint_map" => object(&[("sensor", texts()), ("actuator", texts())]),
        "raw_message_to_db" | "raw_message_reprocess" => {
            let inner = object(&[("raw_message", json!({})), ("timestamp", timestamp())]);
            object(&[("payload", inner), ("connector_version", json!({ "type": "string" }))])
        }
        "logs" => object(&[
            ("timestamp", timestamp()),
            ("msg", json!({ "type": "string" })),
            ("emitter", json!({ "type": "string" })),
            ("level", json!({ "type": "integer", "enum": [10, 20, 30, 40] })),
        ]),
        "status" => json!({ "type": "string", "enum": ["online", "offline"] }),
        "heartbeat" => object(&[
            ("this_heartbeats_timestamp", timestamp()),
            ("next_heartbeats_timestamp", timestamp()),
        ]),
        _ => any_payload(),
    }
}

/// The schema of a topic that [`payload`] does not name.
fn any_payload() -> Value {
    json!({})
}

#[cfg(test)]
mod tests {
    use super::{any_payload, payload};
    use crate::cli::describe::topics;

    #[test]
    fn every_topic_has_a_schema() {
        for topic in topics::of("x") {
            let last = topic.name.trim_start_matches("x/");
            assert_ne!(payload(last), any_payload(), "add the schema of `{last}` to `payload`");
        }
    }
}
