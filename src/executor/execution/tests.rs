use governor::{Quota, RateLimiter};
use streams::clock::ManualClock;
use tempfile::TempDir;
use topology::wire::{CommandStatus, InterventionKind};

use super::*;
use crate::content::templates;
use crate::database::Database;
use crate::executor::testing::{Does, Platform, execution, store};
use crate::report::sample;

const NOW: Millis = 1_000_000;
const LIFE: Millis = 60_000;

struct Stage {
    execution: Execution,
    platform: Platform,
    clock: ManualClock,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (platform, clock) = (Platform::default(), ManualClock::at(NOW));
        let execution = execution(&platform, &clock, &folder).await;
        Self { execution, platform, clock, folder }
    }

    fn job(&self, tick: Millis) -> Job {
        let command = sample::command("s", tick, InterventionKind::ChatPrompt, CommandStatus::Approved);
        Job {
            command: Arc::new(command),
            place: Place { partition: 0, offset: tick },
            deadline_ms: NOW + LIFE,
            trace: None,
            attempts: Attempts::default(),
            stop: Arc::default(),
        }
    }

    /// Runs the job as often as it wants, and lets the time pass that it asks for.
    async fn to_its_end(&self, mut job: Job) -> InterventionFeedback {
        loop {
            match self.execution.run(job.clone()).await {
                Outcome::Ended(feedback) => return *feedback,
                Outcome::Again(attempts) => {
                    self.clock.set(attempts.not_before_ms.max(self.clock.now_ms()));
                    job.attempts = attempts;
                }
                Outcome::Duplicate => panic!("it is no duplicate"),
            }
        }
    }
}

#[tokio::test]
async fn a_command_that_is_carried_out_is_told_with_what_was_said() {
    let stage = Stage::new().await;
    let job = stage.job(5_000);
    let said = templates::write(&job.command).unwrap().to_string();
    let feedback = stage.to_its_end(job).await;
    assert_eq!((feedback.kind, feedback.attempts, feedback.error), (FeedbackKind::Executed, 1, None));
    assert_eq!((feedback.content.as_deref(), feedback.provider.as_deref()), (Some(said.as_str()), Some("templates")));
    let calls = stage.platform.calls();
    assert!(calls.len() == 1 && calls[0].0 == "s:5000:0", "{calls:?}");
}

#[tokio::test]
async fn a_platform_that_is_busy_is_asked_again_when_it_says_so_with_the_same_bytes() {
    let stage = Stage::new().await;
    stage.platform.next([Does::Asks("7"), Does::Answers(503)]);
    let job = stage.job(5_000);
    let Outcome::Again(attempts) = stage.execution.run(job.clone()).await else { panic!() };
    assert_eq!((attempts.begun, attempts.not_before_ms), (1, NOW + 7_000));
    assert_eq!(stage.platform.calls().len(), 1);
    let feedback = stage.to_its_end(Job { attempts, ..job }).await;
    assert_eq!((feedback.kind, feedback.attempts), (FeedbackKind::Executed, 3));
    let calls = stage.platform.calls();
    assert!(calls.len() == 3 && calls.iter().all(|call| *call == calls[0]), "{calls:?}");
}

#[tokio::test]
async fn a_platform_that_stays_down_is_told_at_the_deadline_with_its_last_words() {
    let stage = Stage::new().await;
    stage.platform.next([Does::Answers(503); 1_000]);
    let feedback = stage.to_its_end(stage.job(5_000)).await;
    assert_eq!((feedback.kind, feedback.error.as_deref()), (FeedbackKind::Failed, Some("HTTP 503")));
    assert!((3..40).contains(&feedback.attempts), "{}", feedback.attempts);
}

#[tokio::test]
async fn a_call_without_an_answer_is_made_again_and_told_as_unknown_if_none_ever_comes() {
    let stage = Stage::new().await;
    stage.platform.next([Does::Hangs]);
    assert_eq!(stage.to_its_end(stage.job(5_000)).await.kind, FeedbackKind::Executed);
    stage.platform.next([Does::Hangs]);
    let job = Job { deadline_ms: stage.clock.now_ms() + 1, ..stage.job(10_000) };
    let feedback = stage.to_its_end(job).await;
    let error = feedback.error.unwrap();
    assert!(feedback.kind == FeedbackKind::Failed && error.contains("unknown"), "{error}");
}

#[tokio::test]
async fn after_a_kill_the_same_bytes_are_sent_and_a_verdict_is_not_made_twice() {
    let stage = Stage::new().await;
    stage.platform.next([Does::Hangs]);
    let job = stage.job(5_000);
    let Outcome::Again(_) = stage.execution.run(job.clone()).await else { panic!() };
    // Another process knows nothing but the store. Its organiser has other words by now.
    let mut command = (*job.command).clone();
    command.content = Some("something else".into());
    let other = Job { command: Arc::new(command), ..job.clone() };
    let feedback = stage.to_its_end(other).await;
    let calls = stage.platform.calls();
    assert_eq!((feedback.attempts, calls.len()), (2, 2));
    assert_eq!(calls[0], calls[1]);
    // And a third one finds it done.
    assert_eq!(stage.to_its_end(job).await, feedback);
    assert_eq!(stage.platform.calls().len(), 2);
}

#[tokio::test]
async fn a_second_record_of_a_command_is_silent() {
    let stage = Stage::new().await;
    let job = stage.job(5_000);
    stage.to_its_end(job.clone()).await;
    let elsewhere = Job { place: Place { partition: 0, offset: 77 }, ..job };
    assert_eq!(stage.execution.run(elsewhere).await, Outcome::Duplicate);
    assert_eq!(stage.platform.calls().len(), 1);
}

#[tokio::test]
async fn what_stops_a_command_is_seen_after_the_wait_for_a_permit() {
    let stage = Arc::new(Stage::new().await);
    let taken = stage.execution.permits.acquire_many(2).await.unwrap();
    let job = stage.job(5_000);
    let stop = Arc::clone(&job.stop);
    let waiting = tokio::spawn({
        let stage = Arc::clone(&stage);
        async move { stage.execution.run(job).await }
    });
    tokio::task::yield_now().await;
    stop.set(Some(Stop::Paused));
    drop(taken);
    let Outcome::Ended(feedback) = waiting.await.unwrap() else { panic!() };
    assert_eq!((feedback.kind, feedback.error.as_deref()), (FeedbackKind::Refused, Some("the session is paused")));
    assert!(stage.platform.calls().is_empty());
}

#[tokio::test]
async fn a_command_that_is_stopped_waits_for_no_permit() {
    let stage = Stage::new().await;
    let _taken = stage.execution.permits.acquire_many(2).await.unwrap();
    let job = stage.job(5_000);
    job.stop.set(Some(Stop::Cancelled));
    assert_eq!(stage.to_its_end(job).await.kind, FeedbackKind::Refused);
}

#[tokio::test]
async fn a_command_whose_time_is_over_is_expired_without_a_call() {
    let stage = Stage::new().await;
    let feedback = stage.to_its_end(Job { deadline_ms: NOW, ..stage.job(5_000) }).await;
    assert_eq!((feedback.kind, feedback.attempts), (FeedbackKind::Expired, 0));
    assert!(stage.platform.calls().is_empty());
}

#[tokio::test]
async fn a_platform_that_is_down_is_left_alone_for_a_while() {
    let stage = Stage::new().await;
    stage.platform.next([Does::Answers(500); 3]);
    for tick in [5_000, 10_000, 15_000, 20_000, 25_000] {
        let Outcome::Again(_) = stage.execution.run(stage.job(tick)).await else { panic!() };
    }
    assert_eq!(stage.platform.calls().len(), 3, "the breaker is open");
    stage.clock.set(NOW + 5_000);
    assert_eq!(stage.to_its_end(stage.job(20_000)).await.kind, FeedbackKind::Executed);
}

#[tokio::test]
async fn without_its_store_an_executor_calls_nobody() {
    let mut stage = Stage::new().await;
    stage.execution.store = store(&stage.folder).await;
    // The file is gone, and what opens it now finds no tables.
    let Database::Sqlite(pool) = Database::open("sqlite://:memory:", None).await.unwrap() else { panic!() };
    sqlx::query("DROP TABLE commands").execute(&pool).await.unwrap();
    stage.execution.store = CommandStore::new(Database::Sqlite(pool));
    let Outcome::Again(attempts) = stage.execution.run(stage.job(5_000)).await else { panic!() };
    assert_eq!((attempts.begun, attempts.not_before_ms), (0, NOW + 1_000));
    assert!(stage.platform.calls().is_empty());
}

#[tokio::test]
async fn what_a_person_wrote_is_said_and_what_may_not_be_shown_is_not() {
    let stage = Stage::new().await;
    for (tick, edited, kind) in [
        (5_000, "Back in two minutes?", FeedbackKind::Executed),
        (10_000, "see evil.example.com", FeedbackKind::Failed),
    ] {
        let job = stage.job(tick);
        let mut command = (*job.command).clone();
        command.content = Some(edited.into());
        let feedback = stage.to_its_end(Job { command: Arc::new(command), ..job }).await;
        assert_eq!(feedback.kind, kind, "{edited}");
    }
    let calls = stage.platform.calls();
    assert!(calls.len() == 1 && String::from_utf8_lossy(&calls[0].1).contains("Back in two minutes?"), "{calls:?}");
}

#[tokio::test]
async fn a_call_that_has_waited_for_its_turn_is_not_made_when_its_time_is_over() {
    let mut stage = Stage::new().await;
    let period = Duration::from_millis(200);
    stage.execution.limiter = Quota::with_period(period).map(RateLimiter::direct);
    let stage = Arc::new(stage);
    assert_eq!(stage.to_its_end(stage.job(5_000)).await.kind, FeedbackKind::Executed);
    let waiting = Arc::clone(&stage);
    let waiting = tokio::spawn(async move { waiting.to_its_end(waiting.job(10_000)).await });
    tokio::task::yield_now().await;
    stage.clock.set(NOW + LIFE + 1);
    assert_eq!(waiting.await.unwrap().kind, FeedbackKind::Expired);
    assert_eq!(stage.platform.calls().len(), 1);
}
