//! The consumer: a group member, a reader of partitions, or both.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::MemoryBroker;
use super::topic::LogIndex;
use crate::broker::{
    BrokerError, Consumer, ConsumerConfig, ConsumerRecord, Ends, GroupEvent, GroupMetadata, Offset, TopicPartition,
};

/// Where the member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// `subscribe` comes first.
    New,
    /// Subscribed, with a place in the group unless it was put out since.
    Joined,
    /// Left, or stopped.
    Left,
    /// Another consumer has its `group_instance`.
    Fenced,
}

#[derive(Debug)]
struct Membership {
    config: ConsumerConfig,
    topics: BTreeSet<Arc<str>>,
    phase: Phase,
    /// The id that the group gave.
    member: String,
    /// The last generation heard of.
    generation: i32,
    /// What the events have said; lost when the group puts the member out.
    owned: BTreeSet<TopicPartition>,
}

#[derive(Debug, Clone, Copy)]
struct Position {
    log: LogIndex,
    next: Offset,
}

/// Reads from a [`MemoryBroker`].
///
/// While it lives it heartbeats, as the background thread of a real client does, however busy its caller is: only late polls
/// put it out. When it is dropped without `leave`, the session time-out runs.
pub struct MemoryConsumer {
    broker: MemoryBroker,
    membership: Option<Membership>,
    assigned: HashMap<TopicPartition, Position, FixedState>,
}

impl MemoryConsumer {
    pub(super) fn new(broker: MemoryBroker, config: Option<ConsumerConfig>) -> Self {
        let membership = config.map(|config| Membership {
            config,
            topics: BTreeSet::new(),
            phase: Phase::New,
            member: String::new(),
            generation: 0,
            owned: BTreeSet::new(),
        });
        Self { broker, membership, assigned: HashMap::default() }
    }

    /// Stops heartbeats, as a process does that hangs or is cut off: the session time-out runs until the next `poll_group`.
    pub fn stop_heartbeats(&mut self) {
        let Some(membership) = &self.membership else { return };
        let mut cluster = self.broker.lock();
        let now_ms = cluster.now_ms;
        if let Some(group) = cluster.groups.get_mut(&membership.config.group) {
            group.stop_heartbeats(&membership.member, now_ms);
        }
    }

    fn member(&mut self, operation: &'static str) -> Result<&mut Membership, BrokerError> {
        let membership = self.membership.as_mut();
        let membership = membership.ok_or(BrokerError::InvalidState { operation, state: "no group" })?;
        match membership.phase {
            Phase::Joined => Ok(membership),
            Phase::New => Err(BrokerError::InvalidState { operation, state: "not subscribed" }),
            Phase::Left => Err(BrokerError::InvalidState { operation, state: "left the group" }),
            Phase::Fenced => Err(membership.fenced()),
        }
    }
}

impl Membership {
    fn fenced(&self) -> BrokerError {
        BrokerError::FencedInstance { group_instance: self.config.group_instance.clone().unwrap_or_default() }
    }

    fn join(&mut self, broker: &MemoryBroker) {
        let mut cluster = broker.lock();
        let now_ms = cluster.now_ms;
        let group = cluster.groups.entry(self.config.group.clone()).or_default();
        let (member, calls_for_rebalance) = group.join(&self.config, self.topics.clone(), now_ms);
        self.member = member;
        if calls_for_rebalance {
            cluster.rebalance(&self.config.group);
        }
    }

    fn poll(&mut self, broker: &MemoryBroker) -> Result<Option<GroupEvent>, BrokerError> {
        {
            let mut cluster = broker.lock();
            let now_ms = cluster.now_ms;
            let group = cluster.groups.entry(self.config.group.clone()).or_default();
            if group.has_member(&self.member) {
                let event = group.poll(&self.member, now_ms);
                self.generation = group.generation();
                if let Some(GroupEvent::Assigned(partitions)) = &event {
                    self.owned.extend(partitions.iter().cloned());
                }
                return Ok(event);
            }
            if self.config.group_instance.as_ref().is_some_and(|instance| group.has_instance(instance)) {
                self.phase = Phase::Fenced;
                return Err(self.fenced());
            }
        }
        // Put out: what we had may be another's already. The way back begins with the next poll.
        if !self.owned.is_empty() {
            return Ok(Some(GroupEvent::Lost(std::mem::take(&mut self.owned).into_iter().collect())));
        }
        self.join(broker);
        Ok(None)
    }
}

impl Consumer for MemoryConsumer {
    fn subscribe(&mut self, topics: &[&str]) -> Result<(), BrokerError> {
        let Some(membership) = &mut self.membership else {
            return Err(BrokerError::InvalidState { operation: "subscribe", state: "no group" });
        };
        if !matches!(membership.phase, Phase::New | Phase::Left) {
            return Err(BrokerError::InvalidState { operation: "subscribe", state: "subscribed already" });
        }
        membership.topics = topics.iter().map(|topic| Arc::from(*topic)).collect();
        membership.phase = Phase::Joined;
        membership.join(&self.broker);
        Ok(())
    }

    fn poll_group(&mut self) -> Result<Option<GroupEvent>, BrokerError> {
        let broker = self.broker.clone();
        self.member("poll_group")?.poll(&broker)
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError> {
        let broker = self.broker.clone();
        let membership = self.member("release")?;
        for partition in partitions {
            membership.owned.remove(partition);
        }
        let mut cluster = broker.lock();
        if let Some(group) = cluster.groups.get_mut(&membership.config.group) {
            // A member that is out has nothing left to give; it learns that with its next poll.
            group.release(&membership.member, partitions);
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<(), BrokerError> {
        if self.membership.as_ref().is_none_or(|membership| membership.phase != Phase::Joined) {
            return Ok(());
        }
        self.stop_heartbeats();
        let broker = self.broker.clone();
        let membership = self.member("leave")?;
        membership.phase = Phase::Left;
        membership.owned.clear();
        let mut cluster = broker.lock();
        let group = cluster.groups.get_mut(&membership.config.group);
        if group.is_some_and(|group| group.remove(&membership.member)) {
            cluster.rebalance(&membership.config.group);
        }
        Ok(())
    }

    fn group_metadata(&self) -> Result<GroupMetadata, BrokerError> {
        let invalid = |state| BrokerError::InvalidState { operation: "group_metadata", state };
        let membership = self.membership.as_ref().ok_or_else(|| invalid("no group"))?;
        if membership.phase == Phase::New {
            return Err(invalid("not subscribed"));
        }
        let cluster = self.broker.lock();
        let group = cluster.groups.get(&membership.config.group);
        // Real clients hear of generations in the background. One that is out keeps its last: its commits are refused.
        let current = group.filter(|group| group.has_member(&membership.member)).map(|group| group.generation());
        Ok(GroupMetadata {
            group: membership.config.group.clone(),
            generation: current.unwrap_or(membership.generation),
            member: membership.member.clone(),
        })
    }

    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Option<Offset>>, BrokerError> {
        let Some(membership) = &self.membership else {
            return Err(BrokerError::InvalidState { operation: "committed", state: "no group" });
        };
        let cluster = self.broker.lock();
        let group = cluster.groups.get(&membership.config.group);
        group.map_or_else(|| Ok(vec![None; partitions.len()]), |group| group.committed(partitions))
    }

    fn commit_offsets(
        &mut self,
        offsets: &[(TopicPartition, Offset)],
        group: &GroupMetadata,
    ) -> Result<(), BrokerError> {
        self.member("commit_offsets")?;
        let mut cluster = self.broker.lock();
        let found = cluster.groups.entry(group.group.clone()).or_default();
        found.check_commit(group)?;
        found.set_offsets(offsets);
        Ok(())
    }

    fn assign(&mut self, partitions: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        let cluster = self.broker.lock();
        let mut positions = Vec::with_capacity(partitions.len());
        for (partition, offset) in partitions {
            if self.assigned.contains_key(partition) {
                return Err(BrokerError::InvalidState { operation: "assign", state: "assigned already" });
            }
            positions.push((partition.clone(), Position { log: cluster.topics.find(partition)?, next: *offset }));
        }
        self.assigned.extend(positions);
        Ok(())
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError> {
        if let Some(partition) = partitions.iter().find(|partition| !self.assigned.contains_key(partition)) {
            return Err(BrokerError::NotAssigned { partition: partition.clone() });
        }
        for partition in partitions {
            self.assigned.remove(partition);
        }
        Ok(())
    }

    fn seek(&mut self, partition: &TopicPartition, offset: Offset) -> Result<(), BrokerError> {
        let position = self.assigned.get_mut(partition);
        position.ok_or_else(|| BrokerError::NotAssigned { partition: partition.clone() })?.next = offset;
        Ok(())
    }

    fn fetch(
        &mut self,
        partition: &TopicPartition,
        max: usize,
        into: &mut Vec<ConsumerRecord>,
    ) -> Result<usize, BrokerError> {
        let Some(position) = self.assigned.get_mut(partition) else {
            return Err(BrokerError::NotAssigned { partition: partition.clone() });
        };
        let cluster = self.broker.lock();
        let Some(log) = cluster.topics.log(position.log) else {
            return Err(BrokerError::UnknownPartition { partition: partition.clone() });
        };
        let ends = log.ends();
        if position.next < ends.log_start || position.next > ends.high_watermark {
            let (partition, offset) = (partition.clone(), position.next);
            return Err(BrokerError::OffsetOutOfRange { partition, offset, log_start: ends.log_start });
        }
        let before = into.len();
        position.next = log.read(position.next, max, into);
        Ok(into.len() - before)
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.assigned.get(partition).map(|position| position.next)
    }

    fn ends(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, BrokerError> {
        let cluster = self.broker.lock();
        partitions.iter().map(|partition| cluster.topics.ends(partition)).collect()
    }

    fn wait(&mut self, _max_ms: u64) {
        // Whoever drives the clock lets time pass; nothing comes in meanwhile.
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        self.stop_heartbeats();
    }
}
