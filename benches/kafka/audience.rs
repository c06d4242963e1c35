//! What the application is fed: simulated sessions, as `loadtest` makes and sends them.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use domain::time::Millis;
use loadtest::args::{Cluster, Generate, Replay, START_MS};
use loadtest::clock::Pacing;
use loadtest::error::Error;
use loadtest::interrupt::Interrupt;
use loadtest::replay::Totals;
use serde::Deserialize;
use topology::event_log::Speed;

/// How long a session is planned to last.
const MINUTES: u32 = 20;

/// A record of a log, as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Event {
    pub(crate) key: String,
    pub(crate) timestamp_ms: Millis,
}

/// An event log of so many sessions; they start within so many minutes.
pub(crate) fn generate(folder: &Path, sessions: u32, stagger_minutes: u32) -> PathBuf {
    eprintln!("Simulating {sessions} sessions of {MINUTES} minutes");
    let (out, truth) = (folder.join("log.jsonl"), folder.join("truth.jsonl"));
    let (log, start_ms) = (out.clone(), START_MS);
    let arguments = Generate {
        sessions,
        seed: 1,
        out,
        truth,
        minutes: MINUTES,
        start_ms,
        stagger_minutes,
        healthy: false,
        force: false,
    };
    loadtest::generate::generate(&arguments).unwrap();
    log
}

/// Its first records, as a log of their own.
pub(crate) fn beginning(log: &Path, records: u64) -> PathBuf {
    let path = log.with_file_name("beginning.jsonl");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    for line in BufReader::new(File::open(log).unwrap()).lines().take(records as usize) {
        writeln!(file, "{}", line.unwrap()).unwrap();
    }
    file.flush().unwrap();
    path
}

/// What a log holds.
pub(crate) fn events(log: &Path) -> impl Iterator<Item = Event> {
    BufReader::new(File::open(log).unwrap()).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

/// Sends a log, with its times moved to now.
pub(crate) fn send(
    log: &Path,
    servers: &str,
    speed: Speed,
    clock: &dyn Pacing,
    interrupt: &Interrupt,
) -> Result<Totals, Error> {
    let arguments = Replay {
        log: vec![log.to_owned()],
        cluster: Cluster { bootstrap_servers: servers.to_owned(), properties: Vec::new() },
        speed,
        lead_minutes: 0,
        keep_timestamps: false,
        // What is moved by whole blocks has the scores of a backtest.
        exact_scores: true,
        application: None,
        json: false,
    };
    let broker = loadtest::kafka::broker(&arguments.cluster)?;
    loadtest::replay::replay(&arguments, &broker, clock, interrupt)
}

/// Everything must have been taken.
pub(crate) fn taken(totals: Totals) -> Totals {
    assert_eq!((totals.refused, totals.broken.count, totals.others), (0, 0, 0), "refused, broken, of other topics");
    totals
}
