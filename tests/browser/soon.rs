//! How soon a dashboard on a real Kafka sends what is committed.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;

use cluster::clock::wait_for;
use cluster::{Cluster, Options};
use engagement_conductor::clock::SystemClock;
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Broker, ProducerConfig, TransactionalProducer};

use crate::returning::{PATIENCE, TICK_MS, dashboard, write};

const SCORES: i64 = 15;
/// A session is sent something each 250 ms at most; the rest is for a busy machine. Idle topics keep a fetch for 500 ms.
const SOON: Duration = Duration::from_secs(1);

/// Killed with the test.
struct Dashboard(Child);

impl Drop for Dashboard {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_score_is_sent_soon_though_it_is_looked_meanwhile_how_idle_topics_grow() {
    let cluster = Cluster::start(Options::new()).unwrap();
    let servers = cluster.bootstrap_servers();
    let topics = ["topics", "create", "--bootstrap-servers", &servers];
    assert!(Command::new(env!("CARGO_BIN_EXE_conductor")).args(topics).status().unwrap().success());
    let broker = KafkaBroker::new(KafkaSettings::new(servers.clone())).unwrap();
    let config = ProducerConfig { transactional_id: "scores".into(), transaction_timeout_ms: 10_000 };
    let mut producer = broker.plain_producer(&config).unwrap();
    producer.init_transactions().unwrap();
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().to_string();
    let _dashboard = Dashboard(dashboard(&servers, &address));
    let ready = || reqwest::blocking::get(format!("http://{address}/healthz/ready")).ok()?.error_for_status().ok();
    assert!(wait_for(PATIENCE, ready).is_some(), "the dashboard is not ready");

    let client = reqwest::blocking::Client::builder().timeout(None).build().unwrap();
    let watched = client.get(format!("http://{address}/api/sessions/s/events")).send().unwrap();
    let (events, event) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(watched).lines().map_while(Result::ok);
        // Nobody listens any more once the test is over.
        lines.filter(|line| line.starts_with("event: ")).for_each(|line| drop(events.send(line)));
    });
    assert_eq!(event.recv_timeout(PATIENCE).unwrap(), "event: snapshot");
    let first_ms = SystemClock.now_ms() / TICK_MS * TICK_MS;
    let mut each: Vec<Duration> = Vec::new();
    for number in 0..SCORES {
        write(&mut producer, first_ms + number * TICK_MS);
        let since = SystemClock.stopwatch();
        assert_eq!(event.recv_timeout(PATIENCE).unwrap(), "event: delta");
        each.push(since.elapsed());
    }
    each.sort_unstable();
    let median = each[each.len() / 2];
    assert!(median < SOON, "half of them take longer than {median:?}: {each:?}");
}
