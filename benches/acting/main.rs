//! What acting costs, and how long it takes, on a real Kafka: from a committed score to whoever watches, from a committed command to the
//! event platform, and from both into the history. The roles are processes of their own with their default settings but for what is
//! named here; CPU and memory are theirs. Topics are filled as the stream fills them, in transactions.
//!
//!     cargo bench --bench acting -- --help
//!
//! Where something has a floor, a bare loop that does nothing else is measured beside it in the same run. Nobody gets a number for work
//! that was not done: everything must arrive, and nothing twice, or the measurement ends with what is wrong.
//!
//! Layout: `args`: what is asked for. `stage`, `process`, `writer`, `records`: the cluster, the roles, and what lies in topics.
//! `delta`, `crowd` (both by `viewers`), `page`: the dashboard. `call`, `backlog` (both by `platform`): the executor. `history`: SQL.
//! `peer`: the bare loops. `rate`, `pace`: how fast, and waiting. `table`: what is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    reason = "a program for whoever measures"
)]

mod args;
mod backlog;
mod call;
mod crowd;
mod delta;
mod history;
mod pace;
mod page;
mod peer;
mod platform;
mod process;
mod rate;
mod records;
mod stage;
mod table;
mod viewers;
mod writer;
// What is shared does more than is needed here.
#[allow(dead_code)]
#[path = "../../tests/browser/npm.rs"]
mod npm;
#[allow(dead_code)]
#[path = "../shared/mod.rs"]
mod shared;

use args::{Arguments, Command, Scenario};
use clap::Parser;
use loadtest::interrupt::Interrupt;
use shared::attempt::attempt;
use stage::{DatabaseKind, Stage};
use table::Table;

/// The binary's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Peer { task }) => peer::run(task),
        None => attempt(|interrupt| measure(&arguments, interrupt)),
    }
}

fn measure(arguments: &Arguments, interrupt: &Interrupt) {
    let mut table = Table::default();
    if [Scenario::Delta, Scenario::Crowd, Scenario::Page].iter().any(|scenario| arguments.measures(*scenario)) {
        let stage = Stage::start("the dashboard", DatabaseKind::Sqlite);
        if arguments.measures(Scenario::Delta) {
            table.add_delta(delta::run(&stage, arguments, interrupt));
        }
        if arguments.measures(Scenario::Crowd) {
            table.add_crowd(crowd::run(&stage, arguments, interrupt));
        }
        if arguments.measures(Scenario::Page) {
            table.add_page(page::run(&stage, interrupt));
        }
    }
    if arguments.measures(Scenario::Call) {
        let stage = Stage::start("the way to the platform", DatabaseKind::Sqlite);
        table.add_call(call::run(&stage, arguments, interrupt));
    }
    for database in DatabaseKind::BOTH {
        if arguments.measures(Scenario::Backlog) {
            let stage = Stage::start(&format!("commands and {}", database.name()), database);
            table.add_backlog(backlog::run(&stage, arguments, interrupt));
        }
    }
    for database in DatabaseKind::BOTH {
        if arguments.measures(Scenario::History) {
            let stage = Stage::start(&format!("history in {}", database.name()), database);
            table.add_history(history::run(&stage, arguments, interrupt));
        }
    }
    table.print_goals();
}
