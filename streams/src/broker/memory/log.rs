//! One partition: records in offset order, who wrote them, and what of them is decided.
//!
//! Offsets of aborted records and of control markers stay taken. A `read_committed` reader sees neither and never passes the
//! last stable offset: the first offset of the earliest open transaction.

use std::collections::{BTreeMap, VecDeque};

use bytes::{BufMut, Bytes, BytesMut};

use super::compaction::Cleaning;
use crate::broker::{ConsumerRecord, Ends, Header, Headers, Offset};

/// Entries per chunk: what one deletion step frees, and what a deletion may leave behind.
const CHUNK_ENTRIES: usize = 512;
/// Keys and values are cut from blocks of this size, so that a record costs no allocation of its own.
const ARENA_BYTES: usize = 64 * 1024;

/// Names a producer across its lives (all lives of one transactional id share it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProducerId(pub(super) u64);

/// Grows with each life of a producer; the older one is fenced.
pub(super) type Epoch = u32;

/// Who writes, if a transaction is part of it.
pub(super) type Writer = Option<(ProducerId, Epoch)>;

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its records are visible.
    Commit,
    /// Its records are skipped.
    Abort,
}

/// Why a record was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A newer epoch of the producer has written here.
    Fenced,
    /// The record itself: no key in a compacted topic, or the topic is gone.
    Invalid,
}

/// A record to append.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewRecord<'a> {
    pub(super) timestamp_ms: i64,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: &'a [Header],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A record with a value.
    Value,
    /// A record without one.
    Tombstone,
    /// A record of an aborted transaction.
    Aborted,
    /// The end of a transaction.
    Marker,
}

/// What lies at one offset. Key and value share one buffer: 72 bytes plus their content.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) offset: Offset,
    pub(super) timestamp_ms: i64,
    /// The key, then the value.
    payload: Bytes,
    /// `u32::MAX` = no key.
    key_len: u32,
    kind: Kind,
    /// 0 = written without a transaction.
    producer: ProducerId,
    /// Boxed, because hardly any record has some.
    headers: Option<Box<Headers>>,
}

const NO_KEY: u32 = u32::MAX;
const NO_PRODUCER: ProducerId = ProducerId(0);

impl Entry {
    /// Whether a `read_committed` reader sees it (once it is below the last stable offset).
    pub(super) fn is_visible(&self) -> bool {
        matches!(self.kind, Kind::Value | Kind::Tombstone)
    }

    pub(super) fn is_tombstone(&self) -> bool {
        self.kind == Kind::Tombstone
    }

    /// The key; empty if there is none.
    pub(super) fn key_bytes(&self) -> &[u8] {
        self.payload.get(..self.value_start()).unwrap_or_default()
    }

    fn value_start(&self) -> usize {
        if self.key_len == NO_KEY { 0 } else { self.key_len as usize }
    }

    fn record(&self) -> ConsumerRecord {
        ConsumerRecord {
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: (self.key_len != NO_KEY).then(|| self.payload.slice(..self.value_start())),
            value: (self.kind == Kind::Value).then(|| self.payload.slice(self.value_start()..)),
            headers: self.headers.as_deref().cloned().unwrap_or_default(),
        }
    }
}

/// What the partition knows of one producer.
#[derive(Debug, Clone, Copy)]
struct ProducerState {
    /// The newest seen.
    epoch: Epoch,
    /// Where its open transaction begins.
    open_since: Option<Offset>,
}

/// A partition's log.
#[derive(Debug)]
pub(super) struct Log {
    /// Never an empty chunk.
    pub(super) chunks: VecDeque<Vec<Entry>>,
    arena: BytesMut,
    pub(super) start: Offset,
    next: Offset,
    pub(super) last_stable: Offset,
    producers: BTreeMap<ProducerId, ProducerState>,
    /// How far compaction has come; `None` = the topic is not compacted.
    pub(super) cleaning: Option<Cleaning>,
    /// The topic was deleted.
    closed: bool,
}

impl Log {
    pub(super) fn new(compacted: bool) -> Self {
        Self {
            chunks: VecDeque::new(),
            arena: BytesMut::new(),
            start: 0,
            next: 0,
            last_stable: 0,
            producers: BTreeMap::new(),
            cleaning: compacted.then(Cleaning::default),
            closed: false,
        }
    }

    pub(super) fn ends(&self) -> Ends {
        Ends { log_start: self.start, last_stable: self.last_stable, high_watermark: self.next }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes one record and returns its offset.
    pub(super) fn append(&mut self, writer: Writer, record: &NewRecord<'_>) -> Result<Offset, Refusal> {
        if self.closed || (self.cleaning.is_some() && record.key.is_none()) {
            return Err(Refusal::Invalid);
        }
        let offset = self.next;
        let mut producer = NO_PRODUCER;
        if let Some((id, epoch)) = writer {
            producer = id;
            let state = self.producers.entry(id).or_insert(ProducerState { epoch, open_since: None });
            if epoch < state.epoch {
                return Err(Refusal::Fenced);
            }
            state.epoch = epoch;
            state.open_since.get_or_insert(offset);
        }
        let key_len = record.key.map_or(NO_KEY, |key| key.len() as u32);
        let payload = self.store(record.key.unwrap_or_default(), record.value.unwrap_or_default());
        self.push(Entry {
            offset,
            timestamp_ms: record.timestamp_ms,
            payload,
            key_len,
            kind: if record.value.is_some() { Kind::Value } else { Kind::Tombstone },
            producer,
            headers: (!record.headers.is_empty()).then(|| Box::new(record.headers.to_vec())),
        });
        self.next = offset + 1;
        if writer.is_none() {
            self.find_last_stable();
        }
        Ok(offset)
    }

    /// Ends the producer's open transaction here and fences its older epochs. A repeated marker only takes an offset.
    pub(super) fn append_marker(&mut self, producer: ProducerId, epoch: Epoch, outcome: Outcome, now_ms: i64) {
        if self.closed {
            return;
        }
        let offset = self.next;
        let state = self.producers.entry(producer).or_insert(ProducerState { epoch, open_since: None });
        state.epoch = state.epoch.max(epoch);
        let open_since = state.open_since.take();
        if let (Outcome::Abort, Some(first)) = (outcome, open_since) {
            self.hide(producer, first);
        }
        self.push(Entry {
            offset,
            timestamp_ms: now_ms,
            payload: Bytes::new(),
            key_len: NO_KEY,
            kind: Kind::Marker,
            producer,
            headers: None,
        });
        self.next = offset + 1;
        self.find_last_stable();
    }

    /// Appends the visible records from `position` on, at most `max`, and returns the position behind what was read or skipped.
    pub(super) fn read(&self, from: Offset, max: usize, into: &mut Vec<ConsumerRecord>) -> Offset {
        let mut position = from;
        let mut room = max;
        for entry in self.entries_from(from) {
            if entry.offset >= self.last_stable {
                break;
            }
            if entry.is_visible() {
                let Some(left) = room.checked_sub(1) else {
                    return position;
                };
                room = left;
                into.push(entry.record());
            }
            position = entry.offset + 1;
        }
        position.max(self.last_stable)
    }

    /// Forgets everything before `offset`, whole chunks at a time.
    pub(super) fn delete_before(&mut self, offset: Offset) {
        self.start = self.start.max(offset.min(self.next));
        self.last_stable = self.last_stable.max(self.start);
        while self.chunks.front().and_then(|chunk| chunk.last()).is_some_and(|last| last.offset < self.start) {
            self.chunks.pop_front();
        }
    }

    /// Forgets all: the topic is gone.
    pub(super) fn close(&mut self) {
        *self = Self { closed: true, ..Self::new(false) };
    }

    /// Entries that still exist, in offset order.
    pub(super) fn entries_from(&self, offset: Offset) -> impl Iterator<Item = &Entry> {
        let offset = offset.max(self.start);
        let first = self.chunks.partition_point(|chunk| chunk.last().is_none_or(|last| last.offset < offset));
        self.chunks.range(first..).enumerate().flat_map(move |(number, chunk)| {
            // Only the first chunk can begin before the offset.
            let skipped = if number == 0 { chunk.partition_point(|entry| entry.offset < offset) } else { 0 };
            chunk.iter().skip(skipped)
        })
    }

    /// Puts an entry back at the end while the log is rebuilt, with its content copied out of the old blocks.
    pub(super) fn keep(&mut self, mut entry: Entry) {
        let value_start = entry.value_start();
        let (key, value) = entry.payload.split_at_checked(value_start).unwrap_or((&entry.payload, &[]));
        entry.payload = self.store(key, value);
        self.push(entry);
    }

    /// Gives up the current block: what comes next does not share memory with what lies there.
    pub(super) fn renew_arena(&mut self) {
        self.arena = BytesMut::new();
    }

    /// Entries held.
    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    fn hide(&mut self, producer: ProducerId, first: Offset) {
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_none_or(|last| last.offset < first));
        for entry in self.chunks.range_mut(chunk..).flatten() {
            if entry.producer == producer && entry.offset >= first && entry.is_visible() {
                entry.kind = Kind::Aborted;
                entry.payload = Bytes::new();
                entry.key_len = NO_KEY;
                entry.headers = None;
            }
        }
    }

    fn find_last_stable(&mut self) {
        let open = self.producers.values().filter_map(|state| state.open_since).min();
        self.last_stable = open.unwrap_or(self.next).max(self.start);
    }

    fn push(&mut self, entry: Entry) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() < CHUNK_ENTRIES => chunk.push(entry),
            back => {
                // A quiet partition grows its only chunk; a busy one gets whole chunks at once.
                let mut chunk = Vec::with_capacity(if back.is_some() { CHUNK_ENTRIES } else { 4 });
                chunk.push(entry);
                self.chunks.push_back(chunk);
            }
        }
    }

    fn store(&mut self, key: &[u8], value: &[u8]) -> Bytes {
        let needed = key.len() + value.len();
        if needed == 0 {
            return Bytes::new();
        }
        if self.arena.capacity() < needed {
            // Quiet partitions begin with small blocks.
            let block = if self.next < 256 { 4 * 1024 } else { ARENA_BYTES };
            self.arena = BytesMut::with_capacity(block.max(needed));
        }
        self.arena.put_slice(key);
        self.arena.put_slice(value);
        self.arena.split().freeze()
    }
}
