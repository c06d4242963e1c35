//! How fast something went, and what it cost.

use serde::{Deserialize, Serialize};

/// What counts, without what warmed up.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Rate {
    pub(crate) count: u64,
    pub(crate) seconds: f64,
    /// Of the process.
    pub(crate) cpu_seconds: f64,
}

/// After so many of them it counts.
pub(crate) fn warm_up(count: u64) -> u64 {
    count / 3
}

/// How far something is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) count: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
}

impl Rate {
    pub(crate) fn between(from: Moment, to: Moment) -> Self {
        Self {
            count: to.count - from.count,
            seconds: to.seconds - from.seconds,
            cpu_seconds: to.cpu_seconds - from.cpu_seconds,
        }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.seconds
    }

    /// Microseconds of CPU for each.
    pub(crate) fn cpu_us_each(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.count as f64
    }
}
