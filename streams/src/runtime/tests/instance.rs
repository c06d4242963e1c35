//! What an instance promises of its threads.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::*;
use crate::clock::Clock;

/// How long a thread may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_MS: u64 = 60_000;

/// Says what it processes; "panic" makes it panic.
struct Tell(Sender<String>);

impl Processor for Tell {
    type Key = String;
    type Value = String;

    fn process(&mut self, record: Record<String, String>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        self.0.send(record.value.clone()).unwrap();
        assert_ne!(record.value, "panic", "on request");
        context.schedule(record.timestamp_ms, b"key");
        Ok(())
    }
}

/// A topology over `in` that tells what it processes.
fn telling() -> (Arc<Topology>, Receiver<String>) {
    let (sender, told) = channel();
    let mut builder = TopologyBuilder::new();
    let main = builder.source(SourceSpec::new("in-source", "in", decode_text)).unwrap();
    builder.processor("tell", &[&main], ProcessorSpec::default(), move || Tell(sender.clone())).unwrap();
    (Arc::new(builder.build("app").unwrap()), told)
}

/// One thread over `topology`; the plan decides on its calls.
fn start(
    fixture: &Fixture,
    topology: &Arc<Topology>,
    replacements_max: u32,
    plan: impl FnMut(&Call) -> Answer + Send + 'static,
) -> Instance {
    let broker = FaultyBroker::new(fixture.broker.clone(), Faults::new("one", plan));
    let backends: Arc<dyn BackendProvider> = Arc::new(MemoryBackends::default());
    let clock: Arc<dyn Clock> = Arc::new(fixture.clock.clone());
    let settings =
        InstanceSettings { threads: 1, thread: Fixture::settings("one"), replacements_max, metadata_max_age_ms: 0 };
    create_internal_topics(&fixture.broker.admin().unwrap(), topology).unwrap();
    Instance::start(topology, &broker, &backends, &clock, &settings).unwrap()
}

fn state(instance: &Instance) -> ThreadState {
    instance.threads()[0].state
}

/// Refuses the first `refused` connections, and tells of each.
fn refuse(refused: u32) -> (impl FnMut(&Call) -> Answer + Send + 'static, Receiver<u32>) {
    let (sender, connections) = channel();
    let mut calls = 0;
    let plan = move |call: &Call| {
        if call.operation != Operation::Connect {
            return Answer::Pass;
        }
        calls += 1;
        let _ = sender.send(calls);
        if calls <= refused { Answer::Refuse } else { Answer::Pass }
    };
    (plan, connections)
}

#[test]
fn closing_commits_what_was_done_and_ends_every_thread() {
    let fixture = Fixture::new(1);
    let (topology, told) = telling();
    fixture.send("in", 0, "key", "hello", 0);
    let instance = start(&fixture, &topology, 0, |_| Answer::Pass);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "hello");
    assert!(instance.join(PATIENCE_MS));
    assert_eq!((state(&instance), instance.failure()), (ThreadState::Stopped, None));
    assert_eq!(fixture.offset("in", 0), Some(1));
}

#[test]
fn a_thread_that_fails_is_replaced_and_its_successor_does_the_work() {
    let fixture = Fixture::new(1);
    let (topology, told) = telling();
    fixture.send("in", 0, "key", "hello", 0);
    let (plan, _connections) = refuse(2);
    let instance = start(&fixture, &topology, 5, plan);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "hello");
    let thread = instance.threads().remove(0);
    assert_eq!((thread.replaced, thread.state), (2, ThreadState::Running));
    assert!(thread.error.unwrap().contains("not available"), "why it was replaced stays to be seen");
    assert!(instance.join(PATIENCE_MS));
}

#[test]
fn a_thread_that_fails_again_and_again_fails_the_instance() {
    let fixture = Fixture::new(1);
    let (topology, _told) = telling();
    let (plan, connections) = refuse(u32::MAX);
    let instance = start(&fixture, &topology, 2, plan);
    while connections.recv_timeout(PATIENCE).unwrap() < 3 {}
    assert!(instance.join(PATIENCE_MS));
    assert_eq!(state(&instance), ThreadState::Failed);
    assert!(instance.failure().unwrap().contains("not available"));
    assert!(connections.try_recv().is_err(), "it has given up");
}

#[test]
fn what_no_successor_would_survive_fails_at_once() {
    let fixture = Fixture::new(1);
    let (topology, _told) = telling();
    let mut settings = Fixture::settings("one");
    settings.application_id = "another".to_owned();
    let backends: Arc<dyn BackendProvider> = Arc::new(MemoryBackends::default());
    let clock: Arc<dyn Clock> = Arc::new(fixture.clock.clone());
    let settings = InstanceSettings { threads: 1, thread: settings, replacements_max: 9, metadata_max_age_ms: 0 };
    let instance = Instance::start(&topology, &fixture.broker, &backends, &clock, &settings).unwrap();
    assert!(instance.join(PATIENCE_MS));
    assert_eq!((state(&instance), instance.threads()[0].replaced), (ThreadState::Failed, 0));
    assert!(instance.failure().unwrap().contains("use one application id"));
}

#[test]
fn a_panic_fails_the_instance_and_is_told() {
    let fixture = Fixture::new(1);
    let (topology, told) = telling();
    fixture.send("in", 0, "key", "panic", 0);
    let instance = start(&fixture, &topology, 9, |_| Answer::Pass);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "panic");
    assert!(instance.join(PATIENCE_MS));
    assert_eq!(state(&instance), ThreadState::Failed);
    assert!(instance.failure().unwrap().contains("on request"), "{:?}", instance.failure());
    assert_eq!(fixture.offset("in", 0), None, "nothing of it was committed");
}
