//! Store `attendees`, key (session, user): what is known of one user in one session.

use domain::attendee::{Attendee, Counted, Leave, MessageCap, Votes};

use domain::time::Millis;

use super::row::row;

/// A user, in one life of the session's rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AttendeeRow {
    /// The beginning of the session that the user is counted in. The session's rows may be purged and begun anew while this
    /// row still waits for its own end: it then counts for nothing.
    pub(crate) of_session: Millis,
    /// The user.
    pub(crate) attendee: Attendee,
}
row!(AttendeeRow { of_session, attendee });

row!(Leave { at, explicit, present_since });
row!(Counted { present_since, disengaged, lurker, first_time, focused });
row!(MessageCap { block, count, count_before });
row!(Votes { newest, bits });
row!(Attendee {
    present_since,
    left,
    joined,
    first_time,
    last_seen_at,
    returned_at,
    last_heartbeat_at,
    focused,
    last_interaction_at,
    last_organic_at,
    messages,
    messages_organic,
    votes,
    due_at,
    settled_at,
    counted,
});
