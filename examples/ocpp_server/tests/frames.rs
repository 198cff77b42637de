//! Frames as the document has them, without a connection.

use ocpp_types::{
    CallResult,
    v16::{
        AuthorizeResponse, BootNotificationResponse, HeartbeatResponse, MeterValuesResponse,
        SetChargingProfileRequest, StartTransactionResponse, StatusNotificationResponse,
        StopTransactionResponse,
    },
    validate::Validate,
};
use serde::de::DeserializeOwned;

use super::*;

fn readings(message: &Message) -> Value {
    let mut readings = Ocpp::readings(message).unwrap().unwrap().readings;
    match readings.get_mut("readings") {
        Some(dated) => dated.take(),
        None => readings,
    }
}

fn frame(text: &str) -> Message {
    Message { charge_point: "CP1".to_owned(), event: Event::Frame(text.to_owned()) }
}

#[test]
fn calls_are_answered_as_the_schemas_ask_for() {
    fn check<T: DeserializeOwned>(action: &str) -> T {
        let text = format!(r#"[2,"7",{action:?},{{"connectorId":1,"idTag":"TAG"}}]"#);
        let Frame::Call(call) = Frame::read(&text).unwrap() else { panic!("{text}") };
        let answer = Stations::default().answer("CP1", &call);
        let result: CallResult<T> = serde_json::from_str(&answer).unwrap();
        assert_eq!(result.message_id.as_str(), "7");
        result.payload
    }
    let booted: BootNotificationResponse = check("BootNotification");
    let clock = booted.current_time.unix_seconds() * 1000;
    assert!((Timestamp::now().as_millis() - clock).abs() < 60_000);
    check::<HeartbeatResponse>("Heartbeat");
    check::<AuthorizeResponse>("Authorize");
    assert!(check::<StartTransactionResponse>("StartTransaction").transaction_id > 0);
    check::<StopTransactionResponse>("StopTransaction");
    check::<MeterValuesResponse>("MeterValues");
    check::<StatusNotificationResponse>("StatusNotification");
}

#[test]
fn a_limit_is_a_profile_as_the_schema_asks_for() {
    let payload = limit(2, "A", 16.04);
    let profile: SetChargingProfileRequest = serde_json::from_value(payload).unwrap();
    profile.validate().unwrap();
    assert_eq!(profile.connector_id, 2);
}

#[test]
fn each_sample_has_a_key_of_its_own() {
    let message = frame(
        r#"[2,"1","MeterValues",{"connectorId":1,"transactionId":9,"meterValue":[
            {"timestamp":"2013-02-01T15:09:18Z","sampledValue":[{"value":"1000"}]},
            {"timestamp":"2013-02-01T16:10:18.5+01:00","sampledValue":[
                {"value":"1028","context":"Sample.Periodic"},
                {"value":"16.5","measurand":"Current.Import","phase":"L1","unit":"A"},
                {"value":"41","measurand":"Temperature","location":"Body","unit":"Celsius"},
                {"value":"50","measurand":"Frequency"},
                {"value":"0x1A","format":"SignedData","measurand":"X"}]}]}]"#,
    );
    let expected = json!({ "CP1": { "1": { "MeterValues": {
        "transactionId": 9,
        "Energy.Active.Import.Register__Wh": 1028.0,
        "Current.Import__L1__A": 16.5,
        "Temperature__Body__Celsius": 41.0,
        "Frequency": 50.0,
        "X": "0x1A",
    } } } });
    assert_eq!(readings(&message), expected);
    let dated = Ocpp::readings(&message).unwrap().unwrap();
    assert_eq!(dated.timestamp, Some(Timestamp::from_millis(1_359_731_418_500)));
}

#[test]
fn everything_that_is_said_is_read() {
    let boot = r#"[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]"#;
    let expected =
        json!({ "BootNotification": { "chargePointVendor": "V", "chargePointModel": "M" } });
    assert_eq!(readings(&frame(boot)), json!({ "CP1": expected }));
    let start = r#"[2,"1","StartTransaction",{"connectorId":2,"idTag":"T","meterStart":5,
        "timestamp":"2013-02-01T15:09:18Z"}]"#;
    let expected = json!({ "idTag": "T", "meterStart": 5, "timestamp": "2013-02-01T15:09:18Z" });
    let expected = json!({ "CP1": { "2": { "StartTransaction": expected } } });
    assert_eq!(readings(&frame(start)), expected);
    let gone = Message { charge_point: "CP1".to_owned(), event: Event::Connected(false) };
    assert_eq!(readings(&gone), json!({ "CP1": { "connected": false } }));
    assert!(Ocpp::readings(&frame(r#"[3,"1",{}]"#)).unwrap().is_none());
}

#[test]
fn what_is_recorded_comes_back() {
    let message = frame(r#"[2,"1","Heartbeat",{}]"#);
    let json = message.to_json().unwrap();
    assert_eq!(json, r#"{"charge_point":"CP1","frame":"[2,\"1\",\"Heartbeat\",{}]"}"#);
    assert_eq!(Message::from_json(&json).unwrap(), message);
}
