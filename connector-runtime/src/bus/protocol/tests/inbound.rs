use super::*;
use crate::bus::value_message::MAX_COMMAND;

#[test]
fn a_command_of_more_than_a_mebibyte_is_rejected() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {}, "actuator": {"t": "anything"}}));
    let of_bytes = |bytes: usize| format!(r#"{{"value":"{}"}}"#, "x".repeat(bytes - 12));
    assert!(command(&mut protocol, &of_bytes(MAX_COMMAND)).is_some());
    assert!(command(&mut protocol, &of_bytes(MAX_COMMAND + 1)).is_none());
}

#[test]
fn a_map_is_limited_to_the_topics_that_the_operator_allows() {
    let mut protocol = online();
    protocol.topics.prefixes.push("demo/".to_owned());
    map(
        &mut protocol,
        &json!({"sensor": {"a": "demo/a", "b": "b"}, "actuator": {"t": "setpoint"}}),
    );
    assert_eq!(protocol.selected(), (1, 0));
}

#[test]
fn a_map_changes_only_the_subscriptions_that_differ() {
    let mut protocol = online();
    let changes = |protocol: &mut Protocol, actuator: Value| {
        map(protocol, &json!({"sensor": {}, "actuator": actuator}));
        protocol.take_changes()
    };
    let (subscribe, unsubscribe) =
        (|t: &str| Change::Subscribe(t.into()), |t: &str| Change::Unsubscribe(t.into()));
    // Of several maps the last one counts.
    map(&mut protocol, &json!({"sensor": {}, "actuator": {"u": "setpoint"}}));
    assert_eq!(changes(&mut protocol, json!({})), [unsubscribe("u")]);
    assert_eq!(changes(&mut protocol, json!({"t": "setpoint"})), [subscribe("t")]);
    assert_eq!(changes(&mut protocol, json!({"t": "setpoint"})), []);
    assert_eq!(changes(&mut protocol, json!({"t": "anything"})), []);
    assert_eq!(changes(&mut protocol, json!({"u": "x"})), [unsubscribe("t"), subscribe("u")]);
    assert_eq!(protocol.actuator_topics(), ["u"]);
    assert_eq!(changes(&mut protocol, json!({})), [unsubscribe("u")]);
}

#[test]
fn a_bad_map_leaves_the_old_one_in_force() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {"a": "t"}, "actuator": {}}));
    published(&mut protocol);
    for bad in
        [json!(null), json!({}), json!({"sensor": {}}), json!({"sensor": [], "actuator": {}})]
    {
        map(&mut protocol, &bad);
    }
    readings(&mut protocol, &json!({"a": 1}));
    assert_eq!(topics(&mut protocol), ["demo/available_datapoints", "t"]);
}

#[test]
fn a_command_keeps_its_json_and_its_timestamp() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {}, "actuator": {"t": "anything"}}));
    for value in ["1.50", "true", "null", "\"x\"", "[1, {}]", "{\"a\":1}", "18446744073709551617"] {
        let payload = format!(r#"{{"value": {value}, "timestamp": 12, "more": 1}}"#);
        let command = command(&mut protocol, &payload).unwrap();
        assert_eq!((command.key(), command.json()), ("anything", value));
        assert_eq!(command.timestamp().as_millis(), 12);
    }
    let timestamp = |protocol: &mut Protocol, json: &str| {
        command(protocol, &format!(r#"{{"value": 1{json}}}"#)).map(|c| c.timestamp())
    };
    assert_eq!(timestamp(&mut protocol, ""), Some(NOW));
    assert!(command(&mut protocol, "\u{feff}{\"value\": 1}").is_some());
    assert_eq!(timestamp(&mut protocol, r#", "timestamp": null"#), Some(NOW));
    let rounded = timestamp(&mut protocol, r#", "timestamp": 12.6"#);
    assert_eq!(rounded, Some(Timestamp::from_millis(13)));
    assert_eq!(timestamp(&mut protocol, r#", "timestamp": "x""#), None);
}

#[test]
fn invalid_commands_are_rejected() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {}, "actuator": {"t": "setpoint", "u": "unknown"}}));
    for payload in ["", "5", "null", "[]", "{}", "{", r#"{"timestamp": 1}"#, r#"{"value": NaN}"#] {
        assert_eq!(
            refusal(&mut protocol, "t", payload.as_bytes(), false),
            "unreadable",
            "{payload}"
        );
    }
    for value in ["14.9", "31", "\"x\"", "null"] {
        let payload = format!(r#"{{"value": {value}}}"#);
        assert_eq!(refusal(&mut protocol, "t", payload.as_bytes(), false), "range", "{value}");
    }
    let good = br#"{"value": 20}"#;
    assert_eq!(refusal(&mut protocol, "t", b"\xff", false), "unreadable");
    assert_eq!(refusal(&mut protocol, "t", good, true), "retained");
    assert_eq!(refusal(&mut protocol, "u", good, false), "unknown");
    assert!(protocol.message("other", good, false, NOW).unwrap().is_none());
    assert!(protocol.message("t", good, false, NOW).unwrap().is_some());
}
