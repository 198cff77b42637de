//! The queue between the bus and the device for the commands of one actuator, as a state machine:
//! which commands are accepted, which one is next, and when the failsafe value is due.
//!
//! It has neither I/O nor a clock: the caller passes the current time.

use std::{collections::VecDeque, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use crate::{
    command::refusal::Refusal,
    datapoint::{Command, Failsafe, Rules, is_same},
    time::{Backoff, Now, Timestamp},
};

/// How long a command waits for a session with the device.
pub(crate) const WAIT_FOR_SESSION: Duration = Duration::from_secs(2);

/// The maximum number of waiting commands of one actuator.
const QUEUE: usize = 256;

/// How far a sender's clock may be ahead of the connector's.
const SKEW: Duration = Duration::from_secs(5);

/// The pauses between attempts to send a failsafe value.
const FAILSAFE_RETRY: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(10));

/// A command from the bus, with a value that the actuator accepts.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) command: Command,
    /// Whether the sender set a timestamp.
    pub(crate) is_timed: bool,
    pub(crate) is_retained: bool,
}

/// The next action of the sender.
#[derive(Debug)]
pub(crate) enum Step {
    /// Wait until this time, or until a command arrives.
    Wait(Option<Instant>),
    /// Send the oldest command, which arrived at `since`.
    Command {
        since: Instant,
    },
    /// Report that this command is not sent.
    Refuse(Command, Refusal),
    Failsafe(Due),
    /// Stop: no further command will arrive.
    End,
}

/// A failsafe value that is due now.
#[derive(Debug, PartialEq)]
pub(crate) struct Due {
    pub(crate) value: Value,
    /// How long no command has been accepted; none when the connector stops.
    pub(crate) after: Option<Duration>,
    /// The number of failed attempts so far.
    pub(crate) failures: u32,
}

/// The commands of one actuator, and its failsafe value.
///
/// # Order of calls
///
/// [`new`](Self::new), then [`offer`](Self::offer) for each command that arrives. The sender calls
/// [`next`](Self::next), performs the step it returns, and repeats:
///
/// - [`Step::Wait`]: wait until that time, or until a command is offered.
/// - [`Step::Command`]: with a session, [`take`](Self::take) the command, send it and report the
///   result with [`sent`](Self::sent); without one, call [`give_up`](Self::give_up).
/// - [`Step::Refuse`]: report the reason.
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
    /// The newest timestamp of the accepted commands.
    newest: Option<Timestamp>,
    /// The values of the last accepted command, and of the last accepted retained one.
    last: Option<String>,
    last_retained: Option<String>,
    /// When the last send ended.
    sent: Option<Instant>,
    /// The current value of the device, if known.
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

/// The state of the time without commands.
#[derive(Debug)]
enum Silence {
    Since(Instant),
    /// The failsafe value is being sent.
    Trying {
        failures: u32,
    },
    Failed {
        failures: u32,
        again: Instant,
    },
    /// The device has the failsafe value.
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

    /// Returns the time limit of a send.
    pub(crate) fn send_limit(&self) -> Duration {
        self.rules.send_limit()
    }

    pub(crate) fn set_rules(&mut self, rules: Rules) {
        (self.rules, self.is_gone) = (rules, false);
    }

    /// Reports that the device no longer has this actuator.
    pub(crate) fn leave(&mut self) {
        (self.rules, self.is_gone) = (Rules::default(), true);
    }

    /// Accepts or rejects a command. Returns the waiting commands that it replaces.
    pub(crate) fn offer(&mut self, arrival: Arrival, now: Now) -> Result<Vec<Command>, Refusal> {
        if self.is_stopping {
            return Err(Refusal::Stopping);
        }
        if arrival.is_retained && !self.is_new(&arrival) {
            return Err(Refusal::Retained);
        }
        self.check_time(&arrival, Duration::ZERO, now.wall)?;
        let (timestamp, json) = (arrival.command.timestamp(), arrival.command.json().to_owned());
        if self.rules.is_monotonic && arrival.is_timed && self.newest >= Some(timestamp) {
            return Err(Refusal::NotNewer);
        }
        let kept = if self.rules.newest_only { 0 } else { self.waiting.len() };
        if kept == QUEUE {
            return Err(Refusal::QueueFull(QUEUE));
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

    /// Returns whether a retained command differs from the accepted ones, because the broker sends
    /// it again for every subscription. The age of one without a timestamp is unknown.
    fn is_new(&self, Arrival { command, is_timed, .. }: &Arrival) -> bool {
        let is_other = |json: &Option<String>| json.as_deref() != Some(command.json());
        match self.rules {
            Rules { accepts_retained: false, .. } => false,
            _ if *is_timed => self.newest < Some(command.timestamp()),
            Rules { max_age: Some(_), .. } => false,
            _ => is_other(&self.last) && is_other(&self.last_retained),
        }
    }

    /// The age of a command without a timestamp is the time it has waited, so that clock steps do
    /// not change it.
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

    /// Returns the next step.
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
            // A command that has waited until now would undo the failsafe value.
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

    /// Returns when the failsafe value is due, if at all.
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

    /// Takes the command to send in the current session, if one still waits.
    pub(crate) fn take(&mut self, now: Now) -> Result<Option<Command>, (Command, Refusal)> {
        let Some(Waiting { arrival, since }) = self.waiting.pop_front() else { return Ok(None) };
        match self.check_time(&arrival, now.instant - since, now.wall) {
            Ok(()) => Ok(Some(arrival.command)),
            Err(refusal) => Err((arrival.command, refusal)),
        }
    }

    /// Without a session: takes the oldest command if it has waited too long for one.
    pub(crate) fn give_up(&mut self, now: Instant) -> Option<Command> {
        let has_waited = now - self.waiting.front()?.since >= WAIT_FOR_SESSION;
        let oldest = if has_waited { self.waiting.pop_front() } else { None };
        oldest.map(|waiting| waiting.arrival.command)
    }

    /// Reports that a value was sent. `is_done` states whether that succeeded.
    pub(crate) fn sent(&mut self, json: &str, is_done: bool, now: Instant) {
        self.sent = Some(now);
        self.current = is_done.then(|| json.to_owned());
    }

    /// Reports an attempt to send the failsafe value. A command that has arrived meanwhile takes
    /// precedence.
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

    /// Starts the shutdown: waiting commands are sent, then the failsafe value.
    pub(crate) fn stop(&mut self) {
        self.is_stopping = true;
    }
}

/// Adds the duration; a result beyond the range of `Instant` becomes ten years later.
fn after(time: Instant, duration: Duration) -> Instant {
    time.checked_add(duration).unwrap_or_else(|| time + Duration::from_hours(24 * 365 * 10))
}

#[cfg(test)]
mod tests;
