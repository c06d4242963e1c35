use std::time::Duration;

use cluster::clock::wait_for;
use topology::wire::{FeedbackKind, topics};

use crate::history;
use crate::instance::Instance;
use crate::platform::Platform;
use crate::stage::{PATIENCE, Stage, approved, stop};

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
    let mut executors = ["one", "two"].map(|name| stage.executor(name));
    let mut in_the_middle = 0;
    for kill in 0..KILLS {
        // History goes on meanwhile.
        let scores: Vec<_> = (0..SCORES).map(|number| history::score(kill * SCORES + number)).collect();
        stage.write(topics::ENGAGEMENT_SCORES, &scores);
        stage.write(topics::INTERVENTION_RESULTS, &results[kill * COMMANDS / KILLS..(kill + 1) * COMMANDS / KILLS]);
        let place = kill % executors.len();
        let before = stage.platform.calls();
        let worked = wait_for(LIVES, || {
            executors.iter_mut().for_each(Instance::check);
            (stage.platform.calls() >= before + CALLS).then_some(())
        });
        in_the_middle += usize::from(worked.is_some());
        // Killed without a word; half of them come back at once.
        executors[place].kill();
        if kill % 4 < 2 {
            executors[place].start();
        }
        executors[1 - place].start_if_dead();
    }
    executors.iter_mut().for_each(Instance::start_if_dead);
    let mut looks = 0_u32;
    let done = wait_for(PATIENCE, || {
        executors.iter_mut().for_each(Instance::check);
        looks += 1;
        (looks.is_multiple_of(20) && stage.feedback().len() >= COMMANDS).then_some(())
    });
    assert!(
        done.is_some(),
        "{} of {COMMANDS} are told\n{}\n{}",
        stage.feedback().len(),
        executors[0].said(),
        executors[1].said()
    );
    let told = history::all_is_kept(&stage, &mut executors);
    assert_eq!(told.len(), KILLS * SCORES + COMMANDS + hours(&told));
    stop(&mut executors);

    let feedback = stage.feedback();
    assert_eq!(feedback.len(), COMMANDS);
    let keys = stage.platform.keys();
    stage.platform.agrees_with(&feedback);
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
