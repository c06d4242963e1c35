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
        let before = held.replace(row);
        self.version = self.version.max(row.version);
        for (kind, prior) in InterventionKind::ALL.iter().zip(&mut self.priors) {
            // A result changes one arm: the other priors would come out the same.
            if before.is_none_or(|before| before.arm(*kind) != row.arm(*kind)) {
                *prior = ArmPrior::of(cells(&self.rows, kind.index()));
            }
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all_keys() -> impl Iterator<Item = ContextKey> {
        (0..KEYS).map(|index| {
            let (rest, anomaly) = (index / 4, AnomalyClass::ALL[index % 4]);
            let (rest, session_type) = (rest / 3, SessionType::ALL[rest % 3]);
            ContextKey { phase: Phase::ALL[rest / 3], session_type, size: SizeBand::ALL[rest % 3], anomaly }
        })
    }

    #[test]
    fn every_key_has_a_place_of_its_own_and_a_break_has_none() {
        let places: Vec<_> = all_keys().map(|key| key_index(&key).unwrap()).collect();
        assert_eq!(places, (0..144).collect::<Vec<_>>());
        let no_key = ContextKey { phase: Phase::Break, ..all_keys().next().unwrap() };
        assert_eq!(key_index(&no_key), None);
        let block = PolicyTable::default().block(&no_key, InterventionKind::ALL, &Offsets::default(), 0, 0);
        assert_eq!(block.beliefs().count(), 4);
    }

    fn any_row() -> impl Strategy<Value = PolicyRow> {
        let arm = (0..1_000u32, -1.0..1.0f64, 0.0..1.0f64);
        (0..KEYS, prop::array::uniform4(arm)).prop_map(|(place, arms)| {
            let mut row = PolicyRow::empty(all_keys().nth(place).unwrap());
            row.arms = arms.map(|(n, mean, spread)| {
                let n = f64::from(n);
                ArmSums { n, sum: n * mean, sum_of_squares: n * (mean * mean + spread), ..ArmSums::default() }
            });
            row
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_order_in_which_rows_arrive_does_not_matter(
            rows in prop::collection::vec(any_row(), 1..40),
            order in prop::collection::vec(any::<u32>(), 40),
        ) {
            let rows: Vec<_> = (1..).zip(rows).map(|(version, row)| PolicyRow { version, ..row }).collect();
            let mut shuffled: Vec<_> = rows.iter().zip(order).collect();
            shuffled.sort_by_key(|(_, place)| *place);
            let (mut one, mut other) = (PolicyTable::default(), PolicyTable::default());
            rows.iter().for_each(|row| one.update(*row));
            shuffled.iter().for_each(|(row, _)| other.update(**row));
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn a_row_that_can_not_be_computed_with_spoils_no_other_key_and_its_own_falls_back_to_the_counts() {
        let mut keys = all_keys();
        let (broken, sound) = (keys.next().unwrap(), keys.next().unwrap());
        let mut table = PolicyTable::default();
        table.update(PolicyRow::empty(sound).with(1, InterventionKind::Nudge, 0.3, true));
        let before = table.block(&sound, InterventionKind::ALL, &Offsets::default(), 0, 0);
        let mut row = PolicyRow::empty(broken);
        row.arms[0] = ArmSums { n: f64::NAN, successes: 8, failures: 0, ..ArmSums::default() };
        table.update(row);
        assert_eq!(table.block(&sound, InterventionKind::ALL, &Offsets::default(), 0, 0), before);
        let block = table.block(&broken, InterventionKind::ALL, &Offsets::default(), 0, 0);
        assert_eq!(block.belief(InterventionKind::Poll).unwrap().mean, 0.9);
        assert_eq!(block.belief(InterventionKind::Nudge).unwrap().mean, 0.5);
    }

    #[test]
    fn a_block_carries_the_applicable_arms_and_what_the_class_does_by_itself() {
        let key = all_keys().nth(50).unwrap();
        let mut table = PolicyTable::default();
        table.update_control(ControlRow::empty(key.anomaly).with(9, 0.04));
        table.update_control(ControlRow::empty(key.anomaly).with(8, 0.4));
        let block = table.block(&key, &[InterventionKind::Nudge, InterventionKind::Poll], &Offsets::default(), 10, 5);
        let kinds: Vec<_> = block.beliefs().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [InterventionKind::Poll, InterventionKind::Nudge]);
        assert_eq!((block.version, block.control_mean, block.seed_ms, block.episode_ms), (9, 0.04, 10, 5));
    }

    #[test]
    fn a_key_never_seen_takes_after_its_group() {
        let keys: Vec<_> = all_keys().collect();
        let mut table = PolicyTable::default();
        let new = keys[0];
        for (version, key) in (1..).zip(keys.iter().filter(|key| group_index(key) == group_index(&new)).skip(1)) {
            let taught =
                |row: PolicyRow, kind, reward| (0..20).fold(row, |row, _| row.with(version, kind, reward, true));
            let row = taught(PolicyRow::empty(*key), InterventionKind::Poll, 0.0);
            table.update(taught(row, InterventionKind::Nudge, 0.1));
        }
        let block = table.block(&new, InterventionKind::ALL, &Offsets::default(), 0, 0);
        let mean = |kind| block.belief(kind).unwrap().mean;
        assert!(mean(InterventionKind::Nudge) > 0.08 && mean(InterventionKind::Poll).abs() < 0.01, "{block:?}");
    }
}
