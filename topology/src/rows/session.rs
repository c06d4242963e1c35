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
    questions_asked,
    kept_from,
    last_tick,
    size,
    own,
    baseline_version,
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use domain::time::Millis;

    use super::*;
    use crate::rows::row::testing::there_and_back;

    type Time = Option<Millis>;

    fn plan() -> impl Strategy<Value = Plan> {
        let phase = (0..Phase::ALL.len(), any::<Millis>()).prop_map(|(phase, at)| (Phase::ALL[phase], at));
        let told = prop::option::of(phase.clone());
        (prop::collection::vec(phase, 0..5), any::<Time>(), told.clone(), told)
            .prop_map(|(schedule, ends_at, told, told_before)| Plan { schedule, ends_at, told, told_before })
    }

    fn polls() -> impl Strategy<Value = Vec<Poll>> {
        let poll = any::<(u64, u32, Millis, Time, u32, u32, bool, bool)>().prop_map(
            |(id, ordinal, opened_at, closed_at, eligible, votes, by_command, retired)| Poll {
                id,
                ordinal,
                opened_at,
                closed_at,
                eligible,
                votes,
                by_command,
                retired,
            },
        );
        prop::collection::vec(poll, 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_session_is_read_back(
            plan in plan(),
            polls in polls(),
            messages in prop::collection::vec(any::<(u64, Millis, bool)>(), 0..4),
            questions in prop::collection::vec(any::<(u64, Millis, u32, bool)>(), 0..4),
            times in any::<[Millis; 4]>(),
            seen in any::<[Time; 7]>(),
            crowd in any::<([u32; 6], i64)>(),
            own in (any::<[u64; 6]>(), prop::array::uniform4(0.0..1e12_f64)),
            kind in (0..SessionType::ALL.len(), prop::option::of(0..SizeBand::ALL.len())),
            rest in any::<(bool, Option<u32>, u32, Option<u64>)>(),
        ) {
            let [present, disengaged, lurkers, first_time, focus_known, focused] = crowd.0;
            let [person_panes, messages_own, reactions, leaves, votes, eligible] = own.0;
            let [active_short, active_short_weight, active_long, active_long_weight] = own.1;
            there_and_back(&Session {
                began_at: times[0],
                opened_at: times[1],
                started: rest.0,
                session_type: SessionType::ALL[kind.0],
                capacity: rest.1,
                plan,
                ended_at: seen[5],
                last_event_at: times[2],
                last_seen: LastSeen {
                    chat: seen[0],
                    poll: seen[1],
                    presence: seen[2],
                    reaction: seen[3],
                    interaction: seen[4],
                },
                crowd: Crowd {
                    present,
                    disengaged,
                    lurkers,
                    first_time,
                    focus_known,
                    focused,
                    since_sum_ms: crowd.1,
                },
                polls,
                next_poll: rest.2,
                recent: messages.into_iter().map(|(id, at, by_command)| RecentMessage { id, at, by_command }).collect(),
                questions: questions
                    .into_iter()
                    .map(|(id, at, upvotes, by_command)| Question { id, at, upvotes, by_command })
                    .collect(),
                questions_asked: rest.2,
                kept_from: times[3],
                last_tick: seen[6],
                size: kind.1.map(|size| SizeBand::ALL[size]),
                own: Own {
                    person_panes,
                    messages: messages_own,
                    reactions,
                    leaves,
                    active_short,
                    active_short_weight,
                    active_long,
                    active_long_weight,
                    votes,
                    eligible,
                },
                baseline_version: rest.3,
            });
        }
    }
}
