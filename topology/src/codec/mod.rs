//! Values as bytes: JSON, Avro single-object encoding, and Avro framed for a schema registry.
//!
//! [`encode`] is told the format, [`decode`] sees it: Avro begins with `0xC3 0x01`, JSON with `{`, and what is framed
//! for a schema registry with `0x00`: that needs somebody who knows the registry's ids, see [`decode_framed`]. Whatever decodes has also passed [`validate`](crate::wire::Value::validate),
//! whatever does not is an error and never a panic: the caller makes it a dead letter.
//!
//! ```
//! use topology::codec::{Format, decode, encode};
//! use topology::wire::{Chat, ChatKind};
//!
//! let message: Chat = decode(br#"{"kind":"message","user":"u-7","text":"hi"}"#)?;
//! assert_eq!(message.kind, ChatKind::Message);
//!
//! let mut bytes = Vec::new();
//! encode(&message, Format::Avro, &mut bytes)?;
//! assert_eq!(decode::<Chat>(&bytes)?, message);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod avro;
mod error;
mod json;

pub use avro::{Avro, Coded, fingerprint_of, fingerprints};
pub use error::{DecodeError, EncodeError};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object.
    Json,
    /// Avro single-object encoding: two marker bytes, the schema's fingerprint, the record.
    Avro,
    /// Avro framed for a schema registry, as Confluent's clients do it: a zero byte, the schema's id (big endian), the record.
    Confluent {
        /// The id that the registry has given to the record's schema.
        schema_id: u32,
    },
}

/// Appends a value to `out`. On an error `out` is as before.
///
/// # Errors
/// The value breaks a rule of its record, or carries a number that is not finite.
pub fn encode<T: Coded>(value: &T, format: Format, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    value.validate().map_err(|source| EncodeError::Invalid { record: T::RECORD, source })?;
    let length_before = out.len();
    let written = match format {
        Format::Json => json::encode(value, out),
        Format::Avro => avro::encode(value, out),
        Format::Confluent { schema_id } => avro::encode_framed(value, schema_id, out),
    };
    if written.is_err() {
        out.truncate(length_before);
    }
    written
}

/// Reads a value in whichever format it is.
///
/// # Errors
/// Says what is wrong with the bytes, or with the value that they hold.
pub fn decode<T: Coded>(bytes: &[u8]) -> Result<T, DecodeError> {
    let value: T = match bytes {
        [] => return Err(DecodeError::Empty),
        [b'{', ..] => json::decode(bytes)?,
        [0xC3, rest @ ..] => avro::decode(rest)?,
        [0x00, ..] => return Err(DecodeError::Registry { schema_id: framed_schema_id(bytes) }),
        [first, ..] => match bytes.trim_ascii_start() {
            json @ [b'{', ..] => json::decode(json)?,
            _ => return Err(DecodeError::UnknownFormat { first: *first }),
        },
    };
    valid(value)
}

/// Reads a value that is framed for a schema registry, of which `fingerprint` knows the CRC-64-AVRO of a schema by its id
/// ([`fingerprint_of`] its text); and values in the other formats as [`decode`] does.
///
/// # Errors
/// As [`decode`]; and [`DecodeError::Registry`] where the id is not known.
pub fn decode_framed<T: Coded>(bytes: &[u8], fingerprint: impl FnOnce(u32) -> Option<u64>) -> Result<T, DecodeError> {
    let (Some(schema_id), Some(datum)) = (framed_schema_id(bytes), bytes.get(5..)) else { return decode(bytes) };
    let known = fingerprint(schema_id).ok_or(DecodeError::Registry { schema_id: Some(schema_id) })?;
    valid(avro::read(known.to_le_bytes(), datum)?)
}

fn valid<T: Coded>(value: T) -> Result<T, DecodeError> {
    value.validate().map_err(|source| DecodeError::Invalid { record: T::RECORD, source })?;
    Ok(value)
}

/// The registry's id of the schema of a value that is framed for one: the four bytes that follow the marker.
#[must_use]
pub fn framed_schema_id(bytes: &[u8]) -> Option<u32> {
    let [0x00, framed @ ..] = bytes else { return None };
    framed.first_chunk().map(|id| u32::from_be_bytes(*id))
}

#[cfg(test)]
mod tests;
