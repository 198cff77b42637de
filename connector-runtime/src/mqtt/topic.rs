//! Rules for the topics of messages.

/// The maximum length of a topic in bytes. MQTT allows 65,535.
const MAX_BYTES: usize = 1024;

/// The maximum number of levels of a topic. With more, mosquitto closes the connection.
const MAX_LEVELS: usize = 200;

/// Why a topic is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTopic {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("it has more than {MAX_LEVELS} levels")]
    TooDeep,
    #[error("it contains the wildcard `{0}`")]
    WildCard(char),
    #[error("it begins with `$`, which is reserved for the broker")]
    Reserved,
    #[error("it contains the character {0:?}, after which brokers close the connection")]
    Character(char),
}

/// Checks that messages can be published on a topic, by MQTT 3.1.1, sections 1.5.3 and 4.7, and by the
/// limits of common brokers.
pub(crate) fn check(topic: &str) -> Result<(), BadTopic> {
    if topic.is_empty() {
        return Err(BadTopic::Empty);
    }
    if topic.len() > MAX_BYTES {
        return Err(BadTopic::TooLong);
    }
    if topic.starts_with('$') {
        return Err(BadTopic::Reserved);
    }
    if topic.split('/').count() > MAX_LEVELS {
        return Err(BadTopic::TooDeep);
    }
    topic.chars().try_for_each(|c| match c {
        '+' | '#' => Err(BadTopic::WildCard(c)),
        c if c.is_control() || is_non_character(c) => Err(BadTopic::Character(c)),
        _ => Ok(()),
    })
}

/// Whether this is a noncharacter of Unicode, such as U+FFFF. mosquitto closes the connection on them.
fn is_non_character(c: char) -> bool {
    let c = u32::from(c);
    (0xfdd0..=0xfdef).contains(&c) || c & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_topics_are_accepted() {
        let long = "x".repeat(MAX_BYTES);
        for topic in ["a", "a/b", "/", "ü b/°C", "a$b/$", "𝄞", &long] {
            assert_eq!(check(topic), Ok(()), "{topic}");
        }
    }

    #[test]
    fn topics_that_end_the_connection_are_rejected() {
        let (long, deep) = ("x".repeat(MAX_BYTES + 1), "/".repeat(MAX_LEVELS));
        let cases = [
            ("", BadTopic::Empty),
            ("a/+/b", BadTopic::WildCard('+')),
            ("a/#", BadTopic::WildCard('#')),
            ("$SYS/a", BadTopic::Reserved),
            ("a\0", BadTopic::Character('\0')),
            ("a\u{1f}", BadTopic::Character('\u{1f}')),
            ("a\u{85}", BadTopic::Character('\u{85}')),
            ("a\u{ffff}", BadTopic::Character('\u{ffff}')),
            ("a\u{1fffe}", BadTopic::Character('\u{1fffe}')),
            ("a\u{fdd0}", BadTopic::Character('\u{fdd0}')),
            (&long, BadTopic::TooLong),
            (&deep, BadTopic::TooDeep),
        ];
        for (topic, problem) in cases {
            assert_eq!(check(topic), Err(problem), "{topic:?}");
        }
    }
}
