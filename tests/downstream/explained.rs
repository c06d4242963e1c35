//! What the stream's own commands make of values that are framed for the registry.

use cluster::clock::wait_for;
use cluster::{Cluster, Options};
use serde_json::Value as Json;
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Admin, Broker, Cleanup, ProducerConfig, ProducerRecord, TopicSpec, TransactionalProducer};
use topology::codec::{Format, encode};
use topology::wire::{InterventionCommand, Value, topics};

use crate::evolution::Http;
use crate::stage::{APPLICATION, PATIENCE, Stage, bare_conductor};

#[test]
fn a_decision_that_is_framed_for_the_registry_is_explained_with_the_schema_that_lies_there() {
    let stage = Stage::shared();
    let command: InterventionCommand = serde_json::from_value(stage.commands[0].clone()).unwrap();
    let http = Http::new(&stage.registry.url());
    let schema: Json = serde_json::from_str(InterventionCommand::SCHEMA).unwrap();
    assert_eq!(http.register("explained-value", &schema), 200);
    let (_, registered) = http.get("/subjects/explained-value/versions/1");
    let registered: Json = serde_json::from_str(&registered).unwrap();
    let schema_id = u32::try_from(registered["id"].as_u64().unwrap()).unwrap();

    let cluster = Cluster::start(Options::new()).unwrap();
    write(&cluster, &command, Format::Confluent { schema_id });
    let explain = |registry: &str| {
        let (registry, application) = (format!("registry.url={registry}"), format!("application.id={APPLICATION}"));
        let words = ["policy", "explain", &command.command, "--bootstrap-servers", &cluster.bootstrap_servers()];
        let answer = bare_conductor(&[&words[..], &["--set", &registry, "--set", &application]].concat());
        let said = [answer.stdout, answer.stderr].concat();
        (answer.status.code().unwrap(), String::from_utf8(said).unwrap())
    };
    let (code, said) = explain(&stage.registry.url());
    assert!(code == 0 && said.ends_with("recomputed: same\n"), "{said}");
    let (code, said) = explain("http://127.0.0.1:1");
    assert!(code == 1 && said.contains("remedy: is registry.url right"), "{said}");
}

/// Writes the command where the stream writes commands.
fn write(cluster: &Cluster, command: &InterventionCommand, format: Format) {
    let broker = KafkaBroker::new(KafkaSettings::new(cluster.bootstrap_servers())).unwrap();
    let topic = topics::INTERVENTION_COMMANDS;
    let spec = TopicSpec { name: topic.to_owned(), partitions: 1, cleanup: Cleanup::Delete, retention_ms: None };
    broker.admin().unwrap().create_topics(&[spec]).unwrap();
    let mut value = Vec::new();
    encode(command, format, &mut value).unwrap();
    let config = ProducerConfig { transactional_id: "explained".to_owned(), transaction_timeout_ms: 10_000 };
    let mut producer = broker.producer(&config).unwrap();
    wait_for(PATIENCE, || producer.init_transactions().ok()).unwrap();
    producer.begin().unwrap();
    let record = ProducerRecord {
        topic: &topic.into(),
        partition: 0,
        timestamp_ms: command.at_ms,
        key: Some(command.session.as_bytes()),
        value: Some(&value),
        headers: &[],
    };
    producer.send(&record, 0).unwrap();
    while producer.deliveries(&mut |_| {}).unwrap() > 0 {
        producer.wait(100);
    }
    producer.commit().unwrap();
}
