//! From an assignment to partitions that are read from their watermarks.

use std::collections::BTreeSet;
use std::sync::Arc;

use streams::broker::{Admin as _, Broker, BrokerError, Consumer, TopicDescription, TopicPartition};

use super::super::batch::{TOPICS, Watermark};
use super::write::in_time;
use super::{HistoryThread, LOOK_MS, Owned, passing};

impl<B: Broker> HistoryThread<B> {
    /// Opens what was assigned: where the watermarks stand, or where the logs begin.
    pub(super) fn open_waiting(&mut self) -> Result<(), BrokerError> {
        if self.waiting.is_empty() || self.clock.now_ms() < self.not_before_ms {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        if !self.open(&waiting)? {
            self.waiting = waiting;
            self.wait_before_retry();
        }
        Ok(())
    }

    /// False where somebody does not answer, or a topic is not there.
    fn open(&mut self, leads: &BTreeSet<u32>) -> Result<bool, BrokerError> {
        let Some(described) = self.describe()? else { return Ok(false) };
        let mut partitions = Vec::new();
        for (topic, description) in self.topics.iter().zip(&described) {
            partitions.extend(ours(leads, topic, description, &described));
        }
        let names: Vec<TopicPartition> = partitions.iter().map(|(partition, _)| partition.clone()).collect();
        let asked = self.runtime.block_on(in_time(self.store.watermarks(&names)));
        let Some(watermarks) = self.answered(asked) else { return Ok(false) };
        let Some(ends) = passing(self.consumer.ends(&names))? else { return Ok(false) };
        let mut assigned = Vec::new();
        for (((partition, topic_id), watermark), ends) in partitions.into_iter().zip(watermarks).zip(ends) {
            // Of a topic that was created anew, nothing is written yet.
            let known = watermark.as_ref().filter(|watermark| watermark.topic_id == topic_id);
            let from = known.map_or(ends.log_start, |watermark| watermark.next_offset);
            self.counts.lost += ends.log_start.saturating_sub(from).max(0).unsigned_abs();
            // Beyond the end lies what a broker has lost: its offsets are given again.
            let from = if (ends.log_start..=ends.high_watermark).contains(&from) { from } else { ends.log_start };
            assigned.push((partition.clone(), from));
            // What is passed over is passed over once, though nothing may come behind it for long.
            if watermark.is_some() && known.is_none_or(|known| known.next_offset != from) {
                let to = Watermark { topic_id: topic_id.clone(), next_offset: from };
                self.batch.reach(&partition, watermark.as_ref(), to);
            }
            self.owned.insert(partition, Owned { topic_id, watermark, written: from });
        }
        self.consumer.assign(&assigned)?;
        // How far behind it is, is soon known.
        self.looked_ms = self.clock.now_ms().saturating_sub(LOOK_MS);
        Ok(true)
    }

    /// The topics as they are; nothing where one is not there.
    fn describe(&mut self) -> Result<Option<[TopicDescription; TOPICS.len()]>, BrokerError> {
        let admin = self.broker.admin()?;
        let mut described = Vec::with_capacity(TOPICS.len());
        for topic in &self.topics {
            match passing(admin.describe_topic(topic))?.flatten() {
                Some(description) => described.push(description),
                None => return Ok(None),
            }
        }
        Ok(described.try_into().ok())
    }

    /// From time to time: how far the topics have come, and whether they are still the same.
    pub(super) fn look(&mut self) -> Result<(), BrokerError> {
        let now_ms = self.clock.now_ms();
        if now_ms.saturating_sub(self.looked_ms) < LOOK_MS {
            return Ok(());
        }
        self.looked_ms = now_ms;
        let Some(described) = self.describe()? else { return Ok(()) };
        let is_another = self.owned.iter().any(|(partition, owned)| {
            let mut topics = self.topics.iter().zip(&described);
            topics.any(|(topic, found)| *topic == partition.topic && topic_id(found) != owned.topic_id)
        });
        if is_another {
            tracing::warn!("a topic was created anew: history goes on from its beginning");
            return self.begin_anew();
        }
        let partitions: Vec<TopicPartition> = self.owned.keys().cloned().collect();
        if let Some(ends) = passing(self.consumer.ends(&partitions))? {
            let behind = self.owned.values().zip(ends);
            let lags = behind.map(|(owned, ends)| ends.last_stable.saturating_sub(owned.written).max(0));
            self.lag = lags.map(i64::unsigned_abs).sum();
        }
        Ok(())
    }
}

/// The partitions of a topic that go with these of the first one, each with the topic's id. As a rule those of the same numbers; where a topic
/// has more, they are dealt out, so that each has one reader.
fn ours(
    leads: &BTreeSet<u32>,
    topic: &Arc<str>,
    description: &TopicDescription,
    [first, ..]: &[TopicDescription; TOPICS.len()],
) -> Vec<(TopicPartition, String)> {
    let step = first.spec.partitions.max(1);
    let numbers = (0..description.spec.partitions).filter(|number| leads.contains(&(number % step)));
    numbers.map(|number| (TopicPartition::new(Arc::clone(topic), number), topic_id(description))).collect()
}

fn topic_id(description: &TopicDescription) -> String {
    format!("{:032x}", description.id)
}
