use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    flat::{MAX_NESTING, SEPARATOR},
    *,
};
use crate::time::Timestamp;

fn flat(readings: impl Serialize) -> Vec<(String, String)> {
    let flat = FlatReadings::of(&readings).unwrap();
    flat.readings()
        .map(|reading| (reading.key.to_owned(), String::from_utf8(reading.json.to_vec()).unwrap()))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|&(key, json)| (key.to_owned(), json.to_owned())).collect()
}

#[test]
fn keys_are_joined_at_any_depth_and_values_keep_their_type() {
    let readings = json!({
        "a": {"b": {"c": 1, "d": {}}, "e": "text"},
        "list": [1, {"x": [null, {"y": 2.5}]}, []],
        "nothing": null,
        "yes": true,
        "big": 18_446_744_073_709_551_615_u64,
    });
    assert_eq!(
        flat(readings),
        pairs(&[
            ("a__b__c", "1"),
            ("a__e", "\"text\""),
            ("big", "18446744073709551615"),
            ("list", r#"[1,{"x":[null,{"y":2.5}]},[]]"#),
            ("nothing", "null"),
            ("yes", "true"),
        ])
    );
}

#[derive(Serialize)]
enum Mode {
    Off,
    Target(f64),
    Between(u8, u8),
    Curve { low: f32, high: f32 },
}

#[test]
fn enums_are_words_or_objects() {
    #[derive(Serialize)]
    struct Readings {
        off: Mode,
        target: Mode,
        between: Mode,
        curve: Mode,
        after: u8,
        list: Vec<Mode>,
    }
    let readings = Readings {
        off: Mode::Off,
        target: Mode::Target(21.0),
        between: Mode::Between(1, 2),
        curve: Mode::Curve { low: 0.1, high: 0.2 },
        after: 1,
        list: vec![
            Mode::Off,
            Mode::Target(21.0),
            Mode::Between(1, 2),
            Mode::Curve { low: 0.1, high: 0.2 },
        ],
    };
    assert_eq!(
        flat(readings),
        pairs(&[
            ("off", "\"Off\""),
            ("target__Target", "21.0"),
            ("between__Between", "[1,2]"),
            ("curve__Curve__low", "0.1"),
            ("curve__Curve__high", "0.2"),
            ("after", "1"),
            (
                "list",
                r#"["Off",{"Target":21.0},{"Between":[1,2]},{"Curve":{"low":0.1,"high":0.2}}]"#
            ),
        ])
    );
}

#[test]
fn numbers_that_json_lacks_become_null_and_are_marked() {
    let readings =
        BTreeMap::from([("a", vec![f64::NAN, 1.0]), ("b", vec![f64::INFINITY]), ("c", vec![1.0])]);
    let flat = FlatReadings::of(&readings).unwrap();
    let found: Vec<_> = flat.readings().map(|r| (r.key, r.json, r.non_finite)).collect();
    let expected: [(&str, &[u8], bool); 3] =
        [("a", b"[null,1.0]", true), ("b", b"[null]", true), ("c", b"[1.0]", false)];
    assert_eq!(found, expected);
}

#[test]
fn keys_may_be_anything_that_json_can_write_as_text() {
    assert_eq!(flat(BTreeMap::from([(-5, 1)])), pairs(&[("-5", "1")]));
    assert_eq!(flat(BTreeMap::from([(true, 1)])), pairs(&[("true", "1")]));
    assert_eq!(flat(json!({"": 1, "b": {"": 2}})), pairs(&[("", "1"), ("b__", "2")]));
    assert_eq!(flat(json!({"a/+#ü b": 1})), pairs(&[("a/+#ü b", "1")]));
    assert!(FlatReadings::of(&BTreeMap::from([((1, 2), 1)])).is_err());
}

#[test]
fn nul_characters_are_left_out() {
    assert_eq!(flat(json!({"a\0b": "x\0y\u{1}"})), pairs(&[("ab", r#""xy\u0001""#)]));
}

#[test]
fn only_objects_have_datapoints() {
    assert_eq!(flat(()), []);
    assert_eq!(flat(None::<u8>), []);
    assert_eq!(flat(json!([])), []);
    assert_eq!(flat(json!({"a": {}})), []);
    for readings in [json!(5), json!("text"), json!([1]), json!(true)] {
        assert!(
            matches!(FlatReadings::of(&readings), Err(FlattenError::NotAnObject)),
            "{readings}"
        );
    }
}

#[test]
fn nesting_has_a_limit() {
    let nest = |levels| (1..levels).fold(json!({"a": 1}), |inner, _| json!({ "a": inner }));
    assert!(FlatReadings::of(&nest(MAX_NESTING)).is_ok());
    assert!(matches!(FlatReadings::of(&nest(MAX_NESTING + 1)), Err(FlattenError::TooDeep)));
    let text = |levels| serde_json::value::to_raw_value(&nest(levels)).unwrap();
    assert!(FlatReadings::of(&text(MAX_NESTING)).is_ok());
    assert!(matches!(FlatReadings::of(&text(MAX_NESTING + 1)), Err(FlattenError::TooDeep)));
}

#[test]
fn a_timestamp_is_not_a_datapoint() {
    let readings = json!({"a": 1});
    let flat =
        FlatReadings::of(&Timestamped { timestamp: Some(Timestamp::from_millis(7)), readings })
            .unwrap();
    assert_eq!(flat.timestamp(), Some(Timestamp::from_millis(7)));
    assert_eq!(flat.readings().map(|reading| reading.key).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn json_text_is_preserved() {
    let text = r#" {"z": {"b" : 1.50, "a": 1180591620717411303424}, "list": [ 1.0, {"x": null}, "\ud83d\ude00" ],
        "half": "<\ud800>", "yes": true, "nul": "\u0000", "huge": -1e400, "a": null} "#;
    let readings: Box<serde_json::value::RawValue> = serde_json::from_str(text).unwrap();
    assert_eq!(
        flat(&readings),
        pairs(&[
            ("z__b", "1.50"),
            ("z__a", "1180591620717411303424"),
            ("list", "[1.0,{\"x\":null},\"\u{1f600}\"]"),
            ("half", "\"<\u{fffd}>\""),
            ("yes", "true"),
            ("nul", "\"\""),
            ("huge", "null"),
            ("a", "null"),
        ])
    );
    for text in ["5", "\"text\"", "[1]", "true"] {
        let readings: Box<serde_json::value::RawValue> = serde_json::from_str(text).unwrap();
        assert!(matches!(FlatReadings::of(&readings), Err(FlattenError::NotAnObject)), "{text}");
    }
}

#[test]
fn lone_surrogates_in_keys_are_replaced() {
    let text = r#"{"<\ud800>": {"\udc00\ud800": 1}, "list": [{"\ud800": 2}], "\ud83d\ude00": 3}"#;
    let readings: Box<serde_json::value::RawValue> = serde_json::from_str(text).unwrap();
    let expected = pairs(&[
        ("<\u{fffd}>__\u{fffd}\u{fffd}", "1"),
        ("list", "[{\"\u{fffd}\":2}]"),
        ("\u{1f600}", "3"),
    ]);
    assert_eq!(flat(&readings), expected);
}

/// Flattens JSON like the reference: the definition of flattening.
fn reference(value: &Value, path: Option<&str>, found: &mut Vec<(String, String)>) {
    let Value::Object(object) = value else {
        found.push((path.unwrap_or_default().to_owned(), value.to_string()));
        return;
    };
    for (key, value) in object {
        let path = path.map_or(key.clone(), |path| format!("{path}{SEPARATOR}{key}"));
        reference(value, Some(&path), found);
    }
}

#[test]
fn random_objects_flatten_as_the_reference_does() {
    fn random(rng: &mut fastrand::Rng, depth: u8) -> Value {
        match rng.u8(if depth == 0 { 3..4 } else { 0..8 }) {
            0 => Value::Null,
            1 => rng.bool().into(),
            2 => rng.i64(..).into(),
            3 | 4 => (0..rng.usize(..4))
                .map(|i| (format!("k{i}"), random(rng, depth + 1)))
                .filter(|_| depth < 6)
                .collect(),
            5 => rng.f64().into(),
            6 => (0..rng.usize(..4)).map(|_| Value::from(rng.u8(..))).collect(),
            _ => json!([{"a": rng.u8(..)}, "text"]),
        }
    }
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..1_000 {
        let readings = random(&mut rng, 0);
        let mut expected = Vec::new();
        reference(&readings, None, &mut expected);
        assert_eq!(flat(&readings), expected, "{readings}");
    }
}

#[test]
fn readings_that_would_take_much_memory_are_rejected() {
    let long = |members: usize| {
        let members: serde_json::Map<_, _> =
            (0..members).map(|i| (i.to_string(), Value::from(i))).collect();
        json!({ "x".repeat(100_000): members })
    };
    assert!(FlatReadings::of(&long(80)).is_ok());
    assert!(matches!(FlatReadings::of(&long(90)), Err(FlattenError::TooLarge)));
    let nested = |depth: usize| {
        let json =
            format!("{}{:?}{}", r#"{"a":"#.repeat(depth), "x".repeat(1 << 20), "}".repeat(depth));
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(&json).unwrap();
        FlatReadings::of(&raw).map(drop)
    };
    assert!(nested(30).is_ok());
    assert!(matches!(nested(40), Err(FlattenError::TooLarge)));
}
