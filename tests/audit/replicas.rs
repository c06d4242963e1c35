//! A cluster of three brokers, of which one dies after the other while a log is processed.

use std::time::Duration;

use cluster::Options;
use cluster::clock::wait_for;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use streams::broker::TopicPartition;
use topology::wire::topics;

use crate::instance::Instance;
use crate::judge::{policy_is_the_fold, same_bytes, settled_accounts};
use crate::stage::{APPLICATION, Stage};
use crate::topic::{lag, partitions};

const BROKERS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(180);
/// Bytes per second, consumer and broker until the last one has died: the log takes longer than that.
const SLOW: u64 = 3_000;
const FAST: u64 = 100_000_000;

#[test]
fn a_broker_that_dies_takes_nothing_with_it() {
    let mut stage = Stage::on(Options::new().replicated());
    stage.replay_as_it_is(&stage.log("8", "30"));
    stage.limit_consumers(SLOW, None);
    stage.limit_consumers(FAST, Some("reader"));
    let broker = stage.broker();
    let mut instances = ["g", "h"].map(|name| stage.instance(name, "2", &[]));
    instances.iter_mut().for_each(Instance::start);
    instances.iter_mut().for_each(Instance::await_ready);

    let replicas = Replicas::of(&stage);
    let first = coordinator(&stage);
    for victim in (0..BROKERS).map(|step| (first + step) % BROKERS) {
        let its = replicas.led_by(victim);
        println!("broker {} dies, the leader of {} partitions of inputs", victim + 1, its.len());
        assert!(!its.is_empty(), "its death would move nothing");
        stage.cluster.brokers_mut()[victim].kill().unwrap();
        await_that(&mut instances, "others lead", || replicas.led_by(victim).is_empty());
        let left = wait_for(PATIENCE, || lag(&broker, APPLICATION, &its)).unwrap();
        assert!(left > 0, "the log was processed before enough had died");
        await_that(&mut instances, "the work goes on without it", || {
            lag(&broker, APPLICATION, &its).is_some_and(|now| now < left)
        });
        stage.cluster.brokers_mut()[victim].restart().unwrap();
        await_that(&mut instances, "it is in sync again", || replicas.are_in_sync());
    }
    stage.unlimit_consumers();

    let learning = partitions(&broker, &format!("{APPLICATION}-learning-repartition"));
    let inputs: Vec<TopicPartition> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    for partitions in [inputs, learning] {
        await_that(&mut instances, "all is processed", || lag(&broker, APPLICATION, &partitions) == Some(0));
    }
    let accounts = settled_accounts(&mut instances);
    for instance in &mut instances {
        let status = instance.stop();
        assert!(status.success(), "{} ends with {status}: {}", instance.name(), instance.said());
    }

    let recorded = stage.folder().join("recorded.jsonl").display().to_string();
    stage.loadtest(&["record", "--bootstrap-servers", &stage.cluster.bootstrap_servers(), "--out", &recorded]);
    let expected = stage.backtest(recorded.as_ref(), "expected");
    let scores = same_bytes(&broker, topics::ENGAGEMENT_SCORES, &expected.join("scores.jsonl"));
    let commands = same_bytes(&broker, topics::INTERVENTION_COMMANDS, &expected.join("commands.jsonl"));
    let results = same_bytes(&broker, topics::INTERVENTION_RESULTS, &expected.join("results.jsonl"));
    let (learned, arms) = policy_is_the_fold(&broker);
    println!("{scores} scores, {commands} commands, {results} results, {arms} rows of the policy; {accounts:?}");
    assert!(scores > 1_000 && commands > 5 && results > 5 && arms > 1, "too little happened to prove anything");
    assert_eq!(results, learned);
    let sent = std::fs::read_to_string(&recorded).unwrap().lines().count() as u64;
    assert_eq!((accounts.read, accounts.processed + accounts.late + accounts.dead_lettered), (sent, sent));
}

/// Waits for it while the instances go on: each stays the process that it is.
fn await_that(instances: &mut [Instance; 2], what: &str, mut is_so: impl FnMut() -> bool) {
    let mut looks = 0_u32;
    let came = wait_for(PATIENCE, || {
        instances.iter_mut().for_each(Instance::check);
        looks += 1;
        // A look may be a client of its own: seldom.
        (looks.is_multiple_of(20) && is_so()).then_some(())
    });
    let said = || instances.iter().map(|instance| (instance.said(), instance.ask("/tasks"))).collect::<Vec<_>>();
    assert!(came.is_some(), "{what}: not in {PATIENCE:?}: {:?}", said());
}

/// Which broker looks after the group, as Kafka's own tool says.
fn coordinator(stage: &Stage) -> usize {
    let tool = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    let said = stage.cluster.tool(tool, &["--describe", "--state", "--group", APPLICATION]).unwrap();
    let found = stage.cluster.brokers().iter().position(|broker| said.contains(&broker.address()));
    found.unwrap_or_else(|| panic!("no broker is named: {said}"))
}

/// Where the partitions lie.
struct Replicas {
    client: BaseConsumer,
}

impl Replicas {
    fn of(stage: &Stage) -> Self {
        let servers = stage.cluster.bootstrap_servers();
        Self { client: ClientConfig::new().set("bootstrap.servers", servers).create().unwrap() }
    }

    /// The partitions of inputs that this broker leads.
    fn led_by(&self, broker: usize) -> Vec<TopicPartition> {
        let id = i32::try_from(broker + 1).unwrap();
        let metadata = wait_for(PATIENCE, || self.client.fetch_metadata(None, Duration::from_secs(5)).ok()).unwrap();
        let inputs = metadata.topics().iter().filter(|topic| topics::INPUTS.contains(&topic.name()));
        let partitions = inputs.flat_map(|topic| topic.partitions().iter().map(|partition| (topic.name(), partition)));
        let led = partitions.filter(|(_, partition)| partition.leader() == id);
        led.map(|(topic, partition)| TopicPartition::new(topic, u32::try_from(partition.id()).unwrap())).collect()
    }

    /// Whether every partition of every topic is three times there.
    fn are_in_sync(&self) -> bool {
        let Ok(metadata) = self.client.fetch_metadata(None, Duration::from_secs(5)) else { return false };
        let mut partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        partitions.all(|partition| partition.replicas().len() == BROKERS && partition.isr().len() == BROKERS)
    }
}
