//! Device frames: lines of the `tcp_json` example's device, and what is no line.

use crate::{bench::Bench, documents::DOCUMENTS};

/// What becomes of a frame.
enum Outcome {
    /// It is dropped, which is logged and counted.
    Dropped,
    /// There is nothing in it.
    Nothing,
    /// The sensor `x` has this value, as JSON text.
    Value(String),
    /// It has no value for `x`.
    Others,
    /// The connection to the device ends, and the connector opens the next one.
    Ends,
}
use Outcome::{Dropped, Ends, Nothing, Others, Value};

/// Lines that are no readings.
const DROPPED: &[(&str, &str)] = &[
    ("a value and no key", r#"{"x":1,2}"#),
    ("a list that is not closed", r#"{"x":[1,2}"#),
    ("a list closed by a brace", r#"{"x":[1,2}}"#),
    ("a comma at the end of a list", r#"{"x":[1,]}"#),
    ("a byte order mark", "\u{feff}{\"x\":1}"),
    ("a log line", "2026-01-01T00:00:00Z INFO x=1"),
    ("a prompt", "login: "),
    ("an answer with a status before it", r#"200 OK {"x":1}"#),
    ("server-sent events", r#"data: {"x":1}"#),
];

/// Lines whose readings are odd, and the value of `x`.
const VALUES: &[(&str, &str, &str)] = &[
    ("infinity", r#"{"x":1e999}"#, "null"),
    ("minus infinity", r#"{"x":-1e999}"#, "null"),
    ("infinity in a list", r#"{"x":[1,1e999]}"#, "[1,null]"),
    ("next to nothing", r#"{"x":1e-999}"#, "1e-999"),
    ("minus zero", r#"{"x":-0}"#, "-0"),
    (
        "more digits than a float has",
        r#"{"x":0.1000000000000000000001}"#,
        "0.1000000000000000000001",
    ),
    ("2 to the 64 and one", r#"{"x":18446744073709551617}"#, "18446744073709551617"),
    ("an empty list", r#"{"x":[]}"#, "[]"),
    ("an empty text", r#"{"x":""}"#, r#""""#),
    ("null", r#"{"x":null}"#, "null"),
    ("a key twice", r#"{"x":1,"x":2}"#, "2"),
    ("a NUL in a text", r#"{"x":"a\u0000b"}"#, r#""ab""#),
    ("a NUL in a key", r#"{"x\u0000":1}"#, "1"),
    ("a lone surrogate as key", r#"{"\ud800":1,"x":1}"#, "1"),
    ("a lone surrogate in a text", r#"{"x":"a\ud800b"}"#, "\"a\u{fffd}b\""),
    ("surrogates the other way round", r#"{"x":"\udc00\ud800"}"#, "\"\u{fffd}\u{fffd}\""),
    ("an escape sequence", r#"{"x":"\u001b[2J"}"#, r#""\u001b[2J""#),
    ("a line break in a text", r#"{"x":"a\nb"}"#, r#""a\nb""#),
    ("white space around", "\t {\"x\":1} \r", "1"),
    ("a vertical tab at the end", "{\"x\":1}\x0c", "1"),
    ("an object in a list", r#"{"x":[{"a":1}]}"#, r#"[{"a":1}]"#),
];

fn deep(open: &str, close: &str, by: usize) -> String {
    format!(r#"{{"x":{}1{}}}"#, open.repeat(by), close.repeat(by))
}

/// Name, bytes, and what becomes of it.
fn cases() -> Vec<(String, Vec<u8>, Outcome)> {
    let mut cases = Vec::new();
    let mut line = |name: &str, line: &[u8], outcome| {
        cases.push((name.to_owned(), [line, b"\n"].concat(), outcome));
    };
    for (name, document) in DOCUMENTS {
        // Null and an empty list are no readings.
        let is_nothing = [&b"null"[..], b"[]"].contains(document);
        let outcome = if is_nothing { Others } else { Dropped };
        line(&format!("as a frame: {name}"), document, outcome);
    }
    for (name, text) in DROPPED {
        line(name, text.as_bytes(), Dropped);
    }
    for (name, text, value) in VALUES {
        line(&format!("a reading: {name}"), text.as_bytes(), Value((*value).to_owned()));
    }
    line("an empty line", b"", Nothing);
    line("a line of white space", b" \t \r", Nothing);
    line("three empty lines", b"\n\n", Nothing);
    line("an empty object", b"{}", Others);
    line("an empty object for a reading", br#"{"x":{}}"#, Others);
    line("an empty key", br#"{"":1}"#, Others);
    line("a key of separators", br#"{"__":{"__":1}}"#, Others);
    line("a key in upper case", br#"{"X":1}"#, Others);
    line("two keys that meet", br#"{"a__b":1,"a":{"b":2}}"#, Others);
    line("a key with wild-cards", br#"{"a/#":1,"+":2}"#, Others);
    line("a key of 100 kB", format!(r#"{{"{}":1}}"#, "k".repeat(100_000)).as_bytes(), Others);
    let keys: Vec<_> = (0..12_000).map(|i| format!(r#""k{i}":{i}"#)).collect();
    line("12,000 keys", format!("{{{}}}", keys.join(",")).as_bytes(), Others);
    line("128 levels of objects", deep(r#"{"a":"#, "}", 127).as_bytes(), Others);
    line("129 levels of objects", deep(r#"{"a":"#, "}", 128).as_bytes(), Dropped);
    line("100,000 levels of objects", deep(r#"{"a":"#, "}", 100_000).as_bytes(), Dropped);
    line("129 levels of lists", deep("[", "]", 129).as_bytes(), Dropped);
    line("100,000 levels of lists", deep("[", "]", 100_000).as_bytes(), Dropped);
    line("100,000 levels that are not closed", "[".repeat(100_000).as_bytes(), Dropped);
    let digits = "9".repeat(1000);
    line("1000 digits", format!(r#"{{"x":{digits}}}"#).as_bytes(), Value("null".to_owned()));
    let text = format!("\"{}\"", "a".repeat(1_000_000));
    line("a text of 1 MB", format!(r#"{{"x":{text}}}"#).as_bytes(), Value(text));
    line("1 MB of bytes that are no UTF-8", &vec![0xff; 1_000_000], Dropped);
    line("1 MB of NULs", &vec![0; 1_000_000], Dropped);
    line("1 MB without an end", &vec![b' '; (1 << 20) + 1], Ends);
    line("1 MB of an object without an end", &vec![b'{'; (1 << 20) + 1], Ends);
    cases
}

pub(crate) fn names() -> Vec<String> {
    cases().into_iter().map(|(name, ..)| name).collect()
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_bad_frame_is_dropped() {
    let actuators = ["room_1__setpoint"];
    let mut bench = Bench::start("tcp_json", &actuators).await;
    for (name, frame, outcome) in cases() {
        bench.world.bus.skip("demo/x");
        // The connector ends the connection while a frame that is too long is still being sent.
        let sent = bench.world.link.try_send(&frame).await;
        match outcome {
            Dropped => bench.counts(&name, &[("calls parse error", 1)]).await,
            Nothing => bench.counts(&name, &[]).await,
            Others => bench.counts(&name, &[("calls parse ok", 1)]).await,
            Value(value) => {
                let message = bench.world.bus.next("demo/x").await;
                let value = format!(r#"{{"value":{value},"timestamp":"#);
                assert!(message.text().starts_with(&value), "{name}: {message:?}");
                bench.counts(&name, &[("calls parse ok", 1)]).await;
            }
            Ends => {
                bench.device_comes_back().await;
                bench.counts(&name, &[("calls line error", 1), ("device_sessions", 1)]).await;
                continue;
            }
        }
        sent.expect("the connector reads");
    }
    let heard = r#"{"set":"room_1__setpoint","value":21.5}"#;
    bench.still_works(&actuators, "21.5", heard).await;
    bench.end().await;
}
