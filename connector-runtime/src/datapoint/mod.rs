//! What a datapoint is: one sensor, one actuator, and what a value of it may be.

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
