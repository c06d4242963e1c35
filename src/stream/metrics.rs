//! Metrics in Prometheus' form. What Kafka Streams measures has its name: what JMX calls `process-total` of the type
//! `stream-task-metrics` is `kafka_streams_stream_task_metrics_process_total`, with the tags as labels. What only this stream
//! knows begins with `engagement_conductor`. Rates and averages are left to Prometheus: `rate(..._process_total[1m])`.
//!
//! Counted by the engine; read here when somebody asks.

use std::time::Duration;

use metrics::{counter, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use streams::runtime::{TaskState, TaskStatus, ThreadState, ThreadStatus};
use streams::store::rocks::RocksStatistics;

use crate::failure::Failure;

/// What was not observed for so long is not shown any more: longer than the usual pause between two scrapes.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(150);

/// Starts to collect; once per process.
pub(super) fn install() -> Result<PrometheusHandle, Failure> {
    // A task that has moved on is no longer observed here, and soon no longer shown.
    let builder = PrometheusBuilder::new().idle_timeout(MetricKindMask::ALL, Some(FORGOTTEN_AFTER));
    let handle = builder.install_recorder().map_err(Failure::failed)?;
    describe();
    Ok(handle)
}

/// Every metric that is shown. Prometheus keeps two endings for itself, `_total` for what only grows and `_count` for what comes with
/// a sum: a gauge of Kafka Streams' that has one is shown without it.
mod name {
    pub(super) const ALIVE_THREADS: &str = "kafka_streams_stream_metrics_alive_stream_threads";
    pub(super) const FAILED_THREADS: &str = "kafka_streams_stream_metrics_failed_stream_threads";
    pub(super) const COMMITS: &str = "kafka_streams_stream_thread_metrics_commit_total";
    pub(super) const PROCESSED: &str = "kafka_streams_stream_task_metrics_process_total";
    pub(super) const DROPPED: &str = "kafka_streams_stream_task_metrics_dropped_records_total";
    pub(super) const RESTORED: &str = "kafka_streams_stream_task_metrics_restore_total";
    pub(super) const TO_RESTORE: &str = "kafka_streams_stream_task_metrics_restore_remaining_records";
    pub(super) const BUFFERED: &str = "kafka_streams_stream_task_metrics_active_buffer";
    pub(super) const LAG: &str = "kafka_consumer_consumer_fetch_manager_metrics_records_lag";
    pub(super) const BLOCK_CACHE: &str = "kafka_streams_stream_state_metrics_block_cache_usage";
    pub(super) const MEMTABLES: &str = "kafka_streams_stream_state_metrics_size_all_mem_tables";
    pub(super) const FILES: &str = "kafka_streams_stream_state_metrics_total_sst_files_size";
    pub(super) const ABORTS: &str = "engagement_conductor_thread_aborts_total";
    pub(super) const LATE: &str = "engagement_conductor_task_late_records_total";
    pub(super) const DEAD_LETTERS: &str = "engagement_conductor_task_dead_letters_total";
    pub(super) const LOST: &str = "engagement_conductor_task_lost_to_retention_total";
    pub(super) const STREAM_TIME: &str = "engagement_conductor_task_stream_time_seconds";
    pub(super) const COUNTERS: &str = "engagement_conductor_total";
}

fn describe() {
    use metrics::{describe_counter, describe_gauge};
    describe_gauge!(name::ALIVE_THREADS, "Stream threads that are at work");
    describe_gauge!(name::FAILED_THREADS, "Stream threads that were replaced or have failed, since the start");
    describe_counter!(name::COMMITS, "Transactions committed");
    describe_counter!(name::PROCESSED, "Records handed to the processors");
    describe_counter!(name::DROPPED, "Records that were late or dead letters");
    describe_counter!(name::RESTORED, "Records of changelogs that were restored");
    describe_gauge!(name::TO_RESTORE, "Changelog offsets that are left to restore");
    describe_gauge!(name::BUFFERED, "Records that wait in the task's buffers");
    describe_gauge!(name::LAG, "Offsets of the input that are left");
    describe_gauge!(name::BLOCK_CACHE, "Bytes in the shared block cache");
    describe_gauge!(name::MEMTABLES, "Bytes of unflushed writes");
    describe_gauge!(name::FILES, "Bytes of the task's files");
    describe_counter!(name::ABORTS, "Transactions aborted");
    describe_counter!(name::LATE, "Records older than every open window");
    describe_counter!(name::DEAD_LETTERS, "Records that could not be used");
    describe_counter!(name::LOST, "Offsets deleted before they were read");
    describe_gauge!(name::STREAM_TIME, "How far event time has come, in seconds since the epoch");
    describe_counter!(name::COUNTERS, "The application's own counters, by name");
}

/// Takes down what the threads show.
pub(super) fn observe(threads: &[ThreadStatus]) {
    let alive = threads.iter().filter(|thread| thread.state == ThreadState::Running).count();
    gauge!(name::ALIVE_THREADS).set(alive as f64);
    let failed = |thread: &ThreadStatus| thread.replaced + u64::from(thread.state == ThreadState::Failed);
    gauge!(name::FAILED_THREADS).set(threads.iter().map(failed).sum::<u64>() as f64);
    for thread in threads {
        let id = thread.thread.to_string();
        counter!(name::COMMITS, "thread_id" => id.clone()).absolute(thread.counts.commits);
        counter!(name::ABORTS, "thread_id" => id.clone()).absolute(thread.counts.aborts);
        thread.tasks.iter().for_each(|task| observe_task(&id, task));
    }
}

fn observe_task(thread: &str, task: &TaskStatus) {
    let labels = [("thread_id", thread.to_owned()), ("task_id", task.id.to_string())];
    let counts = [
        (name::PROCESSED, task.counts.processed),
        (name::DROPPED, task.counts.late + task.counts.dead_lettered),
        (name::LATE, task.counts.late),
        (name::DEAD_LETTERS, task.counts.dead_lettered),
        (name::RESTORED, task.restored),
        (name::LOST, task.lost_to_retention),
    ];
    for (name, count) in counts {
        counter!(name, &labels).absolute(count);
    }
    let left = if let TaskState::Restoring { left, .. } = task.state { left } else { 0 };
    gauge!(name::TO_RESTORE, &labels).set(left as f64);
    gauge!(name::BUFFERED, &labels).set(task.buffered as f64);
    if let Some(time_ms) = task.stream_time_ms {
        gauge!(name::STREAM_TIME, &labels).set(time_ms as f64 / 1_000.0);
    }
    for input in &task.inputs {
        let Some(lag) = input.lag() else { continue };
        let (topic, partition) = (input.partition.topic.to_string(), input.partition.partition.to_string());
        let labels = [("topic", topic), ("partition", partition)];
        gauge!(name::LAG, &labels).set(lag as f64);
    }
    for (name, count) in &task.counters {
        let labels = [("task_id", task.id.to_string()), ("name", (*name).to_owned())];
        counter!(name::COUNTERS, &labels).absolute(*count);
    }
}

/// Takes down what the states hold.
pub(super) fn observe_states(statistics: &RocksStatistics) {
    gauge!(name::BLOCK_CACHE).set(statistics.cache_bytes as f64);
    gauge!(name::MEMTABLES).set(statistics.memtable_bytes as f64);
    for (task, statistics) in &statistics.tasks {
        let labels = [("task_id", task.to_string())];
        gauge!(name::FILES, &labels).set(statistics.bytes() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KAFKA_STREAMS: &str = include_str!("golden/kafka-streams-metrics.txt");

    /// Every name that is shown: each has its constant above.
    fn shown() -> Vec<&'static str> {
        let constants = include_str!("metrics.rs").lines().filter(|line| line.starts_with("    pub(super) const "));
        constants.filter_map(|line| line.split('"').nth(1)).collect()
    }

    #[test]
    fn what_has_a_name_of_kafka_streams_is_one_of_its_metrics() {
        let lines = KAFKA_STREAMS.lines().filter_map(|line| line.split_once(' '));
        let theirs: Vec<String> = lines
            .map(|(kind, metric)| {
                let domain = if kind.starts_with("stream") { "kafka_streams" } else { "kafka_consumer" };
                format!("{domain}_{kind}_{metric}").replace('-', "_")
            })
            .collect();
        let shown = shown();
        assert!(shown.contains(&name::LAG) && shown.contains(&name::COUNTERS), "{shown:?}");
        for shown in shown.iter().filter(|name| name.starts_with("kafka_")) {
            let without = |their: &'_ str, ending: &str| their.strip_suffix(ending) == Some(shown);
            let is_theirs =
                theirs.iter().any(|their| their == shown || without(their, "_total") || without(their, "_count"));
            assert!(is_theirs, "{shown}");
        }
    }
}
