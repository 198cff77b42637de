//! Hears everything of the connector, straight from the broker, with little work for each message.
//!
//! It subscribes with `QoS` 0: the broker writes a message to it before it acknowledges that to the connector, limits
//! nothing, and keeps the order. What a killed broker has written still arrives.

use std::{io, time::Duration};

use bytes::BytesMut;
use rumqttc::{Connect, Packet, Publish, QoS, Subscribe};
use support::NAME;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

const MAX_PACKET: usize = 1 << 20;

/// From one attempt to reach the broker to the next.
const PAUSE: Duration = Duration::from_millis(10);

/// What it hears.
pub(crate) enum Heard {
    Subscribed,
    Message(Publish),
}

/// Connects again and again; publishes a datapoint map the first time.
pub(crate) async fn listen(port: u16, map: &str, mut hear: impl FnMut(&mut Vec<Heard>)) {
    let mut map = Some(map);
    loop {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await {
            // The broker has ended it.
            let _ = serve(stream, &mut map, &mut hear).await;
        }
        sleep(PAUSE).await;
    }
}

async fn serve(
    mut stream: TcpStream,
    map: &mut Option<&str>,
    hear: &mut impl FnMut(&mut Vec<Heard>),
) -> io::Result<()> {
    stream.write_all(&hello(*map)).await?;
    let (mut input, mut heard) = (BytesMut::new(), Vec::new());
    while stream.read_buf(&mut input).await? > 0 {
        while let Ok(packet) = Packet::read(&mut input, MAX_PACKET) {
            match packet {
                Packet::SubAck(_) => {
                    *map = None;
                    heard.push(Heard::Subscribed);
                }
                Packet::Publish(message) if !message.retain => heard.push(Heard::Message(message)),
                _ => {}
            }
        }
        hear(&mut heard);
        heard.clear();
        input.reserve(1 << 16);
    }
    Ok(())
}

/// What it says, all at once; nothing later, so that a killed broker has read it.
fn hello(map: Option<&str>) -> BytesMut {
    let mut hello = BytesMut::new();
    let mut connect = Connect::new("checker");
    connect.keep_alive = 0;
    connect.write(&mut hello).expect("a packet");
    if let Some(map) = map {
        let mut publish = Publish::new(format!("{NAME}/datapoint_map"), QoS::AtMostOnce, map);
        publish.retain = true;
        publish.write(&mut hello).expect("a packet");
    }
    let mut subscribe = Subscribe::new(format!("{NAME}/#"), QoS::AtMostOnce);
    subscribe.pkid = 1;
    subscribe.write(&mut hello).expect("a packet");
    hello
}
