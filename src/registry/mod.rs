//! A schema registry of Confluent's kind, as far as the outputs need one: which id a schema has, and how it is registered.
//!
//! It is asked at the start, and once for each schema that is read, and makes its caller wait, so it must not be called from within an asynchronous runtime. Encoding
//! knows the ids and asks nobody.
//!
//! - [`Registry`]: the client
//! - [`subject`]: what is registered under which name
//! - [`known`]: what it has said, for those who read framed values
//! - [`error`]: why it did not work, and the remedy

pub mod error;
pub mod known;
pub mod subject;

use std::path::Path;
use std::time::Duration;

use reqwest::blocking::{Client, RequestBuilder};
use schema_registry_converter::blocking::schema_registry::{
    SrSettings, get_all_versions, is_compatible_schema, perform_sr_call, post_schema,
};
use schema_registry_converter::schema_registry_common::{SchemaType, SrCall, SuppliedSchema};
use serde::Deserialize;
use topology::codec::fingerprint_of;

use crate::failure::Failure;
use crate::settings::RegistrySection;
use crate::settings::secret::Secret;

pub use error::RegistryError;
pub use subject::Subject;

/// Every version reads what every other version wrote, which is how `schemas/` changes.
pub const FULL_TRANSITIVE: &str = "FULL_TRANSITIVE";

/// So many versions of a subject are looked at, the newest first.
const VERSIONS_MAX: usize = 100;

/// What a subject holds of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The schema, under this id.
    Registered {
        /// What framed values carry.
        id: u32,
        /// Which of the subject's versions it is.
        version: u32,
    },
    /// Other schemas only.
    Others {
        /// How many.
        versions: usize,
    },
    /// There is no such subject.
    Nothing,
}

/// A client. Nothing is connected until something is asked.
pub struct Registry {
    url: String,
    settings: SrSettings,
    /// For what the crate does not know of: levels of compatibility.
    http: Client,
    user: Option<(String, Secret)>,
}

/// The answer to a question about the level of compatibility.
#[derive(Deserialize)]
struct Level {
    #[serde(rename = "compatibilityLevel")]
    level: String,
}

impl Registry {
    /// The registry of the settings.
    ///
    /// # Errors
    /// A password that can not be read, or a machine without certificates.
    pub fn new(section: &RegistrySection) -> Result<Self, Failure> {
        let url = section.url.trim_end_matches('/').to_owned();
        let patience = Duration::from_millis(section.request_timeout_ms);
        let user = match section.user.as_str() {
            "" => None,
            user => Some((user.to_owned(), password(&section.password_file)?)),
        };
        let mut builder = SrSettings::new_builder(url.clone());
        builder.set_timeout(patience);
        if let Some((user, password)) = &user {
            builder.set_basic_authorization(user, Some(password.expose()));
        }
        let settings = builder.build().map_err(Failure::failed)?;
        let http = Client::builder().timeout(patience).build().map_err(Failure::failed)?;
        Ok(Self { url, settings, http, user })
    }

    /// Looks for the schema among the versions of the subject. Two texts that give the same bytes are the same schema, whoever
    /// registered it and however it is laid out.
    ///
    /// # Errors
    /// No answer, or not the one to this question.
    pub fn find(&self, subject: &Subject) -> Result<Found, RegistryError> {
        let name = subject.name();
        let mut versions = match get_all_versions(&self.settings, name.clone()) {
            Err(error) if error::says_absent(&error) => return Ok(Found::Nothing),
            versions => versions.map_err(|error| self.failed(error))?,
        };
        versions.sort_unstable();
        let ours = fingerprint_of(subject.schema);
        for version in versions.iter().rev().take(VERSIONS_MAX).copied() {
            let found = perform_sr_call(&self.settings, SrCall::GetBySubjectAndVersion(&name, version))
                .map_err(|error| self.failed(error))?;
            let is_ours = found.schema.is_some_and(|schema| fingerprint_of(&schema) == ours);
            if let (true, Some(id)) = (is_ours, found.id) {
                return Ok(Found::Registered { id, version });
            }
        }
        Ok(if versions.is_empty() { Found::Nothing } else { Found::Others { versions: versions.len() } })
    }

    /// The CRC-64-AVRO of the schema with this id; nothing where the registry has no such id, or no schema of Avro.
    ///
    /// # Errors
    /// No answer, or not the one to this question.
    pub fn fingerprint(&self, schema_id: u32) -> Result<Option<u64>, RegistryError> {
        match perform_sr_call(&self.settings, SrCall::GetById(schema_id)) {
            Err(error) if error::says_absent(&error) => Ok(None),
            found => Ok(found.map_err(|error| self.failed(error))?.schema.and_then(|schema| fingerprint_of(&schema))),
        }
    }

    /// Whether the registry would let the schema in beside what the subject holds already.
    ///
    /// # Errors
    /// No answer, or not the one to this question.
    pub fn accepts(&self, subject: &Subject) -> Result<bool, RegistryError> {
        is_compatible_schema(&self.settings, subject.name(), supplied(subject)).map_err(|error| self.failed(error))
    }

    /// Registers the schema, and sets what its subject lets in from then on to [`FULL_TRANSITIVE`]; returns the id.
    ///
    /// # Errors
    /// No answer, or a schema that the registry does not let in.
    pub fn register(&self, subject: &Subject) -> Result<u32, RegistryError> {
        // Before: so that the new schema is held to it. After: some registries know no level of a subject that is not there.
        let is_there = self.find(subject)? != Found::Nothing;
        if is_there {
            self.demand_full_transitive(subject)?;
        }
        let posted = post_schema(&self.settings, subject.name(), supplied(subject));
        let id = posted.map_err(|error| self.failed(error).about(subject))?.id;
        if !is_there {
            self.demand_full_transitive(subject)?;
        }
        Ok(id)
    }

    /// The level of compatibility that is in force for the subject.
    ///
    /// # Errors
    /// No answer, or not the one to this question.
    pub fn compatibility(&self, subject: &Subject) -> Result<String, RegistryError> {
        let request = self.http.get(self.config_url(subject) + "?defaultToGlobal=true");
        let level: Level = self.ask(request)?.json().map_err(|error| self.unreachable(&error))?;
        Ok(level.level)
    }

    fn demand_full_transitive(&self, subject: &Subject) -> Result<(), RegistryError> {
        let body = serde_json::json!({ "compatibility": FULL_TRANSITIVE });
        self.ask(self.http.put(self.config_url(subject)).json(&body)).map(drop)
    }

    fn config_url(&self, subject: &Subject) -> String {
        format!("{}/config/{}", self.url, subject.name())
    }

    fn ask(&self, request: RequestBuilder) -> Result<reqwest::blocking::Response, RegistryError> {
        let request = match &self.user {
            Some((user, password)) => request.basic_auth(user, Some(password.expose())),
            None => request,
        };
        let answer = request.send().map_err(|error| self.unreachable(&error))?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            status => Err(RegistryError::Answer { url: self.url.clone(), answer: status.to_string() }),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> RegistryError {
        RegistryError::Unreachable { url: self.url.clone(), reason: error::chain(error) }
    }

    fn failed(&self, error: schema_registry_converter::error::SRCError) -> RegistryError {
        error::of(&self.url, &error)
    }
}

fn supplied(subject: &Subject) -> SuppliedSchema {
    SuppliedSchema::new(Some(subject.record.to_owned()), SchemaType::Avro, subject.schema.to_owned())
}

fn password(path: &str) -> Result<Secret, Failure> {
    if path.is_empty() {
        return Err(Failure::refused(
            "registry.user is set and registry.password_file is not",
            "name the file that holds the password in registry.password_file",
        ));
    }
    Secret::read(Path::new(path)).map_err(|error| {
        Failure::refused(
            format_args!("the file of registry.password_file can not be read: {error}"),
            "name a file that holds the password in registry.password_file",
        )
    })
}
