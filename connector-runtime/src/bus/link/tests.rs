use bytes::Bytes;

use super::*;
use crate::{mqtt::SLOWEST, outbox::MessageKind};

fn publish(topic: &str, qos: QoS) -> Publish {
    let (topic, payload) = (topic.into(), Bytes::from(vec![b'x'; 200]));
    Publish { topic, payload, qos, retain: true, kind: MessageKind::Value, seq: 0 }
}

fn filled(qos: QoS, count: usize) -> (Link, Outbox) {
    let (mut link, mut outbox) = (Link::new(Instant::now()), Outbox::new(1 << 20));
    for i in 0..count {
        outbox.push(publish(&format!("t/{i}"), qos));
    }
    link.fill(&mut outbox, Instant::now());
    (link, outbox)
}

fn written(link: &mut Link) -> Vec<Packet> {
    std::iter::from_fn(|| codec::read(&mut link.out).ok().flatten()).collect()
}

fn topics(publishes: impl Iterator<Item = Publish>) -> Vec<String> {
    publishes.map(|publish| publish.topic.to_string()).collect()
}

#[test]
fn the_codec_decodes_encoded_messages() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let (mut link, _) = filled(qos, 1);
        let [Packet::Publish(read)] = &written(&mut link)[..] else { panic!() };
        assert_eq!((&*read.topic, read.qos, read.retain, read.dup), ("t/0", qos, true, false));
        assert_eq!(read.payload, publish("", qos).payload);
    }
}

#[test]
fn the_window_limits_the_messages_in_flight() {
    let (mut link, mut outbox) = filled(QoS::AtLeastOnce, 40);
    assert_eq!(written(&mut link).len(), WINDOW);
    // An acknowledgement out of order does not widen the span from the oldest to the newest.
    link.receive(Packet::PubAck(PubAck::new(2)), Instant::now()).unwrap();
    link.fill(&mut outbox, Instant::now());
    assert_eq!(written(&mut link).len(), 0);
    link.receive(Packet::PubAck(PubAck::new(1)), Instant::now()).unwrap();
    link.fill(&mut outbox, Instant::now());
    assert_eq!(written(&mut link).len(), 2);
    assert_eq!(topics(link.undelivered())[0], "t/2");
}

#[test]
fn retained_messages_are_resent_so_that_the_newest_is_last() {
    for (retain, again) in [(true, vec!["t/0", "t/1", "t/2"]), (false, vec!["t/0", "t/2"])] {
        let (mut link, mut outbox) = (Link::new(Instant::now()), Outbox::new(1 << 20));
        for topic in ["t/0", "t/1", "t/2"] {
            outbox.push(Publish { retain, ..publish(topic, QoS::AtLeastOnce) });
        }
        link.fill(&mut outbox, Instant::now());
        link.receive(Packet::PubAck(PubAck::new(2)), Instant::now()).unwrap();
        assert_eq!(link.take_delivered().seqs.len(), 3 - again.len());
        assert_eq!(topics(link.undelivered()), again);
    }
}

#[test]
fn qos_0_needs_no_window() {
    let (mut link, outbox) = filled(QoS::AtMostOnce, 40);
    assert_eq!(written(&mut link).len(), 40);
    assert!(outbox.is_empty() && link.is_settled());
}

#[test]
fn qos_2_stays_in_flight_until_pubcomp() {
    let (mut link, _) = filled(QoS::ExactlyOnce, 1);
    written(&mut link);
    link.receive(Packet::PubRec(PubRec::new(1)), Instant::now()).unwrap();
    assert_eq!(written(&mut link), [Packet::PubRel(PubRel::new(1))]);
    assert!(!link.is_settled());
    link.receive(Packet::PubComp(PubComp::new(1)), Instant::now()).unwrap();
    assert!(link.is_settled());
}

#[test]
fn qos_2_is_released_in_order() {
    let (mut link, _) = filled(QoS::ExactlyOnce, 3);
    written(&mut link);
    for (id, released) in [(3, vec![]), (2, vec![]), (3, vec![]), (1, vec![1, 2, 3]), (2, vec![2])]
    {
        link.receive(Packet::PubRec(PubRec::new(id)), Instant::now()).unwrap();
        let released: Vec<_> =
            released.into_iter().map(|id| Packet::PubRel(PubRel::new(id))).collect();
        assert_eq!(written(&mut link), released);
    }
}

#[test]
fn a_repeated_message_of_qos_2_is_delivered_once() {
    let mut link = Link::new(Instant::now());
    let message = |pkid| {
        let mut message = codec::Publish::new("t", QoS::ExactlyOnce, "x");
        message.pkid = pkid;
        Packet::Publish(message)
    };
    assert!(link.receive(message(7), Instant::now()).unwrap().is_some());
    assert!(link.receive(message(7), Instant::now()).unwrap().is_none());
    link.receive(Packet::PubRel(PubRel::new(7)), Instant::now()).unwrap();
    assert!(link.receive(message(7), Instant::now()).unwrap().is_some());
    let (rec, comp) = (Packet::PubRec(PubRec::new(7)), Packet::PubComp(PubComp::new(7)));
    assert_eq!(written(&mut link), [rec.clone(), rec.clone(), comp, rec]);
}

#[test]
fn a_repeated_message_of_qos_1_is_delivered_once() {
    let mut link = Link::new(Instant::now());
    let mut is_delivered = |pkid, payload: &str, dup| {
        let mut message = codec::Publish::new("t", QoS::AtLeastOnce, payload);
        (message.pkid, message.dup) = (pkid, dup);
        link.receive(Packet::Publish(message), Instant::now()).unwrap().is_some()
    };
    assert!(is_delivered(7, "x", true), "from an earlier connection");
    assert!(!is_delivered(7, "x", true));
    assert!(is_delivered(7, "x", false), "another message has the id now");
    assert!(is_delivered(7, "y", true), "the first of its content");
    assert!(is_delivered(7, "x", true), "another message has used the id since");
    assert!(is_delivered(8, "x", true));
    for id in 1000..1000 + 255 {
        assert!(is_delivered(id, "x", false));
    }
    assert!(!is_delivered(8, "x", true));
    assert!(is_delivered(2000, "x", false));
    assert!(is_delivered(8, "x", true), "the number of remembered messages is bounded");
    assert_eq!((written(&mut link).len(), link.seen.len()), (264, REMEMBERED));
}

#[test]
fn pubrel_of_an_unknown_message_is_answered() {
    let mut link = Link::new(Instant::now());
    link.receive(Packet::PubRel(PubRel::new(9)), Instant::now()).unwrap();
    assert_eq!(written(&mut link), [Packet::PubComp(PubComp::new(9))]);
}

#[test]
fn refused_subscriptions_are_named() {
    let mut link = Link::new(Instant::now());
    let topics = ["a".to_owned(), "b".to_owned()];
    link.subscribe(&topics, QoS::ExactlyOnce, Instant::now()).unwrap();
    let codes = vec![SubscribeReasonCode::Failure, SubscribeReasonCode::Success(QoS::ExactlyOnce)];
    let event = link.receive(Packet::SubAck(codec::SubAck::new(1, codes)), Instant::now()).unwrap();
    let expected = Event::Subscribed { refused: vec!["a".to_owned()] };
    assert_eq!(event, Some(expected));
}

#[test]
fn a_connection_without_progress_is_stalled_and_a_slow_one_is_not() {
    let (mut link, _) = filled(QoS::AtLeastOnce, 2);
    let (start, step) = (Instant::now(), ANSWER * 3 / 4);
    assert!(!link.is_stalled(start + step));
    link.wrote(1 << 20, start + step);
    assert!(!link.is_stalled(start + step * 2));
    link.receive(Packet::PubAck(PubAck::new(1)), start + step * 2).unwrap();
    link.out.clear();
    link.wrote(1, start + step * 3);
    assert!(!link.is_stalled(start + step * 3));
    assert!(link.is_stalled(start + step * 4));
    link.receive(Packet::PubAck(PubAck::new(2)), start + step * 4).unwrap();
    assert!(!link.is_stalled(start + step * 9));
}

#[test]
fn newer_acknowledgements_do_not_hide_a_missing_answer() {
    let (mut link, _) = filled(QoS::AtLeastOnce, 3);
    let (start, step) = (Instant::now(), ANSWER * 3 / 4);
    link.receive(Packet::PubAck(PubAck::new(2)), start + step).unwrap();
    assert!(link.is_stalled(start + step * 2));
    link.receive(Packet::PubAck(PubAck::new(1)), start + step * 2).unwrap();
    link.subscribe(&["a".to_owned()], QoS::ExactlyOnce, start + step * 2).unwrap();
    link.receive(Packet::PubAck(PubAck::new(3)), start + step * 3).unwrap();
    assert!(!link.is_stalled(start + step * 3));
    assert!(link.is_stalled(start + step * 4));
    link.note_partial(1 << 20, start + step * 4);
    assert!(!link.is_stalled(start + step * 5));
}

#[test]
fn a_transfer_of_a_byte_a_second_is_not_a_sign_of_life() {
    let (mut link, _) = filled(QoS::AtLeastOnce, 1);
    link.subscribe(&["a".to_owned()], QoS::ExactlyOnce, Instant::now()).unwrap();
    let (start, second) = (Instant::now(), Duration::from_secs(1));
    for seconds in 1..=4 {
        link.note_partial(1, start + second * seconds);
    }
    assert!(link.is_stalled(start + second * 5));
    for seconds in 5..=60 {
        link.note_partial(usize::try_from(SLOWEST).unwrap(), start + second * seconds);
    }
    assert!(!link.is_stalled(start + second * 60), "the slowest supported line");
}

#[test]
fn a_large_message_has_a_longer_time_limit() {
    let (mut link, mut outbox) = (Link::new(Instant::now()), Outbox::new(1 << 30));
    let payload = Bytes::from(vec![b'x'; 80 << 10]);
    outbox.push(Publish { payload, ..publish("t", QoS::AtLeastOnce) });
    let start = Instant::now();
    link.fill(&mut outbox, start);
    let late = start + ANSWER + Duration::from_secs(10);
    assert_eq!(link.stalled_at(), Some(late));
    assert!(link.is_stalled(late));
    link.note_partial(1 << 20, start + ANSWER);
    assert!(!link.is_stalled(late));
}

#[test]
fn packet_ids_in_use_are_skipped() {
    let (mut link, _) = filled(QoS::AtLeastOnce, 1);
    link.last_id = u16::MAX;
    assert_eq!(link.next_id(), 2);
}

#[test]
fn messages_in_flight_have_a_limited_size() {
    let (mut link, mut outbox) = (Link::new(Instant::now()), Outbox::new(1 << 30));
    for _ in 0..WINDOW {
        let payload = Bytes::from(vec![b'x'; WINDOW_BYTES / 2]);
        outbox.push(Publish { payload, ..publish("t", QoS::AtLeastOnce) });
    }
    let start = Instant::now();
    for _ in 0..WINDOW {
        link.fill(&mut outbox, start);
        link.out.clear();
    }
    assert_eq!(link.in_flight.len(), 2);
    assert!(link.patience() < Duration::from_secs(90), "{:?}", link.patience());
}

#[test]
fn written_bytes_give_a_slow_line_more_time() {
    let mut link = Link::new(Instant::now());
    link.wrote(SLOWEST as usize * 10, Instant::now());
    assert_eq!(link.patience(), ANSWER + Duration::from_secs(10));
    link.receive(Packet::PingResp, Instant::now()).unwrap();
    assert_eq!(link.patience(), ANSWER);
}
