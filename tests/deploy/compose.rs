//! `docker-compose.kafka.yml` gives those who have Docker what the tests and `make kafka` start by hand.

use std::collections::BTreeMap;

use cluster::{install, registry, settings};
use serde::Deserialize;

use crate::image::text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    services: Services,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Services {
    kafka: Service,
    registry: Service,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    image: String,
    ports: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

/// What only says where the broker in the container is and who reaches it; everything else must be one of the broker's settings.
const PLACE: [&str; 8] = [
    "KAFKA_ADVERTISED_LISTENERS",
    "KAFKA_CONTROLLER_LISTENER_NAMES",
    "KAFKA_CONTROLLER_QUORUM_VOTERS",
    "KAFKA_INTER_BROKER_LISTENER_NAME",
    "KAFKA_LISTENERS",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
    "KAFKA_NODE_ID",
    "KAFKA_PROCESS_ROLES",
];

fn services() -> Services {
    serde_saphyr::from_str::<File>(&text("docker-compose.kafka.yml")).unwrap().services
}

#[test]
fn docker_runs_the_versions_that_are_tested() {
    let services = services();
    assert_eq!(services.kafka.image, format!("apache/kafka:{}", install::KAFKA_VERSION));
    assert_eq!(services.registry.image, format!("apicurio/apicurio-registry:{}", install::REGISTRY_VERSION));
}

#[test]
fn docker_sets_the_broker_as_the_tests_do() {
    let mut environment = services().kafka.environment;
    environment.retain(|name, _| !PLACE.contains(&name.as_str()));
    // The image's rule: dots become underscores, in capitals, behind a prefix.
    let name = |key: &str| format!("KAFKA_{}", key.replace('.', "_").to_uppercase());
    let heap = ("KAFKA_HEAP_OPTS".to_owned(), settings::HEAP.to_owned());
    let settings = settings::BROKER.iter().map(|(key, value)| (name(key), (*value).to_owned()));
    let expected: BTreeMap<_, _> = settings.chain([heap]).collect();
    assert_eq!(environment, expected);
}

#[test]
fn docker_publishes_the_same_ports_on_this_machine_only() {
    let services = services();
    let kafka = settings::KAFKA_PORT;
    assert_eq!(services.kafka.ports, [format!("127.0.0.1:{kafka}:{kafka}")]);
    assert_eq!(services.registry.ports, [format!("127.0.0.1:{}:8080", settings::REGISTRY_PORT)]);
    let environment = &services.kafka.environment;
    let has = |name: &str, listener: String| environment[name].split(',').any(|found| found == listener);
    assert!(has("KAFKA_LISTENERS", format!("HOST://:{kafka}")));
    assert!(has("KAFKA_ADVERTISED_LISTENERS", format!("HOST://127.0.0.1:{kafka}")));
}

#[test]
fn the_file_says_what_to_give_to_clients() {
    let text = text("docker-compose.kafka.yml");
    for line in [
        format!("bootstrap.servers=127.0.0.1:{}", settings::KAFKA_PORT),
        format!("schema.registry.url=http://127.0.0.1:{}{}", settings::REGISTRY_PORT, registry::API_PATH),
    ] {
        assert!(text.contains(&format!("#   {line}\n")), "{line} is not in the comment");
    }
}
