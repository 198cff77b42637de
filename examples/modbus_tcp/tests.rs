//! The connector on a bus, with simulated devices behind a gateway.

mod gateway;

use clap::{Args, FromArgMatches};
use connector_runtime::testing::Bus;
use serde_json::{Value as Json, json};

use self::gateway::{
    Gateway,
    Misbehaviour::{Exception, ExceptionTimes, Garbage, Silence, Slowness},
};
use super::{
    simulator::Table::{Coils, DiscreteInputs, HoldingRegisters, InputRegisters},
    *,
};

const AVAILABLE: &str = "modbus-tcp-connector/available_datapoints";

fn connector(gateway: &Gateway, config: &Json) -> ModbusTcp {
    ModbusTcp {
        poll_every: Duration::from_millis(20),
        master_ip: gateway.address.ip().to_string(),
        master_port: gateway.address.port(),
        config: config.to_string().parse().unwrap(),
        max_retries: 3,
        retry_wait: Duration::from_millis(1),
        poll_break: Duration::ZERO,
        disconnect_between_polls: false,
        timeout: Duration::from_secs(10),
    }
}

/// One input register of unit 1 that is read, and three points that can be written.
fn one_of_each() -> Json {
    json!({
        "read_input_registers": [{"address": 5, "count": 1, "unit": 1, "datatypes": ">H"}],
        "write_coil": [{"address": 19, "unit": 1, "example_value": true}],
        "write_register": [{"address": 21, "unit": 2, "datatypes": "<H", "example_value": 12}],
        "write_registers": [{"address": 23, "unit": 3, "datatypes": ">f", "example_value": 22.1}],
    })
}

const SENSOR: &str = "read_input_registers__1__5";
const COIL: &str = "write_coil__1__19";
const REGISTER: &str = "write_register__2__21";
const REGISTERS: &str = "write_registers__3__23";

async fn gateway() -> Gateway {
    let gateway = Gateway::start().await.unwrap();
    gateway.set(1, InputRegisters, 5, &[7]);
    gateway.set(1, Coils, 19, &[0]);
    gateway.set(2, HoldingRegisters, 21, &[0]);
    gateway.set(3, HoldingRegisters, 23, &[0, 0]);
    gateway
}

/// A bus with the sensor selected, and the gateway behind it.
async fn start(change: impl FnOnce(&mut ModbusTcp)) -> (Bus, Gateway) {
    let gateway = gateway().await;
    let mut connector = connector(&gateway, &one_of_each());
    change(&mut connector);
    let mut bus = Bus::start(connector).await;
    bus.select(&[SENSOR]).await;
    assert_eq!(bus.value(SENSOR).await, json!(7));
    (bus, gateway)
}

/// Changes the register at the device, and waits until the bus knows.
async fn still_polls(bus: &mut Bus, gateway: &Gateway, value: u16) {
    gateway.set(1, InputRegisters, 5, &[value]);
    while bus.value(SENSOR).await != json!(value) {}
}

async fn log(bus: &mut Bus) -> String {
    bus.log().await["msg"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_values_of_all_tables_and_units_arrive() {
    let gateway = Gateway::start().await.unwrap();
    gateway.set(1, Coils, 0, &[1, 1, 1, 0, 1]);
    gateway.set(1, DiscreteInputs, 100, &[0, 1]);
    gateway.set(2, HoldingRegisters, 0, &[0x2c4a, 0x2cca, 0x0000, 0xb041]);
    gateway.set(3, HoldingRegisters, 0, &[0xffff, 0x4f4b]);
    gateway.set(1, InputRegisters, 19000, &[17259, 1512, 17258, 31341]);
    let config = json!({
        "read_coils": [{"address": 0, "count": 5, "unit": 1}],
        "read_discrete_inputs": [{"address": 100, "count": 2, "unit": 1}],
        "read_holding_registers": [
            {"address": 0, "count": 4, "unit": 2, "datatypes": "<eef"},
            {"address": 0, "count": 2, "unit": 3, "datatypes": ">h2s"},
        ],
        "read_input_registers": [{"address": 19000, "count": 4, "unit": 1, "datatypes": ">ff",
                                  "scaling_factors": {"19002": 10}}],
    });
    let expected = [
        ("read_coils__1__0", json!(true)),
        ("read_coils__1__3", json!(false)),
        ("read_coils__1__4", json!(true)),
        ("read_discrete_inputs__1__100", json!(false)),
        ("read_discrete_inputs__1__101", json!(true)),
        ("read_holding_registers__2__0", json!(12.34375)),
        ("read_holding_registers__2__2", json!(22.0)),
        ("read_holding_registers__3__0", json!(-1)),
        ("read_holding_registers__3__1", json!("OK")),
        ("read_input_registers__1__19000", json!(235.023_071_289_062_5)),
        ("read_input_registers__1__19002", json!(2_344.782_257_080_078)),
    ];
    let mut bus = Bus::start(connector(&gateway, &config)).await;
    bus.select(&expected.clone().map(|(key, _)| key)).await;
    for (key, value) in expected {
        assert_eq!(bus.value(key).await, value, "{key}");
    }
}

#[tokio::test]
async fn datapoints_are_announced_before_the_device_is_there() {
    let gateway = gateway().await;
    gateway.with(|state| state.is_off = true);
    let mut bus = Bus::start(connector(&gateway, &one_of_each())).await;
    let announced = bus.next(AVAILABLE).await;
    let actuator = json!({COIL: true, REGISTER: 12, REGISTERS: 22.1});
    assert_eq!(announced, json!({"sensor": {SENSOR: 0}, "actuator": actuator}));
}

#[tokio::test]
async fn commands_reach_the_device_with_the_function_that_was_asked_for() {
    let (mut bus, gateway) = start(|_| {}).await;
    bus.command(COIL, true);
    gateway.until_written(1, Coils, 19, 1).await;
    bus.command(REGISTER, 158);
    gateway.until_written(2, HoldingRegisters, 21, 0x9e00).await;
    bus.command(REGISTERS, -999.88);
    gateway.until_written(3, HoldingRegisters, 24, 0xf852).await;
    let expected = [
        (1, Request::WriteSingleCoil(19, true)),
        (2, Request::WriteSingleRegister(21, 0x9e00)),
        (3, Request::WriteMultipleRegisters(23, vec![0xc479, 0xf852].into())),
    ];
    let written = gateway.with(|state| state.requests.clone()).into_iter();
    let is_write = |request: &_| !matches!(request, Request::ReadInputRegisters(..));
    assert_eq!(written.filter(|(_, r)| is_write(r)).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_the_connection_stays() {
    let (mut bus, gateway) = start(|_| {}).await;
    for (key, value, cause) in [
        (REGISTER, json!(65536), "65536 is outside of 0 to 65535"),
        (REGISTER, json!(-1), "-1 is outside of 0 to 65535"),
        (REGISTERS, json!(1e39), "too large for a float of 4 bytes"),
        (COIL, json!("on"), "expected a boolean"),
    ] {
        bus.command(key, value);
        let log = log(&mut bus).await;
        assert!(log.contains(cause) && log.contains(key), "{log}");
    }
    still_polls(&mut bus, &gateway, 8).await;
    assert_eq!(gateway.with(|state| state.connections), 1);
}

#[tokio::test]
async fn a_refusal_of_the_device_is_told_and_the_connection_stays() {
    let (mut bus, gateway) = start(|_| {}).await;
    let refusal = Exception(ExceptionCode::IllegalDataAddress);
    gateway.with(|state| state.misbehaviours.insert((1, 5), refusal.clone()));
    let told = log(&mut bus).await;
    let expected = "unit 1 refuses ReadInputRegisters(5, 1): Illegal data address";
    assert!(told.contains(expected), "{told}");
    gateway.with(|state| state.misbehaviours.clear());
    still_polls(&mut bus, &gateway, 8).await;
    gateway.with(|state| state.misbehaviours.insert((2, 21), refusal));
    bus.command(REGISTER, 1);
    let told = log(&mut bus).await;
    assert!(told.contains("unit 2 refuses WriteSingleRegister(21, 256)"), "{told}");
    still_polls(&mut bus, &gateway, 9).await;
    let asked = |state: &mut gateway::State| {
        let requests = state.requests.iter();
        requests.filter(|(_, r)| matches!(r, Request::WriteSingleRegister(..))).count()
    };
    assert_eq!(gateway.with(asked), 3);
    assert_eq!(gateway.with(|state| state.connections), 1);
}

#[tokio::test]
async fn a_busy_device_is_asked_again() {
    let (mut bus, gateway) = start(|_| {}).await;
    let busy = || ExceptionTimes(ExceptionCode::ServerDeviceBusy, 2);
    gateway.with(|state| {
        state.misbehaviours.insert((1, 5), busy());
        state.misbehaviours.insert((2, 21), busy());
    });
    bus.command(REGISTER, 1);
    gateway.until_written(2, HoldingRegisters, 21, 256).await;
    let is_over = |misbehaviour: &_| matches!(misbehaviour, ExceptionTimes(_, 0));
    gateway.until(|state| state.misbehaviours.values().all(is_over)).await;
    // Neither was told: the first that is told is this.
    bus.command(REGISTER, -5);
    assert!(log(&mut bus).await.contains("-5 is outside"));
    still_polls(&mut bus, &gateway, 8).await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_opened_again() {
    let (mut bus, gateway) = start(|_| {}).await;
    gateway.cut();
    gateway.until(|state| state.connections == 2).await;
    still_polls(&mut bus, &gateway, 8).await;
    bus.command(REGISTER, 1);
    gateway.until_written(2, HoldingRegisters, 21, 256).await;
}

#[tokio::test]
async fn a_device_that_is_gone_for_a_while_comes_back() {
    let (mut bus, gateway) = start(|_| {}).await;
    gateway.with(|state| state.is_off = true);
    gateway.cut();
    let told = log(&mut bus).await;
    assert!(told.contains("registers"), "{told}");
    gateway.with(|state| state.is_off = false);
    still_polls(&mut bus, &gateway, 8).await;
}

#[tokio::test]
async fn a_device_that_sends_garbage_is_survived() {
    let frames = [
        // Another transaction, another function, another protocol, too short, no Modbus at all.
        &[0xff, 0xff, 0, 0, 0, 5, 1, 4, 2, 0, 7][..],
        &[0, 0, 0, 0, 0, 5, 1, 3, 2, 0, 7],
        &[0, 0, 0, 9, 0, 5, 1, 4, 2, 0, 7],
        &[0, 0, 0, 0, 0, 3, 1, 4, 200],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ];
    let (mut bus, gateway) = start(|connector| connector.timeout = Duration::from_millis(50)).await;
    for (round, frame) in (0..).zip(frames) {
        let connections = gateway.with(|state| {
            state.misbehaviours.insert((1, 5), Garbage(frame.to_vec()));
            state.connections
        });
        gateway.until(|state| state.connections > connections).await;
        gateway.with(|state| state.misbehaviours.clear());
        still_polls(&mut bus, &gateway, 100 + round).await;
    }
}

#[tokio::test]
async fn a_device_that_does_not_answer_in_time_gets_a_new_connection() {
    for misbehaviour in [Silence, Slowness(Duration::from_millis(200))] {
        let (mut bus, gateway) =
            start(|connector| connector.timeout = Duration::from_millis(50)).await;
        gateway.with(|state| state.misbehaviours.insert((1, 5), misbehaviour));
        let expected = "ReadInputRegisters(5, 1) to unit 1: no answer within 50ms";
        while !log(&mut bus).await.contains(expected) {}
        gateway.with(|state| state.misbehaviours.clear());
        still_polls(&mut bus, &gateway, 8).await;
    }
}

#[tokio::test]
async fn a_command_goes_between_two_requests_of_a_poll() {
    let gateway = gateway().await;
    gateway.set(1, InputRegisters, 0, &[0; 3]);
    let slow = Slowness(Duration::from_secs(1));
    gateway.with(|state| state.misbehaviours.insert((1, 0), slow));
    let read = |address| json!({"address": address, "count": 1, "unit": 1, "datatypes": ">H"});
    let mut config = one_of_each();
    config["read_input_registers"] = json!([read(0), read(1), read(2)]);
    let mut bus = Bus::start(connector(&gateway, &config)).await;
    bus.select(&[]).await;
    gateway.until(|state| !state.requests.is_empty()).await;
    bus.command(COIL, true);
    gateway.until_written(1, Coils, 19, 1).await;
    let requests = gateway.with(|state| state.requests.clone());
    let is_write = |(_, request): &_| matches!(request, Request::WriteSingleCoil(..));
    assert_eq!(requests.iter().position(is_write), Some(1));
}

#[tokio::test]
async fn a_device_can_be_left_alone_between_polls() {
    let (mut bus, gateway) = start(|connector| connector.disconnect_between_polls = true).await;
    gateway.until(|state| state.connections > 3).await;
    bus.command(REGISTER, 1);
    gateway.until_written(2, HoldingRegisters, 21, 256).await;
    let refusal = Exception(ExceptionCode::IllegalDataAddress);
    let connections = gateway.with(|state| {
        state.misbehaviours.insert((1, 5), refusal);
        state.connections
    });
    gateway.until(|state| state.connections > connections + 2).await;
    // Nothing else was told: connecting again is no failure.
    let told = log(&mut bus).await;
    assert!(told.contains("unit 1 refuses"), "{told}");
    gateway.with(|state| state.misbehaviours.clear());
    still_polls(&mut bus, &gateway, 8).await;
}

#[tokio::test]
async fn raw_messages_are_those_of_the_python_connector() {
    let gateway = gateway().await;
    gateway.set(1, Coils, 0, &[1, 0, 1]);
    let mut config = one_of_each();
    config["read_coils"] = json!([{"address": 0, "count": 3, "unit": 1}]);
    let connector = connector(&gateway, &config);
    let mut bus =
        Bus::start_with(connector, |settings| settings.send_raw_message_to_db = true).await;
    let recorded = bus.next("modbus-tcp-connector/raw_message_to_db").await;
    let bits = [true, false, true, false, false, false, false, false];
    let expected = json!({"read_coils": {"0": bits}, "read_input_registers": {"0": [7]}});
    assert_eq!(recorded["payload"]["raw_message"], expected);
}

/// A message that BEMCom's tests have, of an electric meter.
#[test]
fn a_raw_message_can_be_replayed() {
    let config = json!({"read_input_registers": [
        {"address": 19000, "count": 4, "unit": 1, "datatypes": ">ff"},
        {"address": 20000, "count": 4, "unit": 1, "datatypes": ">ff",
         "scaling_factors": {"20000": 0.1, "20002": 10}},
    ]});
    let raw = r#"{"read_input_registers": {"1": [17259, 1512, 17258, 31341]}, "read_coils": {}}"#;
    let raw = Raw::from_json(raw).unwrap();
    let arguments = ["test", "--poll-every=1", "--master-ip=localhost"];
    let config = format!("--config={config}");
    let arguments = arguments.into_iter().map(str::to_owned).chain([config]);
    let matches = ModbusTcp::augment_args(clap::Command::new("test")).get_matches_from(arguments);
    let connector = ModbusTcp::from_arg_matches(&matches).unwrap();
    let readings = connector.parse(&raw).unwrap().unwrap();
    let expected = json!({
        "read_input_registers__1__20000": 23.502_307_128_906_253,
        "read_input_registers__1__20002": 2_344.782_257_080_078,
    });
    assert_eq!(json!(readings), expected);
    let raw = Raw::from_json(r#"{"read_input_registers": {"0": [1]}}"#).unwrap();
    let error = connector.parse(&raw).unwrap_err().to_string();
    assert_eq!(error, "expected 8 bytes, got 2");
}
