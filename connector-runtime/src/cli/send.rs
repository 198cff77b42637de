//! `send`: sends one command to the device, as if it had arrived from the bus.

use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    cli::{
        tool::{Call, Tool},
        work::{self, within},
    },
    connector::Connector,
    datapoint::{Actuator, Command},
    error::{Result, isolated_call},
    settings::{Exit, Read, nearest},
    telemetry::log::{self, Console, Logs},
    time::Timestamp,
};

/// The arguments of `send`.
#[derive(Args)]
pub(crate) struct Send {
    /// Key of the actuator.
    #[arg(id = "tool-key", value_name = "KEY")]
    key: String,
    /// Value as JSON. A value that is not valid JSON is sent as a string.
    #[arg(id = "tool-value", value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
    /// Only check the command.
    #[arg(id = "tool-dry-run", long = "dry-run")]
    dry_run: bool,
}

impl Tool for Send {
    const NAME: &'static str = "send";
    const ABOUT: &'static str =
        "Sends one command to the device, or prints why it is rejected; needs no broker";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (send, Read { connector, settings, .. }) = call.read::<C, Self>()?;
        let logs = Logs::new(settings.debug);
        let _last_lines = log::init(&logs, Console::Stderr).context(log::CANNOT_PRINT)?;
        work::block_on(logs.collect(async move { Ok(send.carry_out(&connector).await?) }))
    }
}

impl Send {
    async fn carry_out<C: Connector>(&self, connector: &C) -> Result<ExitCode> {
        let value = serde_json::from_str::<Box<RawValue>>(&self.value);
        let value = value.or_else(|_| to_raw_value(&self.value))?;
        let command = Command::new(&*self.key, value, Timestamp::now());
        if self.dry_run {
            check(&self.actuator(connector)?, &command)?;
            work::print(format!("{} would be sent to `{}`\n", command.json(), self.key))?;
            return Ok(ExitCode::SUCCESS);
        }
        // If the actuator is already known, the command is checked before connecting to the device.
        if let Ok(actuator) = self.actuator(connector) {
            check(&actuator, &command)?;
        }
        let limit = connector.connect_timeout();
        let session = within(limit, connector.connect()).await.context("cannot connect")?;
        let actuator = self.actuator(connector)?;
        check(&actuator, &command)?;
        let limit = actuator.rules().send_limit();
        within(limit, connector.send(&session, &command))
            .await
            .with_context(|| format!("the command for `{}` failed", self.key))?;
        work::print(format!("{} was sent to `{}`\n", command.json(), self.key))?;
        Ok(ExitCode::SUCCESS)
    }

    fn actuator(&self, connector: &impl Connector) -> Result<Actuator> {
        let actuators = isolated_call(|| Ok(connector.actuators()))?;
        let keys: Vec<_> = actuators.iter().map(|actuator| actuator.key.to_string()).collect();
        let found = actuators.into_iter().find(|actuator| actuator.key == self.key);
        found.ok_or_else(|| unknown(&self.key, &keys))
    }
}

fn check(actuator: &Actuator, command: &Command) -> Result<()> {
    let checked = actuator.check(command).and_then(|()| actuator.check_type(command));
    checked.with_context(|| format!("the command for `{}` was rejected", command.key()))
}

fn unknown(key: &str, keys: &[String]) -> crate::error::Error {
    if keys.is_empty() {
        return anyhow!("there is no actuator `{key}`: this connector has no actuators");
    }
    match nearest(key, keys.iter().map(String::as_str)) {
        Some(meant) => anyhow!("there is no actuator `{key}`: did you mean `{meant}`?"),
        None => anyhow!("there is no actuator `{key}`: use one of {}", keys.join(", ")),
    }
}
