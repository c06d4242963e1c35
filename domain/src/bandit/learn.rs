//! The learner: a fold of results over rows. Pure, so the posterior is a function of the log of results alone.

use super::{ControlRow, PolicyRow};
use crate::context::{ContextKey, InterventionKind};
use crate::intervention::Outcome;

/// What the learner reads of a record of `intervention-results`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InterventionResult {
    /// The situation at the decision.
    pub key: ContextKey,
    /// The arm; of a held-out episode the one that would have run.
    pub kind: InterventionKind,
    /// How the intervention ended.
    pub outcome: Outcome,
    /// Whether the episode was a control: no action was taken.
    pub held_out: bool,
    /// Whether a person had to approve it: such results are reported and do not teach.
    pub waited: bool,
    /// The change of engagement (see [`crate::outcome`]).
    pub change: f64,
    /// The change less the control mean of the command.
    pub reward: f64,
    /// Whether engagement rose by more than the threshold.
    pub success: bool,
}

/// What a result teaches: which of the two kinds of row it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// The row of its context key.
    Arm,
    /// The control row of its anomaly class.
    Control,
    /// None: it was not measured, or had waited for a person (the moment that it was meant for had gone by).
    Nothing,
}

impl InterventionResult {
    /// Which row this result changes.
    #[must_use]
    pub fn lesson(&self) -> Lesson {
        match (self.outcome, self.waited, self.held_out) {
            (Outcome::Measured, false, true) => Lesson::Control,
            (Outcome::Measured, false, false) => Lesson::Arm,
            _ => Lesson::Nothing,
        }
    }
}

/// The row of the result's key after it, as of `version`; nothing if the result does not teach an arm.
#[must_use]
pub fn fold_arm(row: Option<&PolicyRow>, version: u64, result: &InterventionResult) -> Option<PolicyRow> {
    if result.lesson() != Lesson::Arm {
        return None;
    }
    let row = row.copied().unwrap_or_else(|| PolicyRow::empty(result.key));
    Some(row.with(version, result.kind, result.reward, result.success))
}

/// The control row of the result's anomaly class after it, as of `version`; nothing if the result is no control.
#[must_use]
pub fn fold_control(row: Option<&ControlRow>, version: u64, result: &InterventionResult) -> Option<ControlRow> {
    if result.lesson() != Lesson::Control {
        return None;
    }
    let row = row.copied().unwrap_or_else(|| ControlRow::empty(result.key.anomaly));
    Some(row.with(version, result.change))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn result(outcome: Outcome, held_out: bool, waited: bool) -> InterventionResult {
        InterventionResult {
            key: ContextKey::parse("qa_panel_large_MASS_EXIT").unwrap(),
            kind: InterventionKind::QnaPromote,
            outcome,
            held_out,
            waited,
            change: 0.15,
            reward: 0.1,
            success: true,
        }
    }

    #[test]
    fn only_what_was_measured_and_waited_for_nobody_teaches() {
        for outcome in Outcome::ALL {
            for held_out in [false, true] {
                for waited in [false, true] {
                    let result = result(*outcome, held_out, waited);
                    let teaches = *outcome == Outcome::Measured && !waited;
                    assert_eq!(fold_arm(None, 1, &result).is_some(), teaches && !held_out, "{result:?}");
                    assert_eq!(fold_control(None, 1, &result).is_some(), teaches && held_out, "{result:?}");
                }
            }
        }
    }

    #[test]
    fn a_treated_result_teaches_its_reward_and_a_control_its_change() {
        let row = fold_arm(None, 4, &result(Outcome::Measured, false, false)).unwrap();
        let arm = row.arm(InterventionKind::QnaPromote);
        assert_eq!((row.version, arm.count, arm.sum, arm.successes), (4, 1, 0.1, 1));
        let control = fold_control(None, 5, &result(Outcome::Measured, true, false)).unwrap();
        assert_eq!((control.version, control.n, control.mean), (5, 1.0, 0.15));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_posterior_is_the_fold_of_the_results(rewards in prop::collection::vec((0..4usize, -1.0..1.0f64), 0..100)) {
            let fold = |results: &[(usize, f64)], row: Option<PolicyRow>| {
                results.iter().fold(row, |row, (arm, reward)| {
                    let kind = InterventionKind::ALL[*arm];
                    let result = InterventionResult { kind, reward: *reward, ..result(Outcome::Measured, false, false) };
                    fold_arm(row.as_ref(), 1, &result)
                })
            };
            let (first, rest) = rewards.split_at(rewards.len() / 2);
            prop_assert_eq!(fold(rest, fold(first, None)), fold(&rewards, None), "a restart in the middle changes nothing");
        }
    }
}
