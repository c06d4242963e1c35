//! Section `history`: whether what happens is kept in SQL, and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{OutOfRange, check};

/// Section `history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HistorySection {
    /// Whether the executor writes scores, interventions and their results into the database, beside carrying commands out.
    pub write: bool,
    /// Rows of so many days are kept; 0: for ever.
    pub retention_days: u32,
}

impl Default for HistorySection {
    fn default() -> Self {
        Self { write: true, retention_days: 90 }
    }
}

impl HistorySection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        check(self.retention_days <= 36_500, "history.retention_days", "0 to 36500; 0 keeps everything")
    }
}
