//! What the stream has committed to some topics, taken and then deleted: outputs are kept nowhere else.

use streams::broker::memory::{MemoryAdmin, MemoryBroker, MemoryConsumer};
use streams::broker::{Admin, Broker, Consumer, ConsumerRecord, TopicPartition};

use topology::codec;
use topology::wire::topics;

use super::broken;
use crate::failure::Failure;
use crate::output::{DeadLetter, Output};

/// What the application writes for whoever watches it.
pub const OUTPUTS: [&str; 3] = [topics::ENGAGEMENT_SCORES, topics::INTERVENTION_COMMANDS, topics::INTERVENTION_RESULTS];

/// Records taken at once.
const BATCH: usize = 4_096;

/// A reader of some output topics.
pub struct Outlet {
    consumer: MemoryConsumer,
    admin: MemoryAdmin,
    partitions: Vec<TopicPartition>,
    records: Vec<ConsumerRecord>,
    /// What was taken is deleted.
    deletes: bool,
}

/// One record that the stream wrote.
#[derive(Debug)]
pub struct Received<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The record.
    pub record: &'a ConsumerRecord,
}

impl Received<'_> {
    /// Its value; empty for a tombstone.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        self.record.value.as_deref().unwrap_or_default()
    }

    /// What it says, for an outlet of [`OUTPUTS`], of feedback and of dead letters.
    ///
    /// # Errors
    /// Bytes that the application would not have written: a defect.
    pub fn output(&self) -> Result<Output, Failure> {
        let value = self.value();
        Ok(match self.topic {
            topics::ENGAGEMENT_SCORES => Output::Score(Box::new(codec::decode(value).map_err(broken)?)),
            topics::INTERVENTION_COMMANDS => Output::Command(Box::new(codec::decode(value).map_err(broken)?)),
            topics::INTERVENTION_RESULTS => Output::Result(Box::new(codec::decode(value).map_err(broken)?)),
            topics::INTERVENTION_FEEDBACK => Output::Feedback(Box::new(codec::decode(value).map_err(broken)?)),
            _ => Output::DeadLetter(DeadLetter {
                topic: self.header("__streams.errors.topic").into(),
                key: String::from_utf8_lossy(self.record.key.as_deref().unwrap_or_default()).into(),
                reason: self.header("__streams.errors.message").into(),
            }),
        })
    }

    /// The text of a header; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let found = self.record.headers.iter().find(|(known, _)| **known == *name);
        found.map_or_else(String::new, |(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

impl Outlet {
    pub(super) fn open<'a>(
        broker: &MemoryBroker,
        topics: impl Iterator<Item = &'a str>,
        deletes: bool,
    ) -> Result<Self, Failure> {
        let mut consumer = broker.reader().map_err(broken)?;
        let admin = broker.admin().map_err(broken)?;
        let mut partitions = Vec::new();
        for topic in topics {
            let found = admin.describe_topic(topic).map_err(broken)?.map_or(1, |found| found.spec.partitions);
            partitions.extend((0..found).map(|partition| TopicPartition::new(topic, partition)));
        }
        let from_the_start: Vec<_> = partitions.iter().map(|partition| (partition.clone(), 0)).collect();
        consumer.assign(&from_the_start).map_err(broken)?;
        Ok(Self { consumer, admin, partitions, records: Vec::new(), deletes })
    }

    /// Hands over all that has been committed since, topic by topic.
    ///
    /// # Errors
    /// What `each` says.
    pub fn take(&mut self, mut each: impl FnMut(&Received<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
        for partition in &self.partitions {
            let mut taken = false;
            loop {
                self.records.clear();
                if self.consumer.fetch(partition, BATCH, &mut self.records).map_err(broken)? == 0 {
                    break;
                }
                taken = true;
                for record in &self.records {
                    each(&Received { topic: &partition.topic, record })?;
                }
            }
            if let (true, Some(position)) = (taken && self.deletes, self.consumer.position(partition)) {
                self.admin.delete_records(&[(partition.clone(), position)]).map_err(broken)?;
            }
        }
        Ok(())
    }
}
