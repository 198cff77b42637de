//! Targets for fuzzing: functions that take arbitrary bytes, and panic if they detect a bug.
//!
//! `tests/fuzz` runs them with libFuzzer, `tests/mutations.rs` with mutations of the same corpus.

use std::collections::HashSet;
use std::sync::Arc;

use clap::Args;
use rumqttc::QoS;
use serde::de::IgnoredAny;
use serde_json::{Value, json, value::RawValue};
use tokio::{
    io::{AsyncWriteExt, duplex},
    runtime::Builder,
};

use crate::{
    bus::{BusHandle, DatapointMap, MapLimits, Protocol, Registry, Topics, serve_once},
    datapoint::{Actuator, Command},
    mqtt::Identity,
    readings::FlatReadings,
    settings::{self, ConnectorSettings, Environment},
    telemetry::log::Logs,
    time::{Now, Timestamp},
};

const NOW: Timestamp = Timestamp::from_millis(1_735_689_600_000);

/// The first packets of a broker on each connection: CONNACK, and SUBACK for the map and for the
/// connector's own topics.
const WELCOME: &[u8] = b"\x20\x02\0\0\x90\x03\0\x01\x01\x90\x04\0\x02\0\0";

/// A datapoint map. All topics of an accepted map are valid, and none is both published and subscribed
/// to.
pub fn map(bytes: &[u8]) {
    let topics = Topics::of("demo");
    let Ok((map, rejected)) = DatapointMap::parse(bytes, &topics, MapLimits::MOST) else { return };
    assert_eq!(rejected.summary().is_some(), rejected.count() > 0);
    let published: HashSet<&str> = map.sensor.values().map(|topic| &**topic).collect();
    for topic in published.iter().copied().chain(map.actuator.keys().map(String::as_str)) {
        assert_eq!(topics.check_value_topic(topic), Ok(()));
    }
    assert!(map.actuator.keys().all(|topic| !published.contains(&**topic)));
}

/// A command, as a whole message and as its value. An accepted value follows the rules of its actuator.
pub fn command(bytes: &[u8]) {
    let actuators = [
        Actuator::new("number").range(-50.0..=100.0),
        Actuator::new("level").one_of([1, 2, 5]),
        Actuator::new("text").max_len(8),
        Actuator::new("any"),
    ];
    let topics: serde_json::Map<_, _> = actuators
        .iter()
        .map(|actuator| (actuator.key.to_string(), (&*actuator.key).into()))
        .collect();
    let mut protocol = Protocol::new("demo", "1", Vec::new(), actuators.into());
    let map = json!({ "sensor": {}, "actuator": topics }).to_string();
    assert!(matches!(protocol.message("demo/datapoint_map", map.as_bytes(), true, NOW), Ok(None)));
    let value = [br#"{"value":"#, bytes, b"}"].concat();
    for message in [bytes, &value] {
        for key in ["number", "level", "text", "any"] {
            if let Ok(Some(arrival)) = protocol.message(key, message, false, NOW) {
                assert_accepted(&arrival.command);
            }
        }
    }
}

fn assert_accepted(command: &Command) {
    let json = command.json();
    assert!(serde_json::from_str::<IgnoredAny>(json).is_ok(), "{json}");
    let number = || command.value::<f64>().expect("a number");
    match command.key() {
        "number" => assert!((-50.0..=100.0).contains(&number()), "{json}"),
        "level" => assert!([1.0, 2.0, 5.0].contains(&number()), "{json}"),
        "text" => match command.value().expect("JSON") {
            Value::String(text) => assert!(text.chars().count() <= 8, "{json}"),
            Value::Array(items) => assert!(items.len() <= 8, "{json}"),
            _ => panic!("{json} has no length"),
        },
        _ => {}
    }
}

/// A raw message in JSON. All keys and values of its readings are valid JSON that the databases can
/// store.
pub fn frame(bytes: &[u8]) {
    let Ok(readings) = serde_json::from_slice::<Box<RawValue>>(bytes) else { return };
    let mut flat = FlatReadings::default();
    if flat.serialize(&readings).is_err() {
        return;
    }
    for (key, json) in flat.values() {
        let has_nul = key.contains('\0') || json.replace(r"\\", "").contains(r"\u0000");
        assert!(!has_nul, "{key:?}: {json}");
        assert!(serde_json::from_str::<IgnoredAny>(json).is_ok(), "{json}");
    }
    let mut registry = Registry::new(Vec::new(), Vec::new());
    registry.update(&flat, NOW);
    let announcement = registry.announcement(usize::MAX);
    assert!(serde_json::from_slice::<IgnoredAny>(&announcement).is_ok());
}

/// A `.env` file, which results in settings or in a report of problems.
pub fn configuration(bytes: &[u8]) {
    /// Settings of different kinds.
    #[derive(Args)]
    struct Device {
        #[arg(long, env = "DEVICE_ADDR")]
        _address: String,
        #[arg(long, env = "METERS", value_delimiter = ',')]
        _meters: Vec<u8>,
        #[arg(long, env = "READ_ONLY")]
        _read_only: bool,
    }

    impl ConnectorSettings for Device {
        const NAME: &'static str = "demo";
        const VERSION: &'static str = "1";
        const ABOUT: &'static str = "A demonstration.";
    }

    let Ok(text) = str::from_utf8(bytes) else { return };
    let environment = Environment::of_text(text, |_| None);
    match settings::read::<Device>(["demo".into()], &environment) {
        Ok(read) => drop(read.settings.check()),
        Err(exit) => assert!(exit.to_string().contains("\n  - ")),
    }
}

/// The packets of a broker after the connector is online, until it closes the connection. The connector
/// accepts a map afterwards.
pub fn packet(bytes: &[u8]) {
    let protocol = Protocol::new("demo", "1", Vec::new(), vec![Actuator::new("a")]);
    let bus = BusHandle::new(protocol, Logs::new(false), Arc::default());
    let identity = Identity { client_id: "demo".to_owned(), login: None };
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let (mut broker, connector) = duplex(WELCOME.len() + bytes.len());
        broker.write_all(&[WELCOME, bytes].concat()).await.expect("the buffer has room");
        broker.shutdown().await.expect("the stream is open");
        let served = serve_once(connector, &identity, &bus).await;
        assert!(served.is_err(), "the broker has closed the connection");
    });
    let map = br#"{"sensor":{},"actuator":{"set":"a"}}"#;
    bus.message("demo/datapoint_map", map, true, Now::read());
    let protocol = bus.protocol();
    assert_eq!((protocol.selected(), protocol.value_qos), ((0, 1), QoS::AtLeastOnce));
}
