//! Numbers that are numbers: NaN and the infinities are refused on the way out and on the way in.
//!
//! JSON has no word for them (serde would write `null`), Avro does, and one of them in a sum would stay for ever.

use serde::{Deserialize, Deserializer, Serializer, de, ser};

const REFUSED: &str = "the number is not finite";

pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() { serializer.serialize_f64(*value) } else { Err(ser::Error::custom(REFUSED)) }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() { Ok(value) } else { Err(de::Error::custom(REFUSED)) }
}

/// The same for a number that may be absent.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, REFUSED, Serializer, de, ser};

    pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) if !value.is_finite() => Err(ser::Error::custom(REFUSED)),
            Some(value) => serializer.serialize_some(value),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        match Option::<f64>::deserialize(deserializer)? {
            Some(value) if !value.is_finite() => Err(de::Error::custom(REFUSED)),
            value => Ok(value),
        }
    }
}
