//! Datapoints: sensors, actuators, and the rules for their values.

mod acceptance;
mod actuator;
mod command;
mod json;
mod number;
mod rules;
mod same;
mod sensor;
mod takes;

pub use self::{
    actuator::Actuator,
    command::Command,
    number::{Bound, Number},
    sensor::{Kind, Sensor},
};
pub(crate) use self::{
    rules::{Failsafe, Rules},
    same::is_same,
};
