//! The connected charge points, and the running transactions of their connectors.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use connector_runtime::prelude::*;
use tokio::sync::mpsc;

use crate::{message::Question, protocol::Call};

/// All charge points.
pub(crate) struct Stations(Mutex<State>);

struct State {
    connected: HashMap<String, mpsc::Sender<Question>>,
    /// All connectors seen so far, by the prefix of their datapoints.
    connectors: BTreeSet<String>,
    /// By connector.
    transactions: HashMap<String, i64>,
    last_transaction: i64,
    last_question: u64,
}

/// Transactions are numbered from the current time, so that no number is reused after a restart.
impl Default for Stations {
    fn default() -> Self {
        Self(Mutex::new(State {
            connected: HashMap::new(),
            connectors: BTreeSet::new(),
            transactions: HashMap::new(),
            last_transaction: Timestamp::now().as_millis() / 1000,
            last_question: 0,
        }))
    }
}

/// The charge point of a connector, and its number there.
pub(crate) fn split(connector: &str) -> Result<(&str, u64)> {
    let (station, number) = connector.rsplit_once("__").context("a connector is STATION__1")?;
    Ok((station, number.parse()?))
}

impl Stations {
    /// Returns all connectors seen so far, as `STATION__1`.
    pub(crate) fn connectors(&self) -> BTreeSet<String> {
        self.state().connectors.clone()
    }

    /// Adds a charge point that has connected. Returns the requests for it, which end when it connects again.
    pub(crate) fn join(&self, station: &str) -> mpsc::Receiver<Question> {
        let (sender, questions) = mpsc::channel(1);
        self.state().connected.insert(station.to_owned(), sender);
        questions
    }

    /// Removes a charge point that has disconnected; false if it has already connected again.
    pub(crate) fn leave(&self, station: &str, mut questions: mpsc::Receiver<Question>) -> bool {
        let mut state = self.state();
        questions.close();
        let is_gone = state.connected.get(station).is_some_and(mpsc::Sender::is_closed);
        if is_gone {
            state.connected.remove(station);
        }
        is_gone
    }

    /// Passes a request to the connection of a charge point.
    pub(crate) async fn ask(&self, station: &str, question: Question) -> Result<()> {
        let connected = self.state().connected.get(station).cloned();
        let connection = connected.with_context(|| format!("{station} is not connected"))?;
        connection.send(question).await.ok().with_context(|| format!("{station} went away"))
    }

    /// Answers a call, and records its connectors and transactions.
    pub(crate) fn answer(&self, station: &str, call: &Call) -> String {
        let mut state = self.state();
        let answer = call.answer(|| {
            state.last_transaction += 1;
            state.last_transaction
        });
        let connector = call.connector().filter(|&number| number > 0);
        let connector = connector.map(|number| format!("{station}__{number}"));
        state.connectors.extend(connector.clone());
        match (call.action.as_str(), connector, call.transaction()) {
            ("StartTransaction", Some(connector), _) => {
                let transaction = state.last_transaction;
                state.transactions.insert(connector, transaction);
            }
            ("StopTransaction", _, Some(transaction)) => {
                state.transactions.retain(|_, running| *running != transaction);
            }
            ("StatusNotification", Some(connector), _) if call.is_available() => {
                state.transactions.remove(&connector);
            }
            // After a restart this is how a transaction gets known.
            (_, Some(connector), Some(transaction)) => {
                state.transactions.insert(connector, transaction);
            }
            _ => {}
        }
        answer
    }

    /// Returns the running transaction of a connector.
    pub(crate) fn transaction(&self, connector: &str) -> Result<i64> {
        let transaction = self.state().transactions.get(connector).copied();
        transaction.with_context(|| format!("{connector} has no transaction"))
    }

    /// Returns a new id for a request.
    pub(crate) fn question_id(&self) -> String {
        let mut state = self.state();
        state.last_question += 1;
        state.last_question.to_string()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
