//! All that the attributes can say, in a crate that warns of everything.
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms)]

use std::{collections::BTreeMap, time::SystemTime};

use connector_runtime::{ConnectorSettings, prelude::*};

/// A meter
/// with two interfaces.
///
/// Tested with firmware 2.1.
#[connector(name = "meter")]
#[derive(Debug)]
pub struct Meter {
    /// Seconds between two polls.
    #[arg(long, env = "POLL_SECONDS", default_value_t = 10)]
    poll_seconds: u64,
}

/// A point in time of the user's own.
#[derive(Debug)]
pub struct Moment(SystemTime);

impl From<Timestamp> for Moment {
    fn from(_: Timestamp) -> Self {
        Self(SystemTime::now())
    }
}

#[connector]
impl Meter {
    const OFFSET: f64 = { 0.5 };

    #[receive]
    async fn telegram(&self) -> std::io::Result<Option<Vec<u8>>> {
        Ok(None)
    }

    #[receive(every = Duration::from_secs(self.poll_seconds))]
    fn poll(&self) -> Result<Vec<u8>, std::fmt::Error> {
        Ok(vec![20])
    }

    /// Reads the bytes.
    #[connector_runtime::parse]
    pub fn readings<'a>(&self, raw: &'a [u8]) -> Result<Option<BTreeMap<String, f64>>> {
        let reading = |byte: &u8| (byte.to_string(), f64::from(*byte) + Self::OFFSET);
        Ok(Some(raw.iter().map(reading).collect()))
    }

    /// Opens
    /// the relay.
    ///
    /// It clicks.
    #[send("relay")]
    fn switch(&self, on: bool) -> Result<()> {
        ensure!(on, "it is open");
        Ok(())
    }

    #[::connector_runtime::send("room 1/limit", range = -10..=10, example = 5)]
    async fn limit(&self, watts: i16, at: Moment) -> Result<(), std::fmt::Error> {
        let _ = (watts, at.0);
        Ok(())
    }

    #[cfg(windows)]
    fn elsewhere() {}
}

fn main() {
    assert_eq!(Meter::NAME, "meter");
    assert_eq!(Meter::ABOUT, "A meter with two interfaces.");
    let meter = Meter { poll_seconds: 7 };
    let sources = [Source::push("telegram"), Source::poll("poll", Duration::from_secs(7))];
    assert_eq!(meter.sources(), sources);
    let relay = Actuator::new("relay").description("Opens the relay.");
    let limit = Actuator::new("room 1/limit").range(-10_i16..=10).example(5);
    assert_eq!(meter.actuators(), [relay, limit]);
    let readings = Connector::parse(&meter, &vec![20]).unwrap().unwrap();
    assert_eq!(readings, BTreeMap::from([("20".to_owned(), 20.5)]));
}
