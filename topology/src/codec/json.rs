//! One JSON object per value; absent fields are left out, unknown ones ignored.

use super::error::{DecodeError, EncodeError, reason};
use crate::wire::Value;

pub(super) fn encode<T: Value>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    serde_json::to_writer(out, value).map_err(|error| EncodeError::Json { record: T::RECORD, reason: reason(&error) })
}

pub(super) fn decode<T: Value>(bytes: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(bytes).map_err(|error| DecodeError::Json { record: T::RECORD, reason: reason(&error) })
}
