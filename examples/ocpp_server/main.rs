//! Placeholder of ocpp_server.

fn main() {}
