//! Folding one event into the rows of its session, its user and its pane.

use crate::activity::Activity;
use crate::attendee::Attendee;
use crate::interaction::{Interaction, interact};
use crate::pane::{Panes, count_in};
use crate::poll::{POLLS_MAX, Poll};
use crate::presence;
use crate::session::{Life, Session};
use crate::time::Millis;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// It is in the rows.
    Folded {
        /// Set the user's one timer to this, replacing the one that is pending.
        due: Option<Millis>,
    },
    /// It says nothing that counts; no row changed.
    Ignored(Ignored),
    /// It can not be right: it belongs with the dead letters. No row changed.
    Rejected(Rejected),
}

/// Why an event does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// The session was ended before.
    SessionEnded,
    /// It was known already, or something newer is.
    Known,
}

/// Why an event can not be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// It names a poll that never opened, or that was forgotten long since.
    UnknownPoll,
    /// It is a user's, and no user's row was given.
    NoAttendee,
}

/// Folds one event. A user's event needs the user's row (the default for a user not seen before); a row given with an event
/// of the session is left alone.
pub fn observe(
    activity: &Activity<'_>,
    at: Millis,
    session: &mut Session,
    attendee: Option<&mut Attendee>,
    panes: &mut impl Panes,
) -> Observed {
    let user = attendee.filter(|_| activity.is_of_a_user());
    if let Some(verdict) = dismissed(activity, at, session, user.as_deref()) {
        return verdict;
    }
    if needs_new_life(activity, at, session) {
        session.reopen(at);
    }
    session.last_event_at = session.last_event_at.max(at);
    session.last_seen.note(activity, at);
    let due = match user {
        Some(attendee) => fold_user(activity, at, session, attendee, panes),
        None => {
            fold_session(activity, at, session, panes);
            None
        }
    };
    Observed::Folded { due }
}

/// The verdict on an event that changes nothing.
fn dismissed(activity: &Activity<'_>, at: Millis, session: &Session, attendee: Option<&Attendee>) -> Option<Observed> {
    let started = matches!(activity, Activity::Started { .. });
    if session.life(at) == Life::Ended && !started {
        return Some(Observed::Ignored(Ignored::SessionEnded));
    }
    if activity.is_of_a_user() && attendee.is_none() {
        return Some(Observed::Rejected(Rejected::NoAttendee));
    }
    let known = match activity {
        Activity::Voted { poll } | Activity::PollClosed { poll } if session.poll(*poll).is_none() => {
            return Some(Observed::Rejected(Rejected::UnknownPoll));
        }
        Activity::PollOpened { poll, .. } => session.poll(*poll).is_some(),
        Activity::PollClosed { poll } => session.poll(*poll).is_some_and(|poll| poll.closed_at.is_some()),
        Activity::Ended => at < session.opened_at || session.ended_at.is_some(),
        Activity::Left => attendee.and_then(|attendee| attendee.last_seen_at).is_some_and(|seen| at < seen),
        _ => false,
    };
    known.then_some(Observed::Ignored(Ignored::Known))
}

/// Whether the event opens the session anew.
fn needs_new_life(activity: &Activity<'_>, at: Millis, session: &Session) -> bool {
    match session.ended_at {
        Some(ended) => matches!(activity, Activity::Started { .. }) && at >= ended,
        None => session.life(at) == Life::Silent,
    }
}

/// Folds what a user did; the timer to set.
fn fold_user(
    activity: &Activity<'_>,
    at: Millis,
    session: &mut Session,
    attendee: &mut Attendee,
    panes: &mut impl Panes,
) -> Option<Millis> {
    match *activity {
        Activity::Joined { first_time } => {
            attendee.first_time |= first_time;
            presence::arrive(attendee, at, true, session, panes);
        }
        Activity::Left => presence::depart(attendee, at, session, panes),
        Activity::Heartbeat { focused } => {
            let newest = attendee.last_heartbeat_at.is_none_or(|last| at >= last);
            if newest {
                attendee.last_heartbeat_at = Some(at);
                attendee.focused = focused.or(attendee.focused);
            }
            presence::arrive(attendee, at, false, session, panes);
        }
        _ => {
            presence::arrive(attendee, at, false, session, panes);
            let interaction = Interaction::of(activity, at, session, attendee);
            interact(&interaction, at, session.kept_from, attendee, panes);
        }
    }
    presence::settle(attendee, at, session);
    presence::arm(attendee)
}

/// Folds what happened to the session.
fn fold_session(activity: &Activity<'_>, at: Millis, session: &mut Session, panes: &mut impl Panes) {
    let kept_from = session.kept_from;
    match *activity {
        Activity::PollOpened { poll, eligible, by_command } => open_poll(poll, eligible, by_command, at, session),
        Activity::PollClosed { poll } => {
            if let Some(poll) = session.poll_mut(poll) {
                poll.closed_at = Some(at);
            }
        }
        Activity::Started { session_type, capacity, schedule, ends_at } => {
            session.started = true;
            session.session_type = session_type;
            session.capacity = capacity;
            session.plan.set(schedule, ends_at);
        }
        Activity::PhaseBegan { phase } => session.plan.tell(phase, at),
        Activity::Slide => count_in(panes, kept_from, at, |pane| pane.slides = pane.slides.saturating_add(1)),
        Activity::Speech { words, span_ms } => count_in(panes, kept_from, at, |pane| {
            pane.words = pane.words.saturating_add(words);
            pane.speech_ms = pane.speech_ms.saturating_add(span_ms);
        }),
        Activity::Ended => session.ended_at = Some(at),
        _ => {}
    }
}

fn open_poll(id: u64, eligible: Option<u32>, by_command: bool, at: Millis, session: &mut Session) {
    if session.polls.len() >= POLLS_MAX {
        session.polls.remove(0);
    }
    session.polls.push(Poll {
        id,
        ordinal: session.next_poll,
        opened_at: at,
        closed_at: None,
        eligible: eligible.unwrap_or(session.crowd.present),
        votes: 0,
        by_command,
        retired: false,
    });
    session.next_poll = session.next_poll.wrapping_add(1);
}

#[cfg(test)]
mod tests;
