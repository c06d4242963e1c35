//! One consumer group: its offsets, its members, and who may commit.
//!
//! A partition that should move stays with its owner until the owner releases it (or is out of the group); only then does
//! its next owner learn of it. Every change of that plan is a generation of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assignor::{Candidate, assign};
use super::log::{Outcome, ProducerId};
use crate::broker::{BrokerError, ConsumerConfig, GroupEvent, GroupMetadata, Offset, TopicPartition};

/// How many partitions each subscribed topic has.
pub(super) type PartitionCounts = BTreeMap<Arc<str>, u32>;

#[derive(Debug)]
struct Member {
    config: ConsumerConfig,
    topics: BTreeSet<Arc<str>>,
    /// When it last asked for events.
    polled_ms: i64,
    /// When its client was stopped; a running client heartbeats in the background, however busy its caller is.
    stopped_ms: Option<i64>,
    /// What it was told to have and has not released.
    owned: BTreeSet<TopicPartition>,
    /// The part of `owned` that it was told to give up.
    revoking: BTreeSet<TopicPartition>,
    /// What it should have.
    target: BTreeSet<TopicPartition>,
    /// The generation whose events it has seen.
    seen: i32,
    /// A static member came back: what it owns is news to it.
    is_returning: bool,
}

impl Member {
    fn is_out(&self, now_ms: i64) -> bool {
        let polls_late = now_ms > self.polled_ms.saturating_add_unsigned(self.config.max_poll_interval_ms);
        let is_silent = self
            .stopped_ms
            .is_some_and(|since_ms| now_ms > since_ms.saturating_add_unsigned(self.config.session_timeout_ms));
        // A stopped client can not leave by itself when its polls are late; the session time-out decides.
        if self.stopped_ms.is_some() { is_silent } else { polls_late }
    }
}

/// A consumer group.
#[derive(Debug, Default)]
pub(super) struct Group {
    generation: i32,
    /// By the order of joining, so that the plan does not depend on names.
    members: BTreeMap<u64, Member>,
    numbers: BTreeMap<String, u64>,
    joined: u64,
    offsets: BTreeMap<TopicPartition, Offset>,
    /// Offsets of transactions whose marker has not reached the group.
    pending: BTreeMap<ProducerId, BTreeMap<TopicPartition, Offset>>,
}

impl Group {
    /// Takes a member in and returns its id, and whether that calls for a rebalance. A static one that is known keeps its
    /// partitions, without a rebalance, and fences its older self.
    pub(super) fn join(&mut self, config: &ConsumerConfig, topics: BTreeSet<Arc<str>>, now_ms: i64) -> (String, bool) {
        self.joined += 1;
        let id = format!("{}-{}", config.group_instance.as_deref().unwrap_or(&config.client), self.joined);
        let known = config.group_instance.as_ref().and_then(|instance| {
            self.members.iter().find(|(_, member)| member.config.group_instance.as_ref() == Some(instance))
        });
        if let Some(number) = known.map(|(number, _)| *number) {
            self.numbers.retain(|_, other| *other != number);
            self.numbers.insert(id.clone(), number);
            let Some(member) = self.members.get_mut(&number) else { return (id, true) };
            let is_changed = member.topics != topics;
            member.config = config.clone();
            member.topics = topics;
            member.polled_ms = now_ms;
            member.stopped_ms = None;
            member.is_returning = true;
            self.forget_revoked(number);
            return (id, is_changed);
        }
        let member = Member {
            config: config.clone(),
            topics,
            polled_ms: now_ms,
            stopped_ms: None,
            owned: BTreeSet::new(),
            revoking: BTreeSet::new(),
            target: BTreeSet::new(),
            seen: self.generation,
            is_returning: false,
        };
        self.members.insert(self.joined, member);
        self.numbers.insert(id.clone(), self.joined);
        (id, true)
    }

    /// The topics that the members have subscribed to.
    pub(super) fn topics(&self) -> BTreeSet<Arc<str>> {
        self.members.values().flat_map(|member| member.topics.iter().cloned()).collect()
    }

    /// A new generation with a new plan.
    pub(super) fn rebalance(&mut self, partitions: &PartitionCounts) {
        self.generation += 1;
        let plan = self.plan(partitions);
        for (member, target) in self.members.values_mut().zip(plan) {
            member.target = target;
        }
    }

    fn plan(&self, partitions: &PartitionCounts) -> Vec<BTreeSet<TopicPartition>> {
        let candidates: Vec<Candidate> = self
            .members
            .values()
            .map(|member| Candidate {
                topics: member.topics.clone(),
                // What is told to go, goes: keeping it in the plan would bring it back after its release.
                owned: &member.owned - &member.revoking,
            })
            .collect();
        assign(&candidates, partitions)
    }

    /// The member's next event.
    pub(super) fn poll(&mut self, id: &str, now_ms: i64) -> Option<GroupEvent> {
        let number = *self.numbers.get(id)?;
        self.forget_revoked(number);
        let generation = self.generation;
        let member = self.members.get_mut(&number)?;
        member.polled_ms = now_ms;
        member.stopped_ms = None;
        if member.seen == generation && !member.is_returning {
            return None;
        }
        let leaving = &(&member.owned - &member.target) - &member.revoking;
        if !leaving.is_empty() {
            member.revoking.extend(leaving.iter().cloned());
            return Some(GroupEvent::Revoked(leaving.into_iter().collect()));
        }
        let wanted = &member.target - &member.owned;
        let is_free = |partition: &TopicPartition| !self.members.values().any(|other| other.owned.contains(partition));
        let free: BTreeSet<TopicPartition> = wanted.into_iter().filter(is_free).collect();
        let member = self.members.get_mut(&number)?;
        let mut news = free.clone();
        if std::mem::take(&mut member.is_returning) {
            news.extend(member.owned.iter().cloned());
        }
        member.owned.extend(free);
        member.seen = generation;
        Some(GroupEvent::Assigned(news.into_iter().collect()))
    }

    /// What the older self of a static member had to give up is free: it can commit nothing any more, and the new one was never
    /// told of it.
    fn forget_revoked(&mut self, number: u64) {
        let Some(member) = self.members.get_mut(&number).filter(|member| member.is_returning) else { return };
        let stays = &(&member.owned - &std::mem::take(&mut member.revoking)) & &member.target;
        if stays != member.owned {
            member.owned = stays;
            self.generation += 1;
        }
    }

    /// Takes partitions from a member and makes them free for their next owner.
    pub(super) fn release(&mut self, id: &str, partitions: &[TopicPartition]) -> bool {
        let Some(member) = self.numbers.get(id).and_then(|number| self.members.get_mut(number)) else {
            return false;
        };
        let mut is_changed = false;
        for partition in partitions {
            member.revoking.remove(partition);
            is_changed |= member.owned.remove(partition);
        }
        if is_changed {
            self.generation += 1;
        }
        true
    }

    /// Puts a member out.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        self.numbers.remove(id).is_some_and(|number| self.members.remove(&number).is_some())
    }

    /// Notes that a member's client no longer heartbeats.
    pub(super) fn stop_heartbeats(&mut self, id: &str, now_ms: i64) {
        if let Some(member) = self.numbers.get(id).and_then(|number| self.members.get_mut(number)) {
            member.stopped_ms.get_or_insert(now_ms);
        }
    }

    /// Puts the members out that were silent for too long; says whether there was one.
    pub(super) fn expire(&mut self, now_ms: i64) -> bool {
        let count = self.members.len();
        self.members.retain(|_, member| !member.is_out(now_ms));
        self.numbers.retain(|_, number| self.members.contains_key(number));
        self.members.len() < count
    }

    pub(super) fn has_member(&self, id: &str) -> bool {
        self.numbers.contains_key(id)
    }

    /// Whether a static member of this name takes part.
    pub(super) fn has_instance(&self, instance: &str) -> bool {
        self.members.values().any(|member| member.config.group_instance.as_deref() == Some(instance))
    }

    pub(super) fn generation(&self) -> i32 {
        self.generation
    }

    /// Whether a commit under this identity is to be taken.
    pub(super) fn check_commit(&self, metadata: &GroupMetadata) -> Result<(), BrokerError> {
        let GroupMetadata { group, generation, member } = metadata;
        // Kafka takes "generation -1 of nobody" without a look, which would undo the fence.
        if *generation < 0 || member.is_empty() {
            return Err(BrokerError::IllegalGeneration { group: group.clone(), generation: *generation });
        }
        // Nobody is fenced by a group that has never had a member; Kafka says so in these words.
        if self.joined == 0 {
            return Err(BrokerError::IllegalGeneration { group: group.clone(), generation: *generation });
        }
        if !self.has_member(member) {
            return Err(BrokerError::UnknownMember { group: group.clone(), member: member.clone() });
        }
        if *generation != self.generation {
            return Err(BrokerError::IllegalGeneration { group: group.clone(), generation: *generation });
        }
        Ok(())
    }

    pub(super) fn add_pending(&mut self, producer: ProducerId, offsets: &[(TopicPartition, Offset)]) {
        self.pending.entry(producer).or_default().extend(offsets.iter().cloned());
    }

    pub(super) fn settle_pending(&mut self, producer: ProducerId, outcome: Outcome) {
        if let (Some(offsets), Outcome::Commit) = (self.pending.remove(&producer), outcome) {
            self.offsets.extend(offsets);
        }
    }

    /// Sets offsets outside any transaction.
    pub(super) fn set_offsets(&mut self, offsets: &[(TopicPartition, Offset)]) {
        self.offsets.extend(offsets.iter().cloned());
    }

    pub(super) fn committed(&self, partitions: &[TopicPartition]) -> Result<Vec<Option<Offset>>, BrokerError> {
        for partition in partitions {
            if self.pending.values().any(|offsets| offsets.contains_key(partition)) {
                return Err(BrokerError::UnstableOffsets { partition: partition.clone() });
            }
        }
        Ok(partitions.iter().map(|partition| self.offsets.get(partition).copied()).collect())
    }

    pub(super) fn offsets(&self) -> &BTreeMap<TopicPartition, Offset> {
        &self.offsets
    }

    /// Who has what now, by member id.
    pub(super) fn owners(&self) -> BTreeMap<String, BTreeSet<TopicPartition>> {
        let owned =
            |(id, number): (&String, &u64)| self.members.get(number).map(|member| (id.clone(), member.owned.clone()));
        self.numbers.iter().filter_map(owned).collect()
    }
}
