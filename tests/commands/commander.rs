//! Somebody who commands.

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::json;
use support::patiently;
use tokio::sync::watch;

/// Room for all commands of a test that are on their way to the broker.
const ROOM: usize = 1000;

/// mosquitto takes so many at once.
const WINDOW: u16 = 16;

/// Publishes numbered commands straight at the broker.
pub(crate) struct Commander {
    client: AsyncClient,
    next: u32,
    /// How many messages were published that the broker acknowledges, and how many it has.
    published: usize,
    acknowledged: watch::Receiver<usize>,
}

impl Commander {
    pub(crate) fn on(port: u16) -> Self {
        let mut options = MqttOptions::new("commander", "127.0.0.1", port);
        options.set_inflight(WINDOW);
        let (client, mut events) = AsyncClient::new(options, ROOM);
        let (sender, acknowledged) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(Packet::PubAck(_) | Packet::PubComp(_)) = event {
                    sender.send_modify(|count| *count += 1);
                }
            }
        });
        Self { client, next: 0, published: 0, acknowledged }
    }

    pub(crate) fn publish(
        &mut self,
        topic: &str,
        qos: QoS,
        retain: bool,
        payload: impl Into<Vec<u8>>,
    ) {
        self.client.try_publish(topic, qos, retain, payload).expect("there is room");
        self.published += usize::from(qos != QoS::AtMostOnce);
    }

    /// How many of these the broker has not acknowledged yet.
    pub(crate) fn waiting(&self) -> usize {
        self.published - *self.acknowledged.borrow()
    }

    /// Waits until the broker has handed out all that was published.
    pub(crate) async fn settled(&mut self) {
        let published = self.published;
        let all = self.acknowledged.wait_for(|count| *count == published);
        patiently(async { drop(all.await) }, || format!("not all of {published}")).await;
    }

    /// A new command; its number tells its `QoS`.
    pub(crate) fn command(&mut self) -> u32 {
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][self.next as usize % 3];
        self.say(qos, false)
    }

    /// A new command of `QoS` 2.
    pub(crate) fn exact(&mut self) -> u32 {
        self.next = self.next.next_multiple_of(3) + 2;
        self.say(QoS::ExactlyOnce, false)
    }

    pub(crate) fn say(&mut self, qos: QoS, retain: bool) -> u32 {
        let number = self.next;
        self.next += 1;
        self.publish("demo/power", qos, retain, value(number));
        number
    }
}

pub(crate) fn value(number: impl Into<i64>) -> String {
    json!({ "value": number.into(), "timestamp": 1_573_680_749_000_i64 }).to_string()
}
