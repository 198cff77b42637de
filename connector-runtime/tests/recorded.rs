//! Readings with `#[derive(Datapoints)]`: which values become of them, and of those without it.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls these functions")]

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use connector_runtime::{
    prelude::*,
    readings::{Describer, FlatReadings, Recorder},
    testing::Bus,
};
use serde_json::{Value, json};

/// What is the same for serde and for the derive.
#[derive(Serialize, Datapoints)]
#[serde(rename_all = "camelCase")]
struct Meter {
    power_now: f64,
    factor: f32,
    broken: f64,
    total: u128,
    low: i8,
    is_on: bool,
    text: String,
    letter: char,
    borrowed: Cow<'static, str>,
    mode: Mode,
    phases: [f64; 3],
    pair: (u8, Option<bool>),
    words: Vec<Mode>,
    inner: Box<Inner>,
    celsius: Celsius,
    since: Timestamp,
    any: Value,
    numbers: BTreeMap<i8, Vec<Inner>>,
    nothing: (),
    unit: Unit,
    #[serde(flatten)]
    rest: Inner,
    #[serde(flatten)]
    more: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<Box<Meter>>,
    #[serde(serialize_with = "halved")]
    doubled: f64,
    #[serde(skip)]
    #[expect(dead_code, reason = "it is no sensor")]
    secret: Secret,
}

#[derive(Serialize, Datapoints, Clone, Copy)]
struct Inner {
    soc: u8,
    #[serde(flatten)]
    nothing: (),
}

#[derive(Serialize, Datapoints)]
struct Unit;

#[derive(Serialize, Datapoints)]
struct Celsius(f32);

#[derive(Serialize, Datapoints)]
#[serde(rename_all = "lowercase")]
enum Mode {
    On,
    Off,
}

#[derive(Default)]
struct Secret;

fn halved<S: serde::Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(value / 2.0)
}

fn meter(module: Option<Box<Meter>>) -> Meter {
    let inner = Inner { soc: 7, nothing: () };
    Meter {
        power_now: 1e21,
        factor: 0.1,
        broken: f64::NAN,
        total: u128::MAX,
        low: -5,
        is_on: true,
        text: "a\0\"b".to_owned(),
        letter: 'ü',
        borrowed: Cow::Borrowed("c"),
        mode: Mode::On,
        phases: [1.0, f64::INFINITY, 2.5],
        pair: (1, None),
        words: vec![Mode::Off],
        inner: Box::new(inner),
        celsius: Celsius(21.5),
        since: Timestamp::from_millis(3),
        any: json!({"a": {"b": null}, "c": [1, {"d": 2}]}),
        numbers: BTreeMap::from([(-1, vec![inner])]),
        nothing: (),
        unit: Unit,
        rest: inner,
        more: (),
        module,
        doubled: 3.0,
        secret: Secret,
    }
}

fn pairs(flat: &FlatReadings) -> Vec<(&str, &str)> {
    flat.values().collect()
}

fn recorded(readings: &impl Datapoints) -> FlatReadings {
    let mut flat = FlatReadings::default();
    flat.record(readings).unwrap();
    flat
}

fn serialized(readings: &impl Serialize) -> FlatReadings {
    let mut flat = FlatReadings::default();
    flat.serialize(readings).unwrap();
    flat
}

#[test]
fn values_are_those_of_serde() {
    let meter = meter(Some(Box::new(meter(None))));
    let (recorded, serialized) = (recorded(&meter), serialized(&meter));
    assert_eq!(pairs(&recorded), pairs(&serialized));
    let value = |key| pairs(&recorded).into_iter().find(|(it, _)| *it == key).unwrap().1;
    assert_eq!(value("powerNow"), "1e+21");
    assert_eq!(value("module__broken"), "null");
    assert_eq!(value("text"), r#""a\"b""#);
    assert_eq!(value("phases"), "[1.0,null,2.5]");
    assert_eq!(value("any__a__b"), "null");
    assert_eq!(value("doubled"), "1.5");
    assert_eq!(value("soc"), "7");
}

#[test]
fn values_come_in_the_order_in_which_sensors_are_told() {
    let flat = recorded(&meter(Some(Box::new(meter(None)))));
    let keys: Vec<_> = Meter::sensors().into_iter().map(|sensor| sensor.key).collect();
    let told = flat.values().map(|(key, _)| key).filter(|key| keys.iter().any(|it| it == key));
    assert_eq!(told.collect::<Vec<_>>(), keys);
}

#[derive(Serialize, Datapoints, Default)]
struct Optional {
    number: Option<f64>,
    list: Option<Vec<Option<u8>>>,
    room: Option<Room>,
    #[serde(flatten)]
    more: Option<Inner>,
    map: HashMap<String, Option<u8>>,
    value: Option<Value>,
    #[serde(serialize_with = "always_none")]
    written: u8,
}

#[derive(Serialize, Datapoints, Default)]
struct Room {
    temperature: Option<f64>,
    humidity: f64,
}

fn always_none<S: serde::Serializer>(_: &u8, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_none()
}

#[test]
fn none_is_nothing_for_the_derive_and_null_for_serde() {
    let mut readings = Optional::default();
    readings.map.insert("a".to_owned(), None);
    assert_eq!(pairs(&recorded(&readings)), []);
    let nulls = ["number", "list", "room", "map__a", "value", "written"];
    assert_eq!(pairs(&serialized(&readings)), nulls.map(|key| (key, "null")));

    readings.list = Some(vec![Some(1), None]);
    readings.room = Some(Room::default());
    readings.value = Some(Value::Null);
    let expected = [("list", "[1,null]"), ("room__humidity", "0.0"), ("value", "null")];
    assert_eq!(pairs(&recorded(&readings)), expected);
}

#[derive(Serialize, Datapoints, Default)]
struct Told {
    #[datapoint(null, unit = "W")]
    power: Option<f64>,
    #[datapoint(null)]
    room: Option<Room>,
    other: Option<f64>,
}

#[test]
fn none_can_be_told() {
    let nulls = [("power", "null"), ("room", "null")];
    assert_eq!(pairs(&recorded(&Told::default())), nulls);
    let told = Told { power: Some(1.5), room: Some(Room::default()), other: None };
    assert_eq!(pairs(&recorded(&told)), [("power", "1.5"), ("room__humidity", "0.0")]);
    assert_eq!(Told::sensors()[0].unit.as_deref(), Some("W"));
}

#[derive(Serialize, Datapoints)]
#[datapoint(rename_all = "kebab-case")]
#[serde(rename_all = "UPPERCASE")]
struct Renamed {
    feed_in: u8,
    #[serde(rename = "SOC")]
    state_of_charge: u8,
    #[serde(rename = "x")]
    #[datapoint(rename = "y")]
    other: Switch,
    #[datapoint(skip)]
    unknown: BTreeMap<String, u8>,
}

#[derive(Serialize, Datapoints)]
enum Switch {
    #[serde(rename = "a")]
    #[datapoint(rename = "on")]
    On,
    #[datapoint(skip)]
    Unknown,
}

#[test]
fn our_own_names_go_before_those_of_serde() {
    let renamed = |other| {
        let unknown = BTreeMap::from([("z".to_owned(), 3)]);
        Renamed { feed_in: 1, state_of_charge: 2, other, unknown }
    };
    let expected = [("feed-in", "1"), ("SOC", "2"), ("y", "\"on\"")];
    assert_eq!(pairs(&recorded(&renamed(Switch::On))), expected);
    assert_eq!(pairs(&recorded(&renamed(Switch::Unknown))), expected[..2]);
    assert_eq!(
        Renamed::sensors().iter().map(|sensor| &*sensor.key).collect::<Vec<_>>(),
        ["feed-in", "SOC", "y"]
    );
}

#[test]
fn a_timestamp_is_no_sensor_but_within_readings() {
    #[derive(Datapoints)]
    struct Log {
        entry: Timestamped<Inner>,
    }
    let stamped = |readings| Timestamped::new(readings, Timestamp::from_millis(7));
    let inner = Inner { soc: 7, nothing: () };
    assert_eq!(pairs(&recorded(&stamped(inner))), [("soc", "7")]);
    let expected = [("entry__timestamp", "7"), ("entry__readings__soc", "7")];
    assert_eq!(pairs(&recorded(&Log { entry: stamped(inner) })), expected);
    let keys: Vec<_> = Log::sensors().into_iter().map(|sensor| sensor.key).collect();
    assert_eq!(keys, expected.map(|(key, _)| key));
}

#[test]
fn what_cannot_be_recorded_is_an_error_and_the_next_message_is_not() {
    #[derive(Datapoints, Default)]
    struct Chain {
        next: Option<Box<Chain>>,
        tuples: BTreeMap<(u8, u8), u8>,
    }
    let mut flat = FlatReadings::default();
    let chain = (0..1_000)
        .fold(Chain::default(), |next, _| Chain { next: Some(Box::new(next)), ..Chain::default() });
    let error = flat.record(&chain).unwrap_err();
    assert!(error.to_string().contains("levels deep"), "{error}");
    let tuples = BTreeMap::from([((1, 2), 3)]);
    let error = flat.record(&Chain { next: None, tuples }).unwrap_err();
    assert!(error.to_string().contains("keys of a map"), "{error}");
    for error in [flat.record(&5_u8), flat.record(&Celsius(1.0)), flat.record("text")] {
        assert!(error.unwrap_err().to_string().contains("must be an object"));
    }
    flat.record(&Inner { soc: 7, nothing: () }).unwrap();
    assert_eq!(pairs(&flat), [("soc", "7")]);
}

/// What only looks like an object to serde.
struct Scalar;

impl Datapoints for Scalar {
    fn describe(to: &mut Describer) {
        to.value(connector_runtime::Kind::Integer);
    }

    fn record(&self, to: &mut Recorder<'_>) {
        to.value(&5);
    }
}

#[test]
fn a_value_cannot_lie_among_keys() {
    #[derive(Datapoints)]
    struct Outer {
        inner: Within,
    }
    #[derive(Datapoints)]
    struct Within {
        scalar: Among,
    }
    struct Among(Scalar);
    impl Datapoints for Among {
        fn describe(to: &mut Describer) {
            to.among().holds(Scalar::describe);
        }

        fn record(&self, to: &mut Recorder<'_>) {
            to.among().holds(&self.0, Scalar::record);
        }
    }
    assert_eq!(Outer::sensors(), []);
    let outer = Outer { inner: Within { scalar: Among(Scalar) } };
    assert!(FlatReadings::default().record(&outer).is_err());
}

/// Its readings are without the derive.
#[connector(name = "plain")]
struct Plain {
    #[arg(skip)]
    reading: Option<String>,
}

#[connector]
impl Plain {
    #[receive(every = Duration::from_secs(10))]
    fn fetch(&self) -> Result<String> {
        self.reading.clone().context("no reading")
    }

    #[parse]
    fn readings(raw: &str) -> Result<BTreeMap<&'static str, Option<f64>>> {
        Ok(BTreeMap::from([("absent", None), ("here", Some(raw.parse()?))]))
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_derive_none_is_published_as_null() {
    let mut bus = Bus::start(Plain { reading: Some("1.0".to_owned()) }).await;
    bus.select(&["absent", "here"]).await;
    assert_eq!(bus.value("absent").await, Value::Null);
    assert_eq!(bus.value("here").await, json!(1.0));
}
