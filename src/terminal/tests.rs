//! What is seen, in letters: the screen without its colours, and the lines.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use topology::wire::{
    AnomalyClass, AnomalyLevel, CommandStatus, FeedbackKind, InterventionFeedback, InterventionKind, SessionPhase,
};

use super::lines::Lines;
use super::view::{FEED_MAX, SESSIONS_MAX};
use super::*;
use crate::output::{Output, Progress};
use crate::report::sample::{alarm, command, result, score};
use crate::summary::Summary;

/// A session that drops, is asked a poll, and recovers; another that is calm; a third that is held out.
fn story() -> Vec<Output> {
    let poll = command("s-1", 65_000, InterventionKind::Poll, CommandStatus::Approved);
    let control = command("s-3", 70_000, InterventionKind::Nudge, CommandStatus::HeldOut);
    let feedback = InterventionFeedback {
        kind: FeedbackKind::Executed,
        id: None,
        command: poll.command.clone(),
        at_ms: 66_000,
        attempts: 2,
        content: Some("Which part\nnext?".into()),
        provider: None,
        tokens_in: None,
        tokens_out: None,
        cost_usd: None,
        error: None,
    };
    let mut brk = score("s-2", 60_000, 0.74);
    brk.signals.phase = Some(SessionPhase::Break);
    vec![
        Output::Titled { session: "s-1".into(), title: "Streams in practice".into() },
        Output::Score(Box::new(score("s-1", 5_000, 0.71))),
        Output::Score(Box::new(score("s-2", 5_000, 0.81))),
        Output::Score(Box::new(alarm("s-1", 60_000, AnomalyLevel::Warning, AnomalyClass::SuddenDrop))),
        Output::Score(Box::new(brk)),
        Output::Score(Box::new(alarm("s-1", 65_000, AnomalyLevel::Critical, AnomalyClass::SuddenDrop))),
        Output::Command(Box::new(poll.clone())),
        Output::Feedback(Box::new(feedback)),
        Output::Score(Box::new(alarm("s-3", 70_000, AnomalyLevel::Critical, AnomalyClass::MassExit))),
        Output::Command(Box::new(control.clone())),
        Output::Score(Box::new(score("s-1", 245_000, 0.58))),
        Output::Result(Box::new(result(&poll, 0.23))),
        Output::Result(Box::new(result(&control, -0.02))),
        Output::Progress(Progress { fraction: 0.42, session_time_ms: 250_000, events_in: 12_345, late: 2 }),
    ]
}

fn seen(outputs: &[Output], width: u16, height: u16) -> String {
    let mut view = View::default();
    for output in outputs {
        view.observe(output);
    }
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw::draw(&view, frame)).unwrap();
    terminal.backend().to_string().lines().map(|line| format!("{}\n", line.trim_matches('"').trim_end())).collect()
}

#[test]
fn the_screen_shows_sessions_reasons_and_progress() {
    same(&seen(&story(), 118, 20), "screen");
}

#[test]
fn the_lines_tell_the_same_story() {
    let mut lines = Lines::default();
    let told: String = story().iter().map(|output| lines.observe(output)).collect();
    same(&told, "lines");
}

#[test]
fn the_summary_adds_it_all_up() {
    let mut summary = Summary::default();
    story().iter().for_each(|output| summary.observe(output));
    same(&summary.to_string(), "summary");
}

/// Equal to the file in `golden/`, or both texts in full. `UPDATE_GOLDEN=1 cargo test` writes the files anew.
#[track_caller]
fn same(seen: &str, name: &str) {
    let path = format!("{}/src/terminal/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, seen).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(seen == golden, "seen:\n{seen}\ngolden:\n{golden}");
}

#[test]
fn a_screen_of_any_size_can_be_drawn() {
    for (width, height) in [(1, 1), (2, 2), (20, 3), (80, 24), (40, 200), (300, 60)] {
        seen(&story(), width, height);
        seen(&[], width, height);
    }
}

#[test]
fn a_number_that_is_none_can_be_drawn() {
    let progress = Progress { fraction: f64::NAN, session_time_ms: i64::MIN, ..Progress::default() };
    let mut broken = score("s", i64::MAX, f64::NAN);
    broken.people = i64::MIN;
    seen(&[Output::Score(Box::new(broken)), Output::Progress(progress)], 80, 24);
}

#[test]
fn sessions_and_feed_keep_their_limits() {
    let mut view = View::default();
    for number in 0..(SESSIONS_MAX + 10) {
        view.observe(&Output::Score(Box::new(score(&format!("s-{number}"), 0, 0.7))));
        view.observe(&Output::Command(Box::new(command("s-1", 0, InterventionKind::Poll, CommandStatus::Approved))));
    }
    assert_eq!((view.sessions().count(), view.feed().count()), (SESSIONS_MAX, FEED_MAX));
}

#[test]
fn a_session_id_can_not_rewrite_the_terminal() {
    let mut lines = Lines::default();
    let evil = "\u{1b}]0;owned\u{7}\ns-9";
    let told = lines.observe(&Output::Score(Box::new(alarm(evil, 0, AnomalyLevel::Critical, AnomalyClass::MassExit))));
    assert!(told.trim_end().chars().all(|c| !c.is_control()), "{told:?}");
}

#[test]
fn every_line_of_json_is_a_record_of_an_event_log() {
    let text: String = story().iter().map(show::json_line).collect();
    assert_eq!(text.lines().count(), 12);
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            record["topic"].is_string() && record["timestamp_ms"].is_i64() && record["value"].is_object(),
            "{line}"
        );
        assert!(record["key"].as_str().unwrap().starts_with("s-"), "{line}");
    }
}
