//! Readings with `#[derive(Datapoints)]`: what is known of their sensors before the first message,
//! and what the bus sees of that.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use connector_runtime::{Kind, datapoint::Number, prelude::*, testing::Bus};
use serde_json::{Value, json};
use tokio::time::sleep;

/// An inverter that answers only after its second poll.
#[connector(name = "inverter")]
struct Inverter {
    #[arg(skip)]
    polls: Arc<AtomicUsize>,
}

#[derive(Serialize, Datapoints)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// Power fed into the grid,
    /// without that of the battery.
    ///
    /// Negative at night.
    #[datapoint(unit = "W", range = -100.0..=5000.0)]
    feed_in: Option<f64>,
    mode: Mode,
    battery: Battery,
    strings: Vec<f64>,
    #[serde(rename = "serial")]
    serial_number: String,
    #[serde(skip)]
    #[expect(dead_code, reason = "it is no sensor")]
    secret: String,
    #[serde(flatten)]
    errors: Errors,
    others: BTreeMap<String, u8>,
}

#[derive(Serialize, Datapoints)]
struct Battery {
    soc: Percent,
    cycles: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<Box<Battery>>,
}

#[derive(Serialize, Datapoints)]
struct Percent(#[datapoint(unit = "%", range = 0..=100)] u8);

#[derive(Serialize, Datapoints)]
struct Errors {
    is_faulty: bool,
}

#[derive(Serialize, Datapoints)]
#[serde(rename_all = "snake_case")]
enum Mode {
    StandBy,
    FeedIn,
}

#[connector]
impl Inverter {
    #[receive(every = Duration::from_secs(10))]
    fn fetch(&self) -> Result<Option<Vec<u8>>> {
        let polls = self.polls.fetch_add(1, SeqCst);
        ensure!(polls > 0, "the inverter sleeps");
        Ok((polls > 2).then(|| vec![if polls == 3 { 50 } else { 0 }]))
    }

    #[parse]
    fn status(raw: &[u8]) -> Result<Status> {
        let &[soc] = raw else { bail!("expected one byte, got {raw:?}") };
        Ok(Status {
            feed_in: (soc == 0).then_some(1.5),
            mode: if soc == 0 { Mode::StandBy } else { Mode::FeedIn },
            battery: Battery { soc: Percent(soc), cycles: 7, module: None },
            strings: vec![0.5],
            serial_number: "A1".to_owned(),
            secret: String::new(),
            errors: Errors { is_faulty: false },
            others: BTreeMap::from([("fan".to_owned(), 3)]),
        })
    }
}

fn examples() -> Value {
    json!({
        "feedIn": -100.0,
        "mode": "stand_by",
        "battery__soc": 0,
        "battery__cycles": 0,
        "battery__module__soc": 0,
        "battery__module__cycles": 0,
        "strings": [],
        "serial": "",
        "is_faulty": false,
    })
}

#[test]
fn a_type_tells_its_sensors() {
    let sensors = Status::sensors();
    let feed_in = Sensor::new("feedIn", Kind::Number)
        .unit("W")
        .range(-100.0..=5000.0)
        .description("Power fed into the grid, without that of the battery.");
    assert_eq!(sensors[0], feed_in);
    assert_eq!(sensors[1].kind, Kind::Word(&["stand_by", "feed_in"]));
    assert_eq!(sensors[2], Sensor::new("battery__soc", Kind::Integer).unit("%").range(0_u8..=100));
    assert_eq!(sensors[2].range, Some((Number::Integer(0), Number::Integer(100))));
    let keys: Vec<_> = sensors.iter().map(|sensor| &*sensor.key).collect();
    let expected = examples();
    assert_eq!(keys.len(), expected.as_object().unwrap().len());
    assert!(keys.iter().all(|key| expected.get(key).is_some()), "{keys:?}");
    assert_eq!(Timestamped::<Option<&Status>>::sensors(), sensors);
    let polls = Arc::default();
    assert_eq!(Inverter { polls }.sensors(), sensors);
}

#[tokio::test(start_paused = true)]
async fn sensors_are_announced_before_the_first_poll_and_published_after_it() {
    let polls = Arc::<AtomicUsize>::default();
    let mut bus = Bus::start(Inverter { polls: Arc::clone(&polls) }).await;
    let announced = bus.next("inverter/available_datapoints").await;
    assert_eq!(announced, json!({"sensor": examples(), "actuator": {}}));
    assert_eq!(polls.load(SeqCst), 0);

    let topic = |key: &str| format!("inverter/messages/{key}/value");
    let keys = ["feedIn", "battery__soc", "battery__module__soc", "others__fan"];
    let sensors: BTreeMap<_, _> = keys.iter().map(|key| (*key, topic(key))).collect();
    let map = json!({"sensor": sensors, "actuator": {}});
    bus.publish("inverter/datapoint_map", &map, true);
    sleep(Duration::from_secs(15)).await;
    bus.broker().forget_retained();
    bus.broker().disconnect_all();
    assert_eq!(bus.next("inverter/available_datapoints").await["sensor"], examples());

    // Of the first message only what the type cannot know is news.
    let announced = bus.next("inverter/available_datapoints").await;
    let mut expected = examples();
    let seen = json!({
        "mode": "feed_in", "battery__soc": 50, "battery__cycles": 7,
        "strings": [0.5], "serial": "A1", "others__fan": 3,
    });
    expected.as_object_mut().unwrap().extend(seen.as_object().unwrap().clone());
    assert_eq!(announced["sensor"], expected);

    // The first value there is: no example came before it, and none is left in its place.
    assert_eq!(bus.value("battery__soc").await, json!(50));
    assert!(polls.load(SeqCst) > 2, "the device has not answered yet");
    assert_eq!(bus.value("others__fan").await, json!(3));
    // Nothing was published for `None`.
    assert_eq!(bus.value("feedIn").await, json!(1.5));
    assert!(polls.load(SeqCst) > 3, "there is no such value in the first message");
}
