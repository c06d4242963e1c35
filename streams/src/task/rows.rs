//! The engine's own rows of a task, for whoever looks into a state that nobody runs.

use super::meta::{Counts, PROGRESS, Progress};
use super::timers::Timer;

/// A row of the engine's own store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineRow {
    /// How far the task has come.
    Progress {
        /// Event time, in milliseconds since the epoch; none before the first record.
        stream_time_ms: Option<i64>,
        /// What became of the records read.
        counts: Counts,
    },
    /// A timer that has not fired yet.
    Timer {
        /// When it is due, in stream time.
        at_ms: i64,
        /// The processor, by its place in the sub-topology.
        node: usize,
        /// The key that it was set for.
        key: Vec<u8>,
    },
}

impl EngineRow {
    /// The row that these bytes are; `None`: something else.
    #[must_use]
    pub fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        if key == [PROGRESS] {
            let Progress { stream_time_ms, counts } = Progress::decode(value)?;
            return Some(Self::Progress { stream_time_ms, counts });
        }
        let timer = Timer::read_row(key)?;
        Some(Self::Timer { at_ms: timer.at_ms, node: timer.node(), key: timer.key().to_vec() })
    }

    /// The key of the one row that tells how far the task has come.
    pub const PROGRESS_KEY: &'static [u8] = &[PROGRESS];

    /// Whether a store of this name is the engine's own.
    #[must_use]
    pub fn is_kept_in(store: &str) -> bool {
        store.strip_prefix("meta-").is_some_and(|number| number.parse::<u32>().is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_own_rows_are_told_from_garbage() {
        let counts = Counts { read: 3, processed: 2, late: 1, dead_lettered: 0 };
        let progress = Progress { stream_time_ms: Some(-7), counts };
        let row = EngineRow::decode(EngineRow::PROGRESS_KEY, &progress.encode());
        assert_eq!(row, Some(EngineRow::Progress { stream_time_ms: Some(-7), counts }));
        let timer = [b"t".as_slice(), &(5_000_u64 ^ (1 << 63)).to_be_bytes(), &[0, 2], b"key"].concat();
        let row = EngineRow::decode(&timer, b"");
        assert_eq!(row, Some(EngineRow::Timer { at_ms: 5_000, node: 2, key: b"key".to_vec() }));
        for (key, value) in [(&b""[..], &b""[..]), (b"p", b"x"), (b"t12", b""), (&timer[1..], b"")] {
            assert_eq!(EngineRow::decode(key, value), None, "{key:?}");
        }
        assert!(EngineRow::is_kept_in("meta-0") && !EngineRow::is_kept_in("meta") && !EngineRow::is_kept_in("meta-x"));
    }
}
