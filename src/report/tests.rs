//! What the page promises.

use topology::wire::{AnomalyClass, AnomalyLevel, CommandStatus, InterventionKind, SessionPhase};

use super::sample::{alarm, command, result, score};
use super::*;

/// An hour of a session that dips after 20 minutes, is acted on, and recovers; then a control.
fn hour(session: &str, people: i64) -> Vec<Output> {
    let begin = 1_700_000_000_000_i64;
    let mut outputs = Vec::new();
    for tick in 0..720 {
        let at_ms = begin + tick * 5_000;
        let wave = ((tick % 37) as f64 / 37.0 - 0.5) * 0.06;
        let minute = tick / 12;
        let dip = match minute {
            20..=27 => 0.36 - (minute - 20) as f64 * 0.04,
            42..=50 => 0.28,
            _ => 0.0,
        };
        let mut next = score(session, at_ms, 0.72 + wave - dip);
        let alarmed = match minute {
            20..=22 => Some((AnomalyLevel::Critical, AnomalyClass::SuddenDrop)),
            43..=46 => Some((AnomalyLevel::Warning, AnomalyClass::LowEngagement)),
            _ => None,
        };
        if let Some((level, class)) = alarmed {
            next.anomaly = alarm(session, at_ms, level, class).anomaly;
        }
        next.score_90s = (next.score + wave * 2.0).clamp(0.0, 1.0);
        next.people = people * (40 + tick.min(200) - (tick - 600).max(0)) / 240;
        next.signals.phase = Some(match minute {
            0..=7 => SessionPhase::Opening,
            30..=34 => SessionPhase::Break,
            52.. => SessionPhase::Qa,
            _ => SessionPhase::Middle,
        });
        outputs.push(Output::Score(Box::new(next)));
        let decided = match tick {
            252 => Some((InterventionKind::Poll, CommandStatus::Approved, 0.21)),
            522 => Some((InterventionKind::Nudge, CommandStatus::HeldOut, 0.02)),
            640 => Some((InterventionKind::ChatPrompt, CommandStatus::Proposed, 0.0)),
            _ => None,
        };
        if let Some((kind, status, change)) = decided {
            let decided = command(session, at_ms, kind, status);
            outputs.push(Output::Command(Box::new(decided.clone())));
            if status != CommandStatus::Proposed {
                outputs.push(Output::Result(Box::new(result(&decided, change))));
            }
        }
    }
    outputs
}

fn page(outputs: &[Output]) -> String {
    let (mut report, mut summary) = (ReportBuilder::default(), Summary::default());
    for output in outputs {
        report.observe(output);
        summary.observe(output);
    }
    report.finish(&summary)
}

#[test]
fn the_same_outputs_give_the_same_bytes() {
    let outputs: Vec<Output> = ["keynote", "workshop"].into_iter().flat_map(|session| hour(session, 120)).collect();

    assert_eq!(page(&outputs), page(&outputs));
}

#[test]
fn the_page_shows_alarms_interventions_controls_and_breaks() {
    let page = page(&hour("keynote", 120));
    for shown in [
        "sudden drop, critical",
        "low engagement, warning",
        "class=\"mark done success\"",
        "class=\"mark held\"",
        "class=\"mark faint\"",
        "class=\"phase break\"",
        "poll: worked, score 0.35 to 0.56</bdi>",
        "control: did not recover by itself",
        "Where it acted, engagement changed by +0.210; where it held back, by +0.020: a difference of +0.190.",
        "role=\"img\" aria-label=\"Score over time: mean 0.6",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("<script") && !page.contains("http"), "the page stands by itself");
    assert!(page.len() < 200_000, "{}", page.len());
}

#[test]
fn every_element_that_is_opened_is_closed() {
    let page = page(&hour("keynote", 120));
    for element in ["section", "div", "span", "table", "tr", "td", "th", "svg", "details", "p", "ul", "li", "bdi"] {
        let opened = page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn what_people_wrote_never_becomes_markup() {
    let evil = "<img src=x onerror=alert(1)>\"'&";
    let mut bad_score = alarm(evil, 0, AnomalyLevel::Critical, AnomalyClass::MassExit);
    bad_score.anomaly.reason = Some(evil.into());
    let mut bad_command = command(evil, 0, InterventionKind::Poll, CommandStatus::Approved);
    bad_command.reason = evil.into();
    bad_command.context.title = Some(evil.into());
    let letter = DeadLetter { topic: evil.into(), key: evil.into(), reason: evil.into() };
    let page =
        page(&[Output::Score(Box::new(bad_score)), Output::Command(Box::new(bad_command)), Output::DeadLetter(letter)]);
    assert!(!page.contains("<img") && page.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"));
}

#[test]
fn an_empty_log_says_so_and_what_to_look_at() {
    let page = page(&[]);
    assert!(page.contains("No session was scored") && page.contains("No alarm was raised."));
}

#[test]
fn of_very_many_sessions_the_most_telling_get_a_chart_and_the_others_a_row() {
    let mut outputs = Vec::new();
    for number in 0..400 {
        let session = format!("s-{number:03}");
        // The one with an alarm comes first: it must not be pushed out by those that come later.
        let score = if number == 0 {
            alarm(&session, 0, AnomalyLevel::Warning, AnomalyClass::MassExit)
        } else {
            score(&session, 0, 0.7)
        };
        outputs.push(Output::Score(Box::new(score)));
    }
    let page = page(&outputs);
    assert_eq!(page.matches("<section").count(), CHARTS_MAX);
    assert!(page.contains("340 further sessions"));
    assert!(page.find("<bdi>s-000</bdi>") < page.find("<bdi>s-001</bdi>"));
}

#[test]
fn memory_stays_within_its_bounds() {
    let mut report = ReportBuilder::default();
    for number in 0..(SESSIONS_MAX + 50) {
        report.score(&score(&format!("s-{number}"), 0, 0.7));
    }
    assert_eq!((report.sessions.len(), report.scores_beyond), (SESSIONS_MAX, 50));
    assert_eq!(report.sessions.values().filter(|session| session.has_series()).count(), SERIES_MAX);
    for _ in 0..(2 * DEAD_LETTERS_MAX) {
        report.dead_letter(&DeadLetter { topic: "chat".into(), key: "".into(), reason: "".into() });
    }
    assert_eq!(report.dead_letters.len(), DEAD_LETTERS_MAX);
}
