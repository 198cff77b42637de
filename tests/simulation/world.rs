//! A connector, its broker, and the line between them, for [`Step`]s; it knows what must come of them.

mod device;
mod line;
mod promises;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use connector_runtime::{Actuator, Command, testing::machine::Machine};
use rumqttc::{LastWill, Packet, QoS};
use serde_json::json;

use crate::{
    broker::{Broker, ClientId},
    step::Step,
};

/// The limit of the queue that nothing reaches here.
pub(crate) const LARGE: usize = 16 << 20;

/// From the oldest message without acknowledgement to the newest.
const WINDOW: usize = 16;

const MAP: &str = "demo/datapoint_map";
const RAW: &str = "demo/raw_message_to_db";
const STATUS: &str = "demo/status";

const SENSORS: [&str; 3] = ["s0", "s1", "s2"];
const TOPICS: [&str; 4] = ["c/0", "c/1", "c/2", "c/3"];

/// A datapoint map: from sensor to topic, from topic to actuator.
#[derive(Clone, Copy)]
struct Map {
    sensors: &'static [(&'static str, &'static str)],
    actuators: &'static [(&'static str, &'static str)],
}

const NOTHING: Map = Map { sensors: &[], actuators: &[] };

const MAPS: [Map; 3] = [
    Map {
        sensors: &[("s0", "v/0"), ("s1", "v/1")],
        actuators: &[("c/0", "plain"), ("c/1", "guarded"), ("c/2", "newest")],
    },
    Map {
        sensors: &[("s0", "v/0"), ("s2", "v/2")],
        actuators: &[("c/0", "guarded"), ("c/3", "plain")],
    },
    NOTHING,
];

pub(crate) struct World {
    limit: usize,
    /// The QoS of values: 0 or 1.
    value_qos: QoS,
    machine: Machine,
    broker: Broker,
    connection: Option<ClientId>,
    connections: usize,
    is_half_open: bool,
    /// How many steps go by before the connector can say anything.
    busy: usize,
    was_refused: bool,
    up: VecDeque<Packet>,
    down: VecDeque<Packet>,
    late_wills: Vec<Option<LastWill>>,
    /// Milliseconds by the clock of the controllers, and by that of the connector.
    time: i64,
    wall: i64,
    /// Counts values, raw messages and commands: each has its own number.
    number: u64,
    in_force: Map,
    values: BTreeMap<&'static str, u64>,
    /// The keys of sensors that nobody selects.
    strangers: BTreeSet<String>,
    /// What was handed over since the connector started, by topic.
    handed_over: BTreeMap<&'static str, Vec<u64>>,
    /// Those of them that only a map has selected: a newer value may take their place.
    reselected: BTreeSet<u64>,
    selections: usize,
    /// The numbers of values that the connector has said at QoS 0, by topic.
    said: BTreeMap<String, BTreeSet<u64>>,
    /// The connector's packets in flight, and whether each is acknowledged.
    in_flight: VecDeque<(u16, bool)>,
    /// The commands that are on their way from the connector to `plain`.
    plain: VecDeque<u64>,
    live: BTreeSet<u64>,
    carried_out: BTreeMap<String, Command>,
    failure: Option<String>,
}

fn machine(limit: usize, value_qos: QoS, wall: i64) -> Machine {
    let guarded = Actuator::new("guarded").max_age(Duration::from_secs(10)).monotonic();
    let actuators = vec![Actuator::new("plain"), guarded, Actuator::new("newest").newest_only()];
    let machine = Machine::new("demo", actuators, limit, wall);
    if value_qos == QoS::AtMostOnce {
        machine.publish_values_unacknowledged();
    }
    machine
}

impl World {
    pub(crate) fn new(limit: usize, value_qos: QoS) -> Self {
        let now = 1_700_000_000_000;
        Self {
            limit,
            value_qos,
            machine: machine(limit, value_qos, now),
            broker: Broker::default(),
            connection: None,
            connections: 0,
            is_half_open: false,
            busy: 0,
            was_refused: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
            late_wills: Vec::new(),
            time: now,
            wall: now,
            number: 0,
            in_force: NOTHING,
            values: BTreeMap::new(),
            strangers: BTreeSet::new(),
            handed_over: BTreeMap::new(),
            reselected: BTreeSet::new(),
            selections: 0,
            said: BTreeMap::new(),
            in_flight: VecDeque::new(),
            plain: VecDeque::new(),
            live: BTreeSet::new(),
            carried_out: BTreeMap::new(),
            failure: None,
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        self.busy = self.busy.saturating_sub(1);
        match *step {
            Step::Value(sensor) => self.value(SENSORS[sensor]),
            Step::Raw => self.raw(),
            Step::Burst(count) => (0..count).for_each(|_| {
                self.value(SENSORS[0]);
                self.raw();
            }),
            Step::Strangers => self.strangers(),
            Step::Flood(count) => (0..count).for_each(|_| self.claim_offline()),
            Step::Map(map) => self.publish_map(MAPS[map]),
            Step::Command { topic, age, retain } => self.command(TOPICS[topic], age, retain),
            Step::Heartbeat => self.machine.heartbeat(),
            Step::Device => self.device(),
            Step::Up(count) => (0..count).for_each(|_| self.up()),
            Step::Down(count) => (0..count).for_each(|_| self.down()),
            Step::Swap => self.swap(),
            Step::Repeat => self.repeat(),
            Step::Connect => self.connect(),
            Step::Cut { will_is_late } => self.cut(will_is_late),
            Step::Wills => self.publish_wills(),
            Step::Busy(steps) => self.busy = steps,
            Step::HalfOpen => self.half_open(),
            Step::Refuse => self.broker.refuses = true,
            Step::Wait(millis) => self.wait(millis),
            Step::Clock(seconds) => {
                self.wall += seconds * 1000;
                self.machine.set_clock(self.wall);
            }
            Step::RestartConnector => self.restart_connector(),
            Step::RestartBroker => {
                self.cut(false);
                self.broker.restart();
            }
        }
        self.speak();
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn value(&mut self, sensor: &'static str) {
        let number = self.next_number();
        self.machine.readings(&BTreeMap::from([(sensor, number)]));
        self.values.insert(sensor, number);
        if let Some((_, topic)) = self.in_force.sensors.iter().find(|(key, _)| *key == sensor) {
            self.handed_over.entry(topic).or_default().push(number);
        }
    }

    fn raw(&mut self) {
        let number = self.next_number();
        self.machine.raw_message(&number.to_string());
        self.handed_over.entry(RAW).or_default().push(number);
    }

    /// Ten long values: mostly new ones, until there are a hundred.
    fn strangers(&mut self) {
        let text = "x".repeat(500);
        let first = usize::try_from(self.next_number()).unwrap_or(0) % 10 * 10;
        let keys = (first..first + 10).map(|number| format!("stranger {number}"));
        let message: BTreeMap<_, _> = keys.map(|key| (key, &text)).collect();
        self.machine.readings(&message);
        self.strangers.extend(message.into_keys());
    }

    fn claim_offline(&mut self) {
        self.broker.publish(STATUS, &"offline".into(), QoS::AtMostOnce, false);
        self.hand_out();
    }

    fn publish_map(&mut self, Map { sensors, actuators }: Map) {
        let sensors: BTreeMap<_, _> = sensors.iter().copied().collect();
        let actuators: BTreeMap<_, _> = actuators.iter().copied().collect();
        let map = json!({ "sensor": sensors, "actuator": actuators }).to_string();
        self.broker.publish(MAP, &map.into(), QoS::AtLeastOnce, true);
        self.hand_out();
    }

    fn command(&mut self, topic: &str, age: i64, retain: bool) {
        let (number, made) = (self.next_number(), self.time - age * 1000);
        let payload = format!(r#"{{"value":{number},"timestamp":{made}}}"#);
        let qos = if number % 2 == 0 { QoS::ExactlyOnce } else { QoS::AtLeastOnce };
        self.broker.publish(topic, &payload.into(), qos, retain);
        self.hand_out();
    }

    fn wait(&mut self, millis: u64) {
        self.machine.elapse(Duration::from_millis(millis));
        self.time += millis.cast_signed();
        self.wall += millis.cast_signed();
    }

    fn restart_connector(&mut self) {
        self.cut(true);
        self.machine = machine(self.limit, self.value_qos, self.wall);
        self.in_force = NOTHING;
        self.values.clear();
        self.strangers.clear();
        self.handed_over.clear();
        self.reselected.clear();
        self.plain.clear();
        self.carried_out.remove("guarded");
    }

    /// The line works from now on, and everything that was said arrives.
    pub(crate) fn heal(&mut self) {
        self.busy = 0;
        self.speak();
        self.broker.refuses = false;
        if self.is_half_open || self.was_refused {
            self.cut(true);
        }
        self.publish_wills();
        self.connect();
        for _ in 0..3 {
            self.speak();
            while !(self.up.is_empty() && self.down.is_empty()) {
                self.up();
                self.down();
            }
            // Raw messages of an outage are held back for some seconds. Only with room after that are
            // values published again that were dropped.
            self.wait(6000);
            self.machine.heartbeat();
        }
        self.device();
    }
}

/// The number that a value, a raw message or a command is.
pub(crate) fn number_of(json: &str) -> u64 {
    let json = json.trim_start_matches(r#"{"payload":{"raw_message":"#);
    let json = json.trim_start_matches(r#"{"value":"#);
    let end = json.find(|c: char| !c.is_ascii_digit()).unwrap_or(json.len());
    json[..end].parse().expect("it begins with its number")
}
