//! A connector that implements the trait by hand, run by the runtime on a broker in memory with a
//! paused clock: what every connector can rely on, whatever its device does.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use connector_runtime::{prelude::*, testing::Bus};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// A gateway whose meters are known at run time.
#[connector(name = "gateway")]
struct Gateway {
    #[arg(skip)]
    meters: Vec<String>,
    #[arg(skip)]
    device: Arc<Device>,
}

/// What the gateway does, and what was done to it.
#[derive(Default)]
struct Device {
    polls: AtomicUsize,
    slowness: Duration,
    polled: Mutex<Vec<Instant>>,
    sent: Mutex<Vec<String>>,
}

const EVERY: Duration = Duration::from_secs(10);

impl Connector for Gateway {
    type Session = ();
    type Raw = Vec<f64>;
    type Readings = BTreeMap<String, f64>;

    fn sources(&self) -> Vec<Source> {
        vec![Source::poll("meters", EVERY), Source::push("events")]
    }

    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn receive(&self, (): &(), source: usize) -> Result<Option<Vec<f64>>> {
        if source == 1 {
            sleep(Duration::from_secs(1)).await;
            return Ok(Some(vec![f64::NAN]));
        }
        let poll = self.device.polls.fetch_add(1, SeqCst);
        self.device.polled.lock().unwrap().push(Instant::now());
        sleep(self.device.slowness).await;
        match poll % 5 {
            1 => panic!("the poll hits a bug"),
            2 => bail!("the gateway is busy"),
            3 => Ok(None),
            _ => Ok(Some(vec![0.5; self.meters.len()])),
        }
    }

    fn parse(&self, raw: &Vec<f64>) -> Result<Option<Self::Readings>> {
        if let &[event] = &raw[..] {
            return Ok(Some(BTreeMap::from([("event".to_owned(), event)])));
        }
        Ok(Some(self.meters.iter().cloned().zip(raw.iter().copied()).collect()))
    }

    fn actuators(&self) -> Vec<Actuator> {
        self.meters.iter().map(|meter| Actuator::new(meter.clone()).example(0)).collect()
    }

    async fn send(&self, (): &(), command: &Command) -> Result<()> {
        let value: i64 = command.value()?;
        ensure!(value != 13, "the gateway is superstitious");
        assert!(value != 14, "sending hits a bug");
        sleep(Duration::from_secs(1)).await;
        self.device.sent.lock().unwrap().push(format!("{}={value}", command.key()));
        Ok(())
    }
}

fn gateway(slowness: Duration) -> (Gateway, Arc<Device>) {
    let device = Arc::new(Device { slowness, ..Device::default() });
    let meters = vec!["a".to_owned(), "b".to_owned()];
    (Gateway { meters, device: Arc::clone(&device) }, device)
}

/// Waits until the device was polled that often.
async fn polls(device: &Device, count: usize) -> Vec<Duration> {
    while device.polls.load(SeqCst) < count {
        sleep(Duration::from_millis(100)).await;
    }
    let polled = device.polled.lock().unwrap();
    polled.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn polls_keep_their_rhythm_through_errors_and_panics() {
    let (gateway, device) = gateway(Duration::from_secs(3));
    let _bus = Bus::start(gateway).await;
    assert_eq!(polls(&device, 8).await, [EVERY; 7]);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_takes_too_long_is_not_queued_up_behind_itself() {
    let slowness = EVERY * 5 / 2;
    let (gateway, device) = gateway(slowness);
    let _bus = Bus::start(gateway).await;
    assert_eq!(polls(&device, 5).await, [slowness; 4]);
}

#[tokio::test(start_paused = true)]
async fn sources_run_side_by_side() {
    let (gateway, device) = gateway(Duration::from_hours(1));
    let mut bus = Bus::start(gateway).await;
    bus.select(&["event"]).await;
    for _ in 0..5 {
        assert_eq!(bus.value("event").await, Value::Null);
    }
    assert_eq!(device.polls.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn every_failure_is_told_on_the_bus_with_its_cause() {
    let (gateway, _device) = gateway(Duration::ZERO);
    let mut bus = Bus::start(gateway).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let log = bus.log().await;
        told.push((log["level"].clone(), log["msg"].as_str().unwrap().to_owned()));
    }
    let expected = [
        (json!(30), "`event` is not a finite number: published as null"),
        (json!(40), "`meters` failed: it panicked: the poll hits a bug"),
        (json!(40), "`meters` failed: the gateway is busy"),
    ];
    assert_eq!(told, expected.map(|(level, msg)| (level, msg.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn commands_of_one_actuator_come_in_order_and_bad_ones_hurt_nobody() {
    let (gateway, device) = gateway(Duration::ZERO);
    let mut bus = Bus::start(gateway).await;
    bus.select(&["a"]).await;
    bus.value("a").await;
    for value in [json!(1), json!(13), json!("text"), json!(14), json!(2), json!(3)] {
        bus.command("a", value);
    }
    bus.command("b", 4);
    for cause in ["superstitious", "invalid type: string", "it panicked: sending hits a bug"] {
        let log = loop {
            let log = bus.log().await;
            if log["msg"].as_str().unwrap().contains("command") {
                break log;
            }
        };
        assert!(log["msg"].as_str().unwrap().contains(cause), "{log}");
    }
    bus.stop().await;
    // `b` does not wait for `a`, and the end waits for what was accepted, as long as it may.
    assert_eq!(*device.sent.lock().unwrap(), ["a=1", "b=4", "a=2"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_broken_link_the_bus_has_everything_again() {
    let (gateway, _device) = gateway(Duration::ZERO);
    let mut bus = Bus::start(gateway).await;
    bus.select(&["a", "event"]).await;
    assert_eq!(bus.value("a").await, json!(0.5));
    assert_eq!(bus.value("event").await, Value::Null);
    let everything = json!({"a": 0.5, "b": 0.5, "event": null});
    let topic = "gateway/available_datapoints";
    while bus.next(topic).await["sensor"] != everything {}
    bus.broker().forget_retained();
    bus.broker().disconnect_all();
    assert_eq!(bus.next(topic).await["sensor"], everything);
    assert_eq!(bus.value("a").await, json!(0.5));
}

#[tokio::test(start_paused = true)]
async fn raw_messages_are_recorded_before_they_are_parsed() {
    let (gateway, _device) = gateway(Duration::ZERO);
    let mut bus = Bus::start_with(gateway, |settings| settings.send_raw_message_to_db = true).await;
    let raw = bus.next("gateway/raw_message_to_db").await;
    assert_eq!(raw["payload"]["raw_message"], json!([0.5, 0.5]));
    assert_eq!(raw["connector_version"], env!("CARGO_PKG_VERSION"));
    assert!(raw["payload"]["timestamp"].is_i64());
}

#[tokio::test(start_paused = true)]
async fn heartbeats_come_before_they_are_missed() {
    let (gateway, _device) = gateway(Duration::ZERO);
    let mut bus = Bus::start_with(gateway, |settings| settings.heartbeat_seconds = 20).await;
    let mut last = None;
    for _ in 0..5 {
        let beat = bus.next("gateway/heartbeat").await;
        let length = beat["next_heartbeats_timestamp"].as_i64().unwrap()
            - beat["this_heartbeats_timestamp"].as_i64().unwrap();
        assert_eq!(length, 20_000);
        let now = Instant::now();
        if let Some(last) = last.replace(now) {
            let pause = now - last;
            assert!(
                pause < Duration::from_secs(20) && pause > Duration::from_secs(19),
                "{pause:?}"
            );
        }
    }
}
