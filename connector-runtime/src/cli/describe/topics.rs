//! The topics of a connector below its name. The table in README.md tells the same to people.

use serde::Serialize;

/// A topic with what goes over it.
#[derive(Debug, Serialize)]
pub(crate) struct Topic {
    #[serde(rename = "topic")]
    pub(crate) name: String,
    /// `publish` or `subscribe`, as the connector sees it.
    pub(crate) direction: &'static str,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    /// What it carries.
    pub(crate) about: &'static str,
}

pub(super) fn of(name: &str) -> Vec<Topic> {
    let topic = |last, direction, qos, retain, about| Topic {
        name: format!("{name}/{last}"),
        direction,
        qos,
        retain,
        about,
    };
    vec![
        topic("available_datapoints", "publish", 1, true, "All datapoints, each with an example"),
        topic(
            "datapoint_map",
            "subscribe",
            1,
            true,
            "Which datapoints are selected, and their topics",
        ),
        topic(
            "raw_message_to_db",
            "publish",
            2,
            false,
            "Each raw message, if SEND_RAW_MESSAGE_TO_DB is TRUE",
        ),
        topic(
            "raw_message_reprocess",
            "subscribe",
            1,
            false,
            "Raw messages to be parsed and published again",
        ),
        topic("logs", "publish", 1, true, "Log messages"),
        topic("status", "publish", 1, true, "`online` or `offline`"),
        topic(
            "heartbeat",
            "publish",
            0,
            false,
            "That it lives, and until when this can be believed",
        ),
    ]
}
