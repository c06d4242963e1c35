//! What can go wrong between values and bytes.

use crate::wire::{Invalid, cut};

/// Why bytes are not the value that they should be.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the value is empty")]
    Empty,
    /// The first byte belongs to no format.
    #[error("the value starts with 0x{first:02X}: neither JSON (`{{`) nor Avro single-object encoding (0xC3 0x01)")]
    UnknownFormat {
        /// The first byte.
        first: u8,
    },
    /// Confluent's framing.
    #[error(
        "the value is framed for a schema registry: it needs a registry; this build reads Avro single-object encoding and JSON"
    )]
    Registry {
        /// The registry's id of the schema, if the value is long enough to hold one.
        schema_id: Option<u32>,
    },
    /// The value ends within Avro's marker or fingerprint.
    #[error("the value ends within the header of Avro's single-object encoding")]
    TruncatedHeader,
    /// A schema that this binary does not know.
    #[error(
        "no version of {record} has the schema fingerprint {fingerprint:016x}: the producer's schema is newer than this build; \
         upgrade it, or use a schema registry for rolling upgrades"
    )]
    UnknownFingerprint {
        /// The record that was expected.
        record: &'static str,
        /// The schema's CRC-64-AVRO.
        fingerprint: u64,
    },
    /// A known schema, and not the one that belongs here.
    #[error("the value is a {found}, the topic carries {record}")]
    WrongRecord {
        /// The record that was expected.
        record: &'static str,
        /// The record that it is.
        found: &'static str,
    },
    /// The JSON is broken, or does not fit the record.
    #[error("not a {record} in JSON: {reason}")]
    Json {
        /// The record that was expected.
        record: &'static str,
        /// What the parser said, cut.
        reason: String,
    },
    /// The Avro is broken, or does not fit the record.
    #[error("not a {record} in Avro: {reason}")]
    Avro {
        /// The record that was expected.
        record: &'static str,
        /// What the decoder said, cut.
        reason: String,
    },
    /// The record ends before the value does.
    #[error("{count} bytes follow the {record}")]
    TrailingBytes {
        /// The record.
        record: &'static str,
        /// How many bytes are left.
        count: usize,
    },
    /// The bytes hold a record that breaks a rule.
    #[error("not a valid {record}: {source}")]
    Invalid {
        /// The record.
        record: &'static str,
        /// The rule.
        source: Invalid,
    },
}

/// Why a value cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The value breaks a rule of its record.
    #[error("not a valid {record}: {source}")]
    Invalid {
        /// The record.
        record: &'static str,
        /// The rule.
        source: Invalid,
    },
    /// The value does not fit JSON.
    #[error("cannot write a {record} in JSON: {reason}")]
    Json {
        /// The record.
        record: &'static str,
        /// What the writer said, cut.
        reason: String,
    },
    /// The value does not fit its schema.
    #[error("cannot write a {record} in Avro: {reason}")]
    Avro {
        /// The record.
        record: &'static str,
        /// What the writer said, cut.
        reason: String,
    },
}

/// What a library said, cut: its messages repeat the input, however long that is.
pub(super) fn reason(error: &dyn std::fmt::Display) -> String {
    cut(&error.to_string()).to_owned()
}
