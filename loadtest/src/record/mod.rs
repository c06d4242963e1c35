//! What lies on Kafka as an event log, such that a backtest of it takes every record as the stream does.
//!
//! `merge` puts the partitions in order, `line` makes text of the records, `totals` says what was written and what was odd about it.

mod line;
mod merge;
mod totals;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use streams::broker::{Admin, Broker, BrokerError, Consumer, ConsumerConfig, Offset, TopicPartition, topic_partition};
use topology::event_log::{EventLogWriter, LogRecord, WriteError};
use topology::wire::topics;

pub use totals::Totals;

use self::line::{Line, Lines};
use self::merge::{Lane, Merge, Step};
use crate::args;
use crate::clock::Pacing;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::unfinished::Unfinished;

/// The most topics that are recorded at once.
const TOPICS_MAX: usize = 100;
/// A partition that has more may keep it to itself for so long.
const PATIENCE_MS: i64 = 30_000;
/// One wait for records; an end that is asked for comes that soon.
const WAIT_MS: u64 = 100;
/// Times of a group whose members are others; this one only asks for its offsets.
const GROUP_TIMEOUT_MS: u64 = 60_000;

/// Records the topics that the arguments name.
///
/// # Errors
/// Refused: the log is there already, or a topic is not. Else what the cluster says, or that the disk is full.
pub fn record<B: Broker>(
    arguments: &args::Record,
    broker: &B,
    clock: &dyn Pacing,
    interrupt: &Interrupt,
) -> Result<Totals, Error> {
    let start_ms = clock.now_ms();
    let file = Unfinished::new(&arguments.out, arguments.force)?;
    let topics = topics_of(arguments, &broker.admin().map_err(Error::cluster)?)?;
    let (merge, records) = merge(arguments, broker, &topics)?;
    let writer = EventLogWriter::create(file.path())?.in_order_of_arrival();
    let totals = Totals { log: arguments.out.clone(), json: arguments.json, ..Totals::default() };
    let progress = Progress::new(records, "offsets");
    let mut recording = Recording { merge, writer, totals, clock, interrupt, follows: arguments.follow };
    recording.run(&progress)?;

    let Recording { writer, totals, .. } = recording;
    writer.finish()?;
    file.finish()?;
    Ok(Totals { ms: clock.now_ms().abs_diff(start_ms), ..totals })
}

/// A topic and its number of partitions.
type Topic = (Arc<str>, u32);

/// The topics to record, in the order in which the stream takes them; others behind, in the order given.
fn topics_of(arguments: &args::Record, admin: &impl Admin) -> Result<Vec<Topic>, Error> {
    let count = arguments.topics.len();
    if count > TOPICS_MAX {
        return Err(Error::TooManyTopics { count, limit: TOPICS_MAX });
    }
    let is_asked_for = |topic: &&str| count == 0 || arguments.topics.iter().any(|asked| asked == topic);
    let mut names: Vec<&str> = topics::INPUTS.into_iter().filter(is_asked_for).collect();
    for topic in &arguments.topics {
        if !names.contains(&topic.as_str()) {
            names.push(topic);
        }
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        match admin.describe_topic(name).map_err(Error::cluster)? {
            Some(description) => found.push((Arc::from(name), description.spec.partitions)),
            None => missing.push(name),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(Error::MissingTopics { topics: missing.join(", ") }) }
}

/// All partitions of the topics, from their beginnings on, and how many offsets they have.
fn merge<B: Broker>(
    arguments: &args::Record,
    broker: &B,
    topics: &[Topic],
) -> Result<(Merge<B::Consumer>, u64), Error> {
    let partitions: Vec<TopicPartition> = topics
        .iter()
        .flat_map(|(topic, count)| (0..*count).map(move |partition| topic_partition(topic, partition)))
        .collect();
    let mut reader = broker.reader().map_err(Error::cluster)?;
    let bounds = reader.ends(&partitions).map_err(Error::cluster)?;
    let mut ends: Vec<Offset> = bounds.iter().map(|ends| ends.last_stable).collect();
    if let Some(application) = &arguments.application {
        let committed = committed(broker, application, &partitions).map_err(Error::cluster)?;
        for (end, committed) in ends.iter_mut().zip(committed) {
            // What the application has never read is none of its input.
            *end = committed.unwrap_or(0).min(*end);
        }
    }
    let starts: Vec<_> = partitions.iter().cloned().zip(bounds.iter().map(|ends| ends.log_start)).collect();
    reader.assign(&starts).map_err(Error::cluster)?;
    let offsets = starts.iter().zip(&ends).map(|((_, start), end)| (end - start).max(0).unsigned_abs()).sum();
    let count = |topic: &str| topics.iter().find(|(name, _)| **name == *topic).map_or(1, |(_, count)| *count);
    let lane = |(partition, end): (TopicPartition, Offset)| {
        let lines = Lines::of(&partition.topic, partition.partition, count(&partition.topic));
        Lane::new(partition, lines, end)
    };
    let lanes = partitions.into_iter().zip(ends).map(lane).collect();
    Ok((Merge::new(reader, lanes, arguments.follow), offsets))
}

/// Where the application has read to. Nobody joins its group for that.
fn committed<B: Broker>(
    broker: &B,
    application: &str,
    partitions: &[TopicPartition],
) -> Result<Vec<Option<Offset>>, BrokerError> {
    let config = ConsumerConfig {
        group: application.to_owned(),
        client: "loadtest-record".to_owned(),
        group_instance: None,
        session_timeout_ms: GROUP_TIMEOUT_MS,
        max_poll_interval_ms: GROUP_TIMEOUT_MS,
    };
    broker.consumer(&config)?.committed(partitions)
}

/// A log that is being recorded.
struct Recording<'a, C> {
    merge: Merge<C>,
    writer: EventLogWriter,
    totals: Totals,
    clock: &'a dyn Pacing,
    interrupt: &'a Interrupt,
    follows: bool,
}

impl<C: Consumer> Recording<'_, C> {
    fn run(&mut self, progress: &Progress) -> Result<(), Error> {
        let mut heard_ms = self.clock.now_ms();
        while !self.interrupt.is_asked() {
            match self.merge.next().map_err(Error::cluster)? {
                Step::Line(place, line) => {
                    self.write(place, &line)?;
                    heard_ms = self.clock.now_ms();
                    progress.advance(1);
                }
                Step::Wait(place) => {
                    self.check_patience(place, heard_ms)?;
                    self.merge.wait(WAIT_MS);
                }
                Step::End if !self.follows => return Ok(()),
                Step::End => {
                    self.merge.wait(WAIT_MS);
                    heard_ms = self.clock.now_ms();
                }
            }
        }
        // Ctrl-C is how following ends; anything else would leave half a log.
        if self.follows { Ok(()) } else { Err(Error::Interrupted) }
    }

    fn write(&mut self, place: usize, line: &Line) -> Result<(), Error> {
        let Some(lane) = self.merge.lane(place) else { return Ok(()) };
        let topic = &*lane.partition.topic;
        let (key, value) = (line.key.as_deref(), line.value.as_deref());
        match self.writer.write(&LogRecord { topic, key, timestamp_ms: line.timestamp_ms, value }) {
            Ok(()) => self.totals.count(topic, line),
            Err(WriteError::TooLong { .. }) => self.totals.too_long += 1,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn check_patience(&self, place: usize, heard_ms: i64) -> Result<(), Error> {
        let silent_ms = self.clock.now_ms().saturating_sub(heard_ms);
        match self.merge.lane(place) {
            Some(lane) if silent_ms > PATIENCE_MS => {
                Err(Error::Silent { partition: lane.partition.clone(), seconds: silent_ms / 1_000 })
            }
            _ => Ok(()),
        }
    }
}
