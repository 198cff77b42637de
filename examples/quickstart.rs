//! A first connector.
fn main() {}
