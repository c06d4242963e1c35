//! Folding one event into the rows of its session, its user and its pane.

use crate::activity::Activity;
use crate::attendee::Attendee;
use crate::pane::Panes;
use crate::session::Session;
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

/// Folds one event. A user's event needs the user's row (the default for a user not seen before).
pub fn observe(
    activity: &Activity<'_>,
    at: Millis,
    session: &mut Session,
    attendee: Option<&mut Attendee>,
    panes: &mut impl Panes,
) -> Observed {
    let _ = (activity, at, session, attendee, panes);
    Observed::Folded { due: None }
}
