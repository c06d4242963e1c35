//! A cluster that is reached by TLS only, and with a password: the settings of `[kafka.properties]` lead everything there, and what is
//! wrong with them is told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use cluster::clock::wait_for;
use cluster::{Certificate, Cluster, Options};
use loadtest::interrupt::Interrupt;
use streams::broker::TopicPartition;
use topology::wire::topics;

use crate::asked::{Answer, ask};
use crate::instance::Instance;
use crate::judge::same_bytes;
use crate::stage::{APPLICATION, ENVIRONMENT, Stage};
use crate::topic::{lag, partitions};

const USER: &str = "operator";
const PASSWORD: &str = "correct-horse-battery-staple";
const WRONG: &str = "incorrect-donkey-battery-staple";
const PATIENCE: Duration = Duration::from_secs(60);
/// What is refused is refused by then, however busy the machine.
const SOON: Duration = Duration::from_secs(10);

/// A cluster, and what leads there.
struct Secured {
    stage: Stage,
    certificate: Certificate,
}

impl Secured {
    fn new() -> Self {
        let certificate = Certificate::new().unwrap();
        let cluster = Cluster::start(Options::new().secured(&certificate, USER, PASSWORD)).unwrap();
        Self { stage: Stage { cluster, folder: tempfile::tempdir().unwrap() }, certificate }
    }

    fn folder(&self) -> &Path {
        self.stage.folder()
    }

    /// The properties with this password, and whom to trust.
    fn properties(&self, password: &str, authority: &Path) -> [(&'static str, String); 5] {
        let file = self.folder().join(if password == PASSWORD { "right.txt" } else { "wrong.txt" });
        std::fs::write(&file, format!("{password}\n")).unwrap();
        [
            ("security.protocol", "SASL_SSL".to_owned()),
            ("sasl.mechanism", "PLAIN".to_owned()),
            ("sasl.username", USER.to_owned()),
            ("sasl.password_file", file.display().to_string()),
            ("ssl.ca.location", authority.display().to_string()),
        ]
    }

    /// A file of settings with these properties.
    fn settings(&self, name: &str, properties: &[(&str, String)]) -> PathBuf {
        let lines = properties.iter().map(|(key, value)| format!("{key} = \"{value}\"\n"));
        let servers = self.stage.cluster.secured_servers();
        let text =
            format!("[kafka]\nbootstrap_servers = \"{servers}\"\n\n[kafka.properties]\n{}", lines.collect::<String>());
        let path = self.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs `loadtest` with these properties.
    fn loadtest(&self, words: &[&str], properties: &[(&str, String)]) -> Result<(), loadtest::error::Error> {
        let servers = self.stage.cluster.secured_servers();
        let given = properties.iter().flat_map(|(key, value)| ["--property".to_owned(), format!("{key}={value}")]);
        let words = ["loadtest"].iter().chain(words).map(|word| (*word).to_owned());
        let all = words.chain(["--bootstrap-servers".to_owned(), servers]).chain(given);
        loadtest::run(&loadtest::args::Arguments::parse_from(all).command, &Interrupt::default()).map(drop)
    }
}

#[test]
fn tls_and_a_password_lead_every_command_to_the_cluster() {
    let mut secured = Secured::new();
    let right = secured.properties(PASSWORD, &secured.certificate.authority());
    // Where it is looked for by itself.
    secured.settings("conductor.toml", &right);
    let folder = secured.folder().to_owned();
    let asked = |words: &[&str]| {
        let answer = ask(&folder, words);
        tells_no_password(&answer);
        answer.done()
    };
    asked(&["topics", "create"]);
    assert!(asked(&["config", "show"]).contains("sasl.password_file"));
    let environment = [ENVIRONMENT, &[("CONDUCTOR__LOG__LEVEL", "debug")]].concat();
    let mut instance = Instance::new("secured", secured.folder(), &["--threads", "2"], &environment);
    instance.start();
    instance.await_ready();

    // A broker that ends breaks connections while they are made: no reason to think that the certificates are wrong.
    secured.stage.cluster.restart().unwrap();
    let log = secured.stage.events(&["--sessions", "4", "--minutes", "10"]).display().to_string();
    secured.loadtest(&["replay", "--log", &log, "--speed", "max"], &right).unwrap();
    let broker = secured.stage.broker();
    let inputs: Vec<TopicPartition> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    drains(&mut instance, &|| lag(&broker, APPLICATION, &inputs) == Some(0));
    assert_eq!(asked(&["dlq", "ls"]), "no dead letters\n");
    asked(&["policy", "show"]);
    let status = instance.stop();
    assert!(status.success(), "it ends with {status}: {}", instance.said());
    let said = std::fs::read_to_string(secured.folder().join("secured.log")).unwrap();
    assert!(said.contains("stopped") && !said.contains(PASSWORD), "{said}");

    let recorded = secured.folder().join("recorded.jsonl");
    secured.loadtest(&["record", "--out", &recorded.display().to_string()], &right).unwrap();
    let expected = secured.stage.backtest(&recorded, "expected").join("scores.jsonl");
    let scores = same_bytes(&broker, topics::ENGAGEMENT_SCORES, &expected);
    assert!(scores > 200, "too little happened to prove anything: {scores}");
}

fn drains(instance: &mut Instance, is_drained: &dyn Fn() -> bool) {
    let mut looks = 0_u32;
    let drained = wait_for(PATIENCE, || {
        instance.check();
        looks += 1;
        // Each look is a client of its own: seldom.
        (looks.is_multiple_of(20) && is_drained()).then_some(())
    });
    assert!(drained.is_some(), "it is not processed: {}", instance.said());
}

#[test]
fn a_wrong_password_and_a_wrong_authority_are_told_in_seconds_with_the_setting_and_the_remedy() {
    let secured = Secured::new();
    let right = secured.certificate.authority();
    let other = Certificate::new().unwrap();
    let nowhere = secured.folder().join("nowhere.pem");
    let log = secured.stage.events(&["--sessions", "1", "--minutes", "1"]).display().to_string();
    for (name, properties, expect) in [
        ("password", secured.properties(WRONG, &right), "sasl.password_file"),
        ("authority", secured.properties(PASSWORD, &other.authority()), "ssl.ca.location"),
        ("nowhere", secured.properties(PASSWORD, &nowhere), "ssl.ca.location"),
    ] {
        let settings = secured.settings(&format!("{name}.toml"), &properties).display().to_string();
        for words in [&["topics", "create"][..], &["run"], &["dlq", "ls"], &["policy", "show"]] {
            let answer = within(|| ask(secured.folder(), &[words, &["--config", &settings]].concat()));
            tells_no_password(&answer);
            let said = answer.refused(2);
            assert!(said.contains("[kafka.properties]") && said.contains(expect), "{words:?}: {said}");
        }
        for words in [&["replay", "--log", &log][..], &["record", "--force", "--out", "recorded.jsonl"]] {
            let error = within(|| secured.loadtest(words, &properties).unwrap_err());
            let said = error.to_string();
            assert_eq!(error.exit_code(), 2, "{words:?}: {said}");
            assert!(said.contains("--property") && said.contains(expect), "{words:?}: {said}");
            assert!(!said.contains(PASSWORD) && !said.contains(WRONG), "{said}");
        }
    }
}

fn tells_no_password(answer: &Answer) {
    for said in [&answer.text, &answer.errors] {
        assert!(!said.contains(PASSWORD) && !said.contains(WRONG), "{said}");
    }
}

/// What is done in time.
fn within<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let acting = scope.spawn(act);
        assert!(wait_for(SOON, || acting.is_finished().then_some(())).is_some(), "it takes longer than {SOON:?}");
        acting.join().unwrap()
    })
}
