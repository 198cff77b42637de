use bytes::Bytes;

use super::*;
use crate::mqtt::codec::QoS;

fn publish(text: &'static str, kind: MessageKind) -> Publish {
    let (topic, payload) = (text.into(), Bytes::from_static(&[0; 1000]));
    Publish { topic, payload, qos: QoS::AtLeastOnce, retain: false, kind, seq: 0 }
}

fn topics(outbox: &Outbox) -> Vec<&str> {
    outbox.waiting().map(|publish| &*publish.topic).collect()
}

#[test]
fn undelivered_messages_return_to_the_front() {
    let mut outbox = Outbox::new(LIMIT);
    for text in ["a", "b", "c"] {
        outbox.push(publish(text, MessageKind::Value));
    }
    let sent: Vec<_> = [outbox.pop(), outbox.pop()].into_iter().flatten().collect();
    outbox.push(publish("d", MessageKind::Value));
    outbox.give_back(sent.into_iter());
    assert_eq!(topics(&outbox), ["a", "b", "c", "d"]);
}

#[test]
fn a_broken_link_drops_messages_that_are_published_anew() {
    let mut outbox = Outbox::new(LIMIT);
    outbox.push(publish("heartbeat", MessageKind::Passing));
    outbox.push(publish("value", MessageKind::Value));
    let cost = publish("value", MessageKind::Value).cost();
    outbox.give_back([publish("announcement", MessageKind::Passing)].into_iter());
    assert_eq!(topics(&outbox), ["value"]);
    assert_eq!(outbox.in_memory(), cost);
}

#[test]
fn raw_messages_can_be_held_back_while_others_pass() {
    let mut outbox = Outbox::new(publish("raw 1", MessageKind::Raw).cost() * 4);
    let push = |outbox: &mut Outbox, text, kind| outbox.push(publish(text, kind));
    outbox.hold_raw();
    push(&mut outbox, "raw 1", MessageKind::Raw);
    assert_eq!(outbox.next_qos(), Some(QoS::AtLeastOnce), "none was waiting");
    outbox.hold_raw();
    for (text, kind) in
        [("value", MessageKind::Value), ("raw 2", MessageKind::Raw), ("raw 3", MessageKind::Raw)]
    {
        push(&mut outbox, text, kind);
    }
    assert_eq!(&*outbox.pop().unwrap().topic, "value");
    assert_eq!(outbox.pop(), None);
    push(&mut outbox, "raw 4", MessageKind::Raw);
    push(&mut outbox, "raw 5", MessageKind::Raw);
    assert_eq!(outbox.take_dropped(), 1);
    outbox.release_raw();
    assert_eq!(topics(&outbox), ["raw 2", "raw 3", "raw 4", "raw 5"]);
}

#[test]
fn log_messages_are_dropped_before_values() {
    let mut outbox = Outbox::new(publish("x", MessageKind::Raw).cost() * 2);
    for (text, kind) in
        [("a", MessageKind::Value), ("l", MessageKind::Log), ("m", MessageKind::Log)]
    {
        outbox.push(publish(text, kind));
    }
    assert_eq!(topics(&outbox), ["a", "m"]);
    outbox.push(publish("b", MessageKind::Value));
    outbox.push(publish("c", MessageKind::Value));
    assert_eq!(topics(&outbox), ["b", "c"]);
    assert_eq!(outbox.take_dropped(), 3);
}

#[test]
fn a_message_that_never_fits_does_not_push_out_others() {
    let mut outbox = Outbox::new(publish("small", MessageKind::Value).cost());
    outbox.push(publish("small", MessageKind::Value));
    let payload = Bytes::from(vec![0; 2000]);
    outbox.push(Publish { payload, ..publish("large", MessageKind::Raw) });
    assert_eq!(topics(&outbox), ["small"]);
}

#[test]
fn returned_messages_respect_the_limit() {
    let mut outbox = Outbox::new(publish("x", MessageKind::Raw).cost() * 3);
    for text in ["a", "b", "c"] {
        outbox.push(publish(text, MessageKind::Value));
    }
    outbox.give_back([publish("0", MessageKind::Value)].into_iter());
    assert_eq!(topics(&outbox), ["a", "b", "c"]);
    outbox.push(publish("d", MessageKind::Value));
    assert_eq!(topics(&outbox), ["b", "c", "d"]);
    assert_eq!(outbox.take_dropped(), 2);
}

#[test]
fn a_passing_message_takes_no_room_and_replaces_the_one_of_its_topic() {
    let mut outbox = Outbox::new(publish("value", MessageKind::Value).cost());
    outbox.push(publish("value", MessageKind::Value));
    let payload = Bytes::from(vec![0; 1 << 20]);
    for topic in ["status", "announcement", "status"] {
        let payload = payload.clone();
        outbox.push(Publish { payload, ..publish(topic, MessageKind::Passing) });
    }
    outbox.push_first(publish("announcement", MessageKind::Passing));
    assert_eq!(topics(&outbox), ["announcement", "value", "status"]);
    assert_eq!((outbox.take_dropped(), outbox.take_too_large()), (0, 0));
}

#[test]
fn the_oldest_of_a_kind_is_dropped_among_many_others() {
    let mut outbox = Outbox::new(publish("early", MessageKind::Value).cost() * 3);
    for round in 0..1000 {
        for kind in [MessageKind::Value, MessageKind::Log, MessageKind::Raw] {
            outbox.push(publish(if round == 999 { "last" } else { "early" }, kind));
        }
    }
    let kinds: Vec<_> = outbox.waiting().map(|p| (p.kind, &*p.topic)).collect();
    let value = |topic| (MessageKind::Value, topic);
    assert_eq!(kinds, [value("early"), value("early"), value("last")]);
    assert_eq!(outbox.take_dropped(), 2997);
}

#[test]
fn a_full_outbox_drops_the_oldest_raw_message_first() {
    let mut outbox = Outbox::new(publish("value 1", MessageKind::Raw).cost() * 3);
    for (text, kind) in [
        ("value 1", MessageKind::Value),
        ("raw 1", MessageKind::Raw),
        ("raw 2", MessageKind::Raw),
        ("value 2", MessageKind::Value),
    ] {
        outbox.push(publish(text, kind));
    }
    assert_eq!(topics(&outbox), ["value 1", "raw 2", "value 2"]);
    outbox.push(publish("value 3", MessageKind::Value));
    outbox.push(publish("value 4", MessageKind::Value));
    assert_eq!(topics(&outbox), ["value 2", "value 3", "value 4"]);
    assert_eq!(outbox.take_dropped(), 3);
    assert_eq!(outbox.take_dropped(), 0);
}

fn push_packet(outbox: &mut Outbox, topic: &str) -> bool {
    outbox.push_packet(topic, &[br#"{"value":"#, b"1}"])
}

fn taken_bytes(outbox: &mut Outbox) -> usize {
    let mut out = BytesMut::new();
    outbox.take_packets(&mut out);
    out.len()
}

#[test]
fn values_become_packets_if_nothing_waits() {
    let mut outbox = Outbox::new(LIMIT);
    assert!(!push_packet(&mut outbox, "a"), "there is no link");
    outbox.hold_raw();
    assert!(push_packet(&mut outbox, "a"));
    outbox.push(publish("b", MessageKind::Value));
    assert!(!push_packet(&mut outbox, "c"), "another is waiting");
    assert_eq!(outbox.backlog().messages, 2);
    assert!(outbox.backlog().bytes > publish("b", MessageKind::Value).cost());
    assert!(taken_bytes(&mut outbox) > 0);
    assert_eq!(outbox.pop().map(|publish| publish.topic), Some("b".into()));
    assert!(push_packet(&mut outbox, "c"));
}

#[test]
fn unsent_packets_become_messages_after_those_in_flight() {
    let mut outbox = Outbox::new(LIMIT);
    outbox.hold_raw();
    outbox.push(publish("a", MessageKind::Value));
    let in_flight = outbox.pop();
    assert!(push_packet(&mut outbox, "b"));
    outbox.push(publish("c", MessageKind::Value));
    outbox.give_back(in_flight.into_iter());
    assert_eq!(topics(&outbox), ["a", "b", "c"]);
    assert_eq!(outbox.waiting().nth(1).unwrap().payload, r#"{"value":1}"#);
    assert_eq!(taken_bytes(&mut outbox), 0);
}

#[test]
fn sources_wait_before_packets_reach_their_limit() {
    let mut outbox = Outbox::new(LIMIT);
    outbox.hold_raw();
    while !outbox.is_crowded() {
        assert!(push_packet(&mut outbox, "a"));
    }
    while push_packet(&mut outbox, "a") {}
    assert!(outbox.backlog().bytes <= LIMIT / 32);
    while !outbox.has_room() {
        assert!(taken_bytes(&mut outbox) > 0);
    }
    assert!(!outbox.is_empty(), "packets are left to send while sources continue");
}

#[test]
fn while_a_culprit_is_suspected_no_packets_are_used() {
    let mut outbox = Outbox::new(LIMIT);
    outbox.hold_raw();
    outbox.poison.is_culprit(Some(&publish("a", MessageKind::Value)));
    assert!(!push_packet(&mut outbox, "b"));
}
