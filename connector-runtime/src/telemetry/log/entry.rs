//! A log message as the bus carries it.

use serde::Serialize;

use crate::time::Timestamp;

/// On `{name}/logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LogMessage {
    pub(crate) timestamp: Timestamp,
    pub(crate) msg: String,
    /// Always text: the receiving data base loses entries without.
    pub(crate) emitter: String,
    /// 10, 20, 30 or 40, as Python numbers its levels.
    pub(crate) level: u8,
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
