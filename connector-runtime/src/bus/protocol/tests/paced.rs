use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Publishes everything that is due now, and takes it.
fn drain(protocol: &mut Protocol, now: Instant) -> Vec<String> {
    let mut drained = Vec::new();
    loop {
        protocol.proceed(now);
        let topics = topics(protocol);
        if topics.is_empty() {
            return drained;
        }
        drained.extend(topics);
    }
}

#[test]
fn new_keys_are_announced_at_once_but_not_too_often() {
    let (mut protocol, start) = (online(), Instant::now());
    drain(&mut protocol, start);
    let mut announced = Vec::new();
    for millis in 0..10_000_u32 {
        let now = start + Duration::from_millis(millis.into());
        readings(&mut protocol, &json!({ format!("key {millis}"): 1 }));
        if drain(&mut protocol, now) == ["demo/available_datapoints"] {
            announced.push(millis);
        }
    }
    assert_eq!(announced[..3], [0, 1, 2], "at once");
    assert!((8..15).contains(&announced.len()), "{announced:?}");
    readings(&mut protocol, &json!({"last": 1}));
    let due = protocol.due_at().unwrap();
    assert!(due < start + 15 * SECOND);
    assert_eq!(drain(&mut protocol, due), ["demo/available_datapoints"]);
    assert_eq!(protocol.due_at(), None);
}

#[test]
fn of_too_many_maps_the_last_one_is_applied() {
    let (mut protocol, start) = (online(), Instant::now());
    drain(&mut protocol, start);
    for number in 0..10_000 {
        map(&mut protocol, &json!({"sensor": {}, "actuator": {format!("t/{number}"): "setpoint"}}));
    }
    let applied = protocol.received().maps;
    assert!((100..1000).contains(&applied), "{applied}");
    let due = protocol.due_at().unwrap();
    assert!(due < start + SECOND);
    protocol.proceed(due);
    assert_eq!(protocol.received().maps, applied + 1);
    assert_eq!(protocol.actuator_topics(), ["t/9999"]);
    assert_eq!(protocol.due_at(), None);
}

#[test]
fn last_values_larger_than_the_room_are_all_published_and_displace_nothing() {
    let (mut protocol, now) = (online(), Instant::now());
    let keys: Vec<_> = (0..1000).map(|i| format!("k{i}")).collect();
    let topics: Value = keys.iter().map(|key| (key.clone(), json!(key))).collect();
    let values: Value = keys.iter().map(|key| (key.clone(), json!("x".repeat(300)))).collect();
    readings(&mut protocol, &values);
    protocol.outbox = Outbox::new(64 << 10);
    map(&mut protocol, &json!({"sensor": topics, "actuator": {}}));
    protocol.offline(std::iter::empty(), true);
    protocol.online();
    let cost = protocol.outbox.backlog().bytes;
    assert!(cost < 4 << 10, "{cost} bytes are queued");
    readings(&mut protocol, &json!({"k999": "new"}));
    let mut published = drain(&mut protocol, now);
    published.retain(|topic| topic.starts_with('k'));
    published.sort_unstable();
    let mut expected = keys.clone();
    expected.sort_unstable();
    assert_eq!(published, expected, "each once");
    protocol.heartbeat(NOW, 30 * SECOND);
    assert_eq!(drain(&mut protocol, now), ["demo/heartbeat"], "nothing was dropped");
}

#[test]
fn an_announcement_of_long_examples_is_short() {
    let (mut protocol, now) = (online(), Instant::now());
    drain(&mut protocol, now);
    let large = "x".repeat(3 << 20);
    readings(&mut protocol, &json!({"a": large, "b": large, "c": 1}));
    let announcement = published(&mut protocol).remove(0).1;
    assert_eq!(announcement["sensor"], json!({"a": null, "b": null, "c": 1}));
}

#[test]
fn an_older_value_that_waits_does_not_hide_the_last_one() {
    let (mut protocol, now) = (online(), Instant::now());
    drain(&mut protocol, now);
    let selected = json!({"sensor": {"a": "t"}, "actuator": {}});
    map(&mut protocol, &selected);
    readings(&mut protocol, &json!({"a": 1}));
    protocol.offline(std::iter::empty(), true);
    map(&mut protocol, &json!({"sensor": {}, "actuator": {}}));
    readings(&mut protocol, &json!({"a": 2}));
    map(&mut protocol, &selected);
    protocol.online();
    protocol.proceed(now);
    let values: Vec<_> = published(&mut protocol)
        .into_iter()
        .filter(|(topic, ..)| topic == "t")
        .map(|(_, payload, ..)| payload["value"].clone())
        .collect();
    assert_eq!(values, [1, 2]);
}
