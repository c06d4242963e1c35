use std::collections::BTreeSet;
use std::time::Duration;

use cluster::clock::wait_for;
use topology::wire::{FeedbackKind, topics};

use crate::platform::Platform;
use crate::stage::{PATIENCE, Stage, approved};

const COMMANDS: usize = 200;
/// Each gets some work done before it is killed.
const LIVES: Duration = Duration::from_millis(3_000);
const KILLS: usize = 10;

#[test]
fn every_approved_command_is_told_once_and_carried_out_at_most_once_whatever_executor_is_killed() {
    let stage = Stage::new(Platform::faulty());
    let commands: Vec<(String, Vec<u8>)> = (0..COMMANDS).map(approved).collect();
    stage.write(topics::INTERVENTION_COMMANDS, &commands);
    let names = ["one", "two"];
    let mut executors = names.map(|name| Some(stage.executor(name)));
    for kill in 0..KILLS {
        let place = kill % names.len();
        wait_for(LIVES, || {
            executors.iter_mut().flatten().for_each(|executor| executor.check());
            None::<()>
        });
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
    let executed = feedback.iter().filter(|feedback| feedback.kind == FeedbackKind::Executed).count();
    let again = keys.values().filter(|known| known.calls > 1).count();
    assert!(executed > COMMANDS * 9 / 10 && again > COMMANDS / 10, "{executed} executed, {again} called again");
}
