//! Feeding the global tables: every instance reads their topics as a whole, from the beginning.

use super::thread::is_transient;
use crate::broker::{BrokerError, Consumer, ConsumerRecord, Offset, TopicPartition};
use crate::global::Globals;
use crate::task::PartitionCounts;

struct Tail {
    table: usize,
    partition: TopicPartition,
    /// Where the partition ended when reading began; none = not looked up yet.
    target: Option<Offset>,
    is_reached: bool,
}

/// Reads the topics of all global tables.
pub(crate) struct GlobalFeed<C> {
    /// None without global tables.
    reader: Option<C>,
    globals: Globals,
    tails: Vec<Tail>,
    /// Records that their table could not read.
    skipped: u64,
}

impl<C: Consumer> GlobalFeed<C> {
    pub(crate) fn new(
        globals: Globals,
        counts: &PartitionCounts,
        reader: impl FnOnce() -> Result<C, BrokerError>,
    ) -> Result<Self, BrokerError> {
        let mut tails = Vec::new();
        for (table, topic) in globals.topics().enumerate() {
            for partition in 0..counts.get(topic).copied().unwrap_or(0) {
                let partition = TopicPartition::new(topic.clone(), partition);
                tails.push(Tail { table, partition, target: None, is_reached: false });
            }
        }
        let reader = if tails.is_empty() { None } else { Some(reader()?) };
        Ok(Self { reader, globals, tails, skipped: 0 })
    }

    pub(crate) fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Whether every table was read to where it ended at the start.
    pub(crate) fn is_ready(&self) -> bool {
        self.tails.iter().all(|tail| tail.is_reached)
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Reads at most `max` records of each partition; returns how many came.
    pub(crate) fn step(&mut self, max: usize, records: &mut Vec<ConsumerRecord>) -> Result<usize, BrokerError> {
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let mut count = 0;
        for tail in &mut self.tails {
            match read(reader, tail, max, records) {
                Ok(read) => count += read,
                // The tables are asynchronous: they wait for the broker, the tasks need not.
                Err(error) if is_transient(&error) => continue,
                Err(error) => return Err(error),
            }
            for record in records.drain(..) {
                let applied = self.globals.apply(tail.table, record.key.as_deref(), record.value.as_deref());
                self.skipped += u64::from(applied.is_err());
            }
            let position = reader.position(&tail.partition);
            tail.is_reached |= position.zip(tail.target).is_some_and(|(position, target)| position >= target);
        }
        Ok(count)
    }
}

fn read<C: Consumer>(
    reader: &mut C,
    tail: &mut Tail,
    max: usize,
    records: &mut Vec<ConsumerRecord>,
) -> Result<usize, BrokerError> {
    records.clear();
    if tail.target.is_none() {
        let ends = reader.ends(core::slice::from_ref(&tail.partition))?;
        let Some(ends) = ends.first() else { return Ok(0) };
        reader.assign(&[(tail.partition.clone(), ends.log_start)])?;
        tail.target = Some(ends.high_watermark);
    }
    match reader.fetch(&tail.partition, max, records) {
        Err(BrokerError::OffsetOutOfRange { log_start, .. }) => {
            reader.seek(&tail.partition, log_start)?;
            Ok(0)
        }
        other => other,
    }
}
