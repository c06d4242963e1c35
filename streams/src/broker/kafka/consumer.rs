//! The consumer: a group member, a reader of partitions, or both.

use std::sync::Arc;

use super::fetcher::Fetcher;
use super::member::Member;
use super::settings::KafkaSettings;
use super::waker::Waker;
use crate::broker::{
    BrokerError, Consumer, ConsumerConfig, ConsumerRecord, Ends, GroupEvent, GroupMetadata, Offset, TopicPartition,
};

/// The group that readers name and never join.
const READER_GROUP: &str = "streams-reader";

/// Reads from a [`KafkaBroker`](super::KafkaBroker).
///
/// It heartbeats by itself however busy its caller is; only late polls put it out. When it is dropped, a dynamic member leaves
/// the group, in the background, and a static one only stops.
pub struct KafkaConsumer {
    client_id: String,
    member: Option<Member>,
    fetcher: Fetcher,
}

impl KafkaConsumer {
    pub(super) fn member(
        settings: &KafkaSettings,
        config: &ConsumerConfig,
        client_id: String,
    ) -> Result<Self, BrokerError> {
        let waker = Arc::new(Waker::default());
        let fetcher = Fetcher::new(settings, &config.group, &client_id, &waker)?;
        let member = Member::new(settings, config, &client_id, &waker)?;
        Ok(Self { client_id, member: Some(member), fetcher })
    }

    pub(super) fn reader(settings: &KafkaSettings, client_id: String) -> Result<Self, BrokerError> {
        let fetcher = Fetcher::new(settings, READER_GROUP, &client_id, &Arc::new(Waker::default()))?;
        Ok(Self { client_id, member: None, fetcher })
    }

    /// What the broker knows this consumer's connections by. No two consumers of a process share it.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    fn group(&mut self, operation: &'static str) -> Result<&mut Member, BrokerError> {
        self.member.as_mut().ok_or(BrokerError::InvalidState { operation, state: "no group" })
    }
}

impl Consumer for KafkaConsumer {
    fn subscribe(&mut self, topics: &[&str]) -> Result<(), BrokerError> {
        self.group("subscribe")?.subscribe(topics)
    }

    fn poll_group(&mut self) -> Result<Option<GroupEvent>, BrokerError> {
        self.group("poll_group")?.poll()
    }

    fn release(&mut self, _partitions: &[TopicPartition]) -> Result<(), BrokerError> {
        self.group("release")?.release()
    }

    fn leave(&mut self) -> Result<(), BrokerError> {
        if let Some(member) = &mut self.member {
            member.leave();
        }
        Ok(())
    }

    fn group_metadata(&self) -> Result<GroupMetadata, BrokerError> {
        let refused = BrokerError::InvalidState { operation: "group_metadata", state: "no group" };
        self.member.as_ref().ok_or(refused)?.metadata()
    }

    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Option<Offset>>, BrokerError> {
        self.group("committed")?.committed(partitions)
    }

    fn assign(&mut self, partitions: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        self.fetcher.assign(partitions)
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError> {
        self.fetcher.unassign(partitions)
    }

    fn seek(&mut self, partition: &TopicPartition, offset: Offset) -> Result<(), BrokerError> {
        self.fetcher.seek(partition, offset)
    }

    fn fetch(
        &mut self,
        partition: &TopicPartition,
        max: usize,
        into: &mut Vec<ConsumerRecord>,
    ) -> Result<usize, BrokerError> {
        self.fetcher.fetch(partition, max, into)
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.fetcher.position(partition)
    }

    fn ends(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, BrokerError> {
        let of_member = self.member.as_ref().and_then(|member| member.ends(partitions));
        of_member.unwrap_or_else(|| self.fetcher.ends(partitions))
    }

    fn wait(&mut self, max_ms: u64) {
        self.fetcher.wait(max_ms);
    }
}
