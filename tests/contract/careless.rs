//! A connector that tells all it knows about itself, fails and panics: `tests/contract/secrets.rs` looks
//! for its secrets wherever it writes.

use std::sync::atomic::{AtomicUsize, Ordering};

use connector_runtime::prelude::*;

/// Connects nothing.
#[connector(name = "careless")]
#[derive(Debug)]
struct Careless {
    /// Opens everything.
    #[arg(long, env = "DEVICE_PIN")]
    pin: Secret,
    /// Where the device would be.
    #[arg(long, env = "DEVICE_URL")]
    url: String,
    #[arg(skip)]
    calls: AtomicUsize,
}

#[connector]
impl Careless {
    #[receive(every = Duration::from_millis(20))]
    fn read(&self) -> Result<String> {
        match self.calls.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(format!("{:?}", self.pin)),
            1 => bail!("cannot reach {}", self.url),
            2 => panic!("with {:?}", self.pin),
            _ => Err(anyhow!("{self:?}").context("no device")),
        }
    }

    #[parse]
    fn readings(raw: &str) -> Result<String> {
        tracing::debug!(raw, "to parse");
        Ok(raw.to_owned())
    }

    /// Takes anything.
    #[send("anything")]
    fn send(&self, _: String) -> Result<()> {
        bail!("not with {self:?}")
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Careless>()
}
