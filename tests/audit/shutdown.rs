//! SIGTERM: the process commits and ends in order, soon, whatever it is doing. Whoever stops it will not wait.

use std::time::Duration;

use cluster::clock::wait_for;
use topology::wire::topics;

use crate::instance::Instance;
use crate::stage::{APPLICATION, Stage};
use crate::topic::{lag, partitions};

/// Half of what Kubernetes would wait by default is far more.
const SOON: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes per second and consumer: there is always more to read.
const SLOW: u64 = 200_000;
/// A restore that does not end by itself.
const SLOWEST: u64 = 2_000;

fn stops_in_order(instance: &mut Instance) {
    let status = instance.stop_within(SOON);
    assert!(status.success(), "it ends with {status}: {}", instance.said());
}

/// Waits for a task of which this is true.
fn await_task(instance: &mut Instance, what: &str, is_so: impl Fn(&serde_json::Value) -> bool) {
    let found = wait_for(PATIENCE, || {
        instance.check();
        instance.tasks()?.iter().any(&is_so).then_some(())
    });
    assert!(found.is_some(), "no task {what}: {:?} {}", instance.tasks(), instance.said());
}

#[test]
fn a_process_that_is_told_to_stop_ends_in_order_within_five_seconds_whatever_it_is_doing() {
    let mut stage = Stage::new();
    stage.replay(&stage.events(&["--sessions", "8", "--minutes", "30"]), "max");
    let broker = stage.broker();
    let inputs: Vec<_> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    let mut instance = stage.instance("stopped", "2", &[]);

    // Under load.
    stage.limit_consumers(SLOW, None);
    instance.start();
    await_task(&mut instance, "works", |task| task["processed"].as_u64().unwrap() > 500);
    stops_in_order(&mut instance);
    let left = lag(&broker, APPLICATION, &inputs).unwrap();
    assert!(left > 0, "it was not under load");

    // During a restore.
    stage.limit_consumers(SLOWEST, None);
    instance.wipe();
    instance.start();
    await_task(&mut instance, "is restored", |task| task["state"] == "restoring");
    stops_in_order(&mut instance);
    assert_eq!(lag(&broker, APPLICATION, &inputs).unwrap(), left, "what is not restored processes nothing");

    // With a broker that hangs, and with one that is gone.
    stage.unlimit_consumers();
    instance.start();
    instance.await_ready();
    stage.cluster.suspend().unwrap();
    stops_in_order(&mut instance);
    stage.cluster.resume().unwrap();
    instance.start();
    instance.await_ready();
    stage.cluster.stop().unwrap();
    stops_in_order(&mut instance);

    // And nothing of all that was in the way of the work.
    stage.cluster.restart().unwrap();
    instance.start();
    let drained = wait_for(PATIENCE, || (lag(&broker, APPLICATION, &inputs) == Some(0)).then_some(()));
    let left = lag(&broker, APPLICATION, &inputs);
    assert!(
        drained.is_some(),
        "the work does not go on, {left:?} are left: {:?} {}",
        instance.tasks(),
        instance.said()
    );
    stops_in_order(&mut instance);
}
