//! The dashboard on a real Kafka is killed while somebody watches, and comes back.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cluster::clock::wait_for;
use cluster::{Cluster, Options};
use engagement_conductor::clock::SystemClock;
use streams::broker::kafka::{KafkaBroker, KafkaProducer, KafkaSettings};
use streams::broker::{Broker, ProducerConfig, ProducerRecord, TransactionalProducer};

use crate::npm::visit;

pub(crate) const TICK_MS: i64 = 5_000;
/// Ticks that are there before anybody looks.
const BEFORE: i64 = 12;
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the stream would write at a tick.
fn score(at_ms: i64) -> String {
    format!(
        r#"{{"session":"s","at_ms":{at_ms},"score":0.7,"score_90s":0.7,"core":0.7,"core_90s":0.7,"band":"usual","people":80,
        "anomaly":{{"score":0.0,"level":"none","parts":[]}},"signals":{{}},"terms":{{}},
        "baseline":{{"version":1,"chat":0.1,"poll":0.4,"active":0.6,"reactions":0.1,"stay":0.06}}}}"#
    )
}

/// Writes a score, in a transaction of its own.
pub(crate) fn write(producer: &mut KafkaProducer, at_ms: i64) {
    let (topic, value): (Arc<str>, String) = (Arc::from("engagement-scores"), score(at_ms));
    let (key, value) = (Some(&b"s"[..]), Some(value.as_bytes()));
    let record = ProducerRecord { topic: &topic, partition: 0, timestamp_ms: at_ms, key, value, headers: &[] };
    producer.begin().unwrap();
    producer.send(&record, 0).unwrap();
    let written = wait_for(PATIENCE, || (producer.deliveries(&mut |_| {}).unwrap() == 0).then_some(()));
    assert!(written.is_some(), "a score is not written");
    producer.commit().unwrap();
}

/// Writes a score at every tick until this is set; the ticks before now are there at once.
fn live(broker: &KafkaBroker, is_over: &AtomicBool) {
    let config = ProducerConfig { transactional_id: "scores".into(), transaction_timeout_ms: 10_000 };
    let mut producer = broker.plain_producer(&config).unwrap();
    producer.init_transactions().unwrap();
    let mut next = SystemClock.now_ms() / TICK_MS * TICK_MS - BEFORE * TICK_MS;
    wait_for(10 * PATIENCE, || {
        while next <= SystemClock.now_ms() {
            write(&mut producer, next);
            next += TICK_MS;
        }
        is_over.load(Ordering::Acquire).then_some(())
    });
}

/// Starts a dashboard without a history.
pub(crate) fn dashboard(servers: &str, address: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
    command.args(["dashboard", "--bootstrap-servers", servers, "--listen", address]);
    command.args(["--set", "database.url=sqlite://nowhere.db", "--log-level", "error"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_dashboard_that_is_killed_and_comes_back_leaves_no_gap_and_no_double() {
    let cluster = Cluster::start(Options::new()).unwrap();
    let servers = cluster.bootstrap_servers();
    let topics = ["topics", "create", "--bootstrap-servers", &servers];
    assert!(Command::new(env!("CARGO_BIN_EXE_conductor")).args(topics).status().unwrap().success());
    let broker = KafkaBroker::new(KafkaSettings::new(servers.clone())).unwrap();
    let is_over = AtomicBool::new(false);
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().to_string();
    std::thread::scope(|scope| {
        scope.spawn(|| live(&broker, &is_over));
        let mut server = dashboard(&servers, &free);
        let answers = || std::net::TcpStream::connect(&free).ok();
        assert!(wait_for(PATIENCE, answers).is_some(), "the dashboard does not listen");
        let mut visit = visit("returning", &format!("http://{free}/s/s"));
        let mut visitor = visit.stdout(Stdio::piped()).spawn().unwrap();
        for line in BufReader::new(visitor.stdout.take().unwrap()).lines() {
            match line.unwrap().as_str() {
                "watched" => {
                    server.kill().unwrap();
                    server.wait().unwrap();
                }
                "missed" => server = dashboard(&servers, &free),
                _ => {}
            }
        }
        let status = visitor.wait().unwrap();
        is_over.store(true, Ordering::Release);
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(status.success(), "the page has a gap, a double or does not come back: {status}");
    });
}
