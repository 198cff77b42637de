//! Datapoint maps: as a whole, and entry by entry.

use serde_json::json;

use crate::{bench::Bench, documents::DOCUMENTS};

/// A map with its name, and what counts it.
type Case = (String, Vec<u8>, Vec<(&'static str, u64)>);

const USED: (&str, u64) = ("datapoint_maps used", 1);
const REFUSED: (&str, u64) = ("datapoint_maps refused", 1);
const TOO_LARGE: (&str, u64) = ("messages_too_large", 1);

/// Objects that are no map.
const NO_MAPS: &[(&str, &str)] = &[
    ("an empty object", "{}"),
    ("no actuators", r#"{"sensor":{}}"#),
    ("no sensors", r#"{"actuator":{}}"#),
    ("sensors in the plural", r#"{"sensors":{},"actuators":{}}"#),
    ("members in upper case", r#"{"SENSOR":{},"ACTUATOR":{}}"#),
    ("sensors that are null", r#"{"sensor":null,"actuator":{}}"#),
    ("sensors that are a list", r#"{"sensor":[],"actuator":{}}"#),
    ("sensors that are a list of pairs", r#"{"sensor":[["x","demo/x"]],"actuator":{}}"#),
    ("sensors that are a text", r#"{"sensor":"{}","actuator":{}}"#),
    ("sensors that are a number", r#"{"sensor":0,"actuator":{}}"#),
    ("sensors that are false", r#"{"sensor":false,"actuator":{}}"#),
    ("actuators that are null", r#"{"sensor":{},"actuator":null}"#),
    ("actuators that are a list", r#"{"sensor":{},"actuator":[]}"#),
    ("actuators that are a text", r#"{"sensor":{},"actuator":""}"#),
    ("actuators that are true", r#"{"sensor":{},"actuator":true}"#),
    ("a map in a map", r#"{"map":{"sensor":{},"actuator":{}}}"#),
    ("a value message", r#"{"value":1,"timestamp":1735689600000}"#),
    ("a lone surrogate as key", r#"{"sensor":{"\udc00":"demo/x"},"actuator":{}}"#),
];

/// Topics that neither values nor commands can have, as JSON.
const BAD_TOPICS: &[(&str, &str)] = &[
    ("an empty topic", r#""""#),
    ("the wild-card of one level", r#""+""#),
    ("the wild-card of all levels", r##""#""##),
    ("a wild-card in between", r#""demo/+/value""#),
    ("a wild-card at the end", r#""demo/#""#),
    ("a wild-card within a level", r#""demo/a#b""#),
    ("a plus within a level", r#""demo/1+1""#),
    ("the broker's own topics", r#""$SYS/broker/uptime""#),
    ("a shared subscription", r#""$share/group/demo/x""#),
    ("a dollar alone", r#""$""#),
    ("a NUL", r#""demo/a\u0000b""#),
    ("a NUL alone", r#""\u0000""#),
    ("a line break", r#""demo/a\nb""#),
    ("a carriage return", r#""demo/a\r""#),
    ("a tab", r#""demo/a\tb""#),
    ("an escape sequence", r#""demo/\u001b[2J""#),
    ("a delete character", r#""demo/\u007f""#),
    ("a C1 control character", r#""demo/\u0085""#),
    ("the code point U+FFFF", r#""demo/\uffff""#),
    ("the code point U+FFFE", r#""demo/\ufffe""#),
    ("the code point U+FDD0", r#""demo/\ufdd0""#),
    ("the code point U+1FFFE", r#""demo/\ud83f\udffe""#),
    ("the connector's log", r#""demo/logs""#),
    ("the connector's heartbeat", r#""demo/heartbeat""#),
    ("the connector's status", r#""demo/status""#),
    ("the connector's announcement", r#""demo/available_datapoints""#),
    ("the map itself", r#""demo/datapoint_map""#),
    ("the connector's raw messages", r#""demo/raw_message_to_db""#),
    ("the connector's messages to process again", r#""demo/raw_message_reprocess""#),
];

/// What is no text where the map needs one.
const NO_TEXTS: &[(&str, &str)] = &[
    ("null", "null"),
    ("a number", "5"),
    ("a fraction", "-0.5"),
    ("true", "true"),
    ("an empty list", "[]"),
    ("a list of one text", r#"["demo/x"]"#),
    ("an empty object", "{}"),
    ("an object with a topic", r#"{"topic":"demo/x"}"#),
    ("a lone surrogate", r#""\ud800""#),
    ("a number beyond all measure", "1e999"),
];

/// Topics that look odd and are taken as they are, as JSON.
const ODD_TOPICS: &[(&str, &str)] = &[
    ("a space", r#"" ""#),
    ("a slash", r#""/""#),
    ("empty levels", r#""//a//""#),
    ("a slash at the end", r#""demo/a/""#),
    ("a dollar in between", r#""demo/$SYS""#),
    ("letters that are not ASCII", r#""étage/°C""#),
    ("an emoji", r#""🌡/1""#),
    ("right-to-left letters", r#""דמו/1""#),
    ("a change of direction", r#""demo/\u202egpj.exe""#),
    ("a byte order mark", r#""\ufeffdemo/a""#),
    ("quotes and a backslash", r#""demo/\"\\'""#),
    ("a path upwards", r#""demo/../../etc/passwd""#),
    ("a percent escape", r#""demo/%2e%2e""#),
    ("another connector's log", r#""other/logs""#),
    ("its own map in upper case", r#""demo/DATAPOINT_MAP""#),
    ("below its own log", r#""demo/logs/x""#),
];

/// Keys that look odd and are taken as they are, as JSON.
const ODD_KEYS: &[(&str, &str)] = &[
    ("an empty key", r#""""#),
    ("a key with a NUL", r#""a\u0000b""#),
    ("a key with a line break", r#""a\nb""#),
    ("a key with slashes", r#""a/b/#""#),
    ("a key that no device has", r#""nobody""#),
];

fn map(sensors: &str, actuators: &str) -> Vec<u8> {
    format!(r#"{{"sensor":{{{sensors}}},"actuator":{{{actuators}}}}}"#).into_bytes()
}

/// Maps with one entry beside good ones.
fn sensor(key: &str, topic: &str) -> Vec<u8> {
    map(&format!(r#"{key}:{topic},"x":"demo/x""#), r#""demo/set/mode":"mode""#)
}

fn actuator(topic: &str, key: &str) -> Vec<u8> {
    map(r#""x":"demo/x""#, &format!(r#"{topic}:{key},"demo/set/mode":"mode""#))
}

/// Topics that have too much of something.
fn large_topics() -> Vec<(&'static str, String)> {
    let topic = |text: String| serde_json::Value::from(text).to_string();
    vec![
        ("a topic of 1025 bytes", topic("t".repeat(1025))),
        ("a topic of 513 letters of two bytes", topic("ü".repeat(513))),
        ("a topic of 65,535 bytes", topic("t".repeat(65_535))),
        ("a topic of 70,000 bytes", topic("t".repeat(70_000))),
        ("a topic of a million bytes", topic("t".repeat(1_000_000))),
        ("a topic of 201 levels", topic("/".repeat(200))),
        ("a topic of 1000 levels", topic("a/".repeat(500))),
    ]
}

fn whole() -> Vec<Case> {
    let case = |(name, map): (&str, Vec<u8>)| {
        let counted = if map.len() < 17 << 20 { REFUSED } else { TOO_LARGE };
        (format!("as a map: {name}"), map, vec![counted])
    };
    let documents = DOCUMENTS.iter().map(|(name, map)| (*name, map.to_vec()));
    let no_maps = NO_MAPS.iter().map(|(name, map)| (*name, map.as_bytes().to_vec()));
    let deep = |by: usize| format!("{}1{}", r#"{"sensor":"#.repeat(by), "}".repeat(by));
    let large = [
        ("nothing", Vec::new()),
        ("128 levels", deep(128).into()),
        ("100,000 levels", deep(100_000).into()),
        ("100,000 levels that are not closed", "[".repeat(100_000).into()),
        ("a text of 10 MB that is not closed", [&b"{\""[..], &vec![b'a'; 10_000_000]].concat()),
        ("200,001 entries", {
            let entries: Vec<_> = (0..200_001).map(|i| format!(r#""{i}":"demo/y""#)).collect();
            map(&entries.join(","), "")
        }),
        ("16 MiB and a byte of white space", vec![b' '; (16 << 20) + 1]),
        ("17 MiB of zeros", vec![0; 17 << 20]),
        ("20 MB of braces", vec![b'{'; 20_000_000]),
    ];
    documents.chain(no_maps).chain(large).map(case).collect()
}

/// A map of which so many entries are left out.
fn entry(name: String, map: Vec<u8>, left_out: u64) -> Case {
    let entries = ("datapoint_map_entries_refused", left_out);
    (name, map, if left_out == 0 { vec![USED] } else { vec![USED, entries] })
}

fn entries() -> Vec<Case> {
    single_entries().into_iter().chain(several_entries()).collect()
}

/// Entries that are bad, or odd, by themselves.
fn single_entries() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name, map, left_out| cases.push(entry(name, map, left_out));
    let large = large_topics();
    let large = large.iter().map(|(name, topic)| (*name, &**topic));
    for (name, topic) in BAD_TOPICS.iter().copied().chain(large) {
        add(format!("for a sensor: {name}"), sensor(r#""y""#, topic), 1);
        add(format!("for an actuator: {name}"), actuator(topic, r#""text""#), 1);
    }
    for (name, json) in NO_TEXTS {
        add(format!("as the topic of a sensor: {name}"), sensor(r#""y""#, json), 1);
        add(format!("as the key of an actuator: {name}"), actuator(r#""demo/y""#, json), 1);
    }
    for (name, topic) in ODD_TOPICS {
        add(format!("taken for a sensor: {name}"), sensor(r#""y""#, topic), 0);
        add(format!("taken for an actuator: {name}"), actuator(topic, r#""text""#), 0);
    }
    for (name, key) in ODD_KEYS {
        add(format!("taken for a sensor: {name}"), sensor(key, r#""demo/y""#), 0);
        add(format!("taken for an actuator: {name}"), actuator(r#""demo/y""#, key), 0);
    }
    for (name, key) in
        [("1025 bytes", "k".repeat(1025)), ("a million bytes", "k".repeat(1_000_000))]
    {
        let key = format!("\"{key}\"");
        add(format!("a sensor's key of {name}"), sensor(&key, r#""demo/y""#), 1);
        add(format!("an actuator's key of {name}"), actuator(r#""demo/y""#, &key), 1);
    }
    cases
}

/// Entries that do not go together, and a great many.
fn several_entries() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: &str, map, left_out| cases.push(entry(name.to_owned(), map, left_out));
    add("a sensor's topic for an actuator", map(r#""y":"demo/echo""#, r#""demo/echo":"text""#), 1);
    add("one topic for two sensors, taken", map(r#""x":"demo/y","y":"demo/y""#, ""), 0);
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    add(
        "100,000 levels below a further member, taken",
        format!(r#"{{"sensor":{{}},"actuator":{{}},"x":{open}{close}}}"#).into(),
        0,
    );
    add("a sensor twice", map(r#""x":"demo/old","x":"demo/x""#, r#""demo/set/mode":"mode""#), 1);
    add(
        "an actuator's topic twice",
        map("", r#""demo/set/mode":"text","demo/set/mode":"mode""#),
        1,
    );
    add(
        "1000 bad entries among good ones",
        json!({
            "sensor": (0..1000).map(|i| (i.to_string(), json!(format!("{i}/#")))).collect::<serde_json::Map<_, _>>(),
            "actuator": { "demo/set/text": "text" },
        })
        .to_string()
        .into(),
        1000,
    );
    cases
}

pub(crate) fn names() -> Vec<String> {
    whole().into_iter().chain(entries()).map(|(name, ..)| name).collect()
}

/// Feeds maps; a bad one must not take the actuator of the good one before away.
async fn feed(cases: Vec<Case>) {
    let actuators = ["mode"];
    let mut bench = Bench::start("every_kind", &actuators).await;
    for (name, map, counted) in cases {
        bench.map(&map).await;
        bench.counts(&name, &counted).await;
    }
    bench.still_works(&actuators, "\"fast\"", "mode Fast").await;
    bench.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_bad_map_is_refused_as_a_whole() {
    feed(whole()).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_bad_entry_is_left_out() {
    feed(entries()).await;
}
