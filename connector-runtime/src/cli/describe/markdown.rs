//! Tables for a Readme.

use std::fmt::Write;

use crate::cli::describe::manifest::{Datapoint, Manifest};

pub(super) fn of(manifest: &Manifest) -> String {
    let Manifest { sensors, actuators, topics, variables, .. } = manifest;
    let mut text = String::new();
    heading(&mut text, "Configuration", &["variable", "default", "meaning"]);
    for it in variables {
        let default = match &it.default {
            Some(default) => format!("`{default}`"),
            None if it.is_required => "required".to_owned(),
            None => "none".to_owned(),
        };
        row(&mut text, &[format!("`{}`", it.shown()), default, it.help.clone()]);
    }
    for (title, datapoints) in [("Sensors", sensors), ("Actuators", actuators)] {
        if datapoints.is_empty() {
            continue;
        }
        heading(&mut text, title, &["key", "kind", "unit", "values", "meaning"]);
        for it in datapoints {
            row(&mut text, &cells(it));
        }
    }
    heading(&mut text, "Topics", &["topic", "direction", "QoS", "retained", "payload"]);
    for it in topics {
        let retain = if it.retain { "yes" } else { "no" };
        let (topic, qos) = (format!("`{}`", it.name), it.qos.to_string());
        row(&mut text, &[topic, it.direction.into(), qos, retain.into(), it.about.into()]);
    }
    text
}

fn cells(it: &Datapoint) -> [String; 5] {
    let (kind, unit) = (it.kind.unwrap_or("any").to_owned(), it.unit.clone().unwrap_or_default());
    [format!("`{}`", it.key), kind, unit, it.values(), it.description.clone()]
}

fn heading(text: &mut String, title: &str, columns: &[&str]) {
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "### {title}\n\n| {} |", columns.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(columns.len()));
}

fn row(text: &mut String, cells: &[String]) {
    let cells = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " "));
    let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
}
