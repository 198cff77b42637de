//! Settings: variables, flags and `.env` files.

use support::{Device, Launch};
use tokio::task::JoinSet;

/// So many connectors start side by side.
const AT_ONCE: usize = 8;

/// Variables and flags that are reported, each with its value.
const VARIABLES: &[(&str, &[&str])] = &[
    (
        "CONNECTOR_NAME",
        &[
            " ",
            "a/b",
            "/",
            "demo/",
            "+",
            "#",
            "a+b",
            "demo#",
            "$SYS",
            "a\nb",
            "a\u{1b}[2J",
            "a\u{7f}",
            "a\u{ffff}",
        ],
    ),
    (
        "MQTT_BROKER_HOST",
        &[
            " ",
            "mqtt://broker",
            "mqtt://user:secret@broker:1883",
            "broker:1883",
            "user@broker",
            "broker/path",
            "my broker",
            "bro\tker",
            "\u{1b}[2J",
        ],
    ),
    (
        "MQTT_BROKER_PORT",
        &[
            "0",
            "-1",
            "65536",
            "99999999999999999999",
            "1883.0",
            "1e3",
            "0x75b",
            "１８８３",
            "1883 1884",
            "1883,1884",
            "mqtt",
            "NaN",
            "true",
            "1883;",
            " ",
        ],
    ),
    ("MQTT_VALUE_QOS", &["2", "3", "-1", "0.5", "1.0", "one", "TRUE", " "]),
    (
        "HEARTBEAT_SECONDS",
        &[
            "0",
            "-1",
            "0.5",
            "86401",
            "18446744073709551616",
            "1e2",
            "30s",
            "00:30",
            "NaN",
            "inf",
            "∞",
            "never",
            " ",
        ],
    ),
    (
        "HEALTH_ADDR",
        &[
            "localhost",
            "localhost:8080",
            "0.0.0.0",
            ":99999",
            "-1",
            "8080/metrics",
            "http://0.0.0.0:8080",
            "300.0.0.1:8080",
            "[::1]",
            "::1:8080",
            "127.0.0.1:",
            " ",
        ],
    ),
    ("HEALTH_MAX_AGE_SECONDS", &["0", "-1", "1.5", "86401", "never", "None", " "]),
];

/// Variables of which the report says something else than their value.
const OTHERS: &[(&str, &str, &str)] = &[
    ("MQTT_CA_FILE", "ca.pem", "MQTT_CA_FILE is set, but MQTT_TLS is not"),
    ("MQTT_TLS", "yes", "MQTT_TLS=yes"),
    ("MQTT_TLS", "1", "MQTT_TLS=1"),
    ("SPOOL_MAX_MIB", "0", "SPOOL_MAX_MIB"),
    ("SPOOL_MAX_MIB", "64 MiB", "SPOOL_MAX_MIB"),
    ("SPOOL_MAX_MIB", "99999999999999999999", "SPOOL_MAX_MIB"),
    ("MQTT_TOPIC_PREFIXES", "demo/#", "MQTT_TOPIC_PREFIXES"),
    ("MQTT_TOPIC_PREFIXES", "demo/,,house/", "MQTT_TOPIC_PREFIXES"),
    ("MQTT_PASSWORD_FILE", "nowhere", "MQTT_PASSWORD_FILE=nowhere cannot be read"),
    ("MQTT_PASSWORD_FILE", "/", "MQTT_PASSWORD_FILE=/ cannot be read"),
    ("MQTT_PASSWORD_FILE", "/dev/zero", "it is a device, not a regular file"),
    (
        "MQTT_BROKER_HOST_FILE",
        "/dev/null",
        "MQTT_BROKER_HOST and MQTT_BROKER_HOST_FILE are both set",
    ),
];

const FLAGS: &[(&str, &str, &str)] = &[
    ("an unknown flag", "--no-such-flag", "--no-such-flag"),
    ("an unknown short flag", "-x", "-x"),
    ("a misspelt flag", "--mqtt-broker-prot=1883", "--mqtt-broker-prot"),
    ("a word that is no flag", "start", "neither a subcommand nor the value of a flag"),
    ("a flag without its value", "--mqtt-broker-port", "--mqtt-broker-port"),
    ("a flag with an empty value", "--mqtt-broker-port=", "--mqtt-broker-port"),
    ("a flag with a bad value", "--mqtt-broker-port=abc", "--mqtt-broker-port"),
    ("a heartbeat of zero", "--heartbeat-seconds=0", "--heartbeat-seconds"),
    ("a switch as a text in a flag of a number", "--mqtt-value-qos=TRUE", "--mqtt-value-qos"),
    ("a name with a wild-card", "--connector-name=#", "--connector-name"),
];

/// `.env` files that are reported, and a part of the report.
const FILES: &[(&str, &[u8], &str)] = &[
    ("no name", b"=1\n", "line 1: the name before `=` is missing"),
    ("no name further down", b"A=1\n# x\n\n =2\n", "line 4: the name before `=` is missing"),
    ("export without a name", b"export =1\n", "line 1: the name before `=` is missing"),
    ("a quote that is not closed", b"A=1\nB='x\nC=2\n", "line 2: the closing quote of B"),
    ("double quotes that are not closed", b"B=\"x\\\"\n", "line 1: the closing quote of B"),
    ("an escape at the end", b"B=\"x\\", "line 1: the closing quote of B"),
    ("bytes that are no UTF-8", b"A=\xff\n", "UTF-8"),
    ("Latin-1", b"A=20 \xb0C\n", "UTF-8"),
    ("UTF-16", b"\xff\xfeA\x00=\x001\x00", "UTF-8"),
    ("a port in words", b"MQTT_BROKER_PORT=mqtt\n", "MQTT_BROKER_PORT=mqtt"),
    ("a port and a word", b"MQTT_BROKER_PORT=1883 default\n", "MQTT_BROKER_PORT=1883 default"),
    ("a port and a NUL", b"MQTT_BROKER_PORT=1883\0\n", "MQTT_BROKER_PORT"),
    ("spaces in quotes", b"HEARTBEAT_SECONDS=' '\n", "HEARTBEAT_SECONDS"),
    (
        "the last of two is bad",
        b"HEARTBEAT_SECONDS=3\nHEARTBEAT_SECONDS=x\n",
        "HEARTBEAT_SECONDS=x",
    ),
    ("a reference to what is bad", b"A=x\nHEARTBEAT_SECONDS=${A}\n", "HEARTBEAT_SECONDS=x"),
    ("a value over two lines", b"HEARTBEAT_SECONDS='3\n0'\n", "HEARTBEAT_SECONDS"),
];

/// Files that mean nothing, or something else than it seems, and settings of which only `TRUE` says
/// something: the connector starts.
const TAKEN_FILES: &[(&str, &[u8])] = &[
    ("an empty file", b""),
    ("only white space", b" \n\t\n\r\n"),
    ("a sentence", b"the broker is at home\n"),
    ("YAML", b"MQTT_BROKER_PORT: abc\n"),
    ("JSON", b"{\"MQTT_BROKER_PORT\": \"abc\"}\n"),
    ("a comment", b"#MQTT_BROKER_PORT=abc\n"),
    ("a byte order mark", b"\xef\xbb\xbfA=1\n"),
    ("a reference to itself", b"HEARTBEAT_SECONDS=${HEARTBEAT_SECONDS}\n"),
    ("a reference to nothing", b"HEARTBEAT_SECONDS=${NOBODY}\n"),
    ("a reference that is not closed", b"A=${B\n"),
    ("NULs", b"\0\0\0\0"),
];
const TAKEN_VARIABLES: &[(&str, &str)] = &[
    ("DEBUG", "yes"),
    ("DEBUG", "1"),
    ("DEBUG", "{}"),
    ("SEND_RAW_MESSAGE_TO_DB", "on"),
    ("SEND_RAW_MESSAGE_TO_DB", "\u{1b}[2J"),
    ("MQTT_BROKER_PORT", " 1 "),
    ("MQTT_PASSWORD", "without a user"),
];

/// What is given beside good settings.
#[derive(Debug)]
enum Input {
    Variable(&'static str, String),
    Flag(&'static str),
    File(Vec<u8>),
}

/// A part of the report, or none where the connector starts.
type Case = (String, Input, Option<String>);

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (variable, values) in VARIABLES {
        for value in *values {
            let name = format!("{variable}={}", value.escape_debug());
            let input = Input::Variable(variable, (*value).to_owned());
            cases.push((name, input, Some(format!("  - {variable}="))));
        }
    }
    for (variable, value, report) in OTHERS {
        let input = Input::Variable(variable, (*value).to_owned());
        cases.push((format!("{variable}={value}"), input, Some((*report).to_owned())));
    }
    let long = "n".repeat(2000);
    let name = "a name of 2000 bytes".to_owned();
    cases.push((name, Input::Variable("CONNECTOR_NAME", long), Some("CONNECTOR_NAME".to_owned())));
    for (name, flag, report) in FLAGS {
        cases.push(((*name).to_owned(), Input::Flag(flag), Some((*report).to_owned())));
    }
    for (name, file, report) in FILES {
        let name = format!("a file with {name}");
        cases.push((name, Input::File(file.to_vec()), Some((*report).to_owned())));
    }
    let double = |i| format!("A{}=${{A{i}}}${{A{i}}}\n", i + 1);
    let doubling = "A0=ha\n".to_owned() + &(0..64).map(double).collect::<String>();
    let name = "a file with values that double 64 times".to_owned();
    cases.push((
        name,
        Input::File(doubling.into()),
        Some("are longer than 1048576 bytes".to_owned()),
    ));
    for (name, file) in TAKEN_FILES {
        cases.push((format!("a file with {name}, taken"), Input::File(file.to_vec()), None));
    }
    let name = "a file of 10 MB".to_owned();
    let report = "the file is larger than 1048576 bytes".to_owned();
    cases.push((name, Input::File(vec![b'a'; 10_000_000]), Some(report)));
    for (variable, value) in TAKEN_VARIABLES {
        let name = format!("{variable}={}, taken", value.escape_debug());
        cases.push((name, Input::Variable(variable, (*value).to_owned()), None));
    }
    cases
}

pub(crate) fn names() -> Vec<String> {
    cases().into_iter().map(|(name, ..)| name).collect()
}

/// Starts a connector; its broker and its device are not there.
async fn start((name, input, report): Case) {
    let launch = Launch::program("tcp_json").variable("CONNECTOR_NAME", "demo");
    let launch = launch.variable("MQTT_BROKER_HOST", "127.0.0.1").device(Device::place());
    let connector = match input {
        Input::Variable(variable, value) => launch.variable(variable, &value),
        Input::Flag(flag) => launch.argument(flag),
        Input::File(file) => launch.dotenv(&file),
    };
    let connector = connector.start();
    let Some(report) = report else {
        connector.stdout.line("cannot connect to the broker").await;
        let ended = connector.terminate().await;
        assert!(!ended.stdout.contains("panicked"), "{name}: {}", ended.stdout);
        return ended.assert_clean();
    };
    let ended = connector.wait().await;
    assert_eq!((ended.code, &*ended.stdout), (Some(78), ""), "{name}: {}", ended.stderr);
    let faults: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("  - ")).collect();
    assert_eq!(faults.len(), 1, "{name}: {}", ended.stderr);
    assert!(ended.stderr.contains(&report), "{name}: {}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{name}: {}", ended.stderr);
    assert!(!ended.stderr.contains("secret"), "{name}: {}", ended.stderr);
}

#[tokio::test]
async fn a_bad_setting_is_reported_by_its_name() {
    let mut started = JoinSet::new();
    for case in cases() {
        if started.len() == AT_ONCE {
            started.join_next().await.expect("some are running").expect("the case is fine");
        }
        started.spawn(start(case));
    }
    while let Some(ended) = started.join_next().await {
        ended.expect("the case is fine");
    }
}
