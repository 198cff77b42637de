//! Topic names and filters: their validity and matching, subscriptions, and retained messages.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use rumqttc::mqttbytes::{QoS, v4::Publish};

const WILDCARDS: [char; 2] = ['+', '#'];

/// Whether a message may be published to this name: MQTT 3.1.1, section 4.7.
pub(super) fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('\0') && !name.contains(WILDCARDS)
}

/// Whether this filter may be subscribed to: a wildcard fills its level, and `#` is the last level.
pub(super) fn is_valid_filter(filter: &str) -> bool {
    !filter.is_empty()
        && !filter.contains('\0')
        && filter.split('/').all(|level| level.len() == 1 || !level.contains(WILDCARDS))
        && filter.rsplit('/').skip(1).all(|level| level != "#")
}

/// Whether a valid filter matches a valid name. `a/#` also matches `a`. A wildcard in the first level
/// does not match names that begin with `$`, such as `$SYS`.
fn matches(filter: &str, name: &str) -> bool {
    if name.starts_with('$') && filter.starts_with(WILDCARDS) {
        return false;
    }
    let mut names = name.split('/');
    for level in filter.split('/') {
        match (level, names.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(name)) if level == name => {}
            _ => return false,
        }
    }
    names.next().is_none()
}

/// The lower QoS of two: a message is delivered with at most the QoS of its publisher and of its
/// subscriber.
pub(super) fn lower(one: QoS, other: QoS) -> QoS {
    if one < other { one } else { other }
}

/// The filters of one client.
#[derive(Default)]
pub(super) struct Subscriptions {
    /// Separate, because most filters have no wildcard and need no search.
    exact: HashMap<String, QoS>,
    wildcard: HashMap<String, QoS>,
}

impl Subscriptions {
    /// Adds a filter, or changes its QoS.
    pub(super) fn insert(&mut self, filter: String, granted: QoS) {
        self.of_kind(&filter).insert(filter, granted);
    }

    pub(super) fn remove(&mut self, filter: &str) {
        self.of_kind(filter).remove(filter);
    }

    /// The highest QoS that any filter grants to this name.
    pub(super) fn granted(&self, name: &str) -> Option<QoS> {
        let wildcard = self.wildcard.iter().filter(|(filter, _)| matches(filter, name));
        let granted = wildcard.map(|(_, granted)| granted).chain(self.exact.get(name));
        granted.copied().max_by_key(|granted| *granted as u8)
    }

    fn of_kind(&mut self, filter: &str) -> &mut HashMap<String, QoS> {
        if filter.contains(WILDCARDS) { &mut self.wildcard } else { &mut self.exact }
    }
}

/// The retained message of each topic.
#[derive(Default)]
pub(super) struct Retained(BTreeMap<String, Publish>);

impl Retained {
    /// Stores a message if it is to be retained; an empty one deletes the message of its topic.
    pub(super) fn update(&mut self, message: &Publish) {
        if !message.retain {
            return;
        }
        if message.payload.is_empty() {
            self.0.remove(&message.topic);
        } else {
            self.0.insert(message.topic.clone(), message.clone());
        }
    }

    /// The retained messages that match a valid filter, ordered by topic.
    pub(super) fn matching(&self, filter: &str) -> Vec<&Publish> {
        if filter.contains(WILDCARDS) {
            self.0.values().filter(|message| matches(filter, &message.topic)).collect()
        } else {
            self.0.get(filter).into_iter().collect()
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A message as the broker forwards it: without the packet id and the flag of its arrival, and in its own
/// memory, because it may outlive the buffer that it was read into.
pub(super) fn detached(message: Publish) -> Publish {
    let payload = Bytes::copy_from_slice(&message.payload);
    Publish { dup: false, pkid: 0, payload, ..message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_wildcards() {
        for name in ["a", "/", "a//b", " ", "$SYS/x", "räume/küche", "a/b/"] {
            assert!(is_valid_name(name), "{name:?}");
        }
        for name in ["", "a/+", "#", "a#b", "a\0b"] {
            assert!(!is_valid_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_wildcard_fills_its_level_and_the_hash_is_last() {
        for filter in ["a", "#", "+", "a/#", "+/a/+", "/", "+/#", "ä/+", "a//b", "$SYS/#"] {
            assert!(is_valid_filter(filter), "{filter:?}");
        }
        for filter in ["", "a#", "a/#/b", "#/", "a+/b", "a/b+", "##", "++", "a\0", "+ä"] {
            assert!(!is_valid_filter(filter), "{filter:?}");
        }
    }

    #[test]
    fn filters_match_level_by_level() {
        let yes = [
            ("a/b", "a/b"),
            ("a/#", "a"),
            ("a/#", "a/b/c"),
            ("#", "a/b"),
            ("#", "/"),
            ("+", "ä"),
            ("+/+", "/a"),
            ("/+", "/a"),
            ("a/+", "a/"),
            ("a/+/c", "a/b/c"),
            ("$SYS/#", "$SYS/x"),
            ("$SYS/+", "$SYS/x"),
        ];
        let no = [
            ("a/b", "a/B"),
            ("a", "a/b"),
            ("a/b", "a"),
            ("a/+", "a"),
            ("a/+", "a/b/c"),
            ("+", "/a"),
            ("a/#", "ab"),
            ("#", "$SYS/x"),
            ("+/x", "$SYS/x"),
            ("/a", "a"),
        ];
        for (filter, name) in yes {
            assert!(matches(filter, name), "{filter} {name}");
        }
        for (filter, name) in no {
            assert!(!matches(filter, name), "{filter} {name}");
        }
    }

    #[test]
    fn the_best_of_overlapping_subscriptions_counts() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.insert("a/#".into(), QoS::ExactlyOnce);
        subscriptions.insert("a/b".into(), QoS::AtMostOnce);
        subscriptions.insert("a/+".into(), QoS::AtLeastOnce);
        assert_eq!(subscriptions.granted("a/b"), Some(QoS::ExactlyOnce));
        subscriptions.remove("a/#");
        assert_eq!(subscriptions.granted("a/b"), Some(QoS::AtLeastOnce));
        subscriptions.remove("a/+");
        assert_eq!(subscriptions.granted("a/b"), Some(QoS::AtMostOnce));
        assert_eq!(subscriptions.granted("a/c"), None);
    }
}
