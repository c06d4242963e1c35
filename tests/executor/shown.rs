use cluster::clock::wait_for;
use topology::wire::topics;

use crate::instance::Instance;
use crate::platform::Platform;
use crate::stage::{PATIENCE, Stage, approved, stop};

/// Waits until it says so.
fn says(executor: &Instance, expect: u16, words: &str) {
    let told = wait_for(PATIENCE, || {
        executor.ask("/healthz/ready").filter(|(status, said)| *status == expect && said.contains(words))
    });
    assert!(told.is_some(), "{:?}", executor.ask("/healthz/ready"));
}

#[test]
fn an_executor_shows_whether_it_is_ready_and_why_not_and_what_it_has_done() {
    let mut stage = Stage::new(Platform::reliable());
    let executor = stage.executor("one");
    says(&executor, 200, "ok");
    stage.write(topics::INTERVENTION_COMMANDS, &(0..20).map(approved).collect::<Vec<_>>());
    assert!(wait_for(PATIENCE, || (stage.feedback().len() == 20).then_some(())).is_some());
    let (status, metrics) = executor.ask("/metrics").unwrap();
    for line in [
        "engagement_conductor_executor_feedback_total 20",
        "engagement_conductor_executor_open_commands 0",
        "engagement_conductor_content_written_total{provider=\"templates\"} 20",
        "engagement_conductor_executor_calls_total{answer=\"executed\"} 20",
    ] {
        assert!(status == 200 && metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }

    // Without its database it begins nothing, says so, and goes on by itself.
    stage.kill_database();
    stage.write(topics::INTERVENTION_COMMANDS, &(20..40).map(approved).collect::<Vec<_>>());
    says(&executor, 503, "the database does not answer");
    assert_eq!(executor.ask("/healthz/live").unwrap().0, 200);
    stage.restart_database();
    assert!(wait_for(PATIENCE, || (stage.feedback().len() == 40).then_some(())).is_some());
    says(&executor, 200, "ok");
    stop(&mut [executor]);
}
