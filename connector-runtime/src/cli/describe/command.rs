//! The subcommand `describe`: prints a document, updates it in a file, or checks the file.

use std::{ffi::OsString, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, anyhow, ensure};
use clap::Args;

use crate::{
    bus::{DatapointMap, MapLimits, Topics},
    cli::{
        describe::{document::Format, manifest::Manifest},
        tool::{Call, Tool},
        work,
    },
    connector::Connector,
    error::Result,
    settings::{self, Environment, Exit, Read},
};

/// In a larger file, the document is between lines that contain these words.
const BEGIN: &str = "describe:begin";
const END: &str = "describe:end";

/// The arguments of `describe`.
#[derive(Args)]
pub(crate) struct Describe {
    /// Kind of document.
    #[arg(
        id = "tool-format",
        long = "format",
        value_name = "FORMAT",
        value_enum,
        default_value = "table"
    )]
    format: Format,
    /// Compare the document with this file, or with its lines between `describe:begin` and
    /// `describe:end`. The exit code is 1 if they differ.
    #[arg(id = "tool-check", long = "check", value_name = "FILE", conflicts_with = "tool-update")]
    check: Option<PathBuf>,
    /// Write the document to this file, or between these lines of it.
    #[arg(id = "tool-update", long = "update", value_name = "FILE")]
    update: Option<PathBuf>,
    /// Datapoint map with the topics for `hass` and `asyncapi`. Without it, they use the topics of
    /// `map`.
    #[arg(id = "tool-map", long = "map", value_name = "FILE")]
    map: Option<PathBuf>,
}

impl Tool for Describe {
    const NAME: &'static str = "describe";
    const ABOUT: &'static str =
        "Prints settings, datapoints and topics in many formats, and updates or checks documents";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        // A document does not depend on the environment.
        let call = Call { environment: &Environment::default(), ..*call };
        let (describe, Read { connector, settings, .. }) = call.read_without_device::<C, Self>()?;
        let manifest = Manifest::of(&connector, &settings, &settings::command::<C>())?;
        let map = describe.map.as_ref().map(|file| {
            let json = fs::read(file).with_context(|| file.display().to_string())?;
            let (map, _) =
                DatapointMap::parse(&json, &Topics::of(&settings.connector_name), MapLimits::MOST)?;
            Ok::<_, crate::error::Error>(map)
        });
        let document = manifest.document(describe.format, map.transpose()?)?;
        describe.treat(&document, C::NAME, call.arguments)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Describe {
    fn treat(&self, document: &str, program: &str, arguments: &[OsString]) -> Result<()> {
        let Some(file) = self.check.as_ref().or(self.update.as_ref()) else {
            return work::print(document);
        };
        let shown = file.display();
        let there = match fs::read_to_string(file) {
            Err(error) if self.check.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            there => there.with_context(|| format!("cannot read {shown}"))?,
        };
        let part = Part::of(&there).with_context(|| shown.to_string())?;
        if self.check.is_none() {
            let Part { before, after, .. } = part;
            return fs::write(file, [before, document, after].concat()).context(shown.to_string());
        }
        let Some(line) = first_difference(part.inside, document) else { return Ok(()) };
        let line = line + part.before.lines().count();
        let arguments = arguments.iter().map(|argument| argument.to_string_lossy());
        let to_update: Vec<_> =
            arguments.map(|argument| argument.replacen("--check", "--update", 1)).collect();
        Err(anyhow!(
            "{shown} is stale from line {line} on. Update it with: {program} {}",
            to_update.join(" ")
        ))
    }
}

/// The part of a file that is the document.
struct Part<'a> {
    before: &'a str,
    inside: &'a str,
    after: &'a str,
}

impl<'a> Part<'a> {
    fn of(text: &'a str) -> Result<Self> {
        let Some(begin) = text.find(BEGIN) else {
            return Ok(Self { before: "", inside: text, after: "" });
        };
        let start = text[begin..].find('\n').map(|end| begin + end + 1);
        let end = start.and_then(|start| Some(start + text[start..].find(END)?));
        let (Some(start), Some(end)) = (start, end) else {
            anyhow::bail!("a line contains {BEGIN}, but no line after it contains {END}")
        };
        let end = text[..end].rfind('\n').map_or(0, |line| line + 1);
        ensure!(start <= end, "{BEGIN} and {END} are on the same line");
        Ok(Self { before: &text[..start], inside: &text[start..end], after: &text[end..] })
    }
}

/// The first line, from 1, in which two texts differ.
fn first_difference(there: &str, document: &str) -> Option<usize> {
    if there == document {
        return None;
    }
    let (there, document) = (there.split('\n'), document.split('\n'));
    let same = there.zip(document).take_while(|(there, document)| there == document).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_a_whole_file_or_a_part_between_two_lines() {
        let inside = |text| Part::of(text).map(|part| part.inside);
        assert_eq!(inside("a\nb\n").unwrap(), "a\nb\n");
        let readme = "# A\n<!-- describe:begin -->\nx\ny\n<!-- describe:end -->\nz\n";
        let part = Part::of(readme).unwrap();
        assert_eq!((part.inside, part.after), ("x\ny\n", "<!-- describe:end -->\nz\n"));
        assert_eq!([part.before, part.inside, part.after].concat(), readme);
        assert_eq!(inside("describe:begin\ndescribe:end").unwrap(), "");
        assert!(inside("describe:begin\nx\n").is_err());
        assert!(inside("describe:begin describe:end").is_err());
    }

    #[test]
    fn the_first_line_that_differs_is_found() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
    }
}
