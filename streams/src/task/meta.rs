//! The engine's own rows of a task: how far it has come, and its timers. Their tags are kept stable.

use core::fmt;

/// `p`: one row, [`Progress`].
pub(crate) const PROGRESS: u8 = b'p';
/// `t`, time, node, key: a timer. See `timers`.
pub(crate) const TIMER: u8 = b't';
/// Just behind the last timer.
pub(crate) const TIMER_END: u8 = b'u';

/// What became of the records read. `read = processed + late + dead_lettered`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken from the inputs.
    pub read: u64,
    /// Handed to the processors.
    pub processed: u64,
    /// Too old: dropped.
    pub late: u64,
    /// Set aside.
    pub dead_lettered: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, processed, late, dead_lettered } = self;
        write!(f, "read {read} = processed {processed} + late {late} + dead-lettered {dead_lettered}")
    }
}

/// Stream time and counts: what a restart must go on from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) stream_time_ms: Option<i64>,
    pub(crate) counts: Counts,
}

/// Format, stream time, whether there is one, four counts: big-endian.
const PROGRESS_BYTES: usize = 1 + 1 + 8 + 4 * 8;
const FORMAT: u8 = 1;

impl Progress {
    pub(crate) fn encode(&self) -> [u8; PROGRESS_BYTES] {
        let Counts { read, processed, late, dead_lettered } = self.counts;
        let time = self.stream_time_ms.unwrap_or_default() as u64;
        let head = [FORMAT, u8::from(self.stream_time_ms.is_some())];
        let words = [time, read, processed, late, dead_lettered].map(u64::to_be_bytes);
        let mut bytes = head.into_iter().chain(words.into_iter().flatten());
        core::array::from_fn(|_| bytes.next().unwrap_or_default())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let ([FORMAT, has_time], words) = bytes.split_first_chunk::<2>()? else { return None };
        let (words, []) = words.as_chunks::<8>() else { return None };
        let [time, read, processed, late, dead_lettered] = words else { return None };
        let number = |word: &[u8; 8]| u64::from_be_bytes(*word);
        Some(Self {
            stream_time_ms: (*has_time == 1).then(|| number(time) as i64),
            counts: Counts {
                read: number(read),
                processed: number(processed),
                late: number(late),
                dead_lettered: number(dead_lettered),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn progress_comes_back_as_it_was_written(time in any::<Option<i64>>(), counts in any::<[u64; 4]>()) {
            let [read, processed, late, dead_lettered] = counts;
            let counts = Counts { read, processed, late, dead_lettered };
            let progress = Progress { stream_time_ms: time, counts };
            prop_assert_eq!(Progress::decode(&progress.encode()), Some(progress));
        }
    }

    #[test]
    fn a_row_of_another_format_is_refused() {
        let mut bytes = Progress::default().encode();
        bytes[0] = 9;
        assert_eq!(Progress::decode(&bytes), None);
        assert_eq!(Progress::decode(&[]), None);
    }
}
