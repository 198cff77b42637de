//! The connector between a bus in memory and a simulated plant, and documents of other devices.

mod server;

use axum::http::StatusCode;
use connector_runtime::{prelude::*, testing::Bus};
use serde_json::{Value, json};

use self::server::{Fault, Server};
use crate::{
    Answer, SolarApi,
    readings::Readings,
    simulator::{INVERTER, METERS, POWER_FLOW, STORAGES},
};

/// Short, as nothing here takes time.
const OFTEN: Duration = Duration::from_millis(20);

/// Long enough for a loaded machine, where no answer is to be missed.
const PATIENT: Duration = Duration::from_mins(1);

fn connector(plant: &Server) -> SolarApi {
    SolarApi {
        inverter_powerflow_url: plant.url().parse().unwrap(),
        poll_seconds: OFTEN,
        inverter_poll_seconds: Some(OFTEN),
        inverter_device_id: 1,
        meter_poll_seconds: Some(OFTEN),
        storage_poll_seconds: Some(OFTEN),
        read_timeout: PATIENT,
        client: reqwest::Client::default(),
        turns: tokio::sync::Semaphore::new(crate::IN_PARALLEL),
    }
}

async fn plant_on_a_bus(sensors: &[&str]) -> (Server, Bus) {
    let plant = Server::start().await.unwrap();
    let mut bus = Bus::start(connector(&plant)).await;
    bus.select(sensors).await;
    (plant, bus)
}

/// Waits until a sensor has this value.
async fn becomes(bus: &mut Bus, key: &str, value: Value) {
    while bus.value(key).await != value {}
}

/// Waits for a log message with this text.
async fn is_told(bus: &mut Bus, text: &str) {
    while !bus.log().await["msg"].as_str().unwrap().contains(text) {}
}

/// A document as the device wraps it.
fn document(data: &Value) -> String {
    let status = json!({"Code": 0, "Reason": "", "UserMessage": ""});
    let head =
        json!({"RequestArguments": {}, "Status": status, "Timestamp": "2026-06-13T12:52:10Z"});
    json!({"Body": {"Data": data}, "Head": head}).to_string()
}

fn parsed(answer: &Answer) -> Value {
    serde_json::to_value(SolarApi::readings(answer).unwrap()).unwrap()
}

fn refused(answer: &Answer) -> String {
    format!("{:#}", SolarApi::readings(answer).map(|_| "readings").unwrap_err())
}

#[test]
fn a_site_and_its_first_inverter_stand_side_by_side() {
    let data = json!({
        "Inverters": {
            "1": {"Battery_Mode": "normal", "CID": 19, "DT": 99, "E_Day": 6758, "E_Total": 2_604_187,
                "E_Year": 1_183_590, "P": 506, "SOC": 73.1},
            "2": {"DT": 102, "E_Day": 1393, "E_Total": 1_734_796, "E_Year": 322_593, "P": null},
        },
        "Site": {"BackupMode": false, "BatteryStandby": true, "E_Day": 8151, "E_Total": 4_338_983,
            "E_Year": 1_506_183, "Meter_Location": "grid", "Mode": "bidirectional", "P_Akku": null,
            "P_Grid": -384, "P_Load": -122.5, "P_PV": 506, "Zone": "north", "rel_Autonomy": 100,
            "rel_SelfConsumption": 24.1},
        "Version": "12",
    });
    let expected = json!({
        "Mode": "bidirectional", "Meter_Location": "grid", "BackupMode": false,
        "BatteryStandby": true, "P_PV": 506.0, "P_Grid": -384.0, "P_Load": -122.5, "P_Akku": null,
        "rel_SelfConsumption": 24.1, "rel_Autonomy": 100.0, "E_Day": 8151.0,
        "E_Year": 1_506_183.0, "E_Total": 4_338_983.0, "Zone": "north",
        "DT": 99, "CID": 19, "P": 506.0, "SOC": 73.1, "Battery_Mode": "normal",
        "Inverters": {"2": {"DT": 102, "E_Day": 1393, "E_Total": 1_734_796, "E_Year": 322_593,
            "P": null}},
        "Inverter": {}, "Meters": {}, "Storages": {},
    });
    assert_eq!(parsed(&Answer::PowerFlow(document(&data))), expected);
}

#[test]
fn a_site_without_inverter_meter_and_battery_is_a_site() {
    let data = json!({
        "Inverters": {},
        "Site": {"E_Day": null, "E_Total": null, "E_Year": null, "Meter_Location": "unknown",
            "Mode": "produce-only", "P_Akku": null, "P_Grid": null, "P_Load": null, "P_PV": null,
            "rel_Autonomy": null, "rel_SelfConsumption": null},
    });
    let readings = parsed(&Answer::PowerFlow(document(&data)));
    assert_eq!(readings["Mode"], "produce-only");
    assert_eq!(readings.get("DT"), None);
}

#[test]
fn the_power_flow_is_known_before_it_comes() {
    let sensors = Readings::sensors();
    let unit = |key| sensors.iter().find(|sensor| sensor.key == key)?.unit.as_deref();
    assert_eq!(unit("P_Akku"), Some("W"));
    assert_eq!(unit("SOC"), Some("%"));
    assert_eq!(unit("E_Total"), Some("Wh"));
    assert_eq!(sensors.len(), 16);
}

#[test]
fn quantities_of_an_inverter_are_bare_numbers() {
    let data = json!({
        "DAY_ENERGY": {"Unit": "Wh", "Value": null},
        "DeviceStatus": {"ErrorCode": 0, "InverterState": "Running", "StatusCode": 7},
        "FAC": {"Unit": "Hz", "Value": 50.1},
        "IDC_2": {"Unit": "A", "Value": null},
        "PAC": {"Unit": "W", "Value": 2941},
    });
    let expected = json!({
        "DAY_ENERGY": null,
        "DeviceStatus": {"ErrorCode": 0, "InverterState": "Running", "StatusCode": 7},
        "FAC": 50.1,
        "IDC_2": null,
        "PAC": 2941,
    });
    assert_eq!(parsed(&Answer::Inverter(document(&data)))["Inverter"], expected);
}

#[test]
fn an_error_of_the_device_is_told_in_its_words() {
    let answer = |code: u16, reason: &str, message: &str| {
        let status = json!({"Code": code, "Reason": reason, "UserMessage": message});
        let head = json!({"RequestArguments": {}, "Status": status, "Timestamp": ""});
        Answer::Storages(json!({"Body": {"Data": {}}, "Head": head}).to_string())
    };
    let error = refused(&answer(255, "battery type 'BYD' is not supported", "call us"));
    assert_eq!(
        error,
        "the device reports status 255: UnknownError: battery type 'BYD' is not supported: call us"
    );
    let error = refused(&answer(12, "", ""));
    assert_eq!(error, "the device reports status 12: DeviceNotAvailable");
}

#[test]
fn what_is_no_document_is_refused() {
    let fine = r#""Head":{"Status":{"Code":0}}"#;
    for (text, reason) in [
        (String::new(), "the answer is not JSON: "),
        ("<html>busy</html>".to_owned(), "the answer is not JSON: "),
        ("[]".to_owned(), "the answer has no status of the Solar API"),
        (r#"{"Head":{"Status":{"Code":"no"}}}"#.to_owned(), "the answer has no status"),
        (format!(r#"{{{fine},"Body":5}}"#), "the answer has no data"),
        (document(&json!({"Site": {}})), "the data are not as expected: "),
        (
            document(&json!({"Site": {"P_PV": "much"}, "Inverters": {}})),
            "the site is not as expected: ",
        ),
    ] {
        let error = refused(&Answer::PowerFlow(text));
        assert!(error.starts_with(reason), "{error}");
    }
}

#[test]
fn raw_messages_come_back_equal() {
    let answer = Answer::Meters("text".to_owned());
    assert_eq!(answer.to_json().unwrap(), r#"{"Meters":"text"}"#);
    let back = Answer::from_json(r#"{"Meters":"text"}"#).unwrap();
    assert!(matches!(back, Answer::Meters(text) if text == "text"));
}

#[tokio::test]
async fn every_document_brings_its_values() {
    let keys = [
        "P_PV",
        "SOC",
        "Inverter__PAC",
        "Inverter__DeviceStatus__InverterState",
        "Meters__0__PowerReal_P_Sum",
        "Storages__0__Controller__StateOfCharge_Relative",
    ];
    let (plant, mut bus) = plant_on_a_bus(&keys).await;
    for (key, value) in keys.iter().zip([
        json!(4100.0),
        json!(55.0),
        json!(2600.0),
        json!("Running"),
        json!(-1700.0),
        json!(55.0),
    ]) {
        becomes(&mut bus, key, value).await;
    }
    plant.power().charge = 56.5;
    plant.power().produced = 0.0;
    becomes(&mut bus, "P_PV", json!(0.0)).await;
    becomes(&mut bus, "Storages__0__Controller__StateOfCharge_Relative", json!(56.5)).await;
    bus.stop().await;
}

#[tokio::test]
async fn what_is_not_wanted_is_not_asked() {
    let plant = Server::start().await.unwrap();
    let unwanted = SolarApi {
        inverter_poll_seconds: None,
        meter_poll_seconds: None,
        storage_poll_seconds: None,
        ..connector(&plant)
    };
    for document in [INVERTER, METERS, STORAGES] {
        plant.fault(document, Fault::Silence);
    }
    let mut bus = Bus::start(unwanted).await;
    bus.select(&["P_PV"]).await;
    bus.value("P_PV").await;
    bus.value("P_PV").await;
    assert_eq!(plant.most_requests(), 1);
}

#[tokio::test]
async fn an_error_of_one_document_is_told_and_hurts_no_other() {
    let (plant, mut bus) = plant_on_a_bus(&["P_PV", "Meters__0__Enable"]).await;
    bus.value("Meters__0__Enable").await;
    plant.fault(METERS, Fault::Status(8, "no meter answers"));
    is_told(&mut bus, "status 8: LNRequestTimeout: no meter answers").await;
    plant.power().produced = 1.0;
    becomes(&mut bus, "P_PV", json!(1.0)).await;
    plant.fault(METERS, None);
    becomes(&mut bus, "Meters__0__Enable", json!(1)).await;
}

#[tokio::test]
async fn garbage_and_errors_of_the_web_server_are_survived() {
    let (plant, mut bus) = plant_on_a_bus(&["P_PV"]).await;
    plant.fault(POWER_FLOW, Fault::Garbage("{\"Head\": \u{0}".to_owned()));
    is_told(&mut bus, "the answer is not JSON").await;
    plant.fault(POWER_FLOW, Fault::Garbage("x".repeat(crate::MAX_BODY + 1)));
    is_told(&mut bus, "the answer has over 1048576 bytes").await;
    let disabled = Fault::Http(StatusCode::NOT_FOUND, "Solar API disabled by customer config");
    plant.fault(POWER_FLOW, disabled);
    is_told(&mut bus, "Solar API disabled by customer config").await;
    plant.power().produced = 2.0;
    plant.fault(POWER_FLOW, None);
    becomes(&mut bus, "P_PV", json!(2.0)).await;
}

#[tokio::test]
async fn a_device_that_is_away_comes_back() {
    let (plant, mut bus) = plant_on_a_bus(&["P_PV"]).await;
    bus.value("P_PV").await;
    plant.is_away(true);
    is_told(&mut bus, "`power_flow` failed").await;
    plant.power().produced = 3.0;
    plant.is_away(false);
    becomes(&mut bus, "P_PV", json!(3.0)).await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let plant = Server::start().await.unwrap();
    plant.fault(POWER_FLOW, Fault::Silence);
    let read_timeout = Duration::from_millis(50);
    let mut bus = Bus::start(SolarApi { read_timeout, ..connector(&plant) }).await;
    bus.select(&["P_PV"]).await;
    is_told(&mut bus, "`power_flow` failed").await;
    plant.fault(POWER_FLOW, None);
    becomes(&mut bus, "P_PV", json!(4100.0)).await;
}

#[tokio::test]
async fn the_device_is_asked_twice_at_a_time_at_most() {
    let plant = Server::start().await.unwrap();
    for document in [POWER_FLOW, INVERTER, METERS, STORAGES] {
        plant.fault(document, Fault::Silence);
    }
    let keys = ["P_PV", "Inverter__PAC", "Meters__0__Enable", "Storages__0__Controller__Enable"];
    let mut bus = Bus::start(connector(&plant)).await;
    bus.select(&keys).await;
    plant.is_busy_with(2).await;
    for document in [POWER_FLOW, INVERTER, METERS, STORAGES] {
        plant.fault(document, None);
    }
    for key in keys {
        bus.value(key).await;
    }
    assert_eq!(plant.most_requests(), 2);
}

#[test]
fn only_the_url_must_be_set() {
    let settings = |arguments: &[&str]| {
        let command = <SolarApi as clap::Args>::augment_args(clap::Command::new("connector"));
        let matches = command.try_get_matches_from([&["connector"], arguments].concat())?;
        <SolarApi as clap::FromArgMatches>::from_arg_matches(&matches)
    };
    let url = "http://10.0.0.7/solar_api/v1/GetPowerFlowRealtimeData.fcgi";
    let connector = settings(&["--inverter-powerflow-url", url]).unwrap();
    let inverter = connector.inverter_powerflow_url.join(INVERTER).unwrap();
    assert_eq!(inverter.as_str(), "http://10.0.0.7/solar_api/v1/GetInverterRealtimeData.cgi");
    assert_eq!(connector.poll_seconds, Duration::from_secs(10));
    assert!(settings(&["--inverter-powerflow-url", "10.0.0.7"]).is_err());
    assert!(settings(&["--inverter-powerflow-url", url, "--poll-seconds=-1"]).is_err());
    assert!(settings(&[]).is_err());
}
