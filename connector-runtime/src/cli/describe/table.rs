//! Settings, datapoints and topics as text.

use std::fmt::Write;

use crate::cli::{
    describe::manifest::{Datapoint, Manifest},
    table,
};

pub(super) fn of(manifest: &Manifest) -> String {
    let Manifest { name, version, about, sources, sensors, actuators, topics, variables, .. } =
        manifest;
    let mut text = format!("{name} {version}: {about}\n");
    section(
        &mut text,
        "sources",
        sources.iter().map(|source| {
            let rhythm = source.every_seconds.map(|every| format!("polled every {every} s"));
            vec![source.name.clone(), rhythm.unwrap_or_else(|| "pushes".to_owned())]
        }),
    );
    section(&mut text, "sensors", sensors.iter().map(row));
    section(&mut text, "actuators", actuators.iter().map(row));
    section(
        &mut text,
        "topics",
        topics.iter().map(|topic| {
            let retain = if topic.retain { "retained" } else { "" };
            let qos = format!("QoS {}", topic.qos);
            vec![topic.name.clone(), topic.direction.into(), qos, retain.into(), topic.about.into()]
        }),
    );
    section(
        &mut text,
        "settings",
        variables.iter().map(|it| {
            let default = match &it.default {
                Some(default) => default.clone(),
                None if it.is_required => "required".to_owned(),
                None => "-".to_owned(),
            };
            vec![it.shown().to_owned(), default, it.help.clone()]
        }),
    );
    text
}

fn row(datapoint: &Datapoint) -> Vec<String> {
    let kind = datapoint.kind.unwrap_or("any").to_owned();
    let unit = datapoint.unit.clone().unwrap_or_default();
    vec![datapoint.key.clone(), kind, unit, datapoint.values(), datapoint.description.clone()]
}

fn section(text: &mut String, title: &str, rows: impl Iterator<Item = Vec<String>>) {
    let lines = table::lines(rows);
    let _ = writeln!(text, "\n{title}: {}", lines.len());
    text.extend(lines);
}

impl Datapoint {
    /// Describes the values that it can have.
    pub(super) fn values(&self) -> String {
        let range = self.range.as_ref().map(|[low, high]| format!("{low} to {high}"));
        let listed = self.one_of.iter().map(ToString::to_string);
        let length = self.max_len.map(|most| format!("at most {most} long"));
        range.into_iter().chain(listed).chain(length).collect::<Vec<_>>().join(", ")
    }
}
