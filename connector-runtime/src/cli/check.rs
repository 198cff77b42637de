//! `check`: prints the effective settings and every problem with them.

use std::{any::TypeId, fmt::Write, process::ExitCode};

use clap::Args;

use crate::{
    bus::Topics,
    cli::{
        table,
        tool::{Call, Tool, command},
        work::{self, within},
    },
    connector::Connector,
    error::{Causes, Error, Result},
    mqtt::probe::probe,
    runtime,
    settings::{self, BusSettings, EXIT_CONFIG, Effective, Exit, Read, Unknown},
};

/// The arguments of `check`.
#[derive(Args)]
pub(crate) struct Check {
    /// Also try to connect to the device.
    #[arg(id = "tool-device", long = "device")]
    device: bool,
    /// Also try to connect to the broker.
    #[arg(id = "tool-broker", long = "broker")]
    broker: bool,
}

impl Tool for Check {
    const NAME: &'static str = "check";
    const ABOUT: &'static str =
        "Prints the effective settings and every problem with them; exit code 0 or 78";
    const NEEDS_BROKER: bool = true;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let command = command::<C, Self>();
        let read = call.read::<C, Self>();
        if let Err(asked @ Exit::Asked(_)) = read {
            return Err(asked);
        }
        if let Some(settings) = settings::effective(&command, call.arguments, call.environment) {
            work::print(table(&settings))?;
        }
        let unknown = settings::unknown(&command, call.environment);
        let (mut faults, warnings) = problems_of(&unknown);
        match read {
            Ok((check, read)) => {
                warn(&warnings, &read.warnings);
                faults.extend(runtime::faults(&read.connector, &read.settings));
                if faults.is_empty() {
                    return check.connect(read);
                }
            }
            Err(Exit::Faults(more)) => {
                warn(&warnings, &[]);
                faults.splice(0..0, more);
            }
            Err(exit) => return Err(exit),
        }
        Err(Exit::Faults(faults))
    }
}

impl Check {
    /// Tries to connect to the broker and the device, as the arguments require.
    fn connect<C: Connector>(self, read: Read<C>) -> Result<ExitCode, Exit> {
        let Read { connector, settings, .. } = read;
        work::block_on(async move {
            let mut code = ExitCode::SUCCESS;
            let mut report = |what: &str, outcome: Result<String>| match outcome {
                Ok(found) => work::print(format!("{what}: {found}\n")),
                Err(error) => {
                    work::note(format_args!("error: {what}: {}", Causes(&error)));
                    code = ExitCode::from(EXIT_CONFIG);
                    Ok(())
                }
            };
            if self.broker {
                report("broker", try_broker(&settings).await)?;
            }
            if self.device {
                report("device", try_device(&connector).await)?;
            }
            Ok(code)
        })
    }
}

async fn try_broker(settings: &BusSettings) -> Result<String> {
    let address = runtime::address_of(settings).map_err(|exit| Error::msg(exit.to_string()))?;
    let topics = Topics::of(&settings.connector_name);
    probe(&address, &runtime::identity_of(settings), &topics.datapoint_map).await?;
    Ok(format!("{address} accepts this connector"))
}

async fn try_device<C: Connector>(connector: &C) -> Result<String> {
    let opened = within(connector.connect_timeout(), connector.connect()).await?;
    if TypeId::of::<C::Session>() != TypeId::of::<()>() {
        return Ok("opened a session".to_owned());
    }
    let mut polled = Vec::new();
    for (index, source) in connector.sources().iter().enumerate() {
        let Some(limit) = source.limit().filter(|_| source.every().is_some()) else { continue };
        let name = format!("`{}`", source.name());
        let answer = within(limit, connector.receive(&opened, index)).await;
        answer.map_err(|error| error.context(name.clone()))?;
        polled.push(name);
    }
    Ok(match polled.len() {
        0 => "nothing to try, because the connector has no session and polls no source".to_owned(),
        _ => format!("polled {}", polled.join(", ")),
    })
}

/// Returns errors and warnings about variables that are not settings.
fn problems_of(unknown: &[Unknown]) -> (Vec<String>, Vec<String>) {
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    for Unknown { name, meant } in unknown {
        match meant {
            Some(meant) => {
                faults.push(format!(
                    "{name} is not a setting: did you mean {meant}, which is not set?"
                ));
            }
            None => warnings.push(format!("{name} is not a setting of this connector")),
        }
    }
    (faults, warnings)
}

fn warn(ours: &[String], of_settings: &[String]) {
    for warning in ours.iter().chain(of_settings) {
        work::note(format_args!("warning: {warning}"));
    }
}

/// Formats the settings as a table, by group.
fn table(settings: &[Effective]) -> String {
    let row = |it: &Effective| {
        vec![it.name.clone(), it.value.clone().unwrap_or_else(|| "-".to_owned()), it.origin.clone()]
    };
    let (mut text, mut group) = (String::new(), "");
    for (setting, line) in settings.iter().zip(table::lines(settings.iter().map(row))) {
        if setting.group != group {
            group = &setting.group;
            let _ = writeln!(text, "{group}:");
        }
        text.push_str(&line);
    }
    text
}
