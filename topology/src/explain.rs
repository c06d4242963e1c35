//! A decision, computed again from what its command carries.
//!
//! A command carries the block that its decision read. The choice is a pure function of that block, of the application's id and
//! of the session's, so that it can be explained for as long as the command is kept, whatever was learned since.

use domain::bandit::{Belief, Choice, Draws, Names, PolicyBlock, choose, draws, held_out};
use domain::context::InterventionKind;

use crate::wire::{CommandPolicy, CommandStatus, InterventionCommand};

/// What a decision comes to when it is made again.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What it read.
    pub block: PolicyBlock,
    /// What it drew.
    pub draws: Draws,
    /// What it chooses; none when no arm applies.
    pub choice: Option<Choice>,
    /// Whether its episode is a control.
    pub is_held_out: bool,
    /// What the command says, where that is something else; empty: it is the same decision.
    pub differences: Vec<Difference>,
}

/// Something that the command says and the computation does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field.
    pub field: &'static str,
    /// What the command says.
    pub published: String,
    /// What was computed.
    pub computed: String,
}

/// Makes the decision of `command` again, for the application of this id.
#[must_use]
pub fn explain(command: &InterventionCommand, application: &str) -> Explanation {
    let names = Names { application, session: &command.session };
    let block = block_of(&command.policy);
    let choice = choose(&block, names);
    let is_held_out = held_out(names, block.episode_ms, command.holdout_probability);
    let differences = differences(command, choice.as_ref(), is_held_out);
    Explanation { draws: draws(&block, names), block, choice, is_held_out, differences }
}

/// The block as the decision read it. An arm that this version does not know did apply, but can not be computed with.
fn block_of(policy: &CommandPolicy) -> PolicyBlock {
    let mut block = PolicyBlock {
        version: u64::try_from(policy.version).unwrap_or(0),
        arms: Default::default(),
        control_mean: policy.control_mean,
        seed_ms: policy.seed_ms,
        episode_ms: policy.episode_ms,
    };
    for (kind, belief) in InterventionKind::ALL.iter().zip(&mut block.arms) {
        let estimate = policy.arms.iter().find(|estimate| estimate.arm == kind.name());
        *belief = estimate.map(|estimate| Belief { mean: estimate.mean, sd: estimate.sd, n: estimate.n });
    }
    block
}

fn differences(command: &InterventionCommand, choice: Option<&Choice>, is_held_out: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |field, published: String, computed: String| {
        if published != computed {
            found.push(Difference { field, published, computed });
        }
    };
    let none = || "none".to_owned();
    compare("kind", command.kind.to_string(), choice.map_or_else(none, |choice| choice.arm.to_string()));
    // Written in full, a number has one text: the bits are compared.
    let number = |of: fn(&Choice) -> f64| choice.map_or_else(none, |choice| of(choice).to_string());
    compare("propensity", command.propensity.to_string(), number(|choice| choice.propensity));
    compare("confidence", command.confidence.to_string(), number(|choice| choice.confidence));
    // A control may have been cancelled since.
    if command.status != CommandStatus::Cancelled {
        let published = command.status == CommandStatus::HeldOut;
        compare("held_out", published.to_string(), is_held_out.to_string());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::decode;

    const COMMAND: &str = include_str!("golden/explained-command.json");

    #[test]
    fn a_command_explains_itself_and_one_that_was_changed_is_told() {
        let command: InterventionCommand = decode(COMMAND.as_bytes()).unwrap();
        let same = explain(&command, "conductor");
        assert_eq!(same.differences, []);
        assert_eq!(same.choice.unwrap().arm, command.kind);

        let changed = InterventionCommand { propensity: 0.5, ..command.clone() };
        let fields = |explanation: Explanation| -> Vec<&str> {
            explanation.differences.iter().map(|difference| difference.field).collect()
        };
        assert_eq!(fields(explain(&changed, "conductor")), ["propensity"]);
        let mut emptied = command.clone();
        emptied.policy.arms.clear();
        assert_eq!(fields(explain(&emptied, "conductor")), ["kind", "propensity", "confidence"]);
        let control = InterventionCommand { holdout_probability: 1.0, ..command };
        assert_eq!(fields(explain(&control, "conductor")), ["held_out"]);
    }

    #[test]
    fn another_application_draws_other_numbers() {
        let command: InterventionCommand = decode(COMMAND.as_bytes()).unwrap();
        let (here, there) = (explain(&command, "conductor"), explain(&command, "elsewhere"));
        assert_eq!(here.block, there.block);
        assert_ne!(here.draws, there.draws);
    }
}
