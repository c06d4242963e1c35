//! What the safe client does not offer, by librdkafka's C functions. The only file with unsafe code.
//!
//! - [`FetchQueue`]: many records for one call, and the offset at which a partition ended. The safe client throws that offset away,
//!   and nothing else tells that everything up to the end was read when no record lies behind the position.
//! - [`app_position`]: where one partition stands. The safe client asks for all partitions at once.
//! - [`group_identity`], [`send_offsets`]: the member's generation and id as data. The safe client hides them, so that neither a test
//!   nor a log could say which generation a commit was refused under.
//! - [`committed_offsets`]: with an answer for each partition. The safe client repeats the question for as long as one is undecided.
//! - [`list_offsets`]: log start, last stable offset and high watermark of many partitions with one round trip, from one client.
//! - [`told`]: why a client does not get through. The safe client of the administration tells nobody.
//! - [`describe_topic`]: topic ids, which tell a topic from another one of the same name.
#![allow(unsafe_code, reason = "calls into the C library; each says why it is sound")]

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use bytes::Bytes;
use rdkafka::TopicPartitionList;
use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;

use crate::broker::{GroupMetadata, Header, Offset, TopicPartition};

/// Records that one call into the library takes out of a queue.
const BATCH: usize = 256;
/// The client's word for no offset.
const NO_OFFSET: Offset = -1001;
/// Between two questions whether to go on waiting.
const LOOK_MS: i32 = 50;
/// The longest time that the library gives a question to a coordinator; see `coordinator` for what happens when it is over.
const QUESTION_MS: i32 = 3_600_000;

/// What comes out of a partition's queue.
pub(super) enum Fetched<'a> {
    /// A record; borrowed from the client until the call is over.
    Record(FetchedRecord<'a>),
    /// Everything before this offset was read, and nothing lay behind it.
    End(Offset),
    /// The partition can not be fetched.
    Failed(RDKafkaErrorCode),
}

/// A record in the client's memory.
pub(super) struct FetchedRecord<'a> {
    pub(super) offset: Offset,
    pub(super) timestamp_ms: i64,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    message: &'a sys::rd_kafka_message_t,
}

/// The queue of one partition.
pub(super) struct FetchQueue {
    queue: Owned<sys::rd_kafka_queue_t>,
}

impl FetchQueue {
    /// The queue of a partition that was split off. It must be dropped before the client is.
    pub(super) fn new<C: ConsumerContext>(
        client: &Arc<BaseConsumer<C>>,
        partition: &TopicPartition,
    ) -> Option<FetchQueue> {
        let topic = CString::new(&*partition.topic).ok()?;
        let number = i32::try_from(partition.partition).ok()?;
        // SAFETY: the client is alive, the name ends in zero and is only read. The queue counts its references itself.
        let queue = unsafe {
            let queue = sys::rd_kafka_queue_get_partition(client.client().native_ptr(), topic.as_ptr(), number);
            Owned::new(queue, sys::rd_kafka_queue_destroy)
        };
        Some(FetchQueue { queue: queue? })
    }

    /// Takes at most `max` entries out, without waiting. Returns how many there were.
    pub(super) fn read(&mut self, max: usize, mut each: impl FnMut(Fetched<'_>)) -> usize {
        let mut taken = 0;
        while taken < max {
            let mut messages = [ptr::null_mut(); BATCH];
            let wanted = BATCH.min(max - taken);
            // SAFETY: the array has room for that many pointers; the queue is alive.
            let count =
                unsafe { sys::rd_kafka_consume_batch_queue(self.queue.as_ptr(), 0, messages.as_mut_ptr(), wanted) };
            let count = usize::try_from(count).unwrap_or(0);
            for message in messages.iter().take(count) {
                // SAFETY: the library has filled the first `count` places, and each message is ours until we destroy it.
                if let Some(message) = unsafe { Owned::new(*message, sys::rd_kafka_message_destroy) } {
                    each(fetched(&message));
                }
            }
            taken += count;
            if count < wanted {
                break;
            }
        }
        taken
    }
}

fn fetched(message: &Owned<sys::rd_kafka_message_t>) -> Fetched<'_> {
    // SAFETY: the message is alive as long as the borrow.
    let message = unsafe { &*message.as_ptr() };
    match message.err {
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => {}
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF => return Fetched::End(message.offset),
        error => return Fetched::Failed(error.into()),
    }
    // SAFETY: pointer and length belong together, and the memory lives as long as the message.
    let (key, value) = unsafe { (bytes_of(message.key, message.key_len), bytes_of(message.payload, message.len)) };
    // SAFETY: the message is alive; the kind of the timestamp is not asked for.
    let timestamp_ms = unsafe { sys::rd_kafka_message_timestamp(message, ptr::null_mut()) };
    Fetched::Record(FetchedRecord { offset: message.offset, timestamp_ms, key, value, message })
}

/// # Safety
/// `data` is null or points to `len` bytes that live for `'a`.
unsafe fn bytes_of<'a>(data: *const c_void, len: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    (!data.is_null()).then(|| unsafe { core::slice::from_raw_parts(data.cast::<u8>(), len) })
}

impl FetchedRecord<'_> {
    /// The headers, copied: most records have none.
    pub(super) fn headers(&self) -> Vec<Header> {
        let mut native = ptr::null_mut();
        // SAFETY: the message is alive; the headers stay the message's.
        let error = unsafe { sys::rd_kafka_message_headers(self.message, &raw mut native) };
        let mut headers = Vec::new();
        if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return headers;
        }
        loop {
            let (mut name, mut value, mut len) = (ptr::null::<c_char>(), ptr::null::<c_void>(), 0);
            // SAFETY: the headers are alive; past the last one the call says so and leaves the rest alone.
            let header = unsafe {
                let error =
                    sys::rd_kafka_header_get_all(native, headers.len(), &raw mut name, &raw mut value, &raw mut len);
                (error == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR)
                    .then(|| (CStr::from_ptr(name).to_string_lossy(), bytes_of(value, len).unwrap_or_default()))
            };
            let Some((name, value)) = header else { return headers };
            headers.push((Arc::from(name), Bytes::copy_from_slice(value)));
        }
    }
}

/// Behind the last record or marker that was taken out of the partition's queue; none when there was none since it was assigned.
/// `partition` is a list of that one partition.
pub(super) fn app_position<C: ClientContext>(client: &Client<C>, partition: &TopicPartitionList) -> Option<Offset> {
    // SAFETY: client and list are alive; the call fills the list's only element in.
    let offset = unsafe {
        sys::rd_kafka_position(client.native_ptr(), partition.ptr());
        let list = &*partition.ptr();
        (list.cnt == 1).then(|| (*list.elems).offset)
    };
    offset.filter(|offset| *offset != NO_OFFSET)
}

/// Generation and member id as the client knows them now.
pub(super) fn group_identity<C: ClientContext>(client: &Client<C>) -> Option<(i32, String)> {
    // SAFETY: the client is alive; the metadata is ours, and its id is copied before it goes.
    unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata(client.native_ptr());
        let metadata = Owned::new(metadata, sys::rd_kafka_consumer_group_metadata_destroy)?;
        let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata.as_ptr());
        let member = sys::rd_kafka_consumer_group_metadata_member_id(metadata.as_ptr());
        (!member.is_null()).then(|| (generation, CStr::from_ptr(member).to_string_lossy().into_owned()))
    }
}

/// The group's stable offsets, in the order asked. An error comes with the place of its partition. A client that gives no answer in
/// time may still have the question: it must be closed before that times out.
pub(super) fn committed_offsets<C: ClientContext>(
    client: &Client<C>,
    group: &str,
    partitions: &[TopicPartition],
    timeout_ms: i32,
) -> Result<Vec<Option<Offset>>, (usize, RDKafkaErrorCode)> {
    let failed = |code| (0, code);
    let group = CString::new(group).map_err(|_| failed(RDKafkaErrorCode::InvalidGroupId))?;
    let list = list_of(partitions).map_err(failed)?;
    let queue = new_queue(client).ok_or(failed(RDKafkaErrorCode::Fail))?;
    let kind = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS;
    let options = admin_options(client, kind, QUESTION_MS).map_err(failed)?;
    // SAFETY: name and list are copied by the question, which is copied by the request; all are alive for the calls.
    unsafe {
        check(sys::rd_kafka_AdminOptions_set_require_stable_offsets(options.as_ptr(), 1)).map_err(failed)?;
        let question = sys::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), list.ptr());
        let question = Owned::new(question, sys::rd_kafka_ListConsumerGroupOffsets_destroy);
        let question = question.ok_or(failed(RDKafkaErrorCode::Fail))?;
        let mut questions = [question.as_ptr()];
        let (native, questions) = (client.native_ptr(), questions.as_mut_ptr());
        sys::rd_kafka_ListConsumerGroupOffsets(native, questions, 1, options.as_ptr(), queue.as_ptr());
    }
    let event = event_within(&queue, timeout_ms).map_err(failed)?;
    let mut offsets = Vec::with_capacity(partitions.len());
    // SAFETY: the event is alive until the end, and with it all that is read from it; elements are read within their count.
    unsafe {
        let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(event.as_ptr());
        if result.is_null() {
            return Err(failed(RDKafkaErrorCode::Fail));
        }
        let mut count = 0;
        let groups = sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &raw mut count);
        if count != 1 {
            return Err(failed(RDKafkaErrorCode::Fail));
        }
        check_borrowed(sys::rd_kafka_group_result_error(*groups)).map_err(failed)?;
        let found = sys::rd_kafka_group_result_partitions(*groups);
        for (place, partition) in partitions.iter().enumerate() {
            let number = partition.partition.cast_signed();
            let topic = CString::new(&*partition.topic).map_err(|_| (place, RDKafkaErrorCode::InvalidTopic))?;
            let element = sys::rd_kafka_topic_partition_list_find(found, topic.as_ptr(), number);
            let element = element.as_ref().ok_or((place, RDKafkaErrorCode::UnknownPartition))?;
            if element.err != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err((place, element.err.into()));
            }
            offsets.push((element.offset >= 0).then_some(element.offset));
        }
    }
    Ok(offsets)
}

/// Commits offsets as the member that the client is.
pub(super) fn commit_offsets<C: ClientContext>(
    client: &Client<C>,
    offsets: &TopicPartitionList,
    timeout_ms: i32,
) -> Result<(), RDKafkaErrorCode> {
    let queue = new_queue(client).ok_or(RDKafkaErrorCode::Fail)?;
    // SAFETY: client, list and queue are alive for the call, which copies the list. Without a callback the answer comes as an event.
    let asked = unsafe {
        sys::rd_kafka_commit_queue(client.native_ptr(), offsets.ptr(), queue.as_ptr(), None, ptr::null_mut())
    };
    if asked != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
        return Err(asked.into());
    }
    let event = next_event(&queue, timeout_ms)?;
    // SAFETY: the event is alive until the end, and with it the list; elements are read within their count.
    unsafe {
        let answered = sys::rd_kafka_event_topic_partition_list(event.as_ptr());
        let Some(answered) = answered.as_ref() else { return Err(RDKafkaErrorCode::Fail) };
        for place in 0..usize::try_from(answered.cnt).unwrap_or(0) {
            let error = (*answered.elems.add(place)).err;
            if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(error.into());
            }
        }
    }
    Ok(())
}

/// How a transactional call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransactionFailure {
    pub(super) code: RDKafkaErrorCode,
    pub(super) is_fatal: bool,
    pub(super) requires_abort: bool,
}

/// Makes offsets part of the transaction, under the member's identity.
pub(super) fn send_offsets<C: ClientContext>(
    client: &Client<C>,
    offsets: &TopicPartitionList,
    group: &GroupMetadata,
    timeout_ms: i32,
) -> Result<(), TransactionFailure> {
    let invalid = TransactionFailure { code: RDKafkaErrorCode::InvalidArgument, is_fatal: true, requires_abort: false };
    let name = CString::new(group.group.as_str()).map_err(|_| invalid)?;
    let member = CString::new(group.member.as_str()).map_err(|_| invalid)?;
    // SAFETY: all pointers are valid for the calls, which copy the strings. An error is ours and is read before it goes.
    unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata_new_with_genid(
            name.as_ptr(),
            group.generation,
            member.as_ptr(),
            ptr::null(),
        );
        let metadata = Owned::new(metadata, sys::rd_kafka_consumer_group_metadata_destroy).ok_or(invalid)?;
        let error = sys::rd_kafka_send_offsets_to_transaction(
            client.native_ptr(),
            offsets.ptr(),
            metadata.as_ptr(),
            timeout_ms,
        );
        let Some(error) = Owned::new(error, sys::rd_kafka_error_destroy) else { return Ok(()) };
        Err(TransactionFailure {
            code: sys::rd_kafka_error_code(error.as_ptr()).into(),
            is_fatal: sys::rd_kafka_error_is_fatal(error.as_ptr()) != 0,
            requires_abort: sys::rd_kafka_error_txn_requires_abort(error.as_ptr()) != 0,
        })
    }
}

/// Which end of a partition is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The first offset that exists.
    LogStart,
    /// What a reader of committed records can reach.
    LastStable,
    /// One past the last record.
    HighWatermark,
}

/// Asked in this order: a last stable offset that is looked up after the high watermark is not held back by a
/// transaction that the watermark does not know yet.
const ENDS: [End; 3] = [End::HighWatermark, End::LastStable, End::LogStart];

/// Looks all ends of the partitions up and hands each over with the place of its partition. The three questions are on their way
/// at once; each is answered, with a time-out if need be, within the time given.
pub(super) fn list_offsets<C: ClientContext>(
    client: &Client<C>,
    partitions: &[TopicPartition],
    timeout_ms: i32,
    mut each: impl FnMut(usize, End, Offset),
) -> Result<(), (usize, RDKafkaErrorCode)> {
    let failed = |code| (0, code);
    let queue = new_queue(client).ok_or(failed(RDKafkaErrorCode::Fail))?;
    for end in ENDS {
        ask_for_offsets(client, partitions, end, timeout_ms, &queue).map_err(failed)?;
    }
    for _ in ENDS {
        let event = next_event(&queue, timeout_ms).map_err(failed)?;
        // SAFETY: the event is alive until the end of the loop, and with it all that is read from it.
        unsafe {
            let asked = sys::rd_kafka_event_opaque(event.as_ptr()) as usize;
            let end = *ENDS.get(asked).ok_or(failed(RDKafkaErrorCode::Fail))?;
            let result = sys::rd_kafka_event_ListOffsets_result(event.as_ptr());
            if result.is_null() {
                return Err(failed(RDKafkaErrorCode::Fail));
            }
            let mut count = 0;
            let infos = sys::rd_kafka_ListOffsets_result_infos(result, &raw mut count);
            for info in 0..count {
                let found = &*sys::rd_kafka_ListOffsetsResultInfo_topic_partition(*infos.add(info));
                let topic = CStr::from_ptr(found.topic).to_bytes();
                let is_it = |asked: &TopicPartition| {
                    i64::from(asked.partition) == i64::from(found.partition) && asked.topic.as_bytes() == topic
                };
                let Some(place) = partitions.iter().position(is_it) else { continue };
                if found.err != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                    return Err((place, found.err.into()));
                }
                each(place, end, found.offset);
            }
        }
    }
    Ok(())
}

fn ask_for_offsets<C: ClientContext>(
    client: &Client<C>,
    partitions: &[TopicPartition],
    end: End,
    timeout_ms: i32,
    queue: &Owned<sys::rd_kafka_queue_t>,
) -> Result<(), RDKafkaErrorCode> {
    let (isolation, spec) = match end {
        End::HighWatermark => (
            sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
            sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST,
        ),
        End::LastStable => (
            sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED,
            sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST,
        ),
        End::LogStart => (
            sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
            sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_EARLIEST,
        ),
    };
    let list = list_of(partitions)?;
    let options = admin_options(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS, timeout_ms)?;
    let asked = ENDS.iter().position(|known| *known == end).unwrap_or_default();
    // SAFETY: client, list, options and queue are alive for the calls; the list's elements are written within its count, and the
    // request copies it. The opaque is a number and is never followed. What is asked for travels in the place of an offset, where
    // the safe list would not take it.
    unsafe {
        let native = &*list.ptr();
        for element in 0..usize::try_from(native.cnt).unwrap_or(0) {
            (*native.elems.add(element)).offset = spec as i64;
        }
        check(sys::rd_kafka_AdminOptions_set_isolation_level(options.as_ptr(), isolation))?;
        sys::rd_kafka_AdminOptions_set_opaque(options.as_ptr(), asked as *mut c_void);
        sys::rd_kafka_ListOffsets(client.native_ptr(), list.ptr(), options.as_ptr(), queue.as_ptr());
    }
    Ok(())
}

/// How many partitions the topic has, and its id. None when there is no such topic. While there is no answer, it is asked again and again
/// whether to go on waiting.
pub(super) fn describe_topic<C: ClientContext>(
    client: &Client<C>,
    name: &str,
    timeout_ms: i32,
    mut goes_on: impl FnMut() -> bool,
) -> Result<Option<(usize, u128)>, RDKafkaErrorCode> {
    let name = CString::new(name).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
    let queue = new_queue(client).ok_or(RDKafkaErrorCode::Fail)?;
    let options = admin_options(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, timeout_ms)?;
    // SAFETY: the names are copied by the collection, the collection by the request; all are alive for the calls.
    unsafe {
        let mut names = [name.as_ptr()];
        let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        let topics = Owned::new(topics, sys::rd_kafka_TopicCollection_destroy).ok_or(RDKafkaErrorCode::Fail)?;
        sys::rd_kafka_DescribeTopics(client.native_ptr(), topics.as_ptr(), options.as_ptr(), queue.as_ptr());
    }
    // As long as for any other answer.
    let looks = (timeout_ms.saturating_add(timeout_ms / 2) / LOOK_MS).max(1);
    let event = (0..looks).find_map(|_| match poll(&queue, LOOK_MS) {
        None if !goes_on() => Some(Err(RDKafkaErrorCode::OperationTimedOut)),
        event => event.map(answer),
    });
    let event = event.unwrap_or(Err(RDKafkaErrorCode::OperationTimedOut))?;
    // SAFETY: the event is alive until the end, and with it all that is read from it.
    unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(event.as_ptr());
        if result.is_null() {
            return Err(RDKafkaErrorCode::Fail);
        }
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        if count != 1 {
            return Err(RDKafkaErrorCode::Fail);
        }
        let topic = *topics;
        match sys::rd_kafka_error_code(sys::rd_kafka_TopicDescription_error(topic)) {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => {}
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART => return Ok(None),
            error => return Err(error.into()),
        }
        let mut partitions = 0;
        sys::rd_kafka_TopicDescription_partitions(topic, &raw mut partitions);
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        let high = sys::rd_kafka_Uuid_most_significant_bits(id).cast_unsigned();
        let low = sys::rd_kafka_Uuid_least_significant_bits(id).cast_unsigned();
        Ok(Some((partitions, (u128::from(high) << 64) | u128::from(low))))
    }
}

fn list_of(partitions: &[TopicPartition]) -> Result<TopicPartitionList, RDKafkaErrorCode> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        let number = i32::try_from(partition.partition).map_err(|_| RDKafkaErrorCode::UnknownPartition)?;
        list.add_partition(&partition.topic, number);
    }
    Ok(list)
}

/// # Safety
/// `error` is null or ours.
unsafe fn check(error: *mut sys::rd_kafka_error_t) -> Result<(), RDKafkaErrorCode> {
    // SAFETY: the caller's promise.
    match unsafe { Owned::new(error, sys::rd_kafka_error_destroy) } {
        // SAFETY: it is alive.
        Some(error) => unsafe { check_borrowed(error.as_ptr()) },
        None => Ok(()),
    }
}

/// # Safety
/// `error` is null or alive.
unsafe fn check_borrowed(error: *const sys::rd_kafka_error_t) -> Result<(), RDKafkaErrorCode> {
    // SAFETY: the caller's promise; null is no error.
    match unsafe { sys::rd_kafka_error_code(error) } {
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        error => Err(error.into()),
    }
}

fn new_queue<C: ClientContext>(client: &Client<C>) -> Option<Owned<sys::rd_kafka_queue_t>> {
    // SAFETY: the client is alive. Requests under way hold the queue themselves, however early we let go.
    unsafe { Owned::new(sys::rd_kafka_queue_new(client.native_ptr()), sys::rd_kafka_queue_destroy) }
}

fn admin_options<C: ClientContext>(
    client: &Client<C>,
    operation: sys::rd_kafka_admin_op_t,
    timeout_ms: i32,
) -> Result<Owned<sys::rd_kafka_AdminOptions_t>, RDKafkaErrorCode> {
    // SAFETY: the client is alive; without a buffer the call keeps its explanation to itself.
    unsafe {
        let options = sys::rd_kafka_AdminOptions_new(client.native_ptr(), operation);
        let options = Owned::new(options, sys::rd_kafka_AdminOptions_destroy).ok_or(RDKafkaErrorCode::Fail)?;
        match sys::rd_kafka_AdminOptions_set_request_timeout(options.as_ptr(), timeout_ms, ptr::null_mut(), 0) {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(options),
            error => Err(error.into()),
        }
    }
}

/// The next answer, which the client gives in time; a little more than that is waited, for the case that it is busy.
fn next_event(
    queue: &Owned<sys::rd_kafka_queue_t>,
    timeout_ms: i32,
) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    event_within(queue, timeout_ms.saturating_add(timeout_ms / 2))
}

fn event_within(
    queue: &Owned<sys::rd_kafka_queue_t>,
    max_ms: i32,
) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    answer(poll(queue, max_ms).ok_or(RDKafkaErrorCode::OperationTimedOut)?)
}

fn poll(queue: &Owned<sys::rd_kafka_queue_t>, max_ms: i32) -> Option<Owned<sys::rd_kafka_event_t>> {
    // SAFETY: the queue is alive; an event is ours.
    unsafe { Owned::new(sys::rd_kafka_queue_poll(queue.as_ptr(), max_ms), sys::rd_kafka_event_destroy) }
}

fn answer(event: Owned<sys::rd_kafka_event_t>) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    // SAFETY: the event is alive.
    match unsafe { sys::rd_kafka_event_error(event.as_ptr()) } {
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(event),
        error => Err(error.into()),
    }
}

/// An error that a client has to tell beside its answers, with its words; for a client that nobody else polls.
pub(super) fn told<C: ClientContext>(client: &Client<C>) -> Option<(RDKafkaErrorCode, String)> {
    // SAFETY: the client is alive, and the queue counts its references itself.
    let queue = unsafe { Owned::new(sys::rd_kafka_queue_get_main(client.native_ptr()), sys::rd_kafka_queue_destroy)? };
    let event = poll(&queue, 0)?;
    // SAFETY: the event is alive, and so is its text, which is copied.
    unsafe {
        let text = sys::rd_kafka_event_error_string(event.as_ptr());
        let words = if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() };
        Some((sys::rd_kafka_event_error(event.as_ptr()).into(), words))
    }
}

/// Something of the library's that is ours to destroy.
struct Owned<T> {
    value: NonNull<T>,
    destroy: unsafe extern "C" fn(*mut T),
}

// SAFETY: the library may be called from any thread, and nobody else has this value.
unsafe impl<T> Send for Owned<T> {}

impl<T> Owned<T> {
    /// # Safety
    /// `value` is null, or ours and fit for `destroy`.
    unsafe fn new(value: *mut T, destroy: unsafe extern "C" fn(*mut T)) -> Option<Self> {
        NonNull::new(value).map(|value| Self { value, destroy })
    }

    fn as_ptr(&self) -> *mut T {
        self.value.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: by `new` it is ours, and it was not destroyed before.
        unsafe { (self.destroy)(self.value.as_ptr()) }
    }
}
