//! What must come of a history.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use rumqttc::QoS;
use serde_json::Value;

use super::{LARGE, MAP, RAW, SENSORS, STATUS, WINDOW, World, number_of};

const ANNOUNCEMENT: &str = "demo/available_datapoints";
const OWN: [&str; 4] = [MAP, "demo/heartbeat", "demo/raw_message_reprocess", STATUS];

impl World {
    /// What always holds.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if self.in_flight.len() > WINDOW {
            return Err(format!("{} messages are in flight", self.in_flight.len()));
        }
        let bytes = self.machine.queued_bytes();
        if bytes > self.limit {
            return Err(format!("{bytes} bytes wait"));
        }
        let is_quiet = bytes == 0 && self.up.is_empty() && self.in_flight.is_empty();
        if is_quiet && self.machine.is_online() && !self.is_half_open && self.limit == LARGE {
            return self.check_retained();
        }
        Ok(())
    }

    /// Each topic has the value that was last handed over. What is not selected any more is not said
    /// again to a broker that has lost it, nor what was lost
    /// on the line at QoS 0, or dropped in a small outbox.
    fn check_retained(&self) -> Result<(), String> {
        for (&topic, numbers) in &self.handed_over {
            let retained = self.broker.retained.get(topic);
            let retained = retained.map(|it| number_of(str::from_utf8(it).expect("JSON is text")));
            let is_selected = self.in_force.sensors.iter().any(|(_, it)| *it == topic);
            let is_kept = self.value_qos != QoS::AtMostOnce && self.limit == LARGE;
            let is_due = is_selected || (retained.is_some() && is_kept);
            // A map may select a value that another map gives up before there is room for it.
            let may_be_missing = |number: &u64| !is_selected && self.reselected.contains(number);
            let missing = numbers.iter().rev().take_while(|number| may_be_missing(number)).count();
            let mut latest = numbers.iter().rev().take(missing + 1);
            let is_last =
                missing == numbers.len() || latest.any(|number| retained.as_ref() == Some(number));
            if topic != RAW && is_due && !is_last {
                let last = numbers.last();
                return Err(format!("{retained:?} is retained on {topic}, not {last:?}"));
            }
        }
        Ok(())
    }

    /// What holds once everything has arrived.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        let status = self.broker.retained.get(STATUS);
        if status.is_none_or(|status| status != "online") {
            return Err(format!("the status is {status:?}"));
        }
        let subscribed: BTreeSet<_> =
            self.connection.iter().flat_map(|id| self.broker.subscriptions(*id)).collect();
        let actuators = self.in_force.actuators.iter().map(|(topic, _)| *topic);
        if subscribed != OWN.into_iter().chain(actuators).collect() {
            return Err(format!("these topics are subscribed: {subscribed:?}"));
        }
        let announced = self.broker.retained.get(ANNOUNCEMENT).map(Bytes::as_ref);
        let announced: Value =
            serde_json::from_slice(announced.unwrap_or(b"{}")).expect("an announcement is JSON");
        let sensors =
            announced["sensor"].as_object().map(|it| it.keys().map(String::as_str).collect());
        let known = self.values.keys().copied().chain(self.strangers.iter().map(String::as_str));
        if sensors != Some(known.collect::<BTreeSet<_>>()) {
            return Err(format!("this is announced: {announced}"));
        }
        self.check_retained()?;
        self.check_arrivals()
    }

    fn check_arrivals(&self) -> Result<(), String> {
        let mut arrived: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        let mut repeated = 0;
        let topics = |topic: &str| topic == RAW || topic.starts_with("v/");
        for (topic, payload) in self.broker.arrivals.iter().filter(|(topic, _)| topics(topic)) {
            let number = number_of(str::from_utf8(payload).expect("JSON is text"));
            let before = arrived.entry(topic).or_default();
            if before.contains(&number) {
                repeated += 1;
            } else if before.last().is_some_and(|last| *last > number) {
                return Err(format!("{number} on {topic} comes too late: {before:?}"));
            } else {
                before.insert(number);
            }
        }
        let most = self.connections * (WINDOW + SENSORS.len()) + self.selections * 2;
        if repeated > most {
            return Err(format!("{repeated} messages came twice"));
        }
        let mut missing = 0;
        for (&topic, numbers) in &self.handed_over {
            // What is said at QoS 0 may be lost on the line, but it is said.
            let is_acknowledged = topic == RAW || self.value_qos != QoS::AtMostOnce;
            let there = if is_acknowledged { arrived.get(topic) } else { self.said.get(topic) };
            let is_lost = |number: &&u64| !there.is_some_and(|it| it.contains(number));
            let due = numbers.iter().filter(|number| !self.reselected.contains(number));
            missing += due.filter(is_lost).count();
        }
        let is_large = self.limit == LARGE;
        let (dropped, refused) = if missing > 0 || is_large { self.dropped() } else { (0, 0) };
        if missing > dropped + refused || (is_large && dropped > 0) {
            return Err(format!("{missing} are lost, {dropped} + {refused} were counted"));
        }
        Ok(())
    }

    /// How many messages were dropped for want of room, and how many as the broker seems to refuse them.
    fn dropped(&self) -> (usize, usize) {
        let metrics = self.machine.metrics();
        let count = |kind: &str| {
            let name = format!(r#"connector_dropped_total{{kind="{kind}"}} "#);
            let count = metrics.lines().find_map(|line| line.strip_prefix(&name));
            count.map_or(0, |count| count.parse().expect("a counter is a number"))
        };
        (count("queue"), count("refused"))
    }
}
