//! Messages on their way to one client: their order, packet ids and limits.

use std::collections::{HashMap, VecDeque};

use bytes::BytesMut;
use rumqttc::mqttbytes::{
    QoS,
    v4::{Packet, PubRel, Publish},
};
use tokio::sync::mpsc;

/// The maximum number of messages that wait for the client's acknowledgement; further messages are
/// queued.
const MOST_IN_FLIGHT: usize = 20;

/// The maximum number of bytes that wait for a client. With more, it is disconnected as too slow.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The packet that a client still has to send for a message: PUBACK, PUBREC or PUBCOMP.
#[derive(PartialEq)]
enum Awaited {
    Acknowledged,
    Received,
    Completed,
}

pub(super) struct Outbound {
    /// Ready to be written.
    encoded: BytesMut,
    /// Messages of every quality of service in one queue, so that they stay in order.
    waiting: VecDeque<Publish>,
    waiting_bytes: usize,
    in_flight: HashMap<u16, Awaited>,
    last_id: u16,
    wake: mpsc::Sender<()>,
}

impl Outbound {
    /// Creates an empty queue. `wake` is notified when there is something to take.
    pub(super) fn new(wake: mpsc::Sender<()>) -> Self {
        Self {
            encoded: BytesMut::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            in_flight: HashMap::new(),
            last_id: 0,
            wake,
        }
    }

    /// Adds an answer, which is sent before queued messages.
    pub(super) fn answer(&mut self, packet: &Packet) {
        if self.encoded.is_empty() {
            // A full channel already holds the same notification.
            let _ = self.wake.try_send(());
        }
        let written = packet.write(&mut self.encoded, usize::MAX);
        debug_assert!(written.is_ok(), "no packet here exceeds 256 MiB or lacks a required id");
    }

    /// Queues a message.
    pub(super) fn publish(&mut self, message: Publish) {
        self.waiting_bytes += message.size();
        self.waiting.push_back(message);
        self.advance();
    }

    /// Handles PUBACK: the client has received a message of QoS 1.
    pub(super) fn acknowledged(&mut self, id: u16) {
        if self.in_flight.get(&id) == Some(&Awaited::Acknowledged) {
            self.in_flight.remove(&id);
            self.advance();
        }
    }

    /// Handles PUBREC: the client has received a message of QoS 2, and waits for its release.
    pub(super) fn received(&mut self, id: u16) {
        let Some(awaited) = self.in_flight.get_mut(&id) else { return };
        if *awaited != Awaited::Acknowledged {
            *awaited = Awaited::Completed;
            self.answer(&Packet::PubRel(PubRel::new(id)));
        }
    }

    /// Handles PUBCOMP: the exchange of a message of QoS 2 is complete.
    pub(super) fn completed(&mut self, id: u16) {
        if self.in_flight.get(&id) == Some(&Awaited::Completed) {
            self.in_flight.remove(&id);
            self.advance();
        }
    }

    /// Whether more bytes wait than the limit allows.
    pub(super) fn is_overflowing(&self) -> bool {
        self.encoded.len() + self.waiting_bytes > MOST_BYTES
    }

    /// Takes the bytes that are ready to be written.
    pub(super) fn take(&mut self) -> BytesMut {
        std::mem::take(&mut self.encoded)
    }

    /// Sends queued messages, as far as the limit of unacknowledged messages allows.
    fn advance(&mut self) {
        while let Some(message) = self.waiting.pop_front() {
            if message.qos != QoS::AtMostOnce && self.in_flight.len() >= MOST_IN_FLIGHT {
                self.waiting.push_front(message);
                return;
            }
            self.waiting_bytes -= message.size();
            let pkid = self.register(message.qos);
            self.answer(&Packet::Publish(Publish { pkid, ..message }));
        }
    }

    /// Registers a message as unacknowledged, and returns its packet id.
    fn register(&mut self, qos: QoS) -> u16 {
        let awaited = match qos {
            QoS::AtMostOnce => return 0,
            QoS::AtLeastOnce => Awaited::Acknowledged,
            QoS::ExactlyOnce => Awaited::Received,
        };
        let mut id = self.last_id;
        loop {
            id = id.checked_add(1).unwrap_or(1);
            // An id that the client never acknowledges comes up again after 65,535 others.
            if !self.in_flight.contains_key(&id) {
                break;
            }
        }
        self.last_id = id;
        self.in_flight.insert(id, awaited);
        id
    }
}
