//! The broker: the one that is given, or a mosquitto of our own.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use connector_runtime::prelude::*;

use crate::bus::PATIENCE;

/// A broker that can be reached.
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

    /// A mosquitto that drops nothing for a subscriber that is slow for a moment.
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

/// Debian puts it where only root's `PATH` leads.
fn program() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
    let mut programs = folders.map(|folder| folder.join("mosquitto"));
    programs
        .find(|program| program.is_file())
        .context("there is no mosquitto: install it, or give a broker with --broker HOST:PORT")
}
