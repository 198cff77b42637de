//! What is on its way to one client: the order, the packet ids, the limits.

use std::collections::{HashMap, VecDeque};

use bytes::BytesMut;
use rumqttc::mqttbytes::{
    QoS,
    v4::{Packet, PubRel, Publish},
};
use tokio::sync::mpsc;

/// So many messages may wait for the client's acknowledgement; the others wait their turn.
const MOST_IN_FLIGHT: usize = 20;

/// A client for which more bytes than this wait is lost: it does not read, or not fast enough.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What a client still has to say about a message.
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
    /// Nothing yet. `wake` gets a note when there is something to take.
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

    /// Adds an answer, which does not wait for its turn.
    pub(super) fn answer(&mut self, packet: &Packet) {
        if self.encoded.is_empty() {
            // A full channel holds the same note already.
            let _ = self.wake.try_send(());
        }
        let written = packet.write(&mut self.encoded, usize::MAX);
        debug_assert!(written.is_ok(), "nothing here has 256 MiB, or needs an id and has none");
    }

    /// Adds a message.
    pub(super) fn publish(&mut self, message: Publish) {
        self.waiting_bytes += message.size();
        self.waiting.push_back(message);
        self.advance();
    }

    /// The client has a message of quality of service 1.
    pub(super) fn acknowledged(&mut self, id: u16) {
        if self.in_flight.get(&id) == Some(&Awaited::Acknowledged) {
            self.in_flight.remove(&id);
            self.advance();
        }
    }

    /// The client has a message of quality of service 2, and waits for its release.
    pub(super) fn received(&mut self, id: u16) {
        let Some(awaited) = self.in_flight.get_mut(&id) else { return };
        if *awaited != Awaited::Acknowledged {
            *awaited = Awaited::Completed;
            self.answer(&Packet::PubRel(PubRel::new(id)));
        }
    }

    /// The client is done with a message of quality of service 2.
    pub(super) fn completed(&mut self, id: u16) {
        if self.in_flight.get(&id) == Some(&Awaited::Completed) {
            self.in_flight.remove(&id);
            self.advance();
        }
    }

    /// Whether the client is too far behind to be served any longer.
    pub(super) fn is_overflowing(&self) -> bool {
        self.encoded.len() + self.waiting_bytes > MOST_BYTES
    }

    /// All that is ready to be written.
    pub(super) fn take(&mut self) -> BytesMut {
        std::mem::take(&mut self.encoded)
    }

    /// Sends what waits, up to the message that has to wait on.
    fn advance(&mut self) {
        while let Some(message) = self.waiting.pop_front() {
            if message.qos != QoS::AtMostOnce && self.in_flight.len() >= MOST_IN_FLIGHT {
                self.waiting.push_front(message);
                return;
            }
            self.waiting_bytes -= message.size();
            let pkid = self.take_off(message.qos);
            self.answer(&Packet::Publish(Publish { pkid, ..message }));
        }
    }

    /// Makes room in flight for a message, and gives its packet id.
    fn take_off(&mut self, qos: QoS) -> u16 {
        let awaited = match qos {
            QoS::AtMostOnce => return 0,
            QoS::AtLeastOnce => Awaited::Acknowledged,
            QoS::ExactlyOnce => Awaited::Received,
        };
        let mut id = self.last_id;
        loop {
            id = id.checked_add(1).unwrap_or(1);
            // An id that the client sits on comes round again after 65535 others.
            if !self.in_flight.contains_key(&id) {
                break;
            }
        }
        self.last_id = id;
        self.in_flight.insert(id, awaited);
        id
    }
}
