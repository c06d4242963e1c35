//! Partitions as one stream, in the order in which the stream takes them.
//!
//! That is the stream's own rule: of all next records the one with the lowest time, equal ones in the order of the inputs; never one
//! before its predecessor in the partition. The merge of ALL partitions, restricted to one number, is what the task of that number
//! does. So a backtest that reads the log piece by piece never has a record too early or too late, even where a producer was out of order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use streams::broker::{BrokerError, Consumer, ConsumerRecord, Offset, TopicPartition};

use super::line::{Line, Lines};

/// Records that are fetched of a partition at once.
const FETCH_MAX: usize = 500;
/// With so many lines in between it is looked whether partitions that had ended go on.
const LOOK_EVERY: u32 = 256;

/// One partition.
pub(super) struct Lane {
    pub(super) partition: TopicPartition,
    pub(super) lines: Lines,
    /// Where it ends; when it is followed, where it ended at the start.
    pub(super) end: Offset,
    fetched: VecDeque<ConsumerRecord>,
    head: Option<Line>,
}

/// Where a lane stands.
enum State {
    /// It has a next record.
    Head(i64),
    /// There is one, and it has not come yet.
    Awaited,
    /// It is read to its end.
    Ended,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Step {
    /// This line, of the lane of this place.
    Line(usize, Line),
    /// A record of the lane of this place must come first.
    Wait(usize),
    /// All lanes have ended, for now when they are followed.
    End,
}

/// The merge of all lanes.
pub(super) struct Merge<C> {
    consumer: C,
    /// In the order of the topics, then of the partitions: a place here decides between equal times.
    lanes: Vec<Lane>,
    /// The next record of each lane that has one: its turn, the place of the lane.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    /// Lanes whose next record is not known.
    awaited: Vec<usize>,
    /// Lanes that have ended.
    ended: Vec<usize>,
    follows: bool,
    /// Lines until the ended lanes are looked at again.
    until_look: u32,
}

impl Lane {
    pub(super) fn new(partition: TopicPartition, lines: Lines, end: Offset) -> Self {
        Self { partition, lines, end, fetched: VecDeque::new(), head: None }
    }

    fn look(
        &mut self,
        consumer: &mut impl Consumer,
        follows: bool,
        batch: &mut Vec<ConsumerRecord>,
    ) -> Result<State, BrokerError> {
        if self.fetched.is_empty() {
            consumer.fetch(&self.partition, FETCH_MAX, batch)?;
            let end = self.end;
            self.fetched.extend(batch.drain(..).filter(|record| follows || record.offset < end));
        }
        if let Some(record) = self.fetched.pop_front() {
            let line = self.lines.line(&record);
            let turn_ms = line.turn_ms;
            self.head = Some(line);
            return Ok(State::Head(turn_ms));
        }
        let position = consumer.position(&self.partition).unwrap_or(self.end);
        Ok(if position >= self.end { State::Ended } else { State::Awaited })
    }
}

impl<C: Consumer> Merge<C> {
    /// The consumer has the lanes' partitions assigned.
    pub(super) fn new(consumer: C, lanes: Vec<Lane>, follows: bool) -> Self {
        let awaited = (0..lanes.len()).collect();
        Self { consumer, lanes, heads: BinaryHeap::new(), awaited, ended: Vec::new(), follows, until_look: LOOK_EVERY }
    }

    pub(super) fn lane(&self, place: usize) -> Option<&Lane> {
        self.lanes.get(place)
    }

    /// Blocks until something may have come, at most for so long.
    pub(super) fn wait(&mut self, max_ms: u64) {
        self.consumer.wait(max_ms);
    }

    /// What comes next.
    pub(super) fn next(&mut self) -> Result<Step, BrokerError> {
        if self.follows && (self.until_look == 0 || self.heads.is_empty()) {
            self.until_look = LOOK_EVERY;
            self.awaited.append(&mut self.ended);
        }
        self.look_at_awaited()?;
        if let Some(&place) = self.awaited.first() {
            return Ok(Step::Wait(place));
        }
        let Some(Reverse((_, place))) = self.heads.pop() else { return Ok(Step::End) };
        self.until_look = self.until_look.saturating_sub(1);
        self.awaited.push(place);
        let head = self.lanes.get_mut(place).and_then(|lane| lane.head.take());
        Ok(head.map_or(Step::End, |line| Step::Line(place, line)))
    }

    fn look_at_awaited(&mut self) -> Result<(), BrokerError> {
        let mut still_awaited = Vec::new();
        let mut batch = Vec::new();
        for place in std::mem::take(&mut self.awaited) {
            let Some(lane) = self.lanes.get_mut(place) else { continue };
            match lane.look(&mut self.consumer, self.follows, &mut batch)? {
                State::Head(turn_ms) => self.heads.push(Reverse((turn_ms, place))),
                State::Awaited => still_awaited.push(place),
                State::Ended => self.ended.push(place),
            }
        }
        self.awaited = still_awaited;
        Ok(())
    }
}
