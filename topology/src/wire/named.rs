//! The domain's closed sets of names as strings on the wire. The domain itself knows no serde.

use domain::anomaly::Level;
use domain::context::{InterventionKind, Phase, SessionType};
use domain::intervention::{Decision, Feedback, Mode, Outcome, Segment, Status};
use domain::score::Band;
use serde::{Deserialize, Deserializer, Serializer};

use super::UnknownName;
use super::names::NameVisitor;

/// A set of names that the domain declares.
pub trait Named: Copy + Sized + 'static {
    /// What the set is called in errors, with its article.
    const SET: &'static str;
    /// The name on the wire.
    fn name(self) -> &'static str;
    /// The member of this name.
    ///
    /// # Errors
    /// The name is not of the set.
    fn find(name: &str) -> Result<Self, UnknownName>;
}

macro_rules! named {
    ($($type:ty = $set:literal),+ $(,)?) => {
        $(impl Named for $type {
            const SET: &'static str = concat!("a ", $set);

            fn name(self) -> &'static str {
                <$type>::name(self)
            }

            fn find(name: &str) -> Result<Self, UnknownName> {
                <$type>::parse(name).ok_or_else(|| {
                    let expected: Vec<&str> = Self::ALL.iter().map(|known| known.name()).collect();
                    UnknownName::new($set, name, expected.join(", "))
                })
            }
        })+
    };
}

named! {
    Band = "band",
    Decision = "decision",
    Feedback = "feedback kind",
    InterventionKind = "intervention kind",
    Level = "anomaly level",
    Mode = "mode",
    Outcome = "outcome",
    Phase = "session phase",
    Segment = "segment",
    SessionType = "session type",
    Status = "command status",
}

/// Writes the name; for `#[serde(with = ...)]`.
///
/// # Errors
/// What the serializer says.
pub fn serialize<T: Named, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.name())
}

/// Reads the name; for `#[serde(with = ...)]`.
///
/// # Errors
/// A name that is not of the set.
pub fn deserialize<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(NameVisitor::new(T::SET, |name| T::find(name)))
}

/// The same for a name that may be absent.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Named, Serializer};

    pub(crate) fn serialize<T: Named, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(value.name()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let name = Option::<Name<T>>::deserialize(deserializer)?;
        Ok(name.map(|Name(value)| value))
    }

    struct Name<T>(T);

    impl<'de, T: Named> Deserialize<'de> for Name<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            super::deserialize(deserializer).map(Name)
        }
    }
}
