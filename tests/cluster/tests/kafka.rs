//! One broker, for the tests that start a cluster in this process.

use std::time::Duration;

use cluster::clock::wait_for;
use cluster::{Broker, Cluster, Options};

const PATIENCE: Duration = Duration::from_secs(60);
const TOPICS: &str = "org.apache.kafka.tools.TopicCommand";

/// One start costs seconds: the life of one cluster, told in one test.
#[test]
fn a_cluster_keeps_its_data_through_restarts_and_kills_and_leaves_nothing_behind() {
    let mut cluster = Cluster::start(Options::new().set("group.min.session.timeout.ms", 1_000)).unwrap();
    let folder = cluster.brokers()[0].folder().to_owned();
    let address = cluster.bootstrap_servers();
    settings_are_those_of_the_house_and_of_the_options(&cluster);

    cluster.tool(TOPICS, &["--create", "--topic", "kept", "--partitions", "2"]).unwrap();
    write_ten(&cluster);
    assert_eq!(read_all(&cluster), 10);

    cluster.suspend().unwrap();
    // A signal stops a process of many threads when one of them has taken it, which takes time on a busy machine.
    assert!(wait_for(PATIENCE, || (!cluster.answers()).then_some(())).is_some(), "a suspended broker answers");
    cluster.check().unwrap();
    cluster.resume().unwrap();
    assert!(wait_for(PATIENCE, || cluster.answers().then_some(())).is_some(), "a resumed broker does not answer");

    let before = cluster.brokers()[0].process_id();
    cluster.restart().unwrap();
    assert_ne!(cluster.brokers()[0].process_id(), before);
    write_ten(&cluster);
    cluster.kill().unwrap();
    assert!(!cluster.answers());
    assert!(cluster.check().is_err() && cluster.suspend().is_err() && cluster.brokers()[0].process_id().is_none());
    cluster.restart().unwrap();
    assert_eq!(cluster.bootstrap_servers(), address);
    assert_eq!(read_all(&cluster), 20);

    let taken: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let refused = Cluster::start(Options::new().port(taken)).err().unwrap().to_string();
    assert!(refused.contains(&format!("port {taken} is taken")), "{refused}");

    drop(cluster);
    assert!(!folder.exists(), "{} is left behind", folder.display());
    let again = std::net::TcpListener::bind(&address);
    assert!(again.is_ok(), "somebody still listens on {address}");
}

#[test]
fn of_three_brokers_one_may_die_and_come_back() {
    let mut cluster = Cluster::start(Options::new().replicated()).unwrap();
    let folders: Vec<_> = cluster.brokers().iter().map(|broker| broker.folder().to_owned()).collect();
    cluster.tool(TOPICS, &["--create", "--topic", "kept", "--partitions", "2"]).unwrap();
    write_ten(&cluster);

    let address = cluster.brokers()[0].address();
    cluster.brokers_mut()[0].kill().unwrap();
    assert!(!cluster.answers() && cluster.brokers()[1..].iter().all(Broker::answers));
    write_ten(&cluster);
    assert_eq!(read_all(&cluster), 20);
    cluster.brokers_mut()[0].restart().unwrap();
    assert!(cluster.answers());
    assert_eq!(cluster.brokers()[0].address(), address);
    let said = cluster.tool(TOPICS, &["--describe", "--topic", "kept"]).unwrap();
    assert!(said.contains("ReplicationFactor: 3") && said.contains("min.insync.replicas=2"), "{said}");

    cluster.restart().unwrap();
    assert_eq!(read_all(&cluster), 20);
    drop(cluster);
    assert!(folders.iter().all(|folder| !folder.exists()), "something is left behind of {folders:?}");
}

#[test]
fn what_kafka_says_before_it_ends_is_what_the_error_says() {
    let refused = Cluster::start(Options::new().set("log.cleaner.threads", "none")).err().unwrap().to_string();
    assert!(refused.contains("log.cleaner.threads"), "{refused}");
}

fn settings_are_those_of_the_house_and_of_the_options(cluster: &Cluster) {
    let class = "kafka.admin.ConfigCommand";
    let said = cluster.tool(class, &["--describe", "--all", "--entity-type", "brokers", "--entity-name", "1"]).unwrap();
    let options = [("group.min.session.timeout.ms", "1000")];
    for (key, value) in cluster::settings::BROKER.iter().chain(&options) {
        assert!(said.contains(&format!("{key}={value} ")), "{key} is not {value}:\n{said}");
    }
}

fn write_ten(cluster: &Cluster) {
    let class = "org.apache.kafka.tools.ProducerPerformance";
    cluster
        .tool(class, &["--topic", "kept", "--num-records", "10", "--record-size", "8", "--throughput", "-1"])
        .unwrap();
}

/// How many records the topic holds, as Kafka's own consumer counts them.
fn read_all(cluster: &Cluster) -> usize {
    let said = cluster.tool("org.apache.kafka.tools.GetOffsetShell", &["--topic", "kept"]).unwrap();
    let expected: usize = said.lines().map(|line| line.rsplit_once(':').unwrap().1.parse::<usize>().unwrap()).sum();
    let count = expected.to_string();
    let class = "org.apache.kafka.tools.consumer.ConsoleConsumer";
    let wanted = ["--topic", "kept", "--from-beginning", "--max-messages", &count, "--timeout-ms", "60000"];
    cluster.tool(class, &wanted).unwrap().lines().count()
}
