//! What a field may hold, beyond its type.

/// Most options that a poll may have.
pub const POLL_OPTIONS_MAX: usize = 100;
/// Most phases that a schedule may name.
pub const SCHEDULE_MAX: usize = 100;
/// Most users that a command may name one by one.
pub const TARGET_USERS_MAX: usize = 1_000;
/// Most parameters that a command may carry.
pub const PARAMETERS_MAX: usize = 64;
/// Most recent messages that a command may carry.
pub const RECENT_MESSAGES_MAX: usize = 100;

/// Why a value that decoded is refused all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// This kind needs a field that is not there.
    #[error("`{kind}` needs the field `{field}`")]
    Missing {
        /// The record's kind.
        kind: &'static str,
        /// The field that it needs.
        field: &'static str,
    },
    /// A count, an index or a span below zero.
    #[error("the field `{field}` is {value}, it cannot be negative")]
    Negative {
        /// The field.
        field: &'static str,
        /// What it holds.
        value: i64,
    },
    /// An id that names nobody.
    #[error("the field `{field}` is empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A list beyond its limit.
    #[error("the field `{field}` has {count} entries, the limit is {limit}")]
    TooMany {
        /// The field.
        field: &'static str,
        /// How many entries it has.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
}

/// The field must be there, since the kind cannot be understood without it.
pub(crate) fn present<T>(kind: &'static str, field: &'static str, value: Option<&T>) -> Result<(), Invalid> {
    if value.is_some() { Ok(()) } else { Err(Invalid::Missing { kind, field }) }
}

/// A count, an index or a span, if it is there, is not below zero.
pub(crate) fn not_negative(field: &'static str, value: Option<impl Into<i64>>) -> Result<(), Invalid> {
    match value.map(Into::into) {
        Some(value) if value < 0 => Err(Invalid::Negative { field, value }),
        _ => Ok(()),
    }
}

/// An id names somebody.
pub(crate) fn not_empty(field: &'static str, value: &str) -> Result<(), Invalid> {
    if value.is_empty() { Err(Invalid::Empty { field }) } else { Ok(()) }
}

/// A list keeps its limit.
pub(crate) fn at_most(field: &'static str, count: usize, limit: usize) -> Result<(), Invalid> {
    if count <= limit { Ok(()) } else { Err(Invalid::TooMany { field, count, limit }) }
}
