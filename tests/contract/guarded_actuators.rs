//! Actuators that move real things: what their options let through to the device.

use std::time::{SystemTime, UNIX_EPOCH};

use connector_runtime::{BusSettings, prelude::*};
use rumqttc::QoS;
use serde_json::json;
use support::{Broker, Bus, Device, DeviceLink, on_both_brokers};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{Mutex, oneshot},
    task::JoinHandle,
    time::Instant,
};

on_both_brokers! {
    only_commands_of_now_pass,
    the_newest_waits_for_its_time,
    a_retained_command_passes_once,
    the_failsafe_value_needs_no_broker,
}

/// A boiler that takes lines.
#[connector(name = "boiler")]
struct Boiler {
    #[arg(long)]
    device: std::net::SocketAddr,
}

type Session = Mutex<TcpStream>;

const SHORT: Duration = Duration::from_secs(2);

#[connector]
impl Boiler {
    #[connect(state = "connected")]
    async fn open(&self) -> Result<Session> {
        Ok(Mutex::new(TcpStream::connect(self.device).await?))
    }

    #[receive]
    async fn nothing(&self) -> Result<String> {
        std::future::pending().await
    }

    #[parse]
    fn readings(raw: &str) -> Result<f64> {
        Ok(raw.parse()?)
    }

    #[send("power", range = 0..=100, max_age = Duration::from_mins(1), monotonic)]
    async fn heat(&self, session: &Session, percent: u8) -> Result<()> {
        write(session, format!("power {percent}")).await
    }

    #[send("pump", queue = latest, min_interval = SHORT)]
    async fn pump(&self, session: &Session, on: bool) -> Result<()> {
        write(session, format!("pump {on}")).await
    }

    #[send("mode", retained = accept)]
    async fn mode(&self, session: &Session, mode: String) -> Result<()> {
        write(session, format!("mode {mode}")).await
    }

    #[send("limit", failsafe = 6, after = SHORT)]
    async fn limit(&self, session: &Session, amperes: u8) -> Result<()> {
        write(session, format!("limit {amperes}")).await
    }
}

async fn write(session: &Session, line: String) -> Result<()> {
    Ok(session.lock().await.write_all((line + "\n").as_bytes()).await?)
}

struct World {
    broker: Broker,
    bus: Bus,
    link: DeviceLink,
    stop: oneshot::Sender<()>,
    connector: JoinHandle<Result<()>>,
}

impl World {
    async fn start(broker: Broker) -> Self {
        let mut bus = Bus::on(broker.port()).await;
        let device = Device::start().await;
        let boiler = Boiler { device: device.address() };
        let mut settings = BusSettings::new("boiler", "127.0.0.1");
        settings.mqtt_broker_port = broker.port();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = connector_runtime::run(boiler, settings, async { drop(stopped.await) });
        let connector = tokio::spawn(running);
        let link = device.accept().await;
        let map = ["power", "pump", "mode", "limit"].map(|key| (format!("in/{key}"), json!(key)));
        let map = json!({ "sensor": {}, "actuator": serde_json::Map::from_iter(map) });
        bus.publish("boiler/datapoint_map", QoS::AtLeastOnce, true, map.to_string()).await;
        let mut world = Self { broker, bus, link, stop, connector };
        world.told("4 actuators are selected").await;
        world
    }

    fn command(&mut self, key: &str, value: &str, timestamp: i64, retain: bool) {
        let command = format!(r#"{{"value":{value},"timestamp":{timestamp}}}"#);
        self.bus.send(&format!("in/{key}"), QoS::ExactlyOnce, retain, command);
    }

    async fn told(&mut self, part: &str) {
        self.bus.next_where("boiler/logs", |log| log.text().contains(part)).await;
    }

    /// The next line beside those of the limit, which come by themselves.
    async fn hear(&mut self) -> String {
        loop {
            let line = self.link.hear().await;
            if !line.starts_with("limit") {
                return line;
            }
        }
    }

    /// Stops the connector, which leaves the limit as it should be.
    async fn end(mut self) {
        self.command("limit", "16", now(), false);
        while self.link.hear().await != "limit 16" {}
        self.stop.send(()).expect("it runs");
        assert_eq!(self.link.hear().await, "limit 6");
        self.connector.await.expect("no panic").expect("good settings");
    }
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    now.as_millis().try_into().expect("it is earlier than then")
}

async fn only_commands_of_now_pass(broker: Broker) {
    let mut world = World::start(broker).await;
    let now = now();
    for (value, made) in [("1", 0), ("2", -61_000), ("3", 0), ("4", 60_000), ("101", 1), ("5", 1)] {
        world.command("power", value, now + made, false);
    }
    for reason in
        ["s old, more than the allowed 60s", "is not newer", "in the future", "outside of"]
    {
        world.told(reason).await;
    }
    for line in ["power 1", "power 5"] {
        assert_eq!(world.hear().await, line);
    }
    world.end().await;
}

async fn the_newest_waits_for_its_time(broker: Broker) {
    let mut world = World::start(broker).await;
    let now = now();
    world.command("pump", "true", now, false);
    assert_eq!(world.hear().await, "pump true");
    let start = Instant::now();
    for value in ["false", "true", "false"] {
        world.command("pump", value, now, false);
    }
    world.told("ignored the command true for `pump`: a newer value").await;
    assert_eq!(world.hear().await, "pump false");
    // The first was sent a little before it was heard.
    assert!(start.elapsed() > SHORT / 2, "{:?}", start.elapsed());
    world.command("pump", "true", now, false);
    assert_eq!(world.hear().await, "pump true");
    world.end().await;
}

async fn a_retained_command_passes_once(broker: Broker) {
    let mut world = World::start(broker).await;
    let now = now();
    world.command("mode", "\"eco\"", now, true);
    assert_eq!(world.hear().await, "mode eco");
    // The topic is selected again, so the broker says it again.
    for map in [json!({}), json!({ "in/mode": "mode", "in/limit": "limit" })] {
        let map = json!({ "sensor": {}, "actuator": map }).to_string();
        world.bus.publish("boiler/datapoint_map", QoS::AtLeastOnce, true, map).await;
    }
    world.told("ignored the retained command for `mode` on `in/mode`: it was retained, so it may be old").await;
    world.command("mode", "\"boost\"", now + 1, true);
    assert_eq!(world.hear().await, "mode boost");
    world.end().await;
}

async fn the_failsafe_value_needs_no_broker(broker: Broker) {
    let mut world = World::start(broker).await;
    world.command("limit", "16", now(), false);
    while world.link.hear().await != "limit 16" {}
    world.broker.stop().await;
    assert_eq!(world.link.hear().await, "limit 6");
    world.broker.start_again().await;
    world.told("no command for `limit` was accepted for 2s: sending the failsafe value 6").await;
    world.stop.send(()).expect("it runs");
    world.connector.await.expect("no panic").expect("good settings");
}
