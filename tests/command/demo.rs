//! `conductor demo`.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use cluster::clock::wait_for;
use rustix::process::{Pid, Signal, kill_process};

use crate::run::{command, refused, succeed};

const ARGUMENTS: [&str; 6] = ["demo", "--seed", "7", "--speed", "max", "--json"];

#[test]
fn the_demo_prints_the_same_bytes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let once = succeed(folder.path(), &ARGUMENTS);
    assert!(once.lines().count() > 1_000);
    assert!(once == succeed(folder.path(), &ARGUMENTS), "the bytes differ");
}

#[test]
fn seed_seven_shows_a_treated_and_a_held_out_episode_with_their_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<serde_json::Value> =
        succeed(folder.path(), &ARGUMENTS).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let results = || lines.iter().filter(|line| line["topic"] == "intervention-results").map(|line| &line["value"]);
    let measured = |held_out: bool| {
        results().any(|result| result["outcome"] == "measured" && result["held_out"] == serde_json::json!(held_out))
    };
    assert!(measured(false), "no treated episode was measured");
    assert!(measured(true), "no control was measured");
    let classes = ["SUDDEN_DROP", "GRADUAL_DECLINE", "MASS_EXIT"];
    for class in classes {
        assert!(lines.iter().any(|line| line["value"]["anomaly"]["class"] == class), "no {class}");
    }
    assert!(lines.iter().any(|line| line["topic"] == "intervention-feedback"));
}

#[test]
fn without_a_terminal_it_prints_plain_lines_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeed(folder.path(), &["demo", "--speed", "max"]);
    assert!(!text.contains('\u{1b}'), "no escape sequences");
    let lost = text.lines().find(|line| line.starts_with("records lost")).unwrap();
    assert_eq!(lost.split_whitespace().last(), Some("0"));
}

#[test]
fn in_mode_off_nothing_is_decided() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeed(folder.path(), &["demo", "--speed", "max", "--json", "--mode", "off"]);
    assert!(!text.contains("intervention-commands"));
}

#[test]
fn a_setting_that_does_not_exist_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let errors = refused(folder.path(), &["--set", "demo.sed=3", "demo"]);
    assert!(errors.contains("demo.sed") && errors.contains("demo.seed"), "{errors}");
}

#[test]
fn a_demo_with_a_page_that_is_told_to_stop_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut demo = command(folder.path(), &["demo", "--port", &port]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("status")), "it does not begin");
    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    let ended = wait_for(Duration::from_secs(20), || demo.try_wait().unwrap());
    let _ = demo.kill();
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
}
