//! A short connection to a broker that publishes neither a status nor a heartbeat.

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::mqtt::{
    codec::{
        self, Connect, ConnectReturnCode, Packet, Publish, QoS, Subscribe, SubscribeReasonCode,
    },
    failure::LinkError,
    stream::Stream,
    transport::{Address, Identity, OPENING, PATIENCE},
};

/// The maximum number of unacknowledged messages. By default, mosquitto accepts 20
/// (`max_inflight_messages`).
const WINDOW: usize = 16;

/// Checks that a broker accepts this client: connects, logs in, subscribes to the topic of the datapoint
/// map, and disconnects.
pub(crate) async fn probe(
    address: &Address,
    identity: &Identity,
    map: &str,
) -> Result<(), LinkError> {
    let mut visit = Visit::begin(address, identity).await?;
    visit.retained(map).await?;
    visit.leave().await
}

/// A short connection to a broker.
pub(crate) struct Visit {
    stream: Box<dyn Stream>,
    input: BytesMut,
    last_id: u16,
}

impl Visit {
    /// Connects and logs in.
    pub(crate) async fn begin(address: &Address, identity: &Identity) -> Result<Self, LinkError> {
        let opened = timeout(OPENING, address.open()).await;
        let stream = opened.map_err(|_| LinkError::Silent(OPENING))??;
        let mut visit = Self { stream, input: BytesMut::new(), last_id: 0 };
        let mut connect = Connect::new(&*identity.client_id);
        connect.login.clone_from(&identity.login);
        visit.send(&Packet::Connect(connect)).await?;
        match visit.receive().await.map_err(LinkError::at_first)? {
            Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Success => Ok(visit),
            Packet::ConnAck(ack) => Err(LinkError::Refused(ack.code)),
            _ => Err(LinkError::Unexpected),
        }
    }

    /// Returns the retained message on the topic of the datapoint map, if there is one.
    pub(crate) async fn retained(&mut self, map: &str) -> Result<Option<Bytes>, LinkError> {
        let mut subscribe = Subscribe::new(map, QoS::AtMostOnce);
        subscribe.pkid = self.next_id();
        self.send(&Packet::Subscribe(subscribe)).await?;
        // A retained message arrives before the answer to this.
        self.send(&Packet::PingReq).await?;
        let mut retained = None;
        loop {
            match self.receive().await? {
                Packet::SubAck(ack) if ack.return_codes.contains(&SubscribeReasonCode::Failure) => {
                    return Err(LinkError::MapRefused(map.to_owned()));
                }
                Packet::Publish(Publish { payload, .. }) => retained = Some(payload),
                Packet::PingResp => return Ok(retained),
                _ => {}
            }
        }
    }

    /// Publishes messages with `QoS` 1, not retained, and waits until all are acknowledged.
    pub(crate) async fn publish(
        &mut self,
        messages: impl IntoIterator<Item = (&str, Bytes)>,
    ) -> Result<(), LinkError> {
        let mut unacknowledged = 0;
        for (topic, payload) in messages {
            if unacknowledged == WINDOW {
                self.acknowledged().await?;
                unacknowledged -= 1;
            }
            let mut publish = Publish::from_bytes(topic, QoS::AtLeastOnce, payload);
            publish.pkid = self.next_id();
            self.send(&Packet::Publish(publish)).await?;
            unacknowledged += 1;
        }
        for _ in 0..unacknowledged {
            self.acknowledged().await?;
        }
        Ok(())
    }

    /// Disconnects.
    pub(crate) async fn leave(mut self) -> Result<(), LinkError> {
        self.send(&Packet::Disconnect).await?;
        Ok(self.stream.shutdown().await?)
    }

    async fn acknowledged(&mut self) -> Result<(), LinkError> {
        while !matches!(self.receive().await?, Packet::PubAck(_)) {}
        Ok(())
    }

    fn next_id(&mut self) -> u16 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id
    }

    async fn send(&mut self, packet: &Packet) -> Result<(), LinkError> {
        let mut out = BytesMut::new();
        codec::write(packet, &mut out)?;
        self.stream.write_all_buf(&mut out).await?;
        Ok(self.stream.flush().await?)
    }

    async fn receive(&mut self) -> Result<Packet, LinkError> {
        loop {
            if let Some(packet) = codec::read(&mut self.input)? {
                return Ok(packet);
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await;
            if read.map_err(|_| LinkError::Silent(PATIENCE))?? == 0 {
                return Err(LinkError::Closed);
            }
        }
    }
}
