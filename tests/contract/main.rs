//! The wire contract, tested from outside: connectors are processes, brokers and devices are real,
//! and only what crosses a socket counts.
//!
//! `cargo test --test contract` needs `mosquitto`; filter by theme (`sensors::`) or by broker
//! (`::mosquitto::`). It is one program, so that tests of all themes run side by side.

mod actuators;
mod check;
mod datapoint_map;
mod describe;
mod guarded_actuators;
mod health;
mod lifecycle;
mod quickstart;
mod reprocess;
mod resilience;
mod secrets;
mod sensors;
mod settings;
mod tls;
mod tools;
