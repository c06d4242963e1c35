//! Feeding the global tables: every instance reads their topics as a whole, from the beginning.

use super::thread::is_transient;
use crate::broker::{BrokerError, Consumer, ConsumerRecord, Offset, TopicPartition};
use crate::global::Globals;
use crate::task::PartitionCounts;

struct Tail {
    table: usize,
    partition: TopicPartition,
    /// Where the partition ended when reading began; none: it has not begun.
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
        if self.tails.iter().any(|tail| tail.target.is_none()) {
            match begin(reader, &mut self.tails) {
                Ok(()) => {}
                Err(error) if is_transient(&error) => return Ok(0),
                Err(error) => return Err(error),
            }
        }
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

/// Looks all ends up before anything is fetched: behind a fetch that waits for records, a question waits as well.
fn begin<C: Consumer>(reader: &mut C, tails: &mut [Tail]) -> Result<(), BrokerError> {
    let partitions: Vec<TopicPartition> = tails.iter().map(|tail| tail.partition.clone()).collect();
    let ends = reader.ends(&partitions)?;
    let starts: Vec<(TopicPartition, Offset)> =
        partitions.into_iter().zip(&ends).map(|(partition, ends)| (partition, ends.log_start)).collect();
    reader.assign(&starts)?;
    for (tail, ends) in tails.iter_mut().zip(&ends) {
        tail.target = Some(ends.high_watermark);
    }
    Ok(())
}

fn read<C: Consumer>(
    reader: &mut C,
    tail: &Tail,
    max: usize,
    records: &mut Vec<ConsumerRecord>,
) -> Result<usize, BrokerError> {
    records.clear();
    match reader.fetch(&tail.partition, max, records) {
        Err(BrokerError::OffsetOutOfRange { log_start, .. }) => {
            reader.seek(&tail.partition, log_start)?;
            Ok(0)
        }
        other => other,
    }
}
