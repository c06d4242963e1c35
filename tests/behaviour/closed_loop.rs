//! The whole loop with a simulated audience: it falls, the conductor acts, the audience answers, the effect is measured.

use domain::audience::{Action, Audience, SessionPlan, World};
use domain::context::{AnomalyClass, SessionType};
use topology::codec::Format;
use topology::simulated::{Commands, input};
use topology::wire::CommandStatus;

use crate::conductor::{Conductor, MINUTE, SECOND, T0};
use crate::life::{assert_computed_again, assert_each_once};
use crate::room::answer;

const SESSION: &str = "closed-loop";
/// Minutes after the start.
const ONSET: i64 = 20;

#[test]
fn a_sudden_drop_is_seen_answered_and_measured() {
    let mut conductor = Conductor::auto();
    let plan = SessionPlan::scripted(
        11,
        T0,
        60 * MINUTE,
        SessionType::Workshop,
        80,
        &[(AnomalyClass::SuddenDrop, ONSET as f64)],
    );
    let mut audience = Audience::new(plan.clone(), World::Normal);
    let (mut names, mut happenings, mut carried_out) = (Commands::new(), Vec::new(), 0);
    let mut value = Vec::new();
    for now in (T0..=T0 + 61 * MINUTE).step_by(1_000) {
        audience.step(now, &mut |happening| happenings.push(happening));
        for happening in happenings.drain(..) {
            let input = input(&plan, &happening, &names);
            value.clear();
            input.encode(Format::Avro, &mut value).unwrap();
            conductor.send(input.topic(), SESSION, happening.at_ms, &value);
        }
        while let Some(command) = conductor.commands.get(carried_out).cloned() {
            carried_out += 1;
            if command.status == CommandStatus::Approved {
                let number = names.number(&command.command);
                let variant = command.variant.as_deref();
                audience.act(now, Action { command: number, kind: command.kind, variant, targets: &[] });
                answer(&mut conductor, SESSION, &command.command, "executed", now);
            }
        }
    }
    conductor.wait(MINUTE);

    let onset = T0 + ONSET * MINUTE;
    let command = conductor.commands.iter().find(|command| command.at_ms >= onset).unwrap();
    assert!(command.at_ms <= onset + 3 * MINUTE, "{} s after the onset", (command.at_ms - onset) / SECOND);
    let alarm = conductor.scores.iter().find(|score| score.at_ms == command.at_ms).unwrap();
    assert_ne!(alarm.anomaly.level.name(), "none");
    let result = conductor.results.iter().find(|result| result.command == command.command).unwrap();
    assert_eq!(result.outcome.name(), "measured");
    let after = result.at_ms - command.at_ms;
    assert!((3 * MINUTE..=3 * MINUTE + 15 * SECOND).contains(&after), "{after} ms");
    assert!(conductor.scores.iter().any(|score| score.terms.poll.is_some()), "the program's polls count");
    for score in &conductor.scores {
        for value in [score.score, score.score_90s, score.core, score.core_90s, score.anomaly.score] {
            assert!((0.0..=1.0).contains(&value), "{score:?}");
        }
    }
    assert!(conductor.scores.windows(2).all(|pair| pair[1].at_ms - pair[0].at_ms == 5 * SECOND));
    assert_eq!(conductor.results.len(), conductor.commands.iter().filter(|c| c.status == CommandStatus::Approved).count());
    conductor.commands.iter().for_each(assert_computed_again);
    assert_each_once(&conductor);
    conductor.assert_nothing_disappeared();
    assert!(conductor.dead_letters.is_empty());
}
