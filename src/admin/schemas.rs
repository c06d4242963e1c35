//! The schemas of what others read: what a registry holds of them, and how they get there.

use topology::codec::Format;
use topology::settings::Formats;

use crate::failure::Failure;
use crate::registry::subject::{COMMANDS, PUBLISHED, RESULTS, SCORES};
use crate::registry::{Found, Registry, Subject};
use crate::settings::{OutputFormat, Settings, TopicFormat};

/// A subject, and what the registry holds of its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// The subject, with the schema that this version writes.
    pub subject: Subject,
    /// What is there.
    pub found: Found,
    /// Where it could not be registered as things are: another schema stands in the way.
    pub is_shut_out: bool,
    /// The level of compatibility in force, where the subject is there.
    pub compatibility: Option<String>,
}

/// Looks at the subjects of everything that others read.
///
/// # Errors
/// The registry does not answer.
pub fn survey(settings: &Settings) -> Result<Vec<Surveyed>, Failure> {
    let registry = Registry::new(&settings.registry)?;
    PUBLISHED.iter().map(|subject| look_up(&registry, *subject)).collect()
}

fn look_up(registry: &Registry, subject: Subject) -> Result<Surveyed, Failure> {
    let found = registry.find(&subject)?;
    let compatibility = match found {
        Found::Nothing => None,
        Found::Registered { .. } | Found::Others { .. } => Some(registry.compatibility(&subject)?),
    };
    let is_shut_out = matches!(found, Found::Others { .. }) && !registry.accepts(&subject)?;
    Ok(Surveyed { subject, found, is_shut_out, compatibility })
}

/// Registers what is missing; returns the subjects with their ids.
///
/// # Errors
/// The registry does not answer, or does not let a schema in.
pub fn register(settings: &Settings, surveyed: &[Surveyed]) -> Result<Vec<(Subject, u32)>, Failure> {
    let registry = Registry::new(&settings.registry)?;
    let missing = surveyed.iter().filter(|surveyed| !matches!(surveyed.found, Found::Registered { .. }));
    missing.map(|surveyed| Ok((surveyed.subject, registry.register(&surveyed.subject)?))).collect()
}

/// How the outputs are to be written. What is framed for a registry gets its id here, once.
///
/// # Errors
/// A schema that is not registered, or a registry that does not answer.
pub fn formats(settings: &Settings) -> Result<Formats, Failure> {
    let output = &settings.output;
    let mut registry = None;
    let mut format = |topic: TopicFormat, subject: &Subject| match topic.or(output.format) {
        OutputFormat::Json => Ok(Format::Json),
        OutputFormat::Avro => Ok(Format::Avro),
        OutputFormat::Confluent => {
            let registry = match &mut registry {
                Some(registry) => registry,
                unknown => unknown.insert(Registry::new(&settings.registry)?),
            };
            let schema_id = schema_id(registry, subject, settings.registry.auto_register)?;
            tracing::info!(topic = subject.topic, subject = %subject.name(), schema_id, "values are framed for the registry");
            Ok::<_, Failure>(Format::Confluent { schema_id })
        }
    };
    Ok(Formats {
        scores: format(output.engagement_scores, &SCORES)?,
        commands: format(output.intervention_commands, &COMMANDS)?,
        results: format(output.intervention_results, &RESULTS)?,
    })
}

fn schema_id(registry: &Registry, subject: &Subject, auto_register: bool) -> Result<u32, Failure> {
    let name = subject.name();
    let missing = match registry.find(subject)? {
        Found::Registered { id, .. } => return Ok(id),
        Found::Nothing | Found::Others { .. } if auto_register => return Ok(registry.register(subject)?),
        Found::Nothing => format!("the registry has no subject {name}"),
        Found::Others { versions } => {
            format!(
                "none of the {versions} versions of subject {name} in the registry is the schema that this version writes"
            )
        }
    };
    let remedy = "register it with `conductor schemas register`, or set registry.auto_register to true";
    Err(Failure::refused(missing, remedy))
}
