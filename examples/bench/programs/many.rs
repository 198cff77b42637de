//! Many connectors in one process, each with its own connection to the broker.

use connector_runtime::{BusSettings, anyhow, prelude::*};
use serde_json::Value;
use tokio::task::JoinSet;

use super::setting::setting;
use crate::plant;

/// A device that is polled each second.
#[connector(name = "bench")]
struct Polled {}

#[connector]
impl Polled {
    #[receive(every = Duration::from_secs(1))]
    async fn poll(&self) -> Result<String> {
        Ok(plant::line(10, 0))
    }

    #[parse]
    fn object(raw: &str) -> Result<Value> {
        Ok(serde_json::from_str(raw)?)
    }
}

#[tokio::main(flavor = "current_thread")]
pub(super) async fn run() -> Result<()> {
    let name = setting("CONNECTOR_NAME")?;
    let (host, port) = (setting("MQTT_BROKER_HOST")?, setting("MQTT_BROKER_PORT")?.parse()?);
    let mut all = JoinSet::new();
    for index in 0..setting("CONNECTORS")?.parse()? {
        let mut settings = BusSettings::new(format!("{name}-{index}"), &*host);
        settings.mqtt_broker_port = port;
        all.spawn(connector_runtime::run(Polled {}, settings, std::future::pending()));
    }
    while let Some(ended) = all.join_next().await {
        ended.map_err(|error| anyhow!("{error}"))??;
    }
    anyhow::bail!("all have ended")
}
