//! Reading partitions: a client that is assigned what the engine chooses and is never a member of a group.
//!
//! Each partition has a queue of its own, which is read when the engine asks for records of it; not reading is the back-pressure.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use foldhash::fast::FixedState;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use super::closing::close;
use super::context::FetchContext;
use super::ends;
use super::error::Call;
use super::member::{list_of, list_with_offsets};
use super::native::{self, FetchQueue, Fetched, FetchedRecord};
use super::settings::KafkaSettings;
use super::waker::Waker;
use crate::broker::{BrokerError, ConsumerRecord, Ends, Offset, TopicPartition};

/// Keys and values share buffers of this size: one kept record keeps no more than this alive.
const BUFFER: usize = 64 * 1024;
/// Lines and errors that one poll of the client serves at most.
const SERVED_MAX: usize = 16;

type FetchClient = BaseConsumer<FetchContext>;

/// One partition that is read.
struct Assigned {
    queue: FetchQueue,
    /// Keeps the queue apart, and its signal to the waker alive.
    _split: PartitionQueue<FetchContext>,
    /// The partition alone, for questions about it.
    list: TopicPartitionList,
    /// The offset of the next record.
    next: Offset,
    /// Where the partition ended last.
    end: Option<Offset>,
    /// Whether the client's own position can be believed: not while it is that of an older assignment, and not after a failure.
    is_position_sound: bool,
    /// Why it can not be read. Stays until the next seek.
    failure: Option<RDKafkaErrorCode>,
}

/// Reads partitions.
pub(super) struct Fetcher {
    /// None only while it is being dropped.
    client: Option<Arc<FetchClient>>,
    assigned: HashMap<TopicPartition, Assigned, FixedState>,
    waker: Arc<Waker>,
    lookup_timeout_ms: i32,
    buffer: BytesMut,
}

impl Fetcher {
    /// `group` is never joined: the library assigns nothing without the name of one.
    pub(super) fn new(
        settings: &KafkaSettings,
        group: &str,
        client_id: &str,
        waker: &Arc<Waker>,
    ) -> Result<Self, BrokerError> {
        let mut native = settings.consumer();
        native.set("group.id", group).set("client.id", client_id);
        let client = native.create_with_context(FetchContext::default());
        let client: FetchClient = client.map_err(|error| Call::read("connect").failed_with(&error))?;
        Ok(Self {
            client: Some(Arc::new(client)),
            assigned: HashMap::default(),
            waker: Arc::clone(waker),
            lookup_timeout_ms: i32::try_from(settings.lookup_timeout_ms).unwrap_or(i32::MAX),
            buffer: BytesMut::new(),
        })
    }

    fn client(&self, operation: &'static str) -> Result<&Arc<FetchClient>, BrokerError> {
        self.client.as_ref().ok_or(BrokerError::InvalidState { operation, state: "closed" })
    }

    pub(super) fn assign(&mut self, partitions: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        let operation = "assign";
        if partitions.is_empty() {
            return Ok(());
        }
        let list = list_with_offsets(partitions)?;
        let mut queues = Vec::with_capacity(partitions.len());
        for (partition, offset) in partitions {
            if self.assigned.contains_key(partition) {
                return Err(BrokerError::InvalidState { operation, state: "assigned already" });
            }
            queues.push((partition.clone(), self.split(partition, *offset)?));
        }
        let client = self.client(operation)?;
        client.incremental_assign(&list).map_err(|error| Call::write(operation).failed_with(&error))?;
        for (_, assigned) in &mut queues {
            // Nothing was read yet: a position that is there already is an older one.
            assigned.is_position_sound = native::app_position(client.client(), &assigned.list).is_none();
        }
        self.assigned.extend(queues);
        Ok(())
    }

    /// Sets the partition's queue apart, before anything is fetched into it.
    fn split(&self, partition: &TopicPartition, offset: Offset) -> Result<Assigned, BrokerError> {
        let client = self.client("assign")?;
        let unknown = || BrokerError::UnknownPartition { partition: partition.clone() };
        let list = list_of(std::slice::from_ref(partition))?;
        let number = i32::try_from(partition.partition).map_err(|_| unknown())?;
        let mut split = client.split_partition_queue(&partition.topic, number).ok_or_else(unknown)?;
        let queue = FetchQueue::new(client, partition).ok_or_else(unknown)?;
        let waker = Arc::clone(&self.waker);
        split.set_nonempty_callback(move || waker.signal());
        Ok(Assigned { queue, _split: split, list, next: offset, end: None, is_position_sound: false, failure: None })
    }

    pub(super) fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError> {
        if let Some(partition) = partitions.iter().find(|partition| !self.assigned.contains_key(*partition)) {
            return Err(BrokerError::NotAssigned { partition: partition.clone() });
        }
        if partitions.is_empty() {
            return Ok(());
        }
        let unassigned = self.client("unassign")?.incremental_unassign(&list_of(partitions)?);
        unassigned.map_err(|error| Call::write("unassign").failed_with(&error))?;
        for partition in partitions {
            let Some(mut assigned) = self.assigned.remove(partition) else { continue };
            // What was fetched ahead is out of date by now: reading it throws it away.
            assigned.queue.read(1, |_| {});
        }
        Ok(())
    }

    /// A new assignment, for the client can not seek a partition that it has failed to fetch, or not begun to.
    pub(super) fn seek(&mut self, partition: &TopicPartition, offset: Offset) -> Result<(), BrokerError> {
        self.unassign(std::slice::from_ref(partition))?;
        self.assign(&[(partition.clone(), offset)])
    }

    pub(super) fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.assigned.get(partition).map(|assigned| assigned.next)
    }

    pub(super) fn fetch(
        &mut self,
        partition: &TopicPartition,
        max: usize,
        into: &mut Vec<ConsumerRecord>,
    ) -> Result<usize, BrokerError> {
        let Some(assigned) = self.assigned.get_mut(partition) else {
            return Err(BrokerError::NotAssigned { partition: partition.clone() });
        };
        let before = into.len();
        let buffer = &mut self.buffer;
        let Assigned { queue, next, end, is_position_sound, failure, .. } = assigned;
        let taken = queue.read(max, |fetched| match fetched {
            Fetched::Record(record) if record.offset >= *next => {
                *next = record.offset + 1;
                into.push(to_record(&record, buffer));
            }
            Fetched::Record(_) => {}
            Fetched::End(offset) => {
                *end = Some(offset);
                *next = (*next).max(offset);
            }
            Fetched::Failed(code) => {
                *failure = Some(code);
                *is_position_sound = false;
            }
        });
        if taken < max {
            self.pass_markers(partition);
            self.serve_client();
        }
        let count = into.len() - before;
        // Records that lie before the failure come first.
        if count == 0 {
            self.check(partition)?;
        }
        Ok(count)
    }

    /// Moves the position behind markers that the client took out of the queue for itself.
    fn pass_markers(&mut self, partition: &TopicPartition) {
        let Some(client) = &self.client else { return };
        let Some(assigned) = self.assigned.get_mut(partition).filter(|assigned| assigned.is_position_sound) else {
            return;
        };
        let Some(offset) = native::app_position(client.client(), &assigned.list) else { return };
        // Reading in batches, the client counts the end of a partition like a record there.
        if assigned.end.is_none_or(|end| offset != end + 1) {
            assigned.next = assigned.next.max(offset);
        }
    }

    /// Lets the client say what it has to say; no record comes this way.
    fn serve_client(&self) {
        let Some(client) = &self.client else { return };
        for _ in 0..SERVED_MAX {
            let before = client.context().served.load(Ordering::Relaxed);
            if client.poll(Duration::ZERO).is_none() && client.context().served.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }

    /// Why a partition gives nothing. Errors that pass by themselves are none.
    fn check(&mut self, partition: &TopicPartition) -> Result<(), BrokerError> {
        let Some(assigned) = self.assigned.get(partition) else { return Ok(()) };
        let Some(code) = assigned.failure else { return Ok(()) };
        let offset = assigned.next;
        if matches!(code, RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) {
            let ends = self.ends(std::slice::from_ref(partition))?;
            let Some(ends) = ends.first() else { return Ok(()) };
            if (ends.log_start..=ends.high_watermark).contains(&offset) {
                // A new leader did not know its log's end yet.
                return self.seek(partition, offset);
            }
            let log_start = ends.log_start;
            return Err(BrokerError::OffsetOutOfRange { partition: partition.clone(), offset, log_start });
        }
        match Call::read("fetch").of_partition(partition).failed(code) {
            BrokerError::Unavailable { .. } => {
                if let Some(assigned) = self.assigned.get_mut(partition) {
                    assigned.failure = None;
                }
                Ok(())
            }
            error => Err(error),
        }
    }

    pub(super) fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, BrokerError> {
        ends::look_up(self.client("ends")?.client(), partitions, self.lookup_timeout_ms)
    }

    pub(super) fn wait(&self, max_ms: u64) {
        self.waker.wait(max_ms);
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        // Queues go before their client.
        self.assigned.clear();
        if let Some(client) = self.client.take() {
            close(client);
        }
    }
}

fn to_record(record: &FetchedRecord<'_>, buffer: &mut BytesMut) -> ConsumerRecord {
    let mut copied = |bytes: Option<&[u8]>| bytes.map(|bytes| copy(bytes, buffer));
    ConsumerRecord {
        offset: record.offset,
        timestamp_ms: record.timestamp_ms,
        key: copied(record.key),
        value: copied(record.value),
        headers: record.headers(),
    }
}

/// A copy in the shared buffer: one allocation for many records.
fn copy(bytes: &[u8], buffer: &mut BytesMut) -> Bytes {
    if bytes.len() > buffer.capacity() {
        buffer.reserve(bytes.len().max(BUFFER));
    }
    buffer.put_slice(bytes);
    buffer.split().freeze()
}
