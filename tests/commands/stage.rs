//! A heater at work.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use connector_runtime::{
    BusSettings, Result,
    tracing::subscriber::{NoSubscriber, set_global_default},
};
use rumqttc::QoS;
use serde_json::json;
use support::{
    Mosquitto, NAME, patiently,
    proxy::{Counts, Proxy},
};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    commander::Commander,
    heater::Heater,
    line::{Passed, watch},
};

/// A heater behind a proxy, and somebody who commands it.
pub(crate) struct Stage {
    pub(crate) commander: Commander,
    pub(crate) proxy: Proxy,
    passed: Arc<Mutex<Passed>>,
    runs: mpsc::UnboundedReceiver<u32>,
    /// All that were run.
    pub(crate) run: Vec<u32>,
    connector: JoinHandle<Result<()>>,
    pub(crate) broker: Mosquitto,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.connector.abort();
    }
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::after(|_| {}).await
    }

    /// Does something before the connector comes.
    pub(crate) async fn after(before: impl FnOnce(&mut Commander)) -> Self {
        // Its logs would come between those of the tests.
        let _ = set_global_default(NoSubscriber::new());
        let broker = Mosquitto::start().await;
        let passed = Arc::default();
        let proxy = Proxy::watched(broker.port(), watch(Arc::clone(&passed))).await;
        let mut commander = Commander::on(broker.port());
        let actuators = json!({ "demo/power": "power", "demo/slow": "slow" });
        let map = json!({ "sensor": {}, "actuator": actuators }).to_string();
        commander.publish("demo/datapoint_map", QoS::AtLeastOnce, true, map);
        before(&mut commander);
        let (sender, runs) = mpsc::unbounded_channel();
        let mut settings = BusSettings::new(NAME, "127.0.0.1");
        settings.mqtt_broker_port = proxy.port();
        let heater = Heater { runs: Some(sender) };
        let connector =
            tokio::spawn(connector_runtime::run(heater, settings, std::future::pending()));
        let run = vec![];
        let stage = Self { commander, proxy, passed, runs, run, connector, broker };
        stage.subscribed(1).await;
        stage
    }

    /// How often the commands were subscribed.
    pub(crate) fn subscriptions(&self) -> usize {
        self.passed.lock().expect("nobody panics").subscribed
    }

    /// Waits until the commands were subscribed so often.
    pub(crate) async fn subscribed(&self, times: usize) {
        let is_subscribed = |_: &Counts| self.subscriptions() >= times;
        patiently(self.proxy.until(is_subscribed), || "it is not subscribed".to_owned()).await;
    }

    /// Does harm to the line, and waits until the connector is subscribed again.
    pub(crate) async fn subscribed_after(&self, harm: impl Future<Output = ()>) {
        let before = self.subscriptions();
        harm.await;
        self.subscribed(before + 1).await;
    }

    pub(crate) async fn cut(&self) {
        self.subscribed_after(async { self.proxy.cut() }).await;
    }

    /// Waits until a command is run; those before it are run by then, or never.
    pub(crate) async fn ran(&mut self, number: u32) {
        while self.run.last() != Some(&number) {
            let instead = || format!("{number} is not run: {:?}", self.run);
            let next = patiently(self.runs.recv(), instead).await;
            self.run.push(next.expect("the connector runs"));
        }
    }

    /// None is run twice or out of order, and none is forgotten.
    #[track_caller]
    pub(crate) fn assert_once_and_in_order(&self) {
        let passed = self.passed.lock().expect("nobody panics");
        let run: HashSet<_> = self.run.iter().copied().collect();
        let given = passed.given.iter().map(|(_, number)| *number);
        let given: Vec<_> = given.filter(|number| run.contains(number)).collect();
        assert_eq!(self.run, given, "not once each, or not in the broker's order");
        let forgotten: Vec<_> = passed.acknowledged.difference(&run).collect();
        assert!(forgotten.is_empty(), "acknowledged, but not run: {forgotten:?}");
    }
}
