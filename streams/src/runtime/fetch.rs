//! Filling the buffers of the inputs, and finding out where the inputs end.

use super::error::ThreadError;
use super::slot::Stage;
use super::thread::{StreamThread, is_transient};
use crate::broker::{Broker, BrokerError, Consumer, TopicPartition};
use crate::task::TaskId;

/// Inputs that are not empty are looked at this often, for the operator, who wants to know the lag.
const LAG_EVERY_MS: i64 = 5_000;
/// A topic that the cluster does not know for so long was deleted (`task.timeout.ms` of Kafka Streams).
const MISSING_TOPIC_MS: u64 = 300_000;

impl<B: Broker> StreamThread<B> {
    /// Fills every buffer that is half empty; says whether something came.
    pub(super) fn fetch(&mut self) -> Result<bool, ThreadError> {
        let mut worked = false;
        for slot in self.slots.values_mut() {
            let Stage::Running(loaded) = &mut slot.stage else { continue };
            for (input, partition) in slot.inputs.iter().enumerate() {
                let (records, bytes) = loaded.task.buffered(input);
                let is_full =
                    records * 2 > self.settings.fetch_records_max || bytes >= self.settings.buffered_bytes_max;
                if is_full {
                    continue;
                }
                let max = self.settings.fetch_records_max.saturating_sub(records).max(1);
                self.records.clear();
                match self.consumer.fetch(partition, max, &mut self.records) {
                    Ok(count) => worked |= count > 0,
                    Err(BrokerError::OffsetOutOfRange { offset, log_start, .. }) if offset < log_start => {
                        // Retention was faster. What is gone is counted; the rest must go on.
                        slot.lost_to_retention += log_start.saturating_sub(offset).unsigned_abs();
                        self.consumer.seek(partition, log_start)?;
                        if records == 0 {
                            loaded.task.seek(input, log_start);
                        }
                    }
                    Err(BrokerError::OffsetOutOfRange { partition, offset, .. }) => {
                        return Err(ThreadError::PastTheEnd { partition, offset });
                    }
                    Err(error) if is_transient(&error) => {}
                    Err(error) => return Err(error.into()),
                }
                loaded.task.enqueue(input, self.records.drain(..));
            }
        }
        Ok(worked)
    }

    /// Looks up where the inputs end whose buffers are empty: nothing else tells silence from an outage. One call for all.
    pub(super) fn look_up(&mut self) -> Result<(), ThreadError> {
        let now_ms = self.clock.now_ms();
        let waited = |since_ms: i64| now_ms.saturating_sub(since_ms).max(0).unsigned_abs();
        let is_early = self.looked_up_at_ms.is_some_and(|since| waited(since) < self.settings.lookup_interval_ms);
        if is_early && !self.settings.is_unpaced() {
            return Ok(());
        }
        let mut asked: Vec<(TaskId, usize)> = Vec::new();
        let mut partitions: Vec<TopicPartition> = Vec::new();
        for slot in self.slots.values() {
            let Some(loaded) = slot.running() else { continue };
            // One input alone is never waited for.
            if slot.inputs.len() < 2 && self.settings.idle_advance_ms.is_none() {
                continue;
            }
            for (input, (partition, look)) in slot.inputs.iter().zip(&loaded.looks).enumerate() {
                let position = self.consumer.position(partition).unwrap_or(0);
                let is_needed = loaded.task.buffered(input).0 == 0
                    && look.is_stale(position, now_ms, self.settings.lookup_valid_ms);
                let is_old = !self.settings.is_unpaced() && now_ms.saturating_sub(look.at_ms()) >= LAG_EVERY_MS;
                if is_needed || is_old {
                    asked.push((slot.id, input));
                    partitions.push(partition.clone());
                }
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        self.looked_up_at_ms = Some(now_ms);
        let ends = match self.consumer.ends(&partitions) {
            Ok(ends) => ends,
            // What was known grows old, and the inputs become unknown.
            Err(error) if is_transient(&error) => {
                let since_ms = *self.unreachable_since_ms.get_or_insert(now_ms);
                let is_missing = matches!(error, BrokerError::UnknownPartition { .. });
                let is_gone = is_missing && waited(since_ms) >= MISSING_TOPIC_MS;
                return if is_gone { Err(error.into()) } else { Ok(()) };
            }
            Err(error) => return Err(error.into()),
        };
        self.unreachable_since_ms = None;
        for ((id, input), ends) in asked.into_iter().zip(ends) {
            let loaded = self.slots.get_mut(&id).and_then(|slot| slot.running_mut());
            if let Some(look) = loaded.and_then(|loaded| loaded.looks.get_mut(input)) {
                look.set(ends, now_ms);
            }
        }
        Ok(())
    }
}
