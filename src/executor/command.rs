//! What to do next with one approved command: a function of the clock, of what was tried and of whether it was stopped.
//!
//! ```text
//! stopped          before any call: refused; after one: refused, and the error says that it may have been carried out
//! the deadline     before any call: expired; after an answer: failed, with the last one; without an answer: failed, outcome unknown
//! else             the first call, or the next one when its time has come
//! ```

use domain::time::Millis;
use topology::wire::{FeedbackKind, InterventionCommand};

/// Why a command is not to be carried out any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The stream has taken it back.
    Cancelled,
    /// The session is paused.
    Paused,
    /// The session's mode is off.
    ModeOff,
}

impl Stop {
    fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "the command was cancelled",
            Self::Paused => "the session is paused",
            Self::ModeOff => "the session's mode is off",
        }
    }
}

/// What was tried so far, none of it with success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many calls were begun, by this executor and by those before it.
    pub begun: u32,
    /// What the platform said last; nothing where the last call is without an answer.
    pub last_answer: Option<String>,
    /// When the next one may begin.
    pub not_before_ms: Millis,
}

/// The end of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What became of it.
    pub kind: FeedbackKind,
    /// What went wrong.
    pub error: Option<String>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Call the platform now.
    Call,
    /// Look again then, or when something happens.
    Wait {
        /// When, in milliseconds since the epoch.
        until_ms: Millis,
    },
    /// There is nothing left to do but to say so.
    End(Verdict),
}

/// Until when the platform may be called. A command's life counts from when it was written, `produced_ms`, and not from the time that it is
/// about: in a replay that lies far back. Another producer's commands do not say when they were written: then their own end counts.
#[must_use]
pub fn deadline_ms(command: &InterventionCommand, produced_ms: Option<Millis>, now_ms: Millis) -> Millis {
    let life_ms = command.expires_at_ms.saturating_sub(command.decided_at_ms.unwrap_or(command.at_ms));
    // Their clock may be ahead of ours: that must not prolong a life.
    produced_ms.map_or(command.expires_at_ms, |produced_ms| produced_ms.min(now_ms).saturating_add(life_ms))
}

/// What to do next with a command that is not being called at this moment. A call that is without an answer may still be carried out for
/// `call_timeout_ms`.
#[must_use]
pub fn next(
    now_ms: Millis,
    deadline_ms: Millis,
    stop: Option<Stop>,
    attempts: &Attempts,
    call_timeout_ms: Millis,
) -> Next {
    if let Some(stop) = stop {
        let error = match (attempts.begun, &attempts.last_answer) {
            (1.., None) => format!("{}; a call before that has no answer", stop.words()),
            _ => stop.words().to_owned(),
        };
        return Next::End(Verdict { kind: FeedbackKind::Refused, error: Some(error) });
    }
    let resumes_ms = attempts.not_before_ms.max(now_ms);
    match (attempts.begun, &attempts.last_answer) {
        (0, _) if resumes_ms >= deadline_ms => Next::End(Verdict { kind: FeedbackKind::Expired, error: None }),
        (1.., Some(answer)) if resumes_ms >= deadline_ms => {
            Next::End(Verdict { kind: FeedbackKind::Failed, error: Some(answer.clone()) })
        }
        (1.., None) if resumes_ms >= deadline_ms => {
            let settled_ms = deadline_ms.saturating_add(call_timeout_ms);
            if now_ms < settled_ms {
                return Next::Wait { until_ms: settled_ms };
            }
            let error = "the outcome is unknown: the platform has not answered".to_owned();
            Next::End(Verdict { kind: FeedbackKind::Failed, error: Some(error) })
        }
        _ if attempts.not_before_ms > now_ms => Next::Wait { until_ms: attempts.not_before_ms },
        _ => Next::Call,
    }
}

#[cfg(test)]
mod tests {
    use topology::wire::{CommandStatus, InterventionKind};

    use super::*;
    use crate::report::sample;

    const DEADLINE: Millis = 1_000;
    const TIMEOUT: Millis = 300;

    fn tried(begun: u32, last_answer: Option<&str>, not_before_ms: Millis) -> Attempts {
        Attempts { begun, last_answer: last_answer.map(str::to_owned), not_before_ms }
    }

    fn ends(now_ms: Millis, stop: Option<Stop>, attempts: &Attempts) -> (FeedbackKind, String) {
        match next(now_ms, DEADLINE, stop, attempts, TIMEOUT) {
            Next::End(Verdict { kind, error }) => (kind, error.unwrap_or_default()),
            other => panic!("it does not end: {other:?}"),
        }
    }

    #[test]
    fn it_is_called_until_its_deadline_and_waits_in_between() {
        let at = |now_ms, attempts: &Attempts| next(now_ms, DEADLINE, None, attempts, TIMEOUT);
        assert_eq!(at(0, &Attempts::default()), Next::Call);
        assert_eq!(at(999, &Attempts::default()), Next::Call);
        assert_eq!(at(10, &tried(1, Some("503"), 40)), Next::Wait { until_ms: 40 });
        assert_eq!(at(40, &tried(1, Some("503"), 40)), Next::Call);
        assert_eq!(at(40, &tried(1, None, 0)), Next::Call, "the same key and the same bytes: no harm");
    }

    #[test]
    fn at_its_deadline_the_verdict_depends_on_what_was_tried() {
        assert_eq!(ends(1_000, None, &Attempts::default()).0, FeedbackKind::Expired);
        assert_eq!(ends(1_000, None, &tried(2, Some("503"), 0)), (FeedbackKind::Failed, "503".into()));
        let unanswered = tried(2, None, 0);
        assert_eq!(next(1_000, DEADLINE, None, &unanswered, TIMEOUT), Next::Wait { until_ms: 1_300 });
        let (kind, error) = ends(1_300, None, &unanswered);
        assert!(kind == FeedbackKind::Failed && error.contains("unknown"), "{error}");
    }

    #[test]
    fn a_retry_that_would_come_too_late_is_not_waited_for() {
        assert_eq!(ends(10, None, &tried(1, Some("429"), 1_000)), (FeedbackKind::Failed, "429".into()));
    }

    #[test]
    fn what_is_stopped_is_refused_and_says_if_it_may_have_been_carried_out() {
        let (kind, error) = ends(10, Some(Stop::Paused), &Attempts::default());
        assert_eq!((kind, error.as_str()), (FeedbackKind::Refused, "the session is paused"));
        assert_eq!(ends(10, Some(Stop::Cancelled), &tried(1, Some("503"), 0)).1, "the command was cancelled");
        let (kind, error) = ends(5_000, Some(Stop::ModeOff), &tried(1, None, 0));
        assert!(kind == FeedbackKind::Refused && error.ends_with("a call before that has no answer"), "{error}");
    }

    #[test]
    fn a_life_counts_from_when_the_command_was_written() {
        let mut command = sample::command("s", 5_000, InterventionKind::Poll, CommandStatus::Approved);
        command.expires_at_ms = 125_000;
        assert_eq!(deadline_ms(&command, Some(900_000), 900_050), 1_020_000, "a replay of old events");
        assert_eq!(deadline_ms(&command, Some(999_999), 900_000), 1_020_000, "a clock that is ahead");
        assert_eq!(deadline_ms(&command, None, 900_000), 125_000);
        command.decided_at_ms = Some(65_000);
        assert_eq!(deadline_ms(&command, Some(900_000), 900_000), 960_000, "approved by a person, later");
    }
}
