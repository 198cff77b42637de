//! Tests of the protocol, packet by packet: the input of the router, and its output.

use bytes::BytesMut;
use rumqttc::mqttbytes::{
    QoS::{self, AtLeastOnce, AtMostOnce, ExactlyOnce},
    v4::{
        ConnAck, Connect, ConnectReturnCode, LastWill, Packet, PubAck, PubComp, PubRec, PubRel,
        Publish, SubAck, Subscribe, SubscribeFilter, SubscribeReasonCode, UnsubAck, Unsubscribe,
    },
};

use crate::mqtt::embedded::{
    client_state::Close,
    router::{Key, Router},
};

const QOS: [QoS; 3] = [AtMostOnce, AtLeastOnce, ExactlyOnce];

/// A router, with functions for the actions of clients.
#[derive(Default)]
struct Bench(Router);

impl Bench {
    fn connected(&mut self, client_id: &str) -> Key {
        self.connected_with(Connect::new(client_id))
    }

    fn connected_with(&mut self, connect: Connect) -> Key {
        let (key, _notes) = self.0.attach();
        self.send(key, Packet::Connect(connect));
        let accepted = ConnAck::new(ConnectReturnCode::Success, false);
        assert_eq!(self.seen(key), [Packet::ConnAck(accepted)]);
        key
    }

    fn subscribed(&mut self, client_id: &str, filter: &str, qos: QoS) -> Key {
        let key = self.connected(client_id);
        self.send(key, subscribe(&[(filter, qos)]));
        assert_eq!(self.seen(key), [suback(&[SubscribeReasonCode::Success(qos)])]);
        key
    }

    fn send(&mut self, key: Key, packet: Packet) {
        self.0.packet(key, packet).expect("the connection goes on");
    }

    fn refused(&mut self, key: Key, packet: Packet) -> &'static str {
        let Close(reason) = self.0.packet(key, packet).expect_err("the connection is closed");
        reason
    }

    fn seen(&mut self, key: Key) -> Vec<Packet> {
        decoded(self.0.output(key))
    }
}

fn decoded(mut bytes: BytesMut) -> Vec<Packet> {
    let mut packets = Vec::new();
    while !bytes.is_empty() {
        packets.push(Packet::read(&mut bytes, usize::MAX).expect("the broker speaks MQTT"));
    }
    packets
}

fn publish(topic: &str, payload: &str, qos: QoS, pkid: u16) -> Packet {
    Packet::Publish(Publish { pkid, ..Publish::new(topic, qos, payload) })
}

fn retained(topic: &str, payload: &str, qos: QoS, pkid: u16) -> Packet {
    Packet::Publish(Publish { pkid, retain: true, ..Publish::new(topic, qos, payload) })
}

fn subscribe(filters: &[(&str, QoS)]) -> Packet {
    let filters = filters.iter().map(|(path, qos)| SubscribeFilter::new((*path).into(), *qos));
    Packet::Subscribe(Subscribe { pkid: 7, ..Subscribe::new_many(filters) })
}

fn suback(codes: &[SubscribeReasonCode]) -> Packet {
    Packet::SubAck(SubAck::new(7, codes.to_vec()))
}

fn with_will(client_id: &str, topic: &str) -> Connect {
    let last_will = Some(LastWill::new(topic, "gone", AtLeastOnce, true));
    Connect { last_will, ..Connect::new(client_id) }
}

#[test]
fn a_message_has_the_lower_quality_of_service_of_both_sides() {
    let mut bench = Bench::default();
    let subscribers = QOS.map(|granted| bench.subscribed("", "a/+", granted));
    let publisher = bench.connected("");
    for published in QOS {
        let id = published as u16;
        bench.send(publisher, publish("a/b", "x", published, id));
        for (subscriber, granted) in subscribers.into_iter().zip(QOS) {
            let lower = if granted < published { granted } else { published };
            let [Packet::Publish(message)] = &bench.seen(subscriber)[..] else { panic!("not one") };
            assert_eq!((message.qos, message.retain, message.dup), (lower, false, false));
        }
    }
    let answers = [Packet::PubAck(PubAck::new(1)), Packet::PubRec(PubRec::new(2))];
    assert_eq!(bench.seen(publisher), answers);
}

#[test]
fn overlapping_subscriptions_give_one_message_of_the_best_quality() {
    let mut bench = Bench::default();
    let both = bench.subscribed("", "a/#", AtLeastOnce);
    bench.send(both, subscribe(&[("a/b", AtMostOnce), ("+/b", AtMostOnce)]));
    bench.seen(both);
    let publisher = bench.connected("");
    bench.send(publisher, publish("a/b", "x", ExactlyOnce, 1));
    assert_eq!(bench.seen(both), [publish("a/b", "x", AtLeastOnce, 1)]);
}

#[test]
fn retained_messages_follow_the_answer_to_every_subscription() {
    let mut bench = Bench::default();
    let publisher = bench.connected("");
    bench.send(publisher, retained("a/2", "two", ExactlyOnce, 1));
    bench.send(publisher, retained("a/1", "old", AtMostOnce, 0));
    bench.send(publisher, retained("a/1", "one", AtMostOnce, 0));
    bench.send(publisher, retained("a/3", "three", AtMostOnce, 0));
    bench.send(publisher, retained("a/3", "", AtMostOnce, 0));
    bench.send(publisher, retained("$a/1", "hidden", AtMostOnce, 0));
    let subscriber = bench.connected("");
    for id in 1..3 {
        bench.send(subscriber, subscribe(&[("#", AtLeastOnce)]));
        let granted = suback(&[SubscribeReasonCode::Success(AtLeastOnce)]);
        let (one, two) =
            (retained("a/1", "one", AtMostOnce, 0), retained("a/2", "two", AtLeastOnce, id));
        assert_eq!(bench.seen(subscriber), [granted, one, two]);
    }
    bench.0.forget_retained();
    bench.send(subscriber, subscribe(&[("a/1", AtLeastOnce)]));
    assert_eq!(bench.seen(subscriber).len(), 1);
}

#[test]
fn a_subscriber_sees_a_retained_message_live_and_its_deletion_too() {
    let mut bench = Bench::default();
    let subscriber = bench.subscribed("", "a", AtMostOnce);
    let publisher = bench.connected("");
    for payload in ["x", ""] {
        bench.send(publisher, retained("a", payload, AtMostOnce, 0));
        assert_eq!(bench.seen(subscriber), [publish("a", payload, AtMostOnce, 0)]);
    }
}

#[test]
fn an_invalid_filter_is_refused_and_the_others_hold() {
    let mut bench = Bench::default();
    let client = bench.connected("");
    bench.send(client, subscribe(&[("a/#/b", AtMostOnce), ("a", AtMostOnce), ("", AtMostOnce)]));
    let codes = [
        SubscribeReasonCode::Failure,
        SubscribeReasonCode::Success(AtMostOnce),
        SubscribeReasonCode::Failure,
    ];
    assert_eq!(bench.seen(client), [suback(&codes)]);
    bench.send(client, publish("a", "x", AtMostOnce, 0));
    assert_eq!(bench.seen(client), [publish("a", "x", AtMostOnce, 0)]);
}

#[test]
fn an_unsubscribed_client_receives_nothing() {
    let mut bench = Bench::default();
    let client = bench.subscribed("", "a", AtMostOnce);
    bench.send(client, Packet::Unsubscribe(Unsubscribe { pkid: 3, ..Unsubscribe::new("a") }));
    bench.send(client, publish("a", "x", AtMostOnce, 0));
    assert_eq!(bench.seen(client), [Packet::UnsubAck(UnsubAck::new(3))]);
}

#[test]
fn a_repeated_message_of_quality_2_is_forwarded_once() {
    let mut bench = Bench::default();
    let subscriber = bench.subscribed("", "a", AtMostOnce);
    let publisher = bench.connected("");
    let received = Packet::PubRec(PubRec::new(5));
    for _ in 0..2 {
        bench.send(publisher, publish("a", "x", ExactlyOnce, 5));
    }
    assert_eq!(bench.seen(publisher), [received.clone(), received.clone()]);
    for _ in 0..2 {
        bench.send(publisher, Packet::PubRel(PubRel::new(5)));
        assert_eq!(bench.seen(publisher), [Packet::PubComp(PubComp::new(5))]);
    }
    bench.send(publisher, publish("a", "another", ExactlyOnce, 5));
    assert_eq!(bench.seen(publisher), [received]);
    let (first, second) =
        (publish("a", "x", AtMostOnce, 0), publish("a", "another", AtMostOnce, 0));
    assert_eq!(bench.seen(subscriber), [first, second]);
}

#[test]
fn a_message_of_quality_2_is_delivered_in_four_steps() {
    let mut bench = Bench::default();
    let client = bench.subscribed("", "a", ExactlyOnce);
    bench.send(client, publish("a", "x", ExactlyOnce, 9));
    let received = Packet::PubRec(PubRec::new(9));
    assert_eq!(bench.seen(client), [received, publish("a", "x", ExactlyOnce, 1)]);
    // Out of turn: neither ends the exchange.
    bench.send(client, Packet::PubAck(PubAck::new(1)));
    bench.send(client, Packet::PubComp(PubComp::new(1)));
    for _ in 0..2 {
        bench.send(client, Packet::PubRec(PubRec::new(1)));
        assert_eq!(bench.seen(client), [Packet::PubRel(PubRel::new(1))]);
    }
    bench.send(client, Packet::PubComp(PubComp::new(1)));
    bench.send(client, Packet::PubRec(PubRec::new(1)));
    assert_eq!(bench.seen(client), []);
}

/// The client acknowledges with a delay, and one message never, over more messages than there are
/// packet ids.
#[test]
fn messages_stay_in_order_and_ids_apart_while_some_wait() {
    let mut bench = Bench::default();
    let subscriber = bench.subscribed("", "a", ExactlyOnce);
    let publisher = bench.connected("");
    let (mut next, mut in_flight) = (0_u32, vec![]);
    for number in 0..100_000_u32 {
        let qos = QOS[number as usize % 3];
        bench.send(publisher, publish("a", &number.to_string(), qos, 1));
        bench.send(publisher, Packet::PubRel(PubRel::new(1)));
        bench.seen(publisher);
        for packet in bench.seen(subscriber) {
            let Packet::Publish(message) = packet else { continue };
            assert_eq!(message.payload, next.to_string());
            next += 1;
            if message.qos != AtMostOnce {
                assert!(!in_flight.contains(&message.pkid), "two messages have one id");
                in_flight.push(message.pkid);
            }
        }
        assert!(in_flight.len() <= 20);
        while in_flight.len() > 10 {
            let id = in_flight.remove(1);
            bench.send(subscriber, Packet::PubAck(PubAck::new(id)));
            bench.send(subscriber, Packet::PubRec(PubRec::new(id)));
            bench.send(subscriber, Packet::PubComp(PubComp::new(id)));
        }
    }
}

#[test]
fn twenty_messages_are_in_flight_and_the_others_wait() {
    let mut bench = Bench::default();
    let subscriber = bench.subscribed("", "a", AtLeastOnce);
    let publisher = bench.connected("");
    for number in 0..20 {
        bench.send(publisher, publish("a", &number.to_string(), AtLeastOnce, 1));
    }
    // A message without acknowledgement does not overtake others.
    bench.send(publisher, publish("a", "between", AtMostOnce, 0));
    assert_eq!(bench.seen(subscriber).len(), 21);
    for number in 20..30 {
        bench.send(publisher, publish("a", &number.to_string(), AtLeastOnce, 1));
    }
    bench.send(publisher, publish("a", "last", AtMostOnce, 0));
    // Not the answer to a message of quality 1.
    bench.send(subscriber, Packet::PubRec(PubRec::new(4)));
    assert_eq!(bench.seen(subscriber), []);
    bench.send(subscriber, Packet::PubAck(PubAck::new(4)));
    bench.send(subscriber, Packet::PubAck(PubAck::new(4)));
    assert_eq!(bench.seen(subscriber), [publish("a", "20", AtLeastOnce, 21)]);
    for id in 5..=30 {
        bench.send(subscriber, Packet::PubAck(PubAck::new(id)));
    }
    assert_eq!(bench.seen(subscriber).last(), Some(&publish("a", "last", AtMostOnce, 0)));
}

#[test]
fn a_client_that_does_not_read_is_disconnected_and_its_will_is_published() {
    let mut bench = Bench::default();
    let lazy = bench.connected_with(with_will("lazy", "will"));
    bench.send(lazy, subscribe(&[("big", AtMostOnce)]));
    let watcher = bench.subscribed("", "will", AtMostOnce);
    let publisher = bench.connected("");
    let megabyte = "x".repeat(1 << 20);
    for _ in 0..64 {
        assert_eq!(bench.seen(watcher), []);
        bench.send(publisher, publish("big", &megabyte, AtMostOnce, 0));
    }
    assert_eq!(bench.seen(watcher), [publish("will", "gone", AtMostOnce, 0)]);
    assert_eq!(bench.refused(lazy, Packet::PingReq), "closed by the broker");
}

#[test]
fn a_client_that_subscribes_without_reading_is_disconnected() {
    let mut bench = Bench::default();
    let client = bench.connected("");
    bench.send(client, retained("big", &"x".repeat(1 << 23), AtMostOnce, 0));
    let greedy = subscribe(&vec![("#", AtMostOnce); 1000]);
    assert_eq!(bench.refused(client, greedy), "client reads too slowly");
    assert!(bench.0.output(client).len() < 80 << 20);
}

#[test]
fn a_will_is_published_unless_the_client_disconnects() {
    let mut bench = Bench::default();
    let watcher = bench.subscribed("", "will", AtLeastOnce);
    let broken = bench.connected_with(with_will("", "will"));
    bench.0.detach(broken);
    assert_eq!(bench.seen(watcher), [publish("will", "gone", AtLeastOnce, 1)]);
    bench.send(watcher, subscribe(&[("will", AtMostOnce)]));
    assert_eq!(bench.seen(watcher)[1], retained("will", "gone", AtMostOnce, 0));

    let polite = bench.connected_with(with_will("", "will"));
    assert_eq!(bench.refused(polite, Packet::Disconnect), "DISCONNECT");
    bench.0.detach(polite);
    assert_eq!(bench.seen(watcher), []);
}

#[test]
fn disconnecting_all_publishes_their_wills() {
    let mut bench = Bench::default();
    let client = bench.connected_with(with_will("", "will"));
    bench.0.detach_all();
    assert_eq!(bench.refused(client, Packet::PingReq), "closed by the broker");
    let late = bench.connected("");
    bench.send(late, subscribe(&[("will", AtMostOnce)]));
    assert_eq!(bench.seen(late)[1], retained("will", "gone", AtMostOnce, 0));
}

#[test]
fn the_same_client_again_takes_over() {
    let mut bench = Bench::default();
    let watcher = bench.subscribed("", "will", AtMostOnce);
    let older = bench.connected_with(with_will("twin", "will"));
    let newer = bench.connected("twin");
    assert_eq!(bench.seen(watcher), [publish("will", "gone", AtMostOnce, 0)]);
    assert_eq!(bench.refused(older, Packet::PingReq), "closed by the broker");
    bench.send(newer, Packet::PingReq);
    assert_eq!(bench.seen(newer), [Packet::PingResp]);
    // The late end of the older connection does not affect the newer one.
    bench.0.detach(older);
    bench.send(newer, Packet::PingReq);
}

#[test]
fn another_protocol_level_and_a_nameless_persistent_session_are_refused() {
    let cases = [
        (&[3][..], 0x02, ConnectReturnCode::RefusedProtocolVersion),
        (&[5], 0x02, ConnectReturnCode::RefusedProtocolVersion),
        (&[4], 0x00, ConnectReturnCode::BadClientId),
    ];
    for (level, flags, code) in cases {
        let mut bytes = BytesMut::from(&b"\x10\x0C\0\x04MQTT"[..]);
        bytes.extend_from_slice(&[level, &[flags, 0, 60, 0, 0]].concat());
        let packet = super::wire::decode(&mut bytes).ok().flatten().expect("a CONNECT");
        let mut bench = Bench::default();
        let (key, _notes) = bench.0.attach();
        assert_eq!(bench.refused(key, packet), "CONNECT refused");
        let answer = decoded(bench.0.detach(key));
        assert_eq!(answer, [Packet::ConnAck(ConnAck::new(code, false))]);
    }
}

#[test]
fn a_client_that_violates_the_protocol_is_disconnected() {
    let mut bench = Bench::default();
    let (silent, _notes) = bench.0.attach();
    assert_eq!(bench.refused(silent, Packet::PingReq), "first packet is not CONNECT");
    let (invalid, _notes) = bench.0.attach();
    let connect = Packet::Connect(with_will("", "will/#"));
    assert_eq!(bench.refused(invalid, connect), "will with an invalid topic");
    assert_eq!(bench.seen(invalid), []);

    let client = bench.connected("");
    for topic in ["", "a/+", "#", "a\0"] {
        bench.refused(client, publish(topic, "x", AtMostOnce, 0));
    }
    bench.refused(client, Packet::Connect(Connect::new("again")));
    bench.refused(client, Packet::ConnAck(ConnAck::new(ConnectReturnCode::Success, false)));
    bench.refused(client, Packet::PingResp);
    bench.refused(client, Packet::Subscribe(Subscribe::new("a", AtMostOnce)));
    bench.refused(client, Packet::Unsubscribe(Unsubscribe::new("a")));
    bench.refused(client, Packet::Unsubscribe(Unsubscribe { pkid: 1, topics: vec![] }));
    // Unexpected acknowledgements are ignored.
    bench.send(client, Packet::PubAck(PubAck::new(1)));
    bench.send(client, Packet::PubRec(PubRec::new(0)));
    bench.send(client, Packet::PubComp(PubComp::new(1)));
    assert_eq!(bench.seen(client), []);
}
