//! The topics of a connector below its name, as in the table of README.md.

use serde::Serialize;

/// A topic with a description of its messages.
#[derive(Debug, Serialize)]
pub(crate) struct Topic {
    #[serde(rename = "topic")]
    pub(crate) name: String,
    /// `publish` or `subscribe`, from the point of view of the connector.
    pub(crate) direction: &'static str,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    /// A description of the payload.
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
        topic(
            "available_datapoints",
            "publish",
            1,
            true,
            "Announcement of all datapoints, each with an example",
        ),
        topic("datapoint_map", "subscribe", 1, true, "Selected datapoints and their topics"),
        topic(
            "raw_message_to_db",
            "publish",
            2,
            false,
            "Raw messages as received, if SEND_RAW_MESSAGE_TO_DB is TRUE",
        ),
        topic(
            "raw_message_reprocess",
            "subscribe",
            1,
            false,
            "Raw messages to parse and publish again",
        ),
        topic("logs", "publish", 1, true, "Log messages"),
        topic("status", "publish", 1, true, "`online` or `offline`"),
        topic("heartbeat", "publish", 0, false, "Time of this heartbeat, and of the next one"),
    ]
}
