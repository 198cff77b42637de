//! What a connection and the session have to say to each other, packet by packet.
//!
//! There is no I/O and no clock: what time it is comes with the packet.

use tokio::time::Instant;

use super::{
    ASK_AFTER, LinkError,
    codec::{Packet, Publish, QoS},
    link::{Event, Link},
};
use crate::{guard::Now, session::Change, shared::Shared};

/// Subscribes to the map, our own topics and the actuators.
pub(crate) fn subscribe(link: &mut Link, shared: &Shared, now: Instant) -> Result<(), LinkError> {
    let (map, own, actuators) = {
        let mut session = shared.session();
        (session.map_topic().to_owned(), session.own_topics(), session.actuator_topics())
    };
    link.subscribe(&[map], QoS::AtLeastOnce, now)?;
    link.subscribe(&own, QoS::AtMostOnce, now)?;
    link.subscribe(&actuators, QoS::ExactlyOnce, now)
}

/// Takes what the session has to say, as far as the connection has room for it.
pub(crate) fn take_work(link: &mut Link, shared: &Shared, now: Instant) -> Result<(), LinkError> {
    if link.is_stalled(now) {
        return Err(LinkError::Silent(ASK_AFTER));
    }
    let mut session = shared.session_with_logs();
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    for change in session.take_changes() {
        match change {
            Change::Subscribe(topic) => new.push(topic),
            Change::Unsubscribe(topic) => gone.push(topic),
        }
    }
    link.unsubscribe(&gone)?;
    link.subscribe(&new, QoS::ExactlyOnce, now)?;
    let delivered = link.take_delivered();
    shared.metrics.acknowledged.inc_by(delivered.len() as u64);
    session.outbox.delivered(&delivered);
    link.fill(&mut session.outbox, now);
    shared.tell_room(&session);
    Ok(())
}

/// Takes a packet from the broker.
pub(crate) fn hear(
    link: &mut Link,
    shared: &Shared,
    packet: Packet,
    now: Now,
) -> Result<(), LinkError> {
    match link.receive(packet, now.instant)? {
        Some(Event::Message(Publish { topic, payload, retain, .. })) => {
            shared.message(&topic, &payload, retain, now);
        }
        Some(Event::Subscribed { refused }) => handle_refused(shared, &refused)?,
        None => {}
    }
    Ok(())
}

fn handle_refused(shared: &Shared, refused: &[String]) -> Result<(), LinkError> {
    let (map, own) = {
        let session = shared.session();
        (session.map_topic().to_owned(), session.own_topics())
    };
    for topic in refused {
        if *topic == map {
            return Err(LinkError::MapRefused(map));
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
