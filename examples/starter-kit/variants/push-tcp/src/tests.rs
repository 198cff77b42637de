//! Tests `parse` on a recorded message, and the whole connector on an in-memory bus.

use connector_runtime::testing::Bus;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

/// A message of the device. The command `record` writes such messages to a file.
const ANSWER: &str = include_str!("../fixtures/answer");

#[test]
fn an_answer_becomes_readings() {
    let readings = Readings { temperature: 19.5, setpoint: 21.0 };
    assert_eq!(Thermostat::readings(ANSWER).unwrap(), readings);
    assert!(Thermostat::readings("no JSON\n").is_err());
}

#[tokio::test]
async fn values_reach_the_bus_and_commands_the_device() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut bus = Bus::start(Thermostat { address }).await;
    let (device, _) = listener.accept().await.unwrap();
    let mut device = BufReader::new(device);

    bus.select(&["temperature", "setpoint"]).await;
    device.write_all(ANSWER.as_bytes()).await.unwrap();
    assert_eq!(bus.value("temperature").await, json!(19.5));
    bus.command("setpoint", 99);
    assert!(bus.log().await["msg"].as_str().unwrap().contains("outside of the range"));
    bus.command("setpoint", 23);
    let mut line = String::new();
    device.read_line(&mut line).await.unwrap();
    assert_eq!(line, "{\"setpoint\":23}\n");
    bus.stop().await;
}
