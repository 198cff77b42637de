//! MQTT packets from a broker that is none.

use serde_json::json;
use support::{Device, launch, patiently};
use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::bench::assert_memory;

/// So many connectors run side by side.
const AT_ONCE: usize = 6;

/// When the broker sends something else than it should.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    /// Where CONNACK should be.
    Connecting,
    /// Before the SUBACKs.
    Subscribing,
    Online,
}
use When::{Connecting, Online, Subscribing};

/// What the connector does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// It goes on with this connection.
    Stays,
    /// It gives up this connection for another one.
    Leaves,
    /// It waits for the rest, and comes back when the broker ends the connection there.
    Waits,
}
use Outcome::{Leaves, Stays, Waits};

/// Name, time, bytes, and what the connector does.
type Case = (&'static str, When, Vec<u8>, Outcome);

const CASES: &[(&str, When, &[u8], Outcome)] = &[
    // Instead of CONNACK.
    ("a refusal for the version", Connecting, b"\x20\x02\0\x01", Leaves),
    ("a refusal for the client id", Connecting, b"\x20\x02\0\x02", Leaves),
    ("a broker that is not available", Connecting, b"\x20\x02\0\x03", Leaves),
    ("a wrong password", Connecting, b"\x20\x02\0\x04", Leaves),
    ("no authorisation", Connecting, b"\x20\x02\0\x05", Leaves),
    ("an unknown return code", Connecting, b"\x20\x02\0\x99", Leaves),
    ("a CONNACK of MQTT 5", Connecting, b"\x20\x03\0\x87\0", Leaves),
    ("a CONNACK without a body", Connecting, b"\x20\0", Leaves),
    ("half a CONNACK", Connecting, b"\x20\x02\0", Waits),
    ("a PINGRESP before the CONNACK", Connecting, b"\xd0\0", Leaves),
    ("a PUBLISH before the CONNACK", Connecting, b"\x30\x05\0\x01a{}", Leaves),
    ("a CONNECT", Connecting, b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0", Leaves),
    ("an answer by HTTP", Connecting, b"HTTP/1.1 400 Bad Request\r\n\r\n", Leaves),
    ("a greeting by SMTP", Connecting, b"220 mail ESMTP\r\n", Leaves),
    ("a TLS alert", Connecting, b"\x15\x03\x01\0\x02\x02\x28", Leaves),
    ("an SSH banner", Connecting, b"SSH-2.0-OpenSSH_9.6\r\n", Leaves),
    ("NULs", Connecting, &[0; 32], Leaves),
    ("0xff", Connecting, &[0xff; 32], Leaves),
    // Before the SUBACKs.
    ("a SUBACK that nobody waits for", Subscribing, b"\x90\x03\x12\x34\x01", Stays),
    ("a PINGRESP before the SUBACK", Subscribing, b"\xd0\0", Stays),
    ("a PUBACK before the SUBACK", Subscribing, b"\x40\x02\0\x01", Stays),
    ("a second CONNACK before the SUBACK", Subscribing, b"\x20\x02\0\0", Leaves),
    ("a SUBACK without codes", Subscribing, b"\x90\x02\0\x01", Leaves),
    ("a refused map", Subscribing, b"\x90\x03\0\x01\x80", Leaves),
    ("a SUBACK with a wrong code", Subscribing, b"\x90\x03\0\x01\x55", Leaves),
    // What a broker may not send.
    ("a second CONNACK", Online, b"\x20\x02\0\0", Leaves),
    ("a CONNECT to the client", Online, b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0", Leaves),
    ("a SUBSCRIBE to the client", Online, b"\x82\x06\0\x01\0\x01a\0", Leaves),
    ("an UNSUBSCRIBE to the client", Online, b"\xa2\x05\0\x01\0\x01a", Leaves),
    ("a PINGREQ to the client", Online, b"\xc0\0", Leaves),
    ("a DISCONNECT to the client", Online, b"\xe0\0", Leaves),
    ("a DISCONNECT of MQTT 5", Online, b"\xe0\x01\x8e", Leaves),
    ("an AUTH of MQTT 5", Online, b"\xf0\0", Leaves),
    ("a packet of type 0", Online, b"\0\0", Leaves),
    ("random bytes", Online, b"\x8f\x1c\x9a\x00\x77\xe3\xff\x10\x42", Leaves),
    ("text, which is a PUBREL of 101 bytes", Online, b"hello\r\n", Waits),
    // Lengths.
    ("a length of five bytes", Online, b"\x30\xff\xff\xff\xff\x7f", Leaves),
    ("the greatest length for a PUBLISH", Online, b"\x30\xff\xff\xff\x7f\0\x01a{}", Waits),
    ("the greatest length for a PUBACK", Online, b"\x40\xff\xff\xff\x7f\0\x01", Waits),
    ("the greatest length for a SUBACK", Online, b"\x90\xff\xff\xff\x7f\0\x01\0", Waits),
    ("the greatest length and a topic that is cut", Online, b"\x30\xff\xff\xff\x7f\xff\xff", Waits),
    ("16 MB and nothing more", Online, b"\x30\x80\x80\x80\x08\0\x01a", Waits),
    ("half a header", Online, b"\x30", Waits),
    ("half a length", Online, b"\x30\x80\x80", Waits),
    ("a PUBLISH without a body", Online, b"\x30\0", Leaves),
    ("a PUBLISH of one byte", Online, b"\x30\x01\0", Leaves),
    ("a topic that is longer than its packet", Online, b"\x30\x04\0\x09ab", Leaves),
    ("a PUBLISH without its id", Online, b"\x32\x03\0\x01a", Leaves),
    ("a PUBLISH with half an id", Online, b"\x32\x04\0\x01a\0", Leaves),
    ("a PUBLISH with the id 0", Online, b"\x32\x07\0\x01a\0\0{}", Leaves),
    ("a PUBACK without an id", Online, b"\x40\0", Leaves),
    ("a PUBACK with half an id", Online, b"\x40\x01\0", Leaves),
    ("a PUBREL without an id", Online, b"\x62\0", Leaves),
    ("a SUBACK without an id", Online, b"\x90\0", Leaves),
    // Contents.
    ("a PUBLISH of QoS 3", Online, b"\x36\x07\0\x01a\0\x01{}", Leaves),
    ("a topic that is no UTF-8", Online, b"\x30\x04\0\x02\xff\xfe", Leaves),
    ("a topic with a surrogate", Online, b"\x30\x05\0\x03\xed\xa0\x80", Leaves),
    ("an empty topic", Online, b"\x30\x04\0\0{}", Stays),
    ("a topic with a wild-card", Online, b"\x30\x05\0\x01#{}", Stays),
    ("a topic with a NUL", Online, b"\x30\x05\0\x01\0{}", Stays),
    ("a topic that nobody asked for", Online, b"\x30\x0a\0\x08$SYS/abc", Stays),
    ("a PUBLISH without a payload", Online, b"\x30\x03\0\x01a", Stays),
    ("a repetition of what never came", Online, b"\x3a\x07\0\x01a\0\x07{}", Stays),
    ("a status that is none", Online, b"\x30\x0d\0\x0bdemo/status", Stays),
    ("a status in bytes", Online, b"\x30\x0f\0\x0bdemo/status\xff\xfe", Stays),
    ("a heartbeat that is none", Online, b"\x30\x12\0\x0edemo/heartbeat{}", Stays),
    ("an empty map", Online, b"\x30\x14\0\x12demo/datapoint_map", Stays),
    // Acknowledgements of nothing.
    ("a PUBACK of nothing", Online, b"\x40\x02\xff\xff", Stays),
    ("a PUBACK of the id 0", Online, b"\x40\x02\0\0", Stays),
    ("a PUBREC of nothing", Online, b"\x50\x02\xff\xff", Stays),
    ("a PUBREL of nothing", Online, b"\x62\x02\xff\xff", Stays),
    ("a PUBCOMP of nothing", Online, b"\x70\x02\xff\xff", Stays),
    ("a SUBACK of nothing", Online, b"\x90\x03\xff\xff\0", Stays),
    ("an UNSUBACK of nothing", Online, b"\xb0\x02\xff\xff", Stays),
    ("a PINGRESP to no question", Online, b"\xd0\0", Stays),
    (
        "acknowledgements of all kinds",
        Online,
        b"\x40\x02\0\x03\x50\x02\0\x03\x70\x02\0\x03\x62\x02\0\x03",
        Stays,
    ),
];

/// Cases that are made of many packets, or of large ones.
fn made() -> Vec<Case> {
    let ids = |first: u8, rest: &[u8]| -> Vec<u8> {
        (1..=10_000_u16).flat_map(|id| [&[first][..], rest, &id.to_be_bytes()].concat()).collect()
    };
    let large = |first: &[u8], length: usize| {
        let size: [usize; 4] = std::array::from_fn(|i| length >> (7 * i) & 0x7f | 0x80);
        let mut packet = vec![first[0]];
        packet.extend(size.map(|byte| u8::try_from(byte).expect("7 bits")));
        packet[4] &= 0x7f;
        packet.extend(&first[1..]);
        packet.resize(5 + length, 0);
        packet
    };
    let heartbeat = |this: i64, next: i64| {
        let topic = b"\x30\x72\0\x0edemo/heartbeat";
        let times = json!({ "this_heartbeats_timestamp": this, "next_heartbeats_timestamp": next });
        [&topic[..], format!("{:<98}", times.to_string()).as_bytes()].concat()
    };
    vec![
        ("a heartbeat of all times", Online, heartbeat(i64::MIN, i64::MAX), Stays),
        ("a heartbeat backwards in time", Online, heartbeat(i64::MAX, i64::MIN), Stays),
        ("10,000 PINGRESPs", Online, b"\xd0\0".repeat(10_000), Stays),
        ("10,000 PUBACKs", Online, ids(0x40, &[2]), Stays),
        ("10,000 PUBRECs", Online, ids(0x50, &[2]), Stays),
        ("10,000 PUBRELs", Online, ids(0x62, &[2]), Stays),
        ("10,000 messages of QoS 2 without an end", Online, ids(0x34, b"\x05\0\x01a"), Stays),
        ("10,000 messages of QoS 1", Online, ids(0x32, b"\x05\0\x01a"), Stays),
        ("10,000 times the same message", Online, b"\x34\x05\0\x01a\0\x05".repeat(10_000), Stays),
        ("a message of 16 MB", Online, large(b"\x30\0\x01a", 16 << 20), Stays),
        ("a message of 100 MB", Online, large(b"\x30\0\x01a", 100 << 20), Stays),
        ("a map of 100 MB", Online, large(b"\x30\0\x12demo/datapoint_map", 100 << 20), Stays),
        ("a PUBACK of 10 MB", Online, large(b"\x40\0\x01", 10 << 20), Leaves),
    ]
}

fn cases() -> Vec<Case> {
    let cases =
        CASES.iter().map(|(name, when, bytes, outcome)| (*name, *when, bytes.to_vec(), *outcome));
    cases.chain(made()).collect()
}

pub(crate) fn names() -> Vec<String> {
    cases().into_iter().map(|(name, ..)| name.to_owned()).collect()
}

/// The id of the good map that shows that the connector still listens.
const GOOD: u16 = 0x7fff;

/// One connection of a connector to the broker.
struct Link(TcpStream);

impl Link {
    /// The next packet of the connector: its first byte and its body.
    async fn packet(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let first = self.0.read_u8().await?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.0.read_u8().await?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok((first, body))
    }

    /// Waits for a packet of this type.
    async fn packet_of(&mut self, kind: u8) -> io::Result<Vec<u8>> {
        loop {
            let (first, body) = self.packet().await?;
            if first >> 4 == kind {
                return Ok(body);
            }
        }
    }

    /// Does what a broker does first; true unless the bad bytes are all that it will ever say.
    async fn welcome(&mut self, bad: Option<&Case>) -> io::Result<bool> {
        let bad_at =
            |now| bad.filter(|(_, when, ..)| *when == now).map(|(_, _, bytes, _)| &**bytes);
        let is_over = |now| bad.is_some_and(|(_, when, _, does)| *when == now && *does == Waits);
        self.packet_of(1).await?;
        self.0.write_all(bad_at(Connecting).unwrap_or(b"\x20\x02\0\0")).await?;
        if is_over(Connecting) {
            return Ok(false);
        }
        for codes in [&[1][..], &[0, 0]] {
            let subscribe = self.packet_of(8).await?;
            if let Some(bytes) = bad_at(Subscribing).filter(|_| codes.len() == 1) {
                self.0.write_all(bytes).await?;
            }
            let length = u8::try_from(2 + codes.len()).expect("a few codes");
            self.0.write_all(&[&[0x90, length], &subscribe[..2], codes].concat()).await?;
        }
        self.0.write_all(bad_at(Online).unwrap_or_default()).await?;
        Ok(!is_over(Online))
    }

    /// Sends a good map, and waits until it is acknowledged.
    async fn good_map(&mut self) -> io::Result<()> {
        let map = json!({ "sensor": {}, "actuator": {} }).to_string();
        let topic = b"demo/datapoint_map";
        let length = u8::try_from(4 + topic.len() + map.len()).expect("a short map");
        let head = [0x32, length, 0, u8::try_from(topic.len()).expect("a short topic")];
        let packet = [&head, &topic[..], &GOOD.to_be_bytes(), map.as_bytes()].concat();
        self.0.write_all(&packet).await?;
        while self.packet_of(4).await? != GOOD.to_be_bytes() {}
        Ok(())
    }
}

async fn run(case: Case) {
    let (name, _, _, outcome) = case;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let connector = launch(port, Device::place()).start();
    let instead = || format!("{name}:\n{}", connector.stdout.text());
    let accept = async || Link(patiently(listener.accept(), instead).await.expect("accepted").0);
    let serve = async |link: &mut Link, bad| {
        let serve = async {
            let goes_on = link.welcome(bad).await?;
            if goes_on { link.good_map().await.map(|()| Stays) } else { Ok(Waits) }
        };
        patiently(serve, instead).await.unwrap_or(Leaves)
    };
    let mut link = accept().await;
    assert_eq!(serve(&mut link, Some(&case)).await, outcome, "{}", instead());
    if outcome != Stays {
        drop(link);
        assert_eq!(serve(&mut accept().await, None).await, Stays, "{}", instead());
    }
    assert_memory(connector.id());
    let ended = connector.terminate().await;
    assert!(!ended.stdout.contains("panicked"), "{name}:\n{}", ended.stdout);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{name}:\n{}", ended.stdout);
}

#[tokio::test]
async fn a_bad_packet_is_survived() {
    let mut running = JoinSet::new();
    for case in cases() {
        if running.len() == AT_ONCE {
            running.join_next().await.expect("some are running").expect("the case is fine");
        }
        running.spawn(run(case));
    }
    while let Some(ended) = running.join_next().await {
        ended.expect("the case is fine");
    }
}
