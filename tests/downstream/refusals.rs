//! What `conductor run` and `conductor schemas` say of a registry. The registry is asked before the cluster: none is needed here.

use std::net::TcpListener;

use cluster::{Registry, registry};
use topology::wire::{InterventionResult, Value};

use crate::evolution::{Http, record};
use crate::stage::{Stage, bare_conductor};

/// A run with one output framed for the registry; answers its exit code and what it said.
fn run(output: &str, registry_url: &str, more: &[&str]) -> (i32, String) {
    let (format, url) = (format!("output.{output}=confluent"), format!("registry.url={registry_url}"));
    // Nobody listens there: a run that gets past the registry ends at the cluster.
    let no_cluster = ["run", "--bootstrap-servers", "127.0.0.1:1", "--set", "kafka.request_timeout_ms=500"];
    let ended = bare_conductor(&[&no_cluster[..], &["--set", &format, "--set", &url], more].concat());
    (ended.status.code().unwrap(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn a_schema_that_is_not_registered_is_refused_at_start_with_the_command_that_registers_it() {
    let url = Stage::shared().registry.url();
    let (code, said) = run("intervention_commands", &url, &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("the registry has no subject intervention-commands-value"), "{said}");
    assert!(
        said.contains("remedy: register it with `conductor schemas register`, or set registry.auto_register"),
        "{said}"
    );
    let http = Http::new(&url);
    assert_eq!(http.get("/subjects/intervention-commands-value/versions").0, 404, "it was registered all the same");
}

#[test]
fn a_schema_that_does_not_go_with_those_of_its_subject_is_refused_at_start_whoever_registers() {
    let url = Stage::shared().registry.url();
    let http = Http::new(&url);
    let subject = "intervention-results-value";
    let foreign = record("InterventionResult", r#"{"name": "something", "type": "string"}"#);
    assert_eq!(http.register(subject, &foreign), 200);

    let (code, said) = run("intervention_results", &url, &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("none of the 1 versions of subject intervention-results-value in the registry"), "{said}");

    let (code, said) = run("intervention_results", &url, &["--set", "registry.auto_register=true"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("does not let this version's schema of subject intervention-results-value in"), "{said}");
    assert!(said.contains("remedy: delete the subject"), "{said}");
    assert_eq!(http.get(&format!("/subjects/{subject}/versions")), (200, "[1]".to_owned()));
}

#[test]
fn auto_register_registers_the_schema_once_under_full_transitive() {
    let url = Stage::shared().registry.url();
    let http = Http::new(&url);
    let versions = || http.get("/subjects/engagement-scores-value/versions");
    assert_eq!(versions(), (200, "[1]".to_owned()));
    let (code, said) = run("engagement_scores", &url, &["--set", "registry.auto_register=true"]);
    assert!(code == 1 && said.contains("no broker is reached"), "it should have come as far as the cluster: {said}");
    assert_eq!(versions(), (200, "[1]".to_owned()));
    let (_, level) = http.get("/config/engagement-scores-value");
    assert!(level.contains("FULL_TRANSITIVE"), "{level}");
}

#[test]
fn an_operator_registers_what_is_missing_and_leaves_what_somebody_else_has_registered() {
    let registry = Registry::start(registry::Options::new()).unwrap();
    let url = registry.url();
    let schemas = |what: &str| {
        let ended = bare_conductor(&["schemas", what, "--registry-url", &url]);
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code().unwrap(), String::from_utf8(said).unwrap())
    };
    let (code, said) = schemas("check");
    assert!(code == 1 && said.contains("error: 3 subjects are not as they should be"), "{said}");

    // The same schema, laid out otherwise.
    let http = Http::new(&url);
    let results = serde_json::from_str(InterventionResult::SCHEMA).unwrap();
    assert_eq!(http.register("intervention-results-value", &results), 200);
    http.demand("intervention-results-value", "FULL_TRANSITIVE");

    let (code, said) = schemas("register");
    assert!(code == 0 && said.ends_with("2 registered, 1 were there\n"), "{said}");
    let (code, said) = schemas("check");
    assert!(code == 0 && said.matches("FULL_TRANSITIVE").count() == 3, "{said}");
    let (code, said) = schemas("register");
    assert_eq!((code, said.as_str()), (0, "0 registered, 3 were there\n"));
}

#[test]
fn a_registry_that_is_away_or_hangs_ends_the_start_with_its_address_and_the_remedy() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [free, hangs.local_addr().unwrap()] {
        let url = format!("http://{address}");
        let (code, said) = run("engagement_scores", &url, &["--set", "registry.request_timeout_ms=300"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&format!("the registry at {url} does not answer: ")), "{said}");
        assert!(said.contains("remedy: is registry.url right, and does the registry run?"), "{said}");
    }
}

#[test]
fn a_registry_is_asked_only_when_something_is_framed_for_it() {
    let (code, said) = run("format", "http://127.0.0.1:1", &["--set", "output.format=avro"]);
    assert!(code == 1 && said.contains("no broker is reached") && !said.contains("registry"), "{said}");
}
