//! Who is there: joins, leaves, expiries, segments; by one lazy timer per user, never by scans.
//!
//! The rules: `joined` and `left` count at once; any event of a user who is not present is an implicit join; a user who ever sent
//! a heartbeat counts as left 90 s after the last one, one known only by interactions 15 min after the last of those, one who
//! joined in words stays until `left`; a return within 60 s takes the leave back. Events come out of order: a user who is
//! absent returns only by an event newer than all that was seen of the user, and leaves only by one that is not older.

use crate::attendee::{
    Attendee, Counted, HEARTBEAT_EXPIRY, INTERACTION_EXPIRY, KEPT_AFTER_LEAVE, Leave, RETURN_WITHIN,
};
use crate::pane::{Panes, count_in};
use crate::session::Session;
use crate::time::{MINUTE, Millis};

/// Disengaged users were present for at least this long,
pub const DISENGAGED_PRESENT: Millis = 5 * MINUTE;
/// and did not interact for this long.
pub const DISENGAGED_AFTER: Millis = 10 * MINUTE;
/// Lurkers were present for this long, and never interacted.
pub const LURKER_AFTER: Millis = 15 * MINUTE;

/// What to do with a user's timer after it fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextDue {
    /// Set it to this moment.
    At(Millis),
    /// None is needed until the user's next event.
    None,
    /// None is needed, and the row is to be deleted.
    Purge,
}

/// Does what is due for a user at `at`: presence expires, segments change, the row of a user who left is given up.
/// Idempotent; a timer that fires before its time only asks to be set again.
pub fn due(attendee: &mut Attendee, at: Millis, session: &mut Session, panes: &mut impl Panes) -> NextDue {
    if let Some(pending) = attendee.due_at
        && at < pending
    {
        return NextDue::At(pending);
    }
    if let Some(expiry) = attendee.expiry()
        && expiry <= at
    {
        leave(attendee, expiry, false, session, panes);
    }
    settle(attendee, at, session);
    attendee.due_at = attendee.next_due();
    match attendee.due_at {
        None => NextDue::None,
        Some(purge) if attendee.present_since.is_none() && purge <= at => NextDue::Purge,
        Some(next) => NextDue::At(next),
    }
}

/// Takes note of an event of the user; one who was absent has come, unless the event is older than what is known. `told`:
/// the event is `joined` itself.
pub(crate) fn arrive(attendee: &mut Attendee, at: Millis, told: bool, session: &Session, panes: &mut impl Panes) {
    let newer = attendee.last_seen_at.is_none_or(|seen| at > seen || (told && at == seen));
    attendee.last_seen_at = attendee.last_seen_at.max(Some(at));
    attendee.joined |= told && (newer || attendee.present_since.is_some());
    if attendee.present_since.is_some() || !newer {
        return;
    }
    attendee.returned_at = Some(at);
    attendee.present_since = match attendee.left.take() {
        Some(leave) if at.saturating_sub(leave.at) <= RETURN_WITHIN => {
            count_in(panes, session.kept_from, leave.at, |pane| {
                let leaves = if leave.explicit { &mut pane.leaves_explicit } else { &mut pane.leaves_timeout };
                *leaves = leaves.saturating_sub(1);
            });
            Some(leave.present_since)
        }
        _ => {
            count_in(panes, session.kept_from, at, |pane| pane.joins = pane.joins.saturating_add(1));
            Some(at)
        }
    };
}

/// Takes note of `left`, which must not be older than what is known of the user.
pub(crate) fn depart(attendee: &mut Attendee, at: Millis, session: &Session, panes: &mut impl Panes) {
    attendee.last_seen_at = attendee.last_seen_at.max(Some(at));
    attendee.joined = false;
    leave(attendee, at, true, session, panes);
}

fn leave(attendee: &mut Attendee, at: Millis, explicit: bool, session: &Session, panes: &mut impl Panes) {
    let Some(present_since) = attendee.present_since.take() else { return };
    attendee.left = Some(Leave { at, explicit, present_since });
    count_in(panes, session.kept_from, at, |pane| {
        let leaves = if explicit { &mut pane.leaves_explicit } else { &mut pane.leaves_timeout };
        *leaves = leaves.saturating_add(1);
    });
}

/// Brings the session's totals up to what the user is at `at`.
pub(crate) fn settle(attendee: &mut Attendee, at: Millis, session: &mut Session) {
    let now = attendee.settled_at.map_or(at, |settled| settled.max(at));
    attendee.settled_at = Some(now);
    let counted = attendee.counted_at(now);
    session.crowd.recount(session.began_at, &attendee.counted, &counted);
    attendee.counted = counted;
}

/// The timer that must be set after an event, if the pending one does not come first anyway.
pub(crate) fn arm(attendee: &mut Attendee) -> Option<Millis> {
    let needed = attendee.next_due()?;
    if attendee.due_at.is_some_and(|pending| pending <= needed) {
        return None;
    }
    attendee.due_at = Some(needed);
    attendee.due_at
}

impl Attendee {
    /// When presence ends if nothing more is heard.
    #[must_use]
    pub fn expiry(&self) -> Option<Millis> {
        self.present_since?;
        match self.last_heartbeat_at {
            // A user whose client fell silent and who is back by another event gets as long as after a heartbeat.
            Some(_) => self.last_heartbeat_at.max(self.returned_at).map(|at| at.saturating_add(HEARTBEAT_EXPIRY)),
            None if self.joined => None,
            None => self.last_interaction_at.max(self.returned_at).map(|at| at.saturating_add(INTERACTION_EXPIRY)),
        }
    }

    /// When the user is next counted in another segment if nothing more is heard.
    fn segment_change(&self) -> Option<Millis> {
        if self.counted.disengaged || self.counted.lurker {
            return None;
        }
        self.silent_segment_at()
    }

    /// When a present user becomes disengaged, or a lurker.
    fn silent_segment_at(&self) -> Option<Millis> {
        let since = self.present_since?;
        Some(match self.last_interaction_at {
            Some(last) => since.saturating_add(DISENGAGED_PRESENT).max(last.saturating_add(DISENGAGED_AFTER)),
            None => since.saturating_add(LURKER_AFTER),
        })
    }

    /// When something is next due: expiry, a change of segment, or the end of the row.
    fn next_due(&self) -> Option<Millis> {
        if self.present_since.is_some() {
            return self.expiry().into_iter().chain(self.segment_change()).min();
        }
        let gone_since = self.left.map(|leave| leave.at).max(self.last_seen_at);
        gone_since.map(|since| since.saturating_add(KEPT_AFTER_LEAVE))
    }

    /// As what the user counts at `now`.
    fn counted_at(&self, now: Millis) -> Counted {
        if self.present_since.is_none() {
            return Counted::default();
        }
        let silent = self.silent_segment_at().is_some_and(|from| from <= now);
        let interacted = self.last_interaction_at.is_some();
        Counted {
            present_since: self.present_since,
            disengaged: silent && interacted,
            lurker: silent && !interacted,
            first_time: self.first_time,
            focused: self.focused,
        }
    }
}

#[cfg(test)]
mod tests;
