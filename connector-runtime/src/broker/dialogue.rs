//! What a connection and the session have to say to each other, packet by packet.
//!
//! There is no I/O and no clock: what time it is comes with the packet.

use tokio::time::{Duration, Instant};

use super::{
    LinkError,
    codec::{self, QoS},
};
use crate::{
    guard::Now,
    outbox::{Outbox, Publish},
    session::Change,
    shared::Shared,
};

/// How long raw messages of an outage wait for those who want them.
pub(crate) const HOLD: Duration = Duration::from_secs(5);

/// An MQTT connection, as the session needs it: the seam at which another MQTT client would take the
/// place of the [`Link`](super::link::Link).
pub(crate) trait Uplink {
    /// Asks for messages on these topics; the answer is an [`Event::Subscribed`].
    fn subscribe(&mut self, topics: &[String], qos: QoS, now: Instant) -> Result<(), LinkError>;

    fn unsubscribe(&mut self, topics: &[String]) -> Result<(), LinkError>;

    /// Takes messages from the outbox, as many as it has room for.
    fn fill(&mut self, outbox: &mut Outbox, now: Instant);

    /// Which of them were acknowledged since this was last asked, by [`Publish::seq`].
    fn take_delivered(&mut self) -> Vec<u64>;

    /// An error if the broker has left something unanswered for too long.
    fn check(&self, now: Instant) -> Result<(), LinkError>;

    /// The connection is over: what has to be sent again, oldest first.
    fn undelivered(self) -> impl DoubleEndedIterator<Item = Publish>;
}

/// What comes from the broker for the session.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    Message(codec::Publish),
    /// A SUBSCRIBE is answered; these of its topics were refused.
    Subscribed {
        refused: Vec<String>,
    },
}

/// Subscribes to the map, our own topics, raw messages of the past and the actuators.
pub(crate) fn subscribe(
    uplink: &mut impl Uplink,
    shared: &Shared,
    now: Instant,
) -> Result<(), LinkError> {
    let (map, past, own, actuators) = {
        let mut session = shared.session();
        let past = session.topics.raw_message_reprocess.to_string();
        (session.map_topic().to_owned(), past, session.own_topics(), session.actuator_topics())
    };
    uplink.subscribe(&[map, past], QoS::AtLeastOnce, now)?;
    uplink.subscribe(&own, QoS::AtMostOnce, now)?;
    uplink.subscribe(&actuators, QoS::ExactlyOnce, now)
}

/// Takes what the session has to say, as far as the connection has room for it.
pub(crate) fn take_work(
    uplink: &mut impl Uplink,
    shared: &Shared,
    now: Instant,
) -> Result<(), LinkError> {
    uplink.check(now)?;
    let mut session = shared.session_with_logs();
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    for change in session.take_changes() {
        match change {
            Change::Subscribe(topic) => new.push(topic),
            Change::Unsubscribe(topic) => gone.push(topic),
        }
    }
    uplink.unsubscribe(&gone)?;
    uplink.subscribe(&new, QoS::ExactlyOnce, now)?;
    let delivered = uplink.take_delivered();
    shared.metrics.acknowledged.inc_by(delivered.len() as u64);
    session.outbox.delivered(&delivered);
    uplink.fill(&mut session.outbox, now);
    shared.tell_room(&session);
    Ok(())
}

/// Takes what comes from the broker.
pub(crate) fn hear(shared: &Shared, event: Option<Event>, now: Now) -> Result<(), LinkError> {
    match event {
        Some(Event::Message(codec::Publish { topic, payload, retain, .. })) => {
            shared.message(&topic, &payload, retain, now);
        }
        Some(Event::Subscribed { refused }) => handle_refused(shared, &refused)?,
        None => {}
    }
    Ok(())
}

fn handle_refused(shared: &Shared, refused: &[String]) -> Result<(), LinkError> {
    let (map, past, own) = {
        let session = shared.session();
        let past = session.topics.raw_message_reprocess.to_string();
        (session.map_topic().to_owned(), past, session.own_topics())
    };
    for topic in refused {
        if *topic == map {
            return Err(LinkError::MapRefused(map));
        }
        if *topic == past {
            tracing::warn!(
                "the broker refuses the subscription to `{topic}`: no raw message can be processed again"
            );
            continue;
        }
        if own.contains(topic) {
            tracing::warn!(
                "the broker refuses the subscription to `{topic}`: a second connector of this name will not be noticed"
            );
            continue;
        }
        tracing::error!(
            "the broker refuses the subscription to `{topic}`: no command will come from there"
        );
    }
    Ok(())
}
