//! A topic, read from anywhere to where it ends now: as committed, and without joining a group.

use std::ops::ControlFlow;
use std::time::Duration;

use streams::broker::{Admin, Broker, BrokerError, Consumer, ConsumerRecord, Ends, ErrorKind, Offset, TopicPartition};

use super::unreachable;
use crate::clock::SystemClock;
use crate::failure::Failure;

/// Records that are fetched at once: few, for each may be large.
const FETCH_MAX: usize = 100;
/// One wait for records.
const WAIT_MS: u64 = 50;
/// A cluster that says nothing for this long will not be waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// A topic that is being read.
pub struct TopicReader<C> {
    consumer: C,
    partitions: Vec<Span>,
}

/// A partition, and what of it can be read now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub partition: TopicPartition,
    /// The first offset that there is.
    pub start: Offset,
    /// One past the last that is decided.
    pub end: Offset,
}

impl<C: Consumer> TopicReader<C> {
    /// Looks up what there is of the topic.
    ///
    /// # Errors
    /// Refused where there is no such topic; failed when the cluster does not answer.
    pub fn open<B: Broker<Consumer = C>>(broker: &B, topic: &str) -> Result<Self, Failure> {
        let found = broker.admin().and_then(|admin| admin.describe_topic(topic)).map_err(unreachable)?;
        let Some(description) = found else {
            return Err(Failure::refused(
                format_args!("there is no topic {topic}"),
                "create what is missing with `conductor topics create`; is application.id that of the stream?",
            ));
        };
        let partitions: Vec<TopicPartition> =
            (0..description.spec.partitions).map(|partition| TopicPartition::new(topic, partition)).collect();
        let mut consumer = broker.reader().map_err(unreachable)?;
        let ends = patiently(|| consumer.ends(&partitions))?;
        let span = |(partition, ends): (TopicPartition, Ends)| Span {
            partition,
            start: ends.log_start,
            end: ends.last_stable,
        };
        Ok(Self { partitions: partitions.into_iter().zip(ends).map(span).collect(), consumer })
    }

    /// Its partitions, by number.
    #[must_use]
    pub fn partitions(&self) -> &[Span] {
        &self.partitions
    }

    /// Visits the records of a partition from this offset to its end, until told to stop.
    ///
    /// # Errors
    /// The cluster does not answer any more.
    pub fn read(
        &mut self,
        span: &Span,
        from: Offset,
        mut visit: impl FnMut(&ConsumerRecord) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        if from >= span.end {
            return Ok(());
        }
        self.consumer.assign(&[(span.partition.clone(), from)]).map_err(unreachable)?;
        let read = self.read_assigned(span, &mut visit);
        self.consumer.unassign(std::slice::from_ref(&span.partition)).map_err(unreachable)?;
        read
    }

    fn read_assigned(
        &mut self,
        span: &Span,
        visit: &mut dyn FnMut(&ConsumerRecord) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let mut silent = SystemClock.stopwatch();
        let mut records = Vec::new();
        loop {
            records.clear();
            let count = self.consumer.fetch(&span.partition, FETCH_MAX, &mut records).map_err(unreachable)?;
            for record in records.iter().filter(|record| record.offset < span.end) {
                if visit(record).is_break() {
                    return Ok(());
                }
            }
            if self.consumer.position(&span.partition).is_none_or(|position| position >= span.end) {
                return Ok(());
            }
            if count > 0 {
                silent = SystemClock.stopwatch();
                continue;
            }
            if silent.elapsed() > PATIENCE {
                let seconds = PATIENCE.as_secs();
                return Err(Failure {
                    remedy: Some("does the cluster run, and may this client read the topic? try again".into()),
                    ..Failure::failed(format_args!("{} has said nothing for {seconds} s", span.partition))
                });
            }
            self.consumer.wait(WAIT_MS);
        }
    }
}

/// A client that has just been made may need a moment to find its brokers.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, BrokerError>) -> Result<T, Failure> {
    let asking = SystemClock.stopwatch();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(error) if !is_passing(&error) || asking.elapsed() > PATIENCE => return Err(unreachable(error)),
            Err(_) => {}
        }
    }
}

fn is_passing(error: &BrokerError) -> bool {
    matches!(error.kind(), ErrorKind::Retriable | ErrorKind::OutcomeUnknown)
}
