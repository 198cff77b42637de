//! A connector that declares datapoints of each kind; its device is a file. For tests of the commands that
//! need neither a broker nor a device.

use std::{fs, path::PathBuf};

use connector_runtime::prelude::*;

/// Connects a small power plant.
#[connector(name = "plant")]
struct Plant {
    /// The file that holds what the plant says: its readings as JSON.
    #[arg(long, env = "DEVICE_FILE")]
    file: PathBuf,
    /// Opens the cabinet.
    #[arg(long, env = "DEVICE_PIN", default_value = "")]
    pin: Secret,
}

/// What the plant says.
#[derive(Serialize, Deserialize, Datapoints)]
struct Readings {
    inverter: Inverter,
    /// Who runs it.
    operator: Option<String>,
}

#[derive(Serialize, Deserialize, Datapoints)]
struct Inverter {
    /// What it feeds into the grid.
    #[datapoint(unit = "W", range = 0.0..=5000.0)]
    power: f64,
    /// How full its battery is.
    #[datapoint(unit = "%", range = 0..=100)]
    charge: u8,
    /// Whether it feeds in.
    running: bool,
    mode: Mode,
}

#[derive(Serialize, Deserialize, Datapoints)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Eco,
    Full,
}

#[connector]
impl Plant {
    /// Reads the file.
    #[receive(every = Duration::from_millis(100))]
    fn status(&self) -> Result<Vec<u8>> {
        fs::read(&self.file).with_context(|| self.file.display().to_string())
    }

    #[parse]
    fn readings(raw: &[u8]) -> Result<Readings> {
        serde_json::from_slice(raw).context("the plant said what is no JSON")
    }

    /// Limits what it feeds in.
    #[send("inverter__power_limit", unit = "W", range = 0.0..=5000.0)]
    fn limit(&self, watts: f64) -> Result<()> {
        ensure!(self.pin.expose() == "1234", "the plant wants another DEVICE_PIN");
        Ok(fs::write(&self.file, format!("limit {watts}"))?)
    }

    /// Switches it on or off.
    #[send("inverter__running")]
    fn switch(&self, on: bool) -> Result<()> {
        Ok(fs::write(&self.file, format!("running {on}"))?)
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Plant>()
}
