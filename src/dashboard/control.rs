//! What people may do: decide on a proposal, set the mode, pause. Pure: whether it may be done now, and the record that says it.

use compact_str::CompactString;
use topology::simulated::blank;
use topology::wire::{Decision, Mode, Session, SessionKind};

use super::view::View;
use super::view::card::{Card, Status};
use crate::content::check::is_invisible;
use crate::content::{Content, ContentError};

/// The longest reason that is passed on, in characters.
const REASON_CHARS_MAX: usize = 200;

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A proposal is decided on.
    Decide {
        /// Which.
        command: CompactString,
        /// How.
        decision: Decision,
        /// The content as edited.
        content: Option<String>,
        /// Why it was declined.
        reason: Option<String>,
    },
    /// How much is done without asking, from now on.
    Mode(Mode),
    /// Interventions rest, or go on.
    Pause(bool),
}

/// Why it is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody knows the command.
    #[error("there is no such proposal in this session")]
    Unknown,
    /// Somebody else was first.
    #[error("{what} by {by}")]
    Decided {
        /// What was decided, in a word.
        what: &'static str,
        /// By whom.
        by: CompactString,
        /// When, in milliseconds since the epoch.
        at_ms: i64,
    },
    /// It waits for nobody.
    #[error("it does not wait for a decision: {status}")]
    NotAwaited {
        /// What it is instead.
        status: &'static str,
    },
    /// Too late.
    #[error("it has expired")]
    Expired,
    /// What was looked at is not what is there now.
    #[error("it has changed since you looked")]
    Changed,
    /// The edited content may not be shown.
    #[error("this can not be sent: {0}")]
    Content(#[from] ContentError),
}

/// The control record that does it, if it may be done. `revision` is that of what was looked at; `id` is for tracing.
///
/// # Errors
/// Why not.
pub fn record(
    view: &View,
    session: &str,
    action: &Action,
    (actor, id): (&str, &str),
    revision: i64,
    now_ms: i64,
) -> Result<Session, Refusal> {
    let said = |kind| Session { id: Some(id.into()), actor: Some(actor.into()), ..blank::session(kind) };
    match action {
        Action::Decide { command, decision, content, reason } => {
            let card = view.get(session).and_then(|view| view.card(command)).ok_or(Refusal::Unknown)?;
            may_decide(card, revision, now_ms)?;
            let content = match (decision, content) {
                (Decision::Edited, content) => {
                    Some(Content::parse(card.kind, content.as_deref().unwrap_or_default())?.to_string().into())
                }
                _ => None,
            };
            let reason = reason.as_deref().and_then(spoken).filter(|_| *decision == Decision::Declined);
            let decision = Some(*decision);
            Ok(Session { command: Some(command.clone()), decision, content, reason, ..said(SessionKind::Decision) })
        }
        Action::Mode(mode) => {
            is_current(view, session, revision)?;
            Ok(Session { mode: Some(*mode), ..said(SessionKind::Mode) })
        }
        Action::Pause(is_paused) => {
            // To stop it is always allowed, whatever else somebody has changed meanwhile.
            if !is_paused {
                is_current(view, session, revision)?;
            }
            Ok(said(if *is_paused { SessionKind::Paused } else { SessionKind::Resumed }))
        }
    }
}

/// A reason as it is passed on: one line, without what is not seen, and no longer than people read. Nothing: nothing was said.
fn spoken(reason: &str) -> Option<CompactString> {
    let line = reason.split(|character: char| character.is_whitespace() || is_invisible(character));
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let cut: CompactString = line.chars().take(REASON_CHARS_MAX).collect();
    Some(cut).filter(|cut| !cut.is_empty())
}

fn is_current(view: &View, session: &str, revision: i64) -> Result<(), Refusal> {
    // People may speak of a session before its first event.
    let known = view.get(session).map_or(0, |view| view.shown().revision);
    if known == revision { Ok(()) } else { Err(Refusal::Changed) }
}

fn may_decide(card: &Card, revision: i64, now_ms: i64) -> Result<(), Refusal> {
    if let Some(pending) = &card.pending {
        let (by, at_ms) = (pending.actor.clone(), pending.at_ms);
        return Err(Refusal::Decided { what: done(pending.decision), by, at_ms });
    }
    if let (Some(by), Some(at_ms)) = (&card.decided_by, card.decided_at_ms) {
        let what = if card.status == Status::Declined { "Declined" } else { "Approved" };
        return Err(Refusal::Decided { what, by: by.clone(), at_ms });
    }
    match card.status {
        Status::Proposed if card.expires_at_ms <= now_ms => Err(Refusal::Expired),
        Status::Proposed if card.revision != revision => Err(Refusal::Changed),
        Status::Proposed => Ok(()),
        Status::Expired => Err(Refusal::Expired),
        Status::HeldOut => Err(Refusal::NotAwaited { status: "it is a control" }),
        Status::Cancelled => Err(Refusal::NotAwaited { status: "it was withdrawn" }),
        Status::Declined => Err(Refusal::NotAwaited { status: "it was declined" }),
        Status::Approved | Status::Done | Status::Failed | Status::Refused => {
            Err(Refusal::NotAwaited { status: "it was approved" })
        }
    }
}

fn done(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "Approved",
        Decision::Edited => "Edited and approved",
        Decision::Declined => "Declined",
    }
}

#[cfg(test)]
mod tests {
    use topology::wire::{CommandStatus, InterventionCommand, InterventionKind};

    use super::*;
    use crate::dashboard::view::Budget;
    use crate::report::sample;

    const NOW: i64 = 60_000;
    const WHO: (&str, &str) = ("ana", "key-1");

    fn proposed() -> InterventionCommand {
        let proposed = sample::command("s", 5_000, InterventionKind::Poll, CommandStatus::Proposed);
        InterventionCommand { expires_at_ms: 125_000, ..proposed }
    }

    fn view() -> View {
        let mut view = View::new(Mode::Suggest, Budget { decisions: 6, span_ms: 3_600_000 });
        view.take_command(&proposed(), 4);
        view
    }

    fn decide(decision: Decision, content: Option<&str>) -> Action {
        let reason = (decision == Decision::Declined).then(|| "wrong time".to_owned());
        Action::Decide { command: proposed().command, decision, content: content.map(str::to_owned), reason }
    }

    #[test]
    fn a_decision_says_what_who_and_why() {
        let record = |action| record(&view(), "s", &action, WHO, 5, NOW).unwrap();
        let approved = record(decide(Decision::Approved, None));
        assert_eq!((approved.kind, approved.decision), (SessionKind::Decision, Some(Decision::Approved)));
        assert_eq!((approved.actor.as_deref(), approved.id.as_deref()), (Some("ana"), Some("key-1")));
        let declined = record(decide(Decision::Declined, None));
        assert_eq!(declined.reason.as_deref(), Some("wrong time"));
        let edited = record(decide(Decision::Edited, Some("Pace?\n\nFast\nSlow\n")));
        assert_eq!(edited.content.as_deref(), Some("Pace?\nFast\nSlow"));
    }

    #[test]
    fn a_reason_is_one_line_of_what_is_seen_and_of_bounded_length() {
        let reason = |given: &str, decision| {
            let (command, reason) = (proposed().command, Some(given.to_owned()));
            let action = Action::Decide { command, decision, content: None, reason };
            record(&view(), "s", &action, WHO, 5, NOW).unwrap().reason
        };
        let told = |given: &str| reason(given, Decision::Declined).map(|reason| reason.to_string());
        assert_eq!(
            told(" not\u{202e} now,\n\tthe\u{7} <b>demo</b> runs ").as_deref(),
            Some("not now, the <b>demo</b> runs")
        );
        assert_eq!(told("\u{200b} \n"), None);
        assert_eq!(told(&"ä".repeat(500)).map(|reason| reason.chars().count()), Some(REASON_CHARS_MAX));
        assert_eq!(reason("because", Decision::Approved), None, "only a no has a reason");
    }

    #[test]
    fn what_may_not_be_shown_can_not_be_sent() {
        for content in ["", "Only a question", "Look at https://evil.example\nA\nB"] {
            let refused = record(&view(), "s", &decide(Decision::Edited, Some(content)), WHO, 5, NOW);
            assert!(matches!(refused, Err(Refusal::Content(_))), "{content}: {refused:?}");
        }
    }

    #[test]
    fn the_second_of_two_people_is_told_who_was_first() {
        let mut view = view();
        let first = record(&view, "s", &decide(Decision::Approved, None), WHO, 5, NOW).unwrap();
        view.take_session("s", &first, 9, NOW);
        let second = record(&view, "s", &decide(Decision::Declined, None), ("ben", "key-2"), 5, NOW + 2_000);
        assert_eq!(second, Err(Refusal::Decided { what: "Approved", by: "ana".into(), at_ms: NOW }));
        let approved = InterventionCommand {
            status: CommandStatus::Approved,
            decided_by: Some("ana".into()),
            decided_at_ms: Some(NOW),
            ..proposed()
        };
        view.take_command(&approved, 6);
        let third = record(&view, "s", &decide(Decision::Declined, None), ("ben", "key-3"), 7, NOW + 3_000);
        assert_eq!(third, Err(Refusal::Decided { what: "Approved", by: "ana".into(), at_ms: NOW }));
    }

    #[test]
    fn nothing_is_decided_that_is_unknown_expired_or_not_what_was_seen() {
        let refused = |session, revision, now_ms| {
            record(&view(), session, &decide(Decision::Approved, None), WHO, revision, now_ms).unwrap_err()
        };
        assert_eq!(refused("other", 5, NOW), Refusal::Unknown);
        assert_eq!(refused("s", 4, NOW), Refusal::Changed);
        assert_eq!(refused("s", 5, 125_000), Refusal::Expired);
        let mut view = view();
        let held = InterventionCommand { status: CommandStatus::HeldOut, ..proposed() };
        view.take_command(&held, 5);
        let held = record(&view, "s", &decide(Decision::Approved, None), WHO, 6, NOW);
        assert_eq!(held, Err(Refusal::NotAwaited { status: "it is a control" }));
    }

    #[test]
    fn mode_and_pause_are_changed_from_what_was_seen() {
        let mut view = view();
        let auto = record(&view, "s", &Action::Mode(Mode::Auto), WHO, 0, NOW).unwrap();
        view.take_session("s", &auto, 11, NOW);
        assert_eq!(record(&view, "s", &Action::Mode(Mode::Off), WHO, 0, NOW), Err(Refusal::Changed));
        assert_eq!(record(&view, "s", &Action::Pause(false), WHO, 0, NOW), Err(Refusal::Changed));
        let paused = record(&view, "s", &Action::Pause(true), WHO, 0, NOW).unwrap();
        assert_eq!(paused.kind, SessionKind::Paused, "to stop it is always allowed");
        let early = record(&view, "not-begun", &Action::Mode(Mode::Off), WHO, 0, NOW).unwrap();
        assert_eq!(early.mode, Some(Mode::Off));
    }
}
