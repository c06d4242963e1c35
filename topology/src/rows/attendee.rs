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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::row::testing::there_and_back;

    type Time = Option<Millis>;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_user_is_read_back(
            times in any::<[Time; 8]>(),
            leave in any::<Option<(Millis, bool, Millis)>>(),
            flags in any::<(bool, bool, bool, bool, bool)>(),
            focus in any::<[Option<bool>; 2]>(),
            caps in any::<[(i64, u8, u8); 2]>(),
            votes in any::<(u32, u64)>(),
            of_session: Millis,
        ) {
            let [present_since, last_seen_at, returned_at, last_heartbeat_at, a, b, due_at, settled_at] = times;
            let cap = |(block, count, count_before)| MessageCap { block, count, count_before };
            let (joined, first_time, disengaged, lurker, first) = flags;
            there_and_back(&AttendeeRow {
                of_session,
                attendee: Attendee {
                    present_since,
                    left: leave.map(|(at, explicit, present_since)| Leave { at, explicit, present_since }),
                    joined,
                    first_time,
                    last_seen_at,
                    returned_at,
                    last_heartbeat_at,
                    focused: focus[0],
                    last_interaction_at: a,
                    last_organic_at: b,
                    messages: cap(caps[0]),
                    messages_organic: cap(caps[1]),
                    votes: Votes { newest: votes.0, bits: votes.1 },
                    due_at,
                    settled_at,
                    counted: Counted { present_since, disengaged, lurker, first_time: first, focused: focus[1] },
                },
            });
        }
    }
}
