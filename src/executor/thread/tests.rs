use std::collections::BTreeSet;
use std::time::Duration;

use cluster::clock::wait_for;
use compact_str::format_compact;
use domain::intervention::Mode;
use streams::broker::ProducerRecord;
use streams::broker::memory::{Loader, MemoryBroker, Settings};
use streams::broker::{Admin, Cleanup, Header, TopicSpec};
use streams::clock::ManualClock;
use streams::partition::partition_of;
use streams::runtime::PRODUCED_MS;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use topology::codec;
use topology::trace::TraceContext;
use topology::wire::{
    CommandStatus, FeedbackKind, InterventionCommand, InterventionFeedback, InterventionKind, SessionKind, Value as _,
};

use super::*;
use crate::executor::testing::{Does, Platform, execution};
use crate::executor::trace::Traces;
use crate::report::sample;
use crate::settings::TelemetrySection;
use crate::spans::Spans;
use crate::spans::testing::Collector;

const NOW: Millis = 1_000_000;
const PARTITIONS: u32 = 2;
const DEAD_LETTERS: &str = "app-dead-letters";
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker, a platform and a store; executors come and go.
struct Stage {
    runtime: Runtime,
    broker: MemoryBroker,
    loader: Loader,
    clock: ManualClock,
    platform: Platform,
    folder: TempDir,
}

impl Stage {
    fn new() -> Self {
        let clock = ManualClock::at(NOW);
        let broker = MemoryBroker::new(Arc::new(clock.clone()), Settings::default());
        let spec = |name: &&str| TopicSpec {
            name: (*name).to_owned(),
            partitions: PARTITIONS,
            cleanup: Cleanup::Delete,
            retention_ms: None,
        };
        let topics = TOPICS.iter().chain([&DEAD_LETTERS]);
        broker.admin().unwrap().create_topics(&topics.map(spec).collect::<Vec<_>>()).unwrap();
        let loader = broker.loader();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { runtime, broker, loader, clock, platform: Platform::default(), folder: tempfile::tempdir().unwrap() }
    }

    fn executor(&self, instance: &str) -> ExecutorThread<MemoryBroker> {
        self.executor_with(instance, Spans::default())
    }

    fn executor_with(&self, instance: &str, spans: Spans) -> ExecutorThread<MemoryBroker> {
        let settings = ThreadSettings {
            application_id: "app".to_owned(),
            instance: instance.to_owned(),
            commit_interval_ms: 100,
            session_timeout_ms: 10_000,
            format: Format::Json,
            dead_letters: DeadLetters::new(Arc::from(DEAD_LETTERS), PARTITIONS, 1_000),
        };
        let mut execution = self.runtime.block_on(execution(&self.platform, &self.clock, &self.folder));
        execution.traces = Traces::new(spans);
        let clock = Arc::new(self.clock.clone());
        let handle = self.runtime.handle().clone();
        let known = codec::fingerprint_of(InterventionCommand::SCHEMA);
        let schemas: Schemas = Box::new(move |id| Ok(known.filter(|_| id == 7)));
        ExecutorThread::new(self.broker.clone(), settings, clock, Arc::new(execution), schemas, handle).unwrap()
    }

    fn write(&mut self, topic: &str, session: &str, value: &[u8]) {
        self.write_traced(topic, session, value, None);
    }

    fn write_traced(&mut self, topic: &str, session: &str, value: &[u8], trace: Option<TraceContext>) {
        let produced = self.clock.now_ms().to_string();
        let mut headers: Vec<Header> = vec![(Arc::from(PRODUCED_MS), produced.into_bytes().into())];
        headers.extend(trace.map(|trace| trace.header()));
        let headers = headers.as_slice();
        let (topic, key) = (Arc::from(topic), session.as_bytes());
        let partition = partition_of(key, PARTITIONS);
        let timestamp_ms = self.clock.now_ms();
        let record =
            ProducerRecord { topic: &topic, partition, timestamp_ms, key: Some(key), value: Some(value), headers };
        self.loader.send(&record).unwrap();
        assert_eq!(self.loader.flush(), 0);
    }

    fn command(&mut self, session: &str, tick: Millis, status: CommandStatus) {
        self.traced_command(session, tick, status, None);
    }

    fn traced_command(&mut self, session: &str, tick: Millis, status: CommandStatus, trace: Option<TraceContext>) {
        let command = sample::command(session, tick, InterventionKind::ChatPrompt, status);
        let value = serde_json::to_vec(&command).unwrap();
        self.write_traced(topics::INTERVENTION_COMMANDS, session, &value, trace);
    }

    /// All committed records of a topic, by partition.
    fn records(&self, topic: &str) -> Vec<ConsumerRecord> {
        let of = |partition| self.broker.records(&TopicPartition::new(topic, partition)).unwrap();
        (0..PARTITIONS).flat_map(of).collect()
    }

    fn control(&mut self, session: &str, kind: SessionKind, mode: Option<Mode>) {
        let value = match (kind, mode) {
            (SessionKind::Mode, Some(mode)) => {
                format!(r#"{{"kind":"mode","mode":"{}","actor":"o-1"}}"#, mode.name())
            }
            (kind, _) => format!(r#"{{"kind":{},"actor":"o-1"}}"#, serde_json::to_string(&kind).unwrap()),
        };
        self.write(topics::SESSION, session, value.as_bytes());
    }

    /// Feedback that is committed, in whatever order.
    fn feedback(&self) -> Vec<InterventionFeedback> {
        let records = self.records(topics::INTERVENTION_FEEDBACK);
        records.iter().map(|record| codec::decode(record.value.as_deref().unwrap()).unwrap()).collect()
    }

    fn told(&self) -> Vec<(String, FeedbackKind)> {
        let mut told: Vec<_> =
            self.feedback().iter().map(|feedback| (feedback.command.to_string(), feedback.kind)).collect();
        told.sort_by(|(a, _), (b, _)| a.cmp(b));
        told
    }

    /// Lets an executor work until the platform was called so often, and take nothing of what came of it.
    fn until_called(&self, executor: &mut ExecutorThread<MemoryBroker>, calls: usize) {
        let called = wait_for(PATIENCE, || {
            executor.serve_group().unwrap();
            executor.open_waiting().unwrap();
            executor.read().unwrap();
            executor.carry_out();
            (self.platform.calls().len() == calls).then_some(())
        });
        assert!(called.is_some(), "{} of {calls} calls", self.platform.calls().len());
    }

    /// Lets executors work until so much feedback is there, and for a while longer.
    fn until_told(&self, executors: &mut [&mut ExecutorThread<MemoryBroker>], count: usize) {
        let done = wait_for(PATIENCE, || {
            for _ in 0..20 {
                self.clock.advance(10);
                executors.iter_mut().for_each(|executor| executor.step().unwrap());
            }
            (self.feedback().len() >= count).then_some(())
        });
        assert!(done.is_some(), "{:?} of {count}", self.told());
        for _ in 0..50 {
            self.clock.advance(100);
            executors.iter_mut().for_each(|executor| executor.step().unwrap());
        }
    }
}

fn executed(commands: &[&str]) -> Vec<(String, FeedbackKind)> {
    commands.iter().map(|command| ((*command).to_owned(), FeedbackKind::Executed)).collect()
}

#[test]
fn approved_commands_are_carried_out_once_and_told_once_and_nothing_else_is() {
    let mut stage = Stage::new();
    stage.command("a", 5_000, CommandStatus::Proposed);
    stage.command("a", 5_000, CommandStatus::Approved);
    stage.command("b", 5_000, CommandStatus::Proposed);
    stage.command("b", 5_000, CommandStatus::Cancelled);
    stage.command("c", 5_000, CommandStatus::HeldOut);
    stage.command("d", 5_000, CommandStatus::Approved);
    stage.command("d", 10_000, CommandStatus::Approved);
    stage.command("d", 5_000, CommandStatus::Approved);
    let mut executor = stage.executor("one");
    stage.until_told(&mut [&mut executor], 3);
    assert_eq!(stage.told(), executed(&["a:5000:0", "d:10000:0", "d:5000:0"]));
    let calls: Vec<String> = stage.platform.calls().into_iter().map(|(key, _)| key).collect();
    assert_eq!(calls.len(), 3, "{calls:?}");
    let place = |key: &str| calls.iter().position(|call| call == key).unwrap();
    assert!(place("d:5000:0") < place("d:10000:0"), "of a session one after the other: {calls:?}");
    let counts = executor.close().unwrap();
    assert_eq!((counts.opened, counts.reported, counts.duplicates), (3, 3, 1));
    // All is committed: a successor has nothing to do.
    let mut successor = stage.executor("two");
    stage.until_told(&mut [&mut successor], 3);
    assert_eq!((stage.told().len(), stage.platform.calls().len(), successor.counts().opened), (3, 3, 0));
}

#[test]
fn a_cancellation_behind_the_command_is_read_before_the_first_call() {
    let mut stage = Stage::new();
    for number in 0..20 {
        stage.command(&format_compact!("s{number}"), 5_000, CommandStatus::Approved);
    }
    // More than is read in one round lies between them.
    for number in 0..2 * FETCH_MAX as i64 {
        stage.command(["s0", "s1", "s2", "s3"][number as usize % 4], 10_000 + 5_000 * number, CommandStatus::HeldOut);
    }
    for number in 0..20 {
        stage.command(&format_compact!("s{number}"), 5_000, CommandStatus::Cancelled);
    }
    let mut executor = stage.executor("one");
    stage.until_told(&mut [&mut executor], 20);
    assert!(stage.told().iter().all(|(_, kind)| *kind == FeedbackKind::Refused));
    assert!(stage.platform.calls().is_empty());
}

#[test]
fn commands_are_read_in_every_format_that_the_stream_writes_and_what_is_none_is_counted() {
    let mut stage = Stage::new();
    for (session, format) in [
        ("a", Format::Json),
        ("b", Format::Avro),
        ("c", Format::Confluent { schema_id: 7 }),
        ("d", Format::Confluent { schema_id: 8 }),
    ] {
        let command = sample::command(session, 5_000, InterventionKind::ChatPrompt, CommandStatus::Approved);
        let mut value = Vec::new();
        codec::encode(&command, format, &mut value).unwrap();
        stage.write(topics::INTERVENTION_COMMANDS, session, &value);
    }
    stage.write(topics::INTERVENTION_COMMANDS, "e", b"garbage");
    let mut executor = stage.executor("one");
    stage.until_told(&mut [&mut executor], 3);
    assert_eq!(stage.told(), executed(&["a:5000:0", "b:5000:0", "c:5000:0"]));
    let counts = executor.close().unwrap();
    assert_eq!(
        (counts.unreadable, counts.dead_lettered),
        (2, 2),
        "a schema that the registry does not have, and garbage"
    );
    // They are set aside as the stream does it, once.
    let letters = stage.records(DEAD_LETTERS);
    let mut values: Vec<&[u8]> = letters.iter().map(|letter| letter.value.as_deref().unwrap()).collect();
    values.sort_unstable();
    assert!(matches!(values[..], [[0, 0, 0, 0, 8, ..], b"garbage"]), "{letters:?}");
    let topic = |letter: &ConsumerRecord| {
        let topic = letter.headers.iter().find(|(name, _)| &**name == "__streams.errors.topic");
        topic.map(|(_, topic)| topic.to_vec())
    };
    assert!(letters.iter().all(|letter| topic(letter).as_deref() == Some(b"intervention-commands")), "{letters:?}");
    let mut successor = stage.executor("two");
    stage.until_told(&mut [&mut successor], 3);
    assert_eq!(stage.records(DEAD_LETTERS).len(), 2);
}

#[test]
fn a_pause_and_the_mode_off_stop_commands_though_the_stream_is_away() {
    let mut stage = Stage::new();
    stage.control("a", SessionKind::Paused, None);
    stage.control("b", SessionKind::Mode, Some(Mode::Off));
    stage.control("c", SessionKind::Paused, None);
    stage.control("c", SessionKind::Resumed, None);
    for session in ["a", "b", "c"] {
        stage.command(session, 5_000, CommandStatus::Approved);
    }
    let mut executor = stage.executor("one");
    stage.until_told(&mut [&mut executor], 3);
    let refused = |command: &str| (command.to_owned(), FeedbackKind::Refused);
    let [c] = <[_; 1]>::try_from(executed(&["c:5000:0"])).unwrap();
    assert_eq!(stage.told(), [refused("a:5000:0"), refused("b:5000:0"), c]);
    assert_eq!(stage.platform.calls().len(), 1);
}

#[test]
fn feedback_does_not_wait_for_an_earlier_command_that_is_tried_again() {
    let mut stage = Stage::new();
    stage.platform.next([Does::Asks("30")]);
    stage.command("a", 5_000, CommandStatus::Approved);
    let mut executor = stage.executor("one");
    let called = wait_for(PATIENCE, || {
        stage.clock.advance(10);
        executor.step().unwrap();
        (stage.platform.calls().len() == 1).then_some(())
    });
    assert!(called.is_some());
    // In the same partition, behind it.
    let same = (0..).map(|number| format!("b{number}"));
    let mut same =
        same.filter(|session| partition_of(session.as_bytes(), PARTITIONS) == partition_of(b"a", PARTITIONS));
    let session = same.next().unwrap();
    stage.command(&session, 5_000, CommandStatus::Approved);
    let told = wait_for(PATIENCE, || {
        stage.clock.advance(10);
        executor.step().unwrap();
        (stage.told().len() == 1).then_some(())
    });
    assert!(told.is_some());
    assert_eq!(stage.told(), executed(&[&format!("{session}:5000:0")]));
    // A successor finds the one that is open, and not the other one.
    drop(executor);
    let mut successor = stage.executor("one");
    stage.until_told(&mut [&mut successor], 2);
    assert_eq!(stage.told().len(), 2);
}

#[test]
fn an_executor_that_was_suspended_reports_nothing_for_partitions_that_moved() {
    let mut stage = Stage::new();
    stage.platform.next([Does::Hangs; 4]);
    for session in ["a", "b", "c", "d"] {
        stage.command(session, 5_000, CommandStatus::Approved);
    }
    let mut suspended = stage.executor("one");
    let called = wait_for(PATIENCE, || {
        stage.clock.advance(10);
        suspended.step().unwrap();
        (stage.platform.calls().len() >= 2).then_some(())
    });
    assert!(called.is_some());
    // Longer than the session time-out, and than the poll interval.
    stage.clock.advance(70_000);
    let mut other = stage.executor("two");
    stage.until_told(&mut [&mut other], 4);
    stage.until_told(&mut [&mut suspended, &mut other], 4);
    let commands: BTreeSet<String> = stage.told().into_iter().map(|(command, _)| command).collect();
    assert_eq!((stage.told().len(), commands.len()), (4, 4), "{:?}", stage.told());
}

#[test]
fn a_report_of_a_member_that_is_out_is_refused_though_it_does_not_know_yet() {
    let mut stage = Stage::new();
    for session in ["a", "b", "c", "d"] {
        stage.command(session, 5_000, CommandStatus::Approved);
    }
    let mut suspended = stage.executor("one");
    stage.until_called(&mut suspended, 4);
    // It has not taken the outcomes yet, and now it hangs.
    stage.clock.advance(70_000);
    let mut other = stage.executor("two");
    stage.until_told(&mut [&mut other], 4);
    suspended.take_reports();
    assert!(suspended.owned.values().any(|owned| !owned.ended.is_empty()));
    suspended.commit().unwrap();
    assert_eq!((suspended.counts().reported, suspended.counts().begun_anew, stage.told().len()), (0, 1, 4));
}

#[test]
fn a_command_of_which_somebody_else_tells_is_not_told_again() {
    let mut stage = Stage::new();
    for session in ["a", "b"] {
        stage.command(session, 5_000, CommandStatus::Approved);
    }
    let mut executor = stage.executor("one");
    stage.until_called(&mut executor, 2);
    let tell = |stage: &mut Stage, session: &str| {
        let told = format!(r#"{{"kind":"executed","command":"{session}:5000:0","at_ms":1,"attempts":1}}"#);
        stage.write(topics::INTERVENTION_FEEDBACK, session, told.as_bytes());
    };
    // Of one it reads before it knows itself how the call ended, of the other after.
    tell(&mut stage, "a");
    executor.read().unwrap();
    let is_known = wait_for(PATIENCE, || {
        executor.take_reports();
        executor.owned.values().any(|owned| owned.ended.contains_key("b:5000:0")).then_some(())
    });
    assert!(is_known.is_some());
    tell(&mut stage, "b");
    executor.read().unwrap();
    executor.commit().unwrap();
    stage.until_told(&mut [&mut executor], 2);
    assert_eq!(stage.told(), executed(&["a:5000:0", "b:5000:0"]));
}

#[test]
fn of_two_executors_with_one_name_the_older_one_ends_instead_of_fighting() {
    let mut stage = Stage::new();
    let mut older = stage.executor("one");
    stage.command("a", 5_000, CommandStatus::Approved);
    stage.until_told(&mut [&mut older], 1);
    let mut newer = stage.executor("one");
    for number in 1..=20 {
        stage.command(&format_compact!("s{number}"), 5_000, CommandStatus::Approved);
    }
    let refused = wait_for(PATIENCE, || {
        stage.clock.advance(10);
        newer.step().unwrap();
        older.step().err()
    });
    assert!(matches!(refused, Some(ExecutorError::Broker(BrokerError::ProducerFenced { .. }))), "{refused:?}");
    drop(older);
    // Its place in the group is free after the session time-out.
    stage.clock.advance(70_000);
    stage.until_told(&mut [&mut newer], 21);
    assert_eq!(stage.told().len(), 21);
}

/// Executors are killed at any step, two at a time at work, and the platform is as unreliable as they are.
#[test]
fn every_approved_command_has_exactly_one_feedback_whatever_executor_is_killed() {
    const COMMANDS: usize = 60;
    let mut stage = Stage::new();
    let mut random = domain::random::seed_of(&[b"executors are killed"]);
    let mut below = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let mut written = 0;
    let mut executors = [Some(stage.executor("one")), Some(stage.executor("two"))];
    let done = wait_for(Duration::from_secs(60), || {
        if written < COMMANDS {
            stage.command(&format_compact!("s{}", written % 17), 5_000 * (1 + written as i64), CommandStatus::Approved);
            written += 1;
            let does = [Does::Answers(204), Does::Answers(503), Does::Hangs, Does::Answers(204), Does::Asks("1")];
            stage.platform.next([does[below(5) as usize]]);
        }
        for (place, executor) in executors.iter_mut().enumerate() {
            for _ in 0..below(40) {
                stage.clock.advance(10);
                if let Some(executor) = executor {
                    executor.step().unwrap();
                }
            }
            // Killed without a word; while commands come, often.
            if written < COMMANDS && below(4) == 0 {
                *executor = None;
            }
            if executor.is_none() {
                *executor = Some(stage.executor(["one", "two"][place]));
            }
        }
        stage.clock.advance(100);
        (written == COMMANDS && stage.feedback().len() >= COMMANDS).then_some(())
    });
    assert!(done.is_some(), "{} of {COMMANDS} are told", stage.feedback().len());
    let [Some(mut one), Some(mut two)] = executors else { panic!() };
    stage.until_told(&mut [&mut one, &mut two], COMMANDS);
    let told = stage.told();
    let commands: BTreeSet<&String> = told.iter().map(|(command, _)| command).collect();
    assert_eq!((told.len(), commands.len()), (COMMANDS, COMMANDS));
    // Of a command that was executed, every call carried the same bytes.
    let mut bodies: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (key, body) in stage.platform.calls() {
        bodies.entry(key).or_default().insert(body.to_vec());
    }
    assert!(bodies.values().all(|bodies| bodies.len() == 1), "another body under the same key");
    let executed = told.iter().filter(|(_, kind)| *kind == FeedbackKind::Executed).count();
    assert!(executed > COMMANDS / 2, "{executed}");
}

const TRACE: TraceContext = TraceContext { trace_id: 0xc0ffee, span_id: 7, sampled: true };

/// What the feedback of a command carries.
fn trace_of_feedback(stage: &Stage, command: &str) -> Option<TraceContext> {
    let records = stage.records(topics::INTERVENTION_FEEDBACK);
    let is_of = |record: &&ConsumerRecord| String::from_utf8_lossy(record.value.as_deref().unwrap()).contains(command);
    TraceContext::of(&records.iter().find(is_of).unwrap().headers)
}

#[test]
fn without_a_collector_the_trace_of_a_command_is_handed_on_to_the_platform_and_to_the_feedback() {
    let mut stage = Stage::new();
    stage.traced_command("a", 5_000, CommandStatus::Approved, Some(TRACE));
    stage.command("b", 5_000, CommandStatus::Approved);
    let mut executor = stage.executor("one");
    stage.until_told(&mut [&mut executor], 2);
    let mut calls = stage.platform.traces();
    calls.sort_by_key(Option::is_some);
    assert_eq!(calls, [None, Some(TRACE)]);
    assert_eq!((trace_of_feedback(&stage, "a:5000:0"), trace_of_feedback(&stage, "b:5000:0")), (Some(TRACE), None));
}

#[test]
fn a_collector_sees_from_the_command_over_each_call_to_its_feedback_and_after_a_kill_the_same_ids() {
    let mut stage = Stage::new();
    let collector = stage.runtime.block_on(Collector::start());
    let spans =
        || Spans::new(&TelemetrySection { otlp_endpoint: collector.url() }, "conductor-executor", "one").unwrap();
    stage.platform.next([Does::Answers(503)]);
    stage.traced_command("a", 5_000, CommandStatus::Approved, Some(TRACE));
    let first = spans();
    let mut executor = stage.executor_with("one", first.clone());
    stage.until_told(&mut [&mut executor], 1);
    drop(executor);
    first.close();

    let seen = collector.spans();
    let of = |name: &str| seen.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let ([intervention], [content], [failed, called]) = (&of("intervention")[..], &of("content")[..], &of("call")[..])
    else {
        panic!("{seen:?}")
    };
    assert!(seen.iter().all(|span| span.trace_id == TRACE.trace_id && span.start_ms <= span.end_ms), "{seen:?}");
    assert_eq!(intervention.parent, TRACE.span_id);
    assert!([content, failed, called].iter().all(|span| span.parent == intervention.span_id), "{seen:?}");
    assert_eq!((failed.is_error, called.is_error, intervention.is_error), (true, false, false));
    let calls: Vec<u64> = stage.platform.traces().iter().map(|trace| trace.unwrap().span_id).collect();
    assert_eq!(calls, [failed.span_id, called.span_id]);
    assert_eq!(trace_of_feedback(&stage, "a:5000:0").unwrap().span_id, intervention.span_id);

    // Who does it again makes the same spans; one that came without a trace begins its own; and who is not sampled is handed on.
    let (again, other) = (Traces::new(spans()), TraceContext { sampled: false, ..TRACE });
    assert_eq!(again.of("a:5000:0", Some(TRACE)).unwrap().span_id, intervention.span_id);
    let begun = again.of("b:5000:0", None).unwrap();
    assert!(begun.trace_id != 0 && begun.trace_id != again.of("c:5000:0", None).unwrap().trace_id);
    assert_eq!((again.of("a:5000:0", Some(other)), again.call("a:5000:0", Some(other), 1)), (Some(other), Some(other)));
}
