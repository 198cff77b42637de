//! Who publishes the numbers: the connector, or a plain MQTT client in its place.

use std::time::Duration;

use support::{Device, connector::ConnectorProcess, launch};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use crate::checker::TOPICS;

/// How long a plain client waits after an error.
const PAUSE: Duration = Duration::from_millis(250);

/// Room in the queue of a plain client, and its keep-alive in seconds: as its README has it.
const ROOM: usize = 10;
const KEEP_ALIVE: u64 = 5;

/// Messages on their way at once. mosquitto throws away what exceeds 20, and the default is 100.
const IN_FLIGHT: u16 = 16;

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

    pub(crate) async fn start(self, port: u16) -> Running {
        let (sender, numbers) = mpsc::unbounded_channel();
        let (heard, commands) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let process = match self {
            Self::Connector => Some(connector(port, numbers, heard, &mut tasks).await),
            Self::Rumqttc => {
                rumqttc(port, numbers, &mut tasks);
                None
            }
            Self::RumqttcNext => {
                rumqttc_next(port, numbers, &mut tasks);
                None
            }
        };
        Running { numbers: sender, process, commands, _tasks: tasks }
    }
}

type Numbers = mpsc::UnboundedReceiver<u64>;

async fn connector(
    port: u16,
    mut numbers: Numbers,
    heard: mpsc::UnboundedSender<String>,
    tasks: &mut JoinSet<()>,
) -> ConnectorProcess {
    let device = Device::start().await;
    let launch = launch(port, device.address()).variable("SEND_RAW_MESSAGE_TO_DB", "TRUE");
    let process = launch.start();
    let mut link = device.accept().await;
    tasks.spawn(async move {
        loop {
            tokio::select! {
                Some(number) = numbers.recv() => {
                    if link.try_say(&format!(r#"{{"n":{number}}}"#)).await.is_err() {
                        return;
                    }
                }
                Some(command) = link.try_hear() => drop(heard.send(command)),
                else => return,
            }
        }
    });
    process
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
            let published = client.publish(TOPICS[0], QoS::AtLeastOnce, true, value).await;
            published.expect("it polls");
            let published = client.publish(TOPICS[1], QoS::ExactlyOnce, false, raw).await;
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
            client.publish(TOPICS[0], value, values).await.expect("it polls");
            client.publish(TOPICS[1], raw, raws).await.expect("it polls");
        }
    });
}
