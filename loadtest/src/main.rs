//! Turns real logs into event logs.
fn main() {}
