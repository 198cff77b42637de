//! One client's side of the protocol: what it may say when, and what it is due.

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

/// How long a connection may take to say CONNECT.
const PATIENCE_BEFORE_CONNECT: Duration = Duration::from_secs(10);

/// Why a connection is to be closed.
#[derive(Debug, PartialEq)]
pub(super) struct Close(pub(super) &'static str);

/// What the broker knows of one connection.
pub(super) struct ClientState {
    /// `None` until CONNECT; empty for a client that does not care.
    client_id: Option<String>,
    patience: Option<Duration>,
    will: Option<Publish>,
    subscriptions: Subscriptions,
    /// Messages of quality of service 2 from the client that it did not release yet.
    unreleased: HashSet<u16>,
    pub(super) outbound: Outbound,
}

impl ClientState {
    /// A client that said nothing yet. `wake` is dropped with it.
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

    /// Whether both are the same client; those without a name are all different.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.client_id == other.client_id
            && self.client_id.as_ref().is_some_and(|id| !id.is_empty())
    }

    /// How long its silence is borne; `None` is for ever.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// What is to be published now that the connection is over.
    pub(super) fn take_will(&mut self) -> Option<Publish> {
        self.will.take()
    }

    pub(super) fn connect(&mut self, connect: Connect) -> Result<(), Close> {
        let code = answer_to_connect(&connect);
        let will = connect.last_will.map(checked_will).transpose()?;
        self.outbound.answer(&Packet::ConnAck(ConnAck::new(code, false)));
        if code != ConnectReturnCode::Success {
            return Err(Close("its CONNECT was refused"));
        }
        self.will = will;
        // One and a half times what the client promises, as MQTT wants it; 0 promises nothing.
        self.patience = (connect.keep_alive > 0)
            .then(|| Duration::from_millis(1500 * u64::from(connect.keep_alive)));
        self.client_id = Some(connect.client_id);
        Ok(())
    }

    /// Acknowledges a message from the client, and returns what is to be published.
    pub(super) fn receive(&mut self, message: Publish) -> Result<Option<Publish>, Close> {
        if !is_valid_name(&message.topic) {
            return Err(Close("it published to an invalid topic"));
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

    /// Sends a message to the client if it asked for its topic.
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

    /// Adds filters, and sends for each what is kept.
    pub(super) fn subscribe(
        &mut self,
        Subscribe { pkid, filters }: Subscribe,
        retained: &Retained,
    ) -> Result<(), Close> {
        ensure_id(pkid)?;
        let return_codes = filters.iter().map(answer_to_filter).collect();
        self.outbound.answer(&Packet::SubAck(SubAck { pkid, return_codes }));
        for SubscribeFilter { path, qos } in filters {
            // A packet has room for millions of filters that match all that is kept.
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

    /// Acts on a packet that concerns nobody else.
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
                return Err(Close("it said goodbye"));
            }
            _ => return Err(Close("it sent a packet that no client sends, or a second CONNECT")),
        }
        Ok(())
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Result<(), Close> {
        ensure_id(unsubscribe.pkid)?;
        if unsubscribe.topics.is_empty() {
            return Err(Close("it unsubscribed from nothing"));
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
        // Whoever wants to be known again has to give a name.
        ConnectReturnCode::BadClientId
    } else {
        ConnectReturnCode::Success
    }
}

fn checked_will(LastWill { topic, message, qos, retain }: LastWill) -> Result<Publish, Close> {
    if !is_valid_name(&topic) {
        return Err(Close("its will has an invalid topic"));
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

/// The codec checks packet ids in messages only.
fn ensure_id(id: u16) -> Result<(), Close> {
    if id == 0 { Err(Close("it used 0 as a packet id")) } else { Ok(()) }
}
