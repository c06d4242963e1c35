//! Old times moved to now.
//!
//! All times move by ONE constant: what is computed depends on the spacing of events, not on the date. It does depend on where events
//! lie on two grids: that of the ticks, and the blocks of five minutes in which only so many messages of a user count. So the
//! constant is a whole number of ticks always, which makes the log five seconds old at most, and of blocks where the scores are
//! to be exactly those of a backtest.

use domain::attendee::MESSAGE_BLOCK;
use domain::time::{Millis, TICK};
use serde_json::Value;
use topology::wire::topics;

use topology::event_log::Speed;

/// What the constant is a multiple of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    /// Events keep their panes.
    Ticks,
    /// Events keep all that scores depend on.
    Blocks,
}

impl Grid {
    fn ms(self) -> Millis {
        match self {
            Self::Ticks => TICK,
            // Blocks lie on ticks.
            Self::Blocks => MESSAGE_BLOCK,
        }
    }
}

/// By how much the times of a log move that goes from `first` to `last` and is sent from `now` on: by as much as is possible with
/// no record ahead of the clock when it is sent. At 1x and slower the first record is now; faster, the last one is when its turn comes.
pub(super) fn shift((first, last): (Millis, Millis), now: Millis, speed: Speed, grid: Grid) -> Millis {
    let last_is_due = now.saturating_add(speed.due_ms(last.saturating_sub(first)));
    let most = now.saturating_sub(first).min(last_is_due.saturating_sub(last));
    most.div_euclid(grid.ms()) * grid.ms()
}

/// A value whose own times (a planned end, a schedule, when a command was carried out) move along; nothing where it has none.
pub(super) fn shifted(topic: &str, value: &[u8], by: Millis) -> Option<Vec<u8>> {
    if by == 0 || ![topics::SESSION, topics::INTERVENTION_FEEDBACK].contains(&topic) {
        return None;
    }
    let mut value: Value = serde_json::from_slice(value).ok()?;
    let mut moved = move_time(&mut value, "ends_at_ms", by) | move_time(&mut value, "at_ms", by);
    if let Some(Value::Array(schedule)) = value.get_mut("schedule") {
        for planned in schedule {
            moved |= move_time(planned, "at_ms", by);
        }
    }
    if moved { serde_json::to_vec(&value).ok() } else { None }
}

fn move_time(value: &mut Value, name: &str, by: Millis) -> bool {
    let Some(field) = value.get_mut(name) else { return false };
    let Some(time) = field.as_i64() else { return false };
    *field = Value::from(time.saturating_add(by));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of the first and the last record against the clock when they are sent.
    fn check(speed: Speed, expect: (Millis, Millis)) {
        let (first, last, now) = (1_000, 61_000, 1_000_001_000);
        let by = shift((first, last), now, speed, Grid::Ticks);
        let against_clock = |at: Millis| at + by - (now + speed.due_ms(at - first));
        assert_eq!((against_clock(first), against_clock(last)), expect, "{speed}");
        for at in (first..=last).step_by(7) {
            assert!(against_clock(at) <= 0, "{at} is ahead of the clock at {speed}x");
        }
    }

    #[test]
    fn no_record_is_ahead_of_the_clock_when_it_is_sent() {
        check(Speed::Times(1.0), (0, 0));
        check(Speed::Times(0.5), (0, -60_000));
        check(Speed::Times(4.0), (-45_000, 0));
        check(Speed::Max, (-60_000, 0));
    }

    #[test]
    fn every_event_stays_in_its_place_on_the_grid_of_ticks() {
        let by = shift((7, 99_991), 1_700_000_001_234, Speed::Times(3.0), Grid::Ticks);
        assert_eq!(by.rem_euclid(TICK), 0);
        let back = shift((1_700_000_001_234, 1_700_000_009_999), 7, Speed::Max, Grid::Ticks);
        assert!(back < 0 && back.rem_euclid(TICK) == 0);
        let block = shift((7, 99_991), 1_700_000_001_234, Speed::Times(3.0), Grid::Blocks);
        assert_eq!((block.rem_euclid(MESSAGE_BLOCK), MESSAGE_BLOCK.rem_euclid(TICK)), (0, 0));
        assert!((0..MESSAGE_BLOCK).contains(&(by - block)));
    }

    #[test]
    fn times_within_values_move_along_and_nothing_else_changes() {
        let started =
            br#"{"kind":"started","ends_at_ms":9,"schedule":[{"phase":"middle","at_ms":5}],"span_ms":3,"new":1}"#;
        let moved: Value = serde_json::from_slice(&shifted(topics::SESSION, started, 10).unwrap()).unwrap();
        let expect =
            r#"{"kind":"started","ends_at_ms":19,"schedule":[{"phase":"middle","at_ms":15}],"span_ms":3,"new":1}"#;
        assert_eq!(moved, serde_json::from_str::<Value>(expect).unwrap());
        for (topic, value) in [
            (topics::SESSION, r#"{"kind":"ended"}"#),
            (topics::SESSION, r#"{"ends_at_ms":"soon"}"#),
            (topics::SESSION, "[1]"),
            (topics::CHAT, r#"{"at_ms":5}"#),
        ] {
            assert_eq!(shifted(topic, value.as_bytes(), 10), None, "{value}");
        }
        assert_eq!(shifted(topics::SESSION, started, 0), None);
    }
}
