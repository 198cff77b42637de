//! The broker: a given one, or a mosquitto that the benchmark starts.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use connector_runtime::prelude::*;

use crate::bus::PATIENCE;

/// A running broker.
pub(crate) struct Broker {
    /// As host:port.
    pub(crate) address: String,
    /// Killed when dropped.
    own: Option<Own>,
}

struct Own {
    process: Child,
    configuration: PathBuf,
}

impl Broker {
    pub(crate) fn given(address: String) -> Self {
        Self { address, own: None }
    }

    /// Starts a mosquitto that drops nothing for a temporarily slow subscriber.
    pub(crate) fn own() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let configuration = env::temp_dir().join(format!("bench-{port}.conf"));
        let lines = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n\
             set_tcp_nodelay true\nmax_queued_messages 0\nmax_queued_bytes 0\n"
        );
        fs::write(&configuration, lines)?;
        let mut command = Command::new(program()?);
        command.arg("-c").arg(&configuration).stdin(Stdio::null());
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let address = format!("127.0.0.1:{port}");
        let start = Instant::now();
        while TcpStream::connect(&address).is_err() {
            ensure!(start.elapsed() < PATIENCE, "mosquitto does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { address, own: Some(Own { process, configuration }) })
    }

    /// Host and port.
    pub(crate) fn host_and_port(&self) -> Result<(&str, &str)> {
        self.address.rsplit_once(':').context("write --broker HOST:PORT")
    }

    pub(crate) fn is_own(&self) -> bool {
        self.own.is_some()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(&self.configuration);
    }
}

/// The folder of mosquitto on Debian, which only root's `PATH` contains.
fn program() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
    let mut programs = folders.map(|folder| folder.join("mosquitto"));
    programs
        .find(|program| program.is_file())
        .context("cannot start mosquitto: install it, or pass a broker with --broker HOST:PORT")
}
