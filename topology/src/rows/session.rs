//! Store `sessions`, key (session, kind of row): everything about a session that is not a user's and not a pane's.

use domain::baseline::Own;
use domain::context::{Phase, SessionType, SizeBand};
use domain::plan::Plan;
use domain::poll::Poll;
use domain::questions::{Question, RecentMessage};
use domain::session::{Crowd, LastSeen, Session};

use super::row::{row, row_of_names};

row_of_names!(Phase, SessionType, SizeBand);

row!(Plan { schedule, ends_at, told, told_before });
row!(LastSeen { chat, poll, presence, reaction, interaction });
row!(Crowd { present, disengaged, lurkers, first_time, focus_known, focused, since_sum_ms });
row!(Poll { id, ordinal, opened_at, closed_at, eligible, votes, by_command, retired });
row!(RecentMessage { id, at, by_command });
row!(Question { id, at, upvotes, by_command });
row!(Own {
    person_panes,
    messages,
    reactions,
    leaves,
    active_short,
    active_short_weight,
    active_long,
    active_long_weight,
    votes,
    eligible,
});
row!(Session {
    began_at,
    opened_at,
    started,
    session_type,
    capacity,
    plan,
    ended_at,
    last_event_at,
    last_seen,
    crowd,
    polls,
    next_poll,
    recent,
    questions,
    kept_from,
    last_tick,
    size,
    own,
    baseline_version,
});
