//! What the protocol promises, under histories of anything that can happen to it.
//!
//! The connector is a [`Machine`], so a history decides on every packet, and on every clock.

use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestRunner},
};
use rumqttc::QoS;
use support::cases;

use crate::{
    step::Step,
    world::{LARGE, World},
};

/// How many histories there are: few, and all of them.
const CASES: [u32; 2] = [2000, 20_000];

/// How many steps a history has at most.
const STEPS: usize = 200;

fn packets() -> impl Strategy<Value = usize> {
    prop_oneof![1..4_usize, 1..30_usize]
}

fn step() -> impl Strategy<Value = Step> {
    let command =
        (0..4_usize, prop_oneof![6 => Just(0), 1 => -20..20_i64], prop::bool::weighted(0.1));
    prop_oneof![
        20 => (0..3_usize).prop_map(Step::Value),
        10 => Just(Step::Raw),
        1 => (10..60_usize).prop_map(Step::Burst),
        1 => Just(Step::Strangers),
        1 => (1..30_usize).prop_map(Step::Flood),
        1 => Just(Step::Heartbeat),
        3 => (0..3_usize).prop_map(Step::Map),
        8 => command.prop_map(|(topic, age, retain)| Step::Command { topic, age, retain }),
        5 => Just(Step::Device),
        20 => packets().prop_map(Step::Up),
        20 => packets().prop_map(Step::Down),
        8 => Just(Step::Swap),
        4 => Just(Step::Repeat),
        10 => Just(Step::Connect),
        4 => any::<bool>().prop_map(|will_is_late| Step::Cut { will_is_late }),
        2 => Just(Step::Wills),
        5 => (1..6_usize).prop_map(Step::Busy),
        2 => Just(Step::HalfOpen),
        1 => Just(Step::Refuse),
        6 => (0..8000_u64).prop_map(Step::Wait),
        1 => (-3600..3600_i64).prop_map(Step::Clock),
        1 => Just(Step::RestartConnector),
        1 => Just(Step::RestartBroker),
    ]
}

/// How many bytes may wait, at which QoS values are published, and what happens.
fn history() -> impl Strategy<Value = (usize, QoS, Vec<Step>)> {
    let limit = prop_oneof![3 => Just(LARGE), 1 => 2000..8000_usize];
    let value_qos = prop_oneof![2 => Just(QoS::AtLeastOnce), 1 => Just(QoS::AtMostOnce)];
    (limit, value_qos, prop::collection::vec(step(), 0..STEPS))
}

fn run(limit: usize, value_qos: QoS, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World::new(limit, value_qos);
    for step in steps {
        world.take(step);
        world.check().map_err(TestCaseError::fail)?;
    }
    world.heal();
    world.check().and_then(|()| world.check_end()).map_err(TestCaseError::fail)
}

#[test]
fn every_history_keeps_the_promises() {
    let [few, all] = CASES;
    let mut config = Config { cases: cases("PROPTEST_CASES", few, all), ..Config::default() };
    // The default one takes most of the time, as it is not optimised here.
    config.rng_algorithm = RngAlgorithm::XorShift;
    let regressions = FileFailurePersistence::Direct("simulation/regressions.txt");
    config.failure_persistence = Some(Box::new(regressions));
    let outcome =
        TestRunner::new(config).run(&history(), |(limit, qos, steps)| run(limit, qos, &steps));
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
