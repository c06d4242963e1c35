//! Sets of names: strings on the wire, enums in Rust.
//!
//! Never an Avro enum: a reader with an older schema cannot even decode a record that carries a new symbol. As a
//! string, the record decodes, and the one name that is not known is reported.

/// A name that does not belong to its set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {set} `{name}`, expected one of {expected}")]
pub struct UnknownName {
    /// What kind of name it should have been, e.g. `chat kind`.
    pub set: &'static str,
    /// What it was, cut to a length that fits into a log.
    pub name: String,
    /// The names that are known, separated by commas.
    pub expected: String,
}

impl UnknownName {
    /// Longest part of a foreign name that an error repeats, in characters.
    const NAME_CHARS_MAX: usize = 64;

    pub(crate) fn new(set: &'static str, name: &str, expected: impl Into<String>) -> Self {
        Self { set, name: name.chars().take(Self::NAME_CHARS_MAX).collect(), expected: expected.into() }
    }
}

/// Declares a set of names: an enum that serde writes and reads as a string.
macro_rules! names {
    ($(#[$doc:meta])* $Set:ident, $set:literal { $(#[$first_doc:meta])* $First:ident = $first:literal $(, $(#[$name_doc:meta])* $Name:ident = $name:literal)* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Set {
            $(#[$first_doc])*
            $First,
            $($(#[$name_doc])* $Name,)*
        }

        impl $Set {
            /// Every name of the set, in the order of the wire contract.
            pub const ALL: &'static [Self] = &[Self::$First $(, Self::$Name)*];

            /// The name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$First => $first,
                    $(Self::$Name => $name,)*
                }
            }
        }

        impl std::str::FromStr for $Set {
            type Err = $crate::wire::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $first => Ok(Self::$First),
                    $($name => Ok(Self::$Name),)*
                    _ => Err($crate::wire::UnknownName::new($set, name, concat!($first $(, ", ", $name)*))),
                }
            }
        }

        impl std::fmt::Display for $Set {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $Set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $Set {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::wire::names::NameVisitor::<Self>::new(concat!("a ", $set), str::parse))
            }
        }
    };
}
pub(crate) use names;

/// Reads a name without keeping the string that carried it.
pub(crate) struct NameVisitor<T> {
    expected: &'static str,
    find: fn(&str) -> Result<T, UnknownName>,
}

impl<T> NameVisitor<T> {
    pub(crate) fn new(expected: &'static str, find: fn(&str) -> Result<T, UnknownName>) -> Self {
        Self { expected, find }
    }
}

impl<T> serde::de::Visitor<'_> for NameVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<T, E> {
        (self.find)(name).map_err(E::custom)
    }
}
