//! Partitions that come and go.

use super::*;

/// Two keys in each of two partitions.
fn fill(fixture: &Fixture, at_ms: i64) {
    for partition in 0..2 {
        fixture.send("in", partition, &format!("p{partition}"), "1", at_ms);
    }
}

fn sorted(mut out: Vec<String>) -> Vec<String> {
    out.sort();
    out
}

fn owned(thread: &TestThread) -> Vec<String> {
    let running = thread.tasks().filter(|task| task.state == TaskState::Running);
    running.map(|task| task.id.to_string()).collect()
}

fn late_to_commit(instance: &str) -> ThreadSettings {
    let mut settings = Fixture::settings(instance);
    settings.pacing = PacingMode::Live;
    settings.commit_interval_ms = 3_600_000;
    settings
}

#[test]
fn what_is_revoked_is_committed_before_it_is_handed_on() {
    let fixture = Fixture::new(2);
    fill(&fixture, 0);
    let mut first = fixture.start(late_to_commit("one"));
    for _ in 0..10 {
        first.step().unwrap();
    }
    assert_eq!(owned(&first), ["0_0", "0_1"]);
    assert!(fixture.out().is_empty(), "nothing is committed yet");
    let mut second = fixture.start(late_to_commit("two"));
    for _ in 0..10 {
        second.step().unwrap();
        first.step().unwrap();
    }
    assert_eq!((owned(&first).len(), owned(&second).len()), (1, 1));
    assert_eq!(sorted(fixture.out()), ["p0=1", "p1=1"]);
    fill(&fixture, 10);
    first.commit_now().unwrap();
    for thread in [&mut first, &mut second] {
        for _ in 0..5 {
            thread.step().unwrap();
        }
        assert!(thread.commit_now().unwrap());
        assert_eq!(thread.counts().aborts, 0);
    }
    assert_eq!(sorted(fixture.out()), ["p0=1", "p0=2", "p1=1", "p1=2"], "the new owner knows the count");
}

#[test]
fn what_was_lost_is_dropped_and_done_by_its_new_owner() {
    let fixture = Fixture::new(2);
    fill(&fixture, 0);
    let mut settings = late_to_commit("one");
    settings.max_poll_interval_ms = 5_000;
    let mut first = fixture.start(settings);
    for _ in 0..10 {
        first.step().unwrap();
    }
    assert_eq!(owned(&first).len(), 2);
    fixture.clock.advance(5_001);
    let mut second = fixture.start(late_to_commit("two"));
    for _ in 0..10 {
        second.step().unwrap();
    }
    assert!(second.commit_now().unwrap());
    assert_eq!(owned(&second).len(), 2);
    assert!(fixture.out().is_empty(), "the first one's open transaction hides what lies behind it");
    for _ in 0..10 {
        first.step().unwrap();
        second.step().unwrap();
    }
    first.commit_now().unwrap();
    assert_eq!(sorted(fixture.out()), ["p0=1", "p1=1"], "the first has dropped its work");
    assert_eq!((owned(&first).len(), owned(&second).len()), (1, 1));
}

#[test]
fn a_static_member_comes_back_to_its_partitions_and_its_disk() {
    let fixture = Fixture::new(2);
    fill(&fixture, 0);
    let settings = |instance: &str| ThreadSettings {
        is_static_member: true,
        shutdown_group: ShutdownGroup::Remain,
        ..Fixture::settings(instance)
    };
    let disk = MemoryBackends::default();
    let mut first = fixture.start_with(settings("one"), &disk, |_| Answer::Pass);
    let mut second = fixture.start(settings("two"));
    for _ in 0..20 {
        first.step().unwrap();
        second.step().unwrap();
    }
    let (before, other) = (owned(&first), owned(&second));
    assert_eq!((before.len(), other.len()), (1, 1));
    first.close().unwrap();
    fixture.clock.advance(10_000);
    let mut first = fixture.start_with(settings("one"), &disk, |_| Answer::Pass);
    for _ in 0..20 {
        first.step().unwrap();
        second.step().unwrap();
        if owned(&second) != other {
            panic!("the other one was disturbed");
        }
    }
    assert_eq!(owned(&first), before);
    assert_eq!(first.tasks().next().unwrap().rebuilt, None);
    fill(&fixture, 10);
    for _ in 0..20 {
        first.step().unwrap();
        second.step().unwrap();
    }
    assert_eq!(sorted(fixture.out()), ["p0=1", "p0=2", "p1=1", "p1=2"]);
}

#[test]
fn a_member_that_leaves_hands_its_partitions_on_at_once() {
    let fixture = Fixture::new(2);
    let mut first = fixture.start(Fixture::settings("one"));
    let mut second = fixture.start(Fixture::settings("two"));
    for _ in 0..20 {
        first.step().unwrap();
        second.step().unwrap();
    }
    assert_eq!(owned(&second).len(), 1);
    first.close().unwrap();
    for _ in 0..20 {
        second.step().unwrap();
    }
    assert_eq!(owned(&second).len(), 2);
}

#[test]
fn topics_that_do_not_fit_are_refused_by_name() {
    let fixture = Fixture::new(2);
    let other = MemoryBroker::new(Arc::new(fixture.clock.clone()), Settings::default());
    let topics = [topic("in", 2), topic("side", 3), topic("out", 1)];
    let admin = other.admin().unwrap();
    let start = || {
        StreamThread::new(
            fixture.topology.clone(),
            other.clone(),
            Arc::new(MemoryBackends::default()),
            Arc::new(fixture.clock.clone()),
            Fixture::settings("one"),
        )
    };
    let missing = start().err().unwrap();
    assert!(missing.to_string().contains("in does not exist"), "{missing}");
    admin.create_topics(&topics).unwrap();
    create_internal_topics(&admin, &fixture.topology).unwrap();
    let mismatch = start().err().unwrap();
    assert!(mismatch.to_string().contains("in with 2 partitions and side with 3"), "{mismatch}");
    assert_eq!(mismatch.kind(), ThreadErrorKind::Stop);
}

/// The sum of all values.
#[derive(Default)]
struct Sum(u64);

impl crate::global::GlobalTable for Sum {
    fn apply(&mut self, _: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), crate::record::BoxError> {
        self.0 += core::str::from_utf8(value.unwrap_or_default())?.parse::<u64>()?;
        Ok(())
    }
}

/// Says what the table says.
struct Read {
    sum: crate::global::GlobalHandle<Sum>,
    out: Edge<String, String>,
}

impl Processor for Read {
    type Key = String;
    type Value = String;

    fn process(&mut self, record: Record<String, String>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let sum = context.global(self.sum)?.0;
        context.forward(self.out, Record::new(record.key, sum.to_string(), record.timestamp_ms))
    }
}

#[test]
fn a_task_starts_when_the_global_tables_are_read_to_their_end() {
    let mut fixture = Fixture::new(1);
    let mut builder = TopologyBuilder::new();
    let main = builder.source(SourceSpec::new("in-source", "in", decode_text)).unwrap();
    let sum = builder.global_table("side-source", "side", "sum", Sum::default).unwrap();
    let out = builder.edge();
    let spec = ProcessorSpec { stores: &[], forwards: &[out.id()], globals: &[sum.id()] };
    builder.processor("read", &[&main], spec, move || Read { sum, out }).unwrap();
    builder.sink("out-sink", "out", &out, encode_text).unwrap();
    fixture.topology = Arc::new(builder.build("app").unwrap());
    create_internal_topics(&fixture.broker.admin().unwrap(), &fixture.topology).unwrap();
    fixture.send("in", 0, "a", "1", 0);
    for value in ["1", "2", "no number", "3"] {
        fixture.send("side", 0, "a", value, 0);
    }
    let mut thread = fixture.start(ThreadSettings { restore_records_per_step: 1, ..Fixture::settings("one") });
    run(&mut thread);
    assert_eq!(fixture.out(), ["6"]);
    assert_eq!(thread.globals_skipped(), 1);
}
