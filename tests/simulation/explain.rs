//! A decision is a pure function of what its command carries: computed again from the record alone.

use domain::bandit::{Belief, Names, PolicyBlock, choose, held_out};
use domain::context::InterventionKind;
use streams::testing::simulation::SimulationReport;
use topology::settings::Learning;
use topology::wire::{CommandPolicy, CommandStatus, InterventionCommand, topics};

use crate::log;
use crate::promises::values;

pub(crate) fn every_decision_recomputes(report: &SimulationReport) -> Result<(), String> {
    let application = log::settings(Learning::Live).application_id;
    for command in values::<InterventionCommand>(report, topics::INTERVENTION_COMMANDS)? {
        let names = Names { application: &application, session: &command.session };
        let block = block(&command.policy);
        let again = choose(&block, names).map(|choice| (choice.arm, choice.propensity, choice.confidence));
        let published = (command.kind, command.propensity, command.confidence);
        if again != Some(published) {
            return Err(format!("{} is {published:?}, and {again:?} when computed again", command.command));
        }
        let is_control = held_out(names, block.episode_ms, command.holdout_probability);
        if is_control != (command.status == CommandStatus::HeldOut) {
            return Err(format!(
                "{} is {}, but its episode is held out: {is_control}",
                command.command, command.status
            ));
        }
    }
    Ok(())
}

fn block(policy: &CommandPolicy) -> PolicyBlock {
    let belief = |kind: &InterventionKind| {
        let estimate = policy.arms.iter().find(|estimate| estimate.arm == kind.name())?;
        Some(Belief { mean: estimate.mean, sd: estimate.sd, n: estimate.n })
    };
    let mut block = PolicyBlock {
        version: policy.version.unsigned_abs(),
        arms: Default::default(),
        control_mean: policy.control_mean,
        seed_ms: policy.seed_ms,
        episode_ms: policy.episode_ms,
    };
    for (arm, kind) in block.arms.iter_mut().zip(InterventionKind::ALL) {
        *arm = belief(kind);
    }
    block
}
