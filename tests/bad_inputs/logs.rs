//! Texts that end up in the log: from a device, from a command, and from a datapoint map.

use serde_json::json;
use support::Message;

use crate::bench::Bench;

/// The most bytes of a text in the log, with the mark that it was cut.
const LONGEST: usize = 4096 + 3;

/// How many different messages of a kind a connector logs before it holds back further ones.
const AT_ONCE: usize = 20;

const TEXTS: &[(&str, &str)] = &[
    ("a colour", "\u{1b}[31mred\u{1b}[0m"),
    ("a clear screen", "\u{1b}[2J\u{1b}[H"),
    ("a window title", "\u{1b}]0;title\u{7}"),
    ("a hyperlink", "\u{1b}]8;;http://evil\u{1b}\\here\u{1b}]8;;\u{1b}\\"),
    ("a question to the terminal", "\u{1b}[6n"),
    ("a C1 escape sequence", "\u{9b}31mred"),
    ("a C1 next line", "one\u{85}two"),
    ("a bell", "\u{7}\u{7}\u{7}"),
    ("backspaces", "good\u{8}\u{8}\u{8}\u{8}evil"),
    ("a delete character", "a\u{7f}b"),
    ("a NUL", "a\0b"),
    ("a carriage return", "evil\rgood"),
    ("a vertical tab and a form feed", "a\u{b}b\u{c}c"),
    ("tabs", "a\t\tb"),
    ("a line separator", "one\u{2028}two"),
    ("a paragraph separator", "one\u{2029}two"),
    ("an override of direction", "\u{202e}gpj.exe"),
    ("an isolate of direction", "\u{2066}a\u{2069}"),
    ("marks of direction", "\u{200f}a\u{200e}\u{61c}"),
    ("characters without width", "a\u{200b}\u{200d}\u{feff}b"),
    ("tag characters", "\u{e0041}\u{e0042}"),
    ("many combining characters", "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"),
    ("code points that are none", "\u{ffff}\u{fdd0}"),
    ("emoji", "👩‍👩‍👧‍👦🌡"),
    ("a place-holder of Rust", "{} {0} {:?} {msg}"),
    ("a place-holder of C", "%s%s%n%x"),
    ("a place-holder of Python", "%(levelname)s {0.__class__}"),
    ("a look-up", "${jndi:ldap://evil/a}"),
    ("HTML", "<script>alert(1)</script>"),
    ("the end of a JSON text", r#"","level":40,"msg":""#),
    ("backslashes", r"\\\n\u0000\"),
    ("the head of a log line", "2026-01-01T00:00:00Z ERROR run: stopped"),
    ("fields of a log line", r#"level=40 error="none""#),
];

/// Only from the bus: in a device's line they would be its end.
const LINES: &[(&str, &str)] = &[
    ("a forged line", "x\n2026-01-01T00:00:00Z ERROR run: stopped"),
    ("a forged line with a carriage return", "x\r\n2026-01-01T00:00:00Z ERROR run: stopped"),
    ("many line breaks", "\n\n\n\n\n\n\n\n"),
];

/// By which way a text gets into the log.
#[derive(Clone, Copy, PartialEq)]
enum Door {
    Device,
    Command,
    Map,
}

fn cases() -> Vec<(String, Door, String)> {
    let long = [("10 kB", "a".repeat(10_000)), ("900 kB of °", "°".repeat(450_000))];
    let long = long.iter().map(|(name, text)| (*name, &**text));
    let texts: Vec<_> = TEXTS.iter().chain(LINES).copied().chain(long).collect();
    let doors = [("a device", Door::Device), ("a command", Door::Command), ("a map", Door::Map)];
    let mut cases = Vec::new();
    for (from, door) in doors {
        let fits = |text: &str| door != Door::Device || !text.contains('\n');
        for (name, text) in texts.iter().filter(|(_, text)| fits(text)) {
            // A mark makes the text one of its own: repetitions are not all told.
            let text = format!("<{}> {text}", cases.len());
            cases.push((format!("{name} from {from}"), door, text));
        }
    }
    cases
}

pub(crate) fn names() -> Vec<String> {
    cases().into_iter().map(|(name, ..)| name).collect()
}

fn assert_harmless(name: &str, log: &Message) {
    let log = log.json();
    let text = log["msg"].as_str().expect("a text");
    assert!(text.len() <= LONGEST, "{name}: {} bytes", text.len());
    let turns = "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
    let is_harmful = |c: char| c.is_control() || turns.contains(c);
    assert!(!text.contains(is_harmful), "{name}: {text:?}");
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_text_in_the_log_does_no_harm() {
    for cases in cases().chunks(AT_ONCE) {
        all_are_harmless(cases).await;
    }
}

/// Feeds texts to a connector, which logs each of them.
async fn all_are_harmless(cases: &[(String, Door, String)]) {
    let actuators = ["number"];
    let mut bench = Bench::start("every_kind", &actuators).await;
    for (name, door, text) in cases {
        match door {
            Door::Device => {
                bench.world.link.say(text).await;
                bench.counts(name, &[("calls parse error", 1)]).await;
            }
            Door::Command => {
                bench.command("number", json!({ "value": text }).to_string().as_bytes()).await;
                bench.counts(name, &[("commands_refused range", 1)]).await;
            }
            Door::Map => {
                let actuators = json!({ "demo/set/number": "number" });
                let map = json!({ "sensor": { text: "#" }, "actuator": actuators });
                bench.map(map.to_string().as_bytes()).await;
                let counts = [("datapoint_maps used", 1), ("datapoint_map_entries_refused", 1)];
                bench.counts(name, &counts).await;
            }
        }
        let mark = text.split(' ').next().expect("the mark");
        let log = bench.world.log(mark).await;
        assert_harmless(name, &log);
    }
    for line in bench.world.connector.stdout.text().lines() {
        assert!(line.starts_with("20") && line.contains("Z "), "no line of the log: {line:?}");
        assert!(!line.contains('\u{1b}'), "an escape sequence: {line:?}");
    }
    bench.still_works(&actuators, "20", "number 20.0").await;
    bench.end().await;
}
