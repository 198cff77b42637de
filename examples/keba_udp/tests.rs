//! The connector between a bus in memory and simulated charging stations.
//!
//! Every station and every connector has an address of its own within 127.0.0.0/8, so that all of them
//! have the port of the manual.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process,
    sync::atomic::{AtomicU8, Ordering},
    time::Instant,
};

use connector_runtime::{prelude::*, testing::Bus};
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::{
    Hosts, KebaP30,
    datagram::{Content, Datagram},
    simulator::Simulator,
};

const PORT: u16 = 7090;

/// Short, as the pauses of the guide take long enough.
const OFTEN: Duration = Duration::from_millis(20);

/// Once, at the start.
const ONCE: Duration = Duration::from_hours(1);

/// Long enough for a loaded machine, where no answer is to be missed.
const PATIENT: Duration = Duration::from_mins(1);

/// An address that nobody else has.
fn address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = process::id().to_be_bytes();
    Ipv4Addr::new(127, high, low, NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn station() -> (Simulator, String) {
    let address = address();
    (Simulator::start((address, PORT), PORT).await.unwrap(), address.to_string())
}

fn connector(stations: &[(&str, &str)]) -> KebaP30 {
    let stations = stations.iter().map(|&(name, host)| (name.to_owned(), host.to_owned()));
    KebaP30 {
        stations: stations.collect(),
        poll_seconds: OFTEN,
        read_timeout: PATIENT,
        target_port: PORT,
        listen_address: SocketAddr::from((address(), PORT)),
    }
}

/// Waits for the next request to a station other than for a report.
async fn command(station: &mut Simulator) -> String {
    loop {
        let request = station.request().await.unwrap();
        if !request.starts_with("report ") {
            return request;
        }
    }
}

/// Waits until a sensor has this value.
async fn becomes(bus: &mut Bus, key: &str, value: Value) {
    while bus.value(key).await != value {}
}

/// Waits for a log message with this text.
async fn is_told(bus: &mut Bus, text: &str) {
    while !bus.log().await["msg"].as_str().unwrap().contains(text) {}
}

/// The same while the connector keeps its socket.
async fn is_told_in_passing(bus: &mut Bus, text: &str) {
    loop {
        let log = bus.log().await["msg"].take();
        let log = log.as_str().unwrap();
        assert!(!log.contains("no connection"), "{log}");
        if log.contains(text) {
            return;
        }
    }
}

fn readings(text: &str) -> Result<Value> {
    let raw = Datagram { station: "garage".to_owned(), text: text.to_owned() };
    Ok(serde_json::to_value(KebaP30::readings(&raw)?)?)
}

#[test]
fn a_report_is_below_its_station_and_its_number() {
    let text = "{\n\"ID\": \"3\",\n\"U1\": 0,\n\"E pres\": 330130,\n\"Serial\": \"17643683\"\n}\n";
    let expected = json!({"garage": {"report 3": {
        "ID": "3", "U1": 0, "E pres": 330_130, "Serial": "17643683",
    }}});
    assert_eq!(readings(text).unwrap(), expected);
}

#[test]
fn what_a_station_tells_by_itself_is_below_the_report_that_has_it() {
    for name in ["State", "Plug", "Input", "Enable sys", "Max curr"] {
        let expected = json!({"garage": {"report 2": {name: 7}}});
        assert_eq!(readings(&json!({name: 7}).to_string()).unwrap(), expected);
    }
    let expected = json!({"garage": {"report 2": {"State": 3}, "report 3": {"E pres": 8}}});
    assert_eq!(readings(r#"{"E pres": 8, "State": 3}"#).unwrap(), expected);
}

#[test]
fn replies_are_no_readings_and_garbage_is_an_error() {
    assert_eq!(readings("TCH-OK :done\n").unwrap(), Value::Null);
    assert_eq!(readings("TCH-ERR :unknown\n").unwrap(), Value::Null);
    for text in ["", "{", "[1]", "7", "\u{fffd}\u{0}"] {
        assert!(readings(text).is_err(), "{text}");
    }
}

#[test]
fn an_answer_is_known_by_its_id() {
    let answers = |text: &str, request| Content::of(text).unwrap().answers(request);
    assert!(answers(r#"{"ID": "2", "State": 1}"#, "report 2"));
    assert!(!answers(r#"{"ID": "2", "State": 1}"#, "report 1"));
    assert!(!answers(r#"{"ID": "2", "State": 1}"#, "ena 1"));
    assert!(!answers(r#"{"State": 1}"#, "report 2"));
    assert!(!answers("TCH-OK :done\n", "report 2"));
    assert!(answers("TCH-OK :done\n", "ena 1"));
    assert!(answers("TCH-ERR\n", "curr 0"));
}

#[test]
fn stations_are_a_json_object() {
    let stations: Hosts =
        value_parser::json(r#"{"p30_garage": "192.168.0.99", "yard": "p30.local"}"#).unwrap();
    assert_eq!(stations["yard"], "p30.local");
    assert!(value_parser::json::<Hosts>(r#"["192.168.0.99"]"#).is_err());
    assert!(value_parser::json::<Hosts>("192.168.0.99").is_err());
}

#[tokio::test]
async fn each_station_has_its_reports() {
    let ((garage, at_garage), (yard, at_yard)) = (station().await, station().await);
    yard.change(|state| (state.serial, state.state) = ("17650000", 3)).await;
    let connector = connector(&[("garage", &at_garage), ("yard", &at_yard)]);
    let keys = [
        "garage__report 1__Serial",
        "garage__report 2__Curr user",
        "garage__report 3__P",
        "yard__report 1__Serial",
        "yard__report 3__P",
    ];
    let mut bus = Bus::start(connector).await;
    bus.select(&keys).await;
    for (key, value) in keys.into_iter().zip([
        json!("17643683"),
        json!(16_000),
        json!(0),
        json!("17650000"),
        json!(11_040_000),
    ]) {
        becomes(&mut bus, key, value).await;
    }
    garage.change(|state| state.state = 3).await;
    becomes(&mut bus, "garage__report 3__P", json!(11_040_000)).await;
    bus.stop().await;
}

#[tokio::test]
async fn changes_are_told_between_polls() {
    let (mut garage, at) = station().await;
    let mut bus = Bus::start(KebaP30 { poll_seconds: ONCE, ..connector(&[("garage", &at)]) }).await;
    let keys = ["garage__report 2__State", "garage__report 2__Plug", "garage__report 3__E pres"];
    bus.select(&keys).await;
    while garage.request().await.as_deref() != Some("report 3") {}
    garage.change(|state| (state.plug, state.state, state.energy) = (5, 3, 10)).await;
    for (key, value) in keys.into_iter().zip([3, 5, 10]) {
        becomes(&mut bus, key, json!(value)).await;
    }
}

#[tokio::test]
async fn commands_reach_the_station_that_is_meant() {
    let ((mut garage, at_garage), (mut yard, at_yard)) = (station().await, station().await);
    let connector = connector(&[("garage", &at_garage), ("yard", &at_yard)]);
    let mut bus = Bus::start(connector).await;
    bus.select(&["garage__report 2__Max curr", "yard__report 2__Setenergy"]).await;
    bus.value("yard__report 2__Setenergy").await;
    bus.command("garage__curr", 6000);
    assert_eq!(command(&mut garage).await, "curr 6000");
    becomes(&mut bus, "garage__report 2__Max curr", json!(6000)).await;
    bus.command("garage__curr", "0");
    assert_eq!(command(&mut garage).await, "curr 0");
    bus.command("yard__setenergy", 999_999_999);
    assert_eq!(command(&mut yard).await, "setenergy 999999999");
    becomes(&mut bus, "yard__report 2__Setenergy", json!(999_999_999)).await;
    bus.command("yard__display", "0 0 0 0 Hello$KEBA");
    assert_eq!(command(&mut yard).await, "display 0 0 0 0 Hello$KEBA");
    assert_eq!(yard.state().text, "Hello KEBA");
    assert_eq!(garage.state().text, "");
}

#[tokio::test]
async fn a_station_is_left_alone_after_it_was_disabled() {
    let (mut garage, at) = station().await;
    let mut bus = Bus::start(connector(&[("garage", &at)])).await;
    bus.select(&["garage__report 2__Enable sys"]).await;
    bus.value("garage__report 2__Enable sys").await;
    let start = Instant::now();
    bus.command("garage__ena", 0);
    assert_eq!(command(&mut garage).await, "ena 0");
    becomes(&mut bus, "garage__report 2__Enable sys", json!(0)).await;
    garage.request().await;
    assert!(start.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn requests_are_100_ms_apart() {
    let (mut garage, at) = station().await;
    let start = Instant::now();
    let _bus = Bus::start(connector(&[("garage", &at)])).await;
    for requests in 1..=7 {
        garage.request().await;
        assert!(start.elapsed() >= Duration::from_millis(100) * (requests - 1));
    }
}

#[tokio::test]
async fn values_that_the_guide_does_not_allow_are_refused() {
    let (mut garage, at) = station().await;
    let mut bus = Bus::start(KebaP30 { poll_seconds: ONCE, ..connector(&[("garage", &at)]) }).await;
    bus.select(&["garage__report 2__State"]).await;
    bus.value("garage__report 2__State").await;
    for (key, value) in [
        ("garage__curr", json!(5999)),
        ("garage__curr", json!(63_001)),
        ("garage__curr", json!(6000.5)),
        ("garage__curr", json!("much")),
        ("garage__ena", json!(2)),
        ("garage__setenergy", json!(1_000_000_000)),
        ("garage__display", json!("1 2 3 0 this is more than a display shows")),
    ] {
        bus.command(key, value.clone());
        let log = bus.log().await["msg"].take();
        assert!(log.as_str().unwrap().contains(key), "{value}: {log}");
    }
    bus.command("garage__curr", 63_000);
    assert_eq!(command(&mut garage).await, "curr 63000");
}

#[tokio::test]
async fn the_refusal_of_a_station_is_told() {
    let (_garage, at) = station().await;
    let mut bus = Bus::start(connector(&[("garage", &at)])).await;
    bus.select(&["garage__report 2__State"]).await;
    bus.value("garage__report 2__State").await;
    bus.command("garage__display", "Hello");
    is_told(&mut bus, "garage refuses `display Hello`: TCH-ERR :refused").await;
    bus.value("garage__report 2__State").await;
}

#[tokio::test]
async fn a_dead_station_hurts_no_other_and_comes_back() {
    let ((garage, at_garage), (yard, at_yard)) = (station().await, station().await);
    yard.change(|state| state.is_off = true).await;
    let stations = [("garage", &*at_garage), ("nowhere", "::1"), ("yard", &*at_yard)];
    let read_timeout = Duration::from_secs(1);
    let mut bus = Bus::start(KebaP30 { read_timeout, ..connector(&stations) }).await;
    bus.select(&["garage__report 2__Input", "yard__report 2__Input"]).await;
    let is_silent = format!("yard at {at_yard}:7090 does not answer");
    let has_no_address = "cannot find nowhere: it has no IPv4 address";
    is_told_in_passing(&mut bus, &format!("{has_no_address}; {is_silent} `report 1`")).await;
    bus.command("yard__curr", 6000);
    is_told_in_passing(&mut bus, &format!("{is_silent} `curr 6000`")).await;
    is_told_in_passing(&mut bus, &format!("{is_silent} `report 1`")).await;
    garage.change(|state| state.input = 1).await;
    becomes(&mut bus, "garage__report 2__Input", json!(1)).await;
    yard.change(|state| (state.is_off, state.input) = (false, 1)).await;
    becomes(&mut bus, "yard__report 2__Input", json!(1)).await;
}

#[tokio::test]
async fn garbage_is_survived_and_strangers_are_not_listened_to() {
    let (mut garage, at) = station().await;
    let connector = connector(&[("garage", &at)]);
    let connector_at = connector.listen_address;
    let mut bus = Bus::start(KebaP30 { poll_seconds: ONCE, ..connector }).await;
    bus.select(&["garage__report 2__State"]).await;
    while garage.request().await.as_deref() != Some("report 3") {}
    becomes(&mut bus, "garage__report 2__State", json!(2)).await;
    for bytes in [&b"\xff\x00\xfe"[..], b"", b"{\"State\":", b"[1]"] {
        garage.station.say(bytes).await;
    }
    is_told(&mut bus, "this is not a JSON object").await;
    let stranger = UdpSocket::bind((address(), PORT)).await.unwrap();
    stranger.send_to(br#"{"State": 9}"#, connector_at).await.unwrap();
    garage.change(|state| state.state = 5).await;
    assert_eq!(bus.value("garage__report 2__State").await, json!(5));
}

#[tokio::test]
async fn the_connector_waits_for_its_port() {
    let (_garage, at) = station().await;
    let connector = connector(&[("garage", &at)]);
    let other = UdpSocket::bind(connector.listen_address).await.unwrap();
    let text = format!("cannot listen at {}", connector.listen_address);
    let mut bus = Bus::start(connector).await;
    bus.select(&["garage__report 2__State"]).await;
    is_told(&mut bus, &text).await;
    drop(other);
    becomes(&mut bus, "garage__report 2__State", json!(2)).await;
}
