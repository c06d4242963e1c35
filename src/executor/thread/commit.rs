//! The executor's commit: feedback and offsets in one transaction, and one answer to whatever is uncertain about it.

use std::sync::Arc;

use domain::time::Millis;
use streams::broker::{
    Broker, BrokerError, Consumer, ErrorKind, Offset, ProducerRecord, TopicPartition, TransactionalProducer,
};
use topology::codec;

use super::{ExecutorThread, TRANSACTION_TIMEOUT_MS, WAIT_MS, offsets};

/// Between two commits of offsets alone.
const OFFSETS_MS: Millis = 1_000;

/// Whether another producer is to go on after a commit that failed, in a transaction that was open for so long.
fn is_tried_anew(error: &BrokerError, open_ms: Millis) -> bool {
    match error {
        // Another executor has our name: to fight for it would help nobody. But the cluster says the same of a transaction that it has
        // aborted for its age: that of a process that was suspended.
        BrokerError::ProducerFenced { .. } => open_ms.unsigned_abs() >= TRANSACTION_TIMEOUT_MS,
        error => error.kind() != ErrorKind::Configuration,
    }
}

impl<B: Broker> ExecutorThread<B> {
    pub(super) fn commit_when_due(&mut self) -> Result<(), BrokerError> {
        let since_ms = self.clock.now_ms().saturating_sub(self.committed_at_ms);
        let has_something = self.owned.values().any(|owned| !owned.ended.is_empty() || !owned.unreadable.is_empty());
        let interval_ms = if has_something { self.settings.commit_interval_ms } else { OFFSETS_MS.unsigned_abs() };
        if since_ms.unsigned_abs() < interval_ms { Ok(()) } else { self.commit() }
    }

    /// One transaction: all feedback and all dead letters that there are, and the offsets from which a successor finds the rest. Offsets
    /// wait for the lowest command that is open: a dead letter behind it comes again after a restart, with the same place in its headers.
    pub(super) fn commit(&mut self) -> Result<(), BrokerError> {
        self.committed_at_ms = self.clock.now_ms();
        let mut moved = Vec::new();
        for (partition, owned) in &self.owned {
            let after = owned.state.offsets_without(&|command| owned.ended.contains_key(command));
            // With feedback they are sent though they have not moved: it is by them that a member that is out is refused.
            if after != owned.committed || !owned.ended.is_empty() {
                let all = self.topics.each_ref().map(|topic| TopicPartition::new(Arc::clone(topic), *partition));
                moved.extend(all.into_iter().zip(offsets(after)));
            }
        }
        if moved.is_empty() || self.producer.is_none() {
            return Ok(());
        }
        match self.try_commit(&moved) {
            Ok(()) => {
                let (now_ms, traces) = (self.clock.now_ms(), &self.execution.traces);
                self.counts.dead_lettered +=
                    self.owned.values().map(|owned| owned.unreadable.len() as u64).sum::<u64>();
                let told = self.owned.values_mut().map(|owned| owned.committed(now_ms, traces));
                self.counts.reported += told.sum::<u64>();
            }
            Err(error) => {
                let open_ms = self.clock.now_ms().saturating_sub(self.committed_at_ms);
                if !is_tried_anew(&error, open_ms) {
                    return Err(error);
                }
                tracing::warn!(%error, "feedback was not committed, or nobody knows; everything is read back");
                self.begin_anew()?;
            }
        }
        Ok(())
    }

    fn try_commit(&mut self, offsets: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        let now_ms = self.clock.now_ms();
        let group = self.consumer.group_metadata()?;
        let Some(producer) = &mut self.producer else { return Ok(()) };
        producer.begin()?;
        let [.., topic] = &self.topics;
        let [commands, ..] = &self.topics;
        let mut value = Vec::new();
        for (partition, owned) in &self.owned {
            let from = TopicPartition::new(Arc::clone(commands), *partition);
            for (record, fault) in &owned.unreadable {
                self.settings.dead_letters.write(record, &from, fault, |letter| producer.send(letter, 0))?;
            }
            for (command, feedback) in &owned.ended {
                let Some(feedback) = feedback else { continue };
                value.clear();
                // Own words always encode; a defect would show as a command that stays open.
                if let Err(error) = codec::encode(feedback, self.settings.format, &mut value) {
                    tracing::error!(%command, %error, "feedback that can not be written");
                    continue;
                }
                let open = owned.state.get(command);
                let trace = self.execution.traces.of(command, open.and_then(|open| open.trace));
                let header = trace.map(|trace| trace.header());
                let record = ProducerRecord {
                    topic,
                    partition: *partition,
                    timestamp_ms: now_ms,
                    key: open.map(|open| open.command.session.as_bytes()),
                    value: Some(&value),
                    headers: header.as_slice(),
                };
                producer.send(&record, 0)?;
            }
        }
        let mut refused = false;
        while producer.deliveries(&mut |delivery| refused |= delivery.offset.is_none())? > 0 {
            producer.wait(WAIT_MS[0]);
        }
        if refused {
            return Err(BrokerError::Unavailable { operation: "deliver" });
        }
        producer.send_offsets(offsets, &group)?;
        producer.commit()
    }

    /// A new producer, and everything read back.
    fn begin_anew(&mut self) -> Result<(), BrokerError> {
        self.counts.begun_anew += 1;
        self.producer = None;
        // What is to be handed on is not read back: whoever gets it does that.
        self.waiting.extend(self.owned.iter().filter(|(_, owned)| !owned.is_leaving).map(|(partition, _)| *partition));
        let partitions: Vec<u32> = self.owned.keys().copied().collect();
        partitions.into_iter().try_for_each(|partition| self.drop_partition(partition))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_fenced_goes_on_only_if_the_transaction_was_open_for_so_long_that_the_cluster_has_aborted_it() {
        let fenced = BrokerError::ProducerFenced { transactional_id: "app-executor-one".to_owned() };
        for (open_ms, expect) in [(0, false), (9_999, false), (10_000, true), (70_000, true)] {
            assert_eq!(is_tried_anew(&fenced, open_ms), expect, "{open_ms}");
        }
        assert!(is_tried_anew(&BrokerError::Unavailable { operation: "commit" }, 0));
    }
}
