//! The way of a raw message: received, recorded, parsed, flattened, published.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{
    Connector, Error, RawMessage, Result, Source, Timestamp,
    broker::jitter,
    flatten::Flat,
    isolation::{isolated, isolated_call},
    shared::Shared,
};

/// The pause of a source that pushes after its first failure; it doubles up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs one source for as long as the connector runs.
pub(crate) async fn run<C: Connector>(
    connector: Arc<C>,
    shared: Arc<Shared>,
    index: usize,
    source: Source,
    records_raw: bool,
) {
    let mut ticks = source.every().map(interval);
    if let Some(ticks) = &mut ticks {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let mut pipeline = Pipeline {
        connector: &*connector,
        shared: &shared,
        name: source.name(),
        records_raw,
        flat: Flat::default(),
    };
    let mut receiving = Trouble::new(format!("`{}` receives nothing", source.name()));
    let mut parsing = Trouble::new(format!("a message of `{}` is dropped", source.name()));
    loop {
        match &mut ticks {
            Some(ticks) => drop(ticks.tick().await),
            None => tokio::task::coop::consume_budget().await,
        }
        match isolated(connector.receive(index)).await {
            Ok(raw) => {
                receiving.is_over();
                if let Some(raw) = raw {
                    if let Err(error) = pipeline.process(&raw) {
                        parsing.note(&error);
                    }
                    shared.has_room().await;
                }
            }
            Err(error) => {
                receiving.note(&error);
                if ticks.is_none() {
                    sleep(jitter(receiving.pause())).await;
                }
            }
        }
    }
}

struct Pipeline<'a, C> {
    connector: &'a C,
    shared: &'a Shared,
    name: &'static str,
    records_raw: bool,
    flat: Flat,
}

impl<C: Connector> Pipeline<'_, C> {
    fn process(&mut self, raw: &C::Raw) -> Result<()> {
        let received = Timestamp::now();
        if self.records_raw || tracing::enabled!(tracing::Level::DEBUG) {
            self.record(raw, received);
        }
        let Some(readings) = isolated_call(|| self.connector.parse(raw))? else { return Ok(()) };
        isolated_call(|| Ok(self.flat.fill(&readings)?))?;
        tracing::debug!(
            "a message of `{}` has {} datapoints",
            self.name,
            self.flat.readings().len()
        );
        self.shared.update(|session| session.readings(&self.flat, received));
        Ok(())
    }

    /// A message that cannot be written as JSON is parsed all the same.
    fn record(&self, raw: &C::Raw, received: Timestamp) {
        let json = match isolated_call(|| Ok(raw.to_json()?)) {
            Ok(json) => json,
            Err(error) => {
                tracing::error!("a message of `{}` cannot be recorded: {error:#}", self.name);
                return;
            }
        };
        tracing::debug!("`{}` received {json:.500}", self.name);
        if self.records_raw {
            self.shared.update(|session| session.raw_message(&json, received));
        }
    }
}

/// How often the same failure is told before it is told ever more rarely.
const OFTEN: u32 = 5;

/// A failure that may last or come back.
struct Trouble {
    what: String,
    times: u32,
    text: String,
}

impl Trouble {
    fn new(what: String) -> Self {
        Self { what, times: 0, text: String::new() }
    }

    fn note(&mut self, error: &Error) {
        let (what, text) = (&self.what, format!("{error:#}"));
        if text != self.text {
            tracing::error!("{what}: {text}");
            (self.times, self.text) = (1, text);
            return;
        }
        self.times = self.times.saturating_add(1);
        let times = self.times;
        if times <= OFTEN || times.is_power_of_two() {
            tracing::error!("{what} ({times} times in a row): {text}");
        } else {
            tracing::debug!("{what} ({times} times in a row): {text}");
        }
    }

    fn is_over(&mut self) {
        if self.times > 0 {
            tracing::info!("it works again. Before, {}: {}", self.what, self.text);
        }
        (self.times, self.text) = (0, String::new());
    }

    fn pause(&self) -> Duration {
        let doublings = self.times.saturating_sub(1).min(10);
        (SHORTEST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
    }
}
