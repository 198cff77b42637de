//! What holds once all is well again.

use std::collections::BTreeSet;

use super::{MAP, RAW, STATUS, Simulation};
use crate::world::number_of;

/// How many messages come twice at most after a cut.
const WINDOW: usize = 16;

impl Simulation {
    pub(super) fn check_status(&self, expected: &str) -> Result<(), String> {
        match self.network.state().broker.retained.get(STATUS) {
            Some(status) if status == expected => Ok(()),
            status => Err(format!("the status is {status:?}, not {expected}")),
        }
    }

    pub(super) fn check(&self, last_command: u64) -> Result<(), String> {
        self.check_status("online")?;
        self.check_subscriptions()?;
        self.check_commands(last_command)?;
        for topic in [RAW, "v/a", "v/b"] {
            self.check_arrivals(topic)?;
        }
        Ok(())
    }

    fn check_subscriptions(&self) -> Result<(), String> {
        let state = self.network.state();
        let [id] = state.clients()[..] else {
            return Err(format!("these are connected: {:?}", state.clients()));
        };
        let topics: Vec<_> = state.broker.subscriptions(id).collect();
        let own = [MAP, "demo/heartbeat", "demo/raw_message_reprocess", STATUS];
        if topics != [&["c/guarded", "c/plain"][..], &own].concat() {
            return Err(format!("these topics are subscribed: {topics:?}"));
        }
        Ok(())
    }

    fn check_commands(&self, last: u64) -> Result<(), String> {
        let ledger = self.ledger();
        for (actuator, numbers) in &ledger.heard {
            if !numbers.is_sorted_by(|one, next| one < next) {
                return Err(format!("`{actuator}` heard {numbers:?}"));
            }
            if let Some(stale) = numbers.iter().find(|number| self.stale.contains(number)) {
                return Err(format!("`{actuator}` heard {stale}, which is stale"));
            }
        }
        let heard = || ledger.heard.values().flatten();
        match (last..last + 5).find(|number| !heard().any(|it| it == number)) {
            Some(number) => Err(format!("nobody heard {number}")),
            None => Ok(()),
        }
    }

    fn check_arrivals(&self, topic: &str) -> Result<(), String> {
        let (state, ledger) = (self.network.state(), self.ledger());
        let numbers = |payload| number_of(str::from_utf8(payload).expect("JSON is text"));
        let arrivals = state.broker.arrivals.iter().filter(|(it, _)| it == topic);
        let (mut arrived, mut repeated) = (BTreeSet::new(), 0);
        for number in arrivals.map(|(_, payload)| numbers(payload)) {
            let is_late = arrived.last().is_some_and(|last| *last > number);
            if !arrived.insert(number) {
                repeated += 1;
            } else if is_late && !state.has_lost_publish {
                return Err(format!("{number} on {topic} comes too late"));
            }
        }
        if repeated > state.connections * WINDOW {
            return Err(format!("{repeated} on {topic} came twice"));
        }
        // Values before the first map are not published.
        let first = ledger.said.iter().position(|number| topic == RAW || arrived.contains(number));
        let due = ledger.said.iter().skip(first.unwrap_or_default());
        let missing: Vec<_> = due.filter(|number| !arrived.contains(number)).collect();
        if !missing.is_empty() {
            return Err(format!("{missing:?} are lost on {topic}"));
        }
        let retained = state.broker.retained.get(topic).map(|payload| numbers(payload));
        if topic != RAW && retained.as_ref() != ledger.said.last() {
            return Err(format!(
                "{retained:?} is retained on {topic}, not {:?}",
                ledger.said.last()
            ));
        }
        Ok(())
    }
}
