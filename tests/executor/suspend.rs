use cluster::clock::wait_for;
use rustix::process::Signal;
use topology::wire::topics;

use crate::instance::Instance;
use crate::platform::Platform;
use crate::stage::{PATIENCE, Stage, approved, stop};

const ROUNDS: usize = 4;
/// Commands that come in each round.
const COMMANDS: usize = 60;
/// So many calls are made before an executor is suspended: it is in the middle of it.
const CALLS: u64 = 8;
const PARTITIONS: u64 = 6;

#[test]
fn an_executor_that_was_suspended_while_its_peer_took_over_does_nothing_twice() {
    let stage = Stage::new(Platform::faulty());
    let mut executors = ["one", "two"].map(|name| stage.executor(name));
    for round in 0..ROUNDS {
        each_has_half(&mut executors);
        let commands: Vec<_> = (round * COMMANDS..(round + 1) * COMMANDS).map(approved).collect();
        stage.write(topics::INTERVENTION_COMMANDS, &commands);
        let before = stage.platform.calls();
        assert!(wait_for(PATIENCE, || (stage.platform.calls() >= before + CALLS).then_some(())).is_some());

        let (suspended, peer) = (round % 2, 1 - round % 2);
        executors[suspended].signal(Signal::STOP);
        let told = stage.feedback().len();
        let is_done = wait_for(PATIENCE, || {
            executors[peer].check();
            let has_all = counted(&executors[peer], "partitions")? == PARTITIONS;
            (has_all && stage.feedback().len() == (round + 1) * COMMANDS).then_some(())
        });
        assert!(is_done.is_some(), "the peer does not take over: {}", executors[peer].said());
        assert!(told < (round + 1) * COMMANDS, "it was suspended when all was done");
        executors[suspended].signal(Signal::CONT);
    }
    each_has_half(&mut executors);
    stop(&mut executors);
    let feedback = stage.feedback();
    assert_eq!(feedback.len(), ROUNDS * COMMANDS);
    stage.platform.agrees_with(&feedback);
    println!("{} calls for {} commands", stage.platform.calls(), feedback.len());
}

/// Waits until both are members, and each has its share.
fn each_has_half(executors: &mut [Instance]) {
    let is_shared = wait_for(PATIENCE, || {
        executors.iter_mut().for_each(Instance::check);
        let is_half = |executor: &Instance| {
            executor.ask("/healthz/ready").is_some_and(|(status, _)| status == 200)
                && counted(executor, "partitions") == Some(PARTITIONS / 2)
        };
        executors.iter().all(is_half).then_some(())
    });
    assert!(is_shared.is_some(), "they do not share: {}", executors.iter().map(Instance::said).collect::<String>());
}

/// What an executor has counted under this name.
fn counted(executor: &Instance, name: &str) -> Option<u64> {
    let (_, metrics) = executor.ask("/metrics")?;
    let begin = format!("engagement_conductor_executor_{name} ");
    metrics.lines().find_map(|line| line.strip_prefix(&begin)?.parse().ok())
}
