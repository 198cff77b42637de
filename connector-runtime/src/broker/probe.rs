//! Whether a broker takes a connector, without a word to anybody else on the bus.

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    Address, Identity, LinkError, OPENING, PATIENCE, Stream,
    codec::{self, Connect, ConnectReturnCode, Packet, QoS, Subscribe, SubscribeReasonCode},
};

/// Connects, subscribes to a topic, and leaves.
pub(crate) async fn probe(
    address: &Address,
    identity: &Identity,
    topic: &str,
) -> Result<(), LinkError> {
    let opened = timeout(OPENING, address.open()).await;
    let stream = opened.map_err(|_| LinkError::Silent(OPENING))??;
    let mut visit = Visit { stream, input: BytesMut::new() };
    let visited = timeout(PATIENCE, visit.make(identity, topic)).await;
    visited.map_err(|_| LinkError::Silent(PATIENCE))?
}

struct Visit {
    stream: Box<dyn Stream>,
    input: BytesMut,
}

impl Visit {
    async fn make(&mut self, identity: &Identity, topic: &str) -> Result<(), LinkError> {
        let mut connect = Connect::new(&*identity.client_id);
        connect.login.clone_from(&identity.login);
        match self.ask(&Packet::Connect(connect)).await.map_err(LinkError::at_first)? {
            Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Success => {}
            Packet::ConnAck(ack) => return Err(LinkError::Refused(ack.code)),
            _ => return Err(LinkError::Unexpected),
        }
        let mut subscribe = Subscribe::new(topic, QoS::AtLeastOnce);
        subscribe.pkid = 1;
        self.say(&Packet::Subscribe(subscribe)).await?;
        // A retained message may come first.
        loop {
            if let Packet::SubAck(ack) = self.hear().await? {
                if ack.return_codes.contains(&SubscribeReasonCode::Failure) {
                    return Err(LinkError::MapRefused(topic.to_owned()));
                }
                return self.say(&Packet::Disconnect).await;
            }
        }
    }

    async fn ask(&mut self, packet: &Packet) -> Result<Packet, LinkError> {
        self.say(packet).await?;
        self.hear().await
    }

    async fn say(&mut self, packet: &Packet) -> Result<(), LinkError> {
        let mut out = BytesMut::new();
        codec::write(packet, &mut out)?;
        self.stream.write_all_buf(&mut out).await?;
        Ok(self.stream.flush().await?)
    }

    async fn hear(&mut self) -> Result<Packet, LinkError> {
        loop {
            if let Some(packet) = codec::read(&mut self.input)? {
                return Ok(packet);
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(LinkError::Closed);
            }
        }
    }
}
