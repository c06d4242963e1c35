//! What the application did and why, in words for people. Shared by the screen, the lines, the summary and the report.

use topology::wire::{
    AnomalyClass, CommandStatus, FeedbackKind, InterventionCommand, InterventionFeedback, InterventionKind,
    InterventionResult, Outcome, Segment,
};

/// The longest text of other people that is repeated on one line, in characters.
const QUOTE_CHARS_MAX: usize = 120;

/// What is wrong.
#[must_use]
pub const fn class(class: AnomalyClass) -> &'static str {
    match class {
        AnomalyClass::SuddenDrop => "sudden drop",
        AnomalyClass::GradualDecline => "gradual decline",
        AnomalyClass::LowEngagement => "low engagement",
        AnomalyClass::MassExit => "mass exit",
        AnomalyClass::InsufficientData => "too little data",
    }
}

/// What is done.
#[must_use]
pub const fn kind(kind: InterventionKind) -> &'static str {
    match kind {
        InterventionKind::Poll => "poll",
        InterventionKind::ChatPrompt => "chat prompt",
        InterventionKind::Nudge => "nudge",
        InterventionKind::QnaPromote => "question put forward",
    }
}

/// How it ended.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Measured => "measured",
        Outcome::Failed => "failed",
        Outcome::Refused => "refused",
        Outcome::Expired => "expired",
        Outcome::Declined => "declined",
        Outcome::Cancelled => "cancelled",
        Outcome::Unanswered => "unanswered",
        Outcome::Censored => "cut off by the session's end or a break",
    }
}

/// How far it has come.
#[must_use]
pub const fn status(status: CommandStatus) -> &'static str {
    match status {
        CommandStatus::Proposed => "proposed",
        CommandStatus::Approved => "approved",
        CommandStatus::HeldOut => "held out",
        CommandStatus::Cancelled => "cancelled",
    }
}

/// What was decided, and why.
#[must_use]
pub fn command(command: &InterventionCommand) -> String {
    let done = match command.status {
        CommandStatus::Proposed => "proposes",
        CommandStatus::Approved => "decides on",
        CommandStatus::HeldOut => "holds back, as a control,",
        CommandStatus::Cancelled => "withdraws",
    };
    let target = match command.target.segment {
        Segment::Everyone => "",
        Segment::Disengaged => " for those who stopped taking part",
        Segment::Lurkers => " for those who never took part",
        Segment::FirstTime => " for newcomers",
    };
    let kind = kind(command.kind);
    format!("{done} a {kind}{target}: {} ({:.0} % sure)", quote(&command.reason), command.confidence * 100.0)
}

/// What the executor did.
#[must_use]
pub fn feedback(feedback: &InterventionFeedback) -> String {
    let what = match feedback.kind {
        FeedbackKind::Executed => "done",
        FeedbackKind::Failed => "failed",
        FeedbackKind::Expired => "too late",
        FeedbackKind::Refused => "refused",
    };
    let said = feedback.error.as_deref().or(feedback.content.as_deref());
    let tries = if feedback.attempts > 1 { format!(" after {} tries", feedback.attempts) } else { String::new() };
    match said {
        Some(said) => format!("{what}{tries}: {}", quote(said)),
        None => format!("{what}{tries}"),
    }
}

/// What came of it, and what it changed.
#[must_use]
pub fn result(result: &InterventionResult) -> String {
    let change = result.change.map_or_else(String::new, |change| format!(", change {change:+.2}"));
    format!("{}{change}", verdict(result))
}

/// What came of it.
#[must_use]
pub fn verdict(result: &InterventionResult) -> String {
    let who = if result.held_out { "control" } else { kind(result.kind) };
    let scores = match (result.score_before, result.score_after) {
        (Some(before), Some(after)) => format!(", score {before:.2} to {after:.2}"),
        _ => String::new(),
    };
    let verdict = match (result.outcome, result.success) {
        (Outcome::Measured, Some(true)) if result.held_out => "recovered by itself",
        (Outcome::Measured, _) if result.held_out => "did not recover by itself",
        (Outcome::Measured, Some(true)) => "worked",
        (Outcome::Measured, _) => "no effect",
        (ended, _) => outcome(ended),
    };
    format!("{who}: {verdict}{scores}")
}

/// A text of other people, on one line, without control characters (which could rewrite a terminal), cut.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTE_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(QUOTE_CHARS_MAX).is_some() {
        quoted.push('…');
    }
    quoted
}

/// A span of time as `m:ss`, from an hour on as `h:mm:ss`.
#[must_use]
pub fn span(span_ms: i64) -> String {
    let seconds = span_ms.max(0) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A count with its noun, in the singular or the plural.
#[must_use]
pub fn count(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { singular } else { plural })
}

/// A number with commas between its thousands.
#[must_use]
pub fn thousands(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_can_not_rewrite_the_terminal_nor_fill_it() {
        assert_eq!(quote("a\u{1b}[2Jb\nc"), "a [2Jb c");
        assert_eq!(quote(&"ü".repeat(500)).chars().count(), QUOTE_CHARS_MAX + 1);
    }

    #[test]
    fn numbers_and_spans_read_as_people_write_them() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([-5, 65_000, 3_600_000].map(span), ["0:00", "1:05", "1:00:00"]);
        assert_eq!(
            (count(1, "record", "records"), count(0, "record", "records")),
            ("1 record".into(), "0 records".into())
        );
    }
}
