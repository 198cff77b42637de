//! Placeholder of mqtt_bridge.

fn main() {}
