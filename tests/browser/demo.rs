//! Visits to a demo: sessions with an audience that reacts, an executor, and somebody who looks.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::npm::succeed;

/// A demo that runs, and is ended at the end.
struct Demo {
    process: Child,
    url: String,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
        command.args(["demo", "--port", "0"]).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let url = first.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        // It writes as long as it runs.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn who_watches_sees_the_drop_the_reason_the_act_and_the_outcome() {
    let demo = Demo::start(&["--speed", "10"]);
    succeed("watching", &demo.url);
}

#[test]
fn what_people_approve_is_carried_out_and_what_they_decline_is_not() {
    // Proposals wait longer than usual, so that a slow machine finds them.
    let patient = ["--set", "decision.proposal_life_ms=480000", "--set", "decision.approved_life_ms=480000"];
    let demo = Demo::start(&[&["--mode", "suggest", "--speed", "8"][..], &patient].concat());
    succeed("acting", &demo.url);
}
