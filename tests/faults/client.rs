//! Who publishes the numbers: the connector, or a plain MQTT client in its place.

use std::time::Duration;

use support::{ConnectorProcess, Device, Launch, launch};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use crate::traffic::{RAW_TOPIC, Traffic, VALUE_TOPIC, WINDOW};

/// How long a plain client waits after an error.
const PAUSE: Duration = Duration::from_millis(250);

/// Room in the queue of a plain client, and its keep-alive in seconds: as its README has it.
const ROOM: usize = 10;
const KEEP_ALIVE: u64 = 5;

/// Messages on their way at once, as many as of the connector. mosquitto throws away what exceeds 20, and the
/// default is 100.
#[allow(clippy::cast_possible_truncation, reason = "16")]
const IN_FLIGHT: u16 = WINDOW as u16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// The `tcp_json` example, with raw messages.
    Connector,
    Rumqttc,
    RumqttcNext,
}

/// A client at work; it ends when dropped.
pub(crate) struct Running {
    pub(crate) numbers: mpsc::UnboundedSender<u64>,
    pub(crate) process: Option<ConnectorProcess>,
    /// What a connector gives to its device.
    pub(crate) commands: mpsc::UnboundedReceiver<String>,
    _tasks: JoinSet<()>,
}

impl Client {
    pub(crate) const ALL: [Self; 3] = [Self::Connector, Self::Rumqttc, Self::RumqttcNext];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::Rumqttc => "rumqttc 0.25.1",
            Self::RumqttcNext => "rumqttc-v4-next 0.34",
        }
    }

    /// Starts to publish the numbers; a plain client knows one value of each.
    pub(crate) async fn start(self, port: u16, traffic: Traffic) -> Running {
        if self == Self::Connector {
            return connector(port, traffic, |launch| launch).await;
        }
        let (sender, numbers) = mpsc::unbounded_channel();
        let (_, commands) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        if self == Self::Rumqttc {
            rumqttc(port, numbers, &mut tasks);
        } else {
            rumqttc_next(port, numbers, &mut tasks);
        }
        Running { numbers: sender, process: None, commands, _tasks: tasks }
    }
}

type Numbers = mpsc::UnboundedReceiver<u64>;

/// Starts a connector that publishes raw messages, with further settings.
pub(crate) async fn connector(
    port: u16,
    traffic: Traffic,
    settings: impl FnOnce(Launch) -> Launch,
) -> Running {
    let (sender, mut numbers) = mpsc::unbounded_channel();
    let (heard, commands) = mpsc::unbounded_channel();
    let device = Device::start().await;
    let launch = launch(port, device.address()).variable("SEND_RAW_MESSAGE_TO_DB", "TRUE");
    let process = Some(settings(launch).start());
    let mut link = device.accept().await;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            tokio::select! {
                Some(number) = numbers.recv() => {
                    if link.try_say(&traffic.line(number)).await.is_err() {
                        return;
                    }
                }
                Some(command) = link.try_hear() => drop(heard.send(command)),
                else => return,
            }
        }
    });
    Running { numbers: sender, process, commands, _tasks: tasks }
}

/// What the connector would publish.
fn messages(number: u64) -> [String; 2] {
    [
        format!(r#"{{"value":{number},"timestamp":1573680749000}}"#),
        format!(
            r#"{{"payload":{{"raw_message":{{"n":{number}}},"timestamp":1573680749000}},"connector_version":"0.1.0"}}"#
        ),
    ]
}

fn rumqttc(port: u16, mut numbers: Numbers, tasks: &mut JoinSet<()>) {
    use rumqttc::{AsyncClient, MqttOptions, QoS};
    let mut options = MqttOptions::new("plain", "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(KEEP_ALIVE)).set_inflight(IN_FLIGHT);
    let (client, mut events) = AsyncClient::new(options, ROOM);
    tasks.spawn(async move {
        loop {
            if events.poll().await.is_err() {
                sleep(PAUSE).await;
            }
        }
    });
    tasks.spawn(async move {
        while let Some(number) = numbers.recv().await {
            let [value, raw] = messages(number);
            let published = client.publish(VALUE_TOPIC, QoS::AtLeastOnce, true, value).await;
            published.expect("it polls");
            let published = client.publish(RAW_TOPIC, QoS::ExactlyOnce, false, raw).await;
            published.expect("it polls");
        }
    });
}

fn rumqttc_next(port: u16, mut numbers: Numbers, tasks: &mut JoinSet<()>) {
    use rumqttc_next::{AsyncClient, MqttOptions, PublishOptions, QoS};
    let mut options = MqttOptions::new("plain", ("127.0.0.1", port));
    options.set_keep_alive(u16::try_from(KEEP_ALIVE).expect("a small number"));
    options.set_inflight(IN_FLIGHT);
    let (client, mut events) = AsyncClient::builder(options).capacity(ROOM).build();
    tasks.spawn(async move {
        loop {
            if events.poll().await.is_err() {
                sleep(PAUSE).await;
            }
        }
    });
    tasks.spawn(async move {
        let (values, raws) = (
            PublishOptions::new(QoS::AtLeastOnce).retained(),
            PublishOptions::new(QoS::ExactlyOnce),
        );
        while let Some(number) = numbers.recv().await {
            let [value, raw] = messages(number);
            client.publish(VALUE_TOPIC, value, values).await.expect("it polls");
            client.publish(RAW_TOPIC, raw, raws).await.expect("it polls");
        }
    });
}
