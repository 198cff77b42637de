//! A connector with a mosquitto, and who attacks and observes it there.

use std::time::Duration;

use bytes::BytesMut;
use rumqttc::{AsyncClient, Connect, Event, MqttOptions, Packet, Publish, QoS};
use serde_json::Value;
use support::{DeviceLink, Mosquitto, proxy::Proxy};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{SemaphorePermit, watch},
    time::{Instant, interval, sleep},
};

use crate::victim::{Victim, turn};

/// A heartbeat is due each second; under attack, on a machine with much else to do, it may be so late.
const LATE: Duration = Duration::from_secs(10);

/// From one look at the heartbeats, or batch of a flood, to the next.
const PAUSE: Duration = Duration::from_millis(10);

/// A program on the bus that listens to nothing.
pub(crate) struct Peer(TcpStream);

impl Peer {
    pub(crate) async fn on(port: u16, name: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a broker");
        let mut packet = BytesMut::new();
        let mut connect = Connect::new(name);
        connect.keep_alive = 0;
        connect.write(&mut packet).expect("a packet");
        stream.write_all(&packet).await.expect("a broker");
        Self(stream)
    }

    pub(crate) async fn publish(&mut self, topic: &str, retain: bool, payload: impl Into<Vec<u8>>) {
        let mut message = Publish::new(topic, QoS::AtMostOnce, payload);
        message.retain = retain;
        let mut packet = BytesMut::new();
        message.write(&mut packet).expect("a packet");
        // At the end of an attack the broker may be gone.
        let _ = self.0.write_all(&packet).await;
    }

    /// Publishes so many messages a second, forever; they depend on their numbers.
    pub(crate) async fn flood(
        &mut self,
        rate: u32,
        topic: &str,
        retain: bool,
        payload: impl Fn(u64) -> String,
    ) {
        let mut ticks = interval(Duration::from_secs(1) / rate);
        for number in 0.. {
            ticks.tick().await;
            self.publish(topic, retain, payload(number)).await;
        }
    }
}

/// Hears the heartbeats of a connector, and the values of one sensor.
pub(crate) struct Observer {
    heartbeats: watch::Receiver<Instant>,
    newest: watch::Receiver<u64>,
}

/// In milliseconds. Heartbeats from before are those of an attacker.
const THIS_CENTURY: i64 = 946_684_800_000;

/// What the device says of the sensor that is observed.
pub(crate) const LIVE: &str = "demo/live";

impl Observer {
    fn on(port: u16) -> Self {
        let (client, mut events) =
            AsyncClient::new(MqttOptions::new("observer", "127.0.0.1", port), 10);
        for topic in ["demo/heartbeat", LIVE] {
            client.try_subscribe(topic, QoS::AtMostOnce).expect("there is room");
        }
        let (beat, heartbeats) = watch::channel(Instant::now());
        let (value, newest) = watch::channel(0);
        tokio::spawn(async move {
            while !beat.is_closed() {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::Publish(message))) => {
                        let json: Value =
                            serde_json::from_slice(&message.payload).unwrap_or_default();
                        if let Some(number) = json["value"].as_u64() {
                            value.send_replace(number);
                        }
                        if json["this_heartbeats_timestamp"].as_i64() > Some(THIS_CENTURY) {
                            beat.send_replace(Instant::now());
                        }
                    }
                    Ok(_) => {}
                    Err(_) => sleep(PAUSE).await,
                }
            }
            drop(client);
        });
        Self { heartbeats, newest }
    }

    /// Waits until a number is the newest value.
    pub(crate) async fn sees(&self, number: u64) {
        let _ = self.newest.clone().wait_for(|newest| *newest == number).await;
    }

    /// Waits for the first heartbeat.
    async fn begun(&self) {
        let _ = self.heartbeats.clone().changed().await;
    }

    /// Panics when a heartbeat is late.
    async fn watch(&self, name: &str) {
        loop {
            let last = *self.heartbeats.borrow();
            assert!(
                last.elapsed() < LATE,
                "{name}: the last heartbeat was {:?} ago",
                last.elapsed()
            );
            sleep(PAUSE).await;
        }
    }
}

/// A connector at work, with a broker, an observer, and a line that can be cut.
pub(crate) struct Scene {
    name: &'static str,
    broker: Mosquitto,
    pub(crate) proxy: Proxy,
    pub(crate) observer: Observer,
    pub(crate) victim: Victim,
    _turn: SemaphorePermit<'static>,
}

impl Scene {
    pub(crate) async fn set(name: &'static str) -> (Self, DeviceLink) {
        let turn = turn().await;
        let broker = Mosquitto::start().await;
        let proxy = Proxy::start(broker.port()).await;
        let observer = Observer::on(broker.port());
        let (victim, device) = Victim::start(name, proxy.port(), |launch| launch).await;
        victim.endure_until("the first heartbeat", observer.begun()).await;
        (Self { name, broker, proxy, observer, victim, _turn: turn }, device)
    }

    pub(crate) async fn peer(&self) -> Peer {
        Peer::on(self.broker.port(), "peer").await
    }

    /// Endures an attack for so long.
    pub(crate) async fn endure(&self, time: Duration) {
        tokio::select! {
            () = self.observer.watch(self.name) => {}
            () = self.victim.endure(time) => {}
        }
    }

    /// Endures until this happens, which has to happen in time.
    pub(crate) async fn endure_until(&self, what: &str, event: impl Future) {
        tokio::select! {
            () = self.observer.watch(self.name) => {}
            () = self.victim.endure_until(what, event) => {}
        }
    }

    /// Endures an attack for so long, and ends under it.
    pub(crate) async fn suffer(
        self,
        time: Duration,
        attack: impl Future<Output = ()> + Send + 'static,
    ) {
        let attack = tokio::spawn(attack);
        self.endure(time).await;
        assert!(!attack.is_finished(), "{}: the attack has failed", self.name);
        self.victim.end().await;
        attack.abort();
    }
}
