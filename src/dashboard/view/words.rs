//! What is going on in a session, in sentences with numbers.

use topology::wire::{EngagementScore, InterventionKind, Segment};

/// A term below this is worth a sentence: 0.70 is as usual.
const FAIR: f64 = 0.6;
/// Reasons that a card has room for.
const REASONS_MAX: usize = 3;

/// What is to be done.
pub(in crate::dashboard) fn what(kind: InterventionKind, variant: Option<&str>, segment: Segment) -> String {
    let done = match (kind, variant) {
        (InterventionKind::Poll, _) => "Start a poll",
        (InterventionKind::ChatPrompt, _) => "Ask something in the chat",
        (InterventionKind::Nudge, _) => "Send a nudge",
        (InterventionKind::QnaPromote, Some("SURFACE_BEST")) => "Put the best question forward",
        (InterventionKind::QnaPromote, Some("SEED_QUESTION")) => "Ask a first question",
        (InterventionKind::QnaPromote, _) => "Invite questions",
    };
    let whom = match segment {
        Segment::Everyone => "",
        Segment::Disengaged => " to those who stopped taking part",
        Segment::Lurkers => " to those who never took part",
        Segment::FirstTime => " to newcomers",
    };
    format!("{done}{whom}")
}

/// The reasons of a command, a sentence each.
pub(super) fn why(reason: &str) -> Vec<String> {
    // "SUDDEN_DROP with 80 people and a score of 0.35: engagement 0.41 where 0.70 is expected; ...; POLL is the best of 3 with ..."
    let reasons = reason.split_once(": ").map_or(reason, |(_, reasons)| reasons);
    reasons.split("; ").filter(|reason| !reason.contains(" is the best of ")).take(REASONS_MAX).map(sentence).collect()
}

/// One sentence on where the score comes from.
pub(super) fn explanation(score: &EngagementScore) -> String {
    let people = score.people as f64;
    let (terms, signals, baseline) = (&score.terms, &score.signals, &score.baseline);
    let rate = |name, found: Option<f64>, usual: f64| {
        Some(format!("{name}: {:.1} a minute, {:.1} are usual for {people:.0} people.", found?, usual * people))
    };
    let share = |name, found: Option<f64>, usual: f64| {
        Some(format!("{name}: {:.0} %, {:.0} % are usual.", found? * 100.0, usual * 100.0))
    };
    let leaving = || signals.leave_per_min.map(|leave| format!("People are leaving: {leave:.1} a minute."));
    let active = signals.active_users.map(|active| active as f64 / people.max(1.0));
    let mut known = [
        (terms.chat, rate("Chat messages", signals.chat_per_min, baseline.chat)),
        (terms.reactions, rate("Reactions", signals.reactions_per_min, baseline.reactions)),
        (terms.poll, share("Votes of those who may vote", signals.poll_participation, baseline.poll)),
        (terms.active, share("People taking part", active, baseline.active)),
        (terms.stay, leaving()),
    ]
    .into_iter()
    .filter_map(|(term, words)| Some((term?, words?)))
    .collect::<Vec<_>>();
    known.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    match known.into_iter().next() {
        Some((term, words)) if term < FAIR => words,
        Some(_) if score.score >= 0.8 => "More is going on than usual.".to_owned(),
        Some(_) => "As usual for this kind of session.".to_owned(),
        None => "Nothing was measured yet.".to_owned(),
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.trim().chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_command_says_its_reasons_and_not_its_arithmetic() {
        let reason = "SUDDEN_DROP with 80 people and a score of 0.35: engagement 0.41 where 0.70 is expected (7.1 sd below); \
            over 90 s 0.30, low for this kind of session; POLL is the best of 3 with probability 0.52";
        let expected =
            ["Engagement 0.41 where 0.70 is expected (7.1 sd below).", "Over 90 s 0.30, low for this kind of session."];
        assert_eq!(why(reason), expected);
    }

    #[test]
    fn the_explanation_is_about_what_is_furthest_below_usual() {
        let mut score = sample::score("s", 5_000, 0.5);
        score.terms.chat = Some(0.3);
        score.terms.stay = Some(0.5);
        score.signals.chat_per_min = Some(4.0);
        score.signals.leave_per_min = Some(3.0);
        assert_eq!(explanation(&score), "Chat messages: 4.0 a minute, 11.2 are usual for 80 people.");
        score.terms.chat = Some(0.7);
        assert_eq!(explanation(&score), "People are leaving: 3.0 a minute.");
        score.terms.stay = Some(0.7);
        assert_eq!(explanation(&score), "As usual for this kind of session.");
    }
}
