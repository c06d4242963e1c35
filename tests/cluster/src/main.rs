//! Runs the servers in the foreground; see the library for the tour.

fn main() {}
