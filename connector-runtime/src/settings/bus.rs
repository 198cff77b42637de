//! The settings of the bus, which all connectors share.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{ArgAction, Args};

use crate::{
    mqtt::topic,
    settings::{identity::check_name, secret::Secret, shown, state_dir, value_parser},
};

/// The ports of MQTT that are registered with IANA, without and with TLS.
const PORT: u16 = 1883;
pub(super) const PORT_WITH_TLS: u16 = 8883;

/// The maximum number of sensors: with names and numbers of usual length they take about 20 MB.
const MAX_SENSORS: usize = 50_000;

/// The settings of the bus, which all connectors share.
#[derive(Clone, Args)]
#[non_exhaustive]
pub struct BusSettings {
    /// Name of the connector, and first level of all its topics.
    #[arg(long, env = "CONNECTOR_NAME", value_name = "NAME", value_parser = name)]
    pub connector_name: String,

    /// Host name or address of the MQTT broker.
    #[arg(long, env = "MQTT_BROKER_HOST", value_name = "HOST", value_parser = host)]
    pub mqtt_broker_host: String,

    /// TCP port of the MQTT broker. With `MQTT_TLS` the default is 8883.
    #[arg(long, env = "MQTT_BROKER_PORT", value_name = "PORT", default_value_t = PORT)]
    #[arg(value_parser = port)]
    pub mqtt_broker_port: u16,

    /// User name for the broker, if it requires a login.
    #[arg(long, env = "MQTT_USERNAME", value_name = "USER", default_value = "")]
    #[arg(hide_default_value = true)]
    pub mqtt_username: String,

    /// Password for the broker. It is rejected as a flag, which every user of the machine can see.
    #[arg(long, env = "MQTT_PASSWORD", value_name = "PASSWORD", default_value = "")]
    #[arg(hide_default_value = true)]
    pub mqtt_password: Secret,

    /// TRUE: use TLS 1.2 or later. The broker's certificate must be valid for `MQTT_BROKER_HOST`.
    #[arg(long, env = "MQTT_TLS", value_name = "TRUE|FALSE", value_parser = value_parser::switch)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, default_value = "FALSE", default_missing_value = "TRUE")]
    pub mqtt_tls: bool,

    /// PEM file with the certificate authorities (CA) to trust. Without it, those of the system are
    /// trusted.
    #[arg(long, env = "MQTT_CA_FILE", value_name = "PATH")]
    pub mqtt_ca_file: Option<PathBuf>,

    /// PEM file with the connector's certificate and its chain, if the broker requires one.
    #[arg(long, env = "MQTT_CLIENT_CERT_FILE", value_name = "PATH")]
    pub mqtt_client_cert_file: Option<PathBuf>,

    /// PEM file with the private key of the connector's certificate, without a passphrase.
    #[arg(long, env = "MQTT_CLIENT_KEY_FILE", value_name = "PATH")]
    pub mqtt_client_key_file: Option<PathBuf>,

    /// Prefixes of the topics that the datapoint map may use, separated by commas. Without it, all
    /// topics are allowed.
    #[arg(long, env = "MQTT_TOPIC_PREFIXES", value_name = "PREFIXES", value_delimiter = ',')]
    #[arg(value_parser = prefix)]
    pub mqtt_topic_prefixes: Vec<String>,

    /// Quality of service of datapoint values. 1: delivery is acknowledged. 0: cheaper, but values in
    /// flight are lost when the connection breaks.
    #[arg(long, env = "MQTT_VALUE_QOS", value_name = "0|1", default_value_t = 1, value_parser = value_qos)]
    pub mqtt_value_qos: u8,

    /// Maximum number of sensors. Readings with further keys are dropped.
    #[arg(long, env = "MAX_SENSORS", value_name = "COUNT", default_value_t = MAX_SENSORS)]
    #[arg(value_parser = sensors)]
    pub max_sensors: usize,

    /// TRUE: publish each raw message as received, for the raw message database.
    #[arg(long, env = "SEND_RAW_MESSAGE_TO_DB", value_name = "TRUE|FALSE", value_parser = only_true)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, default_value = "FALSE", default_missing_value = "TRUE")]
    pub send_raw_message_to_db: bool,

    /// TRUE: log from level DEBUG on, otherwise from INFO on.
    #[arg(long, env = "DEBUG", value_name = "TRUE|FALSE", value_parser = only_true)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, default_value = "FALSE", default_missing_value = "TRUE")]
    pub debug: bool,

    /// Seconds between two heartbeats.
    #[arg(long, env = "HEARTBEAT_SECONDS", value_name = "SECONDS", default_value_t = 30)]
    #[arg(value_parser = seconds)]
    pub heartbeat_seconds: u64,

    /// Serve /healthz, /readyz and /metrics over HTTP on this port of the local machine, or on this
    /// address and port. Without it, they are not served.
    #[arg(long, env = "HEALTH_ADDR", value_name = "[HOST:]PORT", value_parser = health_addr)]
    pub health_addr: Option<SocketAddr>,

    /// Age in seconds from which on the data of a source counts as too old for /readyz. Default: three
    /// intervals, but at least one minute, for a source that is polled; no limit for one that pushes.
    #[arg(long, env = "HEALTH_MAX_AGE_SECONDS", value_name = "SECONDS", value_parser = seconds)]
    pub health_max_age_seconds: Option<u64>,

    /// Folder for the spool: values and raw messages that wait for the broker survive a crash. Without
    /// it, they wait in memory.
    #[arg(long, env = "SPOOL_DIR", value_name = "FOLDER")]
    pub spool_dir: Option<PathBuf>,

    /// Maximum size of the spool in MiB. The oldest raw messages are dropped first.
    #[arg(long, env = "SPOOL_MAX_MIB", value_name = "MIB", default_value_t = 64)]
    #[arg(value_parser = mebibytes)]
    pub spool_max_mib: usize,
}

impl BusSettings {
    /// Creates the default settings for a connector with this name and a broker on this host.
    #[must_use]
    pub fn new(connector_name: impl Into<String>, mqtt_broker_host: impl Into<String>) -> Self {
        Self {
            connector_name: connector_name.into(),
            mqtt_broker_host: mqtt_broker_host.into(),
            mqtt_broker_port: PORT,
            mqtt_username: String::new(),
            mqtt_password: Secret::default(),
            mqtt_tls: false,
            mqtt_ca_file: None,
            mqtt_client_cert_file: None,
            mqtt_client_key_file: None,
            mqtt_topic_prefixes: Vec::new(),
            mqtt_value_qos: 1,
            max_sensors: MAX_SENSORS,
            send_raw_message_to_db: false,
            debug: false,
            heartbeat_seconds: 30,
            health_addr: None,
            health_max_age_seconds: None,
            spool_dir: None,
            spool_max_mib: 64,
        }
    }

    /// Checks all settings, because a program may have set the fields itself. Returns all problems.
    pub(crate) fn check(&self) -> Result<(), Vec<String>> {
        let name = check_name(&self.connector_name).err();
        let host = host(&self.mqtt_broker_host).err();
        let qos = value_qos(&self.mqtt_value_qos.to_string()).err();
        let heartbeat = seconds(&self.heartbeat_seconds.to_string()).err();
        let spool_max = mebibytes(&self.spool_max_mib.to_string()).err();
        let sensors = sensors(&self.max_sensors.to_string()).err();
        let spool_dir = (self.spool_dir.is_some() && !cfg!(feature = "spool")).then(|| {
            "SPOOL_DIR is set, but this connector was built without the spool: enable the feature \
             `spool` of connector-runtime, or unset SPOOL_DIR"
                .to_owned()
        });
        let file_names =
            self.spool_dir.as_ref().and_then(|_| state_dir::check(&self.connector_name).err());
        let faults = [name, host, qos, heartbeat, spool_max, sensors, spool_dir, file_names];
        let faults = faults.into_iter().flatten();
        let prefixes = self.mqtt_topic_prefixes.iter().filter_map(|text| prefix(text).err());
        let faults: Vec<_> = faults.chain(prefixes).chain(self.incomplete_tls()).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    pub(crate) fn health_max_age(&self) -> Option<Duration> {
        self.health_max_age_seconds.map(Duration::from_secs)
    }

    /// Reports files that would have no effect, because the connection would unexpectedly be without TLS.
    fn incomplete_tls(&self) -> impl Iterator<Item = String> {
        let files = [
            ("MQTT_CA_FILE", &self.mqtt_ca_file),
            ("MQTT_CLIENT_CERT_FILE", &self.mqtt_client_cert_file),
            ("MQTT_CLIENT_KEY_FILE", &self.mqtt_client_key_file),
        ];
        let [_, (cert, cert_file), (key, key_file)] = files;
        let other = match (cert_file, key_file) {
            (Some(_), None) => Some(format!("{cert} is set, so {key} must be set as well")),
            (None, Some(_)) => Some(format!("{key} is set, so {cert} must be set as well")),
            _ => None,
        };
        let unused = files.into_iter().filter(|(_, file)| file.is_some() && !self.mqtt_tls);
        let unused = unused.map(|(name, _)| {
            format!("{name} is set, but MQTT_TLS is not: set MQTT_TLS to TRUE, or unset {name}")
        });
        unused.chain(other)
    }

    /// Whether the password is sent to another machine without TLS.
    pub(crate) fn exposes_password(&self) -> bool {
        let host = &*self.mqtt_broker_host;
        let is_local =
            host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let has_login = !self.mqtt_username.is_empty() && !self.mqtt_password.expose().is_empty();
        has_login && !self.mqtt_tls && !is_local
    }

    pub(crate) fn heartbeat_interval(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds)
    }
}

impl std::fmt::Debug for BusSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}:{}", self.connector_name, self.mqtt_broker_host, self.mqtt_broker_port)
    }
}

/// A switch as in BEMCom: on only if the text is `TRUE`, in upper or lower case.
#[allow(clippy::unnecessary_wraps, reason = "clap requires a Result")]
fn only_true(text: &str) -> Result<bool, Infallible> {
    Ok(text.trim().eq_ignore_ascii_case("TRUE"))
}

/// Checks a host name or address, without port, scheme and login. An IPv6 address has several colons, and may be
/// in brackets as in a URL, which are removed.
fn host(text: &str) -> Result<String, String> {
    let text = text.trim();
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = address.filter(|text| text.parse::<Ipv6Addr>().is_ok());
    let text = address.unwrap_or(text);
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("not a host name or address".to_owned());
    }
    if text.contains(['/', '@', '[', ']']) || text.matches(':').count() == 1 {
        return Err(
            "not a host name or address: set the port as MQTT_BROKER_PORT, and the login as \
             MQTT_USERNAME and MQTT_PASSWORD"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.trim().parse().ok().filter(|&port| port > 0);
    port.ok_or_else(|| "not a port number from 1 to 65535".to_owned())
}

fn value_qos(text: &str) -> Result<u8, String> {
    let qos = text.trim().parse().ok().filter(|qos| *qos <= 1);
    qos.ok_or_else(|| "the quality of service of values must be 0 or 1".to_owned())
}

/// An address with a port; a port alone is one of the local machine.
fn health_addr(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let port = text.strip_prefix(':').unwrap_or(text);
    let local = port.parse().ok().map(|port| (Ipv4Addr::LOCALHOST, port).into());
    let address = local.or_else(|| text.parse().ok());
    // On port 0 the system would choose one, which neither `healthcheck` nor anyone else knows.
    address.filter(|address: &SocketAddr| address.port() > 0).ok_or_else(|| {
        "not a port such as `8080`, or an address with a port such as `0.0.0.0:8080`".to_owned()
    })
}

fn seconds(text: &str) -> Result<u64, String> {
    let seconds = text.trim().parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    seconds.ok_or_else(|| "not a number of seconds from 1 to 86400".to_owned())
}

/// A prefix of topics. An empty one is rejected, because it would allow all topics.
fn prefix(text: &str) -> Result<String, String> {
    let text = text.trim();
    let checked = topic::check(text).map(|()| text.to_owned());
    let shown = shown::value(text);
    checked.map_err(|problem| format!("{shown:?} is not a valid prefix of a topic: {problem}"))
}

fn mebibytes(text: &str) -> Result<usize, String> {
    let count = text.trim().parse().ok().filter(|count| (1..=1 << 20).contains(count));
    count.ok_or_else(|| "not a number of MiB from 1 to 1048576".to_owned())
}

fn sensors(text: &str) -> Result<usize, String> {
    let count = text.trim().parse().ok().filter(|count| (1..=1_000_000).contains(count));
    count.ok_or_else(|| "not a number of sensors from 1 to 1000000".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned())
}
