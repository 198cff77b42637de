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
fn what_was_not_delivered_comes_first_again() {
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
fn a_broken_link_forgets_what_is_said_anew() {
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
    let say = |outbox: &mut Outbox, text, kind| outbox.push(publish(text, kind));
    outbox.hold_raw();
    say(&mut outbox, "raw 1", MessageKind::Raw);
    assert_eq!(outbox.next_qos(), Some(QoS::AtLeastOnce), "none was waiting");
    outbox.hold_raw();
    for (text, kind) in
        [("value", MessageKind::Value), ("raw 2", MessageKind::Raw), ("raw 3", MessageKind::Raw)]
    {
        say(&mut outbox, text, kind);
    }
    assert_eq!(&*outbox.pop().unwrap().topic, "value");
    assert_eq!(outbox.pop(), None);
    say(&mut outbox, "raw 4", MessageKind::Raw);
    say(&mut outbox, "raw 5", MessageKind::Raw);
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
fn what_comes_back_is_within_the_limit_and_what_is_said_anew_is_not_dropped() {
    let mut outbox = Outbox::new(publish("x", MessageKind::Raw).cost() * 3);
    for text in ["a", "b", "c"] {
        outbox.push(publish(text, MessageKind::Value));
    }
    outbox.give_back([publish("0", MessageKind::Value)].into_iter());
    assert_eq!(topics(&outbox), ["a", "b", "c"]);
    outbox.push_first(publish("!", MessageKind::Passing));
    outbox.push(publish("d", MessageKind::Value));
    assert_eq!(topics(&outbox), ["!", "c", "d"]);
    assert_eq!(outbox.take_dropped(), 3);
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

fn said(outbox: &mut Outbox) -> usize {
    let mut out = BytesMut::new();
    outbox.take_packets(&mut out);
    out.len()
}

#[test]
fn values_are_packets_at_once_where_nothing_comes_before_them() {
    let mut outbox = Outbox::new(LIMIT);
    assert!(!push_packet(&mut outbox, "a"), "there is no link");
    outbox.hold_raw();
    assert!(push_packet(&mut outbox, "a"));
    outbox.push(publish("b", MessageKind::Value));
    assert!(!push_packet(&mut outbox, "c"), "another is waiting");
    assert_eq!(outbox.backlog().messages, 2);
    assert!(outbox.backlog().bytes > publish("b", MessageKind::Value).cost());
    assert!(said(&mut outbox) > 0);
    assert_eq!(outbox.pop().map(|publish| publish.topic), Some("b".into()));
    assert!(push_packet(&mut outbox, "c"));
}

#[test]
fn packets_that_did_not_leave_wait_as_messages_behind_what_was_in_flight() {
    let mut outbox = Outbox::new(LIMIT);
    outbox.hold_raw();
    outbox.push(publish("a", MessageKind::Value));
    let in_flight = outbox.pop();
    assert!(push_packet(&mut outbox, "b"));
    outbox.push(publish("c", MessageKind::Value));
    outbox.give_back(in_flight.into_iter());
    assert_eq!(topics(&outbox), ["a", "b", "c"]);
    assert_eq!(outbox.waiting().nth(1).unwrap().payload, r#"{"value":1}"#);
    assert_eq!(said(&mut outbox), 0);
}

#[test]
fn packets_have_a_limit_and_sources_wait_before_it() {
    let mut outbox = Outbox::new(LIMIT);
    outbox.hold_raw();
    while !outbox.is_crowded() {
        assert!(push_packet(&mut outbox, "a"));
    }
    while push_packet(&mut outbox, "a") {}
    assert!(outbox.backlog().bytes <= LIMIT / 32);
    while !outbox.has_room() {
        assert!(said(&mut outbox) > 0);
    }
    assert!(!outbox.is_empty(), "some of it is left to say while more is made");
}

#[test]
fn with_trouble_about_messages_each_is_sent_for_itself() {
    let mut outbox = Outbox::new(LIMIT);
    outbox.hold_raw();
    outbox.poison.is_culprit(Some(&publish("a", MessageKind::Value)));
    assert!(!push_packet(&mut outbox, "b"));
}
