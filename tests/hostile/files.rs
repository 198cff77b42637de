//! Files that are not what they seem: pipes, devices, folders and planted links in place of each file.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::json;
use support::{Authority, Device, Embedded, Folder, Launch, World, free_port, launch};
use tokio::time::sleep;

fn alone() -> Launch {
    launch(free_port(), ([127, 0, 0, 1], free_port()).into())
}

fn pipe(folder: &Folder, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    path
}

fn link(target: &Path, path: PathBuf) -> PathBuf {
    symlink(target, &path).expect("a new link");
    path
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

/// Starts it with something in place of a file, which it must report at once.
async fn refuses(launch: Launch, report: &str) {
    let ended = launch.start().wait().await;
    assert_eq!(ended.code, Some(78), "{report}: {}", ended.stdout);
    assert!(ended.stderr.contains(report), "{report}: {}", ended.stderr);
}

#[tokio::test]
async fn only_regular_files_are_read() {
    let folder = Folder::new();
    let (ca, pipe) = (Authority::new(), pipe(&folder, "pipe"));
    let (ca_file, own) = (ca.write(&folder), ca.certify(&folder, "demo", 1));
    let to_itself = link("to_itself".as_ref(), folder.path().join("to_itself"));
    let to_pipe = link(&pipe, folder.path().join("to_pipe"));
    let secure = || alone().variable("MQTT_TLS", "TRUE").path("MQTT_CA_FILE", &ca_file);
    for (path, kind) in [
        (&*pipe, "it is a named pipe"),
        (&to_pipe, "it is a named pipe"),
        (folder.path(), "it is a directory"),
        ("/dev/zero".as_ref(), "it is a device"),
        (&to_itself, "symbolic link"),
    ] {
        let report = |variable: &str| format!("{variable}={} cannot be read: ", path.display());
        for (variable, launch) in [
            ("MQTT_PASSWORD_FILE", alone().path("MQTT_PASSWORD_FILE", path)),
            ("HEARTBEAT_SECONDS_FILE", alone().path("HEARTBEAT_SECONDS_FILE", path)),
            ("MQTT_CA_FILE", secure().path("MQTT_CA_FILE", path)),
            ("MQTT_CLIENT_CERT_FILE", secure().client(path, &own.key)),
            ("MQTT_CLIENT_KEY_FILE", secure().client(&own.cert, path)),
        ] {
            let ended = launch.start().wait().await;
            assert_eq!(ended.code, Some(78), "{variable}: {}", ended.stdout);
            let report = report(variable);
            let line = ended.stderr.lines().find(|line| line.contains(&report));
            let line = line.unwrap_or_else(|| panic!("{report} is not in {}", ended.stderr));
            assert!(line.contains(kind), "{line}");
        }
        if path != to_itself && path != folder.path() {
            let system = alone().variable("MQTT_TLS", "TRUE");
            refuses(system.path("SSL_CERT_FILE", path), "SSL_CERT_FILE=").await;
            let system = alone().variable("MQTT_TLS", "TRUE");
            refuses(system.path("SSL_CERT_DIR", path), "SSL_CERT_DIR=").await;
        }
        let dotenv = format!("rm -f .env; ln -s '{}' .env", path.display());
        let launch = alone().within(&dotenv);
        let ended = launch.start().wait().await;
        assert_eq!(ended.code, Some(78), "{kind}: {}", ended.stdout);
        assert!(ended.stderr.contains("/.env: cannot be read: "), "{}", ended.stderr);
        assert!(ended.stderr.contains(kind), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused() {
    let folder = Folder::new();
    let ca = Authority::new();
    let own = ca.certify(&folder, "demo", 1);
    let huge = folder.write("huge", &vec![b' '; (1 << 20) + 1]);
    let secret = folder.write("secret", &vec![b'x'; (64 << 10) + 1]);
    let large = "the file is larger than";
    refuses(alone().path("MQTT_PASSWORD_FILE", &secret), &format!("{large} 65536 bytes")).await;
    refuses(alone().dotenv(&vec![b'\n'; (1 << 20) + 1]), &format!("{large} 1048576 bytes")).await;
    let secure = || alone().variable("MQTT_TLS", "TRUE").path("MQTT_CA_FILE", &ca.write(&folder));
    for launch in [secure().path("MQTT_CA_FILE", &huge), secure().client(&own.cert, &huge)] {
        refuses(launch, &format!("{large} 1048576 bytes")).await;
    }
}

#[tokio::test]
async fn a_dotenv_file_of_80000_lines_is_read() {
    let line = |i: usize| format!("A{i}=x\n");
    let text: String = (0..80_000).map(line).collect();
    let connector = alone().dotenv(&(text + "CONNECTOR_NAME=\n")).start();
    connector.stdout.line("read settings from").await;
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn names_that_look_like_settings_are_reported_in_bounded_time_and_length() {
    let line = |i: usize| format!("MQTT_X{i}=y\n");
    let many: String = (0..60_000).map(line).collect();
    alone().dotenv(&many).argument("check").start().wait().await;
    let long = format!("MQTT_{}=y\n", "X".repeat(1_000_000));
    let ended = alone().dotenv(&long).argument("check").start().wait().await;
    assert!(ended.stderr.contains("is not a setting of this connector"), "{}", ended.stderr);
    assert!(ended.stderr.len() < 1000, "{} bytes", ended.stderr.len());
}

/// As Kubernetes mounts secrets: each file is a link into a folder that is itself a link.
#[tokio::test]
async fn a_secret_may_be_a_link() {
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("..2026")).expect("a folder");
    folder.write("..2026/heartbeat", "1\n");
    link("..2026".as_ref(), path("..data"));
    let heartbeat = link("..data/heartbeat".as_ref(), path("heartbeat"));
    let broker = Embedded::start().await.into();
    let set = |launch: Launch| launch.path("HEARTBEAT_SECONDS_FILE", &heartbeat);
    let mut world = World::with(broker, set).await;
    let beat = world.bus.next("demo/heartbeat").await.json();
    let [this, next] = ["this_heartbeats_timestamp", "next_heartbeats_timestamp"]
        .map(|name| beat[name].as_i64().expect("milliseconds"));
    assert_eq!(next - this, 1000);
    world.end().await;
}

#[tokio::test]
async fn the_dotenv_file_of_a_parent_folder_is_named_in_full() {
    let folder = Folder::new();
    let file = folder.write(".env", "HEARTBEAT_SECONDS=7\n");
    let below = folder.path().join("below");
    // A virtual environment of Python.
    fs::create_dir_all(below.join("here")).expect("folders");
    fs::create_dir(below.join(".env")).expect("a folder");
    let go = format!("cd '{}'", below.join("here").display());
    let connector = alone().within(&go).start();
    connector.stdout.line(&format!("read settings from {}", file.display())).await;
    connector.terminate().await.assert_clean();
    fs::remove_file(&file).expect("it exists");
    pipe(&folder, ".env");
    let report = format!("{}: cannot be read: it is a named pipe", file.display());
    refuses(alone().within(&go), &report).await;
}

#[tokio::test]
async fn a_value_from_a_file_is_not_printed() {
    let folder = Folder::new();
    let file = folder.write("canary", "secret-canary");
    let launches = [
        alone().path("HEARTBEAT_SECONDS_FILE", &file),
        alone().path("MQTT_VALUE_QOS_FILE", &file),
        alone().path("MQTT_TLS_FILE", &file),
        alone().path("MQTT_TOPIC_PREFIXES_FILE", &file).argument("check"),
        alone()
            .path("MQTT_TOPIC_PREFIXES_FILE", &file)
            .argument("check")
            .variable("MQTT_TLS", "no"),
        alone().path("DEBUG_FILE", &file).argument("check"),
    ];
    for launch in launches {
        let ended = launch.start().wait().await;
        let text = ended.stdout + &ended.stderr;
        assert!(text.contains("***") && !text.contains("secret-canary"), "{text}");
    }
}

#[tokio::test]
async fn a_long_value_is_not_printed_in_full() {
    let long = "x".repeat(100_000);
    for launch in [
        alone().variable("MQTT_BROKER_PORT", &long),
        alone().variable("CONNECTOR_NAME", &format!("{long}/")),
        alone().variable("MQTT_TOPIC_PREFIXES", &format!("{long}#")),
        alone().variable("DEBUG", &long).variable("MQTT_TLS", &long),
        alone().argument(&format!("--{long}")),
    ] {
        let ended = launch.start().wait().await;
        assert_eq!(ended.code, Some(78), "{}", ended.stdout);
        assert!(ended.stderr.len() < 2000, "{} bytes", ended.stderr.len());
    }
}

/// A connector with a spool that has stored a datapoint map.
async fn with_spool(folder: &Folder) -> World {
    let spool = folder.path().to_owned();
    let set = |launch: Launch| launch.path("SPOOL_DIR", &spool);
    let mut world = World::with(Embedded::start().await.into(), set).await;
    world.select(&json!({ "sensor": { "a": "demo/a" }, "actuator": {} })).await;
    world
}

#[tokio::test]
async fn a_name_that_is_too_long_for_its_files_is_reported() {
    let (folder, name) = (Folder::new(), "\u{20ac}".repeat(60));
    let set = || alone().variable("CONNECTOR_NAME", &name).path("SPOOL_DIR", folder.path());
    let report = "CONNECTOR_NAME is too long";
    refuses(set(), report).await;
    refuses(set().argument("check"), report).await;
}

/// A message is on disk after 200 ms; this suffices on a busy machine as well.
const WRITTEN: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_spool_that_is_replaced_keeps_what_waits() {
    let folder = Folder::new();
    let (broker, device) = (free_port(), Device::start().await);
    let start = || {
        let launch = launch(broker, device.address()).path("SPOOL_DIR", folder.path());
        launch.variable("SEND_RAW_MESSAGE_TO_DB", "TRUE").start()
    };
    let connector = start();
    let mut link = device.accept().await;
    for number in 0..10 {
        link.say(&format!("{{\"a\":{number}}}")).await;
    }
    sleep(WRITTEN).await;
    let (spool, copy) = (folder.path().join("demo.spool"), folder.write("copy", ""));
    fs::rename(&copy, &spool).expect("it replaces the spool");
    link.say(r#"{"a":10}"#).await;
    connector.stdout.line("demo.spool was replaced by another file").await;
    connector.stdout.line("keeping messages on disk again").await;
    link.say(r#"{"a":11}"#).await;
    sleep(WRITTEN).await;
    connector.kill().await;
    let connector = start();
    connector.stdout.line("publishing 12 messages of an earlier run first").await;
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn what_it_writes_is_private() {
    let folder = Folder::new();
    let old = folder.write("demo.map.json", "{}");
    for path in [&old, &folder.write("demo.spool", "")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).expect("it is ours");
    }
    with_spool(&folder).await.end().await;
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .inspect(|path| assert_eq!(mode(path), 0o600, "{}", path.display()))
        .collect();
    names.sort();
    assert_eq!(names, [old, folder.path().join("demo.spool")]);
}

#[tokio::test]
async fn a_planted_link_is_not_written_through() {
    let (folder, others) = (Folder::new(), Folder::new());
    let victim = others.write("victim", "untouched");
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o644)).expect("it is ours");
    for name in ["demo.spool", "demo.map.json", "demo.map.json.new"] {
        link(&victim, folder.path().join(name));
    }
    let mut world = with_spool(&folder).await;
    let problem = "demo.spool: it is a symbolic link, not a regular file";
    world.connector.stdout.line(problem).await;
    world.link.say(r#"{"a":1}"#).await;
    world.bus.next("demo/a").await;
    world.end().await;
    assert_eq!(
        (&*fs::read(&victim).expect("it exists"), mode(&victim)),
        (&b"untouched"[..], 0o644)
    );
    assert!(fs::symlink_metadata(folder.path().join("demo.map.json")).expect("a file").is_file());
}

#[tokio::test]
async fn a_pipe_in_place_of_the_spool_or_the_map_does_not_stop_it() {
    let folder = Folder::new();
    pipe(&folder, "demo.spool");
    pipe(&folder, "demo.map.json");
    let mut world = with_spool(&folder).await;
    world.connector.stdout.line("demo.spool: it is a named pipe, not a regular file").await;
    world.connector.stdout.line("demo.map.json: it is a named pipe, not a regular file").await;
    world.link.say(r#"{"a":1}"#).await;
    world.bus.next("demo/a").await;
    world.end().await;
}
