use std::collections::VecDeque;
use std::time::Duration;

use cluster::clock::wait_for;
use streams::broker::memory::{MemoryBroker, Settings};
use streams::broker::{Admin, Cleanup, ProducerRecord, TopicSpec};
use streams::clock::ManualClock;
use streams::partition::partition_of;
use tokio::runtime::Runtime;
use topology::codec::{self, Format};
use topology::wire::{EngagementScore, Value as _, topics};

use super::super::store::HistoryStore;
use super::super::testing::{Told, life, name, schemas, tables};
use super::*;
use crate::database::testing::Stage as Database;
use crate::report::sample;

const NOW: Millis = 1_000_000_000;
const PARTITIONS: u32 = 2;
const PATIENCE: Duration = Duration::from_secs(20);
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// A member that is silent for longer is out.
const OUT_MS: i64 = 70_000;

/// A broker and a database; threads come and go.
struct Stage {
    runtime: Runtime,
    broker: MemoryBroker,
    clock: ManualClock,
    database: Database,
}

fn spec(topic: &str, partitions: u32) -> TopicSpec {
    TopicSpec { name: topic.to_owned(), partitions, cleanup: Cleanup::Delete, retention_ms: None }
}

impl Stage {
    fn new() -> Self {
        Self::with(Database::file(), [PARTITIONS; 4])
    }

    fn with(database: Database, partitions: [u32; 4]) -> Self {
        let clock = ManualClock::at(NOW);
        let broker = MemoryBroker::new(Arc::new(clock.clone()), Settings::default());
        let specs: Vec<TopicSpec> = TOPICS.iter().zip(partitions).map(|(topic, count)| spec(topic, count)).collect();
        broker.admin().unwrap().create_topics(&specs).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { runtime, broker, clock, database }
    }

    fn store(&self) -> HistoryStore {
        HistoryStore::new(self.runtime.block_on(self.database.open()))
    }

    fn thread(&self, instance: &str) -> HistoryThread<MemoryBroker> {
        self.thread_on(instance, self.store())
    }

    fn thread_on(&self, instance: &str, store: HistoryStore) -> HistoryThread<MemoryBroker> {
        let settings = ThreadSettings {
            application_id: "app".to_owned(),
            instance: instance.to_owned(),
            session_timeout_ms: 10_000,
            retention_days: 0,
        };
        let known = codec::fingerprint_of(EngagementScore::SCHEMA);
        let asked: Schemas = Box::new(move |id| Ok(known.filter(|_| id == 7)));
        let (clock, runtime) = (Arc::new(self.clock.clone()), self.runtime.handle().clone());
        HistoryThread::new(self.broker.clone(), settings, clock, store, asked, runtime).unwrap()
    }

    fn write(&self, topic: &str, session: &str, value: &[u8]) {
        let partitions = self.broker.admin().unwrap().describe_topic(topic).unwrap().unwrap().spec.partitions;
        let record = ProducerRecord {
            topic: &name(topic),
            partition: partition_of(session.as_bytes(), partitions),
            timestamp_ms: self.clock.now_ms(),
            key: Some(session.as_bytes()),
            value: Some(value),
            headers: &[],
        };
        assert_eq!(self.broker.append(&[record]).unwrap(), 0);
    }

    fn tell(&self, all: &[Told]) {
        all.iter().for_each(|told| self.write(told.topic, &told.session, &told.value));
    }

    /// What the topics say by now, folded at once into a database of its own.
    fn expected(&self) -> [Vec<String>; 3] {
        let mut batch = Batch::default();
        let mut schemas = schemas();
        for topic in TOPICS {
            let described = self.broker.admin().unwrap().describe_topic(topic).unwrap().unwrap();
            for number in 0..described.spec.partitions {
                let partition = TopicPartition::new(topic, number);
                let records = self.broker.records(&partition).unwrap();
                schemas.learn(&records).unwrap();
                for record in records {
                    let _ = batch.take(topic, &record, &schemas);
                }
                batch.reach(&partition, None, Watermark { topic_id: String::new(), next_offset: 0 });
            }
        }
        let database = Database::file();
        self.runtime.block_on(async {
            let store = HistoryStore::new(database.open().await);
            store.write(&batch).await.unwrap();
            tables(&store).await
        })
    }

    fn found(&self) -> [Vec<String>; 3] {
        self.runtime.block_on(async { tables(&HistoryStore::new(self.database.open().await)).await })
    }

    /// Lets threads work until the tables are what the topics say.
    fn until_equal(&self, threads: &mut [&mut HistoryThread<MemoryBroker>]) {
        let expected = self.expected();
        let done = wait_for(PATIENCE, || {
            for _ in 0..20 {
                self.clock.advance(100);
                threads.iter_mut().for_each(|thread| thread.step().unwrap());
            }
            (self.found() == expected).then_some(())
        });
        if done.is_none() {
            assert_eq!(self.found(), expected);
        }
        // And they stay so.
        for _ in 0..20 {
            self.clock.advance(1_000);
            threads.iter_mut().for_each(|thread| thread.step().unwrap());
        }
        assert_eq!(self.found(), expected);
    }
}

/// The parts of a round, one by one.
fn part(thread: &mut HistoryThread<MemoryBroker>, number: usize) {
    match number % 6 {
        0 => thread.serve_group().unwrap(),
        1 => thread.hand_on().unwrap(),
        2 => thread.open_waiting().unwrap(),
        3 => thread.look().unwrap(),
        4 => thread.read().unwrap(),
        _ => thread.write_when_due().unwrap(),
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn history_is_what_the_topics_say_wherever_in_a_round_its_thread_is_killed() {
    let stage = Stage::new();
    for kill in 0..40 {
        // A record more than a batch of this test takes at once, so that batches are full at some kills and not at others.
        stage.tell(&life(["a", "b", "c", "d"][kill % 4], 5_000_000 * kill as i64, 7));
        let mut thread = stage.thread("one");
        for number in 0..kill {
            part(&mut thread, number);
            stage.clock.advance(if number % 6 == 5 { 400 } else { 0 });
        }
        drop(thread);
        stage.clock.advance(OUT_MS);
    }
    let mut thread = stage.thread("one");
    stage.until_equal(&mut [&mut thread]);
    thread.close().unwrap();
    let mut successor = stage.thread("two");
    stage.until_equal(&mut [&mut successor]);
    assert_eq!(successor.status().counts.batches, 0, "all was written");
}

#[test]
fn of_two_threads_on_one_database_that_are_killed_and_stalled_at_random_each_record_has_one_effect() {
    for seed in 0..6 {
        let stage = Stage::new();
        let mut random = Random(seed);
        let mut threads = [Some(stage.thread("one")), Some(stage.thread("two"))];
        let mut coming = VecDeque::new();
        for round in 0..60_i64 {
            let session = format!("s{}", random.below(9));
            coming.extend(life(&session, 1_000_000 * round, 1 + random.below(4) as usize));
            for (place, thread) in threads.iter_mut().enumerate() {
                for _ in 0..random.below(20) {
                    // A few at a time: the statuses of a command come to lie in different batches.
                    let now = coming.len().min(random.below(3) as usize);
                    stage.tell(&coming.drain(..now).collect::<Vec<Told>>());
                    stage.clock.advance(random.below(200) as i64);
                    if let Some(thread) = thread {
                        let number = random.below(6) as usize;
                        // In order, or in any other one: a stall between any two.
                        if random.below(3) == 0 { part(thread, number) } else { thread.step().unwrap() }
                    }
                }
                if random.below(8) == 0 {
                    *thread = None;
                }
                // The others go on as if nothing had been, though they are out by then.
                if random.below(6) == 0 {
                    stage.clock.advance(OUT_MS);
                }
                if thread.is_none() {
                    *thread = Some(stage.thread(["one", "two"][place]));
                }
            }
        }
        stage.tell(&coming.into_iter().collect::<Vec<Told>>());
        stage.clock.advance(OUT_MS);
        let [Some(mut one), Some(mut two)] = threads else { panic!() };
        stage.until_equal(&mut [&mut one, &mut two]);
    }
}

#[test]
fn a_thread_that_was_suspended_with_records_in_its_hands_writes_nothing_of_them() {
    let stage = Stage::with(Database::file(), [1; 4]);
    stage.tell(&life("a", 0, 9));
    let mut suspended = stage.thread("one");
    stage.until_equal(&mut [&mut suspended]);
    // It has read that something is proposed, and another one writes that it is approved.
    let coming = life("a", 1_000_000, 1);
    let (proposed, rest) = coming.split_at(2);
    stage.tell(proposed);
    suspended.read().unwrap();
    assert_eq!(suspended.batch.records(), 2);
    stage.clock.advance(OUT_MS);
    stage.tell(rest);
    let mut other = stage.thread("two");
    stage.until_equal(&mut [&mut other]);
    let before = suspended.status().counts;
    suspended.write().unwrap();
    let after = suspended.status().counts;
    assert_eq!((after.overtaken, after.scores), (before.overtaken + 1, before.scores));
    assert_eq!(stage.found(), stage.expected());
    stage.tell(&life("a", 2_000_000, 9));
    stage.until_equal(&mut [&mut suspended, &mut other]);
}

#[test]
fn a_topic_that_is_created_anew_is_read_from_its_beginning() {
    let stage = Stage::new();
    stage.tell(&life("a", 0, 9));
    let mut thread = stage.thread("one");
    stage.until_equal(&mut [&mut thread]);
    let before = stage.found();
    // Once while a thread runs, once while none does; with fewer records, and with more.
    for (round, ticks) in [(1, 2), (2, 30)] {
        let admin = stage.broker.admin().unwrap();
        for topic in TOPICS {
            assert!(admin.delete_topic(topic));
        }
        if round == 2 {
            drop(thread);
            stage.clock.advance(OUT_MS);
            admin.create_topics(&TOPICS.map(|topic| spec(topic, PARTITIONS))).unwrap();
            thread = stage.thread("one");
        } else {
            for _ in 0..5 {
                stage.clock.advance(1_000);
                thread.step().unwrap();
            }
            admin.create_topics(&TOPICS.map(|topic| spec(topic, PARTITIONS))).unwrap();
        }
        stage.tell(&life("a", 10_000_000 * round, ticks));
        let found = wait_for(PATIENCE, || {
            for _ in 0..20 {
                stage.clock.advance(100);
                thread.step().unwrap();
            }
            let last = 10_000_000 * round + 5_000 * (ticks as i64 - 1);
            let [metrics, ..] = stage.found();
            metrics.last().is_some_and(|line| line.contains(&format!("\"at_ms\":{last},"))).then_some(metrics)
        });
        let metrics = found.unwrap_or_else(|| panic!("round {round}: {:?}", thread.status()));
        assert_eq!(metrics[..9], before[0], "what was written stays");
        assert_eq!(metrics.len(), 9 + 2 + if round == 2 { 30 } else { 0 });
    }
}

#[test]
fn history_waits_for_a_database_that_is_away_and_says_so_and_loses_nothing() {
    let [_, server] = Database::both();
    let mut stage = Stage::with(server, [PARTITIONS; 4]);
    stage.tell(&life("a", 0, 9));
    let mut thread = stage.thread("one");
    stage.until_equal(&mut [&mut thread]);
    let Database::Server(server) = &mut stage.database else { panic!() };
    server.kill().unwrap();
    stage.tell(&life("a", 1_000_000, 9));
    let told = wait_for(Duration::from_secs(60), || {
        stage.clock.advance(500);
        thread.step().unwrap();
        thread.status().is_database_away.then_some(())
    });
    assert!(told.is_some());
    // What comes meanwhile is not read.
    let held = thread.batch.records();
    stage.tell(&life("a", 2_000_000, 200));
    stage.clock.advance(RETRY_MS / 2);
    thread.step().unwrap();
    assert_eq!((thread.batch.records(), thread.status().is_database_away), (held, true));
    let Database::Server(server) = &mut stage.database else { panic!() };
    server.restart().unwrap();
    stage.until_equal(&mut [&mut thread]);
    assert!(!thread.status().is_database_away);
    assert_eq!(thread.status().counts.scores, 9 + 9 + 200);
}

#[test]
fn what_can_not_be_read_is_counted_and_left_out_and_what_is_framed_is_read() {
    let stage = Stage::new();
    for (session, format) in [
        ("a", Format::Json),
        ("b", Format::Avro),
        ("c", Format::Confluent { schema_id: 7 }),
        ("d", Format::Confluent { schema_id: 8 }),
    ] {
        let mut value = Vec::new();
        codec::encode(&sample::score(session, 5_000, 0.7), format, &mut value).unwrap();
        stage.write(topics::ENGAGEMENT_SCORES, session, &value);
    }
    stage.write(topics::INTERVENTION_RESULTS, "e", b"garbage");
    let long = sample::score(&"x".repeat(700), 5_000, 0.7);
    stage.write(topics::ENGAGEMENT_SCORES, "f", &serde_json::to_vec(&long).unwrap());
    let mut thread = stage.thread("one");
    stage.until_equal(&mut [&mut thread]);
    let counts = thread.status().counts;
    assert_eq!((counts.scores, counts.unreadable, thread.status().lag), (3, 3, 0));
}

#[test]
fn what_retention_has_taken_is_counted() {
    let stage = Stage::with(Database::file(), [1; 4]);
    stage.tell(&life("a", 0, 3));
    let mut thread = stage.thread("one");
    stage.until_equal(&mut [&mut thread]);
    drop(thread);
    stage.tell(&life("a", 1_000_000, 6));
    let before = [(TopicPartition::new(topics::ENGAGEMENT_SCORES, 0), 5)];
    stage.broker.admin().unwrap().delete_records(&before).unwrap();
    stage.clock.advance(OUT_MS);
    let mut thread = stage.thread("one");
    let done = wait_for(PATIENCE, || {
        stage.clock.advance(300);
        thread.step().unwrap();
        (thread.status().counts.scores == 4).then_some(())
    });
    assert!(done.is_some(), "{:?}", thread.status());
    assert_eq!((stage.found()[0].len(), thread.status().counts.lost), (7, 2));
    // The same of a thread that runs.
    stage.tell(&life("a", 2_000_000, 6));
    let before = [(TopicPartition::new(topics::ENGAGEMENT_SCORES, 0), 12)];
    stage.broker.admin().unwrap().delete_records(&before).unwrap();
    let done = wait_for(PATIENCE, || {
        stage.clock.advance(300);
        thread.step().unwrap();
        (thread.status().counts.scores == 7).then_some(())
    });
    assert!(done.is_some(), "{:?}", thread.status());
    assert_eq!((stage.found()[0].len(), thread.status().counts.lost), (10, 5));
}

#[test]
fn every_partition_has_one_reader_however_many_a_topic_has() {
    for partitions in [[3, 5, 1, 3], [1, 4, 4, 2]] {
        let stage = Stage::with(Database::file(), partitions);
        for number in 0..12 {
            stage.tell(&life(&format!("s{number}"), 0, 4));
        }
        let mut threads = [stage.thread("one"), stage.thread("two")];
        let [one, two] = &mut threads;
        stage.until_equal(&mut [one, two]);
        assert_eq!(one.status().counts.overtaken + two.status().counts.overtaken, 0);
        assert!(one.status().counts.unreadable + two.status().counts.unreadable == 0);
    }
}

#[test]
fn a_full_batch_is_written_before_it_is_old() {
    let stage = Stage::with(Database::file(), [1; 4]);
    let mut all = Vec::new();
    for number in 0..BATCH_MAX as i64 + 10 {
        all.push(super::super::testing::told(topics::ENGAGEMENT_SCORES, "a", &sample::score("a", number * 5_000, 0.7)));
    }
    stage.tell(&all);
    let mut thread = stage.thread("one");
    for _ in 0..30 {
        thread.step().unwrap();
    }
    let counts = thread.status().counts;
    assert_eq!((counts.scores, counts.batches), (BATCH_MAX as u64, 1), "the clock stands still");
    assert_eq!(thread.batch.records(), 10);
    stage.clock.advance(BATCH_MS);
    thread.step().unwrap();
    assert_eq!(thread.status().counts.batches, 2);
}

#[test]
fn what_is_older_than_the_retention_is_deleted_about_every_hour() {
    let stage = Stage::new();
    stage.tell(&life("a", NOW, 9));
    let mut thread = stage.thread("one");
    stage.until_equal(&mut [&mut thread]);
    stage.clock.advance(3 * DAY_MS);
    stage.tell(&life("a", NOW + 3 * DAY_MS, 3));
    stage.until_equal(&mut [&mut thread]);
    thread.settings.retention_days = 2;
    thread.step().unwrap();
    let [metrics, interventions, performance] = stage.found();
    assert_eq!((metrics.len(), interventions.len(), performance.len()), (3, 1, 1));
    let pruned = thread.status().counts.pruned;
    assert_eq!(pruned, 9 + 3 + 2);
    // Scores alone: what a record of now says of an old intervention keeps it.
    let old: Vec<Told> = life("a", NOW, 9).into_iter().filter(|told| told.topic == topics::ENGAGEMENT_SCORES).collect();
    stage.tell(&old);
    for _ in 0..50 {
        stage.clock.advance(1_000);
        thread.step().unwrap();
    }
    assert_eq!(thread.status().counts.pruned, pruned, "not before an hour is over");
    stage.clock.advance(60 * 60 * 1000);
    thread.step().unwrap();
    assert_eq!(thread.status().counts.pruned, pruned + 9);
}
