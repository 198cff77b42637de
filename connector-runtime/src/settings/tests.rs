use std::ffi::OsString;

use clap::Args;

use super::*;
use crate::settings::identity::ConnectorSettings;

#[derive(Debug, PartialEq, Args)]
struct Device {
    /// Base URL of the device.
    #[arg(long, env = "DEVICE_URL")]
    url: String,
    /// Seconds between two polls.
    #[arg(long, env = "POLL_SECONDS", default_value_t = 10)]
    poll_seconds: u64,
    /// Only read.
    #[arg(long, env = "READ_ONLY")]
    read_only: bool,
    /// Meters, separated by commas.
    #[arg(long, env = "METERS", value_delimiter = ',')]
    meters: Vec<u8>,
    /// File with more meters.
    #[arg(long, env = "METERS_FILE")]
    meters_file: Option<String>,
    /// PIN of the device.
    #[arg(long, env = "DEVICE_PIN")]
    pin: Option<Secret>,
    #[arg(skip)]
    state: u8,
}

impl ConnectorSettings for Device {
    const NAME: &'static str = "device-connector";
    const VERSION: &'static str = "1.2.3";
    const ABOUT: &'static str = "Connects a device.";
}

fn read<const N: usize>(
    arguments: &[&str],
    variables: [(&str, &str); N],
) -> Result<(Device, BusSettings), String> {
    let arguments = ["device-connector"].iter().chain(arguments).map(OsString::from);
    let read = super::read(arguments, &variables.into()).map_err(|exit| exit.to_string())?;
    Ok((read.connector, read.settings))
}

#[test]
fn flags_take_precedence_over_variables() {
    let variables = [
        ("DEVICE_URL", "http://device"),
        ("POLL_SECONDS", "5"),
        ("READ_ONLY", "TRUE"),
        ("METERS", "1,2"),
        ("CONNECTOR_NAME", "roof"),
        ("MQTT_BROKER_HOST", "broker"),
        ("MQTT_BROKER_PORT", " 1884 "),
        ("SEND_RAW_MESSAGE_TO_DB", "TRUE"),
        ("DEBUG", " true "),
    ];
    let (device, bus) = read(&["--poll-seconds", "7"], variables).unwrap();
    let expected = Device {
        url: "http://device".to_owned(),
        poll_seconds: 7,
        read_only: true,
        meters: vec![1, 2],
        meters_file: None,
        pin: None,
        state: 0,
    };
    assert_eq!(device, expected);
    assert_eq!((&*bus.connector_name, bus.mqtt_broker_port), ("roof", 1884));
    assert!(bus.send_raw_message_to_db && bus.debug);
}

#[test]
fn unset_and_empty_variables_have_their_default() {
    let variables = [
        ("DEVICE_URL", "u"),
        ("MQTT_BROKER_HOST", "h"),
        ("MQTT_BROKER_PORT", ""),
        ("CONNECTOR_NAME", ""),
        ("DEBUG", ""),
        ("POLL_SECONDS", ""),
    ];
    let (device, bus) = read(&[], variables).unwrap();
    assert_eq!((device.poll_seconds, device.read_only), (10, false));
    assert_eq!((&*bus.connector_name, bus.mqtt_broker_port), ("device-connector", 1883));
    assert!(!bus.debug && !bus.send_raw_message_to_db);
}

#[test]
fn a_switch_is_on_only_with_true() {
    let read = |value: &str| {
        let variables = [
            ("DEVICE_URL", "u"),
            ("MQTT_BROKER_HOST", "h"),
            ("CONNECTOR_NAME", "n"),
            ("DEBUG", value),
        ];
        let read = super::read::<Device>(["device-connector".into()], &variables.into()).unwrap();
        (read.settings.debug, read.warnings.len())
    };
    assert_eq!(read("FALSE"), (false, 0));
    assert_eq!(read("True"), (true, 0));
    assert_eq!(read("1"), (false, 1));
    let (_, bus) = super::tests::read(&["--debug", "--url=u", "--mqtt-broker-host=h"], []).unwrap();
    assert!(bus.debug);
}

#[test]
fn a_default_name_causes_a_warning() {
    let warnings = |arguments: &[&str], name: &str| {
        let arguments =
            ["device-connector", "--url=u", "--mqtt-broker-host=h"].iter().chain(arguments);
        let environment = [("CONNECTOR_NAME", name)].into();
        super::read::<Device>(arguments.map(OsString::from), &environment).unwrap().warnings.len()
    };
    assert_eq!(warnings(&[], ""), 1);
    assert_eq!(warnings(&[], "roof"), 0);
    assert_eq!(warnings(&["--connector-name=roof"], ""), 0);
}

#[test]
fn all_faults_are_reported_together_with_their_variables() {
    let variables = [
        ("POLL_SECONDS", "often"),
        ("MQTT_BROKER_PORT", "70000"),
        ("METERS", "1,x"),
        ("CONNECTOR_NAME", "a/b"),
        ("HEARTBEAT_SECONDS", "0"),
        ("SPOOL_MAX_MIB", "0"),
    ];
    let report = read(&["--poll-seconds=never"], variables).unwrap_err();
    for text in [
        "--poll-seconds <POLL_SECONDS> is \"never\"",
        "MQTT_BROKER_PORT=70000: ",
        "METERS",
        "CONNECTOR_NAME=a/b: ",
        "HEARTBEAT_SECONDS=0: ",
        "SPOOL_MAX_MIB=0: ",
        "DEVICE_URL (or --url <URL>) is missing",
        "MQTT_BROKER_HOST (or --mqtt-broker-host <HOST>) is missing: Host name",
    ] {
        assert!(report.contains(text), "{text} is not in:\n{report}");
    }
    let report = read(&["--pol-seconds=1"], [("DEVICE_URL", "u")]).unwrap_err();
    assert!(report.contains("--pol-seconds"), "{report}");
}

#[test]
fn a_flag_without_its_value_is_a_fault() {
    let report = read(&["--url"], [("MQTT_BROKER_HOST", "h")]).unwrap_err();
    assert_eq!(report.matches("--url <URL> is \"\": the value is missing").count(), 1, "{report}");
}

#[test]
fn a_host_has_neither_port_nor_login() {
    for host in ["broker:1883", "mqtt://broker", "me:hunter2@broker"] {
        let report = read(&["--url=u"], [("MQTT_BROKER_HOST", host)]).unwrap_err();
        assert!(report.contains("MQTT_BROKER_PORT") && !report.contains("hunter2"), "{report}");
    }
    for host in [" ", "my broker", "bro\tker"] {
        let report = read(&["--url=u"], [("MQTT_BROKER_HOST", host)]).unwrap_err();
        assert!(report.contains("not a host name"), "{report}");
    }
    for host in ["broker", " broker\n", "10.0.0.1", "::1", "fe80::1%eth0"] {
        assert!(read(&["--url=u"], [("MQTT_BROKER_HOST", host)]).is_ok(), "{host}");
    }
    let bracketed = read(&["--url=u"], [("MQTT_BROKER_HOST", "[::1]")]).unwrap();
    assert_eq!(bracketed.1.mqtt_broker_host, "::1");
    assert!(read(&["--url=u"], [("MQTT_BROKER_HOST", "[::1")]).is_err());
}

#[test]
fn the_port_for_the_health_is_not_chosen_by_the_system() {
    for address in ["0", ":0", "127.0.0.1:0"] {
        let variables = [("MQTT_BROKER_HOST", "h"), ("HEALTH_ADDR", address)];
        assert!(read(&["--url=u"], variables).unwrap_err().contains("HEALTH_ADDR"), "{address}");
    }
}

#[test]
fn the_help_lists_all_settings_with_their_defaults() {
    let variables = [("MQTT_PASSWORD", "hunter2"), ("POLL_SECONDS", "77")];
    let help = read(&["--help"], variables).unwrap_err();
    for text in [
        "Connects a device.",
        "--url <URL>",
        "[env: DEVICE_URL",
        "[env: POLL_SECONDS",
        "[default: 10]",
        "[env: CONNECTOR_NAME",
        "[default: device-connector]",
        "[env: MQTT_BROKER_HOST",
        "[env: MQTT_BROKER_PORT",
        "[default: 1883]",
        "[env: SEND_RAW_MESSAGE_TO_DB",
        "[env: DEBUG",
        "[default: FALSE]",
        "[env: MQTT_USERNAME",
        "[env: MQTT_PASSWORD",
        "[env: HEARTBEAT_SECONDS",
        "[env: SPOOL_DIR",
        "[env: SPOOL_MAX_MIB",
        "[default: 30]",
    ] {
        assert!(help.contains(text), "{text} is not in:\n{help}");
    }
    assert!(!help.contains("hunter2") && !help.contains("77"), "{help}");
    assert_eq!(read(&["--version"], []).unwrap_err(), "device-connector 1.2.3\n");
}

#[test]
fn a_password_is_never_printed() {
    let (_, bus) = read(
        &["--url=u", "--mqtt-broker-host=h"],
        [("MQTT_PASSWORD", "hunter2"), ("MQTT_USERNAME", "user")],
    )
    .unwrap();
    assert_eq!(bus.mqtt_password.expose(), "hunter2");
    assert!(!format!("{bus:?} {:?}", bus.mqtt_password).contains("hunter2"));
}

#[test]
fn a_secret_on_the_command_line_is_rejected() {
    let arguments = ["--url=u", "--mqtt-broker-host=h", "--pin=hunter2", "--mqtt-password=hunter2"];
    let report = read(&arguments, []).unwrap_err();
    for variable in ["DEVICE_PIN", "MQTT_PASSWORD"] {
        assert!(report.contains(&format!("set {variable}, or {variable}_FILE")), "{report}");
    }
    assert!(!report.contains("hunter2"), "{report}");
}

#[test]
fn a_value_can_be_in_a_file() {
    let path = std::env::temp_dir().join(format!("connector-{:x}", fastrand::u64(..)));
    std::fs::write(&path, "two words \n").unwrap();
    let file = path.to_str().unwrap();
    let variables = [
        ("MQTT_BROKER_HOST", "h"),
        ("DEVICE_URL_FILE", file),
        ("DEVICE_PIN_FILE", file),
        ("METERS_FILE", "no file"),
        ("MQTT_USERNAME", ""),
        ("MQTT_USERNAME_FILE", file),
        ("HEARTBEAT_SECONDS_FILE", ""),
    ];
    let (device, bus) = read(&[], variables).unwrap();
    assert_eq!((&*device.url, &*bus.mqtt_username), ("two words ", "two words "));
    assert_eq!(device.pin, Some("two words ".into()));
    assert_eq!((device.meters, device.meters_file.as_deref()), (vec![], Some("no file")));
    let (device, _) = read(&["--url=flag"], variables).unwrap();
    assert_eq!(device.url, "flag");
    std::fs::remove_file(&path).unwrap();

    let report = read(&["--url=u"], variables).unwrap_err();
    assert!(report.contains(&format!("DEVICE_PIN_FILE={file} cannot be read: ")), "{report}");
    let both = [("DEVICE_PIN", "1"), ("DEVICE_PIN_FILE", file), ("MQTT_BROKER_HOST", "h")];
    let report = read(&["--url=u"], both).unwrap_err();
    assert!(report.contains("DEVICE_PIN and DEVICE_PIN_FILE are both set"), "{report}");
}

#[test]
fn tls_changes_the_default_port() {
    let port = |arguments: &[&str], variables| {
        let arguments: Vec<_> =
            ["--url=u", "--mqtt-broker-host=h"].iter().chain(arguments).copied().collect();
        read(&arguments, variables).unwrap().1.mqtt_broker_port
    };
    assert_eq!(port(&[], [("MQTT_TLS", "FALSE"), ("DEBUG", "")]), 1883);
    assert_eq!(port(&[], [("MQTT_TLS", "TRUE"), ("MQTT_BROKER_PORT", "")]), 8883);
    assert_eq!(port(&[], [("MQTT_TLS", "TRUE"), ("MQTT_BROKER_PORT", "1883")]), 1883);
    assert_eq!(port(&["--mqtt-broker-port=1"], [("MQTT_TLS", "TRUE"), ("DEBUG", "")]), 1);
}

#[test]
fn a_prefix_of_topics_is_neither_empty_nor_a_filter() {
    let prefixes = |text| {
        let variables = [("MQTT_BROKER_HOST", "h"), ("MQTT_TOPIC_PREFIXES", text)];
        read(&["--url=u"], variables).map(|(_, bus)| bus.mqtt_topic_prefixes)
    };
    assert_eq!(prefixes("").unwrap(), [""; 0]);
    assert_eq!(prefixes("house/, demo/a").unwrap(), ["house/", "demo/a"]);
    for text in [",", "a,", "a/#", "$SYS/"] {
        assert!(prefixes(text).unwrap_err().contains("MQTT_TOPIC_PREFIXES"), "{text}");
    }
}
