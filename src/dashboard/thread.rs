//! The dashboard's own thread: it reads what the stream and others have written, and writes what people decide. One thread has the
//! consumer and the producer, so that whether something may be done is asked and answered without another in between.
//!
//! It is no member of a group: every dashboard reads everything, from a bounded way before the end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use compact_str::CompactString;
use indexmap::IndexMap;
use streams::broker::{
    Admin, Broker, BrokerError, Consumer, ConsumerRecord, ErrorKind, Offset, ProducerConfig, ProducerRecord,
    TopicPartition, TransactionalProducer,
};
use streams::clock::Clock;
use streams::partition::partition_of;
use tokio::sync::oneshot;
use topology::codec::{self, Coded, Format};
use topology::wire::{Session, topics};

use super::control::{self, Action, Refusal};
use super::live::{Live, Now};
use crate::admin::dead_letters::Letter;
use crate::registry::known::KnownSchemas;

/// Records of a partition that are read from before its end.
const TAIL: Offset = 50_000;
/// Records of a partition that are taken in one round.
const FETCH_MAX: usize = 500;
/// How often it is looked for topics and partitions that were not there, and how fast topics grow.
const LOOK_EVERY_MS: i64 = 2_000;
/// How long a record may take to be written.
const DELIVERY_MS: i64 = 5_000;
/// Answers that are remembered, for those who ask again.
const ANSWERS_MAX: usize = 1_000;
/// Dead letters that are kept.
const LETTERS_MAX: usize = 200;
/// Longest wait for records, so that requests do not wait longer.
const WAIT_MS: u64 = 20;

/// What somebody asks for.
#[derive(Debug)]
pub struct Request {
    /// The session.
    pub session: CompactString,
    /// What is to be done.
    pub action: Action,
    /// Who wants it.
    pub actor: CompactString,
    /// The same key is the same request.
    pub key: CompactString,
    /// What was looked at.
    pub revision: i64,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It lies on the topic.
    Recorded {
        /// Since when, in milliseconds since the epoch.
        at_ms: i64,
    },
    /// It was not done.
    Refused(Refusal),
    /// The cluster does not answer.
    Away,
}

/// How a topic grows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Growth {
    /// Where its partitions ended, summed, and when that was.
    seen: Option<(Offset, i64)>,
    /// Offsets per second: of a transactional topic, markers count too.
    pub records_per_s: f64,
}

impl Growth {
    fn see(&mut self, end: Offset, now_ms: i64) {
        if let Some((before, at_ms)) = self.seen {
            let elapsed_s = (now_ms.saturating_sub(at_ms)).max(1) as f64 / 1_000.0;
            self.records_per_s = (end.saturating_sub(before)).max(0) as f64 / elapsed_s;
        }
        self.seen = Some((end, now_ms));
    }
}

/// What operators see of the topics.
#[derive(Debug, Default)]
pub struct Desk {
    /// The newest dead letters, oldest first, each with the bytes that could not be used.
    pub letters: VecDeque<(Letter, Option<CompactString>, Vec<u8>)>,
    /// How the topics grow.
    pub growth: IndexMap<&'static str, Growth>,
    /// Topics that are not there.
    pub missing: Vec<String>,
    /// The last round of the thread.
    pub stepped_ms: i64,
    /// Partitions that are still read back; nothing: no round is over yet.
    pub reading_back: Option<usize>,
    /// Why the cluster can not be asked, since when.
    pub away: Option<(String, i64)>,
    /// Records that could not be read.
    pub unreadable: u64,
}

/// What the thread shares with those who ask.
#[derive(Clone)]
pub struct Shared {
    live: Arc<Mutex<Live>>,
    desk: Arc<Mutex<Desk>>,
}

impl Shared {
    /// Around what is shown.
    #[must_use]
    pub fn new(live: Live) -> Self {
        Self { live: Arc::new(Mutex::new(live)), desk: Arc::default() }
    }

    /// What is shown, and who watches.
    pub fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What operators see.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is read, in this order: what follows from a record is read after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Session,
    Scores,
    Commands,
    Feedback,
    Results,
    DeadLetters,
}

const SOURCES: [(&str, Source); 5] = [
    (topics::SESSION, Source::Session),
    (topics::ENGAGEMENT_SCORES, Source::Scores),
    (topics::INTERVENTION_COMMANDS, Source::Commands),
    (topics::INTERVENTION_FEEDBACK, Source::Feedback),
    (topics::INTERVENTION_RESULTS, Source::Results),
];
/// Topics of which it is only told how fast they grow.
const COUNTED: [&str; 4] = [topics::CHAT, topics::POLL, topics::PRESENCE, topics::REACTION];

struct Assigned {
    partition: TopicPartition,
    source: Source,
    /// Read to here, everything is known that was there at the start.
    end: Offset,
}

/// The thread's body.
pub struct DashboardThread<B: Broker> {
    broker: B,
    application_id: String,
    shared: Shared,
    requests: mpsc::Receiver<Request>,
    /// That of the sessions.
    clock: Arc<dyn Clock>,
    /// That of the viewers.
    wall: Arc<dyn Clock>,
    schemas: KnownSchemas,
    consumer: B::Consumer,
    /// Says where topics end. It reads nothing itself, for whoever reads waits at the end of a topic, and answers would wait with it.
    surveyor: B::Consumer,
    producer: Option<B::Producer>,
    assigned: Vec<Assigned>,
    partitions: IndexMap<String, u32>,
    looked_ms: Option<i64>,
    answers: IndexMap<(CompactString, CompactString), Answer>,
}

impl<B: Broker> DashboardThread<B> {
    /// One that has read nothing yet.
    ///
    /// # Errors
    /// What the client says.
    pub fn new(
        broker: B,
        application_id: &str,
        shared: Shared,
        requests: mpsc::Receiver<Request>,
        clock: Arc<dyn Clock>,
        wall: Arc<dyn Clock>,
        schemas: KnownSchemas,
    ) -> Result<Self, BrokerError> {
        let (consumer, surveyor) = (broker.reader()?, broker.reader()?);
        let application_id = application_id.to_owned();
        Ok(Self {
            broker,
            application_id,
            shared,
            requests,
            clock,
            wall,
            schemas,
            consumer,
            surveyor,
            producer: None,
            assigned: Vec::new(),
            partitions: IndexMap::new(),
            looked_ms: None,
            answers: IndexMap::new(),
        })
    }

    /// One round: looks, reads, writes, publishes.
    ///
    /// # Errors
    /// The set-up is wrong, or the client is beyond repair.
    pub fn step(&mut self) -> Result<(), BrokerError> {
        let looked = self.look();
        self.note(looked)?;
        let read = self.read();
        self.note(read)?;
        self.serve();
        let now = self.now();
        let mut live = self.shared.live();
        live.publish(now);
        drop(live);
        let reading_back = self.reading_back();
        let mut desk = self.shared.desk();
        (desk.stepped_ms, desk.reading_back) = (now.wall_ms, Some(reading_back));
        drop(desk);
        self.consumer.wait(WAIT_MS);
        Ok(())
    }

    fn now(&self) -> Now {
        Now { session_ms: self.clock.now_ms(), wall_ms: self.wall.now_ms() }
    }

    /// What passes by itself is shown, and tried again.
    fn note(&self, result: Result<bool, BrokerError>) -> Result<(), BrokerError> {
        match result {
            Ok(has_answered) => {
                if has_answered {
                    self.shared.desk().away = None;
                }
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::Retriable | ErrorKind::OutcomeUnknown) => {
                let now_ms = self.wall.now_ms();
                let mut desk = self.shared.desk();
                let since_ms = desk.away.as_ref().map_or(now_ms, |(_, since_ms)| *since_ms);
                desk.away = Some((error.to_string(), since_ms));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Looks for partitions that are not read yet, and how fast topics grow; says whether the cluster has answered.
    fn look(&mut self) -> Result<bool, BrokerError> {
        let now_ms = self.wall.now_ms();
        if self.looked_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < LOOK_EVERY_MS) {
            return Ok(false);
        }
        self.looked_ms = Some(now_ms);
        let dead_letters = format!("{}-dead-letters", self.application_id);
        let admin = self.broker.admin()?;
        let mut missing = Vec::new();
        for (topic, source) in SOURCES.into_iter().chain([(dead_letters.as_str(), Source::DeadLetters)]) {
            match admin.describe_topic(topic)? {
                Some(found) => self.assign(topic, source, found.spec.partitions)?,
                None => missing.push(topic.to_owned()),
            }
        }
        for topic in COUNTED {
            if let Some(found) = admin.describe_topic(topic)? {
                self.partitions.insert(topic.to_owned(), found.spec.partitions);
            }
        }
        self.shared.desk().missing = missing;
        self.measure(now_ms)?;
        Ok(true)
    }

    /// Begins with the partitions of a topic that are not read yet.
    fn assign(&mut self, topic: &str, source: Source, partitions: u32) -> Result<(), BrokerError> {
        let known = self.partitions.get(topic).copied().unwrap_or(0);
        if partitions <= known {
            return Ok(());
        }
        let name: Arc<str> = Arc::from(topic);
        let new: Vec<TopicPartition> =
            (known..partitions).map(|partition| TopicPartition::new(Arc::clone(&name), partition)).collect();
        let ends = self.surveyor.ends(&new)?;
        let from: Vec<(TopicPartition, Offset)> = new
            .iter()
            .zip(&ends)
            .map(|(partition, ends)| (partition.clone(), (ends.high_watermark - TAIL).max(ends.log_start)))
            .collect();
        self.consumer.assign(&from)?;
        let assigned = new.into_iter().zip(&ends);
        self.assigned.extend(assigned.map(|(partition, ends)| Assigned { partition, source, end: ends.last_stable }));
        self.partitions.insert(topic.to_owned(), partitions);
        Ok(())
    }

    /// How fast the topics grow.
    fn measure(&mut self, now_ms: i64) -> Result<(), BrokerError> {
        let mut all = Vec::new();
        for topic in COUNTED.into_iter().chain(SOURCES.map(|(topic, _)| topic)) {
            let name: Arc<str> = Arc::from(topic);
            let partitions = 0..self.partitions.get(topic).copied().unwrap_or_default();
            all.extend(partitions.map(|partition| (topic, TopicPartition::new(Arc::clone(&name), partition))));
        }
        let partitions: Vec<TopicPartition> = all.iter().map(|(_, partition)| partition.clone()).collect();
        let mut sums: IndexMap<&'static str, Offset> = IndexMap::new();
        for ((topic, _), ends) in all.iter().zip(self.surveyor.ends(&partitions)?) {
            *sums.entry(*topic).or_default() += ends.high_watermark;
        }
        let mut desk = self.shared.desk();
        sums.into_iter().for_each(|(topic, end)| desk.growth.entry(topic).or_default().see(end, now_ms));
        Ok(())
    }

    fn reading_back(&self) -> usize {
        let behind = |assigned: &&Assigned| {
            self.consumer.position(&assigned.partition).is_none_or(|position| position < assigned.end)
        };
        self.assigned.iter().filter(behind).count()
    }

    fn read(&mut self) -> Result<bool, BrokerError> {
        let mut records = Vec::new();
        let mut has_read = false;
        for place in 0..self.assigned.len() {
            let Some(Assigned { partition, source, .. }) = self.assigned.get(place) else { continue };
            let (partition, source) = (partition.clone(), *source);
            records.clear();
            match self.consumer.fetch(&partition, FETCH_MAX, &mut records) {
                Err(BrokerError::OffsetOutOfRange { log_start, .. }) => self.consumer.seek(&partition, log_start)?,
                fetched => drop(fetched?),
            }
            if records.is_empty() {
                continue;
            }
            has_read = true;
            if let Err(error) = self.schemas.learn(&records) {
                tracing::warn!(%error, "the registry does not say what a schema is");
            }
            for record in &records {
                if !self.take(&partition, source, record) {
                    self.shared.desk().unreadable += 1;
                }
            }
        }
        Ok(has_read)
    }

    /// Takes a record in; says whether it could be read.
    fn take(&self, partition: &TopicPartition, source: Source, record: &ConsumerRecord) -> bool {
        let key = record.key.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        match source {
            Source::Session => match self.decode::<Session>(record) {
                Some(told) => {
                    self.shared.live().view.take_session(&key, &told, record.offset, record.timestamp_ms);
                }
                None => return false,
            },
            Source::Scores => match self.decode(record) {
                Some(score) => self.shared.live().view.take_score(&score),
                None => return false,
            },
            Source::Commands => match self.decode(record) {
                Some(command) => self.shared.live().view.take_command(&command, record.offset),
                None => return false,
            },
            Source::Feedback => match self.decode(record) {
                Some(feedback) => self.shared.live().view.take_feedback(&key, feedback),
                None => return false,
            },
            Source::Results => match self.decode(record) {
                Some(result) => self.shared.live().view.take_result(result),
                None => return false,
            },
            Source::DeadLetters => {
                let letter = Letter::of(partition.partition, record);
                let key = record.key.as_ref().map(|_| CompactString::from(&*key));
                let value = record.value.as_ref().map(|value| value.to_vec()).unwrap_or_default();
                let mut desk = self.shared.desk();
                desk.letters.push_back((letter, key, value));
                if desk.letters.len() > LETTERS_MAX {
                    desk.letters.pop_front();
                }
            }
        }
        true
    }

    fn decode<T: Coded>(&self, record: &ConsumerRecord) -> Option<T> {
        codec::decode_framed(record.value.as_deref()?, |id| self.schemas.fingerprint(id)).ok()
    }

    /// Does what people have asked for, one after the other.
    fn serve(&mut self) {
        while let Ok(request) = self.requests.try_recv() {
            let answer = self.answer(&request);
            // Who asked may have gone.
            let _ = request.answer.send(answer);
        }
    }

    fn answer(&mut self, request: &Request) -> Answer {
        let name = (request.actor.clone(), request.key.clone());
        if let Some(answer) = self.answers.get(&name) {
            return answer.clone();
        }
        let Request { session, action, revision, .. } = request;
        let now_ms = self.clock.now_ms();
        let who = (request.actor.as_str(), request.key.as_str());
        let said = control::record(&self.shared.live().view, session, action, who, *revision, now_ms);
        let answer = match said {
            Err(refusal) => Answer::Refused(refusal),
            Ok(said) => match self.write(session, &said, now_ms) {
                Some(offset) => {
                    self.shared.live().view.take_session(session, &said, offset, now_ms);
                    Answer::Recorded { at_ms: now_ms }
                }
                // Whoever asks again tries again.
                None => return Answer::Away,
            },
        };
        self.answers.insert(name, answer.clone());
        if self.answers.len() > ANSWERS_MAX {
            self.answers.shift_remove_index(0);
        }
        answer
    }

    /// Writes a control record; nothing where the cluster does not say within the time that it has it.
    fn write(&mut self, session: &str, said: &Session, now_ms: i64) -> Option<Offset> {
        let mut value = Vec::new();
        codec::encode(said, Format::Json, &mut value).ok()?;
        let partitions = self.partitions.get(topics::SESSION).copied()?;
        let partition = partition_of(session.as_bytes(), partitions);
        let topic: Arc<str> = Arc::from(topics::SESSION);
        let record = ProducerRecord {
            topic: &topic,
            partition,
            timestamp_ms: now_ms,
            key: Some(session.as_bytes()),
            value: Some(&value),
            headers: &[],
        };
        let written = self.deliver(&record);
        if let Err(error) = &written {
            tracing::warn!(%error, "a decision could not be written");
        }
        if !matches!(written, Ok(Some(_))) {
            // What is still on its way there goes with it.
            self.producer = None;
        }
        written.ok().flatten()
    }

    fn deliver(&mut self, record: &ProducerRecord<'_>) -> Result<Option<Offset>, BrokerError> {
        let producer = match &mut self.producer {
            Some(producer) => producer,
            none => {
                let transactional_id = format!("{}-dashboard", self.application_id);
                let config = ProducerConfig { transactional_id, transaction_timeout_ms: 10_000 };
                let producer = none.insert(self.broker.plain_producer(&config)?);
                producer.init_transactions()?;
                producer
            }
        };
        producer.begin()?;
        producer.send(record, 0)?;
        let give_up_ms = self.wall.now_ms().saturating_add(DELIVERY_MS);
        loop {
            let mut delivered = None;
            producer.deliveries(&mut |delivery| delivered = Some(delivery.offset))?;
            if let Some(offset) = delivered {
                producer.commit()?;
                return Ok(offset);
            }
            if self.wall.now_ms() >= give_up_ms {
                return Ok(None);
            }
            producer.wait(WAIT_MS);
        }
    }
}

#[cfg(test)]
mod tests;
