//! The connector that is commanded.

use std::time::Duration;

use connector_runtime::prelude::*;
use tokio::{sync::mpsc, time::sleep};

/// The greatest number of a valid command.
pub(crate) const LAST: u32 = 999_999;

/// How long the device takes for the actuator `slow`: more than a broker waits for an answer.
const SLOW: Duration = Duration::from_secs(12);

/// A heater that remembers what it was told.
#[connector(name = "demo")]
pub(crate) struct Heater {
    #[arg(skip)]
    pub(crate) runs: Option<mpsc::UnboundedSender<u32>>,
}

impl Connector for Heater {
    type Session = ();
    type Raw = ();
    type Readings = ();

    fn sources(&self) -> Vec<Source> {
        vec![]
    }

    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn receive(&self, (): &(), _: usize) -> Result<Option<()>> {
        Ok(None)
    }

    fn parse(&self, (): &()) -> Result<Option<()>> {
        Ok(None)
    }

    fn actuators(&self) -> Vec<Actuator> {
        vec![Actuator::new("power").range(0..=LAST), Actuator::new("slow")]
    }

    async fn send(&self, (): &(), command: &Command) -> Result<()> {
        if command.key() == "slow" {
            sleep(SLOW).await;
        }
        let runs = self.runs.as_ref().context("it is made by the test")?;
        Ok(runs.send(command.value()?)?)
    }
}
