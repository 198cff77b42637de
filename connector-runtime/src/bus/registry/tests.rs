use serde_json::{Value, json};

use super::*;

fn registry() -> Registry {
    Registry::new(Vec::new(), vec![Actuator::new("setpoint").example(21.0), Actuator::new("a")])
}

fn update(registry: &mut Registry, millis: i64, readings: &Value) -> bool {
    registry.update(&FlatReadings::of(readings).unwrap(), Timestamp::from_millis(millis))
}

fn announced(registry: &Registry) -> Value {
    serde_json::from_slice(&registry.announcement(usize::MAX)).unwrap()
}

fn updated(registry: &Registry) -> Vec<(&str, &str)> {
    registry.updated().map(|s| (&*s.key, str::from_utf8(&s.json).unwrap())).collect()
}

#[test]
fn update_reports_new_keys_and_keeps_all_known_ones() {
    let mut registry = registry();
    assert!(update(&mut registry, 1, &json!({"a": 1, "b": {"c": "x"}})));
    assert!(!update(&mut registry, 2, &json!({"a": 2})));
    assert!(update(&mut registry, 3, &json!({"d": null})));
    assert!(!update(&mut registry, 4, &json!({})));
    let expected = json!({
        "sensor": {"a": 2, "b__c": "x", "d": null},
        "actuator": {"setpoint": 21.0, "a": null},
    });
    assert_eq!(announced(&registry), expected);
}

#[test]
fn rules_of_actuators_are_not_announced() {
    use std::time::Duration;
    let mut registry = registry();
    let actuators = |a: Actuator| vec![Actuator::new("setpoint").example(21.0), a];
    let guarded = Actuator::new("a").monotonic().failsafe(0, Duration::from_secs(1));
    assert!(!registry.set_actuators(actuators(guarded.clone())));
    assert_eq!(registry.actuator("a"), Some(&guarded), "its rules are in force");
    assert!(registry.set_actuators(actuators(guarded.clone().example(1))));
    assert!(registry.set_actuators(actuators(guarded.range(1..=2))), "it is rejected");
    assert_eq!(registry.actuator("a"), None);
}

#[test]
fn declared_sensors_are_not_new() {
    let sensor = |key| Sensor::new(key, crate::datapoint::Kind::Integer);
    let declared = vec![sensor("a"), sensor("b").range(5..=9), sensor("a").example(3)];
    let mut registry = Registry::new(declared, Vec::new());
    assert_eq!(announced(&registry)["sensor"], json!({"a": 0, "b": 5}));
    assert!(!update(&mut registry, 1, &json!({"b": 6})));
    assert!(update(&mut registry, 2, &json!({"b": 7, "c": 8})));
    assert_eq!(announced(&registry)["sensor"], json!({"a": 0, "b": 7, "c": 8}));
    assert_eq!(updated(&registry), [("b", "7"), ("c", "8")]);
}

#[test]
fn messages_of_changing_shape_find_their_sensors() {
    let mut registry = registry();
    let shapes = [json!({"a": 1, "b": 2, "c": 3}), json!({"c": 4}), json!({"b": 5, "c": 6})];
    for round in 0..3 {
        for shape in &shapes {
            update(&mut registry, round, shape);
            let object = shape.as_object().unwrap();
            let expected: Vec<_> =
                object.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
            let found: Vec<_> = updated(&registry)
                .into_iter()
                .map(|(key, json)| (key.to_owned(), json.to_owned()))
                .collect();
            assert_eq!(found, expected);
        }
    }
    assert_eq!(registry.sensors().len(), 3);
}

#[test]
fn the_deeper_of_two_paths_to_one_key_wins() {
    let mut registry = registry();
    for readings in [r#"{"a":{"b":1},"a__b":2}"#, r#"{"a__b":2,"a":{"b":1}}"#] {
        let raw: std::collections::BTreeMap<String, Value> =
            serde_json::from_str(readings).unwrap();
        registry.update(&FlatReadings::of(&raw).unwrap(), Timestamp::from_millis(1));
        assert_eq!(updated(&registry), [("a__b", "1")]);
    }
}

#[test]
fn a_map_selects_known_and_later_sensors() {
    let mut registry = registry();
    update(&mut registry, 1, &json!({"a": 1, "b": 2}));
    let map = |pairs: &[(&str, &str)]| DatapointMap {
        sensor: pairs.iter().map(|&(key, topic)| (key.to_owned(), topic.into())).collect(),
        ..DatapointMap::default()
    };
    assert_eq!(registry.select(map(&[("b", "t"), ("c", "u")])), [1]);
    registry.sensors()[1].mark_published();
    assert!(registry.select(map(&[("b", "t"), ("c", "u")])).is_empty());
    assert!(registry.select(map(&[])).is_empty());
    assert!(registry.select(map(&[("b", "t"), ("c", "u")])).is_empty(), "it is retained there");
    registry.sensors()[0].mark_published();
    registry.select(map(&[("a", "t")]));
    assert_eq!(
        registry.select(map(&[("b", "t"), ("c", "u")])),
        [1],
        "the other sensor's value is retained there now"
    );
    update(&mut registry, 2, &json!({"c": 3}));
    assert_eq!(registry.updated().next().unwrap().topic.as_deref(), Some("u"));
    assert_eq!(registry.select(map(&[("b", "v")])), [1]);
    assert!(registry.select(map(&[])).is_empty());
    assert!(registry.sensors().iter().all(|sensor| sensor.topic.is_none()));
}
