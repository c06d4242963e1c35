use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::context::{Phase, SessionType};
use crate::room::{MESSAGE, Room, START};
use crate::time::{LONG_WINDOW, MINUTE, SECOND, SHORT_WINDOW, pane_start};

const COMMANDED: Activity<'static> =
    Activity::Message { chars: 1, question: false, message: Some(7), by_command: true };

fn started(room: &mut Room, after: Millis) -> Observed {
    let schedule = [(Phase::Opening, START), (Phase::Qa, START + 20 * MINUTE)];
    let ends_at = Some(START + 60 * MINUTE);
    let activity =
        Activity::Started { session_type: SessionType::Keynote, capacity: Some(9), schedule: &schedule, ends_at };
    room.session(after, &activity)
}

#[test]
fn six_messages_of_a_user_count_in_five_minutes_and_the_seventh_is_still_activity() {
    let mut room = Room::new();
    for second in 0..9 {
        room.say(second * SECOND, 1);
    }
    let messages: u32 = room.panes.values().map(|pane| pane.all.messages).sum();
    assert_eq!(messages, 6);
    assert_eq!(room.attendees[&1].last_interaction_at, Some(START + 8 * SECOND));
    room.say(5 * MINUTE, 1);
    assert_eq!(room.panes[&(START + 5 * MINUTE)].all.messages, 1);
}

#[test]
fn commanded_messages_take_no_place_under_the_organic_cap() {
    let mut room = Room::new();
    for _ in 0..6 {
        room.user(0, 1, &COMMANDED);
    }
    room.say(0, 1);
    let pane = &room.panes[&START];
    assert_eq!((pane.all.messages, pane.organic.messages), (6, 1));
    assert_eq!((pane.all.users, pane.organic.users), (1, 1));
}

#[test]
fn a_user_votes_once_and_a_closed_poll_takes_no_vote() {
    let mut room = Room::new();
    room.join(0, 1);
    room.join(0, 2);
    room.session(SECOND, &Activity::PollOpened { poll: 5, eligible: None, by_command: false });
    assert_eq!(room.session.polls[0].eligible, 2, "absent: those present");
    for _ in 0..3 {
        room.user(2 * SECOND, 1, &Activity::Voted { poll: 5 });
    }
    room.session(3 * SECOND, &Activity::PollClosed { poll: 5 });
    room.user(4 * SECOND, 2, &Activity::Voted { poll: 5 });
    room.user(3 * SECOND, 3, &Activity::Voted { poll: 5 });
    assert_eq!(room.session.polls[0].votes, 2);
}

#[test]
fn a_vote_in_a_poll_that_never_opened_is_rejected_and_changes_nothing() {
    let mut room = Room::new();
    let (before, panes) = (room.session.clone(), room.panes.clone());
    assert_eq!(room.user(0, 1, &Activity::Voted { poll: 5 }), Observed::Rejected(Rejected::UnknownPoll));
    assert_eq!(room.session(0, &Activity::PollClosed { poll: 5 }), Observed::Rejected(Rejected::UnknownPoll));
    assert_eq!(room.session(0, &Activity::Left), Observed::Rejected(Rejected::NoAttendee));
    assert_eq!((&room.session, &room.panes, &room.attendees[&1]), (&before, &panes, &Attendee::default()));
}

#[test]
fn the_ninth_poll_takes_the_place_of_the_oldest() {
    let mut room = Room::new();
    for poll in 0..9 {
        room.session(0, &Activity::PollOpened { poll, eligible: Some(1), by_command: false });
    }
    let again = Activity::PollOpened { poll: 8, eligible: Some(1), by_command: false };
    assert_eq!(room.session(0, &again), Observed::Ignored(Ignored::Known));
    assert_eq!(room.session.polls.len(), POLLS_MAX);
    assert_eq!(room.user(0, 1, &Activity::Voted { poll: 0 }), Observed::Rejected(Rejected::UnknownPoll));
    assert_eq!(room.user(0, 1, &Activity::Voted { poll: 8 }), Observed::Folded { due: Some(START + 10 * MINUTE) });
}

#[test]
fn votes_upvotes_and_replies_inherit_the_command_of_what_they_answer() {
    let mut room = Room::new();
    room.session(0, &Activity::PollOpened { poll: 5, eligible: None, by_command: true });
    room.user(0, 1, &COMMANDED);
    room.user(0, 2, &Activity::Voted { poll: 5 });
    room.user(0, 3, &Activity::Upvote { message: 7 });
    room.user(0, 4, &Activity::Reply { in_reply_to: 7, message: None, by_command: false });
    let pane = &room.panes[&START];
    assert_eq!((pane.all.users, pane.organic.users), (4, 0));
    assert_eq!((pane.all.messages, pane.organic.messages), (2, 0));
    room.user(0, 5, &Activity::Upvote { message: 99 });
    assert_eq!(room.panes[&START].organic.users, 1);
}

#[test]
fn a_reply_to_a_known_message_is_timed() {
    let mut room = Room::new();
    room.user(0, 1, &Activity::Message { chars: 1, question: true, message: Some(7), by_command: false });
    room.user(5 * SECOND, 2, &Activity::Reply { in_reply_to: 7, message: Some(8), by_command: false });
    room.user(5 * SECOND, 2, &Activity::Reply { in_reply_to: 99, message: None, by_command: false });
    room.advance(6 * SECOND + 5 * SECOND);
    assert_eq!(room.last().signals.response_s_median, Some(6.0));
}

#[test]
fn a_question_is_open_until_it_is_replied_to_and_asked_for_as_long_as_its_session_lives() {
    let mut room = Room::new();
    let ask = |id| Activity::Message { chars: 1, question: true, message: Some(id), by_command: false };
    let open = |room: &Room| room.session.questions.iter().map(|question| question.id).collect::<Vec<_>>();
    room.user(0, 1, &ask(7));
    room.user(0, 2, &ask(8));
    room.user(SECOND, 3, &Activity::Reply { in_reply_to: 7, message: None, by_command: false });
    assert_eq!((open(&room), room.session.questions_asked), (vec![8], 2));
    room.user(2 * SECOND, 1, &Activity::Reply { in_reply_to: 8, message: None, by_command: false });
    assert_eq!((open(&room), room.session.questions_asked), (vec![], 2));
    room.user(crate::session::SILENCE + MINUTE, 1, &ask(9));
    assert_eq!((open(&room), room.session.questions_asked), (vec![9], 1), "another life");
}

#[test]
fn a_reply_beyond_the_cap_is_not_timed() {
    let mut room = Room::new();
    room.user(0, 1, &Activity::Message { chars: 1, question: false, message: Some(7), by_command: false });
    for _ in 0..20 {
        room.user(0, 2, &Activity::Reply { in_reply_to: 7, message: None, by_command: false });
    }
    assert_eq!(room.panes[&START].responses.iter().sum::<u32>(), 6);
}

#[test]
fn the_best_of_many_questions_are_kept() {
    let mut room = Room::new();
    for id in 0..40 {
        room.user(
            0,
            id,
            &Activity::Message { chars: 1, question: true, message: Some(u64::from(id)), by_command: false },
        );
        if id % 10 == 0 {
            room.user(0, 100, &Activity::Upvote { message: u64::from(id) });
        }
    }
    assert_eq!(room.session.questions.len(), crate::questions::QUESTIONS_MAX);
    for id in [0, 10, 20, 30] {
        assert!(room.session.questions.iter().any(|question| question.id == id && question.upvotes == 1), "{id}");
    }
    assert_eq!(room.session.recent.len(), crate::questions::RECENT_MAX);
}

#[test]
fn an_implicit_session_is_a_workshop_in_its_middle_and_started_makes_it_what_it_says() {
    let mut room = Room::new();
    assert_eq!((room.session.session_type, room.session.phase(START)), (SessionType::Workshop, Phase::Middle));
    started(&mut room, 0);
    assert_eq!((room.session.session_type, room.session.phase(START)), (SessionType::Keynote, Phase::Opening));
    let place = room.session.plan.place(START + 15 * MINUTE);
    assert_eq!(place.to_boundary_ms, Some(5 * MINUTE));
    assert_eq!(place.since_change_ms, Some(15 * MINUTE));
    assert_eq!(place.to_end_ms, Some(45 * MINUTE));
    room.session(10 * MINUTE, &Activity::PhaseBegan { phase: Phase::Break });
    assert_eq!(room.session.phase(START + 10 * MINUTE), Phase::Break);
    assert_eq!(room.session.phase(START + 10 * MINUTE - 1), Phase::Opening);
    assert_eq!(room.session.phase(START + 20 * MINUTE), Phase::Qa, "the plan goes on");
    room.session(9 * MINUTE, &Activity::PhaseBegan { phase: Phase::Closing });
    assert_eq!(room.session.phase(START + 10 * MINUTE), Phase::Break, "an older phase changes nothing");
}

#[test]
fn an_ended_session_is_opened_anew_only_by_started() {
    let mut room = Room::new();
    room.say(0, 1);
    room.session(MINUTE + 1, &Activity::Ended);
    assert_eq!(room.session.life(START + 2 * MINUTE), Life::Ended);
    assert_eq!(room.user(2 * MINUTE, 1, &MESSAGE), Observed::Ignored(Ignored::SessionEnded));
    assert!(matches!(room.user(MINUTE, 1, &MESSAGE), Observed::Folded { .. }), "it happened before the end");
    assert_eq!(room.session.next_tick(START + MINUTE - 1), Some(START + MINUTE), "ticks up to the end still fire");
    assert_eq!(room.session.next_tick(START + MINUTE), None);
    assert!(matches!(started(&mut room, MINUTE), Observed::Folded { .. }));
    assert_eq!(room.session.life(START + 2 * MINUTE), Life::Ended, "it was started before its end");
    assert!(matches!(started(&mut room, 2 * MINUTE), Observed::Folded { .. }));
    assert_eq!(room.session.life(START + 2 * MINUTE), Life::Live);
    assert_eq!(room.session.opened_at, START + 2 * MINUTE);
    assert_eq!(room.session(MINUTE + 1, &Activity::Ended), Observed::Ignored(Ignored::Known));
}

#[test]
fn a_session_that_silence_ended_is_opened_anew_by_any_event() {
    let mut room = Room::new();
    room.say(0, 1);
    assert_eq!(room.session.life(START + 30 * MINUTE - 1), Life::Live);
    assert_eq!(room.session.life(START + 30 * MINUTE), Life::Silent);
    assert_eq!(room.session.purge_at(), START + 90 * MINUTE);
    room.react(40 * MINUTE, 1);
    assert_eq!(room.session.opened_at, START + 40 * MINUTE);
    assert_eq!(room.session.life(START + 69 * MINUTE), Life::Live);
}

#[test]
fn what_is_behind_the_kept_panes_is_written_nowhere() {
    let mut room = Room::new();
    room.advance(10 * MINUTE);
    room.say(MINUTE, 1);
    room.say(10 * MINUTE, 1);
    assert!(room.panes.keys().all(|start| *start >= room.session.kept_from), "{:?}", room.panes.keys());
    assert_eq!(room.panes.values().map(|pane| pane.all.users).sum::<u32>(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn unique_users_are_what_a_naive_count_finds_out_of_order(
        events in proptest::collection::vec((0_i64..20_000, 0_u32..8, 0_u8..3, 0_i64..300_000), 1..150),
    ) {
        let mut room = Room::new();
        let mut all: BTreeMap<u32, Millis> = BTreeMap::new();
        let mut organic: BTreeMap<u32, Millis> = BTreeMap::new();
        let mut now = LONG_WINDOW;
        for (step, user, what, late) in events {
            now += step;
            room.advance(now);
            let at = now - late;
            room.user(at, user, &Activity::Reaction { by_command: what == 0 });
            let newest = |of: &mut BTreeMap<u32, Millis>| {
                let last = of.entry(user).or_insert(at);
                *last = at.max(*last);
            };
            newest(&mut all);
            if what != 0 {
                newest(&mut organic);
            }
            let tick = pane_start(START + now);
            for window in [SHORT_WINDOW, LONG_WINDOW] {
                let count = |of: &BTreeMap<u32, Millis>| {
                    of.values().filter(|last| START + **last >= tick - window).count() as u64
                };
                let panes = || room.panes.range(tick - window..).map(|(_, pane)| pane);
                prop_assert_eq!(panes().map(|pane| u64::from(pane.all.users)).sum::<u64>(), count(&all));
                prop_assert_eq!(panes().map(|pane| u64::from(pane.organic.users)).sum::<u64>(), count(&organic));
            }
        }
    }
}
