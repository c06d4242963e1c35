//! A pane: the counts of five seconds of one session. Windows are folds over panes.

use crate::time::{Millis, pane_start};

/// How many buckets the histogram of response times has: below 1 s, below 2 s, below 4 s, and so on; the last is open.
pub const RESPONSE_BUCKETS: usize = 12;

/// What counts towards the score. A pane keeps it twice: of all events, and of those that no intervention caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Chat messages, questions and replies; at most six of one user in an aligned five minutes.
    pub messages: u32,
    /// Emojis.
    pub reactions: u32,
    /// Users whose newest interaction lies in this pane.
    pub users: u32,
}

/// What the tick at a pane's end writes into it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stamp {
    /// How many were present; by the rectangle rule for the whole pane.
    pub present: u32,
    /// The share of them that was active within 90 s; absent before the session is that old.
    pub active_short: Option<f64>,
    /// The share of them that was active within 5 min; absent before the session is that old.
    pub active_long: Option<f64>,
}

/// The row of one session and one pane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pane {
    /// The counts of all events.
    pub all: Counts,
    /// The counts without events that an intervention caused.
    pub organic: Counts,
    /// Questions, among the messages.
    pub questions: u32,
    /// Users who came, leaves that were taken back not among them.
    pub joins: u32,
    /// Users who said that they left.
    pub leaves_explicit: u32,
    /// Users of whom nothing was heard any more.
    pub leaves_timeout: u32,
    /// Slide changes.
    pub slides: u32,
    /// Words spoken.
    pub words: u32,
    /// Milliseconds in which they were spoken.
    pub speech_ms: u32,
    /// Replies by the time since the message that they answer.
    pub responses: [u32; RESPONSE_BUCKETS],
    /// Absent until the tick at its end.
    pub stamp: Option<Stamp>,
}

impl Pane {
    /// All leaves, told or not.
    #[must_use]
    pub const fn leaves(&self) -> u32 {
        self.leaves_explicit.saturating_add(self.leaves_timeout)
    }

    /// Counts one reply that came this long after its message.
    pub fn count_response(&mut self, after: Millis) {
        if let Some(count) = self.responses.get_mut(response_bucket(after)) {
            *count = count.saturating_add(1);
        }
    }
}

/// The panes of one session, to write.
pub trait Panes {
    /// Changes the pane that starts at `start`; one that is not there begins as the default.
    fn update(&mut self, start: Millis, change: impl FnOnce(&mut Pane));
}

/// The panes of one session, to read.
pub trait ScanPanes {
    /// Shows every pane with `from <= start < to`, in the order of their starts.
    fn scan(&self, from: Millis, to: Millis, visit: impl FnMut(Millis, &Pane));
}

/// Panes in memory: for tests, calibration and back-tests without a store.
impl Panes for std::collections::BTreeMap<Millis, Pane> {
    fn update(&mut self, start: Millis, change: impl FnOnce(&mut Pane)) {
        change(self.entry(start).or_default());
    }
}

impl ScanPanes for std::collections::BTreeMap<Millis, Pane> {
    fn scan(&self, from: Millis, to: Millis, mut visit: impl FnMut(Millis, &Pane)) {
        if from < to {
            self.range(from..to).for_each(|(start, pane)| visit(*start, pane));
        }
    }
}

/// Changes the pane that holds `at`, unless it is no longer kept: nothing is written that no tick will read or delete.
pub(crate) fn count_in(panes: &mut impl Panes, kept_from: Millis, at: Millis, change: impl FnOnce(&mut Pane)) {
    let start = pane_start(at);
    if start >= kept_from {
        panes.update(start, change);
    }
}

/// The bucket of a response time.
fn response_bucket(after: Millis) -> usize {
    let seconds = after.max(0).unsigned_abs() / 1_000;
    let octave = (u64::BITS - seconds.leading_zeros()) as usize;
    octave.min(RESPONSE_BUCKETS - 1)
}

/// The median of a histogram of response times, in seconds, within a bucket by straight line; absent when it is empty.
#[must_use]
pub fn response_median(histogram: &[u64; RESPONSE_BUCKETS]) -> Option<f64> {
    let total: u64 = histogram.iter().sum();
    let half = total as f64 / 2.0;
    let (mut below, mut low, mut high) = (0.0, 0.0, 1.0);
    for count in histogram.iter().map(|count| *count as f64) {
        if count > 0.0 && below + count >= half {
            return Some(low + (high - low) * (half - below) / count);
        }
        (below, low, high) = (below + count, high, high * 2.0);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_times_fall_into_doubling_buckets() {
        for (after, bucket) in
            [(-5, 0), (0, 0), (999, 0), (1_000, 1), (1_999, 1), (2_000, 2), (4_000, 3), (i64::MAX, 11)]
        {
            assert_eq!(response_bucket(after), bucket, "{after}");
        }
    }

    #[test]
    fn the_median_response_lies_within_its_bucket() {
        let mut histogram = [0; RESPONSE_BUCKETS];
        assert_eq!(response_median(&histogram), None);
        histogram[3] = 2; // 4 to 8 s
        assert_eq!(response_median(&histogram), Some(6.0));
        histogram[5] = 8; // 16 to 32 s
        assert_eq!(response_median(&histogram), Some(22.0));
    }

    #[test]
    fn panes_in_memory_are_shown_in_order_and_within_bounds() {
        let mut panes = std::collections::BTreeMap::new();
        for start in [10_000, 0, 5_000] {
            panes.update(start, |pane| pane.joins += 1);
        }
        let mut seen = Vec::new();
        panes.scan(0, 10_000, |start, _| seen.push(start));
        panes.scan(10_000, 0, |start, _| seen.push(start));
        assert_eq!(seen, [0, 5_000]);
    }
}
