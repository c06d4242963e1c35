//! Store `attendees`, key (session, user): what is known of one user in one session.

use domain::attendee::{Attendee, Counted, Leave, MessageCap, Votes};

use super::row::row;

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
