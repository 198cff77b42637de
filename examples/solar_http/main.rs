//! Placeholder of solar_http.

fn main() {}
