use topology::wire::FeedbackKind;

use super::*;
use crate::database::testing::Stage;

const PLACE: Place = Place { partition: 3, offset: 41 };
const KEY: Key<'_> = Key { command: "s:5000:0", session: "s", place: PLACE, deadline_ms: 9_000 };

async fn store(stage: &Stage) -> CommandStore {
    CommandStore::new(stage.open().await)
}

fn draft(content: &str) -> Draft {
    Draft {
        content: content.to_owned(),
        provider: "templates".to_owned(),
        tokens_in: Some(7),
        tokens_out: None,
        cost_usd: Some(0.25),
    }
}

fn feedback(kind: FeedbackKind) -> InterventionFeedback {
    InterventionFeedback {
        kind,
        id: None,
        command: KEY.command.into(),
        at_ms: 6_000,
        attempts: 1,
        content: Some("How is the pace?".into()),
        provider: None,
        tokens_in: None,
        tokens_out: None,
        cost_usd: None,
        error: None,
    }
}

#[tokio::test]
async fn who_tries_again_sends_the_body_that_was_written_first() {
    for stage in Stage::both() {
        let first = store(&stage).await;
        assert_eq!(first.find(KEY.command).await.unwrap(), None);
        let begun = first.begin(KEY, b"first", &draft("first"), 1).await.unwrap().unwrap();
        assert_eq!((begun.attempts, begun.body.as_deref(), begun.place), (1, Some(b"first".as_slice()), PLACE));
        drop(first);
        // After a kill.
        let second = store(&stage).await;
        let elsewhere = Key { place: Place { offset: 99, ..PLACE }, deadline_ms: 99_000, ..KEY };
        let begun = second.begin(elsewhere, b"second", &draft("second"), 2).await.unwrap().unwrap();
        let kept = Kept {
            place: PLACE,
            deadline_ms: 9_000,
            attempts: 2,
            body: Some(b"first".to_vec()),
            draft: Some(draft("first")),
            feedback: None,
        };
        assert_eq!(begun, kept);
        assert_eq!(second.find(KEY.command).await.unwrap(), Some(kept));
    }
}

#[tokio::test]
async fn a_late_finish_does_not_replace_the_first_verdict_and_after_it_nobody_calls() {
    for stage in Stage::both() {
        let store = store(&stage).await;
        store.begin(KEY, b"body", &draft("text"), 1).await.unwrap().unwrap();
        let executed = feedback(FeedbackKind::Executed);
        assert_eq!(store.finish(KEY, &executed, 2).await.unwrap(), executed);
        assert_eq!(store.finish(KEY, &feedback(FeedbackKind::Failed), 3).await.unwrap(), executed);
        assert_eq!(store.begin(KEY, b"body", &draft("text"), 4).await.unwrap(), None);
        let kept = store.find(KEY.command).await.unwrap().unwrap();
        assert_eq!((kept.attempts, kept.feedback), (1, Some(executed)));
    }
}

#[tokio::test]
async fn a_verdict_without_any_call_is_kept_too() {
    for stage in Stage::both() {
        let store = store(&stage).await;
        let expired = feedback(FeedbackKind::Expired);
        assert_eq!(store.finish(KEY, &expired, 2).await.unwrap(), expired);
        assert_eq!(store.begin(KEY, b"body", &draft("text"), 4).await.unwrap(), None);
    }
}

#[tokio::test]
async fn of_many_who_begin_and_finish_at_once_each_is_counted_and_one_verdict_stands() {
    for stage in Stage::both() {
        // Each has connections of its own, as processes have.
        let mut working = Vec::new();
        for number in 0..8 {
            let store = store(&stage).await;
            working.push(tokio::spawn(async move {
                let begun = store.begin(KEY, &[number], &draft("text"), 1).await.unwrap().unwrap();
                (begun.attempts, begun.body)
            }));
        }
        let mut begun = Vec::new();
        for one in working {
            begun.push(one.await.unwrap());
        }
        begun.sort();
        assert_eq!(begun.iter().map(|(attempts, _)| *attempts).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
        assert!(begun.iter().all(|(_, body)| *body == begun[0].1), "{begun:?}");
        let mut ending = Vec::new();
        for kind in [FeedbackKind::Executed, FeedbackKind::Failed, FeedbackKind::Refused, FeedbackKind::Expired] {
            let store = store(&stage).await;
            ending.push(tokio::spawn(async move { store.finish(KEY, &feedback(kind), 2).await.unwrap() }));
        }
        let mut stand = Vec::new();
        for one in ending {
            stand.push(one.await.unwrap());
        }
        assert!(stand.iter().all(|verdict| *verdict == stand[0]), "{stand:?}");
    }
}

#[tokio::test]
async fn what_is_old_is_forgotten_in_bounded_steps() {
    for stage in Stage::both() {
        let store = store(&stage).await;
        for number in 0..10 {
            let command = format!("s:{number}:0");
            let key = Key { command: &command, ..KEY };
            store.finish(key, &feedback(FeedbackKind::Expired), number).await.unwrap();
        }
        assert_eq!(store.prune(7, 5).await.unwrap(), 5);
        assert_eq!(store.prune(7, 5).await.unwrap(), 2);
        assert_eq!(store.prune(7, 5).await.unwrap(), 0);
        assert!(store.find("s:7:0").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_can_not_be_opened_is_said_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no database");
    std::fs::write(&file, "x".repeat(10_000)).unwrap();
    let nowhere = folder.path().join("none/commands.db");
    for url in [
        format!("sqlite://{}", file.display()),
        format!("sqlite://{}", nowhere.display()),
        "postgres://u@127.0.0.1:1/none".to_owned(),
        "mysql://u@127.0.0.1/none".to_owned(),
    ] {
        let error = Database::open(&url, Some("hunter2")).await.unwrap_err().to_string();
        assert!(error.contains("database") && !error.contains("hunter2"), "{url}: {error}");
    }
}
