//! A log message as it is published.

use serde::Serialize;

use crate::time::Timestamp;

/// The payload of `{name}/logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LogMessage {
    pub(crate) timestamp: Timestamp,
    pub(crate) msg: String,
    /// Never omitted: the receiving database drops entries without an emitter.
    pub(crate) emitter: String,
    /// 10, 20, 30 or 40, as in Python's `logging`.
    pub(crate) level: u8,
}

impl LogMessage {
    pub(super) const ERROR: u8 = 40;
    pub(super) const WARNING: u8 = 30;
    pub(super) const INFO: u8 = 20;
    pub(super) const DEBUG: u8 = 10;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_messages_have_exactly_these_members() {
        let message = LogMessage {
            timestamp: Timestamp::from_millis(1_573_680_749_000),
            msg: "Connector online.".to_owned(),
            emitter: "run".to_owned(),
            level: 20,
        };
        assert_eq!(
            serde_json::to_string(&message).unwrap(),
            r#"{"timestamp":1573680749000,"msg":"Connector online.","emitter":"run","level":20}"#
        );
    }
}
