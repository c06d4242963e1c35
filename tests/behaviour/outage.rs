//! A producer that is out is no drop in engagement.

use crate::conductor::{Conductor, MINUTE, SECOND, T0};
use crate::room::{Doing, Room};

/// Three sessions for 12 minutes; then the chat falls silent in so many of them for 3 minutes, while people stay and emojis
/// flow. The levels of anomaly from 40 s after that on.
fn chat_stops_in(silent: usize) -> (Vec<&'static str>, usize) {
    let mut conductor = Conductor::auto();
    let mut rooms: Vec<Room> =
        ["a", "b", "c"].into_iter().map(|session| Room::open(&mut conductor, session, T0, 80)).collect();
    while rooms[0].now() < T0 + 12 * MINUTE {
        rooms.iter_mut().for_each(|room| room.step(&mut conductor, Doing::AsUsual));
    }
    let (stopped, scores) = (rooms[0].now(), conductor.scores.len());
    while rooms[0].now() < stopped + 3 * MINUTE {
        for (place, room) in rooms.iter_mut().enumerate() {
            room.step(&mut conductor, if place < silent { Doing::NoChat } else { Doing::AsUsual });
        }
    }
    let later = conductor.scores[scores..].iter().filter(|score| score.at_ms >= stopped + 60 * SECOND);
    let classes = later.filter_map(|score| score.anomaly.class.map(|class| class.as_str())).collect();
    (classes, conductor.commands.len())
}

#[test]
fn a_chat_that_is_silent_in_all_sessions_while_people_stay_is_insufficient_data_and_no_alarm() {
    let (classes, commands) = chat_stops_in(3);
    assert_eq!(commands, 0);
    assert!(classes.len() >= 60 && classes.iter().all(|class| *class == "INSUFFICIENT_DATA"), "{classes:?}");
}

#[test]
fn a_chat_that_is_silent_in_one_session_is_that_sessions_own() {
    let (classes, _) = chat_stops_in(1);
    assert!(!classes.is_empty() && classes.iter().all(|class| *class != "INSUFFICIENT_DATA"), "{classes:?}");
}
