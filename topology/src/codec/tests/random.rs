//! Any value of any record, from a seed: every optional field there or not, every name, odd texts and odd numbers.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::wire::*;

pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

pub(super) trait Random {
    fn random(dice: &mut Dice) -> Self;
}

impl Random for bool {
    fn random(dice: &mut Dice) -> Self {
        dice.below(2) == 0
    }
}

impl Random for i32 {
    fn random(dice: &mut Dice) -> Self {
        [0, 1, 63, 64, 1_000, i32::MAX, -1][dice.below(7)]
    }
}

impl Random for i64 {
    fn random(dice: &mut Dice) -> Self {
        [0, 1, 63, 64, 1_700_000_000_000, i64::MAX, i64::MAX - 1, -1][dice.below(8)]
    }
}

impl Random for f64 {
    fn random(dice: &mut Dice) -> Self {
        let any = f64::from_bits(dice.next());
        let share = dice.next() as f64 / u64::MAX as f64;
        [0.0, -0.0, 1.0, share, -share, f64::MAX, f64::MIN_POSITIVE, if any.is_finite() { any } else { 0.1 }]
            [dice.below(8)]
    }
}

impl Random for CompactString {
    fn random(dice: &mut Dice) -> Self {
        let texts =
            ["u-7", "", "exactly twenty-four bytes", "a \"quoted\" \\ line\nand a tab\t\u{1}", "üñí 🎉 \u{2028}", "{}"];
        match dice.below(8) {
            6 => "long ".repeat(dice.below(500)).into(),
            7 => "x".repeat(dice.below(40)).into(),
            index => texts[index].into(),
        }
    }
}

impl<T: Random> Random for Option<T> {
    fn random(dice: &mut Dice) -> Self {
        (dice.below(3) > 0).then(|| T::random(dice))
    }
}

impl<T: Random> Random for Vec<T> {
    fn random(dice: &mut Dice) -> Self {
        (0..dice.below(5)).map(|_| T::random(dice)).collect()
    }
}

impl Random for BTreeMap<CompactString, CompactString> {
    fn random(dice: &mut Dice) -> Self {
        (0..dice.below(5)).map(|_| (CompactString::random(dice), CompactString::random(dice))).collect()
    }
}

macro_rules! names {
    ($($Set:ident),+ $(,)?) => {
        $(impl Random for $Set {
            fn random(dice: &mut Dice) -> Self {
                Self::ALL[dice.below(Self::ALL.len())]
            }
        })+
    };
}

names!(
    AnomalyClass,
    AnomalyLevel,
    Band,
    ChatKind,
    CommandStatus,
    Decision,
    FeedbackKind,
    InterventionKind,
    Mode,
    Outcome,
    PollKind,
    PresenceKind,
    ReactionKind,
    Segment,
    SessionKind,
    SessionPhase,
    SessionType,
);

macro_rules! records {
    ($($Record:ident { $($field:ident),+ $(,)? })+) => {
        $(impl Random for $Record {
            fn random(dice: &mut Dice) -> Self {
                Self { $($field: Random::random(dice)),+ }
            }
        })+
    };
}

records! {
    Chat { kind, id, user, message, in_reply_to, text, chars, command }
    Poll { kind, id, poll, user, option, question, options, eligible, command }
    Presence { kind, id, user, first_time, focused }
    Reaction { kind, id, user, emoji, command }
    PlannedPhase { phase, at_ms }
    Session { kind, id, title, description, speaker, session_type, capacity, schedule, ends_at_ms, phase, index,
        words, span_ms, mode, command, decision, actor, content, reason }
    InterventionFeedback { kind, id, command, at_ms, attempts, content, provider, tokens_in, tokens_out, cost_usd,
        error }
    EngagementScore { session, at_ms, score, score_90s, core, core_90s, band, people, anomaly, signals, terms,
        baseline }
    Anomaly { score, level, class, expected, deviation_sd, parts, reason }
    AnomalyPart { name, score }
    Signals { chat_per_min, reactions_per_min, poll_participation, questions_per_min, active_users, present_users,
        join_per_min, leave_per_min, presence_s_mean, focused_share, response_s_median, words_per_min, slides_per_min,
        phase, elapsed_s }
    ScoreTerms { chat, poll, active, reactions, stay }
    ScoreBaseline { version, chat, poll, active, reactions, stay }
    InterventionCommand { command, session, at_ms, kind, variant, target, parameters, confidence, propensity,
        holdout_probability, context_key, reason, expires_at_ms, status, mode, content, decided_by, decided_at_ms,
        policy, context }
    CommandTarget { segment, users }
    CommandPolicy { version, arms, control_mean, seed_ms, episode_ms }
    PolicyEstimate { arm, mean, sd, n }
    CommandContext { title, topic, messages }
    RecentMessage { at_ms, user, text }
    InterventionResult { command, session, at_ms, context_key, kind, variant, propensity, treated, held_out,
        waited, outcome, started_ms, score_before, score_after, change, reward, success, success_5min }
    Policy { version, arms, mean, n }
    PolicyArm { arm, n, sum, sum_squares, successes, failures }
    Baselines { version, chat, poll, active, active_90s, reactions, stay, calibrated_from, at_ms }
}
