//! `replay`: parses recorded raw messages again.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use crate::{
    cli::{
        replay::{diff::compare, publish::publish_selected, replayed::replay},
        tool::{Call, NOWHERE, Tool},
        work,
    },
    connector::Connector,
    error::Result,
    settings::{Exit, Read},
};

/// The arguments of `replay`.
#[derive(Args)]
pub(crate) struct Replay {
    /// File as written by `record`, or with only the objects in `payload`; `-` is stdin.
    #[arg(id = "tool-file", value_name = "FILE")]
    file: PathBuf,
    /// Publish the values of selected datapoints, not retained, instead of printing them.
    #[arg(id = "tool-publish", long = "publish", conflicts_with = "tool-diff")]
    publish: bool,
    /// Compare the values with the output of an earlier replay. The exit code is 1 if they differ.
    #[arg(id = "tool-diff", long = "diff", value_name = "FILE")]
    diff: Option<PathBuf>,
}

impl Tool for Replay {
    const NAME: &'static str = "replay";
    const ABOUT: &'static str =
        "Parses recorded raw messages again, and prints, compares or publishes their values";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (Self { file, publish, diff }, Read { connector, settings, .. }) =
            call.read_without_device::<C, Self>()?;
        let has_broker = settings.mqtt_broker_host != NOWHERE;
        if publish && !has_broker {
            return Err(Exit::Faults(vec![
                "MQTT_BROKER_HOST is not set, but --publish requires a broker".to_owned(),
            ]));
        }
        let replayed = replay(&connector, open(&file)?)?;
        let is_same = match diff {
            _ if publish => return publish_selected(&settings, replayed),
            Some(earlier) => compare(open(&earlier)?, &replayed.lines())?,
            None => {
                work::print(replayed.lines().concat())?;
                true
            }
        };
        Ok(if is_same && replayed.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}
