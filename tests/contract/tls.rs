//! TLS to a mosquitto: what is accepted, and what is said where it fails.

use std::path::Path;

use serde_json::json;
use support::{Authority, Device, Files, Folder, Launch, Mosquitto, World, free_port, launch};

/// How long the certificates are valid, in days.
const VALID: i32 = 90;

/// A broker with one port for TLS and another one without.
struct Secured {
    broker: Mosquitto,
    port: u16,
    ca: Authority,
    folder: Folder,
}

impl Secured {
    async fn start() -> Self {
        Self::with(VALID, "").await
    }

    /// Its certificate is valid for some days.
    async fn with(days: i32, settings: &str) -> Self {
        let (ca, folder, port) = (Authority::new(), Folder::new(), free_port());
        let Files { cert, key } = ca.certify(&folder, "localhost", days);
        let ca_file = ca.write(&folder);
        let (ca_file, cert, key) = (ca_file.display(), cert.display(), key.display());
        let settings = format!(
            "allow_anonymous true\nlistener {port} 127.0.0.1\ncafile {ca_file}\n\
             certfile {cert}\nkeyfile {key}\n{settings}"
        );
        Self { broker: Mosquitto::with(&settings).await, port, ca, folder }
    }

    /// A connector that works, seen from the port without TLS.
    async fn world(self, settings: impl FnOnce(Launch) -> Launch) -> (World, Folder) {
        let Self { broker, port, folder, .. } = self;
        let with_tls = |launch| settings(secure(launch, port, &folder));
        let world = World::with(broker.into(), with_tls).await;
        (world, folder)
    }

    /// Asserts that a connector tells once that it cannot connect, and why.
    async fn refuses(&self, settings: impl FnOnce(Launch) -> Launch, reason: &str) {
        let device = Device::start().await;
        let launch = launch(self.port, device.address()).variable("DEBUG", "TRUE");
        let connector = settings(secure(launch, self.port, &self.folder)).start();
        let failure = "ERROR connector_runtime::bus::reconnect: cannot connect";
        let told = connector.stdout.line(failure).await;
        assert!(told.contains(reason), "{told}");
        connector.stdout.line("DEBUG connector_runtime::bus::reconnect: cannot connect").await;
        assert_eq!(connector.stdout.count(failure), 1, "{}", connector.stdout.text());
        connector.terminate().await.assert_clean();
    }
}

/// With the settings for TLS.
fn secure(launch: Launch, port: u16, folder: &Folder) -> Launch {
    let launch = launch.variable("MQTT_TLS", "TRUE").variable("MQTT_BROKER_HOST", "localhost");
    launch.variable("MQTT_BROKER_PORT", &port).path("MQTT_CA_FILE", &folder.path().join("ca.pem"))
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn values_go_over_tls() {
    let (mut world, _folder) = Secured::start().await.world(|launch| launch).await;
    world.select(&json!({ "sensor": { "a": "demo/a" }, "actuator": {} })).await;
    for value in ["small".to_owned(), "x".repeat(1_000_000)] {
        world.link.say(&json!({ "a": value }).to_string()).await;
        assert_eq!(world.bus.next("demo/a").await.value(), value);
    }
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn the_connector_shows_its_certificate_on_demand() {
    let secured = Secured::with(VALID, "require_certificate true").await;
    let Files { cert, key } = secured.ca.certify(&secured.folder, "demo", VALID);
    secured.refuses(|launch| launch, "MQTT_CLIENT_CERT_FILE").await;
    let stranger = Authority::new().certify(&secured.folder, "stranger", VALID);
    let as_stranger = |launch: Launch| launch.client(&stranger.cert, &stranger.key);
    secured.refuses(as_stranger, "MQTT_CLIENT_CERT_FILE").await;
    let (mut world, _folder) = secured.world(|launch| launch.client(&cert, &key)).await;
    world.settle().await;
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_broker_that_cannot_prove_who_it_is_is_refused() {
    let secured = Secured::start().await;
    let other_name = |launch: Launch| launch.variable("MQTT_BROKER_HOST", "127.0.0.1");
    secured.refuses(other_name, "MQTT_BROKER_HOST, but for localhost: ").await;
    let folder = Folder::new();
    let other_ca = Authority::new().write(&folder);
    secured.refuses(|launch| launch.path("MQTT_CA_FILE", &other_ca), "set MQTT_CA_FILE").await;
    let expired = Secured::with(-3, "").await;
    expired.refuses(|launch| launch, "has expired").await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_port_with_and_one_without_tls_are_told_apart() {
    let secured = Secured::start().await;
    let port = secured.broker.port();
    secured
        .refuses(
            |launch| launch.variable("MQTT_BROKER_PORT", &port),
            "does not use TLS on this port",
        )
        .await;
    let without = |launch: Launch| launch.variable("MQTT_TLS", "").variable("MQTT_CA_FILE", "");
    secured.refuses(without, "does this port expect TLS (MQTT_TLS)").await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn files_are_read_for_each_connection() {
    let secured = Secured::start().await;
    let (device, folder) = (Device::start().await, Folder::new());
    Authority::new().write(&folder);
    let launch = launch(secured.port, device.address());
    let connector = secure(launch, secured.port, &folder).start();
    connector.stdout.line("set MQTT_CA_FILE").await;
    secured.ca.write(&folder);
    connector.stdout.line("Connector online").await;
    connector.terminate().await.assert_clean();
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn certificates_that_expire_soon_are_told_of() {
    let secured = Secured::with(20, "require_certificate true").await;
    let Files { cert, key } = secured.ca.certify(&secured.folder, "demo", 10);
    let (mut world, _folder) = secured.world(|launch| launch.client(&cert, &key)).await;
    world.log("the broker's TLS certificate expires in 20 days").await;
    world.log("the connector's own TLS certificate expires in 10 days").await;
    world.end().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told_of_at_the_start() {
    let (ca, folder) = (Authority::new(), Folder::new());
    ca.write(&folder);
    let empty = folder.write("empty", "no PEM");
    let (one, other) = (ca.certify(&folder, "one", 1), ca.certify(&folder, "other", 1));
    let missing = Path::new("/missing.pem");
    let with = || secure(launch(1, ([127, 0, 0, 1], 1).into()), 1, &folder);
    let cases = [
        (with().path("MQTT_CA_FILE", missing), "MQTT_CA_FILE=/missing.pem cannot be read"),
        (with().path("MQTT_CA_FILE", &empty), "contains no certificate"),
        (with().client(&one.cert, missing), "MQTT_CLIENT_KEY_FILE=/missing.pem cannot be read"),
        (with().client(&one.cert, &one.cert), "contains no private key"),
        (with().client(&one.cert, &other.key), "does not belong to MQTT_CLIENT_CERT_FILE"),
        (with().path("MQTT_CLIENT_KEY_FILE", &one.key), "so MQTT_CLIENT_CERT_FILE must be set"),
        (with().variable("MQTT_TLS", ""), "MQTT_CA_FILE is set, but MQTT_TLS is not"),
        (with().variable("MQTT_TLS", "1"), "MQTT_TLS=1: "),
    ];
    for (launch, fault) in cases {
        let ended = launch.start().wait().await;
        assert_eq!(ended.code, Some(78), "{fault}: {}", ended.stdout);
        assert!(ended.stderr.contains(fault), "{fault}: {}", ended.stderr);
    }
}
