//! Who is connected, and who gets what. Knows neither sockets nor clocks: a packet of one client
//! goes in, packets to any of them come out.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    time::Duration,
};

use bytes::BytesMut;
use rumqttc::mqttbytes::v4::{Packet, Publish};
use tokio::sync::mpsc;

use crate::mqtt::embedded::{
    client_state::{ClientState, Close},
    topics::Retained,
};

/// Which connection; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

/// All that the broker knows.
#[derive(Default)]
pub(super) struct Router {
    sessions: BTreeMap<Key, ClientState>,
    retained: Retained,
    last_key: u64,
}

impl Router {
    /// Adds a connection. The receiver gets a note when there is [`output`](Self::output), and
    /// ends when the connection is to be cut.
    pub(super) fn attach(&mut self) -> (Key, mpsc::Receiver<()>) {
        let (wake, notes) = mpsc::channel(1);
        self.last_key += 1;
        let key = Key(self.last_key);
        self.sessions.insert(key, ClientState::new(wake));
        (key, notes)
    }

    /// Removes a connection, and publishes its will unless it said goodbye. Returns what it was
    /// not told yet.
    pub(super) fn detach(&mut self, key: Key) -> BytesMut {
        let Some(mut session) = self.sessions.remove(&key) else { return BytesMut::new() };
        self.publish(session.take_will());
        session.outbound.take()
    }

    /// Removes every connection without a goodbye.
    pub(super) fn detach_all(&mut self) {
        for mut session in mem::take(&mut self.sessions).into_values() {
            self.publish(session.take_will());
        }
    }

    pub(super) fn forget_retained(&mut self) {
        self.retained.clear();
    }

    /// How many connections would get a message on a topic.
    #[cfg(feature = "testing")]
    pub(super) fn listeners(&self, topic: &str) -> usize {
        self.sessions.values().filter(|session| session.listens_to(topic)).count()
    }

    /// What is ready to be written to a connection.
    pub(super) fn output(&mut self, key: Key) -> BytesMut {
        self.sessions.get_mut(&key).map(|session| session.outbound.take()).unwrap_or_default()
    }

    /// How long a connection may be silent; `None` is for ever.
    pub(super) fn patience(&self, key: Key) -> Option<Duration> {
        self.sessions.get(&key)?.patience()
    }

    /// Acts on a packet from a connection.
    pub(super) fn packet(&mut self, key: Key, packet: Packet) -> Result<(), Close> {
        let cut = Close("it was cut");
        let Some(session) = self.sessions.get_mut(&key) else { return Err(cut) };
        match (session.is_connected(), packet) {
            (false, Packet::Connect(connect)) => {
                session.connect(connect)?;
                self.cut_double(key);
            }
            (false, _) => return Err(Close("its first packet was not CONNECT")),
            (true, Packet::Publish(publish)) => {
                let message = session.receive(publish)?;
                self.publish(message);
            }
            (true, Packet::Subscribe(subscribe)) => session.subscribe(subscribe, &self.retained)?,
            (true, packet) => session.packet(packet)?,
        }
        match self.sessions.get(&key) {
            Some(session) if session.outbound.is_overflowing() => {
                Err(Close("it does not read what it is sent"))
            }
            Some(_) => Ok(()),
            None => Err(cut),
        }
    }

    /// Cuts the older connection of the same client.
    fn cut_double(&mut self, key: Key) {
        let Some(session) = self.sessions.get(&key) else { return };
        let is_double =
            |(other, older): &(&Key, &ClientState)| **other != key && older.is_same(session);
        let double = self.sessions.iter().find(is_double).map(|(double, _)| *double);
        if let Some(double) = double {
            self.detach(double);
        }
    }

    /// Hands a message out. Whoever does not keep up is cut, which may bring a will to hand out.
    fn publish(&mut self, message: Option<Publish>) {
        let mut messages = VecDeque::from_iter(message);
        while let Some(message) = messages.pop_front() {
            self.retained.update(&message);
            self.sessions.retain(|_, session| {
                session.offer(&message);
                let is_lost = session.outbound.is_overflowing();
                if is_lost {
                    messages.extend(session.take_will());
                }
                !is_lost
            });
        }
    }
}
