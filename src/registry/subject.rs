//! What is registered, and under which name.

use schema_registry_converter::schema_registry_common::SubjectNameStrategy;
use topology::wire::{EngagementScore, InterventionCommand, InterventionResult, Value};

/// The value of a topic, as a registry knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The topic.
    pub topic: &'static str,
    /// The name of the value's record.
    pub record: &'static str,
    /// The text of its schema.
    pub schema: &'static str,
}

impl Subject {
    /// The subject of a value.
    #[must_use]
    pub const fn of<T: Value>() -> Self {
        Self { topic: T::TOPIC, record: T::RECORD, schema: T::SCHEMA }
    }

    /// Its name, by the topic: what Confluent's serializers do unless they are told otherwise.
    #[must_use]
    pub fn name(&self) -> String {
        let by_topic = SubjectNameStrategy::TopicNameStrategy(self.topic.to_owned(), false);
        // Only names by record can fail.
        by_topic.get_subject().unwrap_or_default()
    }
}

/// The subject of topic `engagement-scores`.
pub const SCORES: Subject = Subject::of::<EngagementScore>();
/// The subject of topic `intervention-commands`.
pub const COMMANDS: Subject = Subject::of::<InterventionCommand>();
/// The subject of topic `intervention-results`.
pub const RESULTS: Subject = Subject::of::<InterventionResult>();

/// What others read.
pub const PUBLISHED: [Subject; 3] = [SCORES, COMMANDS, RESULTS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_named_as_confluents_serializers_name_it() {
        let names = PUBLISHED.map(|subject| subject.name());
        assert_eq!(names, ["engagement-scores-value", "intervention-commands-value", "intervention-results-value"]);
    }
}
