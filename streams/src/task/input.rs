//! One input of a task: records that wait, and the decoded head.

use std::collections::VecDeque;

use super::choose::Seat;
use super::dead_letter::Fault;
use super::{InputPartition, InputState, Pacing, TaskSettings};
use crate::broker::{ConsumerRecord, Offset, TopicPartition};
use crate::partition::{Partition, partition_of};
use crate::processor::node::Source;
use crate::record::RecordTime;
use crate::topology::InputSpec;

/// The first record of the buffer, as far as it is known.
#[derive(Debug, Default)]
pub(crate) enum Head {
    /// Not looked at, or not there.
    #[default]
    Unread,
    /// Decoded; the source holds it.
    Ready(RecordTime),
    /// It will be set aside. It has no time that could be trusted, so it goes at once and moves nothing.
    Faulty(Fault),
}

pub(crate) struct Input {
    pub(crate) topic_partition: TopicPartition,
    pub(crate) spec: InputSpec,
    /// Decodes, and holds the decoded head.
    pub(crate) source: Box<dyn Source>,
    /// Counts while the buffer is empty.
    pub(crate) state: InputState,
    /// The next offset to read.
    pub(crate) position: Option<Offset>,
    /// The position of the last commit.
    pub(crate) committed: Option<Offset>,
    head: Head,
    buffer: VecDeque<ConsumerRecord>,
    buffered_bytes: usize,
    /// How many partitions the topic has, where records are checked against it.
    checked_partitions: Option<u32>,
    far_ahead_ms: i64,
}

impl Input {
    pub(crate) fn new(spec: InputSpec, partition: Partition, settings: &TaskSettings, source: Box<dyn Source>) -> Self {
        let checked_partitions = spec.check_partition.then(|| settings.partitions.get(&spec.topic).copied()).flatten();
        Self {
            topic_partition: TopicPartition::new(spec.topic.clone(), partition),
            spec,
            source,
            state: InputState::Unknown,
            position: None,
            committed: None,
            head: Head::Unread,
            buffer: VecDeque::new(),
            buffered_bytes: 0,
            checked_partitions,
            far_ahead_ms: settings.far_ahead_ms,
        }
    }

    pub(crate) fn partition(&self) -> InputPartition {
        InputPartition { topic_partition: self.topic_partition.clone(), lead: self.spec.lead }
    }

    pub(crate) fn enqueue(&mut self, records: impl IntoIterator<Item = ConsumerRecord>) {
        for record in records {
            self.buffered_bytes += bytes_of(&record);
            self.buffer.push_back(record);
        }
    }

    pub(crate) fn buffered(&self) -> (usize, usize) {
        (self.buffer.len(), self.buffered_bytes)
    }

    pub(crate) fn seek(&mut self, offset: Offset) {
        self.clear();
        self.position = Some(offset);
    }

    /// Back to the last commit.
    pub(crate) fn roll_back(&mut self) {
        self.clear();
        self.position = self.committed;
        self.state = InputState::Unknown;
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.buffered_bytes = 0;
        self.head = Head::Unread;
        self.source.clear();
    }

    /// Decodes the record that has become the head. `poisoned` says why a record at this offset must be set aside.
    pub(crate) fn look(&mut self, poisoned: impl FnOnce(Offset) -> Option<String>) {
        if !matches!(self.head, Head::Unread) {
            return;
        }
        let Some(record) = self.buffer.front() else { return };
        let fault = match poisoned(record.offset) {
            Some(reason) => Some(Fault::Undeliverable { reason }),
            None => self.fault_of_key(record),
        };
        self.head = match fault {
            Some(fault) => Head::Faulty(fault),
            None => match self.source.decode(record) {
                Ok(time) => Head::Ready(time),
                Err(error) => Head::Faulty(Fault::Decode(error)),
            },
        };
    }

    fn fault_of_key(&self, record: &ConsumerRecord) -> Option<Fault> {
        let Some(key) = &record.key else { return self.spec.key_required.then_some(Fault::NoKey) };
        let partitions = self.checked_partitions?;
        let (expected, found) = (partition_of(key, partitions), self.topic_partition.partition);
        (expected != found).then_some(Fault::WrongPartition { expected, found, partitions })
    }

    pub(crate) fn seat(&self, pacing: Pacing) -> Seat {
        let time = match (&self.head, pacing) {
            (Head::Ready(time), Pacing::Unpaced) => time.ms(),
            (Head::Ready(RecordTime::Control(time)), Pacing::Live { now_ms }) => now_ms.min(*time),
            (Head::Ready(RecordTime::Event(time)), Pacing::Live { .. }) if self.far_ahead(*time, pacing).is_none() => {
                *time
            }
            (Head::Ready(_) | Head::Faulty(_), _) => i64::MIN,
            (Head::Unread, _) if self.state == InputState::CaughtUp => return Seat::CaughtUp,
            (Head::Unread, _) => return Seat::Awaited,
        };
        Seat::Head(time)
    }

    /// By how much `time` is too far ahead of the wall clock, if it is.
    pub(crate) fn far_ahead(&self, time: i64, pacing: Pacing) -> Option<i64> {
        let Pacing::Live { now_ms } = pacing else { return None };
        let ahead = time.saturating_sub(now_ms);
        (ahead > self.far_ahead_ms).then_some(ahead)
    }

    pub(crate) fn is_late(&self, time: i64, stream_time: Option<i64>) -> bool {
        let (Some(after), Some(now)) = (self.spec.late_after_ms, stream_time) else { return false };
        time < now.saturating_sub(after)
    }

    /// The time of a head that will be processed.
    pub(crate) fn head_time(&self) -> Option<RecordTime> {
        match self.head {
            Head::Ready(time) => Some(time),
            Head::Unread | Head::Faulty(_) => None,
        }
    }

    /// Takes the head out; its decoded form stays with the source.
    pub(crate) fn take(&mut self) -> Option<(ConsumerRecord, Head)> {
        let record = self.buffer.pop_front()?;
        self.buffered_bytes = self.buffered_bytes.saturating_sub(bytes_of(&record));
        self.position = Some(record.offset + 1);
        Some((record, core::mem::take(&mut self.head)))
    }
}

/// What a record holds, roughly.
fn bytes_of(record: &ConsumerRecord) -> usize {
    let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
    let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    core::mem::size_of::<ConsumerRecord>() + length(&record.key) + length(&record.value) + headers
}
