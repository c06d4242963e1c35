//! The life of a command, and its laws.

use proptest::prelude::*;

use super::*;
use crate::time::{MINUTE, SECOND};

fn settings() -> DecisionSettings {
    DecisionSettings::default()
}

fn command(tick: Millis) -> Command {
    Command { tick, sequence: 0 }
}

#[test]
fn a_command_id_is_read_back_and_has_one_spelling() {
    let command = Command { tick: 1_700_000_000_000, sequence: 3 };
    assert_eq!(command.id("room:7"), "room:7:1700000000000:3");
    assert_eq!(Command::parse("room:7:1700000000000:3"), Some(("room:7", command)));
    for wrong in ["", "s", "s:1", "s:1:x", "s:01:3", "s:+1:3", "s:1:65536", "s:1:-1"] {
        assert_eq!(Command::parse(wrong), None, "{wrong}");
    }
}

/// A short form of what follows: status and reason, t0, result, count.
fn words(transition: Transition) -> String {
    let status = transition.status.map(|(status, because)| format!("{status} because {because}"));
    let from = transition.measure_from.map(|from| format!("from {}", from / SECOND));
    let result = transition.result.map(|outcome| format!("= {outcome}"));
    let counted = transition.counted.map(|counted| format!("# {counted}"));
    [status, from, result, counted].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

const APPROVE: Event = Event::Decision(Decision::Approved);
const EDIT: Event = Event::Decision(Decision::Edited);
const DECLINE: Event = Event::Decision(Decision::Declined);
const EXECUTED: Event = Event::Feedback(Feedback::Executed);
const FAILED: Event = Event::Feedback(Feedback::Failed);
const REFUSED: Event = Event::Feedback(Feedback::Refused);
const EXPIRED: Event = Event::Feedback(Feedback::Expired);

/// A life: (second after the decision, event, what follows).
type Life<'a> = &'a [(Millis, Event, &'a str)];

fn live(name: &str, status: Status, life: Life<'_>) {
    let mut row = Intervention::new(command(0), InterventionKind::Poll, status, &settings()).unwrap();
    for &(second, event, expected) in life {
        let got = words(row.on(event, second * SECOND, &settings()));
        assert_eq!(got, expected, "{name}: {event:?} at {second} s");
    }
}

#[test]
fn a_proposal_waits_ninety_seconds_for_a_person() {
    live(
        "approved",
        Status::Proposed,
        &[
            (85, Event::Tick, ""),
            (89, APPROVE, "approved because approved"),
            (90, Event::Tick, ""),
            (100, EXECUTED, ""),
            (105, Event::Tick, "from 105"),
            (110, Event::Tick, ""),
            (285, Event::Measured, "= measured"),
        ],
    );
    live("edited", Status::Proposed, &[(10, EDIT, "approved because edited")]);
    live("declined", Status::Proposed, &[(10, DECLINE, "cancelled because declined = declined")]);
    live(
        "expired",
        Status::Proposed,
        &[
            (90, Event::Tick, "cancelled because expired = expired"),
            (91, APPROVE, "# decision_late"),
            (95, Event::Tick, ""),
        ],
    );
    live(
        "a second late",
        Status::Proposed,
        &[(90, APPROVE, "cancelled because expired = expired # decision_late"), (90, Event::Tick, "")],
    );
}

#[test]
fn an_approval_sets_the_expiry_anew() {
    let mut row = Intervention::new(command(0), InterventionKind::Poll, Status::Proposed, &settings()).unwrap();
    assert_eq!((row.expires_at, row.waited), (90 * SECOND, true));
    let _ = row.on(APPROVE, 80 * SECOND, &settings());
    assert_eq!((row.expires_at, row.waited, row.stage), (200 * SECOND, true, Stage::Approved));
}

#[test]
fn an_approved_command_ends_by_its_feedback_or_for_the_lack_of_it() {
    for (event, expected) in [(FAILED, "= failed"), (REFUSED, "= refused"), (EXPIRED, "= expired")] {
        live("answered", Status::Approved, &[(20, event, expected), (25, EXECUTED, "# feedback_late")]);
    }
    live(
        "unanswered",
        Status::Approved,
        &[
            (120, Event::Tick, ""),
            (145, Event::Tick, ""),
            (150, Event::Tick, "= unanswered"),
            (151, EXECUTED, "# feedback_late"),
            (155, Event::Tick, ""),
        ],
    );
    live("answered at the last moment", Status::Approved, &[(149, EXECUTED, ""), (150, Event::Tick, "from 150")]);
}

#[test]
fn a_control_is_measured_from_its_own_tick() {
    let mut row = Intervention::new(command(7), InterventionKind::Poll, Status::HeldOut, &settings()).unwrap();
    assert_eq!((row.measure_from(), row.held_out, row.waited), (Some(7), true, false));
    assert_eq!(row.on(Event::Measured, 3 * MINUTE, &settings()), Transition::result(Outcome::Measured));
    assert_eq!((row.measure_from(), row.outcome()), (None, Some(Outcome::Measured)));
    live(
        "not to be executed",
        Status::HeldOut,
        &[
            (5, APPROVE, "# decision_not_awaited"),
            (6, EXECUTED, "# feedback_not_awaited"),
            (10, Event::Paused, ""),
            (500, Event::Tick, ""),
        ],
    );
}

#[test]
fn a_pause_or_off_cancels_what_is_not_executed_and_lets_the_rest_be_measured() {
    for (event, because) in [(Event::Paused, "paused"), (Event::ModeOff, "mode_off")] {
        let status = format!("cancelled because {because}");
        live(
            "proposed",
            Status::Proposed,
            &[(10, event, &format!("{status} = cancelled")), (11, event, ""), (12, APPROVE, "# decision_late")],
        );
        live("approved", Status::Approved, &[(10, event, &status), (11, event, ""), (12, REFUSED, "= refused")]);
        live(
            "the executor was faster",
            Status::Approved,
            &[
                (10, event, &status),
                (12, EXECUTED, ""),
                (15, Event::Tick, "from 15"),
                (195, Event::Measured, "= measured"),
            ],
        );
        live("nobody answers", Status::Approved, &[(10, event, &status), (150, Event::Tick, "= unanswered")]);
        live(
            "executed",
            Status::Approved,
            &[
                (3, EXECUTED, ""),
                (4, event, ""),
                (5, Event::Tick, "from 5"),
                (6, event, ""),
                (185, Event::Measured, "= measured"),
            ],
        );
    }
    assert_eq!(Event::of_mode(Mode::Off), Some(Event::ModeOff));
    assert!([Mode::Suggest, Mode::Assist, Mode::Auto].into_iter().all(|mode| Event::of_mode(mode).is_none()));
}

#[test]
fn an_end_or_a_break_before_the_outcome_censors_it() {
    for (event, because) in [(Event::Ended, "ended"), (Event::Break, "break")] {
        let cancelled = format!("cancelled because {because} = censored");
        live("proposed", Status::Proposed, &[(10, event, &cancelled), (11, event, "")]);
        live("approved", Status::Approved, &[(10, event, &cancelled), (11, REFUSED, "# feedback_late")]);
        live(
            "withdrawn",
            Status::Approved,
            &[(5, Event::Paused, "cancelled because paused"), (10, event, "= censored")],
        );
        live("executed", Status::Approved, &[(5, EXECUTED, ""), (6, event, "= censored"), (10, Event::Tick, "")]);
        live(
            "measuring",
            Status::Approved,
            &[(5, EXECUTED, ""), (5, Event::Tick, "from 5"), (90, event, "= censored"), (185, Event::Measured, "")],
        );
        live("control", Status::HeldOut, &[(90, event, "= censored")]);
    }
}

#[test]
fn what_comes_unasked_is_counted_and_changes_nothing() {
    live(
        "twice executed",
        Status::Approved,
        &[
            (5, EXECUTED, ""),
            (6, EXECUTED, "# feedback_not_awaited"),
            (7, FAILED, "# feedback_not_awaited"),
            (10, Event::Tick, "from 10"),
            (11, EXECUTED, "# feedback_not_awaited"),
        ],
    );
    live(
        "not approved yet",
        Status::Proposed,
        &[(5, EXECUTED, "# feedback_not_awaited"), (6, APPROVE, "approved because approved")],
    );
    live("approved by itself", Status::Approved, &[(5, DECLINE, "# decision_not_awaited"), (6, EXECUTED, "")]);
    assert_eq!(APPROVE.unknown(), Some(Counted::DecisionUnknown));
    assert_eq!(EXECUTED.unknown(), Some(Counted::FeedbackUnknown));
    assert_eq!(Event::Tick.unknown(), None);
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => prop::sample::select(Decision::ALL).prop_map(Event::Decision),
        2 => prop::sample::select(Feedback::ALL).prop_map(Event::Feedback),
        8 => Just(Event::Tick),
        1 => Just(Event::Measured),
        1 => prop::sample::select(vec![Event::Paused, Event::ModeOff]),
        1 => prop::sample::select(vec![Event::Break, Event::Ended]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_command_has_exactly_one_result_and_each_status_once(
        first in prop::sample::select(vec![Status::Proposed, Status::Approved, Status::HeldOut]),
        events in prop::collection::vec((any_event(), 0..20_000_i64), 0..80),
    ) {
        let mut row = Intervention::new(command(0), InterventionKind::Nudge, first, &settings()).unwrap();
        let (mut statuses, mut results, mut starts, mut now) = (vec![first], 0, 0, 0);
        // Whatever happened, time and then the end of the session close it.
        let closing = [(Event::Tick, 10 * MINUTE), (Event::Ended, 0)];
        for (event, later) in events.into_iter().chain(closing) {
            now += later;
            let (before, transition) = (row, row.on(event, now, &settings()));
            if before.outcome().is_some() {
                prop_assert_eq!(before, row, "a settled command never changes");
                prop_assert!(transition.status.is_none() && transition.measure_from.is_none());
            }
            if let Some((status, _)) = transition.status {
                prop_assert!(!statuses.contains(&status), "{} twice", status);
                statuses.push(status);
            }
            prop_assert_eq!(transition.result.is_some(), before.outcome().is_none() && row.outcome().is_some());
            results += u32::from(transition.result.is_some());
            starts += u32::from(transition.measure_from.is_some());
            if transition.result == Some(Outcome::Measured) {
                prop_assert!(starts == 1 || first == Status::HeldOut);
            }
        }
        prop_assert_eq!(results, 1);
        prop_assert!(starts <= 1);
        prop_assert!(first != Status::HeldOut || statuses.len() == 1);
    }
}
