//! Placeholder of modbus_tcp.

fn main() {}
