use std::collections::BTreeSet;
use std::time::Duration;

use cluster::clock::wait_for;
use topology::wire::{FeedbackKind, topics};

use crate::history;
use crate::platform::Platform;
use crate::stage::{PATIENCE, Stage, approved};

const COMMANDS: usize = 600;
/// Before each kill the executors have made so many calls more: they are in the middle of it.
const CALLS: u64 = 8;
/// Until then the next owner has the partitions, however busy the machine.
const LIVES: Duration = Duration::from_secs(30);
const KILLS: usize = 10;
/// Scores that come between two kills.
const SCORES: usize = 2_000;

#[test]
fn every_approved_command_is_told_once_and_carried_out_at_most_once_whatever_executor_is_killed() {
    let stage = Stage::new(Platform::faulty());
    let commands: Vec<(String, Vec<u8>)> = (0..COMMANDS).map(approved).collect();
    stage.write(topics::INTERVENTION_COMMANDS, &commands);
    let results: Vec<(String, Vec<u8>)> = commands.iter().map(|(_, command)| history::result(command)).collect();
    let names = ["one", "two"];
    let mut executors = names.map(|name| Some(stage.executor(name)));
    let mut in_the_middle = 0;
    for kill in 0..KILLS {
        // History goes on meanwhile.
        let scores: Vec<_> = (0..SCORES).map(|number| history::score(kill * SCORES + number)).collect();
        stage.write(topics::ENGAGEMENT_SCORES, &scores);
        stage.write(topics::INTERVENTION_RESULTS, &results[kill * COMMANDS / KILLS..(kill + 1) * COMMANDS / KILLS]);
        let place = kill % names.len();
        let before = calls(&stage);
        let worked = wait_for(LIVES, || {
            executors.iter_mut().flatten().for_each(|executor| executor.check());
            (calls(&stage) >= before + CALLS).then_some(())
        });
        in_the_middle += usize::from(worked.is_some());
        // Killed without a word; half of them come back at once.
        executors[place] = None;
        if kill % 4 < 2 {
            executors[place] = Some(stage.executor(names[place]));
        }
        let other = &mut executors[1 - place];
        if other.is_none() {
            *other = Some(stage.executor(names[1 - place]));
        }
    }
    for (executor, name) in executors.iter_mut().zip(names) {
        executor.get_or_insert_with(|| stage.executor(name));
    }
    let mut looks = 0_u32;
    let done = wait_for(PATIENCE, || {
        executors.iter_mut().flatten().for_each(|executor| executor.check());
        looks += 1;
        (looks.is_multiple_of(20) && stage.feedback().len() >= COMMANDS).then_some(())
    });
    assert!(
        done.is_some(),
        "{} of {COMMANDS} are told\n{}\n{}",
        stage.feedback().len(),
        stage.said("one"),
        stage.said("two")
    );
    // All that the topics say is in the database, each record once.
    let told = history::told(&stage);
    let kept = wait_for(PATIENCE, || {
        executors.iter_mut().flatten().for_each(|executor| executor.check());
        looks += 1;
        let kept = looks.is_multiple_of(20).then(|| history::kept(&stage))?;
        (kept == told).then_some(kept)
    });
    if kept.is_none() {
        let (kept, said) = (history::kept(&stage), [stage.said("one"), stage.said("two")].concat());
        let missing: Vec<_> = told.iter().filter(|line| !kept.contains(line)).collect();
        let more: Vec<_> = kept.iter().filter(|line| !told.contains(line)).collect();
        panic!("{} missing {:?}; {} more {:?}\n{said}", missing.len(), missing.first(), more.len(), more.first());
    }
    assert_eq!(told.len(), KILLS * SCORES + COMMANDS + hours(&told));
    executors.iter_mut().flatten().for_each(|executor| executor.stop());

    let feedback = stage.feedback();
    let told: BTreeSet<&str> = feedback.iter().map(|feedback| feedback.command.as_str()).collect();
    assert_eq!((feedback.len(), told.len()), (COMMANDS, COMMANDS));
    let keys = stage.platform.keys();
    for one in &feedback {
        let known = keys.get(one.command.as_str()).cloned().unwrap_or_default();
        assert!(known.acted <= 1 && known.bodies.len() <= 1, "{}: {known:?}", one.command);
        if one.kind == FeedbackKind::Executed {
            assert_eq!(known.acted, 1, "{} is told as executed and was not", one.command);
        }
    }
    assert_eq!(in_the_middle, KILLS, "some were killed that did nothing");
    let executed = feedback.iter().filter(|feedback| feedback.kind == FeedbackKind::Executed).count();
    let again = keys.values().filter(|known| known.calls > 1).count();
    assert!(executed > COMMANDS * 9 / 10 && again > COMMANDS / 10, "{executed} executed, {again} called again");
}

/// How many of the lines are totals; together they count each result once.
fn hours(lines: &[String]) -> usize {
    let totals: Vec<serde_json::Value> = lines
        .iter()
        .filter(|line| line.starts_with("{\"hour_ms\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(totals.iter().map(|line| line["results"].as_u64().unwrap()).sum::<u64>(), COMMANDS as u64);
    totals.len()
}

/// How often the platform was called.
fn calls(stage: &Stage) -> u64 {
    stage.platform.keys().values().map(|known| known.calls).sum()
}
