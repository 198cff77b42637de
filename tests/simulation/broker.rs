//! A broker as a state machine, with the quirks of mosquitto: at QoS 2 it acknowledges, but drops, what
//! exceeds 20 in flight; at most 1000 messages wait for a client; retained messages come again with
//! every subscription; the will of a client may be late.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use rumqttc::{
    LastWill, Packet, PubAck, PubComp, PubRec, PubRel, Publish, QoS, SubAck, SubscribeReasonCode,
    UnsubAck,
};

/// How many messages of QoS 1 and 2 are in flight at most, in each direction.
const IN_FLIGHT: usize = 20;

/// How many wait for a client beyond these.
const QUEUE: usize = 1000;

/// Who is connected.
pub(crate) type ClientId = usize;

#[derive(Default)]
pub(crate) struct Broker {
    pub(crate) retained: BTreeMap<String, Bytes>,
    /// All that was published, in the order in which a subscriber of everything sees it.
    pub(crate) arrivals: Vec<(String, Bytes)>,
    /// What is to be sent, and to whom.
    pub(crate) out: Vec<(ClientId, Packet)>,
    /// Every topic of the next SUBSCRIBE is refused.
    pub(crate) refuses: bool,
    clients: BTreeMap<ClientId, Client>,
}

#[derive(Default)]
struct Client {
    subscribed: BTreeMap<String, QoS>,
    will: Option<LastWill>,
    /// Its messages of QoS 2 that it has not released; none for those that are dropped.
    unreleased: BTreeMap<u16, Option<Publish>>,
    in_flight: Vec<u16>,
    queue: VecDeque<Publish>,
    last_id: u16,
}

impl Broker {
    pub(crate) fn connect(&mut self, id: ClientId, will: Option<LastWill>) {
        self.clients.insert(id, Client { will, ..Client::default() });
    }

    /// A connection has ended; gives the will that is to be published, now or later.
    pub(crate) fn disconnect(&mut self, id: ClientId) -> Option<LastWill> {
        self.clients.remove(&id)?.will
    }

    pub(crate) fn publish_will(&mut self, will: Option<LastWill>) {
        if let Some(LastWill { topic, message, retain, .. }) = will {
            self.publish(&topic, &message, QoS::AtLeastOnce, retain);
        }
    }

    /// It ends and starts anew, and has kept nothing.
    pub(crate) fn restart(&mut self) {
        self.clients.clear();
        self.retained.clear();
        self.out.clear();
    }

    pub(crate) fn subscriptions(&self, id: ClientId) -> impl Iterator<Item = &str> {
        let client = self.clients.get(&id).into_iter();
        client.flat_map(|client| client.subscribed.keys()).map(String::as_str)
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: &Bytes, qos: QoS, retain: bool) {
        self.arrivals.push((topic.to_owned(), payload.clone()));
        if retain {
            self.retained.insert(topic.to_owned(), payload.clone());
        }
        for (id, client) in &mut self.clients {
            if let Some(&granted) = client.subscribed.get(topic) {
                let qos = if granted < qos { granted } else { qos };
                let publish = Publish::from_bytes(topic, qos, payload.clone());
                client.send(*id, publish, &mut self.out);
            }
        }
    }

    /// Takes a packet; false if it breaks the protocol, so that the connection is to be closed.
    pub(crate) fn receive(&mut self, id: ClientId, packet: Packet) -> bool {
        let Some(client) = self.clients.get_mut(&id) else { return true };
        let answer = match packet {
            Packet::Publish(publish) => return self.take(id, publish),
            Packet::PubRel(PubRel { pkid }) => {
                self.out.push((id, Packet::PubComp(PubComp::new(pkid))));
                if let Some(Some(publish)) = client.unreleased.remove(&pkid) {
                    self.publish(&publish.topic, &publish.payload, publish.qos, publish.retain);
                }
                return true;
            }
            Packet::PubRec(PubRec { pkid }) => Packet::PubRel(PubRel::new(pkid)),
            Packet::PubAck(PubAck { pkid }) | Packet::PubComp(PubComp { pkid }) => {
                client.in_flight.retain(|id| *id != pkid);
                if let Some(next) = client.queue.pop_front() {
                    client.send(id, next, &mut self.out);
                }
                return true;
            }
            Packet::Subscribe(subscribe) => {
                let refuses = std::mem::take(&mut self.refuses);
                let topics =
                    subscribe.filters.iter().map(|filter| (filter.path.clone(), filter.qos));
                let code = |&(_, qos): &(String, QoS)| {
                    if refuses {
                        SubscribeReasonCode::Failure
                    } else {
                        SubscribeReasonCode::Success(qos)
                    }
                };
                let topics: Vec<_> = topics.collect();
                let codes = topics.iter().map(code).collect();
                self.out.push((id, Packet::SubAck(SubAck::new(subscribe.pkid, codes))));
                let granted = if refuses { Vec::new() } else { topics };
                for (topic, qos) in granted {
                    if let Some(payload) = self.retained.get(&topic) {
                        let mut publish = Publish::from_bytes(&*topic, qos, payload.clone());
                        publish.retain = true;
                        client.send(id, publish, &mut self.out);
                    }
                    client.subscribed.insert(topic, qos);
                }
                return true;
            }
            Packet::Unsubscribe(unsubscribe) => {
                for topic in &unsubscribe.topics {
                    client.subscribed.remove(topic);
                }
                Packet::UnsubAck(UnsubAck::new(unsubscribe.pkid))
            }
            Packet::PingReq => Packet::PingResp,
            Packet::Disconnect => {
                client.will = None;
                return true;
            }
            _ => return false,
        };
        self.out.push((id, answer));
        true
    }

    fn take(&mut self, id: ClientId, publish: Publish) -> bool {
        let pkid = publish.pkid;
        match publish.qos {
            QoS::ExactlyOnce => {
                let Some(Client { unreleased, .. }) = self.clients.get_mut(&id) else {
                    return true;
                };
                let has_room = unreleased.len() < IN_FLIGHT;
                unreleased.entry(pkid).or_insert(has_room.then_some(publish));
                self.out.push((id, Packet::PubRec(PubRec::new(pkid))));
            }
            QoS::AtLeastOnce => {
                self.publish(&publish.topic, &publish.payload, publish.qos, publish.retain);
                self.out.push((id, Packet::PubAck(PubAck::new(pkid))));
            }
            QoS::AtMostOnce => {
                self.publish(&publish.topic, &publish.payload, publish.qos, publish.retain);
            }
        }
        true
    }
}

impl Client {
    fn send(&mut self, id: ClientId, mut publish: Publish, out: &mut Vec<(ClientId, Packet)>) {
        if publish.qos != QoS::AtMostOnce {
            if self.in_flight.len() >= IN_FLIGHT {
                if self.queue.len() < QUEUE {
                    self.queue.push_back(publish);
                }
                return;
            }
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            publish.pkid = self.last_id;
            self.in_flight.push(publish.pkid);
        }
        out.push((id, Packet::Publish(publish)));
    }
}
