//! Routes messages between connections. It uses neither sockets nor clocks: its input is a packet of one
//! client, and its output are packets for any of them.

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

/// Identifies a connection; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

/// The state of the broker.
#[derive(Default)]
pub(super) struct Router {
    sessions: BTreeMap<Key, ClientState>,
    retained: Retained,
    last_key: u64,
}

impl Router {
    /// Adds a connection. The receiver is notified when there is [`output`](Self::output), and ends when
    /// the connection is to be closed.
    pub(super) fn attach(&mut self) -> (Key, mpsc::Receiver<()>) {
        let (wake, notes) = mpsc::channel(1);
        self.last_key += 1;
        let key = Key(self.last_key);
        self.sessions.insert(key, ClientState::new(wake));
        (key, notes)
    }

    /// Removes a connection, and publishes its will unless the client sent DISCONNECT. Returns the bytes
    /// that are still to be written.
    pub(super) fn detach(&mut self, key: Key) -> BytesMut {
        let Some(mut session) = self.sessions.remove(&key) else { return BytesMut::new() };
        self.publish(session.take_will());
        session.outbound.take()
    }

    /// Removes all connections, and publishes their wills.
    pub(super) fn detach_all(&mut self) {
        for mut session in mem::take(&mut self.sessions).into_values() {
            self.publish(session.take_will());
        }
    }

    pub(super) fn forget_retained(&mut self) {
        self.retained.clear();
    }

    /// Returns the number of connections that are subscribed to a topic.
    #[cfg(feature = "testing")]
    pub(super) fn listeners(&self, topic: &str) -> usize {
        self.sessions.values().filter(|session| session.listens_to(topic)).count()
    }

    /// Takes the bytes that are ready to be written to a connection.
    pub(super) fn output(&mut self, key: Key) -> BytesMut {
        self.sessions.get_mut(&key).map(|session| session.outbound.take()).unwrap_or_default()
    }

    /// How long a connection may be silent; `None` means forever.
    pub(super) fn patience(&self, key: Key) -> Option<Duration> {
        self.sessions.get(&key)?.patience()
    }

    /// Handles a packet from a connection.
    pub(super) fn packet(&mut self, key: Key, packet: Packet) -> Result<(), Close> {
        let closed = Close("closed by the broker");
        let Some(session) = self.sessions.get_mut(&key) else { return Err(closed) };
        match (session.is_connected(), packet) {
            (false, Packet::Connect(connect)) => {
                session.connect(connect)?;
                self.close_older(key);
            }
            (false, _) => return Err(Close("first packet is not CONNECT")),
            (true, Packet::Publish(publish)) => {
                let message = session.receive(publish)?;
                self.publish(message);
            }
            (true, Packet::Subscribe(subscribe)) => session.subscribe(subscribe, &self.retained)?,
            (true, packet) => session.packet(packet)?,
        }
        match self.sessions.get(&key) {
            Some(session) if session.outbound.is_overflowing() => {
                Err(Close("client reads too slowly"))
            }
            Some(_) => Ok(()),
            None => Err(closed),
        }
    }

    /// Closes the older connection of the same client.
    fn close_older(&mut self, key: Key) {
        let Some(session) = self.sessions.get(&key) else { return };
        let is_older =
            |(other, older): &(&Key, &ClientState)| **other != key && older.is_same(session);
        let older = self.sessions.iter().find(is_older).map(|(older, _)| *older);
        if let Some(older) = older {
            self.detach(older);
        }
    }

    /// Delivers a message. A client that reads too slowly is disconnected, and its will is delivered as
    /// well.
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
