//! What an actuator is: its key, and what it accepts.

use std::{borrow::Cow, ops::RangeInclusive, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    datapoint::{
        command::Command,
        number::{Bound, Number},
        rules::{Failsafe, Rules},
        sensor::Kind,
        takes::Takes,
    },
    error::Result,
    time::Timestamp,
};

/// A datapoint that takes commands.
///
/// ```
/// use connector_runtime::Actuator;
///
/// let setpoint = Actuator::new("room_1__setpoint").range(15.0..=30.0).example(21.0);
/// assert_eq!(setpoint.key, "room_1__setpoint");
/// ```
///
/// It may say which values the device can take; every other one is refused before the device sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Actuator {
    /// The key that the administrator selects it by.
    pub key: Cow<'static, str>,
    /// A value that it could be given.
    pub example: Option<Value>,
    /// What it does, for people; empty if nobody says so.
    pub description: Cow<'static, str>,
    /// The unit of its values, if it has one.
    pub unit: Option<Cow<'static, str>>,
    /// The lowest and the highest number that it accepts.
    pub range: Option<(Number, Number)>,
    /// The values that it accepts; beside a range: further ones.
    pub one_of: Vec<Value>,
    /// The most characters of a text, or items of a list.
    pub max_len: Option<usize>,
    takes: Takes,
    rules: Rules,
}

impl Actuator {
    /// An actuator that accepts any value. Its key is unique within the connector.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        let (example, description, unit) = (None, Cow::Borrowed(""), None);
        let (range, one_of, max_len, rules) = (None, Vec::new(), None, Rules::default());
        Self {
            key: key.into(),
            example,
            description,
            unit,
            range,
            one_of,
            max_len,
            takes: Takes::default(),
            rules,
        }
    }

    /// A value that it could be given; people see it where they select datapoints.
    ///
    /// Where none is given this is the lower end of the range, the first of the accepted values, or
    /// `null`.
    #[must_use]
    pub fn example(mut self, example: impl Into<Value>) -> Self {
        self.example = Some(example.into());
        self
    }

    /// What it does, for people.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// The unit of its values.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The type that [`send`](crate::Connector::send) makes of a value, with [`Command::value`]. So what
    /// does not fit is known without the device.
    #[must_use]
    pub fn takes<T: DeserializeOwned + 'static>(mut self) -> Self {
        self.takes = Takes::of::<T>();
        self
    }

    /// The numbers that it accepts, both ends included.
    ///
    /// Beside [`one_of`](Self::one_of) a value has to fit one of the two.
    #[must_use]
    pub fn range<N: Bound>(mut self, range: RangeInclusive<N>) -> Self {
        let (low, high) = range.into_inner();
        self.range = Some((low.into(), high.into()));
        self
    }

    /// The values that it accepts: numbers, texts, or any other JSON.
    ///
    /// ```
    /// # use connector_runtime::Actuator;
    /// let fan = Actuator::new("fan").one_of(["off", "slow", "fast"]);
    /// let milliamps = Actuator::new("current").one_of([0]).range(6000..=63_000);
    /// ```
    #[must_use]
    pub fn one_of<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.one_of = values.into_iter().map(Into::into).collect();
        self
    }

    /// The most characters of a text, or items of a list. Values of any other kind have no length, and
    /// are refused.
    #[must_use]
    pub fn max_len(mut self, max_len: usize) -> Self {
        self.max_len = Some(max_len);
        self
    }

    /// The most that a command may be old, by its timestamp, when it comes and again just before it
    /// is sent. Older ones are refused, and so are those from more than 5 s in the future.
    ///
    /// A command without a timestamp is as old as the time since it came.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.rules.max_age = Some(max_age);
        self
    }

    /// Refuses commands whose timestamp is not newer than that of every command before, or more than
    /// 5 s in the future.
    ///
    /// A command without a timestamp is as new as it is when it comes.
    #[must_use]
    pub fn monotonic(mut self) -> Self {
        self.rules.is_monotonic = true;
        self
    }

    /// Of the commands that wait for the device only the newest is kept. By default up to 256 are, and
    /// sent one after another.
    #[must_use]
    pub fn newest_only(mut self) -> Self {
        self.rules.newest_only = true;
        self
    }

    /// From the end of one send to the next at least so long passes: a command that comes sooner
    /// waits. A failsafe value does not.
    #[must_use]
    pub fn min_interval(mut self, min_interval: Duration) -> Self {
        self.rules.min_interval = min_interval;
        self
    }

    /// How long [`send`](crate::Connector::send) may take, 30 s if not given; then the call is dropped,
    /// which counts as an error.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = Some(timeout);
        self
    }

    /// The value that the device gets where no command was taken for so long, and when the connector
    /// stops. No broker is needed for that.
    ///
    /// The time counts from the last command that was taken, or from the start. Where the device does
    /// not take the value, it is tried again until it does or a command comes.
    ///
    /// It must be a value that the actuator accepts; otherwise the connector does not start.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use connector_runtime::Actuator;
    /// let limit = Actuator::new("limit").range(0..=32).failsafe(6, Duration::from_mins(5));
    /// ```
    #[must_use]
    pub fn failsafe(mut self, value: impl Into<Value>, after: Duration) -> Self {
        self.rules.failsafe = Some(Failsafe { value: value.into(), after });
        self
    }

    /// Takes retained commands too: those that the broker has kept from before the connector came.
    ///
    /// The broker repeats them at each connection. One is taken if its timestamp is newer than that of
    /// every command before. One without a timestamp is taken if it has another value than the last
    /// command, and never beside [`max_age`](Self::max_age).
    #[must_use]
    pub fn accept_retained(mut self) -> Self {
        self.rules.accepts_retained = true;
        self
    }

    /// The example value to announce.
    pub(crate) fn announced(&self) -> Value {
        let given = self.example.clone();
        let low = || self.range.map(|(low, _)| low.to_json());
        given.or_else(low).or_else(|| self.one_of.first().cloned()).unwrap_or_default()
    }

    /// Whether it looks the same to people.
    pub(crate) fn is_announced_as(&self, other: &Self) -> bool {
        self.key == other.key && self.announced() == other.announced()
    }

    /// The kind of the values that the device part takes, if it is known.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.takes.kind
    }

    /// What it asks of commands beside their value.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether the device part can read this command.
    pub(crate) fn check_type(&self, command: &Command) -> Result<()> {
        (self.takes.decode)(command)
    }

    /// What is wrong with its rules.
    pub(crate) fn faults(&self) -> Vec<String> {
        let Rules { max_age, failsafe, .. } = &self.rules;
        let (key, mut faults) = (&self.key, Vec::new());
        if *max_age == Some(Duration::ZERO) {
            faults.push(format!("the max_age of `{key}` is zero: it must be longer"));
        }
        if let Some(Failsafe { value, after }) = failsafe {
            if after.is_zero() {
                faults.push(format!(
                    "the time to the failsafe of `{key}` is zero: it must be longer"
                ));
            }
            let command = Command::of(key, value, Timestamp::from_millis(0));
            let misfit = self.check(&command).and_then(|()| self.check_type(&command)).err();
            faults.extend(misfit.map(|misfit| format!("the failsafe of `{key}`: {misfit}")));
        }
        faults
    }
}

impl From<&str> for Actuator {
    fn from(key: &str) -> Self {
        Self::new(key.to_owned())
    }
}

impl From<&String> for Actuator {
    fn from(key: &String) -> Self {
        Self::new(key.clone())
    }
}

impl From<String> for Actuator {
    fn from(key: String) -> Self {
        Self::new(key)
    }
}
