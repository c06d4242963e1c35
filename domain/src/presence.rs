//! Who is there: joins, leaves, expiries, segments; by one lazy timer per user, never by scans.

use crate::attendee::Attendee;
use crate::pane::Panes;
use crate::session::Session;
use crate::time::Millis;

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
pub fn due(attendee: &mut Attendee, at: Millis, session: &mut Session, panes: &mut impl Panes) -> NextDue {
    let _ = (attendee, at, session, panes);
    NextDue::None
}
