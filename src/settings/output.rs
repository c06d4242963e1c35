//! Section `output`: how what others read is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Section `output`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutputSection {
    /// How the topics that others read are written: json, avro (single-object encoding), or confluent (framed for the registry of
    /// section `registry`).
    pub format: OutputFormat,
    /// The same for topic `engagement-scores` alone; default: what `format` says.
    pub engagement_scores: TopicFormat,
    /// The same for topic `intervention-commands` alone.
    pub intervention_commands: TopicFormat,
    /// The same for topic `intervention-results` alone.
    pub intervention_results: TopicFormat,
}

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// JSON objects.
    #[default]
    Json,
    /// Avro, with the fingerprint of the schema in front.
    Avro,
    /// Avro, with a registry's id of the schema in front.
    Confluent,
}

/// How the values of one topic are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TopicFormat {
    /// As all others are.
    #[default]
    Default,
    /// JSON objects.
    Json,
    /// Avro, with the fingerprint of the schema in front.
    Avro,
    /// Avro, with a registry's id of the schema in front.
    Confluent,
}

impl TopicFormat {
    /// The format itself, when all others are written like this.
    #[must_use]
    pub const fn or(self, default: OutputFormat) -> OutputFormat {
        match self {
            Self::Default => default,
            Self::Json => OutputFormat::Json,
            Self::Avro => OutputFormat::Avro,
            Self::Confluent => OutputFormat::Confluent,
        }
    }
}
