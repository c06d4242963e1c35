//! Silence: when nothing comes in, stream time goes on at the pace of the wall clock. But only when it is known that nothing
//! came in; an outage is not silence, and neither is a transaction that hangs on an input.

/// The stopwatch of one task. It is moved only by observations that are close to each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdleClock {
    /// Since when every input is known to be read to its end.
    silent_since_ms: Option<i64>,
    /// The last time that this was seen.
    seen_ms: i64,
    /// Time that has passed in silence and was not handed out yet.
    credit_ms: i64,
}

impl IdleClock {
    /// It was seen just now that all inputs are read to their end and that nothing hangs on them.
    pub(crate) fn silent(&mut self, now_ms: i64, idle_advance_ms: u64, valid_ms: u64) {
        let gap_ms = now_ms.saturating_sub(self.seen_ms);
        match self.silent_since_ms {
            Some(since_ms) if gap_ms <= i64::try_from(valid_ms).unwrap_or(i64::MAX) => {
                // The wait itself is no credit: time goes on from where it was when the wait was over.
                let starts_ms = since_ms.saturating_add_unsigned(idle_advance_ms);
                self.credit_ms += now_ms.saturating_sub(self.seen_ms.max(starts_ms)).max(0);
            }
            _ => self.restart(now_ms),
        }
        self.seen_ms = now_ms;
    }

    /// Something came in, or nothing is known.
    pub(crate) fn disturbed(&mut self) {
        self.silent_since_ms = None;
        self.credit_ms = 0;
    }

    /// The time by which stream time may go on.
    pub(crate) fn credit_ms(&self) -> i64 {
        self.credit_ms
    }

    /// Stream time went on by all of the credit.
    pub(crate) fn spend(&mut self) {
        self.credit_ms = 0;
    }

    /// Stream time went on by a part of it.
    pub(crate) fn spend_part(&mut self, by_ms: i64) {
        self.credit_ms = self.credit_ms.saturating_sub(by_ms).max(0);
    }

    fn restart(&mut self, now_ms: i64) {
        self.silent_since_ms = Some(now_ms);
        self.credit_ms = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observe(clock: &mut IdleClock, at_ms: impl IntoIterator<Item = i64>) -> i64 {
        for now_ms in at_ms {
            clock.silent(now_ms, 2_000, 1_000);
        }
        clock.credit_ms()
    }

    #[test]
    fn time_goes_on_at_the_pace_of_the_wall_clock_once_the_wait_is_over() {
        let mut clock = IdleClock::default();
        assert_eq!(observe(&mut clock, (0..=20).map(|i| 10_000 + i * 100)), 0);
        assert_eq!(observe(&mut clock, (21..=50).map(|i| 10_000 + i * 100)), 3_000);
        clock.spend();
        assert_eq!(observe(&mut clock, [15_100]), 100);
    }

    #[test]
    fn time_stands_still_while_nothing_is_known() {
        let mut clock = IdleClock::default();
        observe(&mut clock, (0..=30).map(|i| i * 100));
        clock.spend();
        assert_eq!(observe(&mut clock, [4_001]), 0, "the gap of 1,001 ms is nobody's silence");
        assert_eq!(observe(&mut clock, [5_001, 6_001]), 0, "and the wait begins anew");
        assert_eq!(observe(&mut clock, [6_201]), 200);
    }

    #[test]
    fn a_record_ends_the_silence() {
        let mut clock = IdleClock::default();
        observe(&mut clock, (0..=30).map(|i| i * 100));
        clock.disturbed();
        assert_eq!(observe(&mut clock, [3_100, 4_000, 5_000, 5_100]), 0);
        assert_eq!(observe(&mut clock, [5_200]), 100);
    }
}
