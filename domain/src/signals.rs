//! The signals of a tick, as published; absent = not known.

use crate::context::Phase;
use crate::pane::response_median;
use crate::session::{LastSeen, Session};
use crate::time::{LONG_WINDOW, Millis, SECOND, minutes};
use crate::window::Fold;

/// The signals over the last 5 minutes, and as things stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Signals {
    /// Chat messages per minute.
    pub chat_per_min: f64,
    /// Emojis per minute.
    pub reactions_per_min: f64,
    /// Votes per eligible person, over the window's polls.
    pub poll_participation: Option<f64>,
    /// Questions per minute.
    pub questions_per_min: f64,
    /// Unique users with any interaction.
    pub active_users: u64,
    /// Present users, as the tick fires.
    pub present_users: u32,
    /// Joins per minute.
    pub join_per_min: f64,
    /// Leaves per minute, told or not.
    pub leave_per_min: f64,
    /// How long the present users have been there, on average, in seconds.
    pub presence_s_mean: Option<f64>,
    /// The share of tabs with the focus, among those known.
    pub focused_share: Option<f64>,
    /// The median time from a message to a reply, in seconds.
    pub response_s_median: Option<f64>,
    /// The speaker's pace.
    pub words_per_min: Option<f64>,
    /// Slide changes per minute.
    pub slides_per_min: f64,
    /// The phase.
    pub phase: Phase,
    /// Seconds since the session was opened.
    pub elapsed_s: f64,
}

/// How long nothing was heard, per kind of event; absent when it never was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    /// Since the last chat event.
    pub chat_ms: Option<Millis>,
    /// Since the last poll event.
    pub poll_ms: Option<Millis>,
    /// Since the last presence event.
    pub presence_ms: Option<Millis>,
    /// Since the last emoji.
    pub reaction_ms: Option<Millis>,
    /// Since the last interaction.
    pub interaction_ms: Option<Millis>,
}

impl Signals {
    /// The signals at tick `at`; `fold` is the 5-min window. Rates are over the part of the window that the session has lived.
    #[must_use]
    pub fn of(at: Millis, session: &Session, fold: &Fold, phase: Phase) -> Self {
        let lived = minutes(fold.lived_ms().max(1));
        let rate = |count: u64| count as f64 / lived;
        let crowd = &session.crowd;
        let since_mean = crowd.since_sum_ms as f64 / f64::from(crowd.present);
        let presence = at.saturating_sub(session.began_at) as f64 - since_mean;
        Self {
            chat_per_min: rate(fold.messages),
            reactions_per_min: rate(fold.reactions),
            poll_participation: poll_participation(at, session),
            questions_per_min: rate(fold.questions),
            active_users: fold.users,
            present_users: crowd.present,
            join_per_min: rate(fold.joins),
            leave_per_min: rate(fold.leaves),
            presence_s_mean: (crowd.present > 0).then(|| presence.max(0.0) / SECOND as f64),
            focused_share: share(crowd.focused, crowd.focus_known),
            response_s_median: response_median(&fold.responses),
            words_per_min: (fold.speech_ms > 0).then(|| fold.words as f64 * 60_000.0 / fold.speech_ms as f64),
            slides_per_min: rate(fold.slides),
            phase,
            elapsed_s: at.saturating_sub(session.opened_at).max(0) as f64 / SECOND as f64,
        }
    }
}

impl Silence {
    /// The silence at `at`.
    #[must_use]
    pub fn of(at: Millis, seen: &LastSeen) -> Self {
        let since = |last: Option<Millis>| last.map(|last| at.saturating_sub(last).max(0));
        Self {
            chat_ms: since(seen.chat),
            poll_ms: since(seen.poll),
            presence_ms: since(seen.presence),
            reaction_ms: since(seen.reaction),
            interaction_ms: since(seen.interaction),
        }
    }
}

fn poll_participation(at: Millis, session: &Session) -> Option<f64> {
    let recent = session.polls.iter().filter(|poll| at.saturating_sub(poll.opened_at) <= LONG_WINDOW);
    let (votes, eligible) = recent.fold((0, 0), |(votes, eligible): (u32, u32), poll| {
        (votes.saturating_add(poll.votes), eligible.saturating_add(poll.eligible))
    });
    share(votes.min(eligible), eligible)
}

fn share(part: u32, all: u32) -> Option<f64> {
    (all > 0).then(|| f64::from(part) / f64::from(all))
}
