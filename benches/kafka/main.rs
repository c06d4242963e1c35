//! What a record costs on a real Kafka, beside two peers on the same broker in the same run: a bare loop around the client (the
//! floor) and Kafka Streams on Java. Exactly once, a commit every 100 ms, four partitions, 10,000 keys, values of 100 bytes, one
//! thread. Each contestant is a process of its own, one after the other; CPU and memory are the process's, and how far it has
//! come is read from the offsets that its group has committed, so that all three are measured in the same way.
//!
//!     cargo bench --bench kafka -- --help
//!
//! The application itself is measured there, too: what an event costs it, and how long its score takes.
//!
//! Nobody gets a number for work that was not done: what they wrote is read as committed and compared with what was loaded.
//!
//! Layout: `args`, `job`: what is asked for. `stage`, `load`: the cluster and what lies in it. `ours`, `bare`, `java`: the
//! contestants. `contestant`, `watch`: their processes, and how far they are. `race`, `restart`: what is measured. `judge`: whether it
//! was done. `table`: what is printed.
//! The application itself (`conductor run`, fed by simulated sessions): `application`, `audience`: its process and what it reads.
//! `backlog`, `live` (with `catch_up`): what is measured. `scores`: whether it was done.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    reason = "a program for whoever measures"
)]

mod application;
mod args;
mod audience;
mod backlog;
mod bare;
mod catch_up;
mod contestant;
mod java;
mod job;
mod judge;
mod live;
mod load;
mod ours;
mod race;
mod restart;
mod scores;
mod stage;
mod table;
mod watch;
// What is shared does more than is needed here.
#[allow(dead_code)]
#[path = "../shared/mod.rs"]
mod shared;

use args::{Arguments, Command};
use clap::Parser;
use job::{Contestant, Scenario};
use loadtest::interrupt::Interrupt;
use shared::attempt::attempt;

/// The binary's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Run { contestant: Contestant::Ours, job }) => ours::run(job),
        Some(Command::Run { contestant: Contestant::Bare, job }) => bare::run(job),
        Some(Command::Run { contestant: Contestant::Java, .. }) => panic!("Java runs in a program of its own"),
        None => attempt(|interrupt| measure(&arguments, interrupt)),
    }
}

fn measure(arguments: &Arguments, interrupt: &Interrupt) {
    let mut table = table::Table::default();
    if !arguments.races().is_empty() || arguments.measures(Scenario::Restart) {
        measure_the_engine(arguments, &mut table, interrupt);
    }
    if arguments.measures(Scenario::Application) {
        table.add_backlog(backlog::run(arguments, interrupt));
    }
    if arguments.measures(Scenario::Live) {
        for sessions in &arguments.live_sessions {
            table.add_live(live::run(*sessions, arguments, interrupt));
        }
    }
    table.print_goals();
}

fn measure_the_engine(arguments: &Arguments, table: &mut table::Table, interrupt: &Interrupt) {
    let java = arguments.contestants.contains(&Contestant::Java).then(java::Program::build);
    eprintln!("Starting Kafka");
    let stage = stage::Stage::start();
    if !arguments.races().is_empty() {
        eprintln!("Loading {} records", arguments.records);
        let load = load::load(&stage, "input", &load::small(arguments.records), interrupt);
        for scenario in arguments.races() {
            for contestant in &arguments.contestants {
                let result = race::run(&stage, &load, scenario, *contestant, java.as_ref(), arguments, interrupt);
                table.add(result);
            }
        }
    }
    if arguments.measures(Scenario::Restart) {
        for contestant in arguments.contestants.iter().filter(|contestant| **contestant != Contestant::Bare) {
            table.add_restart(restart::run(&stage, *contestant, java.as_ref(), arguments, interrupt));
        }
    }
}
