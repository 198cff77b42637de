//! What mosquitto has to allow, in the format of its `acl_file` (mosquitto.conf(5)): no more than the
//! connector needs.

use std::{collections::BTreeSet, fmt::Write};

use crate::cli::describe::manifest::Manifest;

pub(super) fn of(manifest: &Manifest) -> String {
    let Manifest { name, user, topics, .. } = manifest;
    let mut text = format!("# {name}, which logs in as {user}.\nuser {user}\n");
    for topic in topics {
        // It listens to these two as well: they tell it that it is not alone.
        let is_own = ["status", "heartbeat"].iter().any(|last| topic.name.ends_with(last));
        let access = match topic.direction {
            _ if is_own => "readwrite",
            "subscribe" => "read",
            _ => "write",
        };
        let _ = writeln!(text, "topic {access} {}", topic.name);
    }
    text += "# Values and commands, on the topics that the datapoint map names.\n";
    for line in lines(manifest) {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// What is allowed for the topics of the map. A pattern ends with a whole level: for a prefix that does not, it
/// is one level less, or nothing where that would be everything.
fn lines(manifest: &Manifest) -> BTreeSet<String> {
    if manifest.prefixes.is_empty() {
        return [format!("topic readwrite {}/messages/#", manifest.name)].into();
    }
    let line = |prefix: &String| match prefix.rfind('/') {
        Some(end) => format!("topic readwrite {}#", &prefix[..=end]),
        None => format!("# Nothing for `{prefix}` of MQTT_TOPIC_PREFIXES: let it end with `/`."),
    };
    manifest.prefixes.iter().map(line).collect()
}
