//! Connectors among programs that do what no good one would: brokers, peers on the bus, devices and operators;
//! and their processes on systems that run out of everything.
//!
//! Whatever they do, a connector stays healthy, needs little memory, and ends when it is told to.

mod broker;
mod console;
mod files;
mod health;
mod log_floods;
mod peer;
mod scene;
mod stop;
mod victim;
mod visit;
mod wait;
