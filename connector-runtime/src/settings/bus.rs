//! The settings of the bus, which every connector has.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{ArgAction, Args};

use crate::{
    mqtt::topic,
    settings::{identity::check_name, secret::Secret, value_parser},
};

/// The ports that MQTT has of old, without and with TLS.
const PORT: u16 = 1883;
pub(super) const PORT_WITH_TLS: u16 = 8883;

/// How a connector reaches the bus, and what it says there. The same for each connector.
#[derive(Clone, Args)]
pub struct BusSettings {
    /// The connector's name: the first level of all its topics.
    #[arg(long, env = "CONNECTOR_NAME", value_name = "NAME", value_parser = name)]
    pub connector_name: String,

    /// Host name or address of the MQTT broker.
    #[arg(long, env = "MQTT_BROKER_HOST", value_name = "HOST", value_parser = host)]
    pub mqtt_broker_host: String,

    /// TCP port of the MQTT broker; with `MQTT_TLS` it is 8883, unless it is set.
    #[arg(long, env = "MQTT_BROKER_PORT", value_name = "PORT", default_value_t = PORT)]
    #[arg(value_parser = port)]
    pub mqtt_broker_port: u16,

    /// User name at the broker, if it asks for one.
    #[arg(long, env = "MQTT_USERNAME", value_name = "USER", default_value = "")]
    #[arg(hide_default_value = true)]
    pub mqtt_username: String,

    /// Password at the broker. Set the variable: a flag, which every user of the machine can see, is
    /// refused.
    #[arg(long, env = "MQTT_PASSWORD", value_name = "PASSWORD", default_value = "")]
    #[arg(hide_default_value = true)]
    pub mqtt_password: Secret,

    /// TRUE: speak TLS with the broker, version 1.2 or later. Its certificate must be valid for
    /// `MQTT_BROKER_HOST`.
    #[arg(long, env = "MQTT_TLS", value_name = "TRUE|FALSE", value_parser = value_parser::switch)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, default_value = "FALSE", default_missing_value = "TRUE")]
    pub mqtt_tls: bool,

    /// PEM file with the certificates of the authorities (CA) that may have signed the broker's;
    /// without it those of the system are trusted.
    #[arg(long, env = "MQTT_CA_FILE", value_name = "PATH")]
    pub mqtt_ca_file: Option<PathBuf>,

    /// PEM file with the connector's certificate and its chain, if the broker asks for one.
    #[arg(long, env = "MQTT_CLIENT_CERT_FILE", value_name = "PATH")]
    pub mqtt_client_cert_file: Option<PathBuf>,

    /// PEM file with the private key of that certificate, without a passphrase.
    #[arg(long, env = "MQTT_CLIENT_KEY_FILE", value_name = "PATH")]
    pub mqtt_client_key_file: Option<PathBuf>,

    /// Beginnings of topics, separated by commas: the datapoint map can name no other topics. Without
    /// it, any.
    #[arg(long, env = "MQTT_TOPIC_PREFIXES", value_name = "PREFIXES", value_delimiter = ',')]
    #[arg(value_parser = prefix)]
    pub mqtt_topic_prefixes: Vec<String>,

    /// Quality of service of datapoint values. 1: each arrives; 0: cheaper, and those on their way
    /// are lost when the connection breaks.
    #[arg(long, env = "MQTT_VALUE_QOS", value_name = "0|1", default_value_t = 1, value_parser = value_qos)]
    pub mqtt_value_qos: u8,

    /// TRUE: publish each raw message as it was received, for the raw message data base.
    #[arg(long, env = "SEND_RAW_MESSAGE_TO_DB", value_name = "TRUE|FALSE", value_parser = switch)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, default_value = "FALSE", default_missing_value = "TRUE")]
    pub send_raw_message_to_db: bool,

    /// TRUE: log from level DEBUG, otherwise from INFO.
    #[arg(long, env = "DEBUG", value_name = "TRUE|FALSE", value_parser = switch)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, default_value = "FALSE", default_missing_value = "TRUE")]
    pub debug: bool,

    /// Seconds from one heartbeat to the next.
    #[arg(long, env = "HEARTBEAT_SECONDS", value_name = "SECONDS", default_value_t = 30)]
    #[arg(value_parser = seconds)]
    pub heartbeat_seconds: u64,

    /// Where to serve /healthz, /readyz and /metrics by HTTP: a port of this machine alone, or an
    /// address with a port. Nowhere if not set.
    #[arg(long, env = "HEALTH_ADDR", value_name = "[HOST:]PORT", value_parser = health_addr)]
    pub health_addr: Option<SocketAddr>,

    /// Seconds after which the data of a source is too old for /readyz. If not set it is three
    /// intervals of a source that is polled, and has no limit for one that pushes.
    #[arg(long, env = "HEALTH_MAX_AGE_SECONDS", value_name = "SECONDS", value_parser = seconds)]
    pub health_max_age_seconds: Option<u64>,

    /// Folder for raw messages and values that wait for the broker, so that they survive a crash.
    /// Without it they wait in memory.
    #[arg(long, env = "SPOOL_DIR", value_name = "FOLDER")]
    pub spool_dir: Option<PathBuf>,

    /// The most MiB of messages that wait there; the oldest raw messages are dropped first.
    #[arg(long, env = "SPOOL_MAX_MIB", value_name = "MIB", default_value_t = 64)]
    #[arg(value_parser = mebibytes)]
    pub spool_max_mib: usize,
}

impl BusSettings {
    /// The defaults for a connector of this name, with the broker on that host.
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
            send_raw_message_to_db: false,
            debug: false,
            heartbeat_seconds: 30,
            health_addr: None,
            health_max_age_seconds: None,
            spool_dir: None,
            spool_max_mib: 64,
        }
    }

    /// What is wrong with settings that were made by hand.
    pub(crate) fn check(&self) -> Result<(), Vec<String>> {
        let name = check_name(&self.connector_name).err();
        let host = host(&self.mqtt_broker_host).err();
        let qos = value_qos(&self.mqtt_value_qos.to_string()).err();
        let heartbeat = seconds(&self.heartbeat_seconds.to_string()).err();
        let spool_max = mebibytes(&self.spool_max_mib.to_string()).err();
        let spool_dir = (self.spool_dir.is_some() && !cfg!(feature = "spool")).then(|| {
            "SPOOL_DIR is set, but this connector was built without the feature `spool`: build it \
             with `connector-runtime/spool`, or leave SPOOL_DIR out"
                .to_owned()
        });
        let faults = [name, host, qos, heartbeat, spool_max, spool_dir].into_iter().flatten();
        let prefixes = self.mqtt_topic_prefixes.iter().filter_map(|text| prefix(text).err());
        let faults: Vec<_> = faults.chain(prefixes).chain(self.incomplete_tls()).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    pub(crate) fn health_max_age(&self) -> Option<Duration> {
        self.health_max_age_seconds.map(Duration::from_secs)
    }

    /// A file for TLS must not be without effect: nobody would see that there is no TLS.
    fn incomplete_tls(&self) -> impl Iterator<Item = String> {
        let files = [
            ("MQTT_CA_FILE", &self.mqtt_ca_file),
            ("MQTT_CLIENT_CERT_FILE", &self.mqtt_client_cert_file),
            ("MQTT_CLIENT_KEY_FILE", &self.mqtt_client_key_file),
        ];
        let [_, (cert, cert_file), (key, key_file)] = files;
        let other = match (cert_file, key_file) {
            (Some(_), None) => Some(format!("{cert} is set, so {key} must be set, too")),
            (None, Some(_)) => Some(format!("{key} is set, so {cert} must be set, too")),
            _ => None,
        };
        let unused = files.into_iter().filter(|(_, file)| file.is_some() && !self.mqtt_tls);
        let unused = unused.map(|(name, _)| {
            format!("{name} is set, but MQTT_TLS is not: set it to TRUE, or {name} to nothing")
        });
        unused.chain(other)
    }

    /// Whether the password can be read by others on the way to the broker.
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

/// As BEMCom has it, a switch is on only where it says `TRUE`.
#[allow(clippy::unnecessary_wraps, reason = "clap asks for a Result")]
fn switch(text: &str) -> Result<bool, Infallible> {
    Ok(text.trim().eq_ignore_ascii_case("TRUE"))
}

/// A host without a port, a scheme or a login; an IPv6 address has more than one colon.
fn host(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("this is no host name or address".to_owned());
    }
    if text.contains(['/', '@']) || text.matches(':').count() == 1 {
        return Err(
            "this is a host name or address only; the port goes into MQTT_BROKER_PORT, the \
                    login into MQTT_USERNAME and MQTT_PASSWORD"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.trim().parse().ok().filter(|&port| port > 0);
    port.ok_or_else(|| "a TCP port is a number from 1 to 65535".to_owned())
}

fn value_qos(text: &str) -> Result<u8, String> {
    let qos = text.trim().parse().ok().filter(|qos| *qos <= 1);
    qos.ok_or_else(|| "the quality of service of values is 0 or 1".to_owned())
}

/// Without a host it is for this machine alone.
fn health_addr(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let port = text.strip_prefix(':').unwrap_or(text);
    let local = port.parse().ok().map(|port| (Ipv4Addr::LOCALHOST, port).into());
    local.or_else(|| text.parse().ok()).ok_or_else(|| {
        "it is a port as in `8080`, or an address with a port as in `0.0.0.0:8080`".to_owned()
    })
}

fn seconds(text: &str) -> Result<u64, String> {
    let seconds = text.trim().parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    seconds.ok_or_else(|| "seconds are a number from 1 to 86400".to_owned())
}

/// An empty one would allow every topic.
fn prefix(text: &str) -> Result<String, String> {
    let text = text.trim();
    let checked = topic::check(text).map(|()| text.to_owned());
    checked.map_err(|problem| format!("{text:?} is the beginning of no topic: {problem}"))
}

fn mebibytes(text: &str) -> Result<usize, String> {
    let count = text.trim().parse().ok().filter(|count| (1..=1 << 20).contains(count));
    count.ok_or_else(|| "the size of the spool is a number of MiB from 1 to 1048576".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned())
}
