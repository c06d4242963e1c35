//! Without a cluster.

use std::time::Duration;

use cluster::clock::wait_for;

use crate::asked::ask;

/// Longer than the time that a request has here, even on a busy machine, and shorter than the one that it has by itself.
const IN_TIME: Duration = Duration::from_secs(8);

#[test]
fn a_cluster_that_is_away_is_told_in_time_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there: the port was free, and is given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (servers, timeout) = (format!("127.0.0.1:{port}"), "kafka.request_timeout_ms=500");
    for words in [&["policy", "show"][..], &["policy", "explain", "s:5000:0"], &["dlq", "ls"], &["dlq", "show", "0:0"]]
    {
        let (place, servers) = (folder.path().to_owned(), servers.clone());
        let asked = std::thread::spawn(move || {
            let words = [words, &["--bootstrap-servers", &servers, "--set", timeout, "--log-level", "off"]].concat();
            ask(&place, &words).refused(1)
        });
        let is_told = wait_for(IN_TIME, || asked.is_finished().then_some(()));
        assert!(is_told.is_some(), "{words:?} says nothing for {IN_TIME:?}");
        let errors = asked.join().unwrap();
        assert!(errors.contains("kafka.bootstrap_servers"), "{errors}");
    }
}

#[test]
fn what_is_no_command_no_place_and_no_time_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let says = |words: &[&str], expect: &str| {
        let answer = ask(folder.path(), words);
        assert!(answer.code == 2 && answer.errors.contains(expect), "{words:?}: {} {}", answer.code, answer.errors);
    };
    says(&["policy", "explain", "nonsense"], "SESSION:TICK:NUMBER");
    says(&["policy", "explain", "s:5000:0", "--log", "nowhere.jsonl"], "can not read nowhere.jsonl");
    says(&["dlq", "show", "17"], "PARTITION:OFFSET");
    says(&["dlq", "ls", "--since", "yesterday"], "90s, 30m, 2h or 3d");
    says(&["dlq", "ls", "--limit", "0"], "1..=10000");
    says(&["state", "inspect"], "--state-dir");
    says(&["state", "inspect", "--key", "s"], "--store");
}

#[test]
fn each_command_teaches_how_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["policy"][..],
        &["policy", "explain"],
        &["dlq"],
        &["state"],
        &["state", "inspect"],
        &["history"],
        &["history", "export"],
    ] {
        let help = ask(folder.path(), &[words, &["--help"]].concat()).done();
        assert!(help.contains("Examples:") && help.contains(&format!("conductor {}", words[0])), "{help}");
    }
}
