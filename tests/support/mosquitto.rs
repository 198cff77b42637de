//! A mosquitto of its own.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    process::{Child, Command},
    sync::OnceCell,
};

use super::{
    connector::{Launch, NAME},
    folder::Folder,
    output::Output,
    patience::patiently,
    port::free_port,
    signal,
};

/// Without limits it keeps everything for a slow test, and in order: mosquitto 2.0 mixes up what it delivers when
/// more than `max_inflight_messages` wait for a subscriber that confirms several at once.
const UNLIMITED: &str = "set_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 0";

/// Debian's broker on a port of its own, without persistence.
pub struct Mosquitto {
    port: u16,
    settings: String,
    folder: Folder,
    /// Killed when dropped.
    process: Child,
    log: Output,
}

impl Mosquitto {
    /// Allows the connector [`NAME`] no more than it says that it needs, and all others everything.
    pub async fn start() -> Self {
        let folder = Folder::new();
        // What comes before the first user is for those without a name.
        let acl = folder.write("acl", &format!("topic readwrite #\n{}", described_acl().await));
        let settings = format!("allow_anonymous true\nacl_file {}", acl.display());
        Self::within(folder, &unlimited(&settings)).await
    }

    /// Knows one user only.
    pub async fn with_login(user: &str, password: &str) -> Self {
        let folder = Folder::new();
        let file = folder.write("passwords", "");
        let arguments = ["-b".as_ref(), file.as_os_str(), user.as_ref(), password.as_ref()];
        let mut maker = Command::new("mosquitto_passwd");
        let made = maker.args(arguments).stderr(Stdio::null()).status().await;
        assert!(made.expect("install mosquitto").success(), "no password file");
        let settings = format!("allow_anonymous false\npassword_file {}", file.display());
        Self::within(folder, &unlimited(&settings)).await
    }

    /// Starts with these lines in its configuration.
    pub async fn with(settings: &str) -> Self {
        Self::within(Folder::new(), &unlimited(settings)).await
    }

    /// Starts as Debian installs it, plus these lines: small packets wait for the acknowledgement of those before
    /// (Nagle), and each client has at most 20 messages in flight. A slow subscriber alone has no limit, as it is
    /// the test itself.
    pub async fn as_installed(settings: &str) -> Self {
        let settings = format!("allow_anonymous true\nmax_queued_messages 0\n{settings}");
        Self::within(Folder::new(), &settings).await
    }

    async fn within(folder: Folder, settings: &str) -> Self {
        let port = free_port();
        let launched = launch(&folder, port, settings).await;
        let (process, log) =
            launched.unwrap_or_else(|log| panic!("mosquitto does not start: {log}"));
        Self { port, settings: settings.to_owned(), folder, process, log }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged since it was started the last time.
    pub fn log(&self) -> &Output {
        &self.log
    }

    /// What clients with this prefix have subscribed, and unsubscribed, until they subscribed
    /// this topic.
    pub async fn subscriptions(&self, prefix: &str, last: &str) -> Vec<String> {
        self.log.line(&format!(" 2 {last}")).await;
        let lines = self.log.text();
        let said = lines.lines().filter_map(|line| line.split_once(": ").map(|(_, said)| said));
        let said = said.filter_map(|said| said.strip_prefix(prefix)?.split_once(' '));
        said.map(|(_, rest)| rest.to_owned()).collect()
    }

    /// Kills it.
    pub async fn stop(&mut self) {
        self.process.kill().await.expect("it runs");
    }

    /// Ends it as the system does (SIGTERM).
    pub async fn terminate(&mut self) {
        signal::send("TERM", &self.process).await;
        let ended = patiently(self.process.wait(), || self.log.text()).await;
        ended.expect("it can be waited for");
    }

    /// Starts it on the same port; it has forgotten everything.
    pub async fn start_again(&mut self) {
        let launched = launch(&self.folder, self.port, &self.settings).await;
        (self.process, self.log) = launched.unwrap_or_else(|log| panic!("not again: {log}"));
    }

    /// Starts it on the same port with another configuration.
    pub async fn start_again_with(&mut self, settings: &str) {
        self.settings = unlimited(settings);
        self.start_again().await;
    }

    /// Stops its work; connections stay open, and the system accepts further ones for it.
    pub async fn pause(&self) {
        signal::send("STOP", &self.process).await;
    }

    /// Lets it go on.
    pub async fn resume(&self) {
        signal::send("CONT", &self.process).await;
    }
}

fn unlimited(settings: &str) -> String {
    format!("{UNLIMITED}\n{settings}")
}

/// What the connector of a [`World`](crate::World) needs, by its own account; its values are below three prefixes.
async fn described_acl() -> &'static str {
    static ACL: OnceCell<String> = OnceCell::const_new();
    ACL.get_or_init(describe_acl).await
}

async fn describe_acl() -> String {
    let arguments = ["describe", "--format=acl", "--mqtt-topic-prefixes=demo/,other/,elsewhere/"];
    let launch =
        arguments.iter().fold(Launch::program("tcp_json"), |launch, it| launch.argument(it));
    let ended = launch.argument(&format!("--connector-name={NAME}")).start().wait().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout + "\n"
}

/// Waits until it accepts connections; the error is its log.
async fn launch(folder: &Folder, port: u16, settings: &str) -> Result<(Child, Output), String> {
    // As root it would become another user, who cannot read the folder.
    let configuration = format!(
        "listener {port} 127.0.0.1\npersistence false\nuser root\nlog_dest stderr\n\
         log_type error\nlog_type warning\nlog_type notice\nlog_type information\n\
         log_type subscribe\nlog_type unsubscribe\n\
         {settings}\n"
    );
    let configuration = folder.write("mosquitto.conf", &configuration);
    let mut process = Command::new(program())
        .arg("-c")
        .arg(configuration)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{error}; install mosquitto"));
    let log = Output::of(process.stderr.take().expect("it is piped"));
    let running = patiently(log.line_unless_closed(" running"), || log.text()).await;
    match running {
        Some(_) => Ok((process, log)),
        None => Err(log.text()),
    }
}

/// Debian puts it where only root's `PATH` leads.
fn program() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
    let mut programs = folders.map(|folder| folder.join("mosquitto"));
    programs.find(|program| program.is_file()).expect("there is no `mosquitto`: install mosquitto")
}
