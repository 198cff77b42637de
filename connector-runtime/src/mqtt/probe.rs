//! A short connection to a broker that publishes neither a status nor a heartbeat.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout, timeout_at},
};

use crate::mqtt::{
    codec::{
        self, Connect, ConnectReturnCode, Packet, Publish, QoS, Subscribe, SubscribeReasonCode,
    },
    failure::LinkError,
    stream::Stream,
    transport::{Address, Identity, OPENING, PATIENCE, time_for},
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
    /// The sizes in bytes of the packets that are not answered yet.
    unanswered: VecDeque<usize>,
}

impl Visit {
    /// Connects and logs in.
    pub(crate) async fn begin(address: &Address, identity: &Identity) -> Result<Self, LinkError> {
        let opened = timeout(OPENING, address.open()).await;
        let stream = opened.map_err(|_| LinkError::Silent(OPENING))??;
        let mut visit =
            Self { stream, input: BytesMut::new(), last_id: 0, unanswered: VecDeque::new() };
        let mut connect = Connect::new(&*identity.client_id);
        connect.login.clone_from(&identity.login);
        visit.send(&Packet::Connect(connect)).await?;
        let answered = visit.answer(|packet| match packet {
            Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Success => Ok(true),
            Packet::ConnAck(ack) => Err(LinkError::Refused(ack.code)),
            _ => Err(LinkError::Unexpected),
        });
        answered.await.map_err(LinkError::at_first)?;
        Ok(visit)
    }

    /// Returns the retained message on the topic of the datapoint map, if there is one.
    pub(crate) async fn retained(&mut self, map: &str) -> Result<Option<Bytes>, LinkError> {
        let mut subscribe = Subscribe::new(map, QoS::AtMostOnce);
        subscribe.pkid = self.next_id();
        self.send(&Packet::Subscribe(subscribe)).await?;
        // A retained message arrives before the answer to this.
        self.send(&Packet::PingReq).await?;
        let mut retained = None;
        let answered = self.answer(|packet| match packet {
            Packet::SubAck(ack) if ack.return_codes.contains(&SubscribeReasonCode::Failure) => {
                Err(LinkError::MapRefused(map.to_owned()))
            }
            Packet::Publish(Publish { payload, .. }) => {
                retained = Some(payload);
                Ok(false)
            }
            packet => Ok(matches!(packet, Packet::PingResp)),
        });
        answered.await?;
        self.unanswered.clear();
        Ok(retained)
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
        self.answer(|packet| Ok(matches!(packet, Packet::PubAck(_)))).await
    }

    fn next_id(&mut self) -> u16 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id
    }

    async fn send(&mut self, packet: &Packet) -> Result<(), LinkError> {
        let mut out = BytesMut::new();
        codec::write(packet, &mut out)?;
        self.unanswered.push_back(out.len());
        let limit = self.limit(0);
        let sent = timeout(limit, async {
            self.stream.write_all_buf(&mut out).await?;
            self.stream.flush().await
        });
        Ok(sent.await.map_err(|_| LinkError::Silent(limit))??)
    }

    /// Receives packets until one is the answer, or an error. Each answer has one time limit, however many bytes or
    /// other packets arrive before it; a large packet has the time that it takes on the slowest line.
    async fn answer(
        &mut self,
        mut is_answer: impl FnMut(Packet) -> Result<bool, LinkError>,
    ) -> Result<(), LinkError> {
        let (start, mut largest) = (Instant::now(), 0);
        loop {
            if let Some(packet) = codec::read(&mut self.input)? {
                if is_answer(packet)? {
                    self.unanswered.pop_front();
                    return Ok(());
                }
                // A broker that always has another packet must not prevent the timeout.
                if start.elapsed() > self.limit(largest) {
                    return Err(LinkError::Silent(self.limit(largest)));
                }
                continue;
            }
            largest = largest.max(self.input.len());
            let limit = self.limit(largest);
            let read = timeout_at(start + limit, self.stream.read_buf(&mut self.input)).await;
            if read.map_err(|_| LinkError::Silent(limit))?? == 0 {
                return Err(LinkError::Closed);
            }
        }
    }

    /// Returns the time limit of an answer that comes after a packet of this many bytes.
    fn limit(&self, largest: usize) -> Duration {
        PATIENCE + time_for(self.unanswered.iter().sum::<usize>() + largest)
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::sync::Arc;

    use tokio::io::{DuplexStream, duplex};

    use super::*;

    const CONNACK: &[u8] = &[0x20, 2, 0, 0];

    /// Returns the address of a broker that this function plays on its end of a connection.
    fn broker<F>(play: impl Fn(DuplexStream) -> F + Send + Sync + 'static) -> Address
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        Address::Memory(Arc::new(move || {
            let (ours, theirs) = duplex(1 << 10);
            tokio::spawn(play(theirs));
            Ok(ours)
        }))
    }

    async fn is_silent(address: Address) {
        let identity = Identity { client_id: "demo".to_owned(), login: None };
        let start = Instant::now();
        let outcome = async {
            let mut visit = Visit::begin(&address, &identity).await?;
            visit.retained("demo/datapoint_map").await?;
            visit.publish([("a", Bytes::from(vec![0; 64 << 10]))]).await
        };
        let outcome = timeout(Duration::from_mins(1), outcome).await.unwrap();
        assert!(matches!(outcome, Err(LinkError::Silent(_))), "{outcome:?}");
        assert!(start.elapsed() >= PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_has_a_deadline() {
        let pause = || tokio::time::sleep(Duration::from_millis(1500));
        is_silent(broker(move |mut stream| async move {
            for byte in CONNACK {
                pause().await;
                stream.write_all(&[*byte]).await?;
            }
            std::future::pending().await
        }))
        .await;
        is_silent(broker(move |mut stream| async move {
            stream.write_all(CONNACK).await?;
            loop {
                pause().await;
                stream.write_all(&[0x30, 4, 0, 1, b'a', b'x']).await?;
            }
        }))
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_broker_that_reads_nothing_is_given_up() {
        is_silent(broker(|mut stream| async move {
            stream.write_all(CONNACK).await?;
            stream.write_all(&[0xd0, 0]).await?;
            std::future::pending().await
        }))
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_line_has_the_time_for_its_bytes() {
        let address = broker(|mut stream| async move {
            stream.write_all(CONNACK).await?;
            // A PUBLISH packet with 64 KiB, which take 8 s.
            stream.write_all(&[0x30, 0x83, 0x80, 4, 0, 1, b'a']).await?;
            for _ in 0..8 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                stream.write_all(&[0; 8 << 10]).await?;
            }
            stream.write_all(&[0xd0, 0]).await?;
            std::future::pending().await
        });
        let identity = Identity { client_id: "demo".to_owned(), login: None };
        let mut visit = Visit::begin(&address, &identity).await.unwrap();
        let map = visit.retained("demo/datapoint_map").await.unwrap();
        assert_eq!(map.unwrap().len(), 64 << 10);
    }
}
