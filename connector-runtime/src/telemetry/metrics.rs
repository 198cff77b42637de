//! The counters of a running connector, in the text format of Prometheus.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Metric, Registry},
};

use crate::telemetry::log::LostLogs;

/// Upper bounds of the histogram's buckets in seconds: from a computation to a slow gateway.
const SECONDS: [f64; 9] = [1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 1.0, 5.0, 30.0];

/// One label of a metric.
type Label = [(&'static str, String); 1];

/// Two labels of a metric.
type Labels = [(&'static str, String); 2];

/// The counters of one connector. All names begin with `connector_`.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Values of selected datapoints that were added to the outbox.
    pub(crate) values: Counter,
    /// Messages that the broker has acknowledged.
    pub(crate) acknowledged: Counter,
    /// Connections to the broker.
    pub(crate) connections: Counter,
    /// Commands that the device has executed.
    pub(crate) commands: Counter,
    /// Sessions with the device.
    pub(crate) sessions: Counter,
    /// Rejected entries of datapoint maps that were applied.
    pub(crate) map_entries_refused: Counter,
    /// Messages from the broker that were too large to read.
    pub(crate) too_large: Counter,
    refused: Family<Label, Counter>,
    dropped: Family<Label, Counter>,
    maps: Family<Label, Counter>,
    lost_logs: Family<Label, Counter>,
    calls: Family<Labels, Counter>,
    durations: Family<Label, Histogram, fn() -> Histogram>,
    gauges: Gauges,
}

/// The messages that wait for the broker, for the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Backlog {
    /// Messages in memory and on disk.
    pub(crate) messages: usize,
    /// Their size in bytes, including the overhead of storing them.
    pub(crate) bytes: usize,
    /// How many of the messages are on disk only.
    pub(crate) spilled: usize,
    /// Whether there is a spool that cannot be written at the moment.
    pub(crate) is_degraded: bool,
    /// How long the last write to disk took.
    pub(crate) last_commit: Duration,
}

/// The state of a connector at the time of a query.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Snapshot {
    pub(crate) broker_is_connected: bool,
    pub(crate) device_is_connected: bool,
    pub(crate) is_ready: bool,
    pub(crate) known_sensors: usize,
    pub(crate) known_actuators: usize,
    pub(crate) selected_sensors: usize,
    pub(crate) selected_actuators: usize,
    pub(crate) backlog: Backlog,
    /// Seconds since a source last returned successfully; `None` before the first time.
    pub(crate) message_age: Option<f64>,
    pub(crate) lost_logs: LostLogs,
}

#[derive(Debug)]
struct Gauges {
    connected: Family<Label, Gauge>,
    ready: Gauge,
    known: Family<Label, Gauge>,
    selected: Family<Label, Gauge>,
    queued_messages: Gauge,
    queued_bytes: Gauge,
    queued_on_disk: Gauge,
    spool_degraded: Gauge,
    spool_commit: Gauge<f64, AtomicU64>,
    message_age: Gauge<f64, AtomicU64>,
}

impl Metrics {
    /// Creates the counters of a connector, all zero.
    pub(crate) fn new(name: &str, version: &str) -> Self {
        let mut registry = Registry::with_prefix("connector");
        let info = [("name", name.to_owned()), ("version", version.to_owned())];
        registry.register("build", "Name and version of the connector", Info::new(info));
        let to = &mut registry;
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let durations = Family::new_with_constructor(histogram);
        let help = "Duration of calls of the device part";
        to.register("call_duration_seconds", help, Family::clone(&durations));
        Self {
            values: add(
                to,
                "values",
                "Values of selected datapoints that were added to the outbox",
            ),
            acknowledged: add(to, "acknowledged", "Messages that the broker has acknowledged"),
            connections: add(to, "broker_connections", "Connections to the broker"),
            commands: add(to, "commands", "Commands that the device has executed"),
            sessions: add(to, "device_sessions", "Sessions with the device"),
            map_entries_refused: add(
                to,
                "datapoint_map_entries_refused",
                "Rejected entries of datapoint maps that were applied",
            ),
            too_large: add(
                to,
                "messages_too_large",
                "Messages from the broker that were too large to read",
            ),
            refused: add(
                to,
                "commands_refused",
                "Commands that were rejected or ignored, or did not return in time, by reason",
            ),
            dropped: add(to, "dropped", "Lost messages, by kind of loss"),
            lost_logs: add(to, "log_messages_dropped", "Lost log messages, by reason"),
            maps: add(to, "datapoint_maps", "Datapoint maps, by outcome"),
            calls: add(to, "calls", "Calls of the device part, by function and outcome"),
            durations,
            gauges: Gauges::new(to),
            registry,
        }
    }

    /// Counts a command that was rejected or ignored, or did not return in time.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&[("reason", reason.to_owned())]).inc();
    }

    /// Counts lost messages.
    pub(crate) fn dropped(&self, kind: &'static str, count: u64) {
        if count > 0 {
            self.dropped.get_or_create(&[("kind", kind.to_owned())]).inc_by(count);
        }
    }

    /// Counts a datapoint map.
    pub(crate) fn map(&self, outcome: &'static str) {
        self.maps.get_or_create(&[("outcome", outcome.to_owned())]).inc();
    }

    /// The counter for one outcome of a function's calls.
    pub(crate) fn calls(&self, function: &str, outcome: &'static str) -> Counter {
        let labels = [("function", function.to_owned()), ("outcome", outcome.to_owned())];
        self.calls.get_or_create_owned(&labels)
    }

    /// The durations of a function's calls, in seconds.
    pub(crate) fn durations(&self, function: &str) -> Histogram {
        self.durations.get_or_create_owned(&[("function", function.to_owned())])
    }

    fn set_lost_logs(&self, LostLogs { limit, console, broker }: LostLogs) {
        for (reason, count) in [("limit", limit), ("console", console), ("broker", broker)] {
            let counter = self.lost_logs.get_or_create(&[("reason", reason.to_owned())]);
            counter.inc_by(count.saturating_sub(counter.get()));
        }
    }

    /// All metrics as text in the format `OpenMetrics` 1.0.
    pub(crate) fn text(&self, now: &Snapshot) -> String {
        self.gauges.set(now);
        self.set_lost_logs(now.lost_logs);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String never fails");
        text
    }
}

impl Gauges {
    fn new(to: &mut Registry) -> Self {
        Self {
            connected: add(to, "connected", "1 if connected to this peer, else 0"),
            ready: add(to, "ready", "1 if /readyz returns 200, else 0"),
            known: add(to, "datapoints_known", "Announced datapoints"),
            selected: add(to, "datapoints_selected", "Selected datapoints"),
            queued_messages: add(to, "queued_messages", "Messages that wait for the broker"),
            queued_bytes: add(to, "queued_bytes", "Size of the messages that wait for the broker"),
            queued_on_disk: add(to, "queued_on_disk", "Waiting messages that are on disk only"),
            spool_degraded: add(to, "spool_degraded", "1 if the spool cannot be written, else 0"),
            spool_commit: add(to, "spool_commit_seconds", "Duration of the last write to disk"),
            message_age: add(
                to,
                "message_age_seconds",
                "Time since a source last returned successfully",
            ),
        }
    }

    fn set(&self, now: &Snapshot) {
        let set = |family: &Family<Label, Gauge>, name: &'static str, pairs: [(&str, usize); 2]| {
            for (value, count) in pairs {
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                family.get_or_create(&[(name, value.to_owned())]).set(count);
            }
        };
        let (broker, device) = (now.broker_is_connected, now.device_is_connected);
        set(&self.connected, "to", [("broker", broker.into()), ("device", device.into())]);
        let (sensors, actuators) = (now.known_sensors, now.known_actuators);
        set(&self.known, "kind", [("sensor", sensors), ("actuator", actuators)]);
        let (sensors, actuators) = (now.selected_sensors, now.selected_actuators);
        set(&self.selected, "kind", [("sensor", sensors), ("actuator", actuators)]);
        self.ready.set(now.is_ready.into());
        let Backlog { messages, bytes, spilled, is_degraded, last_commit } = now.backlog;
        self.queued_messages.set(i64::try_from(messages).unwrap_or(i64::MAX));
        self.queued_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.queued_on_disk.set(i64::try_from(spilled).unwrap_or(i64::MAX));
        self.spool_degraded.set(is_degraded.into());
        self.spool_commit.set(last_commit.as_secs_f64());
        self.message_age.set(now.message_age.unwrap_or(f64::NAN));
    }
}

fn add<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_line() {
        let metrics = Metrics::new("demo", "1.2.3");
        metrics.values.inc_by(3);
        metrics.refused("range");
        metrics.dropped("raw", 7);
        metrics.dropped("value", 0);
        metrics.map("used");
        metrics.map_entries_refused.inc_by(4);
        metrics.too_large.inc();
        metrics.calls("ask", "ok").inc();
        metrics.durations("ask").observe(0.2);
        let lost_logs = LostLogs { limit: 2, ..LostLogs::default() };
        let now = Snapshot {
            known_sensors: 5,
            broker_is_connected: true,
            lost_logs,
            ..Snapshot::default()
        };
        metrics.text(&now);
        let text = metrics.text(&now);
        for line in [
            r#"connector_build_info{name="demo",version="1.2.3"} 1"#,
            "connector_values_total 3",
            r#"connector_commands_refused_total{reason="range"} 1"#,
            r#"connector_dropped_total{kind="raw"} 7"#,
            r#"connector_datapoint_maps_total{outcome="used"} 1"#,
            "connector_datapoint_map_entries_refused_total 4",
            "connector_messages_too_large_total 1",
            r#"connector_calls_total{function="ask",outcome="ok"} 1"#,
            r#"connector_call_duration_seconds_bucket{le="0.5",function="ask"} 1"#,
            r#"connector_connected{to="broker"} 1"#,
            r#"connector_connected{to="device"} 0"#,
            r#"connector_datapoints_known{kind="sensor"} 5"#,
            "connector_ready 0",
            r#"connector_log_messages_dropped_total{reason="limit"} 2"#,
            r#"connector_log_messages_dropped_total{reason="console"} 0"#,
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains(r#"kind="value""#));
        assert!(text.ends_with("# EOF\n"));
    }
}
