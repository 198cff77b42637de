//! An actuator: its key, and the rules for its commands.

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

/// A datapoint that accepts commands.
///
/// ```
/// use connector_runtime::Actuator;
///
/// let setpoint = Actuator::new("room_1__setpoint").range(15.0..=30.0).example(21.0);
/// assert_eq!(setpoint.key, "room_1__setpoint");
/// ```
///
/// Its rules define which commands the device can execute. Every other command is rejected before
/// the device sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Actuator {
    /// The key by which the administrator selects it.
    pub key: Cow<'static, str>,
    /// An example of a value.
    pub example: Option<Value>,
    /// A description for people; empty by default.
    pub description: Cow<'static, str>,
    /// The unit of its values, if any.
    pub unit: Option<Cow<'static, str>>,
    /// The lowest and the highest accepted number.
    pub range: Option<(Number, Number)>,
    /// The accepted values. If there is a `range` as well, a value must match one of the two.
    pub one_of: Vec<Value>,
    /// The maximum number of characters of text, or of items of a list.
    pub max_len: Option<usize>,
    takes: Takes,
    rules: Rules,
}

impl Actuator {
    /// Creates an actuator that accepts any value. Its key must be unique within the connector.
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

    /// Sets an example of a value. It is announced, so that people see it when they select
    /// datapoints.
    ///
    /// Defaults to the lower end of the range, the first of the listed values, or `null`.
    #[must_use]
    pub fn example(mut self, example: impl Into<Value>) -> Self {
        self.example = Some(example.into());
        self
    }

    /// Sets a description for people.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets the unit of its values.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets the type that [`send`](crate::Connector::send) converts a value to with
    /// [`Command::value`]. With it, the failsafe value and the values of the tool `send` are
    /// checked without the device.
    #[must_use]
    pub fn takes<T: DeserializeOwned + 'static>(mut self) -> Self {
        self.takes = Takes::of::<T>();
        self
    }

    /// Accepts only numbers in this range, both ends included.
    ///
    /// In combination with [`one_of`](Self::one_of), a value must match one of the two.
    #[must_use]
    pub fn range<N: Bound>(mut self, range: RangeInclusive<N>) -> Self {
        let (low, high) = range.into_inner();
        self.range = Some((low.into(), high.into()));
        self
    }

    /// Accepts only these values: numbers, text, or any other JSON.
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

    /// Sets the maximum number of characters of text, or of items of a list. Values of any other
    /// kind have no length and are rejected.
    #[must_use]
    pub fn max_len(mut self, max_len: usize) -> Self {
        self.max_len = Some(max_len);
        self
    }

    /// Rejects commands that are older than this by their timestamp, on arrival and again just
    /// before they are sent. Commands with a timestamp more than 5 s in the future are rejected as
    /// well.
    ///
    /// The age of a command without a timestamp is the time since its arrival.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.rules.max_age = Some(max_age);
        self
    }

    /// Rejects commands whose timestamp is not newer than those of all accepted commands, or is
    /// more than 5 s in the future.
    ///
    /// A command without a timestamp counts as created on arrival.
    #[must_use]
    pub fn monotonic(mut self) -> Self {
        self.rules.is_monotonic = true;
        self
    }

    /// Keeps only the newest of the commands that wait for the device. By default up to 256
    /// commands wait, and are sent one after another.
    #[must_use]
    pub fn newest_only(mut self) -> Self {
        self.rules.newest_only = true;
        self
    }

    /// Sets the minimum time from the end of one send to the start of the next; a command that
    /// arrives sooner waits. It does not apply to a failsafe value.
    #[must_use]
    pub fn min_interval(mut self, min_interval: Duration) -> Self {
        self.rules.min_interval = min_interval;
        self
    }

    /// Sets the time limit of [`send`](crate::Connector::send), 30 s by default. A call that
    /// exceeds it is cancelled and counts as failed.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = Some(timeout);
        self
    }

    /// Sets the value that the device receives if no command has been accepted for this long, and
    /// when the connector stops. This does not need a broker.
    ///
    /// The time counts from the last accepted command, or from the start. If sending the value
    /// fails, it is retried until it succeeds or a command arrives.
    ///
    /// The actuator must accept the value; otherwise the connector does not start.
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

    /// Accepts retained commands too: those that the broker kept from before the connector
    /// subscribed.
    ///
    /// The broker sends them again for each subscription. A retained command is accepted if its
    /// timestamp is newer than those of all accepted commands. Without a timestamp it is accepted
    /// if its value differs from those of the last accepted command and of the last accepted
    /// retained command, and never in combination with [`max_age`](Self::max_age).
    #[must_use]
    pub fn accept_retained(mut self) -> Self {
        self.rules.accepts_retained = true;
        self
    }

    /// Returns the example value to announce.
    pub(crate) fn announced(&self) -> Value {
        let given = self.example.clone();
        let low = || self.range.map(|(low, _)| low.to_json());
        given.or_else(low).or_else(|| self.one_of.first().cloned()).unwrap_or_default()
    }

    /// Returns whether both have the same announcement.
    pub(crate) fn is_announced_as(&self, other: &Self) -> bool {
        self.key == other.key && self.announced() == other.announced()
    }

    /// Returns the kind of values that the device part takes, if known.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.takes.kind
    }

    /// Returns its rules for commands, other than those for the value.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns an error if the device part cannot decode this command.
    pub(crate) fn check_type(&self, command: &Command) -> Result<()> {
        (self.takes.decode)(command)
    }

    /// Returns the problems with its rules.
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
