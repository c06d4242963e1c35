//! What was learned, as the fold of the results: for every test that compares it with what the stream has published.

use std::collections::BTreeMap;

use domain::bandit::{self, ControlRow, Lesson, PolicyRow, fold_arm, fold_control};
use domain::context::{ContextKey, InterventionKind};
use topology::wire::{InterventionResult, Policy, PolicyArm};

/// The policy that these results, in this order, teach: computed without the stream.
pub(crate) fn fold(results: &[InterventionResult]) -> BTreeMap<String, Policy> {
    let mut version = 0;
    let mut arms: BTreeMap<String, PolicyRow> = BTreeMap::new();
    let mut controls: BTreeMap<String, ControlRow> = BTreeMap::new();
    for result in results.iter().filter_map(of_wire) {
        match result.lesson() {
            Lesson::Arm => {
                version += 1;
                let key = result.key.to_string();
                let row = fold_arm(arms.get(&key), version, &result);
                arms.extend(row.map(|row| (key, row)));
            }
            Lesson::Control => {
                version += 1;
                let key = ControlRow::name(result.key.anomaly);
                let row = fold_control(controls.get(&key), version, &result);
                controls.extend(row.map(|row| (key, row)));
            }
            Lesson::Nothing => {}
        }
    }
    let arms = arms.into_iter().map(|(key, row)| (key, arms_policy(&row)));
    arms.chain(controls.into_iter().map(|(key, row)| (key, control_policy(&row)))).collect()
}

fn of_wire(result: &InterventionResult) -> Option<bandit::InterventionResult> {
    Some(bandit::InterventionResult {
        key: ContextKey::parse(&result.context_key)?,
        kind: result.kind,
        outcome: result.outcome,
        held_out: result.held_out,
        waited: result.waited,
        change: result.change.unwrap_or_default(),
        reward: result.reward.unwrap_or_default(),
        success: result.success.unwrap_or_default(),
    })
}

fn arms_policy(row: &PolicyRow) -> Policy {
    let arms = InterventionKind::ALL.iter().zip(&row.arms).map(|(kind, sums)| PolicyArm {
        arm: kind.name().into(),
        n: sums.n,
        sum: sums.sum,
        sum_squares: sums.sum_of_squares,
        successes: sums.successes as f64,
        failures: sums.failures as f64,
    });
    Policy { version: row.version as i64, arms: arms.collect(), mean: None, n: None }
}

fn control_policy(row: &ControlRow) -> Policy {
    Policy { version: row.version as i64, arms: Vec::new(), mean: Some(row.mean), n: Some(row.n) }
}
