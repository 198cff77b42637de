//! Commands: values that do not fit their actuator, and messages that are no command.

use crate::{bench::Bench, documents::DOCUMENTS};

/// Each kind of actuator: what the columns of the table are.
const KINDS: [&str; 8] =
    ["number", "integer", "switch", "text", "list", "mode", "level", "small_number"];

/// The actuator does not accept it: it is refused before the device part is asked.
const RANGE: &str = "range";
/// It is not of the type that the method takes: the call fails before the method begins.
const TYPE: &str = "type";
/// It is not even read.
const TOO_LARGE: &str = "too large";
/// It is no message of a value.
const UNREADABLE: &str = "unreadable";

use RANGE as R;
use TYPE as T;

/// Values with their JSON text, and what becomes of them in each column: refused, or what the method
/// gets, as Rust writes it. What looks like the value that is asked for is taken by design: numbers
/// and bools as text, and whole numbers as fractions.
#[rustfmt::skip]
const VALUES: &[(&str, &str, [&str; 8])] = &[
    //                            number in     integer in  bool    text of up to list of up   off, slow,  1, 2 or 5  f32
    //                            -50..=100     0..=100             8 characters  to 3 i64     fast
    ("null", "null",             [R,            R,          T,      R,            R,           T,          R,         T]),
    ("true", "true",             [R,            R,          "true", R,            R,           T,          R,         T]),
    ("false", "false",           [R,            R,          "false", R,           R,           T,          R,         T]),
    ("true as text", r#""true""#, [R,           R,          "true", "\"true\"",   R,           T,          R,         T]),
    ("True as text", r#""True""#, [R,           R,          T,      "\"True\"",   R,           T,          R,         T]),
    ("yes", r#""yes""#,          [R,            R,          T,      "\"yes\"",    T,           T,          R,         T]),
    ("0", "0",                   ["0.0",        "0",        T,      R,            R,           T,          R,         "0.0"]),
    ("1", "1",                   ["1.0",        "1",        T,      R,            R,           T,          "1",       "1.0"]),
    ("minus zero", "-0.0",       ["-0.0",       "0",        T,      R,            R,           T,          R,         "-0.0"]),
    ("a fraction", "1.5",        ["1.5",        T,          T,      R,            R,           T,          R,         "1.5"]),
    ("a whole fraction", "2.0",  ["2.0",        "2",        T,      R,            R,           T,          "2",       "2.0"]),
    ("almost 2", "1.9999999999999999", ["2.0",  "2",        T,      R,            R,           T,          "2",       "2.0"]),
    ("a number as text", r#""70""#, ["70.0",    "70",       T,      "\"70\"",     T,           T,          R,         "70.0"]),
    ("a fraction as text", r#""21.5""#, ["21.5", T,         T,      "\"21.5\"",   R,           T,          R,         "21.5"]),
    ("a padded number as text", r#"" 70.0 ""#, ["70.0", "70", T,    "\" 70.0 \"", R,           T,          R,         "70.0"]),
    ("an exponent as text", r#""1e2""#, ["100.0", "100",    T,      "\"1e2\"",    T,           T,          R,         "100.0"]),
    ("a plus as text", r#""+5""#, [R,           R,          T,      "\"+5\"",     T,           T,          R,         T]),
    ("an empty text", r#""""#,   [R,            R,          T,      "\"\"",       T,           T,          R,         T]),
    ("a space", r#"" ""#,        [R,            R,          T,      "\" \"",      T,           T,          R,         T]),
    ("NaN as text", r#""NaN""#,  [R,            R,          T,      "\"NaN\"",    T,           T,          R,         T]),
    ("Infinity as text", r#""Infinity""#, [R,   R,          T,      "\"Infinity\"", R,         T,          R,         T]),
    ("-inf as text", r#""-inf""#, [R,           R,          T,      "\"-inf\"",   R,           T,          R,         T]),
    ("null as text", r#""null""#, [R,           R,          T,      "\"null\"",   R,           T,          R,         T]),
    ("a decimal comma", r#""1,5""#, [R,         R,          T,      "\"1,5\"",    T,           T,          R,         T]),
    ("a group of digits", r#""1_000""#, [R,     R,          T,      "\"1_000\"",  R,           T,          R,         T]),
    ("a hexadecimal number", r#""0x46""#, [R,   R,          T,      "\"0x46\"",   R,           T,          R,         T]),
    ("a number with a unit", r#""21.5 °C""#, [R, R,         T,      "\"21.5 °C\"", R,          T,          R,         T]),
    ("an Arabic digit", r#""٣""#, [R,           R,          T,      "\"٣\"",      T,           T,          R,         T]),
    ("a full-width digit", r#""５""#, [R,       R,          T,      "\"５\"",      T,           T,          R,         T]),
    ("infinity", "1e999",        [R,            R,          T,      R,            R,           T,          R,         T]),
    ("minus infinity", "-1e999", [R,            R,          T,      R,            R,           T,          R,         T]),
    ("infinity as text", r#""1e999""#, [R,      R,          T,      "\"1e999\"",  R,           T,          R,         T]),
    ("more than an f32 holds", "1e39", [R,      R,          T,      R,            R,           T,          R,         T]),
    ("less than an f32 holds", "-1e300", [R,    R,          T,      R,            R,           T,          R,         T]),
    ("next to nothing", "1e-999", ["0.0",       "0",        T,      R,            R,           T,          R,         "0.0"]),
    ("more than a byte", "256",  [R,            R,          T,      R,            R,           T,          R,         "256.0"]),
    ("one below the range", "-51", [R,          R,          T,      R,            R,           T,          R,         "-51.0"]),
    ("one above the range", "101", [R,          R,          T,      R,            R,           T,          R,         "101.0"]),
    ("a little above the range", "100.00000000000003", [R, R, T,    R,            R,           T,          R,         "100.0"]),
    ("below the integers", "-1", ["-1.0",       R,          T,      R,            R,           T,          R,         "-1.0"]),
    ("none of those listed", "3", ["3.0",       "3",        T,      R,            R,           T,          R,         "3.0"]),
    ("2 to the 53 and one", "9007199254740993", [R, R,      T,      R,            R,           T,          R,         "9007199000000000.0"]),
    ("2 to the 64", "18446744073709551616", [R, R,          T,      R,            R,           T,          R,         "1.8446744e19"]),
    ("below 64 bits", "-9223372036854775809", [R, R,        T,      R,            R,           T,          R,         "-9.223372e18"]),
    ("2 to the 32 and one", "4294967297", [R,   R,          T,      R,            R,           T,          R,         "4294967300.0"]),
    ("an empty list", "[]",      [R,            R,          T,      T,            "[]",        T,          R,         T]),
    ("a list of a number", "[1]", [R,           R,          T,      T,            "[1]",       T,          R,         T]),
    ("a list that is too long", "[1,2,3,4]", [R, R,         T,      T,            R,           T,          R,         T]),
    ("a list of a fraction", "[1.5]", [R,       R,          T,      T,            T,           T,          R,         T]),
    ("a list of texts", r#"["1"]"#, [R,         R,          T,      T,            T,           T,          R,         T]),
    ("a list of null", "[null]", [R,            R,          T,      T,            T,           T,          R,         T]),
    ("a list in a list", "[[1]]", [R,           R,          T,      T,            T,           T,          R,         T]),
    ("a list of what is too large", "[9223372036854775808]", [R, R, T, T,         T,           T,          R,         T]),
    ("a list of infinity", "[1e999]", [R,       R,          T,      R,            R,           T,          R,         T]),
    ("an empty object", "{}",    [R,            R,          T,      R,            R,           T,          R,         T]),
    ("an object", r#"{"value":1}"#, [R,         R,          T,      R,            R,           T,          R,         T]),
    ("an object of a mode", r#"{"off":null}"#, [R, R,       T,      R,            R,           "Off",      R,         T]),
    ("a mode", r#""off""#,       [R,            R,          T,      "\"off\"",    T,           "Off",      R,         T]),
    ("a mode in upper case", r#""OFF""#, [R,    R,          T,      "\"OFF\"",    T,           T,          R,         T]),
    ("a mode with a space", r#""off ""#, [R,    R,          T,      "\"off \"",   R,           T,          R,         T]),
    ("no mode", r#""turbo""#,    [R,            R,          T,      "\"turbo\"",  R,           T,          R,         T]),
    ("a text of 8 characters", r#""°°°°°°°🌡""#, [R, R,     T,      "\"°°°°°°°🌡\"", R,        T,          R,         T]),
    ("a text of 9 characters", r#""abcdefghi""#, [R, R,     T,      R,            R,           T,          R,         T]),
    ("a line break", r#""a\nb""#, [R,           R,          T,      "\"a\\nb\"",  T,           T,          R,         T]),
    ("a NUL", r#""a\u0000""#,    [R,            R,          T,      "\"a\\0\"",   T,           T,          R,         T]),
    ("an escape sequence", r#""\u001b[2J""#, [R, R,         T,      "\"\\u{1b}[2J\"", R,       T,          R,         T]),
    ("a change of direction", r#""\u202ea""#, [R, R,        T,      "\"\\u{202e}a\"", T,       T,          R,         T]),
    ("a lone surrogate", r#""\ud800""#, [R,     R,          T,      R,            R,           T,          R,         T]),
    ("an object with a key twice", r#"{"a":1,"a":2}"#, [R,  R, T,   R,            R,           T,          R,         T]),
];

/// Messages for the actuator `number`, and what becomes of them.
const MESSAGES: &[(&str, &str, &str)] = &[
    ("nothing", "", UNREADABLE),
    ("a line break", "\n", UNREADABLE),
    ("an empty object", "{}", UNREADABLE),
    ("no value", r#"{"timestamp":1735689600000}"#, UNREADABLE),
    ("a value in upper case", r#"{"VALUE":1}"#, UNREADABLE),
    ("values in the plural", r#"{"values":[1]}"#, UNREADABLE),
    ("a value in an object", r#"{"payload":{"value":1}}"#, UNREADABLE),
    ("a map", r#"{"sensor":{},"actuator":{}}"#, UNREADABLE),
    ("a time in words", r#"{"value":1,"timestamp":"yesterday"}"#, UNREADABLE),
    ("a time as text", r#"{"value":1,"timestamp":"1735689600000"}"#, UNREADABLE),
    ("a time in ISO 8601", r#"{"value":1,"timestamp":"2026-01-01T00:00:00Z"}"#, UNREADABLE),
    ("a time that is true", r#"{"value":1,"timestamp":true}"#, UNREADABLE),
    ("a time that is a list", r#"{"value":1,"timestamp":[]}"#, UNREADABLE),
    ("a time that is an object", r#"{"value":1,"timestamp":{}}"#, UNREADABLE),
    ("a time beyond 64 bits", r#"{"value":1,"timestamp":18446744073709551616}"#, UNREADABLE),
    ("a time beyond all measure", r#"{"value":1,"timestamp":1e999}"#, UNREADABLE),
    ("a time that is NaN", r#"{"value":1,"timestamp":NaN}"#, UNREADABLE),
    ("a lone surrogate as a member", r#"{"value":1,"\ud800":2}"#, UNREADABLE),
    ("taken: a time before 1970", r#"{"value":1,"timestamp":-1}"#, "1.0"),
    ("taken: the first time of all", r#"{"value":1,"timestamp":-9223372036854775808}"#, "1.0"),
    ("taken: the last time of all", r#"{"value":1,"timestamp":9223372036854775807}"#, "1.0"),
    ("taken: a time with a fraction", r#"{"value":1,"timestamp":1735689600000.5}"#, "1.0"),
    ("taken: a time with an exponent", r#"{"value":1,"timestamp":1.7e12}"#, "1.0"),
    ("taken: a time that is null", r#"{"value":1,"timestamp":null}"#, "1.0"),
    ("taken: no time", r#"{"value":1}"#, "1.0"),
    ("taken: the last of two values", r#"{"value":1,"value":2}"#, "2.0"),
    ("the last of two values is bad", r#"{"value":1,"value":"warm"}"#, RANGE),
    ("taken: an escaped member", r#"{"\u0076alue":1}"#, "1.0"),
    ("taken: a byte order mark", "\u{feff}{\"value\":1}", "1.0"),
    ("taken: white space", " \t\r\n{ \"value\" :\n1 }\r\n", "1.0"),
    ("taken: further members", r#"{"value":1,"sender":{"a":[1,2]},"":null}"#, "1.0"),
];

fn large_messages() -> Vec<(&'static str, String, &'static str)> {
    let deep = |by| format!("{}{}", "[".repeat(by), "]".repeat(by));
    let value = |json: &str| format!(r#"{{"value":{json}}}"#);
    vec![
        ("1000 digits", value(&"9".repeat(1000)), RANGE),
        ("1000 digits after the point", value(&format!("101.{}", "9".repeat(1000))), RANGE),
        ("taken: 1000 zeros after the point", value(&format!("1.{}", "0".repeat(1000))), "1.0"),
        ("an exponent of 1000 digits", value(&format!("1e{}", "9".repeat(1000))), RANGE),
        ("a text of 100 kB", value(&format!("\"{}\"", "a".repeat(100_000))), RANGE),
        ("a number in a text of 100 kB", value(&format!("\"{}9\"", " ".repeat(100_000))), "9.0"),
        ("a list of 100,000 items", value(&format!("[{}1]", "1,".repeat(99_999))), RANGE),
        ("1 MiB of white space", format!("{}{}", " ".repeat(1 << 20), value("1")), UNREADABLE),
        ("20 MB", "x".repeat(20_000_000), TOO_LARGE),
        ("a list of 127 levels", value(&deep(127)), RANGE),
        ("a list of 100,000 levels", value(&deep(100_000)), RANGE),
        ("100,000 levels that are not closed", value(&"[".repeat(100_000)), UNREADABLE),
        ("100,000 escapes", value(&format!("\"{}\"", "\\u0000".repeat(100_000))), RANGE),
        (
            "10,000 further members",
            {
                let members: Vec<_> = (0..10_000).map(|i| format!(r#""{i}":0"#)).collect();
                format!(r#"{{"value":101,{}}}"#, members.join(","))
            },
            RANGE,
        ),
    ]
}

/// Name, actuator, payload, and what becomes of it.
fn cases() -> Vec<(String, &'static str, Vec<u8>, &'static str)> {
    let mut cases = Vec::new();
    for (name, value, columns) in VALUES {
        for (kind, outcome) in KINDS.into_iter().zip(columns) {
            let payload = format!(r#"{{"value":{value},"timestamp":1735689600000}}"#);
            cases.push((format!("{name} for the {kind}"), kind, payload.into_bytes(), *outcome));
        }
    }
    for (name, payload) in DOCUMENTS {
        cases.push((format!("as a command: {name}"), "number", payload.to_vec(), UNREADABLE));
    }
    for (name, payload, outcome) in MESSAGES {
        cases.push((format!("a message: {name}"), "number", payload.as_bytes().to_vec(), *outcome));
    }
    for (name, payload, outcome) in large_messages() {
        cases.push((format!("a message: {name}"), "number", payload.into_bytes(), outcome));
    }
    cases
}

pub(crate) fn names() -> Vec<String> {
    cases().into_iter().map(|(name, ..)| name).collect()
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_bad_command_does_not_reach_the_device() {
    let mut bench = Bench::start("every_kind", &KINDS).await;
    for (name, actuator, payload, outcome) in cases() {
        bench.command(actuator, &payload).await;
        match outcome {
            RANGE => bench.counts(&name, &[("commands_refused range", 1)]).await,
            UNREADABLE => bench.counts(&name, &[("commands_refused unreadable", 1)]).await,
            TOO_LARGE => bench.counts(&name, &[("messages_too_large", 1)]).await,
            TYPE => bench.counts(&name, &[("calls send error", 1)]).await,
            value => {
                let heard = bench.world.link.hear().await;
                assert_eq!(heard, format!("{actuator} {value}"), "{name}");
                bench.counts(&name, &[("commands", 1), ("calls send ok", 1)]).await;
            }
        }
    }
    bench.still_works(&KINDS, "20", "number 20.0").await;
    bench.end().await;
}
