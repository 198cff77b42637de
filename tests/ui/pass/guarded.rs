//! Options for actuators that move real things.
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms)]

use connector_runtime::prelude::*;

/// A boiler.
#[connector]
pub struct Boiler {
    #[arg(skip = Duration::from_secs(60))]
    patience: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Off,
    On,
}

const MINUTE: Duration = Duration::from_secs(60);
const OFF: &str = "off";

#[connector]
impl Boiler {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }

    #[parse]
    fn temperature(raw: &str) -> Result<f64> {
        Ok(raw.parse()?)
    }

    #[send("power", failsafe = 0, after = self.patience, range = 0.0..=5.0, max_age = MINUTE)]
    fn heat(&self, kilowatts: f64) -> Result<()> {
        ensure!(kilowatts > 0.0, "it is off");
        Ok(())
    }

    #[send("mode", failsafe = OFF, after = MINUTE * 5, monotonic, min_interval = self.patience)]
    fn mode(&self, mode: Mode) -> Result<()> {
        ensure!(matches!(mode, Mode::On | Mode::Off), "there is no other");
        Ok(())
    }

    #[send("{pump}__on", each = ["a"], queue = latest, retained = accept, failsafe = false, after = MINUTE)]
    fn pump(&self, pump: &str, on: bool) -> Result<()> {
        ensure!(on, "{pump} is off");
        Ok(())
    }
}

fn main() {
    let boiler = Boiler { patience: MINUTE / 2 };
    let power = Actuator::new("power").range(0.0..=5.0).max_age(MINUTE);
    let power = power.failsafe(0, MINUTE / 2);
    let mode = Actuator::new("mode").monotonic().min_interval(MINUTE / 2);
    let mode = mode.failsafe("off", MINUTE * 5);
    let pump = Actuator::new("a__on").newest_only().accept_retained().failsafe(false, MINUTE);
    assert_eq!(boiler.actuators(), [power, mode, pump]);
}
