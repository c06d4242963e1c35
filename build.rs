//! The page of the dashboard is embedded: when `make web` has built it anew, so is the binary.
#![allow(clippy::print_stdout, reason = "this is how a build script says it")]

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-changed=src/database/migrations");
}
