//! Tests `parse` on a recorded message, and the whole connector on an in-memory bus.

use connector_runtime::testing::Bus;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A message of the device. The command `record` writes such messages to a file.
const ANSWER: &str = include_str!("../fixtures/answer");

#[test]
fn a_line_becomes_readings() {
    let line = |text: &str| Line { station: "hall".to_owned(), text: text.to_owned() };
    let readings = Readings { temperature: 19.5, setpoint: 21.0 };
    let expected = BTreeMap::from([("hall".to_owned(), readings)]);
    assert_eq!(Thermostats::readings(&line(ANSWER)).unwrap(), expected);
    assert!(Thermostats::readings(&line("no JSON\n")).is_err());
}

#[tokio::test]
async fn values_reach_the_bus_and_commands_the_device() {
    // A free port.
    let listen = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut bus = Bus::start(Thermostats { listen, stations: Arc::default() }).await;
    let mut device = connect(listen).await;
    device.write_all(format!("hall\n{ANSWER}").as_bytes()).await.unwrap();
    while bus.next("starter-kit/available_datapoints").await["actuator"] == json!({}) {}
    bus.select(&["hall__temperature"]).await;
    assert_eq!(bus.value("hall__temperature").await, json!(19.5));

    bus.command("hall__setpoint", 99);
    assert!(bus.log().await["msg"].as_str().unwrap().contains("outside of the range"));
    bus.command("hall__setpoint", 23);
    let mut line = String::new();
    device.read_line(&mut line).await.unwrap();
    assert_eq!(line, "{\"setpoint\":23}\n");
    bus.stop().await;
}

/// Connects as soon as the server listens.
async fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    loop {
        if let Ok(stream) = TcpStream::connect(address).await {
            return BufReader::new(stream);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
