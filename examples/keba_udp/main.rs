//! Placeholder of keba_udp.

fn main() {}
