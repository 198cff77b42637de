//! The state of one client in the protocol: which packets it may send, and which it is to receive.

use std::{collections::HashSet, time::Duration};

use rumqttc::mqttbytes::{
    Protocol, QoS,
    v4::{
        ConnAck, Connect, ConnectReturnCode, LastWill, Packet, PubAck, PubComp, PubRec, Publish,
        SubAck, Subscribe, SubscribeFilter, SubscribeReasonCode, UnsubAck, Unsubscribe,
    },
};
use tokio::sync::mpsc;

use crate::mqtt::embedded::{
    outbound::Outbound,
    topics::{Retained, Subscriptions, detached, is_valid_filter, is_valid_name, lower},
};

/// How long a client may take to send CONNECT.
const PATIENCE_BEFORE_CONNECT: Duration = Duration::from_secs(10);

/// Why a connection is closed.
#[derive(Debug, PartialEq)]
pub(super) struct Close(pub(super) &'static str);

/// The state of one connection.
pub(super) struct ClientState {
    /// `None` until CONNECT; empty for an anonymous client.
    client_id: Option<String>,
    patience: Option<Duration>,
    will: Option<Publish>,
    subscriptions: Subscriptions,
    /// The packet ids of messages of QoS 2 from the client that it has not yet released.
    unreleased: HashSet<u16>,
    pub(super) outbound: Outbound,
}

impl ClientState {
    /// A client that has not yet sent CONNECT. `wake` is dropped with it.
    pub(super) fn new(wake: mpsc::Sender<()>) -> Self {
        Self {
            client_id: None,
            patience: Some(PATIENCE_BEFORE_CONNECT),
            will: None,
            subscriptions: Subscriptions::default(),
            unreleased: HashSet::new(),
            outbound: Outbound::new(wake),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.client_id.is_some()
    }

    /// Whether both have the same client id; clients without an id are all different.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.client_id == other.client_id
            && self.client_id.as_ref().is_some_and(|id| !id.is_empty())
    }

    /// How long the client may be silent; `None` means forever.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Takes the will, to publish it at the end of the connection.
    pub(super) fn take_will(&mut self) -> Option<Publish> {
        self.will.take()
    }

    pub(super) fn connect(&mut self, connect: Connect) -> Result<(), Close> {
        let code = answer_to_connect(&connect);
        let will = connect.last_will.map(checked_will).transpose()?;
        self.outbound.answer(&Packet::ConnAck(ConnAck::new(code, false)));
        if code != ConnectReturnCode::Success {
            return Err(Close("CONNECT refused"));
        }
        self.will = will;
        // One and a half times the keep-alive (MQTT 3.1.1, section 3.1.2.10); 0 disables it.
        self.patience = (connect.keep_alive > 0)
            .then(|| Duration::from_millis(1500 * u64::from(connect.keep_alive)));
        self.client_id = Some(connect.client_id);
        Ok(())
    }

    /// Acknowledges a message from the client, and returns it if it is to be published.
    pub(super) fn receive(&mut self, message: Publish) -> Result<Option<Publish>, Close> {
        if !is_valid_name(&message.topic) {
            return Err(Close("PUBLISH with an invalid topic"));
        }
        let id = message.pkid;
        let is_new = match message.qos {
            QoS::AtMostOnce => true,
            QoS::AtLeastOnce => {
                self.outbound.answer(&Packet::PubAck(PubAck::new(id)));
                true
            }
            QoS::ExactlyOnce => {
                self.outbound.answer(&Packet::PubRec(PubRec::new(id)));
                self.unreleased.insert(id)
            }
        };
        Ok(is_new.then(|| detached(message)))
    }

    /// Sends a message to the client if it is subscribed to the topic.
    pub(super) fn offer(&mut self, message: &Publish) {
        if let Some(granted) = self.subscriptions.granted(&message.topic) {
            let qos = lower(granted, message.qos);
            self.outbound.publish(Publish { qos, retain: false, ..message.clone() });
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn listens_to(&self, topic: &str) -> bool {
        self.subscriptions.granted(topic).is_some()
    }

    /// Adds subscriptions, and sends the retained messages of each.
    pub(super) fn subscribe(
        &mut self,
        Subscribe { pkid, filters }: Subscribe,
        retained: &Retained,
    ) -> Result<(), Close> {
        ensure_id(pkid)?;
        let return_codes = filters.iter().map(answer_to_filter).collect();
        self.outbound.answer(&Packet::SubAck(SubAck { pkid, return_codes }));
        for SubscribeFilter { path, qos } in filters {
            // One packet can contain millions of filters that each match all retained messages.
            if !is_valid_filter(&path) || self.outbound.is_overflowing() {
                continue;
            }
            for kept in retained.matching(&path) {
                self.outbound.publish(Publish { qos: lower(qos, kept.qos), ..kept.clone() });
            }
            self.subscriptions.insert(path, qos);
        }
        Ok(())
    }

    /// Handles a packet that concerns only this client.
    pub(super) fn packet(&mut self, packet: Packet) -> Result<(), Close> {
        match packet {
            Packet::PubAck(PubAck { pkid }) => self.outbound.acknowledged(pkid),
            Packet::PubRec(PubRec { pkid }) => self.outbound.received(pkid),
            Packet::PubComp(PubComp { pkid }) => self.outbound.completed(pkid),
            Packet::PubRel(release) => {
                self.unreleased.remove(&release.pkid);
                self.outbound.answer(&Packet::PubComp(PubComp::new(release.pkid)));
            }
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(&unsubscribe)?,
            Packet::PingReq => self.outbound.answer(&Packet::PingResp),
            Packet::Disconnect => {
                self.will = None;
                return Err(Close("DISCONNECT"));
            }
            _ => return Err(Close("unexpected packet, or a second CONNECT")),
        }
        Ok(())
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Result<(), Close> {
        ensure_id(unsubscribe.pkid)?;
        if unsubscribe.topics.is_empty() {
            return Err(Close("UNSUBSCRIBE without a topic"));
        }
        for filter in &unsubscribe.topics {
            self.subscriptions.remove(filter);
        }
        self.outbound.answer(&Packet::UnsubAck(UnsubAck::new(unsubscribe.pkid)));
        Ok(())
    }
}

fn answer_to_connect(connect: &Connect) -> ConnectReturnCode {
    if connect.protocol != Protocol::V4 {
        ConnectReturnCode::RefusedProtocolVersion
    } else if connect.client_id.is_empty() && !connect.clean_session {
        // A session that outlasts the connection needs an id.
        ConnectReturnCode::BadClientId
    } else {
        ConnectReturnCode::Success
    }
}

fn checked_will(LastWill { topic, message, qos, retain }: LastWill) -> Result<Publish, Close> {
    if !is_valid_name(&topic) {
        return Err(Close("will with an invalid topic"));
    }
    Ok(detached(Publish { retain, ..Publish::from_bytes(topic, qos, message) }))
}

fn answer_to_filter(filter: &SubscribeFilter) -> SubscribeReasonCode {
    if is_valid_filter(&filter.path) {
        SubscribeReasonCode::Success(filter.qos)
    } else {
        SubscribeReasonCode::Failure
    }
}

/// Rejects 0 as a packet id, which the codec checks in PUBLISH only.
fn ensure_id(id: u16) -> Result<(), Close> {
    if id == 0 { Err(Close("packet id 0")) } else { Ok(()) }
}
