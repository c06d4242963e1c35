//! The decider's copy of the policy: every row of the fleet, and what the rows together say.

use super::prior::{ArmPrior, Cell};
use super::{ARMS, ArmSums, Belief, ControlRow, Offsets, PolicyBlock, PolicyRow};
use crate::context::{AnomalyClass, ContextKey, InterventionKind, Phase, SessionType, SizeBand};
use crate::time::Millis;

/// A break is no phase of a key.
const PHASES: usize = Phase::ALL.len() - 1;
const KEYS: usize = PHASES * SessionType::ALL.len() * SizeBand::ALL.len() * AnomalyClass::ALL.len();

/// All rows of topic `policy`. A decision reads one row and the priors; the priors are computed anew from all rows, in a
/// fixed order, when a row changes (rare), so that they depend on the rows alone and not on the order of their arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyTable {
    version: u64,
    /// By [`key_index`].
    rows: Vec<Option<PolicyRow>>,
    /// By anomaly class.
    controls: [Option<ControlRow>; AnomalyClass::ALL.len()],
    /// By arm.
    priors: [ArmPrior; ARMS],
}

impl Default for PolicyTable {
    fn default() -> Self {
        Self {
            version: 0,
            rows: vec![None; KEYS],
            controls: [None; AnomalyClass::ALL.len()],
            priors: [ArmPrior::of(core::iter::empty()); ARMS],
        }
    }
}

impl PolicyTable {
    /// The newest version among the rows.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The row of this key.
    #[must_use]
    pub fn row(&self, key: &ContextKey) -> Option<&PolicyRow> {
        self.rows.get(key_index(key)?)?.as_ref()
    }

    /// The control row of this class.
    #[must_use]
    pub fn control(&self, anomaly: AnomalyClass) -> Option<&ControlRow> {
        self.controls.get(anomaly.index())?.as_ref()
    }

    /// Takes a row in, unless a newer one of its key is known.
    pub fn update(&mut self, row: PolicyRow) {
        let Some(held) = key_index(&row.key).and_then(|index| self.rows.get_mut(index)) else { return };
        if held.is_some_and(|held| held.version > row.version) {
            return;
        }
        *held = Some(row);
        self.version = self.version.max(row.version);
        self.priors = core::array::from_fn(|arm| ArmPrior::of(cells(&self.rows, arm)));
    }

    /// Takes a control row in, unless a newer one of its class is known.
    pub fn update_control(&mut self, row: ControlRow) {
        let Some(held) = self.controls.get_mut(row.anomaly.index()) else { return };
        if held.is_some_and(|held| held.version > row.version) {
            return;
        }
        *held = Some(row);
        self.version = self.version.max(row.version);
    }

    /// What a decision at `seed_ms` (the tick) in the episode that began at `episode_ms` reads: the applicable arms after
    /// back-off and the session's offset.
    #[must_use]
    pub fn block(
        &self,
        key: &ContextKey,
        applicable: &[InterventionKind],
        offsets: &Offsets,
        seed_ms: Millis,
        episode_ms: Millis,
    ) -> PolicyBlock {
        let row = self.row(key).copied().unwrap_or_else(|| PolicyRow::empty(*key));
        let sound = row.arms.iter().all(ArmSums::is_sound);
        let group = group_index(key);
        let mut arms = [None; ARMS];
        for ((kind, sums), (prior, belief)) in
            InterventionKind::ALL.iter().zip(&row.arms).zip(self.priors.iter().zip(&mut arms))
        {
            if !applicable.contains(kind) {
                continue;
            }
            *belief = Some(if sound {
                let normal = prior.posterior(group, sums.n, sums.sum);
                Belief { mean: normal.mean + offsets.mean(*kind), sd: normal.sd(), n: sums.n }
            } else {
                sums.counts().belief()
            });
        }
        let control_mean = self.control(key.anomaly).map_or(0.0, |row| row.mean);
        PolicyBlock { version: self.version, arms, control_mean, seed_ms, episode_ms }
    }
}

/// The sums of one arm under every key that can be computed with.
fn cells(rows: &[Option<PolicyRow>], arm: usize) -> impl Iterator<Item = Cell> + Clone {
    rows.iter().flatten().filter_map(move |row| {
        let sums = row.arms.get(arm).filter(|sums| sums.is_sound())?;
        Some(Cell { group: group_index(&row.key), n: sums.n, sum: sums.sum, sum_of_squares: sums.sum_of_squares })
    })
}

fn group_index(key: &ContextKey) -> usize {
    key.session_type.index() * AnomalyClass::ALL.len() + key.anomaly.index()
}

/// The place of a key among the 144; none for a break.
fn key_index(key: &ContextKey) -> Option<usize> {
    let phase = key.phase.index();
    let cell = (phase * SizeBand::ALL.len() + key.size.index()) * SessionType::ALL.len() * AnomalyClass::ALL.len();
    (phase < PHASES).then_some(cell + group_index(key))
}
