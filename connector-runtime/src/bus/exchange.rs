//! The exchange between a connection and the protocol, packet by packet.
//!
//! It has neither I/O nor a clock: the caller passes the current time.

use tokio::time::{Duration, Instant};

use crate::{
    bus::{
        handle::BusHandle,
        link::{Event, Link},
        protocol::Change,
    },
    mqtt::{
        LinkError,
        codec::{self, QoS},
    },
    time::Now,
};

/// How long raw messages of an outage are held back until their subscribers have reconnected.
pub(crate) const HOLD: Duration = Duration::from_secs(5);

/// Subscribes to the map, the connector's own topics, stored raw messages and the actuators.
pub(crate) fn subscribe(link: &mut Link, bus: &BusHandle, now: Instant) -> Result<(), LinkError> {
    let (map, past, own, actuators) = {
        let mut protocol = bus.protocol();
        let past = protocol.topics.raw_message_reprocess.to_string();
        (protocol.map_topic().to_owned(), past, protocol.own_topics(), protocol.actuator_topics())
    };
    link.subscribe(&[map, past], QoS::AtLeastOnce, now)?;
    link.subscribe(&own, QoS::AtMostOnce, now)?;
    link.subscribe(&actuators, QoS::ExactlyOnce, now)
}

/// Takes messages and subscriptions from the protocol, as far as the connection has room. Returns when
/// to call it again if nothing else happens.
pub(crate) fn take_work(
    link: &mut Link,
    bus: &BusHandle,
    now: Instant,
) -> Result<Option<Instant>, LinkError> {
    link.check(now)?;
    let mut protocol = bus.protocol_with_logs();
    protocol.proceed(now);
    bus.set_received(protocol.received());
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    for change in protocol.take_changes() {
        match change {
            Change::Subscribe(topic) => new.push(topic),
            Change::Unsubscribe(topic) => gone.push(topic),
        }
    }
    link.unsubscribe(&gone)?;
    link.subscribe(&new, QoS::ExactlyOnce, now)?;
    let delivered = link.take_delivered();
    bus.metrics.acknowledged.inc_by(delivered.seqs.len() as u64);
    protocol.outbox.delivered(&delivered);
    link.fill(&mut protocol.outbox, now);
    bus.wake_sources(&protocol);
    Ok(protocol.due_at())
}

/// Handles an event from the broker.
pub(crate) fn hear(bus: &BusHandle, event: Option<Event>, now: Now) -> Result<(), LinkError> {
    match event {
        Some(Event::Message(codec::Publish { topic, payload, retain, .. })) => {
            bus.message(&topic, &payload, retain, now);
        }
        Some(Event::Subscribed { refused }) => handle_refused(bus, &refused)?,
        None => {}
    }
    Ok(())
}

fn handle_refused(bus: &BusHandle, refused: &[String]) -> Result<(), LinkError> {
    let (map, past, own) = {
        let protocol = bus.protocol();
        let past = protocol.topics.raw_message_reprocess.to_string();
        (protocol.map_topic().to_owned(), past, protocol.own_topics())
    };
    for topic in refused {
        if *topic == map {
            return Err(LinkError::MapRefused(map));
        }
        if *topic == past {
            tracing::warn!(
                "the broker refuses the subscription to `{topic}`: raw messages cannot be reprocessed"
            );
            continue;
        }
        if own.contains(topic) {
            tracing::warn!(
                "the broker refuses the subscription to `{topic}`: a second connector with this name will not be detected"
            );
            continue;
        }
        tracing::error!(
            "the broker refuses the subscription to `{topic}`: no command can arrive there"
        );
    }
    Ok(())
}
