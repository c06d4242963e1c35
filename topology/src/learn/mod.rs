//! Learn: results fold into posteriors, one row per context key; every change is published under one growing version.

use domain::bandit::learn::{fold_arm, fold_control};
use domain::bandit::{ControlRow, InterventionResult, Lesson, PolicyRow};
use domain::context::{ContextKey, InterventionKind};
use streams::processor::{Context, ProcessError, Processor};
use streams::record::Record;
use streams::topology::{Edge, StoreHandle};

use crate::event::SessionId;
use crate::rows::learned::{ArmsRow, ControlsRow, VERSION};
use crate::stores::{load, save};
use crate::wire;

/// A key of the policy.
pub(crate) type PolicyKey = compact_str::CompactString;

/// The processor.
pub(crate) struct Learn {
    posteriors: StoreHandle,
    policy: Edge<PolicyKey, wire::Policy>,
    value: Vec<u8>,
}

impl Learn {
    pub(crate) fn new(posteriors: StoreHandle, policy: Edge<PolicyKey, wire::Policy>) -> Self {
        Self { posteriors, policy, value: Vec::new() }
    }
}

impl Processor for Learn {
    type Key = SessionId;
    type Value = wire::InterventionResult;

    fn process(
        &mut self,
        record: Record<SessionId, wire::InterventionResult>,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let Some(result) = of_wire(&record.value) else { return Ok(()) };
        let newest: u64 = load(context, self.posteriors, VERSION.as_bytes())?.unwrap_or(0);
        let version = newest.saturating_add(1);
        let (key, policy) = match result.lesson() {
            Lesson::Arm => self.arm(&result, version, context)?,
            Lesson::Control => self.control(&result, version, context)?,
            Lesson::Nothing => return Ok(()),
        };
        save(context, self.posteriors, VERSION.as_bytes(), &version, &mut self.value)?;
        context.count("lessons", 1);
        context.forward(self.policy, Record::new(key, policy, record.timestamp_ms))
    }
}

impl Learn {
    fn arm(
        &mut self,
        result: &InterventionResult,
        version: u64,
        context: &mut Context<'_>,
    ) -> Result<(PolicyKey, wire::Policy), ProcessError> {
        let key = PolicyKey::from(result.key.to_string());
        let stored: Option<ArmsRow> = load(context, self.posteriors, key.as_bytes())?;
        let before = stored.and_then(|row| {
            let arms = row.arms.try_into().ok()?;
            Some(PolicyRow { key: result.key, version: row.version, arms })
        });
        let row = fold_arm(before.as_ref(), version, result).unwrap_or_else(|| PolicyRow::empty(result.key));
        let kept = ArmsRow { version, arms: row.arms.to_vec() };
        save(context, self.posteriors, key.as_bytes(), &kept, &mut self.value)?;
        Ok((key, arms_policy(&row)))
    }

    fn control(
        &mut self,
        result: &InterventionResult,
        version: u64,
        context: &mut Context<'_>,
    ) -> Result<(PolicyKey, wire::Policy), ProcessError> {
        let anomaly = result.key.anomaly;
        let key = PolicyKey::from(ControlRow::name(anomaly));
        let stored: Option<ControlsRow> = load(context, self.posteriors, key.as_bytes())?;
        let before = stored.map(|row| ControlRow { anomaly, version: row.version, n: row.n, mean: row.mean });
        let row = fold_control(before.as_ref(), version, result).unwrap_or_else(|| ControlRow::empty(anomaly));
        let kept = ControlsRow { version, n: row.n, mean: row.mean };
        save(context, self.posteriors, key.as_bytes(), &kept, &mut self.value)?;
        let policy = wire::Policy {
            version: i64::try_from(version).unwrap_or(i64::MAX),
            arms: Vec::new(),
            mean: Some(row.mean),
            n: Some(row.n),
        };
        Ok((key, policy))
    }
}

/// What the learner reads of a result; nothing if its key is no situation that is learned under.
fn of_wire(result: &wire::InterventionResult) -> Option<InterventionResult> {
    Some(InterventionResult {
        key: ContextKey::parse(&result.context_key)?,
        kind: result.kind,
        outcome: result.outcome,
        held_out: result.held_out,
        waited: result.waited,
        change: result.change.unwrap_or(0.0),
        reward: result.reward.unwrap_or(0.0),
        success: result.success.unwrap_or(false),
    })
}

fn arms_policy(row: &PolicyRow) -> wire::Policy {
    let arms = InterventionKind::ALL.iter().zip(&row.arms).map(|(kind, sums)| wire::PolicyArm {
        arm: kind.name().into(),
        n: sums.n,
        sum: sums.sum,
        sum_squares: sums.sum_of_squares,
        successes: sums.successes as f64,
        failures: sums.failures as f64,
    });
    wire::Policy { version: i64::try_from(row.version).unwrap_or(i64::MAX), arms: arms.collect(), mean: None, n: None }
}
