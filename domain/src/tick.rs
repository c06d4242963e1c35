//! One evaluation of one session, every five seconds of session time.

use crate::baseline::{Baseline, Own, Prior, Rates};
use crate::context::{SessionType, SizeBand};
use crate::pane::{Panes, ScanPanes, Stamp};
use crate::plan::Place;
use crate::poll::PollTerm;
use crate::score::{Band, Terms};
use crate::session::{Crowd, Session};
use crate::signals::{Signals, Silence};
use crate::time::{GRACE, LONG_WINDOW, MINUTE, Millis, PANE, minutes};
use crate::window::{Fold, Window};

/// At most this many panes are retired by one tick; the rest (after a gap) by the next ones.
pub const RETIRED_PER_TICK: i64 = 64;
/// Panes so far ahead of a tick still show who is active: a record may be ahead of the clock by as much.
const AHEAD: Millis = LONG_WINDOW + PANE;

/// What a tick finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The tick.
    pub at: Millis,
    /// The 5-min score: published, and shown to people.
    pub score: f64,
    /// The 90-s score.
    pub score_90s: f64,
    /// The 5-min score without polls.
    pub core: f64,
    /// The 90-s score without polls.
    pub core_90s: f64,
    /// `core_90s` without events that an intervention caused.
    pub core_90s_organic: f64,
    /// The same without the chat term.
    pub core_90s_organic_without_chat: f64,
    /// `core` against the prior alone: the level detector's, deaf to a session's own decay.
    pub core_prior: f64,
    /// `core_90s` against the prior alone.
    pub core_90s_prior: f64,
    /// The band of `score`.
    pub band: Band,
    /// How many are present.
    pub people: u32,
    /// The session's type.
    pub session_type: SessionType,
    /// The audience's size.
    pub size: SizeBand,
    /// How the plan stands as the tick fires (a second after its time).
    pub place: Place,
    /// The signals.
    pub signals: Signals,
    /// The terms of `score`.
    pub terms: Terms,
    /// The terms of `score_90s`.
    pub terms_90s: Terms,
    /// The baseline in effect.
    pub baseline: Baseline,
    /// Totals of who is there, segments among them.
    pub crowd: Crowd,
    /// Users who said in the last 60 s that they left.
    pub leaves_explicit_60s: u64,
    /// How many leaves the baseline expects in 60 s.
    pub leaves_expected_60s: f64,
    /// How long nothing was heard.
    pub silence: Silence,
    /// What left the longest window at this tick: for calibration.
    pub retired: Own,
    /// Panes that are no longer needed: delete those with `from <= start < to`.
    pub delete_from: Millis,
    /// Their end.
    pub delete_to: Millis,
}

/// Evaluates `session` at the tick `at`, and moves its rows on: the pane that just ended is stamped, the one that left the
/// longest window goes into the session's own past (unless `frozen`).
///
/// `prior` gives the pinned version's record for a type and size band. Allocates nothing.
pub fn evaluate(
    at: Millis,
    frozen: bool,
    session: &mut Session,
    prior: impl FnOnce(SessionType, SizeBand) -> Prior,
    panes: &mut (impl Panes + ScanPanes),
) -> Evaluation {
    session.last_tick = Some(at);
    let size = SizeBand::of(session.crowd.present, session.size);
    session.size = Some(size);
    let prior = prior(session.session_type, size);

    let seen = Seen::scan(at, session, panes);
    stamp(at, session, &seen, panes);
    let retired = seen.retired_with_polls(at, session);
    if !frozen {
        session.own.add(&retired);
    }
    let delete_from = core::mem::replace(&mut session.kept_from, seen.keep_from);

    let baseline = Baseline::of(&prior, &session.own, seen.long.present());
    let against_prior = prior.rates.sound();
    let terms_of = |fold: &Fold, rates: &Rates| {
        let poll = PollTerm::of(&session.polls, fold.window(), at, rates.poll);
        Terms::of(fold.window(), &fold.amounts(), poll, rates)
    };
    let terms = terms_of(&seen.long, &baseline.rates);
    let terms_90s = terms_of(&seen.short, &baseline.rates);
    let organic = Terms::of(Window::Short, &seen.short.amounts_organic(), PollTerm::default(), &baseline.rates);
    let score = terms.score();
    let place = session.plan.place(at.saturating_add(GRACE));
    Evaluation {
        at,
        score,
        score_90s: terms_90s.score(),
        core: terms.core(),
        core_90s: terms_90s.core(),
        core_90s_organic: organic.core(),
        core_90s_organic_without_chat: organic.core_without_chat(),
        core_prior: terms_of(&seen.long, &against_prior).core(),
        core_90s_prior: terms_of(&seen.short, &against_prior).core(),
        band: Band::of(score),
        people: session.crowd.present,
        session_type: session.session_type,
        size,
        place,
        signals: Signals::of(at, session, &seen.long, place.phase),
        terms,
        terms_90s,
        baseline,
        crowd: session.crowd,
        leaves_explicit_60s: seen.leaves_explicit_60s,
        leaves_expected_60s: baseline.rates.stay * seen.person_panes_60s as f64 * minutes(PANE) / minutes(LONG_WINDOW),
        silence: Silence::of(at, &session.last_seen),
        retired,
        delete_from,
        delete_to: seen.keep_from,
    }
}

/// What one scan over a session's panes finds.
struct Seen {
    short: Fold,
    long: Fold,
    leaves_explicit_60s: u64,
    person_panes_60s: u64,
    retired: Own,
    keep_from: Millis,
}

impl Seen {
    fn scan(at: Millis, session: &Session, panes: &impl ScanPanes) -> Self {
        let oldest = at.saturating_sub(LONG_WINDOW);
        let reach = session.kept_from.saturating_add(RETIRED_PER_TICK * PANE);
        let mut seen = Self {
            short: Fold::new(Window::Short, at),
            long: Fold::new(Window::Long, at),
            leaves_explicit_60s: 0,
            person_panes_60s: 0,
            retired: Own::default(),
            keep_from: oldest.min(reach).max(session.kept_from),
        };
        let (minute_ago, last) = (at.saturating_sub(MINUTE), at.saturating_sub(PANE));
        panes.scan(session.kept_from, seen.keep_from, |_, pane| seen.retired.add_pane(pane));
        panes.scan(oldest, at.saturating_add(AHEAD), |start, pane| {
            seen.short.add(start, pane);
            seen.long.add(start, pane);
            if (minute_ago..at).contains(&start) {
                seen.leaves_explicit_60s += u64::from(pane.leaves_explicit);
                let stamp = pane.stamp.filter(|_| start < last);
                seen.person_panes_60s += stamp.map_or(0, |stamp| u64::from(stamp.present));
            }
        });
        // The pane that just ended gets its stamp below: here it counts as if it had it.
        seen.short.add_present(session.crowd.present);
        seen.long.add_present(session.crowd.present);
        seen.person_panes_60s += u64::from(session.crowd.present);
        seen
    }

    /// What leaves the longest window at this tick, polls included: each poll once.
    fn retired_with_polls(&self, at: Millis, session: &mut Session) -> Own {
        let mut retired = self.retired;
        for poll in session.polls.iter_mut().filter(|poll| !poll.retired) {
            if at.saturating_sub(poll.opened_at) > LONG_WINDOW {
                poll.retired = true;
                retired.add_poll(poll.votes, poll.eligible);
            }
        }
        retired
    }
}

fn stamp(at: Millis, session: &Session, seen: &Seen, panes: &mut impl Panes) {
    let stamp = Stamp {
        present: session.crowd.present,
        active_short: seen.short.active_share(),
        active_long: seen.long.active_share(),
    };
    panes.update(at.saturating_sub(PANE), |pane| pane.stamp = Some(stamp));
}

#[cfg(test)]
mod tests;
