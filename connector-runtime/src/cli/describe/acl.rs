//! An `acl_file` for mosquitto (mosquitto.conf(5)) with the least permissions that the connector needs.

use std::{collections::BTreeSet, fmt::Write};

use crate::cli::describe::manifest::Manifest;

pub(super) fn of(manifest: &Manifest) -> String {
    let Manifest { name, user, topics, .. } = manifest;
    let mut text = format!("# Permissions of {name}, which logs in as {user}.\nuser {user}\n");
    for topic in topics {
        // The connector also subscribes to these two, to detect another instance with the same name.
        let is_own = ["status", "heartbeat"].iter().any(|last| topic.name.ends_with(last));
        let access = match topic.direction {
            _ if is_own => "readwrite",
            "subscribe" => "read",
            _ => "write",
        };
        let _ = writeln!(text, "topic {access} {}", topic.name);
    }
    text += "# Values and commands, on the topics of the datapoint map.\n";
    for line in lines(manifest) {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Returns the permissions for the topics of the datapoint map. A pattern ends with a complete level. For
/// a prefix that does not, the last level is omitted, and the whole prefix if it has only one.
fn lines(manifest: &Manifest) -> BTreeSet<String> {
    if manifest.prefixes.is_empty() {
        return [format!("topic readwrite {}/messages/#", manifest.name)].into();
    }
    let line = |prefix: &String| match prefix.rfind('/') {
        Some(end) => format!("topic readwrite {}#", &prefix[..=end]),
        None => format!(
            "# No permission for `{prefix}` of MQTT_TOPIC_PREFIXES, because it does not end with `/`."
        ),
    };
    manifest.prefixes.iter().map(line).collect()
}
