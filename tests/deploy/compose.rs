//! `docker-compose.kafka.yml` gives those who have Docker what the tests and `make kafka` start by hand.

use std::collections::BTreeMap;

use clap::Parser as _;
use cluster::{install, registry, settings};
use engagement_conductor::cli::Cli;
use engagement_conductor::settings::load;
use serde::Deserialize;

use crate::image::text;

#[derive(Deserialize)]
struct File {
    services: BTreeMap<String, Service>,
}

struct Services {
    kafka: Service,
    registry: Service,
    others: BTreeMap<String, Service>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    image: String,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    profiles: Vec<String>,
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
    let mut others = serde_saphyr::from_str::<File>(&text("docker-compose.kafka.yml")).unwrap().services;
    let [kafka, registry] = ["kafka", "registry"].map(|name| others.remove(name).unwrap());
    Services { kafka, registry, others }
}

/// Without the profile the file gives Kafka and the registry, as it always did; and what the roles are told, they understand.
#[test]
fn docker_starts_every_role_with_settings_that_exist() {
    let others = services().others;
    let names: Vec<&str> = others.keys().map(String::as_str).collect();
    assert_eq!(names, ["dashboard", "executor", "postgres", "stream", "topics"]);
    for (name, service) in others {
        assert_eq!(service.profiles, ["conductor"], "{name}");
        assert!(service.ports.iter().all(|port| port.starts_with("127.0.0.1:")), "{name}");
        if service.image.is_empty() {
            let mut words = vec!["conductor".to_owned()];
            words.extend(service.command);
            let cli = Cli::try_parse_from(words).unwrap();
            let environment = service.environment.into_iter().map(|(key, value)| (key.into(), value.into()));
            let loaded = load(cli.sources(environment).unwrap());
            assert!(loaded.is_ok(), "{name}: {:?}", loaded.err());
        }
    }
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
