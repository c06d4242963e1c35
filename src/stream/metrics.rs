//! Metrics under the names of Kafka Streams, in Prometheus' form: what JMX calls `stream-task-metrics`, `process-total`, is
//! `kafka_streams_stream_task_metrics_process_total`. Counted by the engine; read here when somebody asks.

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

fn describe() {
    use metrics::{describe_counter, describe_gauge};
    describe_gauge!("kafka_streams_stream_metrics_alive_stream_threads", "Stream threads that are at work");
    describe_counter!(
        "kafka_streams_stream_metrics_failed_stream_threads",
        "Stream threads that were replaced or have failed"
    );
    describe_counter!("kafka_streams_stream_thread_metrics_commit_total", "Transactions committed");
    describe_counter!("kafka_streams_stream_thread_metrics_abort_total", "Transactions aborted");
    describe_counter!("kafka_streams_stream_task_metrics_process_total", "Records handed to the processors");
    describe_counter!(
        "kafka_streams_stream_task_metrics_dropped_records_total",
        "Records that were late or dead letters"
    );
    describe_counter!("kafka_streams_stream_task_metrics_late_records_total", "Records older than every open window");
    describe_counter!("kafka_streams_stream_task_metrics_dead_letters_total", "Records that could not be used");
    describe_counter!("kafka_streams_stream_task_metrics_restore_total", "Records of changelogs that were restored");
    describe_counter!(
        "kafka_streams_stream_task_metrics_lost_to_retention_total",
        "Offsets deleted before they were read"
    );
    describe_gauge!("kafka_streams_stream_task_metrics_active_buffer_count", "Records that wait in the task's buffers");
    describe_gauge!(
        "kafka_streams_stream_task_metrics_restore_remaining_records_total",
        "Changelog offsets that are left"
    );
    describe_gauge!("kafka_streams_stream_task_metrics_stream_time_ms", "How far event time has come, since the epoch");
    describe_gauge!("kafka_streams_stream_task_metrics_records_lag", "Offsets of the input that are left");
    describe_counter!("engagement_conductor_total", "The application's own counters, by name");
    describe_gauge!("kafka_streams_stream_state_metrics_block_cache_usage", "Bytes in the shared block cache");
    describe_gauge!("kafka_streams_stream_state_metrics_size_all_mem_tables", "Bytes of unflushed writes");
    describe_gauge!("kafka_streams_stream_state_metrics_total_sst_files_size", "Bytes of the task's files");
    describe_gauge!("kafka_streams_stream_state_metrics_estimate_num_keys", "Rows of the task's stores, roughly");
}

/// Takes down what the threads show.
pub(super) fn observe(threads: &[ThreadStatus]) {
    let alive = threads.iter().filter(|thread| thread.state == ThreadState::Running).count();
    gauge!("kafka_streams_stream_metrics_alive_stream_threads").set(alive as f64);
    for thread in threads {
        let id = thread.thread.to_string();
        counter!("kafka_streams_stream_metrics_failed_stream_threads", "thread_id" => id.clone())
            .absolute(thread.replaced + u64::from(thread.state == ThreadState::Failed));
        counter!("kafka_streams_stream_thread_metrics_commit_total", "thread_id" => id.clone())
            .absolute(thread.counts.commits);
        counter!("kafka_streams_stream_thread_metrics_abort_total", "thread_id" => id.clone())
            .absolute(thread.counts.aborts);
        thread.tasks.iter().for_each(|task| observe_task(&id, task));
    }
}

fn observe_task(thread: &str, task: &TaskStatus) {
    let labels = [("thread_id", thread.to_owned()), ("task_id", task.id.to_string())];
    let counts = [
        ("kafka_streams_stream_task_metrics_process_total", task.counts.processed),
        ("kafka_streams_stream_task_metrics_dropped_records_total", task.counts.late + task.counts.dead_lettered),
        ("kafka_streams_stream_task_metrics_late_records_total", task.counts.late),
        ("kafka_streams_stream_task_metrics_dead_letters_total", task.counts.dead_lettered),
        ("kafka_streams_stream_task_metrics_restore_total", task.restored),
        ("kafka_streams_stream_task_metrics_lost_to_retention_total", task.lost_to_retention),
    ];
    for (name, count) in counts {
        counter!(name, &labels).absolute(count);
    }
    let left = if let TaskState::Restoring { left, .. } = task.state { left } else { 0 };
    gauge!("kafka_streams_stream_task_metrics_restore_remaining_records_total", &labels).set(left as f64);
    gauge!("kafka_streams_stream_task_metrics_active_buffer_count", &labels).set(task.buffered as f64);
    if let Some(time_ms) = task.stream_time_ms {
        gauge!("kafka_streams_stream_task_metrics_stream_time_ms", &labels).set(time_ms as f64);
    }
    for input in &task.inputs {
        let Some(lag) = input.lag() else { continue };
        let topic = input.partition.topic.to_string();
        let labels = [("task_id", task.id.to_string()), ("topic", topic)];
        gauge!("kafka_streams_stream_task_metrics_records_lag", &labels).set(lag as f64);
    }
    for (name, count) in &task.counters {
        let labels = [("task_id", task.id.to_string()), ("name", (*name).to_owned())];
        counter!("engagement_conductor_total", &labels).absolute(*count);
    }
}

/// Takes down what the states hold.
pub(super) fn observe_states(statistics: &RocksStatistics) {
    gauge!("kafka_streams_stream_state_metrics_block_cache_usage").set(statistics.cache_bytes as f64);
    gauge!("kafka_streams_stream_state_metrics_size_all_mem_tables").set(statistics.memtable_bytes as f64);
    for (task, statistics) in &statistics.tasks {
        let labels = [("task_id", task.to_string())];
        gauge!("kafka_streams_stream_state_metrics_total_sst_files_size", &labels).set(statistics.bytes() as f64);
    }
}
