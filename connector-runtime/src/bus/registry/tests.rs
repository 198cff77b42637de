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

/// Applies a map, and returns the keys whose last value is to be published.
fn select(registry: &mut Registry, map: DatapointMap) -> Vec<String> {
    registry.select(map);
    next_unpublished(registry, usize::MAX).unwrap()
}

fn next_unpublished(registry: &mut Registry, bytes: usize) -> Option<Vec<String>> {
    let sensors = registry.next_unpublished(bytes)?;
    Some(sensors.map(|sensor| sensor.key.to_string()).collect())
}

#[test]
fn a_map_selects_known_and_later_sensors() {
    let mut registry = registry();
    update(&mut registry, 1, &json!({"a": 1, "b": 2}));
    let map = |pairs: &[(&str, &str)]| DatapointMap {
        sensor: pairs.iter().map(|&(key, topic)| (key.to_owned(), topic.into())).collect(),
        ..DatapointMap::default()
    };
    assert_eq!(select(&mut registry, map(&[("b", "t"), ("c", "u")])), ["b"]);
    registry.sensors()[1].mark_published();
    assert!(select(&mut registry, map(&[("b", "t"), ("c", "u")])).is_empty());
    assert!(select(&mut registry, map(&[])).is_empty());
    let again = select(&mut registry, map(&[("b", "t"), ("c", "u")]));
    assert!(again.is_empty(), "it is retained there");
    registry.sensors()[0].mark_published();
    registry.select(map(&[("a", "t")]));
    assert_eq!(
        select(&mut registry, map(&[("b", "t"), ("c", "u")])),
        ["b"],
        "the other sensor's value is retained there now"
    );
    update(&mut registry, 2, &json!({"c": 3}));
    assert_eq!(registry.updated().next().unwrap().topic.as_deref(), Some("u"));
    assert_eq!(select(&mut registry, map(&[("b", "v")])), ["b"]);
    assert!(select(&mut registry, map(&[])).is_empty());
    assert!(registry.sensors().iter().all(|sensor| sensor.topic.is_none()));
}

#[test]
fn last_values_are_published_in_pieces() {
    let mut registry = registry();
    let keys = ["a", "b", "c", "d"];
    update(&mut registry, 1, &json!({"a": 1, "b": 2, "c": 3, "d": 4}));
    let sensor = keys.map(|key| (key.to_owned(), key.into())).into();
    registry.select(DatapointMap { sensor, ..DatapointMap::default() });
    let mut pieces = Vec::new();
    while let Some(keys) = next_unpublished(&mut registry, VALUE_COST + 2) {
        pieces.push(keys);
        registry.sensors().iter().for_each(KnownSensor::mark_published);
        if pieces.len() == 1 {
            update(&mut registry, 2, &json!({"c": 3, "d": 4}));
            registry.sensors()[2].mark_published();
        }
    }
    assert_eq!(pieces, [vec!["a", "b"], vec!["d"]], "`c` was published meanwhile");
}

#[test]
fn the_number_of_sensors_is_limited() {
    let mut registry = registry();
    registry.max_sensors = 3;
    assert!(update(&mut registry, 1, &json!({"a": 1, "b": 1, "c": 1, "d": 1})));
    assert!(!update(&mut registry, 2, &json!({"b": 2, "d": 2, "e": 2})));
    assert_eq!(updated(&registry), [("b", "2")]);
    assert_eq!((registry.take_excess(), registry.take_excess()), (3, 0));
    let selected = [("d".to_owned(), "t".into())].into();
    registry.select(DatapointMap { sensor: selected, ..DatapointMap::default() });
    assert!(update(&mut registry, 3, &json!({"d": 3, "e": 3})), "a selected sensor is let in");
    assert_eq!(updated(&registry), [("d", "3")]);
    assert_eq!(registry.take_excess(), 1);
    registry.max_sensors = 10;
    assert!(!update(&mut registry, 4, &json!({ "x".repeat(MAX_KEYS): 1 })));
    assert_eq!(registry.take_excess(), 1);
}

#[test]
fn last_values_that_are_too_large_together_are_not_kept() {
    let mut registry = registry();
    let large = "x".repeat(MAX_VALUES / 2);
    for (key, is_kept) in [("a", true), ("b", false), ("a", true), ("c", false)] {
        update(&mut registry, 1, &json!({ key: large }));
        assert!(updated(&registry)[0].1.len() > MAX_VALUES / 2, "for now");
        registry.forget_excess_values();
        assert_eq!(registry.updated().next().unwrap().timestamp.is_some(), is_kept, "{key}");
    }
    assert_eq!(registry.longest_example(1 << 20), 1 << 10);
    let announcement: Value = serde_json::from_slice(&registry.announcement(1 << 10)).unwrap();
    assert_eq!(announcement["sensor"], json!({"a": null, "b": null, "c": null}));
}
