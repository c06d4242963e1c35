//! What every instance reads as a whole: the policy and the baselines.

use core::str;
use std::collections::BTreeMap;

use domain::bandit::{ArmSums, ControlRow, PolicyRow, PolicyTable};
use domain::baseline::{Prior, Rates};
use domain::context::{ContextKey, InterventionKind, SessionType, SizeBand};
use streams::global::GlobalTable;
use streams::record::BoxError;

use crate::codec;
use crate::rows::perceived::PinnedPrior;
use crate::wire::{Baselines, Policy};

/// Versions of baselines that are kept: a session pins the newest, and copies it.
const VERSIONS_MAX: usize = 4;

/// Why a record of a global table is passed over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the key is neither a context key, a control key, nor a type and size band")]
    Key,
    #[error("version 0 is that of the start values; publish another")]
    Version,
    #[error("the record is not complete: it lacks {0}")]
    Lacks(&'static str),
}

/// Topic `policy`.
#[derive(Debug, Default)]
pub(crate) struct PolicyGlobal(pub(crate) PolicyTable);

impl GlobalTable for PolicyGlobal {
    fn apply(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), BoxError> {
        match read_policy(key.unwrap_or_default(), value)? {
            Some(PolicyRecord::Arms(row)) => self.0.update(row),
            Some(PolicyRecord::Control(row)) => self.0.update_control(row),
            None => {}
        }
        Ok(())
    }
}

/// A record of topic `policy`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PolicyRecord {
    /// What was learned of the arms under one context key.
    Arms(PolicyRow),
    /// What an anomaly of one class does by itself.
    Control(ControlRow),
}

/// Reads a record of topic `policy` as those do who decide by it; `None`: a tombstone, which takes nothing back.
///
/// # Errors
/// A key that is neither, or a value that is none.
pub fn read_policy(key: &[u8], value: Option<&[u8]>) -> Result<Option<PolicyRecord>, BoxError> {
    let key = str::from_utf8(key)?;
    let Some(value) = value else { return Ok(None) };
    let policy: Policy = codec::decode(value)?;
    if let Some(anomaly) = ControlRow::parse_name(key) {
        let n = policy.n.ok_or(Unreadable::Lacks("n"))?;
        let mean = policy.mean.ok_or(Unreadable::Lacks("mean"))?;
        return Ok(Some(PolicyRecord::Control(ControlRow { anomaly, version: version(policy.version), n, mean })));
    }
    let key = ContextKey::parse(key).ok_or(Unreadable::Key)?;
    Ok(Some(PolicyRecord::Arms(policy_row(key, &policy))))
}

fn policy_row(key: ContextKey, policy: &Policy) -> PolicyRow {
    let mut row = PolicyRow { version: version(policy.version), ..PolicyRow::empty(key) };
    for arm in &policy.arms {
        let kind = InterventionKind::parse(&arm.arm);
        if let Some(sums) = kind.and_then(|kind| row.arms.get_mut(kind.index())) {
            let (successes, failures) = (arm.successes as u64, arm.failures as u64);
            *sums = ArmSums {
                n: arm.n,
                count: successes.saturating_add(failures),
                sum: arm.sum,
                sum_of_squares: arm.sum_squares,
                successes,
                failures,
            };
        }
    }
    row
}

fn version(version: i64) -> u64 {
    u64::try_from(version).unwrap_or(0)
}

/// Topic `baselines`: the newest versions of the priors.
#[derive(Debug, Default)]
pub(crate) struct BaselineTable {
    versions: BTreeMap<u64, PinnedPrior>,
}

impl BaselineTable {
    /// The newest version; the start values where there is none.
    pub(crate) fn newest(&self) -> PinnedPrior {
        self.versions.last_key_value().map_or_else(PinnedPrior::start, |(_, pinned)| pinned.clone())
    }
}

impl GlobalTable for BaselineTable {
    fn apply(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), BoxError> {
        let key = str::from_utf8(key.unwrap_or_default())?;
        let Some(value) = value else { return Ok(()) };
        let record: Baselines = codec::decode(value)?;
        let (session_type, size) = parse_band(key).ok_or(Unreadable::Key)?;
        let version = version(record.version);
        if version == 0 {
            return Err(Unreadable::Version.into());
        }
        let start = PinnedPrior { version, ..PinnedPrior::start() };
        let pinned = self.versions.entry(version).or_insert(start);
        let row = pinned.rates.get_mut(session_type.index());
        if let Some(rates) = row.and_then(|row| row.get_mut(size.index())) {
            *rates = Rates {
                chat: record.chat,
                poll: record.poll,
                active_short: record.active_90s.unwrap_or(Rates::START.active_short),
                active_long: record.active,
                reactions: record.reactions,
                stay: record.stay,
            };
        }
        while self.versions.len() > VERSIONS_MAX {
            self.versions.pop_first();
        }
        Ok(())
    }
}

/// The key of a record of `baselines`: type and size band.
#[must_use]
pub fn band_name(session_type: SessionType, size: SizeBand) -> String {
    format!("{session_type}_{size}")
}

fn parse_band(key: &str) -> Option<(SessionType, SizeBand)> {
    let (session_type, size) = key.split_once('_')?;
    Some((SessionType::parse(session_type)?, SizeBand::parse(size)?))
}

impl PinnedPrior {
    /// The start values.
    pub(crate) fn start() -> Self {
        Self { version: 0, rates: [[Rates::START; SizeBand::ALL.len()]; SessionType::ALL.len()] }
    }

    /// The prior of a type and size band.
    pub(crate) fn of(&self, session_type: SessionType, size: SizeBand) -> Prior {
        let row = self.rates.get(session_type.index());
        let rates = row.and_then(|row| row.get(size.index())).copied().unwrap_or(Rates::START);
        Prior { version: self.version, rates }
    }
}
