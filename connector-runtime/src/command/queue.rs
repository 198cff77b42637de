//! What stands between the commands for an actuator and its device, as a state machine: which commands
//! are taken, which of them is next, and when the failsafe value is due.
//!
//! There is no I/O and no clock: what time it is comes with the question.

use std::{collections::VecDeque, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use crate::{
    command::refusal::Refusal,
    datapoint::{Command, Failsafe, Rules, is_same},
    time::{Backoff, Now, Timestamp},
};

/// How long a command waits for a session.
pub(crate) const WAIT_FOR_SESSION: Duration = Duration::from_secs(2);

/// How many commands of one actuator wait at most.
pub(crate) const QUEUE: usize = 256;

/// How far the clock of a sender may be ahead of ours.
const SKEW: Duration = Duration::from_secs(5);

/// The pauses before a failsafe value is tried again.
const FAILSAFE_RETRY: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(10));

/// A command as it came from the bus; its value is one that the actuator accepts.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) command: Command,
    /// Whether its sender said when it was made.
    pub(crate) is_timed: bool,
    pub(crate) is_retained: bool,
}

/// What is to be done next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing until then, or until something comes.
    Wait(Option<Instant>),
    /// The oldest command may be sent. It came at this time.
    Command {
        since: Instant,
    },
    /// This command will not be sent.
    Refuse(Command, Refusal),
    Failsafe(Due),
    /// There will be nothing more.
    End,
}

/// A failsafe value to be sent now.
#[derive(Debug, PartialEq)]
pub(crate) struct Due {
    pub(crate) value: Value,
    /// How long no command came; none where the connector stops.
    pub(crate) after: Option<Duration>,
    /// How often it was tried already.
    pub(crate) failures: u32,
}

/// The commands of one actuator, and its failsafe value.
///
/// # Order of calls
///
/// [`new`](Self::new), then [`offer`](Self::offer) for each command that arrives. Whoever sends them asks
/// [`next`](Self::next) what to do, does it, and asks again:
///
/// - [`Step::Wait`]: until that time, or until something is offered.
/// - [`Step::Command`]: with a session [`take`](Self::take) the command, send it and report that with
///   [`sent`](Self::sent); without one, [`give_up`](Self::give_up).
/// - [`Step::Refuse`]: report the refusal.
/// - [`Step::Failsafe`]: send the value; report [`sent`](Self::sent) and [`tried_failsafe`](Self::tried_failsafe).
/// - [`Step::End`]: stop, after [`stop`](Self::stop).
///
/// # Methods
///
/// - **Inputs**: [`offer`](Self::offer), [`set_rules`](Self::set_rules), [`leave`](Self::leave),
///   [`sent`](Self::sent), [`tried_failsafe`](Self::tried_failsafe), [`stop`](Self::stop).
/// - **Outputs**: [`next`](Self::next), [`take`](Self::take), [`give_up`](Self::give_up), the commands that
///   [`offer`](Self::offer) replaces.
/// - **Getters**: [`send_limit`](Self::send_limit).
#[derive(Debug)]
pub(crate) struct CommandQueue {
    rules: Rules,
    waiting: VecDeque<Waiting>,
    /// The newest timestamp of those that were taken.
    newest: Option<Timestamp>,
    /// The values of the last command that was taken, and of the last retained one.
    last: Option<String>,
    last_retained: Option<String>,
    /// When something was last sent.
    sent: Option<Instant>,
    /// The value that the device has, as far as we know.
    current: Option<String>,
    silence: Silence,
    is_gone: bool,
    is_stopping: bool,
}

#[derive(Debug)]
struct Waiting {
    arrival: Arrival,
    since: Instant,
}

/// How the time without commands goes on.
#[derive(Debug)]
enum Silence {
    Since(Instant),
    /// The failsafe value is on its way to the device.
    Trying {
        failures: u32,
    },
    Failed {
        failures: u32,
        again: Instant,
    },
    /// The device has it.
    Applied,
}

impl CommandQueue {
    pub(crate) fn new(rules: Rules, now: Instant) -> Self {
        Self {
            rules,
            waiting: VecDeque::new(),
            newest: None,
            last: None,
            last_retained: None,
            sent: None,
            current: None,
            silence: Silence::Since(now),
            is_gone: false,
            is_stopping: false,
        }
    }

    /// How long a send may take.
    pub(crate) fn send_limit(&self) -> Duration {
        self.rules.send_limit()
    }

    pub(crate) fn set_rules(&mut self, rules: Rules) {
        (self.rules, self.is_gone) = (rules, false);
    }

    /// The device does not have this actuator any more.
    pub(crate) fn leave(&mut self) {
        (self.rules, self.is_gone) = (Rules::default(), true);
    }

    /// Takes a command; gives those whose place it takes.
    pub(crate) fn offer(&mut self, arrival: Arrival, now: Now) -> Result<Vec<Command>, Refusal> {
        if self.is_stopping {
            return Err(Refusal::Stopping);
        }
        if arrival.is_retained && !self.is_news(&arrival) {
            return Err(Refusal::Retained);
        }
        self.check_time(&arrival, Duration::ZERO, now.wall)?;
        let (timestamp, json) = (arrival.command.timestamp(), arrival.command.json().to_owned());
        if self.rules.is_monotonic && arrival.is_timed && self.newest >= Some(timestamp) {
            return Err(Refusal::NotNewer);
        }
        let kept = if self.rules.newest_only { 0 } else { self.waiting.len() };
        if kept == QUEUE {
            return Err(Refusal::QueueFull);
        }
        let superseded = self.waiting.drain(kept..).map(|waiting| waiting.arrival.command);
        let superseded = superseded.collect();
        self.newest = self.newest.max(Some(timestamp));
        if arrival.is_retained {
            self.last_retained = Some(json.clone());
        }
        self.last = Some(json);
        self.silence = Silence::Since(now.instant);
        self.waiting.push_back(Waiting { arrival, since: now.instant });
        Ok(superseded)
    }

    /// Whether a retained command is another one than those that were taken: it comes again with
    /// every subscription. Without a timestamp nobody knows its age.
    fn is_news(&self, Arrival { command, is_timed, .. }: &Arrival) -> bool {
        let is_other = |json: &Option<String>| json.as_deref() != Some(command.json());
        match self.rules {
            Rules { accepts_retained: false, .. } => false,
            _ if *is_timed => self.newest < Some(command.timestamp()),
            Rules { max_age: Some(_), .. } => false,
            _ => is_other(&self.last) && is_other(&self.last_retained),
        }
    }

    /// The age of a command without a timestamp is the time for which it has waited, so that a step of
    /// the clock does not change it.
    fn check_time(
        &self,
        arrival: &Arrival,
        waited: Duration,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let made = arrival.command.timestamp().as_millis();
        let since = |earlier: i64, later: i64| {
            let millis = later.saturating_sub(earlier).try_into().unwrap_or_default();
            if arrival.is_timed { Duration::from_millis(millis) } else { Duration::ZERO }
        };
        let ahead = since(now.as_millis(), made);
        if ahead > SKEW && (self.rules.max_age.is_some() || self.rules.is_monotonic) {
            return Err(Refusal::Future(ahead));
        }
        let age = since(made, now.as_millis()).max(waited);
        match self.rules.max_age {
            Some(max_age) if age > max_age => Err(Refusal::Stale { age, max_age }),
            _ => Ok(()),
        }
    }

    /// What is to be done now.
    pub(crate) fn next(&mut self, now: Instant) -> Step {
        let due = self.failsafe_due(now);
        let is_due = due.is_some_and(|due| due <= now);
        let ready = self.sent.map_or(now, |sent| after(sent, self.rules.min_interval));
        if self.waiting.is_empty() {
            return match due {
                Some(_) if is_due => self.failsafe(),
                None if self.is_stopping => Step::End,
                due => Step::Wait(due),
            };
        }
        let refusal = match self.waiting.front() {
            Some(Waiting { arrival, .. }) if self.is_gone => {
                Refusal::Unknown(arrival.command.key().to_owned())
            }
            // What waited for so long would undo the failsafe value.
            Some(_) if is_due && !self.is_stopping => Refusal::Superseded,
            Some(Waiting { since, .. }) if ready <= now => return Step::Command { since: *since },
            Some(_) if self.is_stopping => Refusal::Stopping,
            _ => return Step::Wait(due.into_iter().chain([ready]).min()),
        };
        self.refuse(refusal)
    }

    fn refuse(&mut self, refusal: Refusal) -> Step {
        match self.waiting.pop_front() {
            Some(Waiting { arrival, .. }) => Step::Refuse(arrival.command, refusal),
            None => Step::Wait(None),
        }
    }

    /// When the failsafe value is to be sent, if it is.
    fn failsafe_due(&self, now: Instant) -> Option<Instant> {
        let Failsafe { value, after, .. } = self.rules.failsafe.as_ref()?;
        match self.silence {
            _ if self.is_stopping && self.current.as_ref().is_some_and(|it| is_same(value, it)) => {
                None
            }
            Silence::Failed { again, .. } => Some(again),
            _ if self.is_stopping => Some(now),
            Silence::Since(since) => Some(self::after(since, *after)),
            Silence::Trying { .. } | Silence::Applied => None,
        }
    }

    fn failsafe(&mut self) -> Step {
        let Some(Failsafe { value, after, .. }) = &self.rules.failsafe else {
            return Step::Wait(None);
        };
        let failures = match self.silence {
            Silence::Failed { failures, .. } => failures,
            _ => 0,
        };
        self.silence = Silence::Trying { failures };
        let after = (!self.is_stopping).then_some(*after);
        Step::Failsafe(Due { value: value.clone(), after, failures })
    }

    /// There is a session: the command to be sent in it, if there still is one.
    pub(crate) fn take(&mut self, now: Now) -> Result<Option<Command>, (Command, Refusal)> {
        let Some(Waiting { arrival, since }) = self.waiting.pop_front() else { return Ok(None) };
        match self.check_time(&arrival, now.instant - since, now.wall) {
            Ok(()) => Ok(Some(arrival.command)),
            Err(refusal) => Err((arrival.command, refusal)),
        }
    }

    /// There is no session: the command that has waited long enough for one.
    pub(crate) fn give_up(&mut self, now: Instant) -> Option<Command> {
        let has_waited = now - self.waiting.front()?.since >= WAIT_FOR_SESSION;
        let oldest = if has_waited { self.waiting.pop_front() } else { None };
        oldest.map(|waiting| waiting.arrival.command)
    }

    /// A value was sent; whether the device has it.
    pub(crate) fn sent(&mut self, json: &str, is_done: bool, now: Instant) {
        self.sent = Some(now);
        self.current = is_done.then(|| json.to_owned());
    }

    /// The failsafe value was tried. A command that came meanwhile counts more.
    pub(crate) fn tried_failsafe(&mut self, is_done: bool, now: Instant) {
        let Silence::Trying { failures } = self.silence else { return };
        self.silence = if is_done {
            Silence::Applied
        } else {
            let failures = failures.saturating_add(1);
            let again = now + FAILSAFE_RETRY.pause(failures);
            Silence::Failed { failures, again }
        };
    }

    /// The connector stops: what waits is sent, and then the failsafe value.
    pub(crate) fn stop(&mut self) {
        self.is_stopping = true;
    }
}

/// So much later; where that is beyond all time, in some years.
fn after(time: Instant, duration: Duration) -> Instant {
    time.checked_add(duration).unwrap_or_else(|| time + Duration::from_hours(24 * 365 * 10))
}

#[cfg(test)]
mod tests;
