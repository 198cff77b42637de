//! The measurements, each with one program after another.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use connector_runtime::prelude::*;

use crate::{
    broker::Broker,
    figures::{Figure, median, percentile},
    plant::{self, DATAPOINTS},
    process::Program,
    run::{Conditions, Cost, Run, start_many},
};

const TYPED: Program = Program::Role("typed");
const DYNAMIC: Program = Program::Role("dynamic");
const BARE: Program = Program::Role("bare");
const CEILING: Program = Program::Role("ceiling");

const HAND_ENCODED: &str = "hand-encoded packets";
const BARE_RUMQTTC: &str = "bare rumqttc";

/// The number of known datapoints in the measurements with many.
const MANY: usize = 100_000;

/// The number of connectors in one process.
const CONNECTORS: usize = 1000;

/// The size of the measurements.
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Values of one measurement.
    pub(crate) values: usize,
    pub(crate) commands: usize,
    pub(crate) is_quick: bool,
    /// The time after which no further round starts.
    pub(crate) hurries_from: Option<Instant>,
}

impl Effort {
    pub(crate) fn quick() -> Self {
        let hurries_from = Some(Instant::now() + Duration::from_secs(15));
        Self { rounds: 3, values: 50_000, commands: 500, is_quick: true, hurries_from }
    }

    pub(crate) fn full() -> Self {
        Self { rounds: 7, values: 200_000, commands: 3000, is_quick: false, hurries_from: None }
    }

    fn rounds(&self) -> impl Iterator<Item = usize> {
        let has_time = |round: &usize| {
            *round == 0 || self.hurries_from.is_none_or(|from| Instant::now() < from)
        };
        (0..self.rounds).take_while(has_time)
    }
}

/// Measures the cost of all programs in each round, so that other load on the machine affects all of them.
fn costs<const N: usize>(
    broker: &Broker,
    effort: &Effort,
    programs: &[(&Program, Conditions); N],
) -> Result<[Vec<Cost>; N]> {
    let mut costs = std::array::from_fn(|_| Vec::new());
    for _ in effort.rounds() {
        for ((program, conditions), costs) in programs.iter().zip(&mut costs) {
            let datapoints = conditions.datapoints;
            // Acknowledgements take their time.
            let values = if conditions.qos == 0 { effort.values } else { effort.values / 2 };
            let mut run = Run::start(broker, program, conditions)?;
            // Once all buffers have been full, they have the size that they need.
            run.flood(datapoints, values / datapoints / 2)?;
            let cost = run.flood(datapoints, values / datapoints)?;
            if cost.lost > 0 {
                eprintln!(
                    "{} values of {program:?} did not arrive: does the broker queue enough?",
                    cost.lost
                );
            }
            costs.push(cost);
        }
    }
    Ok(costs)
}

fn value(costs: &[Cost]) -> f64 {
    median(costs.iter().map(|cost| cost.value))
}

fn message(costs: &[Cost]) -> f64 {
    median(costs.iter().map(|cost| cost.message))
}

fn speed(costs: &[Cost]) -> f64 {
    median(costs.iter().map(|cost| cost.values_per_second))
}

/// Measures the processor time of a value, and the number of values through the broker.
pub(crate) fn values(broker: &Broker, effort: &Effort) -> Result<Vec<Figure>> {
    let at = |qos| Conditions::usual(qos, DATAPOINTS);
    let programs = [
        (&CEILING, at(0)),
        (&BARE, at(0)),
        (&TYPED, at(0)),
        (&DYNAMIC, at(0)),
        (&BARE, at(1)),
        (&TYPED, at(1)),
    ];
    let [ceiling, bare, typed, dynamic, bare_qos1, typed_qos1] = costs(broker, effort, &programs)?;
    Ok(vec![
        Figure::new("cpu_per_value_typed_qos0", value(&typed), "µs")
            .beside(value(&ceiling), HAND_ENCODED),
        Figure::new("cpu_per_value_dynamic_qos0", value(&dynamic), "µs")
            .beside(value(&ceiling), HAND_ENCODED),
        Figure::new("cpu_per_value_bare_qos0", value(&bare), "µs")
            .beside(value(&ceiling), HAND_ENCODED),
        Figure::new("cpu_per_value_qos1", value(&typed_qos1), "µs")
            .beside(value(&bare_qos1), BARE_RUMQTTC),
        Figure::new("throughput_qos0", speed(&typed), "values/s")
            .beside(speed(&ceiling), HAND_ENCODED),
        Figure::new("throughput_qos1", speed(&typed_qos1), "values/s")
            .beside(speed(&bare_qos1), BARE_RUMQTTC),
    ])
}

/// The same for any other connector.
pub(crate) fn peer(broker: &Broker, effort: &Effort, command: &str) -> Result<Vec<Figure>> {
    let peer = Program::Peer(command.to_owned());
    let at = |qos| Conditions::usual(qos, DATAPOINTS);
    let [peer, ceiling] = costs(broker, effort, &[(&peer, at(0)), (&CEILING, at(0))])?;
    Ok(vec![
        Figure::new("peer_cpu_per_value", value(&peer), "µs").beside(value(&ceiling), HAND_ENCODED),
        Figure::new("peer_throughput", speed(&peer), "values/s")
            .beside(speed(&ceiling), HAND_ENCODED),
    ])
}

/// Measures the time from the publish of a command to its line at the device.
pub(crate) fn latency(broker: &Broker, effort: &Effort) -> Result<Vec<Figure>> {
    let (ours, bare) = (latencies(broker, effort, &TYPED)?, latencies(broker, effort, &BARE)?);
    let figure = |name, part| {
        Figure::new(name, percentile(ours.iter().copied(), part), "ms")
            .beside(percentile(bare.iter().copied(), part), BARE_RUMQTTC)
    };
    Ok(vec![figure("command_latency_p50", 0.5), figure("command_latency_p99", 0.99)])
}

fn latencies(broker: &Broker, effort: &Effort, program: &Program) -> Result<Vec<f64>> {
    let mut run = Run::start(broker, program, &Conditions::usual(1, 1))?;
    let topic = plant::setpoint(&run.name);
    let mut client = crate::bus::Client::connect(&broker.address, &format!("{}-user", run.name))?;
    let mut all = Vec::new();
    for number in 0..effort.commands {
        let sent = Instant::now();
        client.publish(&topic, &format!(r#"{{"value":{number}.0,"timestamp":1}}"#), false)?;
        let line = run.device.command()?;
        all.push(sent.elapsed().as_secs_f64() * 1e3);
        let got: usize =
            line.trim().trim_end_matches(".0").parse().context("this is not a command")?;
        ensure!(got == number, "the device got {got} for {number}");
    }
    Ok(all)
}

/// Measures the memory of an idle connector, and the time of its start.
pub(crate) fn idle(broker: &Broker, effort: &Effort) -> Result<Vec<Figure>> {
    let (mut sizes, mut private, mut starts) =
        ([vec![], vec![]], [vec![], vec![]], [vec![], vec![]]);
    for _ in effort.rounds() {
        for (program, index) in [(&TYPED, 0), (&BARE, 1)] {
            let run = Run::start(broker, program, &Conditions::usual(1, DATAPOINTS))?;
            sizes[index].push(run.process.resident());
            private[index].push(run.process.private());
            starts[index].push(run.start.as_secs_f64() * 1e3);
        }
    }
    let [[ours, bare], [own, bare_own], [start, bare_start]] =
        [sizes, private, starts].map(|of| of.map(median));
    Ok(vec![
        Figure::new("rss_idle", ours, "MiB").beside(bare, BARE_RUMQTTC),
        Figure::new("rss_idle_private", own, "MiB").beside(bare_own, BARE_RUMQTTC),
        Figure::new("start_to_announcement", start, "ms").beside(bare_start, BARE_RUMQTTC),
    ])
}

/// Measures the cost of a message of ten datapoints when many are known, and the memory of these.
pub(crate) fn known(broker: &Broker, effort: &Effort) -> Result<Vec<Figure>> {
    let (mut few, mut many, mut size) = (Vec::new(), Vec::new(), f64::NAN);
    for _ in effort.rounds() {
        for (others, costs) in [(0, &mut few), (MANY, &mut many)] {
            let selected = others / 10;
            let wanted = Conditions { others, selected, ..Conditions::usual(0, 10) };
            let mut run = Run::start(broker, &DYNAMIC, &wanted)?;
            run.flood(10, effort.values / 20)?;
            costs.push(run.flood(10, effort.values / 20)?.message);
            size = run.process.resident();
        }
    }
    Ok(vec![
        Figure::new("known_datapoints_growth", median(many), "µs")
            .beside(median(few), "with 10 known datapoints"),
        Figure::new("rss_100000_known", size, "MiB"),
    ])
}

/// Measures how the cost of a value depends on the datapoints of a message, and that of a message on its size.
pub(crate) fn growth(broker: &Broker, effort: &Effort) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let effort = Effort { rounds: effort.rounds.min(3), values: effort.values / 2, ..*effort };
    for datapoints in [1, 10, 100] {
        let at = |qos| Conditions::usual(qos, datapoints);
        let programs = [
            (&CEILING, at(0)),
            (&BARE, at(0)),
            (&TYPED, at(0)),
            (&DYNAMIC, at(0)),
            (&TYPED, at(1)),
        ];
        let of_each = costs(broker, &effort, &programs)?;
        let ceiling = value(&of_each[0]);
        for (name, costs) in
            ["ceiling", "bare", "typed", "dynamic", "typed_qos1"].iter().zip(&of_each)
        {
            let name = format!("growth_{name}_{datapoints}");
            figures.push(Figure::new(name, value(costs), "µs").beside(ceiling, HAND_ENCODED));
        }
    }
    for padding in [0, 1000, 10_000] {
        let wanted = || Conditions { padding, ..Conditions::usual(0, 10) };
        let programs = [(&CEILING, wanted()), (&TYPED, wanted()), (&DYNAMIC, wanted())];
        let [ceiling, typed, dynamic] = costs(broker, &effort, &programs)?;
        for (name, costs) in [("typed", typed), ("dynamic", dynamic)] {
            let name = format!("message_{name}_{padding}_more_bytes");
            figures.push(
                Figure::new(name, message(&costs), "µs").beside(message(&ceiling), HAND_ENCODED),
            );
        }
    }
    Ok(figures)
}

/// Measures a thousand connectors in one process, each with a message of ten datapoints per second.
pub(crate) fn many(broker: &Broker) -> Result<Vec<Figure>> {
    let (process, mut client, _) = start_many(broker, CONNECTORS)?;
    let mut last: HashMap<String, Instant> = HashMap::new();
    client.watch(Duration::from_secs(15), |publish| {
        last.insert(publish.topic.clone(), Instant::now());
    })?;
    ensure!(last.len() == CONNECTORS, "{} of {CONNECTORS} connectors work", last.len());
    let (mut missed, mut ticks) = (0_u32, 0_u32);
    let before = process.cpu();
    client.watch(Duration::from_secs(10), |publish| {
        let now = Instant::now();
        let late = last.insert(publish.topic.clone(), now).map(|before| now - before);
        missed += u32::from(late.is_some_and(|late| late > Duration::from_millis(1500)));
        ticks += 1;
    })?;
    let used = process.cpu().saturating_sub(before).as_secs_f64() / 10.0;
    Ok(vec![
        Figure::new("connectors_1000_rss", process.resident(), "MiB"),
        Figure::new("connectors_1000_cpu", used, "cores"),
        Figure::new("connectors_1000_ticks", f64::from(ticks) / 10.0, "messages/s"),
        Figure::new("connectors_1000_missed", f64::from(missed), "ticks"),
    ])
}
