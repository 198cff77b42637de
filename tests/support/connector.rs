//! A connector as the process that an operator starts.

use std::{env, fs, net::SocketAddr, path::Path, process::Stdio, time::Duration};

use tokio::{
    process::{Child, Command},
    time::sleep,
};

use super::{folder::Folder, moment::Moment, output::Output, patience::patiently, signal};

/// The name of the connector of a [`World`](crate::World).
pub const NAME: &str = "demo";

/// From one look at a process to the next.
const PAUSE: Duration = Duration::from_millis(1);

/// What to start, with which settings.
#[must_use]
pub struct Launch {
    command: Command,
    folder: Folder,
    stdout: Option<Stdio>,
}

/// A running connector, in a folder of its own and with no environment but what it was given.
pub struct ConnectorProcess {
    /// Killed when dropped.
    child: Child,
    pub stdout: Output,
    pub stderr: Output,
    _folder: Folder,
}

/// How a connector ended.
pub struct Ended {
    /// None where a signal killed it.
    pub code: Option<i32>,
    pub after: Duration,
    pub stdout: String,
    pub stderr: String,
}

impl Launch {
    /// A program of this package, which cargo has built for the tests.
    pub fn program(name: &str) -> Self {
        let folder = Folder::new();
        let path = env::var_os(format!("CARGO_BIN_EXE_{name}")).expect("`cargo test` runs this");
        let mut command = Command::new(path);
        command.env_clear().current_dir(folder.path());
        Self { command, folder, stdout: None }
    }

    pub fn variable(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.command.env(name, value.to_string());
        self
    }

    pub fn path(mut self, name: &str, path: &Path) -> Self {
        self.command.env(name, path);
        self
    }

    /// With this name, by which the broker knows it, too.
    pub fn named(self, name: &str) -> Self {
        self.variable("CONNECTOR_NAME", name).variable("MQTT_USERNAME", name)
    }

    /// With a certificate of its own.
    pub fn client(self, cert: &Path, key: &Path) -> Self {
        self.path("MQTT_CLIENT_CERT_FILE", cert).path("MQTT_CLIENT_KEY_FILE", key)
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Writes the `.env` file of the working directory.
    pub fn dotenv(self, text: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        self.folder.write(".env", text);
        self
    }

    pub fn broker(self, port: u16) -> Self {
        self.variable("MQTT_BROKER_HOST", "127.0.0.1").variable("MQTT_BROKER_PORT", &port)
    }

    pub fn device(self, address: SocketAddr) -> Self {
        self.variable("DEVICE_ADDR", &address)
    }

    /// Starts it from a shell that does something before, such as to set a limit.
    pub fn within(self, preparation: &str) -> Self {
        let inner = self.command.as_std();
        let mut command = Command::new("bash");
        command
            .args(["-c", &format!("{preparation}; exec \"$@\""), "bash"])
            .arg(inner.get_program());
        command.args(inner.get_args()).env_clear().current_dir(self.folder.path());
        for (name, value) in inner.get_envs() {
            command.env(name, value.expect("variables are only set"));
        }
        Self { command, folder: self.folder, stdout: self.stdout }
    }

    /// Prints to somewhere else than [`ConnectorProcess::stdout`].
    pub fn stdout(mut self, stdout: Stdio) -> Self {
        self.stdout = Some(stdout);
        self
    }

    pub fn start(mut self) -> ConnectorProcess {
        let (stdin, stderr) = (Stdio::null(), Stdio::piped());
        let stdout = self.stdout.unwrap_or_else(Stdio::piped);
        let command = self.command.stdin(stdin).stdout(stdout).stderr(stderr).kill_on_drop(true);
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().map_or_else(Output::closed, Output::of);
        let stderr = Output::of(child.stderr.take().expect("it is piped"));
        ConnectorProcess { child, stdout, stderr, _folder: self.folder }
    }
}

impl ConnectorProcess {
    /// SIGTERM, as from `docker stop`.
    pub async fn terminate(self) -> Ended {
        self.stop("TERM").await
    }

    /// SIGINT, as from Ctrl-C.
    pub async fn interrupt(self) -> Ended {
        self.stop("INT").await
    }

    /// Sends a signal, and waits until it ends.
    pub async fn stop(self, signal: &str) -> Ended {
        self.heeds(signal).await;
        self.signal(signal).await;
        self.wait().await
    }

    /// Waits until it listens to a signal; before, the system would end it at once.
    pub async fn heeds(&self, signal: &str) {
        let id = self.child.id().expect("it runs");
        let listens = async {
            while !catches(id, signal) {
                sleep(PAUSE).await;
            }
        };
        let instead = || format!("it does not listen to {signal}:\n{}", self.stdout.text());
        patiently(listens, instead).await;
    }

    pub async fn pause(&self) {
        self.signal("STOP").await;
    }

    pub async fn resume(&self) {
        self.signal("CONT").await;
    }

    /// What every user of the machine can see of it.
    pub fn command_line(&self) -> String {
        let id = self.child.id().expect("it runs");
        fs::read_to_string(format!("/proc/{id}/cmdline")).expect("Linux tells of it")
    }

    /// SIGKILL: it can do nothing about it.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Waits until it ends.
    pub async fn wait(mut self) -> Ended {
        let start = Moment::now();
        let status = patiently(self.child.wait(), || self.stdout.text()).await;
        let after = start.elapsed();
        self.stdout.end().await;
        self.stderr.end().await;
        let code = status.expect("it can be waited for").code();
        Ended { code, after, stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    /// Sends a signal, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        signal::send(name, &self.child).await;
    }
}

impl Ended {
    /// Whether it ended as after a stop signal: in good order, and quickly.
    #[track_caller]
    pub fn assert_clean(&self) {
        let Self { code, after, stdout, stderr } = self;
        assert_eq!((*code, &**stderr), (Some(0), ""), "stdout:\n{stdout}");
        assert!(*after < Duration::from_secs(3), "only after {after:?}; stdout:\n{stdout}");
    }
}

/// Whether a process has a handler for a signal, by Linux's account.
fn catches(id: u32, signal: &str) -> bool {
    let number = match signal {
        "HUP" => 1,
        "INT" => 2,
        "TERM" => 15,
        _ => panic!("SIG{signal} does not stop a connector"),
    };
    let caught = signal::mask(&id.to_string(), "SigCgt:");
    caught >> (number - 1) & 1 == 1
}
