use proptest::prelude::*;

use super::*;
use crate::activity::Activity;
use crate::room::{Room, START};
use crate::session::Crowd;
use crate::time::SECOND;

#[test]
fn joined_and_left_count_at_once() {
    let mut room = Room::new();
    room.join(0, 1);
    room.join(0, 2);
    assert_eq!(room.present(0), 2);
    room.leave(SECOND, 1);
    assert_eq!(room.present(SECOND), 1);
    assert_eq!(room.traffic(), (2, 1, 0));
}

#[test]
fn a_heartbeating_user_is_gone_ninety_seconds_after_the_last_heartbeat() {
    let mut room = Room::new();
    room.join(0, 1);
    room.beat(10 * SECOND, 1);
    room.beat(40 * SECOND, 1);
    assert_eq!(room.present(130 * SECOND - 1), 1);
    assert_eq!(room.present(130 * SECOND), 0);
    assert_eq!(room.traffic(), (1, 0, 1));
}

#[test]
fn interactions_do_not_stand_in_for_heartbeats() {
    let mut room = Room::new();
    room.beat(0, 1);
    room.say(80 * SECOND, 1);
    assert_eq!(room.present(90 * SECOND), 0);
}

#[test]
fn a_user_known_by_interactions_stays_fifteen_minutes_after_the_last() {
    let mut room = Room::new();
    room.say(0, 1);
    room.react(4 * MINUTE, 1);
    assert_eq!(room.present(19 * MINUTE - 1), 1);
    assert_eq!(room.present(19 * MINUTE), 0);
}

#[test]
fn a_user_who_joined_in_words_stays_until_left() {
    let mut room = Room::new();
    room.join(0, 1);
    room.say(MINUTE, 1);
    assert_eq!(room.present(300 * MINUTE), 1);
    room.leave(300 * MINUTE, 1);
    assert_eq!(room.present(300 * MINUTE), 0);
}

#[test]
fn a_return_within_sixty_seconds_takes_the_leave_back() {
    let mut room = Room::new();
    room.join(0, 1);
    room.leave(30 * SECOND, 1);
    assert_eq!(room.traffic(), (1, 1, 0));
    room.join(90 * SECOND, 1);
    assert_eq!(room.traffic(), (1, 0, 0));
    assert_eq!(room.attendees[&1].present_since, Some(START), "presence goes on");
    room.leave(100 * SECOND, 1);
    room.join(160 * SECOND + 1, 1);
    assert_eq!(room.traffic(), (2, 1, 0));
    assert_eq!(room.attendees[&1].present_since, Some(START + 160 * SECOND + 1));
}

#[test]
fn who_joins_in_the_millisecond_of_the_leave_is_back() {
    let mut room = Room::new();
    room.join(0, 1);
    room.leave(SECOND, 1);
    room.say(SECOND, 1);
    assert_eq!(room.present(SECOND), 0);
    room.join(SECOND, 1);
    assert_eq!(room.present(SECOND), 1);
}

#[test]
fn a_timeout_is_taken_back_where_it_was_counted() {
    let mut room = Room::new();
    room.beat(0, 1);
    assert_eq!(room.present(91 * SECOND), 0);
    assert_eq!(room.panes[&(START + 90 * SECOND)].leaves_timeout, 1);
    room.say(120 * SECOND, 1);
    assert_eq!(room.present(120 * SECOND), 1);
    assert_eq!(room.panes[&(START + 90 * SECOND)].leaves_timeout, 0);
    assert_eq!(room.present(210 * SECOND), 0, "ninety seconds after the return");
}

#[test]
fn an_event_older_than_the_leave_brings_nobody_back() {
    let mut room = Room::new();
    room.join(0, 1);
    room.leave(10 * SECOND, 1);
    room.say(9 * SECOND, 1);
    assert_eq!(room.present(10 * SECOND), 0);
    room.join(20 * SECOND, 2);
    room.beat(30 * SECOND, 2);
    room.leave(29 * SECOND, 2);
    assert_eq!(room.present(30 * SECOND), 1, "a leave older than a heartbeat is known to be over");
}

#[test]
fn who_left_in_words_and_comes_back_by_an_interaction_is_known_by_interactions() {
    let mut room = Room::new();
    room.join(0, 1);
    room.leave(MINUTE, 1);
    room.say(5 * MINUTE, 1);
    assert_eq!(room.present(20 * MINUTE - 1), 1);
    assert_eq!(room.present(20 * MINUTE), 0);
}

#[test]
fn a_row_is_given_up_an_hour_after_its_user_left() {
    let mut room = Room::new();
    room.join(0, 1);
    room.leave(MINUTE, 1);
    room.leave(MINUTE, 2);
    room.advance(61 * MINUTE - 1);
    assert_eq!(room.attendees.len(), 2);
    room.advance(61 * MINUTE);
    assert_eq!(room.attendees.len(), 0);
}

#[test]
fn a_user_is_disengaged_ten_minutes_after_the_last_interaction() {
    let mut room = Room::new();
    room.join(0, 1);
    room.say(2 * MINUTE, 1);
    room.advance(12 * MINUTE - 1);
    assert_eq!(room.session.crowd.disengaged, 0);
    room.advance(12 * MINUTE);
    assert_eq!(room.session.crowd.disengaged, 1);
    room.react(12 * MINUTE, 1);
    assert_eq!(room.session.crowd.disengaged, 0);
    room.advance(22 * MINUTE);
    assert_eq!(room.session.crowd.disengaged, 1);
    room.leave(22 * MINUTE, 1);
    assert_eq!(room.session.crowd.disengaged, 0);
    room.join(40 * MINUTE, 1);
    room.advance(45 * MINUTE - 1);
    assert_eq!(room.session.crowd.disengaged, 0, "not before five minutes of presence");
    room.advance(45 * MINUTE);
    assert_eq!(room.session.crowd.disengaged, 1);
}

#[test]
fn a_user_who_never_interacts_is_a_lurker_after_fifteen_minutes() {
    let mut room = Room::new();
    room.join(0, 1);
    room.advance(15 * MINUTE - 1);
    assert_eq!(room.session.crowd.lurkers, 0);
    room.advance(15 * MINUTE);
    assert_eq!(room.session.crowd.lurkers, 1);
    room.say(16 * MINUTE, 1);
    assert_eq!((room.session.crowd.lurkers, room.session.crowd.disengaged), (0, 0));
}

#[test]
fn first_time_users_and_focus_are_counted_while_present() {
    let mut room = Room::new();
    room.user(0, 1, &Activity::Joined { first_time: true });
    room.user(0, 1, &Activity::Heartbeat { focused: Some(true) });
    room.user(0, 2, &Activity::Heartbeat { focused: Some(false) });
    room.user(0, 3, &Activity::Heartbeat { focused: None });
    let crowd = room.session.crowd;
    assert_eq!((crowd.first_time, crowd.focus_known, crowd.focused), (1, 2, 1));
    room.advance(2 * MINUTE);
    assert_eq!(room.session.crowd, Crowd::default());
}

#[test]
fn a_heartbeat_brings_the_timer_of_an_explicit_user_forward() {
    let mut room = Room::new();
    room.join(0, 1);
    assert_eq!(room.attendees[&1].due_at, Some(START + LURKER_AFTER));
    room.beat(MINUTE, 1);
    assert_eq!(room.attendees[&1].due_at, Some(START + MINUTE + HEARTBEAT_EXPIRY));
    room.beat(2 * MINUTE, 1);
    assert_eq!(room.attendees[&1].due_at, Some(START + MINUTE + HEARTBEAT_EXPIRY), "later ones do not move it");
}

/// The crowd, counted by a scan over the rows.
fn scanned(room: &Room, now: Millis) -> Crowd {
    let mut crowd = Crowd::default();
    for attendee in room.attendees.values() {
        let Some(since) = attendee.present_since else { continue };
        assert!(attendee.expiry().is_none_or(|expiry| expiry > now), "{attendee:?} should be gone at {now}");
        crowd.present += 1;
        crowd.since_sum_ms += since - START;
        crowd.first_time += u32::from(attendee.first_time);
        crowd.focus_known += u32::from(attendee.focused.is_some());
        crowd.focused += u32::from(attendee.focused == Some(true));
        match attendee.last_interaction_at {
            Some(last) if now - since >= 5 * MINUTE && now - last >= 10 * MINUTE => crowd.disengaged += 1,
            None if now - since >= 15 * MINUTE => crowd.lurkers += 1,
            _ => {}
        }
    }
    crowd
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_totals_are_what_a_scan_would_find_at_every_moment(
        events in proptest::collection::vec((0_i64..90_000, 0_u32..6, 0_u8..8, 0_i64..20_000), 1..200),
    ) {
        let mut room = Room::new();
        let mut now = 0;
        for (step, user, what, late) in events {
            now += step;
            room.advance(now);
            let activity = match what {
                0 => Activity::Joined { first_time: user == 1 },
                1 => Activity::Left,
                2 => Activity::Heartbeat { focused: Some(step % 2 == 0) },
                3 => Activity::Heartbeat { focused: None },
                _ => crate::room::MESSAGE,
            };
            // Users 4 and 5 send no heartbeats: they live by the other rules.
            if user < 4 || !matches!(activity, Activity::Heartbeat { .. }) {
                room.user(now - late.min(now), user, &activity);
            }
            room.advance(now);
            prop_assert_eq!(room.session.crowd, scanned(&room, START + now));
        }
        let (_, explicit, timeout) = room.traffic();
        prop_assert!(explicit < 1_000 && timeout < 1_000, "no counter wraps below zero");
    }
}
