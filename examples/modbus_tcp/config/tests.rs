//! What a configuration means, and what is wrong with one.

use connector_runtime::{
    Kind::{Integer, Number, Text},
    prelude::*,
};
use serde_json::{Value as Json, json, value::RawValue};
use tokio_modbus::Request;

use super::*;
use crate::format::Value;

fn config(json: &Json) -> Config {
    json.to_string().parse().unwrap_or_else(|faults| panic!("{faults}"))
}

fn faults(json: &Json) -> Vec<String> {
    let faults = json.to_string().parse::<Config>().map(drop).unwrap_err();
    faults.lines().skip(1).map(|fault| fault.trim().to_owned()).collect()
}

fn keys(config: &Config) -> Vec<&str> {
    config.reads.iter().flat_map(|read| &read.points).map(|point| &*point.key).collect()
}

fn request(config: &Config, value: impl Into<Json>) -> Result<Request<'static>> {
    let json: Box<RawValue> = serde_json::from_str(&value.into().to_string()).unwrap();
    let write = &config.writes[0];
    write.request(&Command::new(write.point.key.clone(), json, Timestamp::now()))
}

fn registers(datatypes: &str) -> Config {
    let entry = json!({"address": 7, "unit": 1, "datatypes": datatypes, "example_value": 0});
    config(&json!({"write_registers": [entry]}))
}

#[test]
fn keys_are_made_of_function_unit_and_address() {
    let config = config(&json!({
        "read_coils": [{"address": 1, "count": 3, "unit": 1}],
        "read_discrete_inputs": [{"address": 65535, "count": 1, "unit": 255}],
        "read_holding_registers": [
            {"address": 0, "count": 14, "unit": 2, "datatypes": "<eeffdd"},
            {"address": 20, "count": 6, "unit": 0, "datatypes": ">xbBBH2xhb?"},
        ],
        "read_input_registers": [{"address": 9, "count": 5, "unit": 1, "datatypes": ">2H6s"}],
    }));
    let expected = "read_coils__1__1 read_coils__1__2 read_coils__1__3 \
        read_discrete_inputs__255__65535 \
        read_holding_registers__2__0 read_holding_registers__2__1 read_holding_registers__2__2 \
        read_holding_registers__2__4 read_holding_registers__2__6 read_holding_registers__2__10 \
        read_holding_registers__0__20 read_holding_registers__0__21 \
        read_holding_registers__0__21_low read_holding_registers__0__22 \
        read_holding_registers__0__24 read_holding_registers__0__25 \
        read_holding_registers__0__25_low \
        read_input_registers__1__9 read_input_registers__1__10 read_input_registers__1__11";
    assert_eq!(keys(&config), expected.split_whitespace().collect::<Vec<_>>());
    assert_eq!(config.reads[1].request, Request::ReadDiscreteInputs(65535, 1));
    assert_eq!(config.reads[3].request, Request::ReadHoldingRegisters(20, 6));
    assert_eq!((config.reads[3].function, config.reads[3].index), ("read_holding_registers", 1));
}

#[test]
fn the_addresses_of_all_types_are_those_of_the_registers_they_begin_in() {
    let datatypes = "<xcxbxBx?hHiIlLqQefdd";
    let entry = json!({"address": 1, "count": 33, "unit": 1, "datatypes": datatypes});
    let config = config(&json!({"read_holding_registers": [entry]}));
    let addresses = [1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 19, 23, 24, 26, 30];
    let expected = addresses.map(|address| format!("read_holding_registers__1__{address}"));
    assert_eq!(keys(&config), expected);
}

#[test]
fn sensors_and_actuators_are_described() {
    let config = config(&json!({
        "read_input_registers": [{
            "address": 0, "count": 5, "unit": 1, "datatypes": ">Hhf2s",
            "scaling_factors": {"1": 0.1}, "description": "Meter of the kitchen",
        }],
        "write_register": [{"address": 3, "unit": 1, "datatypes": ">H", "example_value": "22"}],
    }));
    let points = config.reads[0].points.iter();
    let expected = [(0, Integer), (1, Number), (2, Number), (4, Text)].map(|(address, kind)| {
        Sensor::new(format!("read_input_registers__1__{address}"), kind)
            .description("Meter of the kitchen")
    });
    assert_eq!(points.map(Point::sensor).collect::<Vec<_>>(), expected);
    let actuator = Actuator::new("write_register__1__3").example("22").description("");
    assert_eq!(config.writes[0].actuator(), actuator);
}

#[test]
fn numbers_are_scaled_and_nothing_else() {
    let config = config(&json!({"read_holding_registers": [{
        "address": 0, "count": 6, "unit": 1, "datatypes": ">hHe4sxB",
        "scaling_factors": {"0": 0.5, "2": 10, "5": -1.0},
    }]}));
    let answer = Answer::Registers(vec![0xffff, 7, 0x3c00, 0x6162, 0x6300, 0x00ff]);
    let values = config.reads[0].values(&answer).unwrap();
    let values: Vec<_> = values.into_iter().map(|(_, value)| value).collect();
    let text = Value::Text("abc".to_owned());
    let expected =
        [Value::Float(-0.5), Value::Integer(7), Value::Float(10.0), text, Value::Float(-255.0)];
    assert_eq!(values, expected);
}

#[test]
fn an_answer_of_another_shape_is_refused() {
    let config = config(&json!({
        "read_coils": [{"address": 0, "count": 9, "unit": 1}],
        "read_holding_registers": [{"address": 0, "count": 1, "unit": 1, "datatypes": ">H"}],
    }));
    let [coils, registers] = &config.reads[..] else { panic!("two ranges") };
    assert_eq!(coils.values(&Answer::Bits(vec![true; 16])).unwrap().len(), 9);
    assert!(coils.values(&Answer::Bits(vec![true; 8])).is_err());
    assert!(coils.values(&Answer::Registers(vec![1; 9])).is_err());
    assert!(registers.values(&Answer::Bits(vec![true])).is_err());
    assert!(registers.values(&Answer::Registers(vec![])).is_err());
    assert!(registers.values(&Answer::Registers(vec![1, 2])).is_err());
}

#[test]
fn a_coil_takes_what_says_on_or_off() {
    let entry = json!({"address": 19, "unit": 1, "example_value": true});
    let config = config(&json!({"write_coil": [entry]}));
    for (value, bit) in
        [(json!(true), true), (json!(false), false), (json!(1), true), (json!(0.0), false)]
    {
        assert_eq!(request(&config, value).unwrap(), Request::WriteSingleCoil(19, bit));
    }
    for value in [json!(2), json!(0.5), json!("on"), json!("TRUE"), json!(null), json!([true])] {
        assert!(request(&config, value.clone()).is_err(), "{value}");
    }
}

#[test]
fn a_register_takes_what_fits_its_type() {
    let entry = json!({"address": 21, "unit": 2, "datatypes": "<H", "example_value": 12});
    let config = config(&json!({"write_register": [entry]}));
    for (value, register) in [(json!(13), 0x0d00), (json!(158.0), 0x9e00), (json!(65535), 0xffff)] {
        let expected = Request::WriteSingleRegister(21, register);
        assert_eq!(request(&config, value).unwrap(), expected);
    }
    for value in [json!(65536), json!(-1), json!(0.5), json!(null), json!("warm"), json!(1e300)] {
        assert!(request(&config, value.clone()).is_err(), "{value}");
    }
}

#[test]
fn a_value_may_take_several_registers() {
    let words = |datatypes, value: Json| match request(&registers(datatypes), value)? {
        Request::WriteMultipleRegisters(7, words) => Ok(words.into_owned()),
        other => bail!("{other:?}"),
    };
    assert_eq!(words(">f", json!(12)).unwrap(), [0x4140, 0]);
    assert_eq!(words(">f", json!(-999.88)).unwrap(), [0xc479, 0xf852]);
    assert_eq!(words("<i", json!(-2)).unwrap(), [0xfeff, 0xffff]);
    assert_eq!(words(">Q", json!(u64::MAX)).unwrap(), [0xffff; 4]);
    assert_eq!(words(">4s", json!("on")).unwrap(), [0x6f6e, 0]);
    assert_eq!(words(">xb2x", json!(-1)).unwrap(), [0x00ff, 0]);
    assert_eq!(words(">x?", json!(true)).unwrap(), [1]);
    for (datatypes, value) in
        [(">f", json!(1e39)), (">i", json!(1_u64 << 31)), (">4s", json!("abcde"))]
    {
        assert!(words(datatypes, value).is_err(), "{datatypes}");
    }
}

#[test]
fn a_command_is_scaled_back_and_must_fit_then() {
    let written = |datatypes: &str, value: f64| {
        let mut entry =
            json!({"address": 7, "unit": 1, "datatypes": datatypes, "example_value": 0});
        entry["scaling_factors"] = json!({"7": 0.1});
        let config = config(&json!({"write_register": [entry]}));
        request(&config, value).map(|request| match request {
            Request::WriteSingleRegister(7, register) => register,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(written(">H", 21.3).unwrap(), 213);
    assert_eq!(written(">H", 6553.5).unwrap(), 65535);
    assert_eq!(written(">h", -0.26).unwrap().cast_signed(), -3);
    assert_eq!(written(">e", 0.1).unwrap(), 0x3c00);
    for (datatypes, value) in [(">H", 6553.6), (">H", -0.1), (">H", 1e308), (">e", 6553.0)] {
        assert!(written(datatypes, value).is_err(), "{datatypes} {value}");
    }
}

#[test]
fn all_faults_are_told_with_their_places() {
    let faults = faults(&json!({
        "read_coils": [{"address": 65530, "count": 8, "unit": 1}, {"address": -1, "unit": "1"}],
        "read_discrete_inputs": {"address": 1},
        "read_holding_registers": [
            {"address": 0, "count": 3, "unit": 1, "datatypes": ">ff"},
            {"address": 0, "count": 126, "unit": 256, "datatypes": ">w"},
            {"address": 0, "count": 2, "unit": 1, "datatypes": ">Hxb", "scaling_factor": {}},
            {"address": 0, "count": 2, "unit": 1, "datatypes": ">2sH",
             "scaling_factors": {"0": 2, "1": 0, "2": 1.5}},
        ],
        "read_input_register": [],
        "write_coil": [{"address": 1, "unit": 1, "datatypes": ">H"}],
        "write_register": [{"address": 21, "unit": 2, "datatypes": ">f", "example_value": 1}],
        "write_registers": [
            {"address": 65535, "unit": 2, "datatypes": ">HH", "example_value": 1},
            {"address": 1, "unit": 2, "datatypes": "b", "example_value": null},
        ],
    }));
    let expected = [
        "read_coils[0].address: the last one is beyond 65535",
        "read_coils[1].count: it is missing",
        "read_coils[1].address: invalid value: integer `-1`, expected u16",
        "read_coils[1].unit: invalid type: string \"1\", expected u8",
        "read_discrete_inputs: invalid type: map, expected a sequence",
        "read_holding_registers[0].datatypes: they have 8 bytes, but 3 registers have 6",
        "read_holding_registers[1].unit: invalid value: integer `256`, expected u8",
        "read_holding_registers[1].datatypes: 'w' is not a format character with this byte order",
        "read_holding_registers[2].scaling_factor: nobody knows this, is it misspelt?",
        "read_holding_registers[3].scaling_factors.0: no number begins at this address",
        "read_holding_registers[3].scaling_factors.1: a factor cannot be zero",
        "read_holding_registers[3].scaling_factors.2: no number begins at this address",
        "write_coil[0].example_value: it is missing",
        "write_coil[0].datatypes: nobody knows this, is it misspelt?",
        "write_register[0].datatypes: they have 4 bytes; use whole registers of 2 bytes, 1 at most",
        "write_registers[0].datatypes: they have 2 values; use one, and x for padding",
        "write_registers[0].address: the last one is beyond 65535",
        "write_registers[1].datatypes: they have 1 bytes; use whole registers of 2 bytes, 123 at most",
        "read_input_register: nobody knows this, is it misspelt?",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn what_is_no_json_object_is_told_with_its_line() {
    for (json, fault) in [
        ("{\"read_coils\": [}", "expected value at line 1 column 17"),
        ("[]", "invalid type: sequence, expected a map at line 1 column 0"),
    ] {
        assert_eq!(json.parse::<Config>().map(drop).unwrap_err(), fault);
    }
    assert!(config(&json!({})).reads.is_empty());
}
