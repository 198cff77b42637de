//! The connection to the remote broker.

use connector_runtime::{prelude::*, raw};
use rumqttc::{
    AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS, SubscribeFilter,
    SubscribeReasonCode,
};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

/// The maximum number of messages that wait in each direction.
const WAITING: usize = 1000;

/// The time limit for the broker's confirmation.
const PATIENCE: Duration = Duration::from_secs(10);

/// A raw message.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) topic: String,
    #[serde(with = "raw::bytes")]
    pub(crate) payload: Vec<u8>,
}

/// A subscribed connection; dropping it closes it.
pub(crate) struct Remote {
    messages: Mutex<mpsc::Receiver<Result<Message>>>,
    client: Mutex<AsyncClient>,
    /// The calls that wait for a confirmation, in the order of their messages.
    unconfirmed: mpsc::UnboundedSender<oneshot::Sender<()>>,
    _polling: JoinSet<()>,
}

impl Remote {
    /// Connects and subscribes to each of the topics.
    pub(crate) async fn connect(options: MqttOptions, topics: &[String]) -> Result<Self> {
        let (client, mut events) = AsyncClient::new(options, WAITING);
        let mut early = Vec::new();
        let subscribed = subscribe(&client, &mut events, topics, &mut early);
        timeout(PATIENCE, subscribed).await.context("it does not confirm the subscription")??;
        let (sender, messages) = mpsc::channel(WAITING);
        let (unconfirmed, confirming) = mpsc::unbounded_channel();
        let mut polling = JoinSet::new();
        polling.spawn(poll(events, early, sender, confirming));
        let (messages, client) = (Mutex::new(messages), Mutex::new(client));
        Ok(Self { messages, client, unconfirmed, _polling: polling })
    }

    /// Waits for the next message. The error states why the connection has ended.
    pub(crate) async fn next(&self) -> Result<Message> {
        let message = self.messages.lock().await.recv().await;
        message.unwrap_or_else(|| Err(anyhow!("the connection is at its end")))
    }

    /// Publishes a message, and waits for the broker's confirmation.
    pub(crate) async fn publish(&self, topic: &str, payload: String) -> Result<()> {
        let (confirm, confirmed) = oneshot::channel();
        {
            let client = self.client.lock().await;
            client.publish(topic, QoS::AtLeastOnce, false, payload).await?;
            // Where it is not taken, the next line fails.
            let _ = self.unconfirmed.send(confirm);
        }
        let confirmed = timeout(PATIENCE, confirmed).await;
        let confirmed = confirmed.context("the remote broker does not confirm the message")?;
        confirmed.context("the connection ended before the remote broker has confirmed the message")
    }
}

/// Polls until all topics are subscribed.
async fn subscribe(
    client: &AsyncClient,
    events: &mut EventLoop,
    topics: &[String],
    early: &mut Vec<Message>,
) -> Result<()> {
    if !topics.is_empty() {
        let filter = |topic: &String| SubscribeFilter::new(topic.clone(), QoS::ExactlyOnce);
        client.subscribe_many(topics.iter().map(filter)).await?;
    }
    loop {
        // The text of the error has its causes already.
        match events.poll().await.map_err(|error| anyhow!("{error}"))? {
            Event::Incoming(Packet::ConnAck(_)) if topics.is_empty() => return Ok(()),
            Event::Incoming(Packet::SubAck(answer)) => {
                let answers = topics.iter().zip(answer.return_codes);
                let mut answers = answers.filter(|(_, code)| *code == SubscribeReasonCode::Failure);
                return match answers.next() {
                    Some((topic, _)) => Err(anyhow!("it refuses the subscription of `{topic}`")),
                    None => Ok(()),
                };
            }
            Event::Incoming(Packet::Publish(publish)) => early.extend(message(publish)),
            _ => {}
        }
    }
}

/// Polls until the connection ends. This runs in its own task, because a cancelled poll loses the
/// bytes that it has read.
async fn poll(
    mut events: EventLoop,
    early: Vec<Message>,
    messages: mpsc::Sender<Result<Message>>,
    mut confirming: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) {
    for message in early {
        let _ = messages.send(Ok(message)).await;
    }
    loop {
        let told = match events.poll().await {
            Ok(Event::Incoming(Packet::Publish(publish))) => message(publish).map(Ok),
            Ok(Event::Incoming(Packet::PubAck(_))) => {
                // Brokers confirm in order (section 4.6). Who has lost patience is gone.
                let _ = confirming.recv().await.map(|confirm| confirm.send(()));
                None
            }
            Ok(_) => None,
            Err(error) => Some(Err(anyhow!("the connection broke: {error}"))),
        };
        let is_over = matches!(told, Some(Err(_)));
        if let Some(told) = told {
            // The receiver is closed if the session is just ending.
            let _ = messages.send(told).await;
        }
        if is_over {
            return;
        }
    }
}

/// Returns the message to process, if any: a retained one is ignored, because it may be old.
fn message(publish: Publish) -> Option<Message> {
    let Publish { topic, payload, retain, .. } = publish;
    (!retain).then(|| Message { topic, payload: payload.into() })
}
