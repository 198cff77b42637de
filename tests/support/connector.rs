//! A connector as the process that an operator starts.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    process::{Child, Command},
    time::sleep,
};

use super::{folder::Folder, output::Output, patiently, signal};

/// From one look at a process to the next.
const PAUSE: Duration = Duration::from_millis(1);

/// What to start, with which settings.
pub(crate) struct Launch {
    command: Command,
    folder: Folder,
}

/// A running connector, in a folder of its own and with no environment but what it was given.
pub(crate) struct ConnectorProcess {
    /// Killed when dropped.
    child: Child,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    _folder: Folder,
}

/// How a connector ended.
pub(crate) struct Ended {
    /// None where a signal killed it.
    pub(crate) code: Option<i32>,
    pub(crate) after: Duration,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Launch {
    /// An example's program, as `cargo build --examples` leaves it.
    pub(crate) fn example(name: &str) -> Self {
        let folder = Folder::new();
        let mut command = Command::new(fresh_example(name));
        command.env_clear().current_dir(folder.path());
        Self { command, folder }
    }

    pub(crate) fn variable(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.command.env(name, value.to_string());
        self
    }

    pub(crate) fn path(mut self, name: &str, path: &Path) -> Self {
        self.command.env(name, path);
        self
    }

    /// With this name, by which the broker knows it, too.
    pub(crate) fn named(self, name: &str) -> Self {
        self.variable("CONNECTOR_NAME", name).variable("MQTT_USERNAME", name)
    }

    /// With a certificate of its own.
    pub(crate) fn client(self, cert: &Path, key: &Path) -> Self {
        self.path("MQTT_CLIENT_CERT_FILE", cert).path("MQTT_CLIENT_KEY_FILE", key)
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Writes the `.env` file of the working directory.
    pub(crate) fn dotenv(self, text: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        self.folder.write(".env", text);
        self
    }

    pub(crate) fn broker(self, port: u16) -> Self {
        self.variable("MQTT_BROKER_HOST", "127.0.0.1").variable("MQTT_BROKER_PORT", &port)
    }

    pub(crate) fn device(self, address: SocketAddr) -> Self {
        self.variable("DEVICE_ADDR", &address)
    }

    /// Starts it from a shell that does something before, such as to set a limit.
    pub(crate) fn within(self, preparation: &str) -> Self {
        let inner = self.command.as_std();
        let mut command = Command::new("bash");
        command
            .args(["-c", &format!("{preparation}; exec \"$@\""), "bash"])
            .arg(inner.get_program());
        command.args(inner.get_args()).env_clear().current_dir(self.folder.path());
        for (name, value) in inner.get_envs() {
            command.env(name, value.expect("variables are only set"));
        }
        Self { command, folder: self.folder }
    }

    pub(crate) fn start(mut self) -> ConnectorProcess {
        let (stdin, stdout, stderr) = (Stdio::null(), Stdio::piped(), Stdio::piped());
        let command = self.command.stdin(stdin).stdout(stdout).stderr(stderr).kill_on_drop(true);
        let mut child = command.spawn().expect("the program starts");
        let stdout = Output::of(child.stdout.take().expect("it is piped"));
        let stderr = Output::of(child.stderr.take().expect("it is piped"));
        ConnectorProcess { child, stdout, stderr, _folder: self.folder }
    }
}

impl ConnectorProcess {
    /// SIGTERM, as from `docker stop`.
    pub(crate) async fn terminate(self) -> Ended {
        self.stop("TERM").await
    }

    /// SIGINT, as from Ctrl-C.
    pub(crate) async fn interrupt(self) -> Ended {
        self.stop("INT").await
    }

    /// Sends a signal, and waits until it ends.
    pub(crate) async fn stop(self, signal: &str) -> Ended {
        self.heeds(signal).await;
        self.signal(signal).await;
        self.wait().await
    }

    /// Waits until it listens to a signal; before, the system would end it at once.
    async fn heeds(&self, signal: &str) {
        let id = self.child.id().expect("it runs");
        let listens = async {
            while !catches(id, signal) {
                sleep(PAUSE).await;
            }
        };
        let instead = || format!("it does not listen to {signal}:\n{}", self.stdout.text());
        patiently(listens, instead).await;
    }

    pub(crate) async fn pause(&self) {
        self.signal("STOP").await;
    }

    pub(crate) async fn resume(&self) {
        self.signal("CONT").await;
    }

    /// What every user of the machine can see of it.
    pub(crate) fn command_line(&self) -> String {
        let id = self.child.id().expect("it runs");
        fs::read_to_string(format!("/proc/{id}/cmdline")).expect("Linux tells of it")
    }

    /// SIGKILL: it can do nothing about it.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    #[allow(dead_code, reason = "only those who test faults need it")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Waits until it ends.
    pub(crate) async fn wait(mut self) -> Ended {
        let start = Instant::now();
        let status = patiently(self.child.wait(), || self.stdout.text()).await;
        let after = start.elapsed();
        self.stdout.end().await;
        self.stderr.end().await;
        let code = status.expect("it can be waited for").code();
        Ended { code, after, stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        signal::send(name, &self.child).await;
    }
}

impl Ended {
    /// Whether it ended as after a stop signal: in good order, and quickly.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        let Self { code, after, stdout, stderr } = self;
        assert_eq!((*code, &**stderr), (Some(0), ""), "stdout:\n{stdout}");
        assert!(*after < Duration::from_secs(3), "only after {after:?}; stdout:\n{stdout}");
    }
}

/// Whether a process has a handler for a signal, by Linux's account.
fn catches(id: u32, signal: &str) -> bool {
    let number = match signal {
        "INT" => 2,
        "TERM" => 15,
        _ => panic!("SIG{signal} does not stop a connector"),
    };
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("Linux tells of it");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask");
    let caught = u64::from_str_radix(caught.trim(), 16).expect("a hexadecimal number");
    caught >> (number - 1) & 1 == 1
}

/// The path of an example's program, if that is newer than all that it was made of.
fn fresh_example(name: &str) -> PathBuf {
    let this = env::current_exe().expect("the test program has a path");
    let profile = this.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let program = profile.join("examples").join(name);
    // What it was made of is in the file that cargo puts beside it: `program: source source ..`.
    let sources = fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let sources = sources.split_once(": ").map(|(_, sources)| sources.trim()).unwrap_or_default();
    let built = changed(&program);
    let is_fresh = |source| changed(Path::new(source)) <= built;
    assert!(
        built.is_some() && sources.split(' ').all(is_fresh),
        "{} is missing or stale: run `cargo build --examples` first",
        program.display()
    );
    program
}

fn changed(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
