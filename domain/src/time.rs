//! Event time: milliseconds since the epoch (UTC), the 5-second grid, and nothing that reads a clock.

/// Milliseconds since the epoch, UTC. Event time, never the wall clock.
pub type Millis = i64;

/// One second.
pub const SECOND: Millis = 1_000;
/// One minute.
pub const MINUTE: Millis = 60 * SECOND;
/// One hour.
pub const HOUR: Millis = 60 * MINUTE;
/// One day.
pub const DAY: Millis = 24 * HOUR;
/// One tick: each live session is evaluated at every multiple of this.
pub const TICK: Millis = 5 * SECOND;
/// A pane is the counts of one tick's worth of events; windows are folds over panes.
pub const PANE: Millis = TICK;
/// The short window.
pub const SHORT_WINDOW: Millis = 90 * SECOND;
/// The long window.
pub const LONG_WINDOW: Millis = 5 * MINUTE;
/// How long a tick waits for events that arrive out of order.
pub const GRACE: Millis = SECOND;

/// The start of the pane that holds `at`.
#[must_use]
pub fn pane_start(at: Millis) -> Millis {
    at.div_euclid(PANE) * PANE
}

/// The first tick at or after `at`.
#[must_use]
pub fn tick_at_or_after(at: Millis) -> Millis {
    at.div_euclid(TICK) * TICK + if at.rem_euclid(TICK) == 0 { 0 } else { TICK }
}

/// `span` in minutes.
#[must_use]
pub fn minutes(span: Millis) -> f64 {
    span as f64 / MINUTE as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_and_ticks_lie_on_multiples_of_five_seconds_before_the_epoch_too() {
        assert_eq!(pane_start(-1), -5_000);
        assert_eq!(pane_start(4_999), 0);
        assert_eq!(tick_at_or_after(5_000), 5_000);
        assert_eq!(tick_at_or_after(5_001), 10_000);
        assert_eq!(tick_at_or_after(-1), 0);
    }
}
