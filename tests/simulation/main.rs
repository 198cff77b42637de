//! A connector under everything that can happen to it, in a world that can be run again.

mod broker;
mod history;
mod network;
mod seeds;
mod step;
mod world;
